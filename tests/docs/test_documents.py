"""What is written about the project is true of it as it stands."""

import re
import subprocess
from pathlib import Path

from tools import write_glossary

ROOT = Path(__file__).resolve().parents[2]


def test_the_glossary_names_every_public_class_in_todays_words() -> None:
    assert write_glossary.written() == (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    assert len(write_glossary.names()) > 50


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
