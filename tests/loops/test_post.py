"""A message goes out once somebody answers for it, or it is said why not; nobody adds a line to its head."""

from __future__ import annotations

import socket
import threading
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from heed.core.ports import Enclosure, Message, NotSent, NotYet, Refused
from heed.loops.post import LOGIN, FolderPost, SmtpPost, post_of, sms_address
from heed.store.configuration import NOT_SENT, Configuration, ConfigurationWrong
from tests.mail_server import MailServer, certificate, mail_server

TO = "on.duty@example.org"


def _message(to: str = TO, **more: object) -> Message:
    return Message(uuid4(), to, "Heed", "Somebody waits. Sign in.\n", **more)  # type: ignore[arg-type]


def _post(server: MailServer, **more: object) -> SmtpPost:
    return SmtpPost("localhost", server.port, "heed@example.org", **more)  # type: ignore[arg-type]


def test_a_message_reaches_the_mail_server_whole() -> None:
    """Text, file and an id of its own; no 8-bit byte, which not every server takes."""
    sent = _message(enclosed=(Enclosure("räumen.pdf", "application/pdf", b"%PDF-\x00\xff"),))
    with mail_server() as server:
        _post(server).send(sent)
        (came,) = server.came
    assert server.to == [TO]
    assert came["Message-ID"] == f"<{sent.id}@example.org>"
    assert came["Auto-Submitted"] == "auto-generated"
    body, enclosed = came.iter_parts()
    assert body.get_content().splitlines() == ["Somebody waits. Sign in."]
    assert enclosed.get_filename() == "räumen.pdf"
    assert enclosed.get_content() == b"%PDF-\x00\xff"
    assert max(came.as_bytes()) < 128


def test_a_long_link_stays_one_line_for_gateways_that_decode_nothing() -> None:
    link = "https://heed.example.org/c/" + "0" * 100
    with mail_server() as server:
        _post(server).send(Message(uuid4(), TO, "Heed", f"Open: {link}\n"))
        (came,) = server.came
    assert link in came.as_string()
    assert came["Content-Transfer-Encoding"] == "7bit"


@pytest.mark.parametrize("code", [550, 551, 553])
def test_an_address_that_is_refused_is_refused_for_good(code: int) -> None:
    """And the reason names nobody, whatever the server says of whom."""
    with mail_server() as server:
        server.recipients[TO] = f"{code} no such person: {TO}"
        with pytest.raises(Refused) as refused:
            _post(server).send(_message())
    assert str(code) in refused.value.why
    assert TO not in refused.value.why


def test_a_text_that_is_refused_is_refused_for_good() -> None:
    """550 after the text is about this message."""
    with mail_server() as server:
        server.text = "554 we take no such thing"
        with pytest.raises(Refused):
            _post(server).send(_message())


@pytest.mark.parametrize("answer", ["451 greylisted", "421 too many", "452 full"])
def test_who_says_later_is_tried_later(answer: str) -> None:
    """Greylisting (RFC 6647): the second time it is taken."""
    with mail_server() as server:
        server.everybody = answer
        with pytest.raises(NotYet):
            _post(server).send(_message())
        server.everybody = ""
        _post(server).send(_message())
    assert server.to == [TO]


def test_a_server_that_does_not_know_us_is_tried_later() -> None:
    """What is wrong with the set-up is not wrong with the message: once it is mended the message goes."""
    with mail_server() as server:
        server.sender = "550 relaying denied"
        with pytest.raises(NotYet):
            _post(server).send(_message())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_that_breaks_off_is_tried_later(when: str) -> None:
    """Also after it took the text and before it said so: twice is better than never."""
    with mail_server() as server:
        server.breaks_off = when
        with pytest.raises(NotYet):
            _post(server).send(_message())
    assert len(server.came) == (when == "after")


def test_a_server_that_is_too_slow_or_drips_is_tried_later() -> None:
    """One answer that does not come, and an answer that never ends."""
    with mail_server() as server:
        server.slow = 5.0
        with pytest.raises(NotYet):
            _post(server, timeout=0.2).send(_message())
        server.slow, server.drips = 0.0, True
        with pytest.raises(NotYet):
            _post(server, timeout=2.0, deadline=0.5).send(_message())
        server.drips = False


def test_no_server_is_tried_later() -> None:
    """Nothing listens; or somebody does who says nothing and hangs up."""
    with socket.socket() as silent:
        silent.bind(("localhost", 0))
        port = silent.getsockname()[1]
        with pytest.raises(NotYet):
            SmtpPost("localhost", port, "heed@example.org").send(_message())
        silent.listen()
        threading.Thread(target=lambda: silent.accept()[0].close(), daemon=True).start()
        with pytest.raises(NotYet):
            SmtpPost("localhost", port, "heed@example.org").send(_message())
    with pytest.raises(NotYet):
        SmtpPost("nowhere.invalid", 25, "heed@example.org").send(_message())


def test_what_is_offered_is_encrypted_and_only_to_who_proves_their_name(tmp_path: Path) -> None:
    """RFC 3207: a server of another name, or one nobody vouches for, gets nothing."""
    serving, trusted = certificate(tmp_path, "localhost")
    others, of_others = certificate(tmp_path, "mail.example.org")
    with mail_server(serving) as server:
        _post(server, trusted=trusted).send(_message())
        assert server.encrypted == [True]
        with pytest.raises(NotYet):
            _post(server).send(_message())
    with mail_server(others) as server:
        with pytest.raises(NotYet):
            _post(server, trusted=of_others).send(_message())
        assert server.came == []


def test_where_encryption_is_required_nothing_goes_without(tmp_path: Path) -> None:
    """Whoever takes the offer out of the server's answer gets neither the message nor the password."""
    with mail_server() as server:
        for more in ({"encrypted": True}, {"login": ("heed", "secret")}):
            with pytest.raises(NotYet):
                _post(server, **more).send(_message())
        assert server.came == []
        _post(server).send(_message())  # and without that setting it does
    assert len(server.came) == 1


def test_a_server_that_wants_a_password_gets_ours(tmp_path: Path) -> None:
    """A wrong one is tried later: whoever mends it loses no message."""
    serving, trusted = certificate(tmp_path, "localhost")
    with mail_server(serving, login=("heed", "secret")) as server:
        with pytest.raises(NotYet):
            _post(server, trusted=trusted, login=("heed", "wrong")).send(_message())
        _post(server, trusted=trusted, login=("heed", "secret")).send(_message())
    assert len(server.came) == 1


@pytest.mark.parametrize(
    "to",
    [
        "on.duty@example.org\r\nBcc: other@example.org",
        "on.duty@example.org\n",
        "on.duty@example.org,other@example.org",
        "<on.duty@example.org>",
        "on duty@example.org",
        "on.duty@example.org> SIZE=1",
        "@example.org",
        "on.duty@",
        "on.duty@example",
        "x" * 300 + "@example.org",
        "",
    ],
)
def test_what_is_no_one_address_makes_no_message(to: str) -> None:
    """Neither a second recipient nor a header comes in by an address."""
    with pytest.raises(ValueError, match="address"):
        _message(to)


@pytest.mark.parametrize(
    "line", ["Heed\r\nBcc: other@example.org", "Heed\nX: y", "a\x00b", "a\u2028b"]
)
def test_nothing_that_is_two_lines_stands_in_a_head(line: str) -> None:
    """Neither in a subject nor in a file's name or media type."""
    with pytest.raises(ValueError, match="one line"):
        Message(uuid4(), TO, line, "text")
    with pytest.raises(ValueError, match="one line"):
        _message(enclosed=(Enclosure(line, "text/plain", b""),))
    with pytest.raises(ValueError, match="media type"):
        _message(enclosed=(Enclosure("a.txt", f"text/{line}", b""),))


def test_a_line_that_ends_the_text_ends_nothing() -> None:
    """A dot by itself, and what looks like another command, arrive as they were written (RFC 5321 §4.5.2)."""
    text = "one\n.\nRCPT TO:<other@example.org>\n..two\n"
    with mail_server() as server:
        _post(server).send(Message(uuid4(), TO, "Heed", text))
    assert server.to == [TO]
    assert server.came[0].get_content().splitlines() == text.splitlines()


def test_the_folder_keeps_one_file_a_message_and_says_that_nobody_got_it(tmp_path: Path) -> None:
    """However often it is sent; only its owner reads it."""
    message = Message(UUID(int=7, version=4), TO, "Heed", "Sign in.\n")
    post = post_of(Configuration(), tmp_path)
    assert isinstance(post, FolderPost)
    post.send(message)
    post.send(message)
    (file,) = (tmp_path / NOT_SENT).iterdir()
    assert file.name == f"{message.id}.eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert message_from_bytes(file.read_bytes(), policy=default)["To"] == TO


def test_a_folder_that_cannot_be_written_to_is_tried_later(tmp_path: Path) -> None:
    """A file stands where it should be."""
    (tmp_path / NOT_SENT).write_text("")
    with pytest.raises(NotSent) as failed:
        FolderPost(tmp_path / NOT_SENT).send(_message())
    assert isinstance(failed.value, NotYet)


def test_the_post_is_what_the_configuration_says(tmp_path: Path) -> None:
    """Host, port, sender, encryption; the login from a file of its own."""
    said = Configuration(post="smtp", smtp_host="mail.example.org", smtp_encryption="required")
    assert post_of(said, tmp_path) == SmtpPost("mail.example.org", 25, "heed@example.org", True)
    (tmp_path / LOGIN).parent.mkdir()
    (tmp_path / LOGIN).write_text("heed\nsecret word\n")
    post = post_of(said, tmp_path)
    assert isinstance(post, SmtpPost)
    assert post.login == ("heed", "secret word")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("post", "pigeon"),
        ("smtp_port", 0),
        ("smtp_from", "Heed <heed@example.org>"),
        ("smtp_encryption", "no"),
        ("returned", "mail/heed"),
        ("sms_address", "sms@example.org"),
        ("sms_address", "{number}, other@example.org"),
        ("office_url", "javascript:alert(1)"),
        ("office_url", "https://heed.example.org/ x"),
    ],
)
def test_a_post_that_cannot_work_is_refused_at_the_start(field: str, value: object) -> None:
    """In a sentence that says what it should be."""
    with pytest.raises(ConfigurationWrong, match=field):
        Configuration(**{field: value}).check()  # type: ignore[arg-type]


def test_a_text_goes_to_the_gateway_by_number() -> None:
    """Its digits, however somebody typed them."""
    assert sms_address("{number}@sms.example.org", "07700 900 123") == "07700900123@sms.example.org"
    assert (
        sms_address("{number}@sms.example.org", "+44 7700 900123") == "447700900123@sms.example.org"
    )
