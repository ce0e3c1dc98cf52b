"""Failure F18: what came about one man over years was closed each time by itself, and then deleted."""

import psycopg
import pytest

from heed.access import commands
from heed.core.vocabulary import Danger
from heed.store.install import ROLES
from heed.triage.concerned_commands import Choice, decide
from tests.office.staffed import staffed
from tests.office.test_lookback import ask, day
from tests.office.test_search import search
from tests.world import CHANCE, World

CONTACTS = 11


def test_what_was_closed_each_time_is_found_together_and_deleted_by_nobody(office: World) -> None:
    """Eleven reports about one man come, and each is closed. Whoever answers for them finds all eleven by
    his name, whatever was decided; looking back shows them too; no role of the system can delete one.
    """
    staff = staffed(office)
    lead, to, me = staff.browser("lead"), office.office_recipients, office.people["lead"]
    records = []
    for number in range(CONTACTS):
        told = office.tell(
            f"Mr Quillfeather again, the caretaker, time {number}.", danger=Danger.NO
        )
        office.open()
        look = {"person": me, "records": [told.record], "purpose": "own queue"}
        staff.act("lead", commands.look(CHANCE, to, **look))
        closed = {"concerned": None, "choice": Choice.NO_FURTHER_ACTION, "reason": "not shown"}
        staff.act("lead", decide(CHANCE, to, record=told.record, **closed))
        records.append(told.record)
    office.open()
    references = {
        row[0]
        for row in staff.facts("SELECT reference FROM facts.record WHERE id = ANY (%s)", records)
    }
    assert len(references) == CONTACTS
    for text in (search(lead, "Quillfeather"), ask(lead, "Quillfeather", day())):
        assert [one for one in references if one not in text] == []
    for role in ROLES:
        with psycopg.connect(office.urls[role]) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM register.entry")
