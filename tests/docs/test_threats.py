"""The list of what insiders may try: whole, true to the tests, and as the document shows it."""

from pathlib import Path

from tools.write_threats import threats, written

ROOT = Path(__file__).resolve().parents[2]


def test_every_attack_of_the_list_is_there_once() -> None:
    assert [row["number"] for row in threats()] == list(range(1, 59))


def test_every_test_that_it_names_exists() -> None:
    named = [name for row in threats() for name in row.get("tests", [])]
    assert len(named) > 20
    for name in named:
        file, _, test = name.partition("::")
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), name


def test_the_document_says_the_same() -> None:
    assert written() == (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
