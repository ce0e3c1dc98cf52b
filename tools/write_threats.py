"""Writes docs/threats.md from tests/threats.toml: which attacks of insiders are met, and which are open."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def threats() -> list[dict[str, Any]]:
    """The rows, in their order."""
    with (ROOT / "tests" / "threats.toml").open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["threat"]
    return rows


def written() -> str:
    """The text of docs/threats.md."""
    rows = threats()
    met = [row for row in rows if row.get("tests")]
    lines = "\n".join(
        f"| {row['number']} | {row['attack']} | {_tests(row.get('tests', []))} |" for row in rows
    )
    return f"""# What insiders may try

Made by `tools/write_threats.py` from `tests/threats.toml`. {len(met)} of {len(rows)} are met by
tests; the others are open. A test of a control stands beside one that takes it away and sees the attack
succeed.

| # | attack | tests |
|---|---|---|
{lines}
"""


def _tests(names: list[str]) -> str:
    return "<br>".join(f"`{name.partition('::')[2]}`" for name in names) or "open"


if __name__ == "__main__":
    (ROOT / "docs" / "threats.md").write_text(written(), encoding="utf-8")
