"""Failure F08: an officer was suspected of passing what he read to the people it was about."""

import re

from tests.office.browser import form
from tests.office.staffed import plain, staffed
from tests.world import World


def test_an_officer_with_a_tie_finds_nothing_and_every_reader_is_named(office: World) -> None:
    """A concern names a man. A colleague says that a second worker shares a home with him. From then
    on the second worker finds no record, no row and no other number than before; and an overseer sees
    by name everybody who ever opened it.
    """
    staff = staffed(office)
    suspect = office.add_person("suspect", "Suspect", "worker")
    office.open()
    told = office.tell("He waits by the ferry.")
    office.open()
    nobody = plain(staff.browser("colleague"), "/")
    lead, overseer = staff.browser("lead"), staff.browser("overseer")
    lead.get(f"/records/{told.record}")
    staff.restrict(told.record, person="suspect", by="lead")
    ties = form(lead.get("/ties/new"), "how")
    ids = {"person": str(office.people["colleague"]), "other": str(suspect)}
    lead.send(ties, step="record", how="They share a home.", **ids)
    colleague = staff.browser("colleague")
    assert plain(colleague, "/") == nobody
    paths = ("", "/hand-over", "/restrict", "/print", "/note")
    for path in paths:
        assert colleague.get(f"/records/{told.record}{path}").status_code == 404
    offer = form(lead.get(f"/records/{told.record}/hand-over"), "note")
    refused = lead.send(offer, step="offer", taker=ids["person"])
    assert refused.status_code == 400
    asks = form(overseer.get(f"/oversight/{told.record}/ask"), "reason")
    overseer.send(asks, reason="Who has read this?")
    looks = overseer.get(f"/oversight/{told.record}/looks").content.decode()
    assert re.search(r"Safeguarding lead", looks)
    assert "Second worker" not in looks
