"""Two worlds, one with an allegation and one without, asked the same by somebody who may not tell them apart.

    twins = Twins("colleague", with_it=allegation, without_it=nothing)
    assert compare(server, twins).differences == []

What comes back must be the same bytes after the same number of statements. Chance and the record's
clock stand still. Only these are evened out: the token against other sites' forms, the value of a
cookie, and what is sealed for the page behind the code, which holds the second in which it was made
(its length counts). Of a proof, also of the one that goes with a pack, the checkpoint, the tiles' hashes and
the index are exempt, and so is the head beside a look back: they tell everybody how many entries there are.
"""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import django
import psycopg
import pytest
from argon2 import PasswordHasher
from django.conf import Settings, settings
from django.http import HttpResponse
from django.test import Client

from heed.core.ports import SystemChance
from heed.loops.sequence import Sequencer
from heed.office import packs, slowing
from heed.pages import drawing
from heed.register.receipt import MAGIC, Receipt
from heed.register.return_code import ReturnCode
from heed.store import connection as store
from heed.store import signing_in
from heed.store.spool import Spool
from heed.store.watch import Watch
from tests.copies import Scene, copied
from tests.office.browser import HOST, forms
from tests.office.conftest import COMPILED, _use
from tests.servers import Server, temporary_place
from tests.walls.standing_still import CHANCE, SESSIONS, at, set_moment
from tests.walls.twin_events import Build, before, ids_of
from tests.walls.twin_questions import (
    ALLEGATION,
    BEGINNING,
    NOBODYS,
    OWN,
    VISIT,
    Asker,
    Question,
    followed,
    questions,
)
from tests.world import World

_FORM_TOKEN = "a" * 32


@dataclass(frozen=True)
class Twins:
    """Two worlds between which a person may see no difference.

    `person` is signed in to the office; None: nobody is. `holds` is the code that they type on the
    public face, before, and then they ask the office signed out too; None: neither. `opener`:
    whether it comes by between their visits. `knows`: the allegation's reference, from a colleague.
    """

    person: str | None
    with_it: Build
    without_it: Build
    holds: ReturnCode | None = None
    opener: bool = True
    knows: bool = True


@dataclass(frozen=True)
class Compared:
    """What differed, in sentences, and the answers of the world with the allegation."""

    differences: list[str]
    answers: dict[Question, "Answer"]


def compare(
    server: Server,
    twins: Twins,
    *,
    spoil: Callable[[Scene], None] = lambda scene: None,
    only: Collection[str] = (),
) -> Compared:
    """Ask both worlds the same; raises NoRule.

    `spoil` takes a control away in both; `only` names routes, where not all are to be asked.
    """
    with _cheap_and_fixed(), temporary_place() as place:
        one = _live(server, twins, twins.with_it, place / "with", spoil, only)
        other = _live(server, twins, twins.without_it, place / "without", spoil, only, one)
    has, lacks = one.answers, other.answers
    both = [asked for asked in has if asked in lacks]
    found = [f"{asked}: {what}" for asked in both for what in _unlike(has[asked], lacks[asked])]
    found += [f"{asked}: a page in one world only" for asked in has.keys() ^ lacks.keys()]
    return Compared(found + (["the allegation was touched"] if one.touched else []), has)


def _unlike(one: "Answer", other: "Answer") -> Iterator[str]:
    """What tells two answers apart: "with it / without it"."""
    for name, mine, theirs in zip(Answer._fields, one, other, strict=True):
        if mine == theirs:
            continue
        if isinstance(mine, bytes):
            pairs = enumerate(zip(mine, theirs, strict=False))
            start = max(0, next((place for place, (a, b) in pairs if a != b), 0) - 40)
            mine, theirs = mine[start : start + 120], theirs[start : start + 120]
        if isinstance(mine, tuple):
            mine, theirs = sorted(set(mine) - set(theirs)), sorted(set(theirs) - set(mine))
        yield f"{name} {mine!r} / {theirs!r}"


# The two worlds.


@contextmanager
def _cheap_and_fixed() -> Iterator[None]:
    """Fixed chance, counted statements, and passwords that cost nothing, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemChance, "bytes", lambda _, count: CHANCE.bytes(count))
        patch.setattr(store, "BoundedConnection", CountedConnection)
        patch.setattr(signing_in, "_SLOW", PasswordHasher(1, 8, 1))
        patch.setattr(slowing, "FREE", 1_000_000)
        patch.setattr(packs, "proof", _without_head(packs.proof))
        patch.setattr(drawing, "environment", partial(drawing.environment, bytecode_cache=COMPILED))
        # Time and chance stand still by functions that were changed: else reading would be closed.
        patch.setattr(Watch, "failures", lambda _: ())
        signing_in._nobodys.cache_clear()
        yield
    signing_in._nobodys.cache_clear()


Proving = Callable[[packs.Kept], bytes | None]


def _without_head(proof: Proving) -> Proving:
    """Of a pack's proof what does not tell how many entries there are: what is made of it is the same."""
    return lambda of: Receipt.decode(found).extra if (found := proof(of)) else None


@dataclass(frozen=True)
class _Lived:
    """One world's answers, the ids that were asked about, and whether the allegation was touched."""

    answers: dict[Question, "Answer"]
    known: dict[str, UUID]
    touched: bool
    reference: str


def _live(
    server: Server,
    twins: Twins,
    build: Build,
    home: Path,
    spoil: Callable[[Scene], None],
    only: Collection[str],
    first: _Lived | None = None,
) -> _Lived:
    with copied(server, "twin worlds", before) as scene:
        spoil(scene)
        world = scene.world
        build(world)
        at(world, VISIT)
        if twins.person in OWN:  # what is put in now comes to whoever asks
            world.put_on_duty(twins.person, BEGINNING + timedelta(minutes=VISIT))
        world.write_home(home)
        for key in ("public/form.key", "office/web.key"):
            (home / key).write_bytes(b"k" * 32)
        Spool(home / "public" / "spool", capacity=1 << 20).create()
        sequencer = Sequencer(world.link("heed_sequencer"), world.log, home / "export")
        while sequencer.step():
            pass
        (home / "export" / "heartbeat").write_text("heed heartbeat v1\n")
        known = first.known if first else ids_of(world)
        reference = first.reference if first else _reference(world)
        then = world.as_owner(_TOUCHED, (ALLEGATION.record,) * 4)
        asker = Asker(
            twins.person,
            twins.holds or OWN["colleague"],
            known,
            reference if twins.knows else NOBODYS,
        )
        answers = _visits(world, home, twins, asker, only)
        after = world.as_owner(_TOUCHED, (ALLEGATION.record,) * 4)
        return _Lived(answers, known, then != after, reference)


def _reference(world: World) -> str:
    found = world.as_owner("SELECT reference FROM facts.record WHERE id = %s", (ALLEGATION.record,))
    return str(found[0][0]) if found else NOBODYS


_TOUCHED = """
SELECT id::text FROM register.entry
WHERE stream = %s AND convert_from(header, 'UTF8')::jsonb->>'role' = 'heed_office'
UNION ALL SELECT entry::text FROM facts.look WHERE %s = ANY (records)
UNION ALL SELECT entry::text FROM facts.request WHERE record = %s
UNION ALL SELECT entry::text FROM facts.opening WHERE record = %s ORDER BY 1
"""


# Asking.


class Answer(NamedTuple):
    """What came back, evened out, and how many statements it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statements: int


class CountedConnection(store.BoundedConnection):
    """Counts what is sent to the database: each statement waits once for its answer."""

    sent = 0

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        CountedConnection.sent += 1
        return super().wait(*args, **kwargs)


def _visits(
    world: World, home: Path, twins: Twins, asker: Asker, only: Collection[str]
) -> dict[Question, Answer]:
    """Every answer: on the public face, in the office, there once more, and signed out."""
    plans = {"office": [(True, False), (True, True)]}
    if twins.holds is not None:
        plans = {"public": [(False, False)], "office": [*plans["office"], (False, True)]}
    answers: dict[Question, Answer] = {}
    with world.database.server.superuser(world.database.name) as connection:
        for face, visits in plans.items():
            with _standing(face, home):
                for visit, (signed_in, reading) in enumerate(visits):
                    said = questions(face, asker, signed_in=signed_in, visit=visit, reading=reading)
                    asked = [each for each in said if not only or each.route in only]
                    _visit(connection, world, asked, answers)
                    if twins.opener:
                        world.open()
    return answers


def _visit(
    connection: psycopg.Connection,
    world: World,
    asked: list[Question],
    answers: dict[Question, Answer],
) -> None:
    """Ask one after another, each in half a minute of its own, and follow where they lead.

    All must lie within a day: what was opened for a day is asked for again at the end.
    """
    client = Client(raise_request_exception=False, enforce_csrf_checks=True, HTTP_HOST=HOST)
    while asked:
        question = asked.pop(0)
        minute = VISIT + 1 + len(answers) / 2
        set_moment(connection, world, minute, f"{minute} {question}")
        answers[question] = _ask(client, question)
        if question.method == "GET":
            more = followed(question, answers[question].body.decode(errors="replace"))
            asked += [each for each in more if each not in (*asked, *answers)]


@contextmanager
def _standing(face: str, home: Path) -> Iterator[None]:
    """A face in this process, over this folder; what was there before comes back."""
    hands = import_module(f"heed.{face}.hands").hands
    before = settings._wrapped
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEED_HOME", str(home))
        # The probes see at once that this database's chance and clock were replaced; they are tried elsewhere.
        patch.setattr("heed.office.hands.failures", lambda link, kept: ())
        hands.cache_clear()
        _use(Settings(f"heed.{face}.settings"))
        django.setup(set_prefix=False)
        try:
            yield
        finally:
            hands.cache_clear()
            _use(before)


def _ask(client: Client, question: Question) -> Answer:
    before, body = CountedConnection.sent, question.body
    client.cookies.clear()
    if question.person:
        client.cookies[settings.HEED_SESSION_COOKIE] = SESSIONS[question.person]
    if body.token:
        client.cookies[settings.CSRF_COOKIE_NAME] = _FORM_TOKEN
    content = body.content
    if body.filled is not None:
        content = urlencode(_form(client, question) | dict(body.filled)).encode()
    path, _, query = question.address.partition("?")
    came = client.generic(
        question.method,
        path,
        content,
        body.kind,
        QUERY_STRING=query,
        **({"HTTP_X_CSRFTOKEN": _FORM_TOKEN} if body.token else {}),
    )
    return _even(question, came, CountedConnection.sent - before)


def _form(client: Client, question: Question) -> dict[str, str]:
    """The fields of the form for this address, as the page that has it shows them."""
    sent = dict(question.opened_by)
    token = {"HTTP_X_CSRFTOKEN": _FORM_TOKEN}
    page = client.post(question.page, sent, **token) if sent else client.get(question.page)
    there = forms(page)
    # A button may send a form of its page elsewhere (formaction).
    goes = question.address if question.address in [one.action for one in there] else question.page
    found = (form.fields for form in there if form.action == goes)
    return {name: value for fields in found for name, value in fields.items()}


_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')
_HEAD = re.compile(rb"(The log was signed then with )\d+( entries: <span[^>]*>)[0-9a-f]{64}")
"""A head of the log counts all that is recorded: it is public, and exempt by name (access.md)."""
_SEALED = re.compile(rb'(name="way_back" value=")([^"]*)')


def _even(question: Question, came: HttpResponse, statements: int) -> Answer:
    """An answer without what may differ; the head of this file says what that is."""
    headers = dict(came.items())
    body = _TOKEN.sub(rb"\1", came.content)
    body = _SEALED.sub(lambda found: found[1] + b"%d sealed" % len(found[2]), body)
    body = _HEAD.sub(rb"\1\2", body)
    if question.route == "public.proof" and body.startswith(MAGIC.encode()):
        body = Receipt.decode(body).extra or b""
        del headers["Content-Length"]
    for name, cookie in came.cookies.items():
        headers[f"Set-Cookie {name}"] = re.sub("=[^;]+", "=", cookie.OutputString(), count=1)
    return Answer(came.status_code, tuple(sorted(headers.items())), body, statements)
