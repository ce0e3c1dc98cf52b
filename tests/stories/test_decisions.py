"""What inquiries recorded about decisions that nobody made, and what happens here instead.

Each story names its line in the domain's list of failures (F05, F10 …).
"""

from heed.core.vocabulary import Danger
from heed.store.readable import Desk
from heed.triage import concerned_commands as commands
from heed.triage.concerned_commands import Choice
from tests.office.browser import Browser, form
from tests.office.test_concerned import add, decide, hand_over, join, name, named, opened, page_of
from tests.world import CHANCE, Told, World


def owners(world: World, told: Told) -> list[str]:
    """Everybody who answers for a record now, by short name."""
    names = {person: short for short, person in world.people.items()}
    rows = world.as_owner("SELECT owner FROM facts.record WHERE id = %s", (told.record,))
    return [names[row[0]] for row in rows]


def test_f05_a_letter_to_a_group_has_one_owner_and_the_queue_says_what_they_owe(
    office: World, lead: Browser
) -> None:
    """A letter to twelve people was answered by nobody."""
    addressed = ", ".join(f"Member {number}" for number in range(12))
    told = office.tell("five pages", danger=Danger.NO, addressed_to=addressed)
    office.open()
    assert owners(office, told) == ["lead"]
    assert "Open it" in lead.get("/").content.decode()
    lead.get(f"/records/{told.record}")
    assert "Name the child, or decide" in lead.get("/").content.decode()


def test_f10_what_went_round_without_a_decision_stays_open_until_one_is_made(
    office: World, lead: Browser
) -> None:
    """Reports reached "middle and senior managers", and no decision was recorded."""
    told = opened(office, lead)
    name(lead, told, name="The eldest")
    (child,) = named(office, told)
    for _ in range(3):  # looking is not deciding
        assert "No decision yet" in page_of(lead, office, told)
    assert "Decide for 1 child" in lead.get("/").content.decode()
    assert decide(lead, told, child, reason="the school has seen it too") == 302
    text = page_of(lead, office, told)
    assert "decided by Safeguarding lead" in text
    assert "the school has seen it too" in text
    assert "Make the referral yourself" in lead.get("/").content.decode()
    assert "this system sends nothing" in text
    note = f"/records/{told.record}/note"
    lead.send(form(lead.get(note), "words"), words="Rung the council: 01632 960 111, at four.")
    assert "Nothing due" in lead.get("/").content.decode()
    assert "this system sends nothing" not in page_of(lead, office, told)


def test_f14_eleven_children_are_eleven_decisions_and_none_is_refused_without_a_reason(
    office: World, lead: Browser
) -> None:
    """A health team reported an organised group and eleven children; agencies chose not to go on."""
    told = opened(office, lead)
    desk, key = Desk(office.link("heed_office")), office.sign_in("lead")
    for number in range(11):
        entry = commands.name_child(
            CHANCE, office.office_recipients, {"name": f"Child {number}"}, record=told.record
        )
        desk.append(key, entry)
    assert "Decide for 11 children" in lead.get("/").content.decode()
    first, second, *_ = named(office, told)
    no = {"decision": str(Choice.NO_FURTHER_ACTION)}
    assert decide(lead, told, first, reason=" ", **no) == 400
    assert decide(lead, told, first, reason="she is the reporter's own child", **no) == 302
    text = page_of(lead, office, told)
    assert text.count("No decision yet") == 10
    assert "No further action</strong>, decided by Safeguarding lead" in text
    assert "Decide for 10 children" in lead.get("/").content.decode()
    assert decide(lead, told, second, **no) == 302


def test_f18_eleven_contacts_that_led_to_nothing_stand_together_on_one_page(
    office: World, lead: Browser
) -> None:
    """Eleven contacts were each dealt with alone; what was decided of each stays, and stays joined."""
    told = [opened(office, lead) for _ in range(11)]
    for contact in told:
        assert decide(lead, contact, decision="no_further_action", reason="alone, nothing") == 302
    for contact in told[1:]:
        assert join(lead, contact, told[0]) == 302
    text = page_of(lead, office, told[0])
    references = [
        row[0]
        for row in office.as_owner(
            "SELECT reference FROM facts.record WHERE id = ANY (%s)",
            ([contact.record for contact in told],),
        )
    ]
    assert len(references) == 11
    assert all(reference in text for reference in references)
    assert "alone, nothing" in text


def test_f21_between_two_hands_the_decision_is_the_givers_until_the_other_accepts(
    office: World, lead: Browser
) -> None:
    """Passed between four departments, and each thought that another had it."""
    told = opened(office, lead)
    said = {"decision": "refer", "reason": "still mine"}
    filled = form(lead.get(f"/records/{told.record}/hand-over"), "note")
    taker = str(office.people["colleague"])
    assert lead.send(filled, taker=taker, step="offer").status_code == 302
    assert owners(office, told) == ["lead"]
    assert decide(lead, told, **said) == 302
    page = lead.get(f"/records/{told.record}/decide")
    taken_back = form(lead.get(f"/records/{told.record}"), "words")
    assert lead.send(taken_back, f"/records/{told.record}/take-back").status_code == 302
    hand_over(office, lead, told)
    assert owners(office, told) == ["colleague"]
    assert lead.send(form(page, "reason"), **said).status_code == 404


def test_news_after_a_decision_is_read_before_the_next(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    assert decide(lead, told, decision="no_further_action") == 302
    add(office, told)
    assert "Open what is new" in lead.get("/").content.decode()
    assert decide(lead, told, decision="no_further_action") == 400
    lead.get(f"/records/{told.record}")
    assert decide(lead, told, decision="act_now") == 302
