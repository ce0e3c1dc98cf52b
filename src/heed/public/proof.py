"""Makes the proof that a reporter can keep: read from the published tree, opened by their code alone."""

from __future__ import annotations

from heed.public.hands import hands
from heed.register.checkpoint import Checkpoint
from heed.register.receipt import Receipt, ReceiptExtra
from heed.register.return_code import ReturnCode
from heed.register.thread import Thread, open_item
from heed.register.tiles import TileReader


def proof_of(code: ReturnCode, thread: Thread | None) -> bytes | None:
    """The proof of a thread's first entry (C2SP tlog-proof), or None until a signed head covers it.

    Raises CannotOpen, ValueError or OSError where what is published, or that entry, cannot be read.
    """
    if thread is None or thread.items[0].seq is None:
        return None
    export = hands().hand.export
    try:
        note = (export / "checkpoint").read_bytes()
    except FileNotFoundError:
        return None
    head = Checkpoint.parse(note.decode().partition("\n\n")[0] + "\n")
    first = thread.items[0]
    if first.seq is None or first.seq >= head.size:
        return None
    opened = open_item(code, thread, first)
    extra = ReceiptExtra(first.header, opened.envelope, opened.salt)
    tiles = TileReader(lambda name: (export / name).read_bytes())
    return Receipt(
        extra.encode(), first.seq, tiles.inclusion_proof(first.seq, head.size), note
    ).encode()
