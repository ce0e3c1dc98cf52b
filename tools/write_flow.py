"""Writes docs/flow.md: how a concern moves, drawn from core/flow.py."""

import sys
from pathlib import Path

from heed.core.flow import drawn

PAGE = Path(__file__).resolve().parent.parent / "docs" / "flow.md"

if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(not PAGE.exists() or drawn() != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(drawn(), encoding="utf-8")
