"""Puts a story's people on the stage, once: who they are, where they work, when they are on duty."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from heed.cli.set_up import Entries, Organisation, Person, Turn, Unit, put_in
from heed.cli.story import Cast, Moment, Story, StoryWrong
from heed.core.ports import random_id
from heed.core.times import LONDON
from heed.register.entry import Recipients
from heed.register.vault import derive
from heed.store.append import PostgresRegister
from heed.store.configuration import OfficeHand
from heed.store.connection import Link
from heed.store.home import write_secret
from heed.store.signing_in import set_credential


@dataclass
class Stage:
    """What the demonstration remembers between runs, in `demo.json`; only its owner may read it."""

    path: Path
    kept: dict[str, Any]
    story: Story

    @classmethod
    def open(cls, place: Path, url: str, story: Story) -> Stage:
        """The stage of this record, set if it was not; raises StoryWrong for another story's record."""
        path = place / "demo.json"
        if path.exists():
            kept = json.loads(path.read_text())
        else:
            began = datetime.combine(story.began(datetime.now(LONDON).date()), time(0), LONDON)
            kept = {
                "seed": secrets.token_hex(32),
                "story": _fingerprint(story),
                "began": began.astimezone(UTC).isoformat(),
                "codes": [],
                "set": False,
                "played": 0,
            }
        stage = cls(path, kept, story)
        if kept["story"] != _fingerprint(story):
            raise StoryWrong(
                "This record already holds another story. Name a new folder in HEED_HOME for this one."
            )
        if not kept["set"]:
            stage._save()
            stage._set(place, url)
        return stage

    @property
    def began(self) -> datetime:
        """Midnight, London time, of day 1."""
        return datetime.fromisoformat(self.kept["began"])

    @property
    def played(self) -> int:
        """How many steps of the story were played."""
        return int(self.kept["played"])

    @property
    def codes(self) -> list[tuple[str, ...]]:
        """The return codes of what has been filed, in the story's order."""
        return [tuple(code) for code in self.kept["codes"]]

    @property
    def finished(self) -> bool:
        """Whether the story was played to its end, by whatever version."""
        return bool(self.kept.get("finished"))

    def finish(self) -> None:
        """The story has been played."""
        self.kept["finished"] = True
        self._save()

    @property
    def met(self) -> list[list[Any]]:
        """What of the acceptance scenario was met, once it was looked at."""
        return list(self.kept.get("met", []))

    def keep_met(self, met: list[list[Any]]) -> None:
        """Remember it: to look again would put more looks on the record."""
        self.kept["met"] = met
        self._save()

    def keep(self, code: tuple[str, ...]) -> None:
        """Remember what was filed, until the step is remembered as played."""
        self.kept["codes"].append(list(code))

    @property
    def refusals(self) -> tuple[int, int]:
        """How many referrals were refused, of how many that had to be."""
        refused, tried = self.kept.get("refusals", (0, 0))
        return refused, tried

    def keep_refusals(self, refused: int, tried: int) -> None:
        """Remember them, until the step is remembered as played."""
        before = self.refusals
        self.kept["refusals"] = [before[0] + refused, before[1] + tried]

    @property
    def weekends(self) -> dict[int, dict[str, str]]:
        """What was destroyed and found, by the place of its item in the story."""
        return {int(place): told for place, told in self.kept.get("weekends", {}).items()}

    def keep_weekend(self, place: int, told: dict[str, str]) -> None:
        """Remember what was destroyed or found, until the step is remembered as played."""
        self.kept.setdefault("weekends", {})[str(place)] = told

    def save_weekend(self, place: int, told: dict[str, str]) -> None:
        """Keep on disk, at once, what is about to be destroyed."""
        self.keep_weekend(place, told)
        self._save()

    @property
    def theft(self) -> dict[str, int]:
        """Of the stolen machine: its files, those with words; and whether the stolen way in was ended."""
        return dict(self.kept.get("theft", {}))

    def keep_theft(self, **found: int) -> None:
        """Remember it, until the step is remembered as played."""
        self.kept.setdefault("theft", {}).update(found)

    def renew(self, person: str) -> None:
        """From now on this person has another password."""
        if person not in self.kept.setdefault("renewed", []):
            self.kept["renewed"].append(person)
            self._save()

    def step_played(self) -> None:
        """One more step of the story was played."""
        self.kept["played"] += 1
        self._save()

    def instant(self, moment: Moment) -> datetime:
        """When a moment of the story is, in UTC."""
        day = self.began.astimezone(LONDON).date() + timedelta(days=moment.day - 1)
        return datetime.combine(day, moment.at, LONDON).astimezone(UTC)

    def day_of(self, instant: datetime) -> int:
        """Which day of the story an instant falls on."""
        return (instant.astimezone(LONDON).date() - self.began.astimezone(LONDON).date()).days + 1

    def credential(self, person: str) -> tuple[str, str]:
        """A person's user name and password."""
        anew = " anew" if person in self.kept.get("renewed", []) else ""
        label = f"password {person}{anew}".encode()
        return self._username(person), derive(self._seed, label, 9).hex()

    def role_of(self, person: str) -> str:
        """What they do, in a word or two."""
        return next(one.role for one in self.story.cast if one.id == person)

    def id_of(self, person: str) -> UUID:
        """Their id in the record."""
        return self._id(person)

    def person(self, id: UUID) -> Cast | None:
        """Who of the story has this id in the record."""
        return next((one for one in self.story.cast if self._id(one.id) == id), None)

    def sign_ins(self) -> list[str]:
        """How each person of the story signs in: name and posts, user name, password."""
        signing = [person for person in self.story.cast if person.username]
        return [
            "Sign in to the office, by user name and password, as",
            *map(self._sign_in, signing),
        ]

    @property
    def _seed(self) -> bytes:
        return bytes.fromhex(self.kept["seed"])

    def _username(self, person: str) -> str:
        return next(one.username for one in self.story.cast if one.id == person)

    def _id(self, what: str) -> UUID:
        return random_id(derive(self._seed, f"id {what}".encode(), 16))

    def _sign_in(self, person: Cast) -> str:
        posts = f" ({', '.join(person.posts)})" if person.posts else ""
        username, password = self.credential(person.id)
        return f"  {username:<15}{password}  {person.name}{posts}"

    def _set(self, place: Path, url: str) -> None:
        recipients = Recipients({"organisation": OfficeHand.load(place).organisation})
        put_in(PostgresRegister(Link(url)), Entries(self._seed, recipients), self._organisation())
        for person in self.story.cast:
            if person.username:
                set_credential(
                    url,
                    recipients,
                    person=self._id(person.id),
                    username=person.username,
                    password=self.credential(person.id)[1],
                )
        self.kept["set"] = True
        self._save()

    def _organisation(self) -> Organisation:
        return Organisation(
            tuple(Unit(unit.id, unit.name, unit.parent or "") for unit in self.story.units),
            tuple(self._person(number, one) for number, one in enumerate(self.story.cast, 100)),
            self.story.fallback,
            tuple(Turn(turn.person, self.instant(turn.moment)) for turn in self.story.turns),
        )

    def _person(self, number: int, one: Cast) -> Person:
        """With an invented telephone (Ofcom's numbers for drama) and address, where somebody is called."""
        called = one.username or one.id == self.story.fallback
        return Person(
            one.id,
            one.name,
            one.role,
            one.unit,
            one.posts,
            telephone=f"07700900{number}" if called else "",
            email=f"{one.username}@example.org" if one.username else "",
            signs_in=bool(one.username),
        )

    def _save(self) -> None:
        write_secret(self.path, json.dumps(self.kept))


def set_clock(url: str, instant: datetime | None) -> None:
    """Move the demonstration's clock to `instant`, or back to the real time."""
    with psycopg.connect(url, autocommit=True) as connection:
        if instant is None:
            connection.execute("DELETE FROM machinery.clock")
            return
        connection.execute(
            "INSERT INTO machinery.clock (shift) VALUES (%s - clock_timestamp())"
            " ON CONFLICT (one) DO UPDATE SET shift = EXCLUDED.shift",
            (instant,),
        )


def _fingerprint(story: Story) -> str:
    return derive(repr(story).encode(), b"story", 16).hex()
