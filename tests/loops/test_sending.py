"""What an entry obliges is sent at least once: refused, delayed, killed half-way, or by two at once."""

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from heed.core.ports import Message, NotYet, Refused
from heed.core.vocabulary import Danger
from heed.loops.call import CallOuts
from heed.loops.post import SmtpPost
from heed.loops.send import Sender
from heed.oversight.commands import answer_call
from heed.store.called import faults
from heed.store.configuration import Configuration
from heed.store.connection import Link
from heed.store.readable import Desk
from heed.triage.concerned_commands import Choice, decide
from tests.mail_server import mail_server
from tests.walls.bodies import Bodies
from tests.walls.calling import (
    Kept,
    address,
    called,
    caller,
    later,
    newest,
    reachable,
    say,
    sender,
)
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


def states(scene: Bodies, what: str = "call") -> list[str]:
    rows = scene.world.as_owner(
        "SELECT state FROM machinery.message WHERE what = %s ORDER BY made_at", (what,)
    )
    return [row[0] for row in rows]


def passed(scene: Bodies, seconds: int) -> None:
    """So much real time has gone by for what waits to be sent."""
    scene.without(
        f"UPDATE machinery.message SET next_try = next_try - interval '{seconds} s',"
        f" done_at = done_at - interval '{seconds} s'"
    )


def test_a_call_is_one_text_without_a_word_or_a_name(scene: Bodies) -> None:
    first, second = scene.records
    post = Kept()
    caller(scene).step()
    assert sender(scene, post).step() == 1
    (text,) = post.came
    assert text.to == address("lead")
    assert text.text == (
        "Heed: 2 concerns may mean danger now. Open: http://127.0.0.1:8001/calls\n"
    )
    assert states(scene) == ["sent", "sent"]
    assert sender(scene, post).step() == 0
    say(scene, "lead", first)
    later(scene, 15.1)
    caller(scene).step()
    assert sender(scene, post).step() == 1
    text = post.came[1]
    assert text.to == address("colleague")
    link = f"http://127.0.0.1:8001/c/{newest(scene, second)[1]}"
    assert text.text == f"Heed: a concern may mean danger now. Open: {link}\n"
    assert len(text.text) <= 160  # one text, GSM 03.38
    assert str(second) not in text.text


def test_who_is_answered_for_or_walled_before_it_goes_gets_nothing(scene: Bodies) -> None:
    first, _ = scene.records
    post = Kept()
    caller(scene).step()
    say(scene, "lead", first)
    scene.without(
        "INSERT INTO machinery.owed_match (record, person, entry) VALUES"
        f" ('{scene.records[1]}', '{scene.world.people['lead']}', '{scene.records[1]}')"
    )
    assert sender(scene, post).step() == 0
    assert states(scene) == ["overtaken", "overtaken"]


def test_what_waited_while_somebody_acted_is_not_sent_when_something_new_comes(
    scene: Bodies,
) -> None:
    told = scene.world.tell(danger=Danger.YES)
    scene.world.open()
    caller(scene).step()
    desk = Desk(scene.world.link("heed_office"))
    desk.open(scene.keys["lead"], scene.world.people["lead"], told.record, CHANCE, scene.to)
    choice = {"concerned": None, "choice": Choice.REFER, "reason": "at risk"}
    scene.act("lead", decide(CHANCE, scene.to, record=told.record, **choice))
    scene.world.tell("He is here now.", code=told.code, door=told.door)
    scene.world.open()
    post = Kept()
    assert sender(scene, post).step() == 1
    assert sorted(states(scene)) == ["overtaken", "sent", "sent"]  # the other two concerns


def test_without_that_question_somebody_accused_is_sent_a_text(scene: Bodies) -> None:
    caller(scene).step()
    scene.without(
        "INSERT INTO machinery.owed_match (record, person, entry) SELECT r.id,"
        f" '{scene.world.people['lead']}', r.id FROM facts.record r"
    )
    scene.without_line(
        "machinery.to_send(integer)", "NOT register.may_work_on(m.person, m.record)", "false"
    )
    post = Kept()
    assert sender(scene, post).step() == 1


def test_whose_number_is_refused_is_passed_over_at_once(scene: Bodies) -> None:
    first = scene.records[0]
    with mail_server() as server:
        server.recipients[address("lead")] = "550 no such number"
        post = SmtpPost("localhost", server.port, "heed@example.org")
        sends = Sender(scene.world.link("heed_sweep"), post, Configuration())
        caller(scene).step()
        assert sends.step() == 0
        assert states(scene) == ["refused", "refused"]
        caller(scene).step()
        assert sends.step() == 1
    assert called(scene, first) == ["lead", "colleague"]
    assert server.to == [address("colleague")]
    assert caller(scene).step() == 0


def rounds(scene: Bodies, post: Kept, *minutes: float) -> None:
    """Whoever is to be called is, and what waits is sent, at these minutes."""
    for each in minutes:
        later(scene, each)
        for _ in range(6):
            caller(scene).step()
            passed(scene, 120)
            sender(scene, post).step()


def test_where_every_number_is_refused_nobody_is_called_again_and_again(scene: Bodies) -> None:
    post = Kept()
    everybody = ["lead", "colleague", "contact", "overseer"]
    post.fails = {address(name): Refused("no") for name in everybody}
    rounds(scene, post, 0)
    assert called(scene, scene.records[0]) == everybody
    rounds(scene, post, 15.5)
    assert called(scene, scene.records[0])[4:] == ["lead"]


def test_where_a_post_refused_everybody_they_are_called_again_once_it_is_mended(
    scene: Bodies,
) -> None:
    post = Kept()
    everybody = ["lead", "colleague", "contact", "overseer"]
    post.fails = {address(name): Refused("no") for name in everybody}
    rounds(scene, post, 0)
    post.fails.clear()
    rounds(scene, post, 15.5, 31, 46.5, 62, 77.5)
    made = called(scene, scene.records[0])[4:]
    assert made == ["lead", "colleague", "contact", "contact", "contact"]
    assert [one.to for one in post.came] == [address(name) for name in made]


def test_where_the_outside_contact_cannot_be_reached_everybody_else_is_in_turn(
    scene: Bodies,
) -> None:
    post = Kept()
    post.fails = {address("contact"): Refused("no")}
    rounds(scene, post, 0, 15.5, 31, 46.5, 62, 77.5)
    in_turn = ["lead", "colleague", "contact", "overseer", "lead", "colleague", "contact"]
    assert called(scene, scene.records[0]) == [*in_turn, "overseer"]
    assert [one.to for one in post.came] == [
        address(name) for name in ("lead", "colleague", "overseer", "lead", "colleague", "overseer")
    ]


def test_without_that_question_only_whoever_cannot_be_reached_is_called(scene: Bodies) -> None:
    post = Kept()
    post.fails = {address("contact"): Refused("no")}
    scene.without_line(
        "register.whom_to_call(uuid,timestamp with time zone)",
        "WHEN NOT register.is_refused(p_record, outside[1])",
        "WHEN true",
    )
    rounds(scene, post, 0, 15.5, 31, 46.5)
    assert called(scene, scene.records[0]) == ["lead", "colleague", "contact", "contact"]


def test_a_server_that_says_later_is_asked_again_and_the_reason_is_kept(scene: Bodies) -> None:
    caller(scene).step()
    with mail_server() as server:
        server.everybody = "451 greylisted"
        post = SmtpPost("localhost", server.port, "heed@example.org")
        sends = Sender(scene.world.link("heed_sweep"), post, Configuration())
        assert sends.step() == 0
        assert sends.step() == 0  # not at once
        assert states(scene) == ["waiting", "waiting"]
        (row,) = scene.world.as_owner("SELECT DISTINCT why FROM machinery.message")
        assert row[0] == "the mail server answered 451"
        passed(scene, 20)
        server.everybody = ""
        assert sends.step() == 1
    assert states(scene) == ["sent", "sent"]


def test_a_post_that_fails_for_an_hour_still_has_the_next_people_called(scene: Bodies) -> None:
    post = Kept()
    post.fails = {address("lead"): NotYet("away")}
    for minutes in (0, 15.1, 30.2):
        later(scene, minutes)
        caller(scene).step()
        sender(scene, post).step()
    assert called(scene, scene.records[0]) == ["lead", "colleague", "contact"]
    assert {one.to for one in post.came} == {address("colleague"), address("contact")}


@pytest.mark.parametrize("after", [False, True])
def test_a_sender_that_is_killed_sends_it_again_rather_than_never(
    scene: Bodies, tmp_path: Path, after: bool
) -> None:
    """SIGKILL between entry and message, and between message and its note."""
    if after:
        (tmp_path / "after").touch()
    caller(scene).step()
    command = [sys.executable, "-m", "tests.loops.slow_sender", scene.world.urls["heed_sweep"]]
    child = subprocess.Popen([*command, str(tmp_path)])
    while not (tmp_path / "begun").exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.kill()
    child.wait()
    assert len(list(tmp_path.glob("kept/*.eml"))) == after
    assert states(scene) == ["waiting", "waiting"]
    post = Kept()
    assert sender(scene, post).step() == 0  # it may be another's still
    passed(scene, 90)
    assert sender(scene, post).step() == 1
    assert called(scene, scene.records[0]) == ["lead"]  # the call itself is recorded once


def test_two_of_each_at_once_record_each_call_once(scene: Bodies) -> None:
    for _ in range(20):
        scene.world.tell("more")
    scene.world.open()
    post, links = Kept(), [Link(scene.world.urls["heed_sweep"]) for _ in range(4)]

    def work(link: Link) -> None:
        for _ in range(5):
            CallOuts(link, scene.to).step()
            Sender(link, post, Configuration()).step()
        link.close()

    threads = [threading.Thread(target=work, args=(link,)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = scene.world.as_owner("SELECT record, count(*) FROM facts.call_out GROUP BY record")
    assert len(rows) == 22
    assert {count for _, count in rows} == {1}


def test_one_telephone_gets_one_text_in_two_minutes(scene: Bodies) -> None:
    post = Kept()
    caller(scene).step()
    sender(scene, post).step()
    for _ in range(3):
        scene.world.tell("more")
    scene.world.open()
    caller(scene).step()
    assert sender(scene, post).step() == 0
    passed(scene, 120)
    assert sender(scene, post).step() == 1
    assert re.search("3 concerns", post.came[1].text)


def test_whom_the_ladder_tells_gets_a_notice_that_says_nothing(
    scene: Bodies, tmp_path: Path
) -> None:
    from tests.walls.test_ladder import climbed, days_later  # the working days of the ladder

    days_later(scene, 0)
    reachable(scene, "lead", "third", email=True)
    climbed(scene, tmp_path, 3)
    assert set(states(scene, "notice")) == {"waiting"}
    post = Kept()
    sender(scene, post).step()
    assert set(states(scene, "notice")) == {"sent"}
    notices = [one for one in post.came if "sms" not in one.to]
    assert sorted(one.to for one in notices) == ["lead@example.org", "third@example.org"]
    assert {one.text for one in notices} == {
        "Something you were told of waits. Sign in: http://127.0.0.1:8001/\n"
    }


def test_no_notice_is_lost_with_one_about_a_record_that_its_reader_may_not_have(
    scene: Bodies, tmp_path: Path
) -> None:
    from tests.walls.test_ladder import climbed, days_later

    days_later(scene, 0)
    reachable(scene, "third", email=True)
    climbed(scene, tmp_path, 3)
    (row,) = scene.world.as_owner(
        "SELECT record FROM machinery.message WHERE what = 'notice' ORDER BY made_at LIMIT 1"
    )
    scene.without(
        "INSERT INTO machinery.owed_match (record, person, entry) VALUES"
        f" ('{row[0]}', '{scene.world.people['third']}', '{row[0]}')"
    )
    post = Kept()
    sender(scene, post).step()
    assert [one.to for one in post.came if "sms" not in one.to] == ["third@example.org"]
    assert sorted(states(scene, "notice")) == ["overtaken", "sent"]


def test_a_token_answers_after_the_message_was_sent_too(scene: Bodies) -> None:
    first = scene.records[0]
    caller(scene).step()
    sender(scene, Kept()).step()
    entry = answer_call(CHANCE, scene.to, record=first, message=newest(scene, first)[1])
    scene.world.register("heed_signin").append(entry)
    later(scene, 30)
    caller(scene).step()
    assert called(scene, first) == ["lead"]


def test_whoever_is_restricted_while_the_first_text_goes_gets_nothing(scene: Bodies) -> None:
    caller(scene).step()
    later(scene, 15.1)
    caller(scene).step()

    class Slow(Kept):
        """Whoever is not the first is restricted while the first one's text goes."""

        def send(self, message: Message) -> None:
            if not self.came:
                other = "lead" if message.to == address("colleague") else "colleague"
                scene.without(
                    "INSERT INTO machinery.owed_match (record, person, entry) SELECT r.id,"
                    f" '{scene.world.people[other]}', r.id FROM facts.record r"
                )
            super().send(message)

    post = Slow()
    assert sender(scene, post).step() == 1
    assert len(post.came) == 1


def test_a_clock_that_is_put_back_stops_no_text(scene: Bodies) -> None:
    caller(scene).step()
    assert sender(scene, Kept()).step() == 1
    scene.without("UPDATE machinery.message SET done_at = done_at + interval '1 year'")
    scene.world.tell("more")
    scene.world.open()
    caller(scene).step()
    scene.without(
        "UPDATE machinery.message SET next_try = next_try + interval '1 year'"
        " WHERE state = 'waiting'"
    )
    assert sender(scene, Kept()).step() == 1


def test_a_text_that_nobody_tried_to_send_is_told_to_the_doctor(scene: Bodies) -> None:
    caller(scene).step()
    scene.without("UPDATE machinery.message SET made_at = made_at - interval '2 minutes'")
    with psycopg.connect(scene.world.urls["heed_owner"]) as connection:
        connection.execute("SET ROLE heed_rule")
        assert any("messages wait" in sentence for sentence in faults(connection))
