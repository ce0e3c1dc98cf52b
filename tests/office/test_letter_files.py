"""A letter with its scans, an email with its attachments, and one name a line for whom it is addressed to."""

import json
from email.message import EmailMessage

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from heed.intake.files import LARGEST, SentFile, add_file
from heed.intake.mail import NO_WORDS
from heed.store.readable import Desk, NoSuchRecord
from tests.office.browser import Browser, form
from tests.office.test_letter import code_on, letter, records
from tests.world import CHANCE, World

SCAN = b"\xff\xd8 a scan \0\xff"


def sent(content: bytes = SCAN, name: str = "scan.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def put_in(
    lead: Browser, *files: SimpleUploadedFile, filled: object = None, **said: str
) -> HttpResponse:
    with_files = {**(filled or letter(lead)).fields, **said, "files": list(files)}  # type: ignore[attr-defined]
    answer: HttpResponse = lead.client.post("/letters/new", with_files)
    return answer


def files(office: World) -> list[bytes]:
    """All bytes that were put on the record, in their order."""
    office.open()
    rows = office.as_owner("SELECT bytes FROM words.file ORDER BY stream, version")
    return [bytes(row[0]) for row in rows]


def body(office: World, answer: HttpResponse) -> dict[str, str]:
    filed: dict[str, str] = json.loads(office.words_behind(code_on(answer))[0])
    return filed


def mail(**headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in headers.items():
        made[name] = value
    return made


def test_files_go_on_the_record_with_the_letter_though_who_puts_it_in_is_not_its_owner(
    office: World, lead: Browser
) -> None:
    office.put_on_duty("colleague")
    answer = put_in(lead, sent(), sent(b"two", "2.pdf"), told="the heron")
    assert answer.status_code == 200
    assert files(office) == [SCAN, b"two"]
    ((record, *_),) = records(office)
    more = lead.client.post(f"/records/{record}/files", {"files": [sent()]})
    assert more.status_code in (403, 404)  # from then on it is its owner's
    assert len(files(office)) == 2


def test_without_that_one_transaction_whoever_put_it_in_could_add_to_it_later(
    office: World, lead: Browser
) -> None:
    office.put_on_duty("colleague")
    put_in(lead, told="the heron")
    office.open()
    ((record, *_),) = records(office)
    desk, key = Desk(office.link("heed_office")), office.sign_in("lead")
    entry = add_file(
        CHANCE, office.office_recipients, SentFile("a", "", b"b"), record=record, token=b"t" * 32
    )
    with pytest.raises(NoSuchRecord):
        desk.append(key, entry)
    with office.database.server.superuser(office.database.name) as connection:
        row = connection.execute(
            "SELECT pg_get_functiondef('register.decide_files(uuid,text,jsonb,uuid)'::regprocedure)"
        ).fetchone()
        control = "AND i.xmin = pg_current_xact_id()::xid"
        assert row is not None
        assert control in row[0]
        connection.execute(row[0].replace(control, ""))
    assert not desk.append(key, entry).again


def test_a_letter_with_files_sent_twice_is_recorded_once(office: World, lead: Browser) -> None:
    filled = letter(lead)
    codes = {str(code_on(put_in(lead, sent(), filled=filled, told="w"))) for _ in range(2)}
    assert len(codes) == len(records(office)) == len(files(office)) == 1


def test_too_large_a_file_is_named_and_nothing_typed_is_lost(office: World, lead: Browser) -> None:
    answer = put_in(lead, sent(bytes(LARGEST + 1), "big.tif"), told="the heron", danger="yes")
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "“big.tif” is larger than 10 MB" in text
    assert text.count("Choose the files again") == 1
    again = form(answer, "form")
    assert (again.fields["told"], again.fields["danger"]) == ("the heron", "yes")
    assert records(office) == []
    assert lead.send(again).status_code == 200


def test_a_file_alone_is_a_letter(office: World, lead: Browser) -> None:
    assert put_in(lead, sent()).status_code == 200
    assert files(office) == [SCAN]


def test_an_email_fills_what_was_left_empty_and_stands_whole_beside_its_attachments(
    office: World, lead: Browser
) -> None:
    made = mail(
        From="A neighbour <n@example.org>",
        To="Duty desk <desk@example.org>, The Member <m@example.org>",
        Cc="Second team <t@example.org>",
        Date="Mon, 02 Mar 2026 09:00:00 +0000",
        Subject="Worried about the weir",
    )
    made.set_content("The heron was there again.\n")
    made.add_attachment(SCAN, maintype="image", subtype="jpeg", filename="weir.jpg")
    raw = made.as_bytes()
    answer = put_in(lead, sent(raw, "Mail.EML"), channel="email", sender="typed by hand")
    filed = body(office, answer)
    assert filed["told"] == "Subject: Worried about the weir\n\nThe heron was there again."
    assert filed["sender"] == "typed by hand"
    assert filed["dated"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert filed["addressed_to"].split("\n") == [
        "Duty desk <desk@example.org>",
        "The Member <m@example.org>",
        "Second team <t@example.org>",
    ]
    assert files(office) == [raw, SCAN]
    rows = office.as_owner(
        "SELECT part_of FROM facts.file f JOIN facts.item USING (entry) ORDER BY version"
    )
    assert [row[0] is None for row in rows] == [True, False]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff" * 500,
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx",
        b"Content-Type: text/plain; charset=nothing\nContent-Transfer-Encoding: base64\n\n!",
        b"Subject: =?x?q?=FF?=\nTo: ((((\nContent-Type: \xff/\xff;\n\n",
    ],
)
def test_a_broken_email_is_never_refused(office: World, lead: Browser, raw: bytes) -> None:
    answer = put_in(lead, sent(raw, "a.eml"), channel="email")
    assert answer.status_code == 200
    assert files(office)[0] == raw
    told = body(office, answer)["told"]
    assert NO_WORDS in told or "!" in told or told.strip("Subject: \ufffd\n")


def test_a_letter_to_twenty_people_has_one_who_answers_for_it(office: World, lead: Browser) -> None:
    twenty = "\r\n".join(f"Group member {number}" for number in range(20))
    lead.send(letter(lead), told="the heron", addressed_to=twenty + "\r\n\r\n")
    office.open()
    ((record, *_),) = records(office)
    text = lead.get(f"/records/{record}").content.decode()
    assert "Addressed to 20 people. One person answers for it: Safeguarding lead." in text
    assert "Group member 19" in text
