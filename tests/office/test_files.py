"""Files in the office: put on, handed out as they were sent, flagged, and then given to nobody."""

import hashlib
import os
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from heed.intake.files import LARGEST
from heed.office.files import MOST, disposition, safe_name
from tests.office.browser import Browser, form
from tests.world import World

BYTES = bytes(range(256)) * 40 + b"<script>alert(1)</script>\r\n\0"
HELD = "File held for police. Do not describe or forward it. Ring the police: 999 if a child is in"


def sent(content: bytes = BYTES, name: str = "minutes.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def told(office: World) -> str:
    """The address of a record of the person on duty."""
    made = office.tell("the heron on the weir")
    office.open()
    return f"/records/{made.record}"


def put_on(office: World, lead: Browser, address: str, *files: SimpleUploadedFile) -> str:
    """Put files on a record; the address of the newest."""
    filled = form(lead.get(f"{address}/files"), "token")
    answer = lead.client.post(f"{address}/files", filled.fields | {"files": list(files)})
    assert answer.status_code == 302, answer.content.decode()
    office.open()
    ((entry,),) = office.as_owner(
        "SELECT entry FROM facts.item WHERE kind = 'file_added' ORDER BY at DESC, version DESC LIMIT 1"
    )
    return f"{address}/files/{entry}"


def test_a_file_comes_back_byte_for_byte_as_something_to_save(office: World, lead: Browser) -> None:
    address = told(office)
    file = put_on(office, lead, address, sent())
    assert "minutes.pdf" in lead.get(address).content.decode()
    given = lead.get(file)
    assert given.content == BYTES
    assert given["Content-Type"] == "application/octet-stream"
    assert given["Content-Disposition"].startswith("attachment; filename=")
    assert "minutes.pdf" in given["Content-Disposition"]
    assert given["X-Content-Type-Options"] == "nosniff"
    assert given["Content-Security-Policy"].startswith("sandbox;")
    assert given["Cache-Control"] == "no-store"


def test_each_file_that_is_handed_out_is_a_look_on_the_record(office: World, lead: Browser) -> None:
    file = put_on(office, lead, told(office), sent())
    before = len(office.as_owner("SELECT entry FROM facts.look"))
    lead.get(file)
    assert len(office.as_owner("SELECT entry FROM facts.look")) == before + 1


def test_the_same_form_twice_puts_a_file_on_once(office: World, lead: Browser) -> None:
    address = told(office)
    filled = form(lead.get(f"{address}/files"), "token")
    for _ in range(2):
        both = [sent(), sent(b"other", "b.txt")]
        assert (
            lead.client.post(f"{address}/files", filled.fields | {"files": both}).status_code == 302
        )
    assert len(office.as_owner("SELECT entry FROM facts.file")) == 2


def test_a_form_without_a_file_or_with_too_large_a_one_says_so(
    office: World, lead: Browser
) -> None:
    address = told(office)
    filled = form(lead.get(f"{address}/files"), "token")
    cases = {
        "Choose a file.": [],
        "larger than 10 MB": [sent(b"x"), sent(bytes(LARGEST + 1), "scan.tiff")],
        "at most 20 files": [sent(bytes([n])) for n in range(MOST + 1)],
    }
    for words, files in cases.items():
        answer = lead.client.post(f"{address}/files", filled.fields | {"files": files})
        assert answer.status_code == 400
        assert words in answer.content.decode()
    assert office.as_owner("SELECT entry FROM facts.file") == []


def test_a_flag_takes_one_click_and_one_more_and_then_nobody_is_given_the_file(
    office: World, lead: Browser
) -> None:
    address = told(office)
    file = put_on(office, lead, address, sent())
    asked = lead.get(f"{file}/flag")
    assert "You cannot take it back" in asked.content.decode()
    assert lead.get(file).status_code == 200  # asking holds nothing yet
    answer = lead.send(form(asked, "token"))
    assert answer.status_code == 302
    shown = lead.get(answer["Location"]).content.decode()
    assert HELD in shown
    assert "minutes.pdf" not in shown
    assert "the heron on the weir" in shown  # the rest of the record stays
    given = lead.get(file)
    assert given.status_code == 403
    assert BYTES not in given.content
    assert "Ring the police: 999" in given.content.decode()


def test_bytes_that_are_not_those_recorded_are_not_given_out(office: World, lead: Browser) -> None:
    file = put_on(office, lead, told(office), sent())
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("UPDATE words.file SET bytes = 'swapped'")
    answer = lead.get(file)
    assert answer.status_code == 409
    assert b"swapped" not in answer.content
    assert "This is not the file that was recorded" in answer.content.decode()
    # Without the recorded hash, nobody could tell:
    with office.database.server.superuser(office.database.name) as connection:
        digest = hashlib.sha256(b"swapped").hexdigest()
        connection.execute("UPDATE facts.file SET sha256 = %s", (digest,))
    assert lead.get(file).content == b"swapped"


def test_whoever_may_not_read_a_record_meets_no_file_of_it(office: World, lead: Browser) -> None:
    address = told(office)
    file = put_on(office, lead, address, sent())
    office.give_password("colleague")
    hers = Browser()
    hers.sign_in("colleague")
    nobodys = f"/records/{uuid.uuid4()}"
    for path in ("/files", file.removeprefix(address), file.removeprefix(address) + "/flag"):
        theirs, none = hers.get(address + path), hers.get(nobodys + path)
        assert (theirs.status_code, theirs.content) == (none.status_code, none.content)
        assert theirs.status_code == 404
    assert lead.get(f"{address}/files/{uuid.uuid4()}").status_code == 404
    assert lead.get(f"{address}/files/{uuid.uuid4()}/flag").status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        "../../etc/passwd",
        'a"; filename="b.exe',
        "\u202egnp.exe",
        "",
        "...",
        "a\r\nX: y",
        "\0",
        "é 👩‍👧.pdf",
    ],
)
def test_a_name_reaches_the_header_harmless(said: str) -> None:
    made = disposition(f"AB {safe_name(said)}")
    assert made.isascii()
    assert made.count('"') == 2
    assert not set("\r\n\0/\\") & set(made)
    assert "%E2%80%AE" not in made


def test_an_empty_file_and_one_of_the_largest_size_are_kept(office: World, lead: Browser) -> None:
    address, large = told(office), os.urandom(LARGEST)
    assert lead.get(put_on(office, lead, address, sent(b"", "empty"))).content == b""
    assert lead.get(put_on(office, lead, address, sent(large, "large"))).content == large
