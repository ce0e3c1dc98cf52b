"""The stand-alone check says what a receipt or promise proves, and never falls over."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from heed.core import canonical
from heed.register.checkpoint import sign_checkpoint
from heed.register.note import Signer
from heed.register.receipt import Promise, Receipt, sign_promise
from tests import small_log
from tests.small_log import LOG, PROMISER, STAND_ALONE, Cosigner

RECEIPT = small_log.receipt()
ONE, TWO, THREE = (Cosigner(f"{name}.example.org") for name in ("one", "two", "three"))
MADE = datetime(2026, 11, 22, 3, 4, 5, 123456, tzinfo=UTC)
POLICY = f"""# Two of three outside bodies.
log {LOG.vkey}
witness\tone   {ONE.vkey}
witness two {TWO.vkey} https://two.example.org/
witness three {THREE.vkey}
group both 2 one two three
quorum both
"""


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the check on a receipt, with files made of the other arguments."""
    alone = small_log.stand_alone()

    def run(data: bytes | Receipt, key: str = LOG.vkey, **files: str | bytes) -> tuple[int, str]:
        held = data.encode() if isinstance(data, Receipt) else data
        (tmp_path / "file").write_bytes(held)
        argv = [str(tmp_path / "file")]
        if "policy" not in files:
            files["key"] = key
        as_json = files.pop("json", None)
        for name, text in files.items():
            path = tmp_path / name
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            argv += [f"--{name}", str(path)]
        code = alone.main(argv + ["--json"] * bool(as_json))
        return code, capsys.readouterr().out

    return run


def cosigned(*cosigners: Cosigner, when: int = 1_795_000_000) -> Receipt:
    """The receipt with co-signatures under its checkpoint."""
    note = RECEIPT.checkpoint
    for cosigner in cosigners:
        note = cosigner.cosign(note, when)
    return replace(RECEIPT, checkpoint=note)


def test_from_an_empty_folder_and_alone_it_proves_a_receipt_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "my.tlog-proof").write_bytes(RECEIPT.encode())
    (tmp_path / "log.vkey").write_text(LOG.vkey + "\n")
    (tmp_path / "words").write_bytes(small_log.body(2))
    (tmp_path / "alone.py").write_bytes(STAND_ALONE.read_bytes())
    command = [sys.executable, "-I", "alone.py", "my.tlog-proof", "--key", "log.vkey"]
    done = subprocess.run(
        [*command, "--words", "words"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for said in (
        "PROVED: this entry is in the record",
        f"Entry {small_log.entry(2)} (filed) has place 2, counting",
        f"in the record {LOG.name}, which then held 7.",
        "The words that you gave are, byte for byte, those that were recorded.",
        "NOT CO-SIGNED. No outside body",
        "recorded at 2026-11-22T03:04:05.123456Z. It is its claim.",
        "After the record held 0, and before it held 8.",
        "What is not proved\n- That what was said is true",
        "- The time: only the record keeper's own clock",
    ):
        assert said in done.stdout
    (tmp_path / "my.tlog-proof").write_bytes(RECEIPT.encode().replace(b"index 2", b"index 3"))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("NOT PROVED: this entry is not in the record at the place")
    (tmp_path / "my.tlog-proof").write_bytes(bytes(range(256)))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert "COULD NOT BE USED: this file is neither a receipt nor a promise" in done.stdout


def test_it_is_written_for_python_3_8_and_imports_the_standard_library_only() -> None:
    parsed = ast.parse(STAND_ALONE.read_text(), feature_version=(3, 8))
    names: set[str] = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module).partition(".")[0])
    assert names <= sys.stdlib_module_names
    assert "heed" not in names


def test_without_the_words_it_says_that_they_are_not_checked(run: Any) -> None:
    code, said = run(RECEIPT)
    assert code == 0
    assert "What the words were. To check them" in said
    assert "words that you gave" not in said


def test_other_words_are_not_proved_and_the_receipt_is_still_said_to_be_good(run: Any) -> None:
    code, said = run(RECEIPT, words=small_log.body(2) + b"\n")
    assert code == 1
    assert "these are not the words that were recorded" in said
    assert "The receipt itself is good" in said


def test_as_json_it_says_the_same(run: Any) -> None:
    told = json.loads(run(RECEIPT, words=small_log.body(2), json="yes")[1])
    assert (told["verdict"], told["what"], told["words"]) == ("proved", "receipt", True)
    assert told["entry"] == str(small_log.entry(2))
    assert (told["index"], told["size"], told["prev_size"]) == (2, 7, 0)
    assert (told["quorum"], told["signed_by"]) == ("none", [LOG.name])
    assert told["commitment"] == small_log.extra(2).commitment.hex()
    told = json.loads(run(replace(RECEIPT, index=3), json="yes")[1])
    assert (told["verdict"], told["what"]) == ("not proved", "receipt")
    assert json.loads(run(b"", json="yes")[1])["verdict"] == "unusable"


def test_enough_co_signers_are_named_with_their_times(run: Any) -> None:
    code, said = run(cosigned(TWO, THREE), policy=POLICY)
    assert code == 0
    assert "Co-signed by two.example.org at 2026-11-18T" in said
    assert "- By 2026-11-18T" in said
    assert "NOT CO-SIGNED" not in said
    assert "The time: only" not in said


@pytest.mark.parametrize("signers", [(), (ONE,), (ONE, ONE), (ONE, Cosigner("four.example.org"))])
def test_too_few_co_signers_prove_nothing(run: Any, signers: tuple[Cosigner, ...]) -> None:
    code, said = run(cosigned(*signers), policy=POLICY)
    assert code == 1
    assert "too few of the co-signers" in said


def test_a_policy_without_a_quorum_says_loudly_that_nobody_co_signed(run: Any) -> None:
    open_policy = POLICY.replace("quorum both", "quorum none")
    code, said = run(RECEIPT, policy=open_policy)
    assert code == 0
    assert "NOT CO-SIGNED" in said
    code, said = run(cosigned(ONE), policy=open_policy)
    assert code == 0
    assert "Co-signed by one.example.org" in said
    assert "Your policy asks for no co-signer." in said


def test_a_co_signer_whose_key_is_not_given_is_named_and_does_not_count(run: Any) -> None:
    code, said = run(cosigned(ONE))
    assert code == 0
    assert "NOT CO-SIGNED" in said
    assert "Not checked, for want of a key: one.example.org" in said


def test_a_false_co_signature_rejects_even_if_enough_others_are_good(run: Any) -> None:
    note = cosigned(ONE, TWO, THREE).checkpoint
    line = note.strip().rpartition(b" ")[2]
    signed = bytearray(b64decode(line))
    for at in (11, 12, 75):
        spoilt = bytearray(signed)
        spoilt[at] ^= 1
        changed = replace(RECEIPT, checkpoint=note.replace(line, b64encode(bytes(spoilt))))
        code, said = run(changed, policy=POLICY)
        assert code == 1
        assert "co-signature of three.example.org is false" in said


def test_a_time_beyond_all_calendars_is_no_reason_to_fall_over(run: Any) -> None:
    code, said = run(cosigned(ONE, TWO, when=2**63 - 1), policy=POLICY)
    assert code == 0
    assert "beyond all calendars" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quorum both", ""),
        ("quorum both", "quorum both\nquorum one"),
        ("quorum both", "quorum nobody"),
        ("quorum both", "group none any one\nquorum none"),
        ("quorum both", "group more any one\nquorum more"),
        ("quorum both", "quorum both\nquery both"),
        ("group both 2", "group both 4"),
        ("group both 2", "group both 0"),
        ("group both 2", "group both two"),
        ("one two three", "one two two"),
        ("one two three", "one two four"),
        ("two three\n", "two three\r\n"),
        ("log ", "log\n"),
        ("witness two", "witness three"),
        ("witness three " + THREE.vkey, "witness three " + TWO.vkey),
        ("witness three " + THREE.vkey, "witness three " + LOG.vkey),
        ("log " + LOG.vkey, "log " + ONE.vkey),
        ("log " + LOG.vkey, f"log {LOG.vkey}\nlog {LOG.vkey}"),
        ("log " + LOG.vkey, ""),
        (LOG.vkey, LOG.vkey[:-4] + "AAA="),
    ],
)
def test_a_policy_that_cannot_be_meant_is_not_used(run: Any, old: str, new: str) -> None:
    assert old in POLICY
    assert run(cosigned(ONE, TWO, THREE), policy=POLICY.replace(old, new))[0] == 2


def test_groups_of_groups_are_counted(run: Any) -> None:
    nested = POLICY.replace(
        "group both 2 one two three", "group a any one two\ngroup both all a three"
    )
    assert run(cosigned(ONE, TWO), policy=nested)[0] == 1
    assert run(cosigned(TWO, THREE), policy=nested)[0] == 0


def test_only_the_right_key_proves(run: Any) -> None:
    code, said = run(RECEIPT, Signer(LOG.name, b"\x07" * 32).vkey)
    assert code == 1
    assert "the key that you gave did not sign this" in said
    other = Signer("other.example.org", b"\x07" * 32)
    text = RECEIPT.checkpoint.decode().partition("\n\n")[0] + "\n"
    code, said = run(replace(RECEIPT, checkpoint=other.sign(text).encode()), other.vkey)
    assert code == 1
    assert "not signed by the record that it names" in said


@pytest.mark.parametrize(
    "key",
    [
        "",
        "not a key",
        LOG.vkey[:-4],
        f"{LOG.vkey}\n{LOG.vkey}",
        ONE.vkey,
        "\xff",
        LOG.vkey.replace("heed", "head"),
    ],
)
def test_a_misspelt_key_is_not_used(run: Any, key: str) -> None:
    assert run(RECEIPT, key)[0] == 2


def test_an_altered_receipt_never_proves(run: Any) -> None:
    held = canonical.loads(RECEIPT.extra or b"")
    extra = small_log.extra(2)
    header = canonical.loads(extra.header)
    for changed, expected in (
        (replace(RECEIPT, proof=RECEIPT.proof[::-1]), 1),
        (replace(RECEIPT, proof=()), 1),
        (replace(RECEIPT, proof=(*RECEIPT.proof, bytes(32))), 1),
        (replace(RECEIPT, extra=None), 2),
        (replace(RECEIPT, extra=b"{}"), 2),
        (replace(RECEIPT, extra=canonical.dumps({**held, "v": True})), 2),
        (replace(RECEIPT, extra=(RECEIPT.extra or b"") + b"\n"), 2),
        (replace(RECEIPT, extra=replace(extra, salt=bytes(32)).encode()), 1),
        (small_log.receipt_of(small_log.extra_of_two()), 1),
        (
            replace(
                RECEIPT,
                extra=replace(
                    extra, header=canonical.dumps({**header, "role": "heed_office"})
                ).encode(),
            ),
            1,
        ),
        (replace(RECEIPT, checkpoint=sign_checkpoint(LOG, 7, bytes(32))), 1),
        (replace(RECEIPT, checkpoint=b"x"), 2),
    ):
        code, said = run(changed)
        assert code == expected, said


def test_an_entry_put_in_behind_the_head_that_it_names_is_not_proved(run: Any) -> None:
    assert run(small_log.receipt_of(small_log.extra(2, prev_size=2)))[0] == 0
    code, said = run(small_log.receipt_of(small_log.extra(2, prev_size=3)))
    assert code == 1
    assert "an earlier head of the record that cannot be earlier" in said


def test_a_demonstration_says_that_nothing_in_it_is_real(run: Any) -> None:
    extra = small_log.extra(2)
    header = canonical.dumps({**canonical.loads(extra.header), "demonstration": True})
    code, said = run(small_log.receipt_of(replace(extra, header=header)))
    assert code == 0
    assert "THIS RECORD IS A DEMONSTRATION" in said


def test_a_false_signature_beside_a_good_one_rejects(run: Any) -> None:
    false = sign_checkpoint(LOG, 8, bytes(32)).rpartition(b"\n\n")[2]
    code, said = run(replace(RECEIPT, checkpoint=RECEIPT.checkpoint + false))
    assert code == 1
    assert f"the signature of {LOG.name} is false" in said


def test_what_the_record_says_cannot_write_on_the_readers_screen() -> None:
    alone = small_log.stand_alone()
    assert alone.shown("a\x1b[2Jb\u202ec\nd" + "x" * 500) == "a?[2Jb?c?d" + "x" * 190


def test_a_promise_is_told_as_a_promise_and_not_as_a_proof(run: Any) -> None:
    note = sign_promise(PROMISER, Promise(bytes(32), MADE, MADE + timedelta(minutes=5)))
    code, said = run(note, PROMISER.vkey)
    assert code == 0
    assert said.startswith("PROVED: the record keeper gave this promise.")
    assert f"the keeper of the record {LOG.name}" in said
    assert "would be in the record by 2026-11-22T03:09:05.123456Z" in said
    assert "Only a receipt with the same commitment shows that" in said
    assert json.loads(run(note, PROMISER.vkey, json="yes")[1])["commitment"] == "00" * 32
    past = sign_promise(PROMISER, Promise(bytes(32), MADE.replace(2000), MADE.replace(2000)))
    assert "that time has passed: ask for the receipt" in run(past, PROMISER.vkey)[1]
    later = sign_promise(PROMISER, Promise(bytes(32), MADE, MADE.replace(9999)))
    assert "that time has not come yet" in run(later, PROMISER.vkey)[1]


def test_a_promise_by_another_key_or_with_other_lines_is_not_proved(run: Any) -> None:
    note = sign_promise(PROMISER, Promise(bytes(32), MADE, MADE + timedelta(minutes=5)))
    text = note.decode().partition("\n\n")[0] + "\n"
    assert run(note, LOG.vkey)[0] == 1
    assert run(LOG.sign(text).encode(), LOG.vkey)[0] == 1
    assert run(note.replace(b"T03:09", b"T03:19"), PROMISER.vkey)[0] == 1
    assert run(note, PROMISER.vkey, words=b"words")[0] == 2
    for old, new in ((".123456Z", "Z"), ("T03:09", "T03:61"), ("T03:09", "T03:01"), ("AAAA", "")):
        assert run(PROMISER.sign(text.replace(old, new)).encode(), PROMISER.vkey)[0] == 2


def test_files_that_are_not_there_or_far_too_large_are_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = small_log.stand_alone()
    (tmp_path / "key").write_text(LOG.vkey)
    (tmp_path / "large").write_bytes(bytes(1_000_001))
    for file in ("none", "large", ".", "\0"):
        code = alone.main([str(tmp_path / file), "--key", str(tmp_path / "key")])
        assert (code, capsys.readouterr().err) == (2, "")
    with pytest.raises(SystemExit) as stopped:
        alone.main([str(tmp_path / "key")])
    assert stopped.value.code == 2
