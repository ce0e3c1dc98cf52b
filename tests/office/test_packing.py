"""The pack of a referral: what travels, the same bytes each time, and a proof that needs nobody."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdfium2
from django.http import HttpResponse

from heed.core import canonical
from heed.core.vocabulary import Danger
from heed.loops.sequence import Sequencer
from heed.store.connection import Link
from tests.office.browser import Browser, form
from tests.office.test_concerned import page_of
from tests.office.test_files import BYTES, put_on, sent
from tests.office.test_referring import CHILDREN, referred, text
from tests.world import Told, World

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    '<script>alert("x")</script> #panic("x") *bold* $x$ \\ `r` {{ 7*7 }} </w:t>\n'
    "\u202eturned\u202c שלום مرحبا 👩‍👧 \u0001 end"
)


def told_of(office: World, lead: Browser, saw: str = HOSTILE, **words: str) -> Told:
    """A record that its owner opened, and referred by secure email."""
    told = office.tell(saw, danger=Danger.NO, **words)
    office.open()
    assert lead.get(f"/records/{told.record}").status_code == 200
    assert referred(lead, told, CHILDREN, postcode="SW1A 1AA", how="email").status_code == 302
    office.open()
    return told


def choosing(office: World, told: Told) -> str:
    rows = office.as_owner("SELECT entry FROM facts.referral WHERE record = %s", (told.record,))
    return f"/records/{told.record}/referrals/{rows[-1][0]}/pack"


def packed(office: World, lead: Browser, told: Told, without: tuple[str, ...] = ()) -> str:
    """Make a pack of all that may travel; its address."""
    path = choosing(office, told)
    page = lead.get(path)
    entries = [one for one in ticked(page) if one not in without]
    done = lead.client.post(path, form(page, "made_at").fields | {"entry": entries})
    assert done.status_code == 302, text(done)
    office.open()
    return str(done["Location"])


def ticked(page: HttpResponse) -> list[str]:
    return re.findall(r'name="entry" type="checkbox" value="([^"]+)" checked', text(page))


def unzipped(lead: Browser, pack: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(lead.get(f"{pack}/pack.zip").content)) as archive:
        assert archive.testzip() is None
        return {one: archive.read(one) for one in archive.namelist()}


def on_paper(pdf: bytes) -> str:
    pages = [one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(pdf)]
    return "\n".join(pages).replace("\r\n", "\n")


def test_words_and_files_travel_byte_for_byte_and_hash_to_what_was_recorded(
    office: World, lead: Browser
) -> None:
    told = told_of(office, lead)
    put_on(office, lead, f"/records/{told.record}", sent(name="a <b> é.PDF"))
    held = unzipped(lead, packed(office, lead, told))
    assert list(held) == ["pack.json", "pack.pdf", "files/01.pdf", "SHA256SUMS"]
    [words] = office.words_behind(told.code)
    assert words in held["pack.json"]
    pack = json.loads(held["pack.json"])
    assert pack["told"][0]["words"]["saw"] == HOSTILE
    assert pack["told"][0]["sha256"] == hashlib.sha256(words).hexdigest()
    assert held["files/01.pdf"] == BYTES
    [row] = office.as_owner("SELECT sha256 FROM facts.file")
    assert (pack["files"][0]["sha256"], pack["files"][0]["name"]) == (row[0], "a <b> é.PDF")
    for line in held["SHA256SUMS"].decode().splitlines():
        digest, title = line.split("  ")
        assert hashlib.sha256(held[title]).hexdigest() == digest
    assert canonical.loads(held["pack.json"]) == pack


def test_the_same_pack_asked_again_is_the_same_bytes_and_made_twice_it_is_made_once(
    office: World, lead: Browser
) -> None:
    told = told_of(office, lead)
    put_on(office, lead, f"/records/{told.record}", sent())
    path = choosing(office, told)
    page = lead.get(path)
    fields = form(page, "made_at").fields | {"entry": ticked(page)}
    first, second = (lead.client.post(path, fields)["Location"] for _ in range(2))
    assert first == second
    office.open()
    whole = lead.get(f"{first}/pack.zip").content
    assert whole == lead.get(f"{first}/pack.zip").content
    [[facts]] = office.as_owner(
        "SELECT convert_from(e.facts, 'UTF8')::jsonb FROM register.entry e"
        " JOIN facts.item i ON i.entry = e.id WHERE i.kind = 'pack_made'"
    )
    held = unzipped(lead, first)
    assert facts["sha256"] == hashlib.sha256(held["SHA256SUMS"]).hexdigest()
    assert facts["entries"] == ticked(page)
    assert facts["actor"] == str(office.people["lead"])
    assert "made a pack to send" in page_of(lead, office, told)
    assert "The pack made" in text(lead.get(path.removesuffix("/pack")))


def test_a_receiver_proves_the_pack_without_us_and_one_changed_byte_is_noticed(
    office: World, lead: Browser, tmp_path: Path
) -> None:
    told = told_of(office, lead)
    pack = packed(office, lead, told)
    held, home = unzipped(lead, pack), tmp_path / "home"
    assert "Its proof is not there yet" in text(lead.get(pack))
    sequencer = Sequencer(Link(office.urls["heed_sequencer"]), office.log, home / "export")
    while sequencer.step():
        pass
    words, proof = (lead.get(f"{pack}/pack.{name}").content for name in ("words", "tlog-proof"))
    (tmp_path / "proof").write_bytes(proof)
    (tmp_path / "key").write_text(office.log.vkey + "\n")

    def proven(said: bytes) -> bool:
        (tmp_path / "words").write_bytes(said)
        checked = subprocess.run(
            [sys.executable, ROOT / "heed_verify.py", "proof", "--key", "key", "--words", "words"],
            cwd=tmp_path,
            capture_output=True,
        )
        return checked.returncode == 0

    assert proven(words)
    said = json.loads(words)
    assert (said["sums"].encode(), said["pack"].encode()) == (held["SHA256SUMS"], held["pack.json"])
    assert not proven(words.replace(b"alert", b"alerT"))
    digest = hashlib.sha256(held["pack.pdf"]).hexdigest()
    assert f"{digest}  pack.pdf\n" in said["sums"]
    changed = held["pack.pdf"][:-1] + b"?"
    assert hashlib.sha256(changed).hexdigest() not in said["sums"]
