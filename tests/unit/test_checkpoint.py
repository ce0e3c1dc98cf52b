"""The head of the record has one form, and only the record's own key signs it."""

from base64 import b64encode

import pytest

from heed.register.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from heed.register.note import NoteInvalid, Signer
from heed.register.tree import EMPTY_ROOT
from tests.small_log import LOG

ROOT = bytes(range(32))
TEXT = f"{LOG.name}\n12\n{b64encode(ROOT).decode()}\n"


def test_a_signed_head_opens_as_it_was_signed() -> None:
    note = sign_checkpoint(LOG, 12, ROOT)
    assert note.startswith(TEXT.encode() + b"\n")
    assert open_checkpoint(note, [LOG.verifier]) == Checkpoint(LOG.name, 12, ROOT)
    assert open_checkpoint(sign_checkpoint(LOG, 0, EMPTY_ROOT), [LOG.verifier]).size == 0


def test_a_trusted_key_of_another_name_does_not_speak_for_the_log() -> None:
    other = Signer("other.example.org", b"\x07" * 32)
    with pytest.raises(NoteInvalid, match="log that it names"):
        open_checkpoint(other.sign(TEXT).encode(), [LOG.verifier, other.verifier])


@pytest.mark.parametrize(
    "text",
    [
        TEXT + "an extension line\n",
        TEXT.replace("12", "012"),
        TEXT.replace("12", "+12"),
        TEXT.replace("12", "1_2"),
        TEXT.replace("12", "١٢"),
        TEXT.replace("12", ""),
        TEXT.replace("12", "9" * 19),
        TEXT.replace("12", "9" * 5000),
        TEXT.replace("12", "0"),
        TEXT.replace("=\n", "\n"),
        TEXT.replace("AAEC", "AAE"),
        "\n".join(TEXT.split("\n")[1:]),
        "\n" + TEXT,
        TEXT + "\n",
    ],
)
def test_any_other_text_is_no_head_even_if_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        open_checkpoint(LOG.sign(text).encode(), [LOG.verifier])


@pytest.mark.parametrize(("size", "root"), [(-1, ROOT), (2**63, ROOT), (1, b"short"), (0, ROOT)])
def test_an_impossible_head_is_not_signed(size: int, root: bytes) -> None:
    with pytest.raises(NoteInvalid):
        sign_checkpoint(LOG, size, root)
