"""Failure F04: a researcher was asked to change her data, and pressed by those whom it was about.

Not here yet: a report of its own kind for pressure. Somebody who is pressed tells it as a concern; the
manager whom they name cannot see it, and somebody else answers for it. It goes to overseers by the
ladder or the sample as any concern does, and not at once for being about pressure.
"""

from pathlib import Path

import psycopg
import pytest

from heed.core.vocabulary import Danger
from heed.loops.sequence import Sequencer
from heed.register.note import Verifier
from heed.store.install import ROLES
from heed.store.readable import Desk, NoSuchRecord
from heed.store.verify import verify
from tests.copies import Scene
from tests.office.browser import Browser, form, forms
from tests.office.staffed import plain, staffed
from tests.office.test_concerned import name, named, opened, page_of
from tests.world import CHANCE, World

COUNT = "54 girls"
TAMPER = "UPDATE register.entry SET sealed = sealed || '\\x00' WHERE id = '{id}'"


def test_what_was_written_is_added_to_and_both_stand_with_name_and_time(
    office: World, lead: Browser
) -> None:
    """The worker who counted is asked to write a smaller number. Every page only adds: what was said
    before stays under what is said now, and the record says who said each.
    """
    told = opened(office, lead)
    name(lead, told, name="The girls of the home", place=COUNT)
    [girls] = named(office, told)
    before = office.as_owner("SELECT count(*) FROM register.entry")[0][0]
    name(lead, told, place="Some girls", concerned=girls)
    page = page_of(lead, office, told)
    assert "Some girls" in page
    assert f"Before: {COUNT}" in page
    assert page.count("Safeguarding lead") >= 2
    assert office.as_owner("SELECT count(*) FROM register.entry")[0][0] > before
    for verb in ("put", "patch", "delete"):
        assert getattr(lead.client, verb)(f"/records/{told.record}").status_code in (403, 404, 405)
    for one in forms(lead.get(f"/records/{told.record}")):
        assert not one.action.endswith(("/edit", "/change", "/delete"))
    assert office.words_behind(told.code)[0].decode().count("what was seen") == 1


def test_no_role_changes_it_in_the_database_and_whoever_owns_that_is_found_out(
    office: World, tmp_path: Path
) -> None:
    """Every role of the system is refused, and so is the database's owner, by a trigger. Somebody with
    every right takes the trigger away, and changes the entry: the check names it.
    """
    told = office.tell(f"I counted {COUNT}.")
    Sequencer(office.link("heed_sequencer"), office.log, tmp_path).step()
    change = TAMPER.format(id=told.entry.id)
    for role in (*ROLES, "heed_owner"):
        with psycopg.connect(office.urls[role], autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change.encode())
    key = Verifier.from_vkey(office.log.vkey)
    assert verify(office.urls["heed_owner"], office.keys, key).faults == ()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        Scene(office).without(change)  # the trigger holds even then
    Scene(office).without("ALTER TABLE register.entry DISABLE TRIGGER append_only", change)
    faults = verify(office.urls["heed_owner"], office.keys, key).faults
    assert any(str(told.entry.id) in one.where for one in faults)


def test_a_report_of_pressure_is_never_seen_by_the_manager_whom_it_names(office: World) -> None:
    """The worker tells that a manager came and asked her to change the number, and names him. He is on
    duty that day, and reads by remit all that the first team has; it is not among that, for him, and
    somebody else answers for it. Without the line that hides it he would see it.
    """
    staff = staffed(office)
    office.put_on_duty("colleague")
    administrator = staff.browser("administrator")
    path = f"/people/{office.people['colleague']}/remits"
    remit = form(administrator.get(path), "token")
    administrator.send(remit, unit=str(staff.units["first"]))
    nothing = plain(staff.browser("colleague"), "/")
    said = "My manager asked me to write a smaller number, or to leave."
    told = office.tell(said, who="Second worker", danger=Danger.NO)
    office.open()
    manager = staff.browser("colleague")
    assert plain(manager, "/") == nothing
    assert manager.get(f"/records/{told.record}").status_code == 404
    owner = "SELECT owner FROM facts.record WHERE id = %s"
    assert staff.facts(owner, told.record) == [(office.people["lead"],)]
    assert said in staff.browser("lead").get(f"/records/{told.record}").content.decode()
    desk, key = Desk(office.link("heed_office")), office.sign_in("colleague")
    ask = (key, office.people["colleague"], told.record, CHANCE, office.office_recipients, "remit")
    with pytest.raises(NoSuchRecord):
        desk.open(*ask)
    Scene(office).without_line("machinery.may_see(uuid)", "AND NOT register.hidden(me, p_record)")
    assert said in str(desk.open(*ask))
