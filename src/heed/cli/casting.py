"""Puts a story's people on the stage, once: who they are, when they are on duty, how they sign in."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from heed.access.commands import add_person, add_slot, add_turn
from heed.cli.story import Story, StoryWrong
from heed.core.ports import random_id
from heed.core.times import LONDON
from heed.register.entry import Recipients
from heed.register.vault import derive
from heed.store.append import PostgresRegister
from heed.store.configuration import OfficeHand
from heed.store.connection import Link
from heed.store.home import write_secret
from heed.store.signing_in import set_credential


class SeededChance:
    """Bytes that a seed decides, so that setting a stage twice makes the same entries once."""

    def __init__(self, seed: bytes, label: str) -> None:
        self._seed, self._label, self._count = seed, label.encode(), 0

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes of this label's stream."""
        self._count += 1
        return derive(self._seed, b"%s %d" % (self._label, self._count), count)


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
            last = max((item.moment.day for item in story.items), default=1)
            began = datetime.now(LONDON).replace(hour=0, minute=0, second=0, microsecond=0)
            kept = {
                "seed": secrets.token_hex(32),
                "story": _fingerprint(story),
                "began": (began - timedelta(days=last)).astimezone(UTC).isoformat(),
                "codes": [],
                "set": False,
                "playing": True,
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
    def playing(self) -> bool:
        """Whether the story has not been played to its end."""
        return bool(self.kept["playing"])

    @property
    def codes(self) -> list[tuple[str, ...]]:
        """The return codes of what has been filed, in the story's order."""
        return [tuple(code) for code in self.kept["codes"]]

    def keep(self, code: tuple[str, ...]) -> None:
        """Remember what was filed."""
        self.kept["codes"].append(list(code))
        self._save()

    def finish(self) -> None:
        """The story has been played."""
        self.kept["playing"] = False
        self._save()

    def day_of(self, instant: datetime) -> int:
        """Which day of the story an instant falls on."""
        return (instant.astimezone(LONDON).date() - self.began.astimezone(LONDON).date()).days + 1

    def credential(self, person: str) -> tuple[str, str]:
        """A person's user name and password."""
        return self._username(person), derive(self._seed, f"password {person}".encode(), 9).hex()

    def sign_ins(self) -> list[str]:
        """How each person of the story signs in."""
        signing = [person for person in self.story.cast if person.username]
        return [
            "Sign in to the office as "
            + "; or ".join("{} / {}".format(*self.credential(person.id)) for person in signing)
        ]

    @property
    def _seed(self) -> bytes:
        return bytes.fromhex(self.kept["seed"])

    def _username(self, person: str) -> str:
        return next(one.username for one in self.story.cast if one.id == person)

    def _id(self, what: str) -> UUID:
        return random_id(derive(self._seed, f"id {what}".encode(), 16))

    def _set(self, place: Path, url: str) -> None:
        recipients = Recipients({"organisation": OfficeHand.load(place).organisation})
        register = PostgresRegister(Link(url))
        for person in self.story.cast:
            chance = SeededChance(self._seed, f"person {person.id}")
            who = self._id(person.id)
            register.append(
                add_person(chance, recipients, person=who, name=person.name, role=person.role)
            )
            if person.username:
                set_credential(
                    url,
                    recipients,
                    person=who,
                    username=person.username,
                    password=self.credential(person.id)[1],
                )
        slot = self._id("slot")
        register.append(
            add_slot(
                SeededChance(self._seed, "slot"),
                recipients,
                slot=slot,
                purpose="intake",
                fallback=self._id(self.story.fallback),
            )
        )
        for number, turn in enumerate(self.story.turns):
            starts = datetime.combine(
                self.began.astimezone(LONDON).date() + timedelta(days=turn.moment.day - 1),
                turn.moment.at,
                LONDON,
            )
            register.append(
                add_turn(
                    SeededChance(self._seed, f"turn {number}"),
                    recipients,
                    slot=slot,
                    person=self._id(turn.person),
                    starts_at=starts,
                )
            )
        self.kept["set"] = True
        self._save()

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
