"""A text that was taken and never arrived calls the next person; whatever else comes is a person's to read."""

from pathlib import Path
from uuid import uuid4

import pytest

from heed.loops.returned import MOST, Returned
from heed.store.called import given_back
from tests.walls.bodies import Bodies
from tests.walls.calling import Kept, address, called, caller, later, sender

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

REPORT = """\
From: MAILER-DAEMON@mx.example.org
To: heed@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The telephone is not known here.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; 07700900101@sms.example.org
Action: {action}
Status: 5.1.1

--b
Content-Type: {returned}

Message-ID: <{id}@example.org>
To: 07700900101@sms.example.org
Subject: Heed

Heed: a concern may mean danger now.
--b--
"""
WHOLE, HEAD = "message/rfc822", "text/rfc822-headers"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for room in ("new", "cur", "tmp"):
        (tmp_path / room).mkdir()
    return tmp_path


def reported(id: object, action: str = "failed", returned: str = WHOLE) -> bytes:
    return REPORT.format(id=id, action=action, returned=returned).encode()


def came(folder: Path, content: bytes, name: str = "1") -> None:
    (folder / "new" / name).write_bytes(content)


def read(scene: Bodies, folder: Path | None) -> int:
    return Returned(scene.world.link("heed_sweep"), folder).step()


@pytest.mark.parametrize("returned", [WHOLE, HEAD])
def test_a_call_that_came_back_calls_the_next_person_at_once(
    scene: Bodies, folder: Path, returned: str
) -> None:
    post, (first, second) = Kept(), scene.records
    caller(scene).step()
    assert sender(scene, post).step() == 1  # one text for both records
    (text,) = post.came
    later(scene, 1)
    assert caller(scene).step() == 0
    content = reported(text.id, returned=returned)
    came(folder, content)
    assert read(scene, folder) == 1
    assert read(scene, folder) == 0
    assert caller(scene).step() == 2
    assert called(scene, first) == called(scene, second) == ["lead", "colleague"]
    assert (folder / "cur" / "1:2,S").read_bytes() == content
    assert list(given_back(folder)) == []
    passed = sender(scene, post)
    passed.step()
    assert post.came[1].to == address("colleague")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\0" * 5000,
        b"Subject: hello\n\nI am away until Monday.",
        b"Content-Type: multipart/report; boundary=b\n\n--b\n",
        b"Content-Type: multipart/report\n\nnothing",
        b"Content-Type: message/rfc822\n\n" * 9000,
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        b"Action: failed\n\n--b\nContent-Type: text/rfc822-headers; charset=nonsense\n"
        b"Content-Transfer-Encoding: base64\n\n%%%\n--b--\n",
    ],
    ids=["empty", "binary", "an answer", "cut off", "no parts", "too deep", "nonsense"],
)
def test_what_is_no_report_stays_for_a_person_to_read(
    scene: Bodies, folder: Path, content: bytes
) -> None:
    came(folder, content)
    assert read(scene, folder) == 0
    assert (folder / "cur" / "1:2,").read_bytes() == content
    (sentence,) = given_back(folder)
    assert sentence.startswith("1 messages in")


def test_only_what_failed_for_good_and_was_ours_counts(scene: Bodies, folder: Path) -> None:
    post = Kept()
    caller(scene).step()
    sender(scene, post).step()
    (text,) = post.came
    came(folder, reported(text.id, action="delayed"), "1")
    came(folder, reported(uuid4()), "2")
    came(folder, reported("not an id"), "3")
    came(folder, reported(text.id) + b"x" * (2 * MOST), "4")
    assert read(scene, folder) == 1
    assert (folder / "cur" / "4:2,S").stat().st_size > 2 * MOST
    assert sorted(path.name for path in (folder / "cur").iterdir()) == [
        "1:2,",
        "2:2,",
        "3:2,",
        "4:2,S",
    ]


def called_again(scene: Bodies, folder: Path) -> int:
    """How many calls follow when a text comes back that was answered meanwhile."""
    post = Kept()
    caller(scene).step()
    sender(scene, post).step()
    for record in scene.records:
        scene.without(f"UPDATE facts.call_out SET answered_at = at WHERE record = '{record}'")
    came(folder, reported(post.came[0].id))
    assert read(scene, folder) == 1
    return caller(scene).step()


def test_what_was_answered_meanwhile_is_not_called_again(scene: Bodies, folder: Path) -> None:
    assert called_again(scene, folder) == 0


def test_without_that_question_it_is(scene: Bodies, folder: Path) -> None:
    scene.without_line("machinery.came_back(uuid)", "c.answered_at IS NOT NULL", "false")
    assert called_again(scene, folder) == 2


def test_a_folder_that_is_not_there_is_said_by_the_doctor(scene: Bodies, tmp_path: Path) -> None:
    assert read(scene, tmp_path) == read(scene, None) == 0
    (sentence,) = given_back(tmp_path)
    assert "cannot be read" in sentence
