"""Whatever an email file holds, reading it raises nothing, and what it gives fits the record."""

import email.headerregistry
import email.message
import random
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.core import canonical
from heed.intake.events import Concern
from heed.intake.files import SentFile
from heed.intake.mail import NO_WORDS, read_mail, words_in

_HEADERS = ("From", "To", "Cc", "Subject", "Date", "Content-Type", "Content-Disposition", "X")
_VALUES = (
    *("text/html", "multipart/mixed; boundary=b", "multipart/mixed", "message/rfc822", "image/png"),
    *('text/plain; charset="utf-7"', "text/plain; charset=\xff", "attachment; filename*=x''%ff"),
    *("=?utf-8?b?/w==?=", "=?x?q?=ZZ?= ((", '"a" <a@example.org>, <', "@,;:<>[]()", "\udce9\ud800"),
)
header = st.builds(
    lambda name, value: f"{name}: {value}\n".encode("utf-8", "surrogatepass"),
    st.sampled_from(_HEADERS),
    st.sampled_from(_VALUES) | st.text(max_size=60),
)
encoding = st.sampled_from(["base64", "quoted-printable", "8bit", "x-uuencode", "nothing"]).map(
    lambda said: f"Content-Transfer-Encoding: {said}\n".encode()
)
part = st.lists(st.one_of(header, encoding, st.just(b"\n"), st.just(b"--b\n"), st.just(b"--b--\n")))
anything = st.one_of(
    st.binary(max_size=2000),
    st.tuples(st.lists(part), st.binary(max_size=300)).map(
        lambda made: b"".join(piece for each in made[0] for piece in each) + made[1]
    ),
)


def check(raw: bytes) -> None:
    """It reads, and its words and files can be recorded."""
    read = read_mail(raw)
    words = Concern(
        told=read.told, sender=read.sender, addressed_to=read.addressed_to, dated=read.dated
    )
    assert Concern.from_body(canonical.loads(canonical.dumps(words.body()))) == words
    for each in read.attachments:
        kept = SentFile.from_body(canonical.loads(canonical.dumps(each.body())))
        assert kept.content == each.content
    assert read.told.strip()
    said = {"words": words_in(SentFile("a.eml", "", raw))}
    assert canonical.loads(canonical.dumps(said)) == said


@settings(max_examples=400, deadline=None)
@given(anything)
def test_no_bytes_are_refused(raw: bytes) -> None:
    check(raw)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_nor_is_a_good_email_that_was_spoilt(seed: int, changes: int) -> None:
    dice, made = random.Random(seed), EmailMessage()
    made["From"], made["To"] = "A <a@example.org>", "B é <b@example.org>, c@example.org"
    made["Subject"] = "Worry 👩‍👧"
    made.set_content("The heron é.\n" * 3)
    made.add_alternative("<p>The <b>heron</b></p>", subtype="html")
    made.add_attachment(b"\0\1\2", maintype="image", subtype="png", filename="é.png")
    spoilt = bytearray(made.as_bytes())
    for _ in range(changes):
        place = dice.randrange(len(spoilt))
        spoilt[place : place + dice.choice((0, 1, 30))] = dice.randbytes(dice.choice((0, 1, 5)))
    check(bytes(spoilt))


MONSTERS = {
    "headers without end": b"A: b\n" * 400_000,
    "a header without end": b"To: " + b'"a" <a@example.org>,' * 200_000,
    "nested without end": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(900)
    ),
    "an email in an email in an email": b"Content-Type: message/rfc822\n\n" * 900,
    "parts without end": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 300_000,
    "tags without end": b"Content-Type: text/html\n\n" + b"<a " * 300_000,
    "ten megabytes": b"From: a@example.org\n\n" + b"heron\n" * 1_700_000,
    "ten megabytes of nothing": bytes(10_000_000),
}


@pytest.mark.parametrize("raw", MONSTERS.values(), ids=MONSTERS)
def test_a_monster_is_read_as_far_as_it_goes(raw: bytes) -> None:
    check(raw)


def test_where_no_word_can_be_read_the_words_say_so() -> None:
    picture = b"Subject: look\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA"
    assert read_mail(picture).told == f"Subject: look\n\n{NO_WORDS}"
    assert [each.content for each in read_mail(picture).attachments] == []


def test_what_an_email_shows_is_read_out_of_its_form() -> None:
    page = b"<head><title>t</title></head><p>One &amp; two<br>three<script>x</script><p>four"
    assert read_mail(b"Content-Type: text/html\n\n" + page).told == "One & two\nthree\nfour"


SLOW = (
    '"',
    ",",
    ";",
    ".",
    "\\",
    "a,",
    "a;",
    "a.",
    '\\"',
    "(",
    "<",
    "=?",
    "=?a?q?",
    "[",
    "@",
    "; a*1=x",
    "'",
)
"""Runs of these take the library's structured parsers minutes, from a few thousand on."""
FIELDS = ("From", "To", "Subject", "Date", "Content-Type", "Content-Type: a/b; n", "X")
FIELDS += ("Content-Disposition: attachment; filename", "Content-Transfer-Encoding")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many characters each reader of the library got that is worse than linear."""
    done: list[int] = []

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def read(*given: Any, **named: Any) -> Any:
            done.extend(len(one) for one in given if isinstance(one, str))
            return real(*given, **named)

        return read

    for name in ("_parseparam", "_splitparam"):
        monkeypatch.setattr(email.message, name, counted(getattr(email.message, name)))
    structured = email.headerregistry.HeaderRegistry
    monkeypatch.setattr(structured, "__call__", counted(structured.__call__))
    return done


@pytest.mark.parametrize("run", SLOW)
def test_no_header_gives_a_slow_reader_more_than_a_page(run: str, work: list[int]) -> None:
    run = run * (20_000 // len(run))
    for field in FIELDS:
        head = f"{field}={run}" if ";" in field else f"{field}: {run}"
        check(f"{head}\r\n\r\nhello".encode())
        part = f"--b\r\n{head}\r\n\r\nx\r\n"
        check(f"Content-Type: multipart/mixed; boundary=b\r\n\r\n{part * 5}--b--".encode())
    assert work
    assert max(work) <= 1_100


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            '"Vane, Ada \\"A\\"" <a@example.org>, b@example.org',
            ['Vane, Ada "A" <a@example.org>', "b@example.org"],
        ),
        ("=?utf-8?q?Ren=C3?= =?utf-8?q?=A9?= <r@example.org>", ["René <r@example.org>"]),
        (
            "=?iso-8859-1?b?UmVu6Q==?= (at home, mostly) <r@example.org>",
            ["René (at home, mostly) <r@example.org>"],
        ),
        (
            "Jo\r\n <jo@example.org>;\r\n Kit <k@example.org>",
            ["Jo <jo@example.org>", "Kit <k@example.org>"],
        ),
        ("Ren\xe9\xe9", ["Renéé"]),
        (", ,;", [", ,;"]),
    ],
)
def test_everybody_in_a_header_is_read(said: str, read: list[str]) -> None:
    assert read_mail(f"To: {said}\r\n\r\nhello".encode()).addressed_to.split("\n") == read


def test_four_hundred_people_are_read() -> None:
    people = [f"Jo Person{number} <jo.person{number}@council.example>" for number in range(400)]
    raw = ("To: " + ",\r\n ".join(people) + "\r\n\r\nhello").encode()
    assert read_mail(raw).addressed_to.split("\n") == people
