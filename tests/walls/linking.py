"""A referral by link, as its sender makes it and as whoever holds link and code opens it."""

import os
from dataclasses import dataclass, field
from uuid import UUID

from heed.core.ports import SealedEntry
from heed.intake.files import SentFile, add_file, flag_file
from heed.referral import commands
from heed.referral import link as linked
from heed.referral.commands import Heard, How
from heed.referral.link import LinkSecret, Pack
from heed.referral.pack import Document
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import SealingKey
from heed.store.append import PostgresRegister
from heed.store.connection import Link
from heed.store.link import fetch_back, try_code
from tests.packed import a_pack
from tests.walls.bodies import Bodies
from tests.walls.referring import referring
from tests.world import CHANCE, World

WORDS = Document("words.txt", "text/plain", b"What was seen, and by whom.")


@dataclass
class Sent:
    """A link that was made: for which referral, its entry, and what was told of it by telephone.

    `pack` is what it gives, and `file` travels in that.
    """

    record: UUID
    referral: UUID
    entry: UUID
    pack: UUID
    file: UUID
    secret: LinkSecret = field(repr=False)


def public(world: World) -> Recipients:
    """To whom the public face seals."""
    return Recipients({"intake": SealingKey(world.intake.public())})


def wrong(secret: LinkSecret) -> LinkSecret:
    """The same link with another code."""
    return LinkSecret(secret.token, f"{(int(secret.code) + 1) % 10**8:08}")


def filing(scene: Bodies, record: UUID, content: bytes = b"bytes") -> UUID:
    """The lead puts a file on the record."""
    file = SentFile("a.png", "image/png", content)
    entry = add_file(CHANCE, scene.to, file, record=record, token=os.urandom(32))
    scene.act("lead", entry)
    return entry.id


def packing(scene: Bodies, record: UUID, referral: UUID, *entries: UUID) -> UUID:
    """The lead makes a pack of these entries for a referral."""
    made, sums = a_pack(referral)
    about = {"record": record, "referral": referral, "token": os.urandom(32)}
    entry = commands.make_pack(CHANCE, scene.to, pack=made, sums=sums, entries=entries, **about)
    scene.act("lead", entry)
    return entry.id


def link_made(
    scene: Bodies,
    record: UUID,
    referral: UUID,
    pack: UUID,
    secret: LinkSecret,
    document: Document = WORDS,
) -> SealedEntry:
    return linked.make_link(
        CHANCE,
        scene.to,
        [document],
        record=record,
        referral=referral,
        pack=pack,
        secret=secret,
        email="duty@example.org",
    )


def linking(scene: Bodies, record: UUID, document: Document = WORDS) -> Sent:
    """The lead refers a record by link, with a pack that holds a file."""
    referred = referring(scene, record, how=How.LINK)
    scene.act(*referred)
    file = filing(scene, record)
    pack = packing(scene, record, referred.entry.id, file)
    secret = LinkSecret.new(os.urandom)
    made = link_made(scene, record, referred.entry.id, pack, secret, document)
    scene.act("lead", made)
    return Sent(record, referred.entry.id, made.id, pack, file, secret)


def ending(scene: Bodies, sent: Sent) -> None:
    entry = linked.end_link(
        CHANCE, scene.to, record=sent.record, link=sent.entry, reason="To the wrong address."
    )
    scene.act("lead", entry)


def opening(
    world: World, attempt: UUID, pack: Pack, secret: LinkSecret, seed: bytes
) -> SealedEntry:
    code = secret.way_back(seed)
    return linked.open_link(
        CHANCE,
        public(world),
        code=code,
        door=new_door(CHANCE, code),
        attempt=attempt,
        wrap=pack.under(CHANCE, secret.key, code.key),
        name="A. Receiver",
        role="Duty team",
    )


def opened(world: World, sent: Sent, seed: bytes = b"s" * 32) -> ReturnCode:
    """Somebody types the code and a name; returns their way back."""
    link = world.link("heed_intake")
    attempt, pack = try_code(link, sent.secret)
    assert pack is not None
    PostgresRegister(link).append(opening(world, attempt, pack, sent.secret, seed))
    return sent.secret.way_back(seed)


def given(link: Link, secret: LinkSecret) -> bytes | None:
    """What the public role gets for a link and a code, opened: the first document's bytes."""
    _, pack = try_code(link, secret)
    return pack.open(secret.key)[0].content if pack else None


def given_back(link: Link, code: ReturnCode) -> bytes | None:
    """What it gets for a way back; b"" where only answers are taken."""
    pack = fetch_back(link, code.lookup)
    if pack is None:
        return None
    documents = pack.open(code.key)
    return documents[0].content if documents else b""


def flagging(scene: Bodies, record: UUID, file: UUID) -> None:
    """Somebody flags a file of the record."""
    flag = flag_file(CHANCE, scene.to, record=record, file=file, token=os.urandom(32))
    scene.act("lead", flag)


def answering(world: World, code: ReturnCode, what: Heard = Heard.ACKNOWLEDGED) -> SealedEntry:
    said = {"person": "A. Receiver", "reference": "R 7", "words": "We have it."}
    return linked.answer_link(
        CHANCE, public(world), said, code=code, what=what, token=os.urandom(32)
    )
