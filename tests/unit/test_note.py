"""Whose signature under a text is good, and that nobody else's is."""

import pytest

from heed.register.note import WEAK_KEYS, NoteInvalid, Signer, Verifier, open_note
from tests import small_log
from tests.small_log import LOG

OTHER = Signer("other.example.org", b"\x07" * 32)
TEXT = "A text.\n\nWith an empty line – and a dash.\n"


def test_a_note_opens_under_its_key_and_names_it() -> None:
    note = LOG.sign(TEXT).encode()
    assert open_note(note, [LOG.verifier]) == (TEXT, [LOG.name])
    assert open_note(note, [Verifier.from_vkey(LOG.vkey), OTHER.verifier])[1] == [LOG.name]


def test_an_unknown_signature_is_ignored_and_a_false_known_one_rejects() -> None:
    line = OTHER.sign(TEXT).removeprefix(TEXT + "\n")
    both = (LOG.sign(TEXT) + line).encode()
    assert open_note(both, [LOG.verifier])[1] == [LOG.name]
    assert open_note(both, [LOG.verifier, OTHER.verifier])[1] == [LOG.name, OTHER.name]
    false = (LOG.sign(TEXT) + OTHER.sign("else\n").removeprefix("else\n\n")).encode()
    assert open_note(false, [LOG.verifier])[1] == [LOG.name]
    with pytest.raises(NoteInvalid, match="false"):
        open_note(false, [LOG.verifier, OTHER.verifier])


def test_a_note_that_no_trusted_key_signed_is_rejected() -> None:
    for verifiers in ([], [OTHER.verifier], [Signer(LOG.name, b"\x08" * 32).verifier]):
        with pytest.raises(NoteInvalid, match="no trusted key"):
            open_note(LOG.sign(TEXT).encode(), verifiers)


def test_a_key_that_collides_in_name_and_id_is_not_confused_with_another() -> None:
    class Colliding(Verifier):
        @property
        def key_id(self) -> bytes:
            return LOG.verifier.key_id

    stranger = Colliding(LOG.name, OTHER.verifier.public)
    with pytest.raises(NoteInvalid, match="share"):
        open_note(LOG.sign(TEXT).encode(), [LOG.verifier, stranger])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note[:-1],
        lambda note: note + b"\n",
        lambda note: note.replace(b"\n", b"\r\n"),
        lambda note: note.replace("— ".encode(), b"- "),
        lambda note: note.replace(b"\n\n", b"\n"),
        lambda note: note.replace(b"=", b""),
        lambda note: note.replace(b"A text", b"A\ttext"),
        lambda note: note.replace(b"A text", b"A \xff"),
        lambda note: note + "— a b c\n".encode(),
        lambda note: note + "— a AAAA\n".encode(),
        lambda note: note + "— a+b AAAAAAAA\n".encode(),
        lambda note: note + note.rpartition(b"\n\n")[2] * 100,
        lambda note: b"x" * 1_000_001 + note,
        lambda note: b"",
        lambda note: b"\n\n",
    ],
)
def test_what_is_misshapen_is_no_note(spoil) -> None:
    with pytest.raises(NoteInvalid):
        open_note(spoil(LOG.sign(TEXT).encode()), [LOG.verifier])


def test_a_signature_has_one_spelling() -> None:
    note = LOG.sign(TEXT)
    last = note.rstrip("=\n")[-1]
    again = {chr(ord(last) + step) for step in (-1, 1)}
    for letter in again:
        spoilt = note.replace(last + "=", letter + "=")
        with pytest.raises(NoteInvalid):
            open_note(spoilt.encode(), [LOG.verifier])


def test_a_text_that_cannot_be_a_note_is_not_signed() -> None:
    for text in ("no newline", "", "a\rb\n", "\ud800\n"):
        with pytest.raises(NoteInvalid):
            LOG.sign(text)


def test_a_name_that_would_break_a_line_names_no_key() -> None:
    for name in ("", "a b", "a+b", "a\nb", "a\u2003b", "\ud800"):
        with pytest.raises(NoteInvalid):
            Signer(name, b"\x07" * 32)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a",
        "a+b",
        LOG.vkey.replace("+", "-"),
        LOG.vkey.replace("heed", "head"),
        LOG.vkey.upper(),
        LOG.vkey[:-1],
        LOG.vkey + "\n",
        "+" + LOG.vkey,
        small_log.Cosigner("a.example.org").vkey,
    ],
)
def test_a_misspelt_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        Verifier.from_vkey(vkey)


def test_keys_under_which_anyone_can_sign_are_refused() -> None:
    alone = small_log.stand_alone()
    assert len(WEAK_KEYS) == 14
    for key in WEAK_KEYS:
        point = alone.point_of(key)
        assert point is None or alone.is_weak(point)
        with pytest.raises(NoteInvalid):
            Verifier("a", key)
    point = alone.point_of(LOG.verifier.public)
    assert point is not None
    assert not alone.is_weak(point)
