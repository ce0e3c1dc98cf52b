"""Failure F09: what was said of a body was sent to that body; and what was told unsigned counted for less."""

from tests.office.browser import Browser
from tests.office.test_concerned import opened, page_of
from tests.office.test_referring import AT, CHILDREN, asked, criticise, kinds, referred, text
from tests.world import World

COUNCIL = "council/E09000033"


def test_the_body_never_looks_at_itself_and_the_child_is_told_of_at_once(
    office: World, lead: Browser
) -> None:
    """Somebody who gives no name tells that the council was warned, and looked away. Its owner may not
    take that to the council, nor to any part of it; the page says why, and who looks at councils. The
    same council's children's services are told of the child within the same minute, as before.
    """
    told = opened(office, lead)
    assert (
        criticise(lead, told, COUNCIL, reason="They were warned, and did nothing.").status_code
        == 302
    )
    for body in (COUNCIL, CHILDREN, f"{CHILDREN}/lado"):
        refused = referred(lead, told, body, route="accountability")
        assert refused.status_code == 400
        assert "criticised in this record" in text(refused)
    outside = text(asked(lead, told, route="accountability"))
    assert "Not to Westminster: the council" in outside
    assert "It looks at complaints about councils" in outside
    assert 'value="lgsco"' in outside
    assert (
        referred(lead, told, CHILDREN, postcode="SW1A 1AA", person="Duty worker").status_code == 302
    )
    assert referred(lead, told, "lgsco", route="accountability", at=AT).status_code == 302
    assert kinds(office) == ["criticised", "referred", "referred"]
    shown = page_of(lead, office, told)
    assert shown.count("No confirmation received") >= 2


def test_of_a_council_in_wales_the_page_says_that_the_list_has_nobody(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    assert criticise(lead, told, "council/W06000015").status_code == 302
    outside = text(asked(lead, told, route="accountability"))
    assert "is criticised. The list has no body that looks at this one." in outside
    assert 'value="lgsco"' not in outside
