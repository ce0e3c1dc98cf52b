"""Whatever an email file holds, reading it raises nothing, and what it gives fits the record."""

import random
from email.message import EmailMessage

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
