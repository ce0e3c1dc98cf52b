"""The pack as JSON and as paper: by its published form, the same bytes, whatever words are in it."""

import hashlib
import json
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from heed.core import canonical
from heed.intake.events import Concern
from heed.referral import pack, paper
from heed.referral.pack import Contribution, Document, Person, Withheld
from heed.referral.paper import NoPaper
from tests.packed import AT, ENTRIES, contents

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/pack.schema.json").read_text())
HOSTILE = '#panic("x") *bold* $x$ \\ `r` <label> @ref // c /* */ #read("data/pack.typ") </w> "'
KINDS = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
UNDERSTOOD = {"type", "const", "enum", "anyOf", "pattern", "items", "properties", "required"}
UNDERSTOOD |= {"additionalProperties", "description", "title", "$schema", "$defs", "$ref"}


COACH = Person("Adult 1", False, "about", "yes", {}, [("Did they harm a child?", "Yes")])


def misfits(value: Any, schema: dict[str, Any], place: str = "") -> list[str]:
    """Where a value is not of this form: the part of JSON Schema 2020-12 that ours uses."""
    assert set(schema) <= UNDERSTOOD, place
    if "$ref" in schema:
        return misfits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], place)
    if "anyOf" in schema:
        return [] if any(not misfits(value, one, place) for one in schema["anyOf"]) else [place]
    kind = schema.get("type")
    if kind == "null":
        return [] if value is None else [place]
    wrong = (
        ("const" in schema and value != schema["const"])
        or ("enum" in schema and value not in schema["enum"])
        or (kind is not None and type(value) is not KINDS[kind])
        or ("pattern" in schema and not re.search(schema["pattern"], value))
    )
    if wrong:
        return [place]
    found = []
    if kind == "array":
        for number, one in enumerate(value):
            found += misfits(one, schema["items"], f"{place}/{number}")
    if kind == "object":
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        found += [f"{place}/{name}" for name in schema.get("required", ()) if name not in value]
        for name, one in value.items():
            form = known.get(name, rest)
            found += [f"{place}/{name}"] if form is False else misfits(one, form, f"{place}/{name}")
    return found


def on_paper(pdf: bytes) -> str:
    """All that a reader of the PDF gets as text, without the breaks that a page makes."""
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    return " ".join("".join(pages).replace("\ufffe", "").split())


@pytest.mark.parametrize("sealed", [False, True])
def test_every_pack_is_of_the_published_form(sealed: bool) -> None:
    held = [
        one._replace(withheld=why, content=None) for why in Withheld for one in contents().files
    ]
    for made in (
        contents(sealed=sealed),
        contents(files=held),
        contents(people=[], told=[], done=[]),
        contents(people=[COACH]),
    ):
        assert misfits(json.loads(pack.written(made)), SCHEMA) == []


@pytest.mark.parametrize(
    "spoilt",
    [{"version": 2}, {"route": 1}, {"danger": "maybe"}, {"reporter": "Marigold"}, {"told": [{}]}],
)
def test_what_is_of_another_form_is_found(spoilt: dict[str, Any]) -> None:
    assert misfits(json.loads(pack.written(contents())) | spoilt, SCHEMA)


def test_words_stand_in_the_pack_as_the_very_bytes_that_were_committed_to() -> None:
    saw = HOSTILE + "\u202e\u0001 שלום 👩‍👧\r\n" + "x" * 3000
    made = contents(saw)
    written = pack.written(made)
    words = canonical.dumps(dict(made.told[0].body))
    assert words in written
    assert json.loads(written)["told"][0]["sha256"] == hashlib.sha256(words).hexdigest()
    assert json.loads(written)["told"][0]["words"]["saw"] == saw


def test_of_a_file_that_stays_nothing_is_said_but_why() -> None:
    written = pack.written(contents())
    held = json.loads(written)["files"][1]
    assert held["withheld"] == "file held for police"
    assert {held[name] for name in ("path", "name", "media_type", "size", "sha256")} == {None}
    assert b"held.jpg" not in written


def test_a_sealed_pack_gives_days_and_no_place_in_the_tree() -> None:
    told = json.loads(pack.written(contents(sealed=True)))
    for one in (*told["told"], *told["done"], *told["files"]):
        assert (one["received"], one["entry"], one["leaf"]) == ("2026-03-02", None, None)


def test_the_same_documents_are_the_same_zip_and_unpack_to_themselves() -> None:
    made = [Document("pack.json", "", b"{}"), *pack.attached(contents())]
    first = pack.zipped(made)
    assert first == pack.zipped(made)
    with zipfile.ZipFile(BytesIO(first)) as archive:
        assert {one: archive.read(one) for one in archive.namelist()} == {
            "pack.json": b"{}",
            "files/01.jpg": b"\xff\xd8\0",
        }


@pytest.mark.parametrize("name", ["../../etc/passwd", "a.EXE\u202egpj", "", "x" * 300, "b.tar.gz"])
def test_no_name_of_a_file_leads_out_of_the_pack(name: str) -> None:
    piece = contents().files[0]._replace(name=name)
    [sent] = pack.attached(contents(files=[piece]))
    assert re.fullmatch(r"files/01(\.[a-z0-9]{1,8})?", sent.name)


def test_paper_says_what_the_pack_says_and_hostile_text_stays_text() -> None:
    written = pack.written(contents(HOSTILE))
    pdf = paper.paper(written)
    text = on_paper(pdf)
    for said in (
        HOSTILE,
        "Sam",
        "LOG 7",
        "The second worker",
        "file held for police",
        "NHS number",
    ):
        assert " ".join(said.split()) in text, said
    assert pdf == paper.paper(written)
    assert b"<pdfuaid:part>1<" in pdf
    assert b"<pdfaid:part>2<" in pdf


def test_every_page_says_whose_copy_it_is() -> None:
    pdf = pypdfium2.PdfDocument(paper.paper(pack.written(contents("A line.\n" * 200))))
    assert len(pdf) > 3
    mark = (
        "BCDFG-HJKMN for Westminster: children’s services. Made by Safeguarding lead, 2 March 2026"
    )
    for page in pdf:
        text = " ".join(page.get_textpage().get_text_range().split())
        assert text.count(mark) >= 2


def test_what_paper_cannot_show_stands_as_its_number() -> None:
    said = "a\u202eb\u0001 👩 漢 \ue000 שלום مرحبا Жук λ naïve ế"
    text = on_paper(paper.paper(pack.written(contents(said))))
    for number in ("a[U+202E]b[U+0001]", "[U+1F469]", "[U+6F22]", "[U+E000]"):
        assert number in text
    for word in ("Жук", "naïve", "שלום"[::-1]):
        assert word in text or word[::-1] in text, word


def test_a_word_without_an_end_does_not_leave_the_page() -> None:
    pdf = pypdfium2.PdfDocument(paper.paper(pack.written(contents("x" * 20_000))))
    width = pdf[0].get_width()
    boxes = [
        page.get_textpage().get_charbox(place)
        for page in pdf
        for place in range(0, page.get_textpage().count_chars(), 97)
    ]
    assert sum("x" in one.get_textpage().get_text_range() for one in pdf) > 3
    assert all(left >= 0 and right <= width for left, _, right, _ in boxes)


def test_paper_that_cannot_be_made_says_so_and_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(NoPaper) as refused:
        paper.paper(b'{"no": "words of ours"}')
    assert "words of ours" not in str(refused.value)
    monkeypatch.setattr(paper, "PATIENCE", 0.001)
    with pytest.raises(NoPaper):
        paper.paper(pack.written(contents()))


def test_a_field_that_a_later_version_adds_is_shown_too() -> None:
    body = Concern(saw="so").body() | {"mood": "afraid of the river"}
    told = [Contribution(ENTRIES[1], "filed", AT, True, body, b"\1" * 32)]
    assert any(
        "afraid of the river" in one["said"]
        for one in paper.blocks(json.loads(pack.written(contents(told=told))))
    )


def test_what_was_answered_about_an_adult_in_trust_goes_with_them_and_an_older_pack_has_none() -> (
    None
):
    written = pack.written(contents(people=[COACH]))
    said = [{"question": "Did they harm a child?", "answer": "Yes"}]
    assert json.loads(written)["concerned"][0]["harm"] == said
    assert "Did they harm a child?" in on_paper(paper.paper(written))
    older = json.loads(pack.written(contents()))
    assert "harm" not in older["concerned"][0]
    assert misfits(older, SCHEMA) == []
