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
import pytest
from django.http import HttpResponse

from heed.access.commands import wall_person
from heed.access.walls import Ground
from heed.core import canonical
from heed.core.vocabulary import Actor, Danger
from heed.intake.commands import add_words
from heed.intake.files import SentFile, add_file
from heed.intake.identity import Identity, seal_identity
from heed.loops.sequence import Sequencer
from heed.office import packing
from heed.register.entry import Recipients
from heed.store.connection import Link
from heed.store.readable import Desk
from tests.office.browser import Browser, form
from tests.office.test_concerned import name, named, page_of
from tests.office.test_files import BYTES, put_on, sent
from tests.office.test_referring import CHILDREN, referred, text
from tests.world import CHANCE, Told, World

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


def test_another_version_of_what_draws_leaves_the_paper_that_went_as_it_was(
    office: World, lead: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever checks SHA256SUMS years later finds every document that it names."""
    told = told_of(office, lead)
    pack = packed(office, lead, told)
    first = unzipped(lead, pack)
    monkeypatch.setattr("heed.office.packs.paper", lambda _: b"%PDF of another version")
    held = unzipped(lead, pack)
    assert held == first
    assert lead.get(f"{pack}/pack.pdf").content == first["pack.pdf"]
    lines = [line.split("  ") for line in held["SHA256SUMS"].decode().splitlines()]
    assert [title for _, title in lines] == ["pack.json", "pack.pdf"]
    for digest, title in lines:
        assert hashlib.sha256(held[title]).hexdigest() == digest


def test_a_paper_too_large_to_be_kept_is_not_made(
    office: World, lead: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = told_of(office, lead)
    monkeypatch.setattr("heed.office.packs.MOST_PAPER", 1000)
    pack = packed(office, lead, told)
    assert packing.NO_PAPER in text(lead.get(pack))
    assert list(unzipped(lead, pack)) == ["pack.json", "SHA256SUMS"]


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


def added(office: World, told: Told, words: str) -> None:
    """The reporter comes back with their code, and says more."""
    to, door = office.public_recipients(told.code), told.door.lookup
    entry = add_words(CHANCE, to, words, record=told.record, token=CHANCE.bytes(32), lookup=door)
    office.register("heed_intake").append(entry)
    office.open()


def sealed(office: World, told: Told) -> None:
    """Who told us asks to stay unknown, and sends a photo."""
    keys, lookup = Recipients(office.public_recipients(told.code).keys), told.door.lookup
    who = Identity("Marigold Quillfeather", "Ring 07700 900123 before noon.")
    photo = SentFile("marigold.jpg", "image/jpeg", b"\xff\xd8 Marigold Quillfeather\0")
    about = {"record": told.record, "token": CHANCE.bytes(32), "lookup": lookup}
    register = office.register("heed_intake")
    register.append(seal_identity(CHANCE, keys, who, **about))
    register.append(add_file(CHANCE, keys, photo, actor=Actor.REPORTER, **about))
    office.open()


def test_nothing_of_a_sealed_reporter_stands_anywhere_in_the_pack(
    office: World, lead: Browser
) -> None:
    told = office.tell("I heard it through the wall.", danger=Danger.NO)
    sealed(office, told)
    assert lead.get(f"/records/{told.record}").status_code == 200
    assert referred(lead, told, CHILDREN, postcode="SW1A 1AA", how="email").status_code == 302
    office.open()
    page = text(lead.get(choosing(office, told)))
    assert "Who told us asked to stay unknown" in page
    assert "it could show who told us" in page
    pack = packed(office, lead, told)
    held = unzipped(lead, pack)
    assert list(held) == ["pack.json", "pack.pdf", "SHA256SUMS"]
    everything = b"".join(held.values()) + lead.get(f"{pack}/pack.words").content
    made_at = json.loads(held["pack.json"])["made"]["at"]  # may be of the same second
    everything = everything.replace(made_at.encode(), b"")
    paper = on_paper(held["pack.pdf"])
    assert "I heard it through the wall." in paper
    assert "Do not try to find out who it is" in " ".join(paper.split())
    at = told.appended.recorded_at
    for secret in ("Marigold", "900123", "marigold.jpg", f"T{at:%H:%M:%S}", str(told.record)):
        assert secret.encode() not in everything, secret
        assert secret not in paper, secret
    [told_in] = json.loads(held["pack.json"])["told"]
    assert (told_in["received"], told_in["leaf"]) == (f"{at:%Y-%m-%d}", None)


def test_a_flag_takes_a_file_out_and_delays_nothing(office: World, lead: Browser) -> None:
    told = told_of(office, lead)
    file = put_on(office, lead, f"/records/{told.record}", sent(name="secret name.jpg"))
    before = packed(office, lead, told)
    whole = lead.get(f"{before}/pack.zip").content
    assert lead.send(form(lead.get(f"{file}/flag"), "reason"), reason="I saw it").status_code == 302
    office.open()
    held = unzipped(lead, packed(office, lead, told))
    assert list(held) == ["pack.json", "pack.pdf", "SHA256SUMS"]
    assert "file held for police" in on_paper(held["pack.pdf"])
    digest = hashlib.sha256(BYTES).hexdigest()
    for part in held.values():
        assert b"secret name" not in part
        assert digest.encode() not in part
    after = unzipped(lead, before)
    assert "files/01.jpg" not in after
    assert BYTES in whole
    assert BYTES not in lead.get(f"{before}/pack.zip").content
    assert (after["pack.json"], after["pack.pdf"]) == tuple(
        zipfile.ZipFile(io.BytesIO(whole)).read(one) for one in ("pack.json", "pack.pdf")
    )


def test_what_nobody_opened_cannot_be_chosen_and_is_named(office: World, lead: Browser) -> None:
    told = told_of(office, lead)
    added(office, told, "There is more, by the ferry.")
    path = choosing(office, told)
    page = lead.get(path)
    [first] = ticked(page)
    assert "nobody has opened it yet" in text(page)
    [[later]] = office.as_owner("SELECT entry FROM facts.item WHERE kind = 'added'")
    fields = form(page, "made_at").fields | {"entry": [first, str(later)]}
    done = lead.client.post(path, fields)
    office.open()
    held = unzipped(lead, str(done["Location"]))
    assert b"by the ferry" not in held["pack.json"]
    assert json.loads(held["pack.json"])["left_out"] == 1
    assert lead.get(f"/records/{told.record}").status_code == 200
    assert b"by the ferry" in unzipped(lead, packed(office, lead, told))["pack.json"]


def test_the_owner_takes_out_what_is_not_to_go_and_nothing_is_no_pack(
    office: World, lead: Browser
) -> None:
    told = told_of(office, lead)
    added(office, told, "My own telephone is 07700 900456.")
    assert lead.get(f"/records/{told.record}").status_code == 200
    path = choosing(office, told)
    page = lead.get(path)
    _, later = ticked(page)
    held = unzipped(lead, packed(office, lead, told, without=(later,)))
    assert b"900456" not in b"".join(held.values())
    answer = lead.client.post(path, form(page, "made_at").fields | {"entry": []})
    assert answer.status_code == 400
    assert packing.NOTHING in text(answer)
    strange = lead.client.post(path, form(page, "made_at").fields | {"entry": [str(told.record)]})
    assert strange.status_code == 400


def test_calls_and_what_the_parents_know_go_and_notes_answers_and_restrictions_stay(
    office: World, lead: Browser
) -> None:
    told = told_of(office, lead, keep_from="Not my uncle, the coach")
    name(lead, told, name="Sam")
    here = f"/records/{told.record}"
    when = {"rung_at": "2026-11-02T10:15", "whom": "999"}
    for path, said in (
        ("call", {"words": "LOG 0417", **when}),
        ("parents", {"parents": "no", "words": "not yet safe"}),
        ("note", {"words": "Private thought."}),
    ):
        page = lead.get(f"{here}/{path}")
        assert lead.send(form(page, "words"), **said).status_code == 302, text(page)
    about = {"record": told.record, "person": office.people["colleague"], "reason": "as told."}
    wall = wall_person(CHANCE, office.office_recipients, ground=Ground.ACCUSED, **about)
    Desk(office.link("heed_office")).append(office.sign_in("lead"), wall)
    office.open()
    assert lead.get(here).status_code == 200
    held = unzipped(lead, packed(office, lead, told))
    paper = held["pack.json"].decode() + on_paper(held["pack.pdf"])
    for goes in ("LOG 0417", "not yet safe", "Not my uncle, the coach", "Sam"):
        assert paper.count(goes) >= 2, goes
    for stays in ("Private thought", "Second worker", "as told."):
        assert stays not in paper, stays


def test_a_look_is_on_the_record_before_the_choice_and_before_each_copy(
    office: World, lead: Browser
) -> None:
    told = told_of(office, lead)
    pack = packed(office, lead, told)

    def looks() -> int:
        asked = "SELECT count(*) FROM facts.look WHERE purpose = 'pack'"
        return int(office.as_owner(asked)[0][0])

    for path in (choosing(office, told), pack, f"{pack}/pack.json", f"{pack}/pack.zip"):
        before = looks()
        answer = lead.get(path)
        assert answer.status_code == 200
        assert looks() == before + 1, path
    assert answer["Content-Disposition"].startswith("attachment; ")


def test_nobody_else_makes_or_fetches_it_and_it_is_as_if_it_were_not_there(
    office: World, lead: Browser
) -> None:
    told = told_of(office, lead)
    pack = packed(office, lead, told)
    office.give_password("colleague")
    other = Browser()
    assert other.sign_in("colleague").status_code == 302
    for path in (choosing(office, told), pack, f"{pack}/pack.zip", f"{pack}/pack.words"):
        assert other.get(path).status_code == 404, path
    for path in (
        f"{pack}/files/../x",
        f"{pack}/../pack.zip",
        f"{pack}/secret",
        f"{pack[:-1]}{int(pack[-1] == '0')}",
    ):
        assert lead.get(path).status_code == 404, path


def test_a_paper_that_fails_delays_no_referral(
    office: World, lead: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = told_of(office, lead)
    monkeypatch.setattr("heed.referral.paper.PATIENCE", 0.001)
    pack = packed(office, lead, told)
    assert packing.NO_PAPER in text(lead.get(pack))
    assert list(unzipped(lead, pack)) == ["pack.json", "SHA256SUMS"]


def test_a_file_whose_bytes_were_changed_since_is_not_given_as_the_one_that_went(
    office: World, lead: Browser
) -> None:
    told = told_of(office, lead)
    put_on(office, lead, f"/records/{told.record}", sent())
    pack = packed(office, lead, told)
    assert "files/01.pdf" in unzipped(lead, pack)
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("UPDATE words.file SET bytes = '\\x00'")
    assert "files/01.pdf" not in unzipped(lead, pack)
    assert (
        "its bytes are not those that were recorded"
        in unzipped(lead, packed(office, lead, told))["pack.json"].decode()
    )


def test_a_pack_for_the_record_says_that_whoever_is_named_goes_with_it(
    office: World, lead: Browser
) -> None:
    nobody = told_of(office, lead)
    page = text(lead.get(choosing(office, nobody)))
    assert "Nobody is named on this record" in page
    told = office.tell("what was seen", danger=Danger.NO)
    office.open()
    lead.get(f"/records/{told.record}")
    name(lead, told, name="Marigold Fen")
    name(lead, told, "adult", name="The coach", part="about", trust="yes")
    *_, coach = named(office, told)
    limbs = dict.fromkeys(("harmed", "offence", "risk", "unsuitable", "works"), "no")
    harm = form(lead.get(f"/records/{told.record}/harm?concerned={coach}"), "why")
    said = limbs | {"offence": "unknown", "employer": "not told", "why": "The police ask us to."}
    assert lead.send(harm, **said, where="a swimming club").status_code == 302
    done = referred(lead, told, CHILDREN, postcode="SW1A 1AA", how="email", concerned="record")
    assert done.status_code == 302
    shown = page_of(lead, office, told)
    assert "a swimming club</dd>" in shown
    assert "Questions of harm, as they were answered last" in shown
    assert "for the whole record, with everybody named in it" in shown
    page = text(lead.get(choosing(office, told)))
    assert "Child 1: Marigold Fen; Adult 1: The coach" in page
    assert "answered about harm" in page
    made = unzipped(lead, packed(office, lead, told))
    pack = json.loads(made["pack.json"])
    assert pack["to"]["concerned"] == "the whole record, with everybody named in it"
    answers = {one["question"]: one["answer"] for one in pack["concerned"][1]["harm"]}
    assert answers["Where they work with children"] == "a swimming club"
    assert answers["Why the employer was not told"] == "The police ask us to."
    assert list(answers.values())[:6] == ["No", "Not known", "No", "No", "No", "No"]
    assert "harm" not in pack["concerned"][0]
    assert "a swimming club" in on_paper(made["pack.pdf"])
