"""Failure F07: whoever spoke up was suspended and cut off by the manager of whom they spoke."""

import re

from heed.core.vocabulary import Danger
from tests.office.browser import Browser, form
from tests.office.staffed import plain, staffed
from tests.walls.sealing import NAME, sealed
from tests.world import World


def test_a_manager_who_is_named_learns_nothing_and_a_reprisal_goes_to_somebody_else(
    office: World,
) -> None:
    """A worker tells that their manager did nothing about a warning, and asks to stay unknown. The
    manager works here, searches, and finds nothing: neither the record nor who told. Later the worker
    is suspended, and tells that. It is a concern of its own, which another person answers for; the
    manager sees nothing of it either.
    """
    staff = staffed(office)
    office.put_on_duty("colleague")
    nobody = plain(staff.browser("colleague"), "/")
    before = search(staff.browser("colleague"), NAME)
    told = office.tell(
        "My manager was warned about a man at the weir, and did nothing.",
        who="Second worker",
        danger=Danger.NO,
    )
    sealed(office, told)
    office.open()

    # Named, so restricted before the words show; the safeguarding lead, on duty before, answers for it.
    manager = staff.browser("colleague")
    assert plain(manager, "/") == nobody
    for sought in (NAME, "weir", "manager warned", "Marigold"):
        assert "heed-reference" not in search(manager, sought)
    assert search(manager, NAME) == before
    for path in ("", "/identity", "/identity/ask", "/identity/danger", "/print"):
        assert manager.get(f"/records/{told.record}{path}").status_code == 404
    assert answers_for(office, told.record) == office.people["lead"]

    # Who answers for it reads what was told, and not who told it.
    lead = staff.browser("lead")
    page = lead.get(f"/records/{told.record}").content.decode()
    assert "was warned about a man" in page
    assert "Who told us is sealed" in page
    assert NAME not in page
    assert "heed-reference" not in search(lead, NAME)

    # The reprisal is a concern of its own, with an owner of its own, outside the manager's line.
    office.put_on_duty("contact")
    reprisal = office.tell("I spoke up. Now I am suspended.", who="Second worker did it")
    sealed(office, reprisal)
    office.open()
    assert reprisal.record != told.record
    assert answers_for(office, reprisal.record) == office.people["contact"]
    assert plain(staff.browser("colleague"), "/") == nobody
    assert staff.browser("colleague").get(f"/records/{reprisal.record}").status_code == 404
    assert staff.browser("lead").get(f"/records/{reprisal.record}").status_code == 404
    seen = staff.browser("contact").get(f"/records/{reprisal.record}").content.decode()
    assert "Now I am suspended" in seen
    assert NAME not in seen
    assert office.as_owner("SELECT count(*) FROM words.identity") == [(2,)]


def search(browser: Browser, sought: str) -> str:
    """What a search shows, without what differs from one showing to the next."""
    answer = browser.send(form(browser.get("/search"), "sought"), sought=sought)
    assert answer.status_code == 200
    page = answer.content.decode().partition("<main")[2]
    return re.sub(r'value="[^"]*"', "", page)


def answers_for(office: World, record: object) -> object:
    return office.as_owner("SELECT owner FROM facts.record WHERE id = %s", (record,))[0][0]
