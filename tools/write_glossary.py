"""Writes the second half of GLOSSARY.md: every public class, in the words of its own first line."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = "## Names in the code"


def names() -> list[tuple[str, str, str]]:
    """(class, file, first line of its docstring) of every public class, in order."""
    found = []
    for path in sorted((ROOT / "src" / "heed").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                said = (ast.get_docstring(node) or "").split("\n")[0]
                found.append((node.name, path.relative_to(ROOT / "src" / "heed").as_posix(), said))
    return sorted(found)


def written() -> str:
    """The whole glossary: its hand-written half as it stands, and the table made anew."""
    by_hand = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").partition(MARK)[0].rstrip()
    rows = "\n".join(f"| `{name}` | {file} | {said} |" for name, file, said in names())
    head = "Made by `tools/write_glossary.py`.\n\n| name | in | what it is |\n|---|---|---|"
    return f"{by_hand}\n\n{MARK}\n{head}\n{rows}\n"


if __name__ == "__main__":
    text = written()
    if "--check" in sys.argv:
        sys.exit(text != (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"))
    (ROOT / "GLOSSARY.md").write_text(text, encoding="utf-8")
