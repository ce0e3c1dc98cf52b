"""The pack as a PDF that can be read aloud and kept: made by a program of its own, which may fail alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal
from unicodedata import category

from heed.core.times import LONDON, moment

PATIENCE = 60
"""Seconds after which a PDF that is not there yet is given up."""
MEMORY = 2 * 1024**3
"""Bytes of address space that making one may take."""
LONGEST = 50
"""Characters of a word that stay together; behind these a line may break (a zero-width space)."""
STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]
"""ISO 14289-1: it can be read aloud. ISO 19005-2: it can be read in decades."""
_JOINERS = "\u200c\u200d"
_NO_GLYPH = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_ROUTES = {
    "protecting": "To keep a child safe",
    "accountability": "So that somebody outside looks at what was done",
}
_DANGER = {"yes": "Yes", "no": "No, as they said", "unknown": "Not known. Take it as yes"}
_PARTS = {
    "about": "the person the concern is about",
    "child": "a child alleged to have harmed",
    "parent": "a parent or carer",
    "other": "somebody else",
}
_KNOWN = {
    "name": "Name",
    "age": "Age or date of birth",
    "place": "Where they are",
    "known": "Anything else known",
}
_SAID = {
    "told": "What they were told, or the words as they came",
    "saw": "What they saw",
    "worried": "What worries them, or what they think",
    "words": "Words",
    "who": "Who is it about?",
    "where": "Where?",
    "when": "When?",
    "keep_from": "Who must not see this, as they said",
    "danger": "In danger now?",
    "child": "Are they under 18?",
    "rung": "Have they rung 999 or children’s services?",
    "channel": "How it came",
    "sender": "From",
    "addressed_to": "Addressed to",
    "dated": "Date on it",
    "reached": "When it reached the office",
    "whom": "Who was rung",
    "rung_at": "When",
}
"""What each field of the words is called, in the order in which they are shown."""
_KINDS = {
    "filed": "What was told first",
    "added": "What was added",
    "called": "A call that was made",
    "parents_told": "Whether the parents were told",
}


class NoPaper(Exception):
    """The PDF could not be made. The JSON, which is the pack itself, does not need it."""


def paper(pack: bytes) -> bytes:
    """The PDF of a pack (its JSON): the same bytes each time; NoPaper where it cannot be made.

    In a process of its own, with a limit of time and memory: whoever sent the words chose how long
    and how odd they are, and must not be able to stop the office.
    """
    try:
        made = subprocess.run(
            [sys.executable, "-m", "heed.referral.paper"],
            input=pack,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        raise NoPaper("the PDF could not be made") from None  # its output may quote the words
    return made.stdout


def mark(pack: Mapping[str, Any]) -> str:
    """What stands on every page: the reference, who gets it, who made it and when."""
    made = pack["made"]
    return f"{pack['reference']} for {pack['to']['body']['name']}. Made by {made['by']}, {_at(made['at'])}"


def blocks(pack: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the paper shows, in order: headings, facts (a name and a text), words as they came."""
    to, made = pack["to"], pack["from"]
    yield _heading(1, f"Concern about a child: {pack['reference']}")
    if pack["demonstration"]:
        yield _note("Demonstration: everything in this pack is invented.")
    yield _fact("To", to["body"]["name"])
    yield _fact("For the attention of", to["person"])
    yield _fact("Why you get this", _ROUTES.get(to["route"], to["route"]))
    yield _fact("For whom", to["concerned"])
    yield _fact("In danger now?", _DANGER.get(pack["danger"], pack["danger"]))
    yield _fact("From", made["organisation"])
    yield _fact("Who answers for it there", made["answers"])
    yield _fact("How to reach them", made["telephone"])
    if to["words"]:
        yield _words("What they write to you", to["words"])
    if pack["reporter"] == "sealed":
        yield _note(
            "Who told us asked to stay unknown. Their name is not in this pack, nor any file that"
            " could show it, and days are given without times. Do not try to find out who it is:"
            " that could put them or a child at risk."
        )
    yield from _people(pack)
    yield _heading(2, "What was told")
    for number, each in enumerate(pack["told"], 1):
        yield from _contribution(number, each)
    if pack["left_out"]:
        yield _note(f"Not in this pack, because nobody chose it: {pack['left_out']} more.")
    if pack["done"]:
        yield _heading(2, "What the office did")
        for number, each in enumerate(pack["done"], 1):
            yield from _contribution(number, each)
    yield from _files(pack["files"])
    yield _heading(2, "Not recorded here")
    yield _note(f"We have no place for: {', '.join(pack['not_recorded'])}. Ask us, or the family.")
    yield _heading(2, "How to check this")
    yield _note(
        "pack.json holds the same words. SHA256SUMS holds the hash of each document. With pack.words"
        " and pack.tlog-proof, which the office can give you, heed_verify.py shows without us that"
        " these hashes are on the record. A character that this paper cannot show stands as its"
        " number, such as [U+1F600]; pack.json has it."
    )


def _people(pack: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _heading(2, "Whom it is about, as far as we know")
    for one in pack["concerned"]:
        yield _heading(3, one["label"])
        if not one["child"] or one["part"] == "child":
            yield _fact("Part", _PARTS.get(one["part"], one["part"]))
        if one["trust"] == "yes":
            yield _fact("In a position of trust", "Yes")
        for field, name in _KNOWN.items():
            yield _fact(name, one["known"].get(field, ""))
        for asked in one.get("harm", ()):
            yield _fact(asked["question"], asked["answer"])
    if not pack["concerned"]:
        yield _note("Nobody is named on the record. Read what was told.")


def _contribution(number: int, each: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _heading(3, f"{number}. {_KINDS.get(each['kind'], each['kind'])}")
    whose = "the person who told us" if each["by"] == "reporter" else "the office"
    yield _fact("Put on the record", f"{_at(each['received'])}, by {whose}")
    said: dict[str, str] = each["words"]
    names = [name for name in _SAID if name in said] + [name for name in said if name not in _SAID]
    for name in names:
        text = said[name]
        if name == "told" and each["kind"] == "parents_told":
            yield _fact("Parents told", {"yes": "Yes", "no": "No"}.get(text, text))
        elif text:
            yield _words(_SAID.get(name, name), text)
    yield _fact("SHA-256 of these words", each["sha256"])
    if each["leaf"]:
        yield _fact("Leaf in the record’s tree", each["leaf"])


def _files(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    if not rows:
        return
    yield _heading(2, "Files")
    for number, one in enumerate(rows, 1):
        yield _heading(3, f"File {number}")
        yield _fact("Put on the record", _at(one["received"]))
        if one["withheld"]:
            yield _fact("Not in this pack", one["withheld"])
            continue
        yield _fact("In this pack as", one["path"])
        yield _fact("Name, as it came", one["name"])
        yield _fact("Size in bytes", str(one["size"]))
        yield _fact("SHA-256", one["sha256"])


def _heading(level: int, said: str) -> dict[str, Any]:
    return {"as": "heading", "level": level, "said": [said]}


def _fact(name: str, said: str) -> dict[str, Any]:
    return {"as": "fact", "name": name, "said": said.splitlines() or ["–"]}


def _words(name: str, said: str) -> dict[str, Any]:
    return {"as": "words", "name": name, "said": said.splitlines()}


def _note(said: str) -> dict[str, Any]:
    return {"as": "note", "said": [said]}


def _at(said: str) -> str:
    return moment(datetime.fromisoformat(said)) if len(said) > 10 else said


def shown(said: str, missing: frozenset[str] = frozenset()) -> str:
    """A text as paper can show it: what turns, hides or has no glyph stands as its number; a long
    word can break.
    """
    seen = "".join(_numbered(c) if _odd(c) or c in missing else c for c in said)
    return re.sub(rf"(\S{{{LONGEST}}})(?=\S)", "\\1\u200b", seen)


def _odd(c: str) -> bool:
    return category(c) in ("Cc", "Cf", "Cn", "Co", "Cs") and c not in _JOINERS + "\t"


def _numbered(c: str) -> str:
    return f"[U+{ord(c):04X}]"


def _sheet(pack: Mapping[str, Any], missing: frozenset[str]) -> bytes:
    made = datetime.fromisoformat(pack["made"]["at"]).astimezone(LONDON)
    laid = []
    for block in blocks(pack):
        texts = {"said": [shown(line, missing) for line in block["said"]]}
        laid.append(block | texts | ({"name": shown(block["name"])} if "name" in block else {}))
    return json.dumps(
        {
            "title": shown(f"Concern about a child: {pack['reference']}"),
            "organisation": shown(pack["from"]["organisation"], missing),
            "reference": shown(pack["reference"], missing),
            "mark": shown(mark(pack), missing),
            "date": {"year": made.year, "month": made.month, "day": made.day},
            "blocks": laid,
        }
    ).encode()


def _render(pack: bytes) -> bytes:
    """The PDF, drawn here. What no font at hand has is found by drawing, and then drawn as its number."""
    import typst

    template = files("heed.referral").joinpath("data/pack.typ").read_bytes()
    told, missing = json.loads(pack), frozenset[str]()
    while True:
        try:
            drawn: bytes = typst.compile(
                template,
                sys_inputs={"pack": _sheet(told, missing).decode()},
                ignore_system_fonts=True,
                pdf_standards=[*STANDARDS],
            )
        except typst.TypstError as refused:
            found = frozenset("".join(map(_unescaped, _NO_GLYPH.findall(refused.diagnostic))))
            if found <= missing:
                raise
            missing |= found
        else:
            return drawn


def _unescaped(said: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), said)


def main() -> None:
    """Read a pack, write its PDF, within the limits."""
    import os
    import resource

    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    sys.stdout.buffer.write(_render(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
