"""Writes docs/clocks.md: every rule with a time in it, from the rule packs."""

import sys
from pathlib import Path

from heed.oversight.clock_list import written

PAGE = Path(__file__).resolve().parent.parent / "docs" / "clocks.md"

if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(not PAGE.exists() or written() != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(written(), encoding="utf-8")
