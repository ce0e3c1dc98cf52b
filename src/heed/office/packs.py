"""Gathers what may travel of a record, makes its pack, and makes the same pack again."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core import canonical
from heed.core.vocabulary import Kind
from heed.office.about import LABELS, About, Somebody
from heed.office.bodies import Bodies
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.record import own_record
from heed.referral import pack
from heed.referral.directory import Body, directory
from heed.referral.pack import Contribution, Document, Piece, Withheld
from heed.referral.paper import NoPaper, paper
from heed.register.checkpoint import Checkpoint
from heed.register.receipt import Receipt
from heed.register.tiles import TileReader
from heed.store import identities, packs, referral
from heed.store.holding import entries
from heed.store.packs import Attached, Leaf, Made
from heed.store.readable import NoSuchRecord

TOLD = (Kind.FILED, Kind.ADDED)
DONE = (Kind.CALLED, Kind.PARENTS_TOLD)
MOST = 50 * 1024 * 1024
"""Bytes of files in one pack: the office holds them in memory while it makes it."""
MOST_PAPER = 6 * 1024 * 1024
"""Bytes of a PDF: it is kept with the pack, a third longer, and one entry has at most 16 MB."""


class Awaited(Exception):
    """What was written with the referral is not put away yet, and a pack without it would be another."""


class Choice(NamedTuple):
    """One thing that may travel. `why`: why it does not, where it cannot."""

    entry: UUID
    kind: str
    at: datetime
    name: str
    size: int
    why: Withheld | None


class Gathered(NamedTuple):
    """All of a record that could travel, once a look for that is on the record."""

    contributions: tuple[Contribution, ...]
    files: tuple[Attached, ...]
    choices: tuple[Choice, ...]
    leaves: dict[UUID, Leaf]
    sealed: bool

    @property
    def free(self) -> frozenset[UUID]:
        """What may travel, and does unless somebody takes it out."""
        return frozenset(one.entry for one in self.choices if one.why is None)


def gathered(who: Who, record: UUID) -> Gathered:
    """What may travel of an own record, and what does not, and why; raises NoSuchRecord."""
    held = hands()
    own_record(who, record)
    opened = held.desk.open(
        who.key, who.reader.id, record, held.chance, held.organisation, packs.PURPOSE
    )
    asked = held.desk, who.key, record
    leaves, unseen = packs.leaves(*asked), packs.unseen_since(*asked)
    sealed = identities.sealed(*asked) is not None
    said = tuple(
        Contribution(one.entry, each.kind, each.at, one.actor is None, each.body or {}, leaf.hash)
        for each, one in zip(opened.said, entries(*asked), strict=False)
        if each.kind in TOLD + DONE and (leaf := leaves.get(one.entry))
    )
    here = {one.entry for one in said if one.body}
    files = tuple(one for one in packs.attached(*asked) if one.entry in leaves)
    choices = [
        Choice(
            one.entry,
            one.kind,
            one.at,
            "",
            0,
            Withheld.UNOPENED
            if one.kind in TOLD and unseen and one.at >= unseen
            else (None if one.entry in here else Withheld.AWAITED),
        )
        for one in said
    ]
    choices += [
        Choice(
            one.entry,
            Kind.FILE_ADDED,
            one.at,
            "" if one.held else one.name,
            one.size,
            _withheld(one, sealed, unseen, who.reader.id),
        )
        for one in files
    ]
    return Gathered(said, files, tuple(choices), leaves, sealed)


def _withheld(
    one: Attached, sealed: bool, unseen: datetime | None, reader: UUID
) -> Withheld | None:
    if one.held:
        return Withheld.HELD
    if sealed:
        return Withheld.SEALED
    if unseen and one.at >= unseen and one.actor != reader:
        return Withheld.UNOPENED
    return None if one.here else Withheld.AWAITED


def documents(
    who: Who,
    record: UUID,
    to: UUID,
    chosen: Collection[UUID] | None,
    made_at: datetime,
    found: Gathered | None = None,
) -> tuple[Document, ...]:
    """The pack of a record for the referral `to`: JSON, PDF, files, and last the hash of each of these.

    `chosen`: entries, of those that may travel; None: all of them. Without the PDF where it cannot be
    made: nothing delays a referral. Raises NoSuchRecord; Awaited; ValueError for more bytes than MOST.
    """
    found = found or gathered(who, record)
    going = found.free if chosen is None else found.free & frozenset(chosen)
    if sum(one.size for one in found.files if one.entry in going) > MOST:
        raise ValueError("these files are too large for one pack")
    of = _contents(who, record, to, found, going, made_at)
    written = Document(pack.JSON, "application/json", pack.written(of))
    made = (written, *_on_paper(written.content), *pack.attached(of))
    return (*made, Document(pack.SUMS, "text/plain", pack.sums(made)))


def travelling(found: Gathered, chosen: Collection[UUID]) -> tuple[UUID, ...]:
    """What of these choices travels, in the record's order."""
    going = found.free & frozenset(chosen)
    return tuple(one.entry for one in found.choices if one.entry in going)


def _on_paper(written: bytes) -> Iterator[Document]:
    try:
        drawn = paper(written)
    except NoPaper:
        return
    if len(drawn) <= MOST_PAPER:
        yield _paper(drawn)


def _paper(drawn: bytes) -> Document:
    return Document(pack.PDF, "application/pdf", drawn)


def _contents(
    who: Who, record: UUID, to: UUID, found: Gathered, going: Collection[UUID], made_at: datetime
) -> pack.Contents:
    asked = hands().desk, who.key, record
    bodies = Bodies.seen_by(who)
    about = About.of(who, record, bodies)
    seen, configuration = own_record(who, record), hands().configuration
    told = [one for one in found.contributions if one.kind in TOLD and one.entry in going]
    done = [one for one in found.contributions if one.kind in DONE and one.entry in going]
    return pack.Contents(
        reference=seen.reference,
        demonstration=who.reader.demonstration,
        made_at=made_at,
        made_by=bodies.name(who.reader.id),
        organisation=configuration.organisation,
        reach=configuration.telephone,
        answers=bodies.name(seen.owner),
        danger=referral.danger(*asked),
        sealed=found.sealed,
        to=_to(who, record, to, about),
        people=[_person(one) for one in about.people],
        told=told,
        done=done,
        files=list(_pieces(who, record, found, going)),
        left_out=len(found.contributions) - len(told) - len(done),
    )


def _to(who: Who, record: UUID, to: UUID, about: About) -> pack.To:
    for one in referral.referrals(hands().desk, who.key, [record]):
        if one.entry == to:
            if not one.words:
                raise Awaited
            somebody = about.person(one.concerned)
            name = one.words.get("unlisted", "") or directory().name(one.body)
            return pack.To(
                to,
                one.route,
                Body(one.body, name),
                somebody.titled if somebody else about.whom(None),
                one.how,
                one.told_at,
                one.words.get("person", ""),
                one.words.get("words", ""),
            )
    raise NoSuchRecord


def _person(one: Somebody) -> pack.Person:
    fields = {label: field for field, label in LABELS.items()}
    known = {fields[line.label]: line.newest for line in one.lines}
    return pack.Person(one.label, one.child, one.part, one.trust, known, one.harm)


def _pieces(who: Who, record: UUID, found: Gathered, going: Collection[UUID]) -> Iterator[Piece]:
    wanted = [one.entry for one in found.files if one.entry in going]
    contents = packs.contents(hands().desk, who.key, record, wanted)
    for one, choice in zip(found.files, _of_files(found), strict=True):
        content = contents.get(one.entry)
        why = choice.why
        if why is None and one.entry not in going:
            why = Withheld.NOT_CHOSEN
        elif why is None and content is None:
            why = Withheld.HELD
        elif why is None and pack.sha256(content or b"") != one.sha256:
            why = Withheld.ALTERED
        yield Piece(
            one.entry,
            one.at,
            one.name,
            one.media_type,
            content if why is None else None,
            why,
            found.leaves[one.entry].hash,
        )


def _of_files(found: Gathered) -> list[Choice]:
    return [one for one in found.choices if one.kind == Kind.FILE_ADDED]


class Kept(NamedTuple):
    """A pack that was made, with what it said it holds: (hash, name) of each document."""

    made: Made
    leaf: Leaf
    told: dict[str, Any]
    sums: tuple[tuple[str, str], ...]


def kept(who: Who, record: UUID, of: UUID) -> Kept | None:
    """A pack of an own record, after a look; None until its words are here. Raises NoSuchRecord."""
    held = hands()
    own_record(who, record)
    held.desk.look(who.key, who.reader.id, record, held.chance, held.organisation, packs.PURPOSE)
    asked = held.desk, who.key, record
    made = next((one for one in packs.made(*asked) if one.entry == of), None)
    leaf = packs.leaves(*asked).get(of)
    if made is None or leaf is None:
        raise NoSuchRecord
    return _kept(made, leaf) if made.words is not None else None


def _kept(made: Made, leaf: Leaf) -> Kept:
    body = made.body
    lines = tuple((line[:64], line[66:]) for line in body["sums"].splitlines())
    return Kept(made, leaf, canonical.loads(body["pack"].encode()), lines)


class Newest(NamedTuple):
    """The pack made last for a referral: its entry, and its documents as `documents` gave them."""

    entry: UUID
    documents: tuple[Document, ...]


def newest(who: Who, record: UUID, to: UUID) -> Newest | None:
    """The pack made last for the referral `to`, after a look of its reader's, whole.

    None where none was made, where the words of a newer pack are not here yet (it may be for this
    one), or where one of its files can no longer be given.
    """
    asked = hands().desk, who.key, record
    made, leaves = packs.made(*asked), packs.leaves(*asked)
    for one in reversed(made):
        if one.words is None:
            return None
        of = _kept(one, leaves[one.entry])
        if of.told["to"]["referral"] == str(to):
            there = again(who, record, of)
            names = [name for _, name in of.sums if name in there or name != pack.PDF]
            if any(name not in there for name in names):
                return None
            whole = (there[name] for name in (*names, pack.SUMS))
            return Newest(one.entry, (*whole, *_proofs(of)))
    return None


def _proofs(of: Kept) -> Iterator[Document]:
    """By what whoever receives it checks it without us: its words, and its receipt where there is one."""
    yield Document(pack.WORDS, "application/octet-stream", of.made.words or b"")
    receipt = proof(of)
    if receipt is not None:
        yield Document(pack.PROOF, "application/octet-stream", receipt)


def again(who: Who, record: UUID, of: Kept) -> dict[str, Document]:
    """The documents of a pack by name, byte for byte as they went; without those that cannot be given.

    A file that was flagged since is given to nobody; nor is what is no longer the same, byte for byte.
    """
    body, wanted = of.made.body, {name: hash for hash, name in of.sums}
    written = body["pack"].encode()
    found = [Document(pack.JSON, "application/json", written)]
    if "pdf" in body:
        found.append(_paper(base64.b64decode(body["pdf"])))
    elif pack.PDF in wanted:  # from before its bytes were kept
        found += _on_paper(written)
    paths = {UUID(one["entry"]): one["path"] for one in of.told["files"] if one["path"]}
    contents = packs.contents(hands().desk, who.key, record, list(paths))
    found += [
        Document(path, "application/octet-stream", contents[entry])
        for entry, path in paths.items()
        if entry in contents
    ]
    same = {one.name: one for one in found if pack.sha256(one.content) == wanted[one.name]}
    return same | {pack.SUMS: Document(pack.SUMS, "text/plain", body["sums"].encode())}


def proof(of: Kept) -> bytes | None:
    """The receipt of a pack's entry (C2SP tlog-proof); None until a signed head covers it."""
    export, place = hands().hand.export, of.leaf.place
    extra = packs.receipt_extra(of.made, of.leaf)
    if extra is None or place is None or not (export / "checkpoint").exists():
        return None
    note = (export / "checkpoint").read_bytes()
    head = Checkpoint.parse(note.decode().partition("\n\n")[0] + "\n")
    if place >= head.size:
        return None
    tiles = TileReader(lambda name: (export / name).read_bytes())
    return Receipt(extra, place, tiles.inclusion_proof(place, head.size), note).encode()
