"""The reporter's way back: what the return code opens, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from heed.core.ports import Chance, Door
from heed.register import vault
from heed.register.return_code import ReturnCode
from heed.register.vault import OpeningKey

_FOR_THREAD = b"heed thread v1"


@dataclass(frozen=True)
class ThreadItem:
    """One sealed entry of a thread, as the register hands it to whoever holds the look-up.

    `recipient` is "code" where the reporter wrote it, "thread" where staff did; `seq` is its place
    in the log, None until it is sequenced.
    """

    entry: UUID
    version: int
    header: bytes
    commitment: bytes
    sealed: bytes
    recipient: str
    wrap: bytes
    seq: int | None


@dataclass(frozen=True)
class Thread:
    """A reporter's record as it stands: when a worker first opened it, and its sealed entries."""

    wrapped_private: bytes
    opened_at: datetime | None
    items: tuple[ThreadItem, ...]


def new_door(chance: Chance, code: ReturnCode) -> Door:
    """A fresh key pair whose private half only the code can bring back."""
    pair = OpeningKey(chance.bytes(vault.SEEDS))
    return Door(
        lookup=code.lookup,
        public=pair.public(),
        wrapped_private=vault.lock_under(
            code.key, chance.bytes(vault.NONCE), pair.seeds, _FOR_THREAD
        ),
    )


def open_item(code: ReturnCode, thread: Thread, item: ThreadItem) -> vault.Opened:
    """The words of one entry; raises CannotOpen."""
    if item.recipient == "code":
        key = vault.unlock_under(code.key, item.wrap, b"code" + item.entry.bytes)
    else:
        seeds = vault.unlock_under(code.key, thread.wrapped_private, _FOR_THREAD)
        key = OpeningKey(seeds).opener()(item.wrap, "thread", item.entry)
    return vault.open_sealed(key, item.entry, item.sealed)
