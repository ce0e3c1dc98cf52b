"""An organisation in which everything changes at once: clients who file, restrict, hand over, leave, look.

At one instant, with many clients; what they decide, whom they refer to and who is called is in
tests/walls/crowd.py. What comes with time is tried in tests/walls/real_year.py: the ladder, calls that nobody
answers, criticism, letters that are put in.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import psycopg

from heed.access import asking, commands
from heed.access import people as access
from heed.access.walls import PERSONAL, Ground
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Danger
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import SealingKey
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreAway, StoreRefused
from heed.store.readable import Desk, NoSuchRecord, NotSignedIn
from heed.store.signing_in import key_hash
from tests.world import CHANCE, World


@dataclass(frozen=True)
class Account:
    """What a client is given: plain data, so that it can travel to another process."""

    urls: dict[str, str]
    intake: bytes
    organisation: bytes
    slot: UUID
    journals: Path
    seed: int

    @property
    def asked(self) -> Path:
        """Where the test says what nobody has done yet."""
        return self.journals.with_name("asked")

    @classmethod
    def of(cls, world: World, journals: Path, seed: int) -> Account:
        public = (world.intake.public(), world.organisation.public())
        return cls(world.urls, *public, world.slot, journals, seed)


class Client:
    """One client: acts as whoever may do something, by the same doors as everybody."""

    acts: ClassVar[dict[Callable[[Any], bool | None], int]] = {}
    """What a client does, and how often against the others."""

    def __init__(self, account: Account, name: str) -> None:
        self.dice = random.Random(f"{account.seed} {name}")
        self._account = account
        self._links = {role: Link(url) for role, url in account.urls.items()}
        self._rule = psycopg.connect(account.urls["heed_owner"], autocommit=True)
        self._rule.execute("SET ROLE heed_rule")
        self._office = Recipients({"organisation": SealingKey(account.organisation)})
        self._desk = Desk(self._links["heed_office"])
        self._keys: dict[UUID, str] = {}
        self._looked: dict[str, set[UUID]] = {}
        self._asked = account.asked
        path = account.journals / f"{name}-{uuid4().hex[:8]}"
        self._journal = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def step(self) -> None:
        """Do one thing, or be refused; what came of it stands in the journal."""
        act = self._choose()
        name = act.__name__.strip("_")
        try:
            done = act(self)
        except StoreAway:
            time.sleep(0.02)
        except StoreRefused as refused:
            self.write("refused", refused.code, name)
        except NoSuchRecord:
            self.write("refused", "HE404", name)
        except NotSignedIn:
            self.write("refused", "HE009", name)
        else:
            if done is not False:
                self.write("done", name)

    def _choose(self) -> Callable[[Client], bool | None]:
        """Half of the time what nobody has done yet, once the test says that it waits for that alone."""
        if self._asked.exists() and self.dice.random() < 0.5:
            asked = self._asked.read_text().split()
            if found := [act for act in self.acts if act.__name__.strip("_") in asked]:
                return self.dice.choice(found)
        (act,) = self.dice.choices(list(self.acts), list(self.acts.values()))
        return act

    def write(self, *words: object) -> None:
        """One write a line: what was written before a SIGKILL stays."""
        os.write(self._journal, (" ".join(map(str, words)) + "\n").encode())

    def one(self, question: str, *parameters: object) -> Any:
        """A row at random of what there is, as the rule sees it; None where there is none."""
        rows = self._rule.execute(question.encode(), parameters).fetchall()
        return self.dice.choice(rows) if rows else None

    def someone(self, post: str = "") -> UUID:
        row = self.one(
            "SELECT id FROM facts.person WHERE active AND (%s = '' OR %s = ANY (posts)) ORDER BY id",
            post,
            post,
        )
        found: UUID = row[0] if row else self.someone()
        return found

    def _able(self) -> UUID:
        """Mostly somebody who signs in: in the end few do, and the others are given nothing."""
        able = self.one("SELECT id FROM facts.person WHERE active AND signs_in ORDER BY id")
        found: UUID = able[0] if able and self.dice.random() < 0.8 else self.someone()
        return found

    def unit(self) -> UUID:
        found: UUID = self.one("SELECT id FROM facts.unit ORDER BY id")[0]
        return found

    def register(self, entry: SealedEntry) -> None:
        PostgresRegister(self._links["heed_owner"]).append(entry)

    def act(self, person: UUID, entry: SealedEntry) -> None:
        self._desk.append(self._key(person), entry)

    def _key(self, person: UUID) -> str:
        if person not in self._keys:
            key = secrets.token_hex(32)
            self._links["heed_signin"].rows(
                "SELECT machinery.start_session(%s, %s, 1)", (person, key_hash(key))
            )
            self._keys[person] = key
        return self._keys[person]

    # What clients do. None: done; False: there was nothing to do.

    def _file(self) -> None:
        code = ReturnCode.new(os.urandom)
        entry = intake.file_concern(
            CHANCE,
            Recipients({"intake": SealingKey(self._account.intake)}, code.key),
            Concern(saw="seen", danger=self.dice.choice(list(Danger))),
            record=code.record,
            token=os.urandom(32),
            door=new_door(CHANCE, code),
        )
        PostgresRegister(self._links["heed_intake"]).append(entry)

    def _held(self) -> tuple[UUID, UUID]:
        """One of the newest records, about which all contend, and its owner."""
        row = self.one("SELECT id, owner FROM facts.record ORDER BY filed_at DESC LIMIT 6")
        return (row[0], row[1]) if row else (uuid4(), self.someone())

    def _look(self, record: UUID, person: UUID, purpose: str) -> None:
        """Shown words are written down with the look that was recorded before."""
        look = commands.look(CHANCE, self._office, person=person, records=[record], purpose=purpose)
        self.act(person, look)
        key = self._key(person)
        looked = self._looked.setdefault(key, set())
        looked.add(record)
        shown = {row[0] for row in self._desk.rows(key, "SELECT stream FROM words.item")}
        if not shown <= looked:
            self.write("unasked", person, *(shown - looked))
        if record in shown:
            self.write("shown", look.id, person, record)

    def _look_at_own(self) -> None:
        self._look(*self._held(), "own queue")

    def _oversee(self) -> None:
        record, person = self._held()[0], self.someone("overseer")
        self.act(
            person,
            commands.ask_for_content(
                CHANCE, self._office, person=person, record=record, reason="sample"
            ),
        )
        self._look(record, person, "oversight")

    def _reference(self) -> tuple[UUID, str]:
        record = self._held()[0]
        row = self.one("SELECT reference FROM facts.record WHERE id = %s", record)
        return record, row[0] if row else ""

    def _ask_for_leave(self) -> None:
        person, (_, said) = self.someone(), self._reference()
        said_why = {"person": person, "reference": said, "reason": "so"}
        self.act(person, asking.ask_for_access(CHANCE, self._office, **said_why))

    def _grant(self) -> bool:
        row = self.one(
            "SELECT a.entry, r.id, r.owner, a.person FROM facts.asking a"
            " JOIN facts.record r ON r.id = a.record WHERE a.state = 'open' ORDER BY a.entry"
        )
        if row is None:
            return False
        wanted, record, owner, person = row
        self.act(owner, asking.grant_access(CHANCE, self._office, record=record, asking=wanted))
        self._look(record, person, "granted")
        return True

    def _bring_in(self) -> bool:
        row = self.one("SELECT r.id, r.owner FROM facts.record r ORDER BY r.id")
        if row is None:
            return False
        (record, owner), person = row, self._able()
        brought = {"record": record, "person": person, "reason": "to help"}
        given = asking.give_access(CHANCE, self._office, **brought)
        self.act(owner, given)
        self.write("done", "bring_in")  # what comes after is often refused: by then others moved on
        self._look(record, person, "granted")
        if self.dice.random() < 0.5:
            ended = asking.end_access(CHANCE, self._office, record=record, opening=given.id)
            self.act(owner, ended)
        return False

    def _break_glass(self) -> None:
        person, (record, said) = self.someone(), self._reference()
        said_why = {"person": person, "reference": said, "reason": "so"}
        self.act(person, asking.break_glass(CHANCE, self._office, **said_why))
        self._look(record, person, "emergency")

    def _name(self) -> None:
        record, owner = self._held()
        person = owner if self.dice.random() < 0.4 else self.someone()
        ground = self.dice.choice([one for one in PERSONAL if one != "match"])
        self.act(
            owner,
            commands.wall_person(
                CHANCE, self._office, record=record, person=person, ground=ground, reason="so"
            ),
        )

    def _criticise(self) -> None:
        record, owner = self._held()
        start = self.dice.choice([None, datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC)])
        self.act(
            owner,
            commands.wall_unit(
                CHANCE,
                self._office,
                record=record,
                unit=self.unit(),
                ground=Ground.BODY,
                reason="so",
                alleged_from=start,
            ),
        )

    def _lift(self) -> bool:
        row = self.one("SELECT record, entry FROM facts.wall WHERE NOT lifted ORDER BY entry")
        if row is None:
            return False
        for how, post in ((commands.ask_to_lift, "custodian"), (commands.lift_wall, "overseer")):
            entry = how(CHANCE, self._office, record=row[0], wall=row[1], reason="so")
            self.act(self.someone(post), entry)
        return True

    def _offer(self) -> None:
        record, owner = self._held()
        taker = self._able()
        self.act(
            owner,
            commands.offer_hand_over(CHANCE, self._office, record=record, taker=taker, note=""),
        )

    def _take(self) -> bool:
        row = self.one("SELECT record, taker FROM facts.offer WHERE state = 'open' ORDER BY entry")
        if row is not None:
            self.act(row[1], commands.accept_hand_over(CHANCE, self._office, record=row[0]))
        return row is not None

    def _decline(self) -> bool:
        row = self.one("SELECT record, giver FROM facts.offer WHERE state = 'open' ORDER BY entry")
        if row is not None:
            declines = commands.decline_hand_over(CHANCE, self._office, record=row[0], reason="")
            self.act(row[1], declines)
        return row is not None

    def _relate(self) -> None:
        one, other = self.someone(), self.someone()
        self.act(
            one,
            commands.declare_relation(CHANCE, self._office, person=one, other=other, how="close"),
        )

    def _join(self) -> None:
        person, role = uuid4(), "worker"
        add = commands.add_person(CHANCE, self._office, person=person, name="Some", role=role)
        self.register(add)
        self.register(commands.employ(CHANCE, self._office, person=person, unit=self.unit()))
        reach = {"telephone": f"07700900{self.dice.randrange(1000):03}", "email": ""}
        self.register(access.set_reach(CHANCE, self._office, person=person, **reach))
        posts = self.dice.choice([[], [], ["overseer"], ["manager"], ["custodian"]])
        self.register(commands.set_posts(CHANCE, self._office, person=person, posts=posts))

    def _leave(self) -> None:
        self.register(commands.leave(CHANCE, self._office, person=self.someone()))

    def _repost(self) -> None:
        posts = self.dice.choice([[], ["overseer"], ["manager"], ["administrator"], ["custodian"]])
        self.register(commands.set_posts(CHANCE, self._office, person=self.someone(), posts=posts))

    def _employ(self) -> None:
        self.register(
            commands.employ(CHANCE, self._office, person=self.someone(), unit=self.unit())
        )

    def _end(self) -> bool:
        row = self.one("SELECT person, entry FROM facts.employment WHERE until IS NULL ORDER BY 2")
        if row is not None:
            person, job = row
            self.register(
                commands.end_employment(CHANCE, self._office, person=person, employment=job)
            )
        return row is not None

    def _reorganise(self) -> None:
        to = self.dice.choice([None, self.unit()])
        self.register(commands.move_unit(CHANCE, self._office, unit=self.unit(), parent=to))

    def _go_away(self) -> None:
        """By themselves or as they are told; often with a cover, who may be anybody."""
        person, cover = self.someone(), self.dice.choice([None, self.someone(), self.someone()])
        entry = access.go_away(CHANCE, self._office, person=person, cover=cover)
        if self.dice.random() < 0.5:
            self.register(entry)
        else:
            self.act(person, entry)

    def _come_back(self) -> bool:
        row = self.one("SELECT id FROM facts.person WHERE active AND away_since IS NOT NULL")
        if row is not None:
            self.act(row[0], access.come_back(CHANCE, self._office, person=row[0]))
        return row is not None

    def _replace_contact(self) -> None:
        slot, person = self._account.slot, self.someone()
        self.register(access.set_fallback(CHANCE, self._office, slot=slot, fallback=person))

    def _withdraw(self) -> bool:
        row = self.one("SELECT person, entry FROM facts.relation WHERE withdrawn_at IS NULL")
        if row is None:
            return False
        for how, post in ((access.ask_to_withdraw, "custodian"), (access.withdraw, "overseer")):
            entry = how(CHANCE, self._office, person=row[0], relation=row[1], reason="so")
            self.act(self.someone(post), entry)
        return True

    def _take_turns(self) -> None:
        slot, now = self._account.slot, datetime.now(UTC)
        self.register(
            commands.add_turn(CHANCE, self._office, slot=slot, person=self.someone(), starts_at=now)
        )
