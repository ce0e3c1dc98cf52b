"""What is written about the project is true of it as it stands."""

import re
import subprocess
from pathlib import Path

from heed.core.flow import DEEDS, MOVES, STATES, drawn
from heed.oversight import clock_list
from tools import write_glossary

ROOT = Path(__file__).resolve().parents[2]


def test_the_glossary_names_every_public_class_in_todays_words() -> None:
    assert write_glossary.written() == (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    assert len(write_glossary.names()) > 50


def test_the_flow_is_drawn_as_the_code_has_it() -> None:
    assert drawn() == (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")


def test_the_clocks_are_written_as_the_packs_have_them() -> None:
    assert clock_list.written() == (ROOT / "docs" / "clocks.md").read_text(encoding="utf-8")


def test_every_state_of_the_flow_is_reached_from_being_told() -> None:
    reached = {"told"}
    for _ in STATES:
        reached |= {move.end for move in MOVES if move.start in reached}
    assert reached == set(STATES)


def test_whom_the_flow_lets_append_the_database_lets_append_too() -> None:
    permits = (ROOT / "src/heed/store/sql/register.sql").read_text(encoding="utf-8")
    found = set(re.findall(r"\('(heed_\w+)', *'(\w+)'\)", permits))
    drawn_there = {(f"heed_{move.process}", str(move.kind)) for move in MOVES if move.kind}
    drawn_there |= {(f"heed_{deed.process}", str(deed.kind)) for deed in DEEDS}
    assert drawn_there == {one for one in found if one[0] != "heed_owner"}


def test_every_path_that_the_documents_name_exists() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name
        for document in documents
        for name in re.findall(r"`((?:docs|tests|tools|src|bench)/[\w./-]*)`", document.read_text())
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_decision_is_short() -> None:
    for decision in (ROOT / "docs" / "adr").glob("*.md"):
        assert len(decision.read_text().splitlines()) <= 30, decision.name


def test_no_path_of_one_machine_stands_in_the_project() -> None:
    found = subprocess.run(
        ["git", "grep", "-nE", "(^|[^A-Za-z0-9_.])/(home|root|work)/[a-z.]", "--", ".", ":!*.lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    assert [line for line in found.splitlines() if "test_documents.py" not in line] == []
