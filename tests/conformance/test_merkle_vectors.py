"""Our tree accepts and refuses exactly the proofs that transparency-dev/merkle says."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from heed.register.tree import ProofInvalid, verify_consistency, verify_inclusion
from tests import small_log


@dataclass
class Run:
    """How many vectors were accepted and refused, and which were not as expected."""

    accepted: int = 0
    refused: int = 0
    disagreements: list[str] = field(default_factory=list)


def unpack(value: Any) -> Any:
    """A vector's base64, or a list of it; absent proofs are empty."""
    return b64decode(value) if isinstance(value, str) else [b64decode(one) for one in value or ()]


def inclusion(case: dict[str, Any]) -> None:
    """Our answer to an inclusion vector."""
    leaf, proof, root = (unpack(case[part]) for part in ("leafHash", "proof", "root"))
    verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)


def consistency(case: dict[str, Any]) -> None:
    """Our answer to a consistency vector."""
    proof, root1, root2 = (unpack(case[part]) for part in ("proof", "root1", "root2"))
    verify_consistency(case["size1"], case["size2"], root1, root2, proof)


def run_all(folder: Path, answer: Callable[[dict[str, Any]], None]) -> Run:
    """Every vector beneath a folder."""
    run = Run()
    for path in sorted(folder.rglob("*.json")):
        case = json.loads(path.read_text())
        try:
            answer(case)
        except ProofInvalid:
            refused = True
        else:
            refused = False
        run.refused += refused
        run.accepted += not refused
        if refused != case["wantErr"]:
            run.disagreements.append(str(path.relative_to(folder)))
    return run


CASES = [("inclusion", inclusion), ("consistency", consistency)]


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_every_vector_is_answered_as_expected(
    vectors: Path, name: str, answer: Callable[[dict[str, Any]], None]
) -> None:
    run = run_all(vectors / "merkle" / name, answer)
    assert run.disagreements == []
    assert (run.accepted, run.refused) == (6, 92)


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_one_flipped_expectation_is_noticed_and_named(
    vectors: Path, tmp_path: Path, name: str, answer: Callable[[dict[str, Any]], None]
) -> None:
    copy = tmp_path / name
    shutil.copytree(vectors / "merkle" / name, copy)
    for flipped in (False, True):
        paths = sorted(copy.rglob("*.json"))
        path = next(path for path in paths if json.loads(path.read_text())["wantErr"] is flipped)
        original = path.read_text()
        path.chmod(0o644)
        path.write_text(json.dumps({**json.loads(original), "wantErr": not flipped}))
        assert run_all(copy, answer).disagreements == [str(path.relative_to(copy))]
        path.write_text(original)
    assert run_all(copy, answer).disagreements == []


def test_the_stand_alone_check_answers_every_inclusion_vector_alike(vectors: Path) -> None:
    alone = small_log.stand_alone()

    def answer(case: dict[str, Any]) -> None:
        leaf, proof, root = (unpack(case[part]) for part in ("leafHash", "proof", "root"))
        found = alone.root_of(leaf, case["leafIdx"], case["treeSize"], proof)
        if found != root or len(leaf) != 32:
            raise ProofInvalid

    run = run_all(vectors / "merkle" / "inclusion", answer)
    assert run.disagreements == []
    assert (run.accepted, run.refused) == (6, 92)
