"""The pages on which a record is referred, what came of it is written down, and contacts are kept."""

from urllib.parse import quote

import pytest
from django.http import HttpResponse

from heed.core.vocabulary import Danger
from heed.office import heard, reaching, referring
from tests.office.browser import Browser, form
from tests.office.staffed import staffed
from tests.office.test_concerned import HOSTILE, decide, name, named, opened, page_of
from tests.world import Told, World

CHILDREN = "council/E09000033/children"
FORCE = "police/E23000001"
AT = "2026-11-02T10:15"


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def asked(browser: Browser, told: Told, **said: str) -> HttpResponse:
    """The first page, sent with these."""
    path = f"/records/{told.record}/refer"
    fields = {"route": "protecting", "crime": "yes", "step": "find"} | said
    return browser.send(form(browser.get(path), "postcode"), **fields)


def chosen(browser: Browser, told: Told, body: str, **said: str) -> HttpResponse:
    """The second page: one body was chosen by its button."""
    answer = asked(browser, told, **said)
    fields = {"step": "", "body": body, "route": said.get("route", "protecting")}
    return browser.send(form(answer, "postcode"), **fields)


def referred(browser: Browser, told: Told, body: str, **said: str) -> HttpResponse:
    first = {key: said.pop(key) for key in ("route", "concerned", "postcode") if key in said}
    filled = form(chosen(browser, told, body, **first), "reach")
    fields = {"how": "telephone", "at": AT, "reach": "01632 960 999", "step": "record"}
    return browser.send(filled, **(fields | said))


def criticise(browser: Browser, told: Told, body: str, **said: str) -> HttpResponse:
    path = f"/records/{told.record}/criticised"
    fields = {"body": body, "reason": "They did not come.", "step": "record"}
    return browser.send(form(browser.get(path), "reason"), path, **(fields | said))


def kinds(office: World) -> list[str]:
    rows = office.as_owner("SELECT kind FROM facts.item ORDER BY version")
    return [row[0] for row in rows if row[0] not in ("filed", "child_named", "decided")]


def test_a_child_is_referred_by_postcode_and_what_comes_of_it_stands_beside_it(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    name(lead, told, name="Sam")
    (sam,) = named(office, told)
    assert decide(lead, told, sam, decision="refer") == 302
    assert "Make the referral yourself" in text(lead.get("/"))
    page = text(asked(lead, told, concerned=sam, postcode="sw1a1aa"))
    assert page.index("Metropolitan Police Service") < page.index(
        "Westminster: children’s services"
    )
    assert "“sw1a1aa” is in Westminster" in page
    assert "cannot tell whether a postcode is in use" in page
    first = chosen(lead, told, CHILDREN, concerned=sam, postcode="sw1a1aa")
    typed = {"how": "telephone", "at": AT, "reach": "01632 960 999", "step": "record"}
    filled = form(first, "reach")
    for _ in range(2):  # sent twice, recorded once
        done = lead.send(filled, **typed, person="Duty worker", reference="R 7")
        assert done["Location"] == f"/records/{told.record}?referred#referrals"
    assert kinds(office) == ["referred"]
    shown = page_of(lead, office, told)
    for said in ("for Child 1", "01632 960 999", "Duty worker", "R 7", "No confirmation received"):
        assert said in shown, said
    assert "Safeguarding lead referred it to Westminster: children’s services" in shown
    queue = text(lead.get("/"))
    assert "Westminster: children’s services: No confirmation received" in queue
    assert "Make the referral yourself" not in queue
    assert "No confirmation received. Ask again" in queue


def test_each_thing_heard_is_an_entry_of_its_own_and_an_outcome_ends_the_wait(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    assert referred(lead, told, FORCE, postcode="SW1A 1AA").status_code == 302
    [[entry]] = office.as_owner("SELECT entry FROM facts.referral")
    path = f"/records/{told.record}/referrals/{entry}"
    for what, said in (
        ("acknowledged", {"person": "Sergeant on the desk"}),
        ("reference", {"reference": "LOG 0417"}),
        ("declined", {"words": "Not for them, they said."}),
        ("outcome", {"words": "A worker visited."}),
    ):
        done = lead.send(form(lead.get(path), "person"), what=what, at=AT, **said)
        assert done.status_code == 302, text(done)
    office.open()
    assert kinds(office) == ["referred", *["referral_heard"] * 4]
    shown = page_of(lead, office, told)
    for said in (
        "Sergeant on the desk",
        "LOG 0417",
        "Not for them, they said.",
        "Outcome received",
    ):
        assert said in shown, said
    _, _, queue = text(lead.get("/")).partition("<main")
    assert "No confirmation received" not in queue


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, heard.NO_WHAT),
        ({"what": "opened", "at": AT}, heard.NO_PERSON),
        ({"what": "declined", "at": AT}, heard.NO_WHY),
        ({"what": "reference", "at": AT}, heard.NO_REFERENCE),
        ({"what": "other", "at": AT}, heard.NO_WORDS),
        ({"what": "in error", "at": AT}, heard.NO_ERROR),
        ({"what": "sent", "at": "3026-01-01T10:00"}, heard.NO_TIME),
        ({"what": "sent", "at": "yesterday"}, heard.NO_TIME),
    ],
)
def test_what_is_missing_of_what_was_heard_is_said_and_nothing_typed_is_lost(
    office: World, lead: Browser, said: dict[str, str], sentence: str
) -> None:
    told = opened(office, lead)
    assert referred(lead, told, FORCE, postcode="SW1A 1AA").status_code == 302
    [[entry]] = office.as_owner("SELECT entry FROM facts.referral")
    path = f"/records/{told.record}/referrals/{entry}"
    typed = {"person": " ", "words": " "} | said
    answer = lead.send(form(lead.get(path), "person"), **typed)
    assert answer.status_code == 400
    assert sentence in text(answer)
    assert kinds(office) == ["referred"]
    given = lead.send(form(lead.get(path), "person"), **(said | {"words": "<b>4pm", "at": "x"}))
    assert form(given, "person").fields["words"] == "<b>4pm"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"how": ""}, referring.NO_HOW),
        ({"how": "pigeon"}, referring.NO_HOW),
        ({"at": ""}, referring.NO_TIME),
        ({"at": "3026-01-01T10:00"}, referring.NO_TIME),
        ({"reach": " "}, referring.NO_REACH),
    ],
)
def test_what_is_missing_of_a_referral_is_said_and_nothing_typed_is_lost(
    office: World, lead: Browser, said: dict[str, str], sentence: str
) -> None:
    told = opened(office, lead)
    answer = referred(lead, told, CHILDREN, **(said | {"words": "The ferry <b>, 4pm"}))
    assert answer.status_code == 400
    assert sentence in text(answer)
    assert form(answer, "reach").fields["words"] == "The ferry <b>, 4pm"
    assert form(answer, "reach").fields["body"] == CHILDREN
    assert kinds(office) == []


def test_what_was_typed_stays_when_another_body_is_chosen(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    typed = {"words": "The ferry <b>, 4pm", "reach": "01632 960 999", "how": "portal"}
    first = lead.send(form(chosen(lead, told, CHILDREN), "reach"), step="back", **typed)
    again = form(first, "postcode")
    assert again.fields.items() >= typed.items()
    second = lead.send(again, step="", body=FORCE)
    assert form(second, "reach").fields.items() >= (typed | {"body": FORCE}).items()
    assert kinds(office) == []


def test_a_body_that_is_not_listed_is_rung_back_before_anything_goes_to_it(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    first = asked(lead, told)
    second = lead.send(form(first, "postcode"), step="kind", kind="school", route="protecting")
    fields = {"how": "telephone", "at": AT, "reach": "01632 960 998", "step": "record"}
    refused = lead.send(form(second, "reach"), **fields)
    assert refused.status_code == 400
    for sentence in (referring.NO_NAME, referring.NO_RUNG_BACK, referring.NO_BACK_AT):
        assert sentence in text(refused)
    back = {"unlisted": "The ferry school", "rung_back": "Office, from a letter", "back_at": AT}
    assert lead.send(form(second, "reach"), **(fields | back)).status_code == 302
    assert "The ferry school (A school or college)" in page_of(lead, office, told)


def test_what_is_criticised_is_shown_and_its_line_is_proposed_for_nothing_but_protecting(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    assert criticise(lead, told, FORCE).status_code == 302
    assert kinds(office) == ["criticised"]
    shown = page_of(lead, office, told)
    assert "said that the response of Metropolitan Police Service is criticised" in shown
    outside = text(asked(lead, told, route="accountability"))
    assert "Not to Metropolitan Police Service" in outside
    assert f'value="{FORCE}"' not in outside
    assert 'value="iopc"' in outside
    inside = text(asked(lead, told, postcode="SW1A 1AA"))
    assert f'value="{FORCE}"' in inside
    assert "Ask for somebody by name who had no part in it" in inside
    assert referred(lead, told, FORCE, postcode="SW1A 1AA").status_code == 302


@pytest.mark.parametrize("body", [FORCE, "police"])
def test_nobody_is_made_to_judge_their_own_line_by_a_form_of_ones_own_making(
    office: World, lead: Browser, body: str
) -> None:
    told = opened(office, lead)
    assert criticise(lead, told, FORCE).status_code == 302
    extra = {"unlisted": "x", "rung_back": "x", "back_at": AT} if body == "police" else {}
    refused = referred(lead, told, body, route="accountability", **extra)
    assert refused.status_code == 400
    assert "criticised in this record" in text(refused)
    assert kinds(office) == ["criticised"]


def test_before_a_police_complaint_goes_out_the_page_warns_that_the_force_is_told(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    assert criticise(lead, told, FORCE).status_code == 302
    page = chosen(lead, told, "iopc", route="accountability")
    assert "must normally tell the police force" in text(page)
    assert "Police Reform Act 2002, Schedule 3" in text(page)
    refused = referred(lead, told, "iopc", route="accountability")
    assert refused.status_code == 400
    assert referring.NOT_WARNED in text(refused)
    assert referred(lead, told, "iopc", route="accountability", warned="yes").status_code == 302
    assert "So that somebody outside looks at what was done" in page_of(lead, office, told)


def test_what_was_said_in_error_is_taken_back_by_an_entry_and_stays_on_the_record(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    assert criticise(lead, told, FORCE).status_code == 302
    assert criticise(lead, told, FORCE, error="yes", reason="Another force.").status_code == 302
    shown = page_of(lead, office, told)
    assert "took back that the response of Metropolitan Police Service is criticised" in shown
    assert "Another force." in shown
    assert 'value="iopc"' not in text(asked(lead, told, route="accountability"))
    assert referred(lead, told, FORCE).status_code == 302
    assert lead.get("/").status_code == 200


def test_a_referral_recorded_in_error_is_to_be_made_again(office: World, lead: Browser) -> None:
    told = opened(office, lead, Danger.NO)
    assert decide(lead, told, decision="refer") == 302
    assert referred(lead, told, CHILDREN).status_code == 302
    assert "Make the referral yourself" not in text(lead.get("/"))
    [[entry]] = office.as_owner("SELECT entry FROM facts.referral")
    path = f"/records/{told.record}/referrals/{entry}"
    done = lead.send(form(lead.get(path), "person"), what="in error", at=AT, words="Another child.")
    assert done.status_code == 302
    assert "Make the referral yourself" in text(lead.get("/"))
    assert "Recorded in error" in page_of(lead, office, told)


def test_former_councils_are_resolved_with_a_sentence(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    page = text(asked(lead, told, find="cumbria county"))
    assert "Cumbria County Council ended on 1 April 2023." in page
    assert "Cumberland: children’s services" in page
    assert "Westmorland and Furness: children’s services" in page
    assert "Nothing in the list" in text(asked(lead, told, find="atlantis"))


@pytest.mark.parametrize("typed", ["XX1 1XX", "S1", "by the weir", "BT1 1AA", HOSTILE])
def test_a_postcode_that_says_too_little_is_kept_and_said_to_say_too_little(
    office: World, lead: Browser, typed: str
) -> None:
    told = opened(office, lead)
    answer = asked(lead, told, postcode=typed)
    assert answer.status_code == 200
    assert form(answer, "postcode").fields["postcode"].split()[0] == typed.split()[0]
    assert "class=" in text(answer)


def test_the_first_page_says_what_is_missing(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    name(lead, told, name="Sam")
    answer = asked(lead, told, route="", postcode="S1")
    assert answer.status_code == 400
    assert referring.NO_ROUTE in text(answer)
    assert referring.NO_CONCERNED in text(answer)
    assert form(answer, "postcode").fields["postcode"] == "S1"


def test_a_contact_is_kept_shown_where_one_refers_and_old_after_six_months(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    page = lead.get(f"/contacts?body={quote(CHILDREN)}")
    typed = {"how": "telephone", "reach": "01632 960 111", "name": "First response"}
    refused = lead.send(form(page, "reach"), **(typed | {"checked": "soon"}))
    assert refused.status_code == 400
    assert reaching.NO_DAY in text(refused)
    assert form(refused, "reach").fields["reach"] == "01632 960 111"
    for day in ("2026-01-02", "2026-11-20"):
        fields = typed | {"checked": day, "body": CHILDREN, "step": "keep"}
        assert lead.send(form(page, "reach"), **fields).status_code == 302
        office.open()
        shown = text(chosen(lead, told, CHILDREN))
        assert "01632 960 111" in shown
        assert ("Old: check it first" in shown) == (day == "2026-01-02")
        page = lead.get(f"/contacts?body={quote(CHILDREN)}")
    assert text(lead.get("/contacts")).count("01632 960 111") == 2


def test_an_administrator_keeps_contacts_and_refers_nothing(office: World) -> None:
    made = staffed(office)
    admin = made.browser("administrator")
    told = office.tell("what was seen")
    office.open()
    page = admin.get(f"/contacts?body={quote(FORCE)}")
    fields = {"how": "portal", "reach": "example.org", "checked": "2026-11-20", "body": FORCE}
    assert admin.send(form(page, "reach"), step="keep", **fields).status_code == 302
    for path in ("refer", "criticised"):
        assert admin.get(f"/records/{told.record}/{path}").status_code == 404


def test_whoever_answers_for_nothing_keeps_no_contact(office: World) -> None:
    other = staffed(office).browser("colleague")
    page = other.get(f"/contacts?body={quote(FORCE)}")
    fields = {"how": "portal", "reach": "example.org", "checked": "2026-11-20", "body": FORCE}
    assert other.send(form(page, "reach"), step="keep", **fields).status_code == 404
    assert office.as_owner("SELECT entry FROM facts.reach") == []


def test_a_body_that_is_proposed_is_not_listed_again_where_it_is_found_by_name(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    name(lead, told, "adult", name="The coach", part="about", trust="yes")
    (coach,) = named(office, told)
    page = lead.get(f"/records/{told.record}/refer")
    asked = {"route": "accountability", "concerned": coach, "step": "find", "find": "ofsted"}
    text = lead.send(form(page, "postcode"), **asked).content.decode()
    assert text.count('name="body" value="ofsted"') == 1
    assert "What you looked for stands above." in text
    text = lead.send(form(page, "postcode"), **asked | {"find": "bar"}).content.decode()
    assert "Found by name" in text
    assert text.count('value="dbs"') == 1
