"""Puts an organisation on the record, once: its units, people, posts and duty, from a file or a story."""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from heed.access.commands import add_person, add_slot, add_turn, add_unit, employ, set_posts
from heed.access.people import invite, set_reach
from heed.cli.setting_up import database
from heed.core import canonical
from heed.core.ports import Register, SealedEntry, random_id
from heed.core.times import LONDON
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.vault import derive
from heed.store.append import PostgresRegister
from heed.store.configuration import Configuration, ConfigurationWrong, OfficeHand
from heed.store.connection import Link
from heed.store.home import home, write_secret
from heed.store.signing_in import invitation_hash

POSTS = ("administrator", "custodian", "manager", "overseer")
KEYS = {
    "unit": {"name", "within"},
    "person": {"name", "role", "unit", "posts", "telephone", "email", "signs_in"},
    "duty": {"contact", "turn"},
    "turn": {"person", "from"},
}
_HAS_A_WAY_IN = """
SELECT EXISTS (SELECT FROM machinery.credential c WHERE c.person = %s)
    OR EXISTS (SELECT FROM machinery.invitation i WHERE i.person = %s AND i.expires_at > clock_timestamp())
"""


@dataclass(frozen=True)
class Unit:
    """`key` names it where others refer to it; `within`: the key of the unit above it, or ""."""

    key: str
    name: str
    within: str = ""


@dataclass(frozen=True)
class Person:
    """Whoever can answer for something. `unit`: a key, or ""; blank ways: not reached that way."""

    key: str
    name: str
    role: str
    unit: str = ""
    posts: tuple[str, ...] = ()
    telephone: str = ""
    email: str = ""
    signs_in: bool = True


@dataclass(frozen=True)
class Turn:
    """From `starts_at` this person, by key, has the duty."""

    person: str
    starts_at: datetime


@dataclass(frozen=True)
class Organisation:
    """All that is put on the record. `contact`: the key of the outside contact."""

    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    contact: str
    turns: tuple[Turn, ...]


class SeededChance:
    """Bytes that a seed decides, so that setting a stage twice makes the same entries once."""

    def __init__(self, seed: bytes, label: str) -> None:
        self._seed, self._label, self._count = seed, label.encode(), 0

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes of this label's stream."""
        self._count += 1
        return derive(self._seed, b"%s %d" % (self._label, self._count), count)


class Entries:
    """Ids and entries of an organisation, which are the same each time for one seed (32 bytes)."""

    def __init__(self, seed: bytes, recipients: Recipients) -> None:
        self._seed, self._to = seed, recipients

    def id(self, what: str) -> UUID:
        """The id of "unit KEY", of a person's key, or of "slot"."""
        return random_id(derive(self._seed, f"id {what}".encode(), 16))

    def chance(self, label: str) -> SeededChance:
        """What is drawn for the entry of this label."""
        return SeededChance(self._seed, label)

    def made(self, all_of: Organisation) -> Iterator[tuple[str, SealedEntry]]:
        """What each entry puts on the record, in plain words, and the entry, in their order."""
        for unit in all_of.units:
            id, parent = self.id(f"unit {unit.key}"), unit.within
            above = self.id(f"unit {parent}") if parent else None
            chance = self.chance(f"unit {unit.key}")
            yield unit.name, add_unit(chance, self._to, unit=id, name=unit.name, parent=above)
        for person in all_of.people:
            yield from self._person(person)
        slot, contact = self.id("slot"), self.id(all_of.contact)
        chance = self.chance("slot")
        entry = add_slot(chance, self._to, slot=slot, purpose="intake", fallback=contact)
        yield "the duty, and its outside contact", entry
        for number, turn in enumerate(all_of.turns):
            who = self.id(turn.person)
            chance = self.chance(f"turn {number}")
            entry = add_turn(chance, self._to, slot=slot, person=who, starts_at=turn.starts_at)
            yield f"turn {number + 1} of the duty", entry

    def _person(self, person: Person) -> Iterator[tuple[str, SealedEntry]]:
        # A stream of chance for each entry: what is new in the file moves none, or one key sealed two texts.
        who, to, chance = self.id(person.key), self._to, self.chance(f"person {person.key}")
        yield person.name, add_person(chance, to, person=who, name=person.name, role=person.role)
        if person.unit:
            unit = self.id(f"unit {person.unit}")
            chance = self.chance(f"unit of {person.key}")
            yield f"{person.name}: unit", employ(chance, to, person=who, unit=unit)
        if person.posts:
            chance = self.chance(f"posts of {person.key}")
            yield f"{person.name}: posts", set_posts(chance, to, person=who, posts=person.posts)
        if person.telephone or person.email:
            chance = self.chance(f"reach {person.key}")
            said = set_reach(chance, to, person=who, telephone=person.telephone, email=person.email)
            yield f"{person.name}: how to reach them", said


class Faulty(ConfigurationWrong):
    """A file from which nothing was put on the record; the message names every fault."""


def set_up(given: argparse.Namespace) -> dict[str, Any]:
    """Check the whole file, put on the record what is missing of it, and invite who signs in."""
    place, file = home(), Path(given.file)
    Configuration.load(place)
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise Faulty(f"{file} cannot be read as TOML: {wrong}") from None
    kept = _kept(place)
    faults: list[str] = []
    plan = _read(said, datetime.fromisoformat(kept["began"]), faults)
    recipients = Recipients({"organisation": OfficeHand.load(place).organisation})
    entries = Entries(bytes.fromhex(kept["seed"]), recipients)
    if plan is not None:
        faults += _otherwise(kept["said"], entries, plan)
    if faults or plan is None:
        raise Faulty("\n  ".join([f"Nothing was put on the record. In {file}:", *faults]))
    write_secret(place / "set-up.json", json.dumps(kept))
    with database(place) as url:
        link = Link(url)
        added, before = put_in(PostgresRegister(link), entries, plan)
        invited = dict(_invite(link, entries, recipients, plan))
    return _told(added, before, invited, plan)


def put_in(register: Register, entries: Entries, plan: Organisation) -> tuple[list[str], int]:
    """What was put on the record now, and how much of it stood there already."""
    added, before = [], 0
    for what, entry in entries.made(plan):
        if register.append(entry).again:
            before += 1
        else:
            added.append(what)
    return added, before


def _otherwise(said: dict[str, str], entries: Entries, plan: Organisation) -> Iterator[str]:
    """What the file says otherwise than when it was set up; what is new in it is added to `said`."""
    for what, entry in entries.made(plan):
        now = canonical.dumps(entry.claims).decode()
        if said.setdefault(f"{entry.kind} {what}", now) != now:
            yield (
                f"{what}: this was set up otherwise. Write it as it was: a set-up adds what is new, and"
                " an administrator changes the rest in the office."
            )


def _invite(
    link: Link, entries: Entries, recipients: Recipients, plan: Organisation
) -> Iterator[tuple[str, str]]:
    """Whoever signs in, and neither did nor holds an invitation: their name, and the code's words."""
    for person in plan.people:
        who = entries.id(person.key)
        if not person.signs_in or link.rows(_HAS_A_WAY_IN, (who, who))[0][0]:
            continue
        code = ReturnCode.new(secrets.token_bytes)
        chance = SeededChance(secrets.token_bytes(32), "invitation")
        entry = invite(chance, recipients, person=who, code_hash=invitation_hash(code))
        PostgresRegister(link).append(entry)
        yield person.name, " ".join(code.words)


def _kept(place: Path) -> dict[str, Any]:
    """The seed with which this record was set up, and when; or new ones."""
    path = place / "set-up.json"
    if (place / "demo.json").exists():
        raise ConfigurationWrong(
            "This record holds the people of a story. Name a new folder in HEED_HOME, run"
            " `heed init --demonstration`, then set it up."
        )
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text())
        return kept
    began = datetime.now(UTC).replace(microsecond=0)
    return {"seed": secrets.token_hex(32), "began": began.isoformat(), "said": {}}


def _read(said: dict[str, Any], now: datetime, faults: list[str]) -> Organisation | None:
    """The organisation that a file describes; every fault, each with what to do, is added to `faults`."""
    check = _Checks(faults)
    check.keys("the file", said, {"unit", "person", "duty"})
    units = [check.table("unit", one) for one in check.tables(said, "unit")]
    people = [check.table("person", one) for one in check.tables(said, "person")]
    duty = check.table("duty", said.get("duty", {}))
    turns = [check.table("turn", one) for one in check.tables(duty, "turn")]
    names = check.names("unit", units)
    for one in units:
        check.known("unit", one, "within", names)
    who = check.names("person", people)
    for one in people:
        check.person(one, names)
    contact = check.text("duty", duty, "contact")
    if contact not in who:
        check.add(f'duty: contact is "{contact}": name a person of this file, from outside.')
    elif not next(one for one in people if one.get("name") == contact).get("telephone"):
        check.add(f"{contact}: the outside contact is the last who is called: give a telephone.")
    begun = [  # in their order, where none says from when
        check.turn(one, who, people, now + timedelta(microseconds=number))
        for number, one in enumerate(turns)
    ]
    if not any(at is not None and at <= now + timedelta(seconds=1) for at in begun):
        check.add('duty: nobody is on duty now: add a [[duty.turn]] with a person and no "from".')
    _circles(units, check.add)
    if faults:
        return None
    return Organisation(
        tuple(_above_first(units)),
        tuple(_person(one) for one in people),
        contact,
        tuple(Turn(str(one["person"]), at) for one, at in zip(turns, begun, strict=True) if at),
    )


class _Checks:
    """Looks at one table after another; each fault is a line that says what to do."""

    def __init__(self, faults: list[str]) -> None:
        self.add: Callable[[str], None] = faults.append

    def tables(self, said: dict[str, Any], name: str) -> list[Any]:
        found = said.get(name, [])
        if isinstance(found, list):
            return found
        self.add(f"{name}: write [[{name}]], with two brackets, above each.")
        return []

    def table(self, kind: str, one: Any) -> dict[str, Any]:
        if isinstance(one, dict):
            self.keys(str(one.get("name", kind)), one, KEYS[kind])
            return one
        self.add(f"{kind}: this is a table of names and values.")
        return {}

    def keys(self, where: str, said: dict[str, Any], known: set[str]) -> None:
        for name in sorted(set(said) - known):
            self.add(f'{where}: "{name}" is not known here: {", ".join(sorted(known))} are.')

    def text(self, where: str, one: dict[str, Any], name: str) -> str:
        value = one.get(name, "")
        if isinstance(value, str):
            return value.strip()
        self.add(f'{where}: {name} is text: write it in "quotation marks".')
        return ""

    def names(self, kind: str, all_of: list[dict[str, Any]]) -> set[str]:
        found: set[str] = set()
        for one in all_of:
            name = self.text(kind, one, "name")
            if not name:
                self.add(f"{kind}: one has no name.")
            elif name in found:
                self.add(f"{name}: two have this name; add a word by which to tell them apart.")
            found.add(name)
        return found

    def known(self, kind: str, one: dict[str, Any], name: str, names: set[str]) -> None:
        value = self.text(str(one.get("name", kind)), one, name)
        if value and value not in names:
            self.add(f'{one.get("name")}: {name} is "{value}", which is no unit of this file.')

    def person(self, one: dict[str, Any], units: set[str]) -> None:
        name = str(one.get("name", "person"))
        self.known("person", one, "unit", units)
        if not re.fullmatch(r"[a-z][a-z ]{0,39}", self.text(name, one, "role")):
            self.add(
                f'{name}: role is a few plain words in small letters, such as "social worker".'
            )
        posts = one.get("posts", [])
        for post in posts if isinstance(posts, list) else [posts]:
            if post not in POSTS:
                self.add(f"{name}: {post!r} is no post: {', '.join(POSTS)} are.")
        if not re.fullmatch(r"(\+?[0-9]{7,15})?", self.text(name, one, "telephone")):
            self.add(f"{name}: a telephone is 7 to 15 digits, with a + before them or none.")
        email = self.text(name, one, "email")
        if len(email) > 254 or not re.fullmatch(r"([!-?A-~]+@[!-?A-~]+)?", email):
            self.add(f"{name}: an email address has one @ and no space.")
        if not isinstance(one.get("signs_in", True), bool):
            self.add(f"{name}: signs_in is true or false.")

    def turn(
        self, one: dict[str, Any], who: set[str], people: list[dict[str, Any]], now: datetime
    ) -> datetime | None:
        name = self.text("duty.turn", one, "person")
        if name not in who:
            self.add(f'duty.turn: "{name}" is no person of this file.')
        elif not next(each for each in people if each.get("name") == name).get("signs_in", True):
            self.add(f"{name}: whoever is on duty signs in.")
        at = one.get("from", now)
        if not isinstance(at, datetime):
            self.add("duty.turn: from is a day and a time, such as 2027-01-04 09:00:00.")
            return None
        return (at if at.tzinfo else at.replace(tzinfo=LONDON)).astimezone(UTC)


def _circles(units: list[dict[str, Any]], add: Callable[[str], None]) -> None:
    above = {one.get("name"): one.get("within", "") for one in units}
    for name in above:
        seen, at = set(), name
        while at and at not in seen:
            seen.add(at)
            at = above.get(at, "")
        if at and at == name:
            add(f"{name}: a unit is within itself: leave out one within.")


def _above_first(units: list[dict[str, Any]]) -> Iterator[Unit]:
    """Each unit behind the one above it."""
    left, there = list(units), {""}
    while left:
        ready = [one for one in left if one.get("within", "") in there]
        yield from (Unit(one["name"], one["name"], one.get("within", "")) for one in ready)
        there |= {one["name"] for one in ready}
        left = [one for one in left if one not in ready]


def _person(one: dict[str, Any]) -> Person:
    said = {name: one[name] for name in ("unit", "telephone", "email") if name in one}
    posts, signs_in = tuple(one.get("posts", ())), bool(one.get("signs_in", True))
    name = one["name"]
    return Person(name, name, one["role"], posts=posts, signs_in=signs_in, **said)


def _told(
    added: list[str], before: int, invited: dict[str, str], plan: Organisation
) -> dict[str, Any]:
    held = {post for person in plan.people for post in person.posts}
    notes = [
        f"NOTE  Nobody is {'an' if post[0] in 'ao' else 'a'} {post}: {missing}"
        for post, missing in (
            ("administrator", "nobody can add people or change the duty in the office."),
            ("custodian", "nobody can confirm or lift a restriction."),
            ("overseer", "what waits too long is told to the outside contact alone."),
        )
        if post not in held
    ]
    lines = [f"added  {what}" for what in added]
    lines += [f"{before} things stood there already."] if before else []
    lines += notes
    if invited:
        port = os.environ.get("HEED_OFFICE_PORT", "8001")
        lines += [
            "",
            "Each of these codes works once, within two days. Give it to its person and nobody else;",
            f"they choose a user name and a password with it at http://127.0.0.1:{port}/welcome",
            *(f"  {name}: {words}" for name, words in invited.items()),
        ]
    lines += ["", "Next: heed start"]
    return {"ok": True, "added": added, "before": before, "invited": invited, "lines": lines}
