"""Who must not see a record finds no sign of it at any door; and no role asks the tables or the rule itself."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from heed.access import commands
from heed.access.remits import give_remit
from heed.referral.commands import Heard
from heed.store.install import ROLES
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.asking_again import all_of_it
from tests.walls.bodies import Bodies, bodies
from tests.walls.changes import Change, ask, naming, relating, wall_off
from tests.walls.linking import linking
from tests.walls.naming_people import joining, name_and_decide
from tests.walls.referring import FORCE, criticising, hearing, referring
from tests.walls.seconding import a_coach_decided, harm_answered
from tests.walls.test_approving import asks as asks_for_a_yes
from tests.walls.test_files import flag, put_on
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

REFUSED = "42501"
NOT_WALLED = ("NOT IN (SELECT register.hidden_from(me))", "IS NOT NULL")
MAY_SEE = ("machinery.may_see(uuid)", "NOT register.hidden(me, p_record)", "true")
OVERSEEN = "machinery.overseen(timestamp with time zone,uuid,integer,uuid)"
UNCONFIRMED = "machinery.unconfirmed(integer,uuid)"
SECONDINGS = "machinery.secondings(uuid)"
REPORTERS = "machinery.reporters_wait(integer,uuid)"
LOOKS_OF = "machinery.looks_of(uuid,timestamp with time zone,uuid,integer)"

DOORS: dict[str, tuple[str, str, str]] = {
    "SELECT machinery.my_records()": ("machinery.my_records()", *NOT_WALLED),
    "SELECT * FROM facts.record": ("machinery.my_records()", *NOT_WALLED),
    "SELECT machinery.my_open_records()": MAY_SEE,
    "SELECT * FROM facts.item": MAY_SEE,
    "SELECT * FROM words.item": MAY_SEE,
    "SELECT register.thread_key('{record}')": MAY_SEE,
    "SELECT * FROM machinery.restrictions('{record}')": MAY_SEE,
    "SELECT * FROM machinery.looks_at('{record}')": MAY_SEE,
    "SELECT * FROM machinery.namings('{record}')": MAY_SEE,
    "SELECT * FROM machinery.decisions('{record}')": MAY_SEE,
    "SELECT * FROM machinery.joined_with('{record}')": MAY_SEE,
    "SELECT * FROM machinery.referrals(ARRAY['{record}'::uuid])": MAY_SEE,
    "SELECT * FROM machinery.referral_steps(ARRAY['{record}'::uuid])": MAY_SEE,
    "SELECT * FROM machinery.links(ARRAY['{record}'::uuid])": MAY_SEE,
    "SELECT * FROM machinery.criticised('{record}')": MAY_SEE,
    "SELECT * FROM machinery.leaves('{record}')": MAY_SEE,
    "SELECT * FROM machinery.tellings('{record}')": MAY_SEE,
    "SELECT * FROM machinery.harm_tests('{record}')": MAY_SEE,
    "SELECT * FROM machinery.unconfirmed(50)": (UNCONFIRMED, *NOT_WALLED),
    "SELECT * FROM machinery.unconfirmed(1, '{referral}')": (UNCONFIRMED, *NOT_WALLED),
    "SELECT * FROM machinery.secondings(NULL)": (SECONDINGS, *NOT_WALLED),
    "SELECT * FROM machinery.secondings('{seconding}')": (SECONDINGS, *NOT_WALLED),
    "SELECT machinery.held_until('{record}')": MAY_SEE,
    "SELECT * FROM machinery.reporters_wait(50)": (REPORTERS, *NOT_WALLED),
    "SELECT * FROM machinery.reporters_wait(1, '{challenge}')": (REPORTERS, *NOT_WALLED),
    "SELECT * FROM machinery.team(50)": ("machinery.team(integer,uuid)", *NOT_WALLED),
    "SELECT * FROM machinery.team(50, '{record}')": ("machinery.team(integer,uuid)", *NOT_WALLED),
    "SELECT machinery.my_remit_records()": ("machinery.my_records()", *NOT_WALLED),
    "SELECT * FROM machinery.custody()": ("machinery.custody()", *NOT_WALLED),
    "SELECT * FROM machinery.overseen(NULL, NULL, 200)": (OVERSEEN, *NOT_WALLED),
    "SELECT * FROM machinery.overseen(NULL, NULL, 200, '{record}')": (OVERSEEN, *NOT_WALLED),
    "SELECT * FROM machinery.flags('{record}')": (
        "machinery.flags(uuid)",
        "AND NOT register.hidden(me, g.record)",
        "",
    ),
    "SELECT * FROM machinery.approvals()": (
        "register.may_approve(uuid,uuid,uuid)",
        "AND NOT register.hidden(p_me, p_record)",
        "",
    ),
    "SELECT * FROM machinery.looks_of('{lead}', NULL, NULL, 200)": (
        LOOKS_OF,
        "r.id <> ALL (hidden)",
        "true",
    ),
}
"""What the office asks, and the words in a function that keep it from who must not see."""


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The overseer keeps the restrictions too, asked to see the first record, and has seen it.

    They manage the lead's team besides, and have a remit for it.
    """
    with bodies(server) as made:
        all_posts = ["custodian", "manager", "overseer"]
        person, team = made.world.people["overseer"], made.units["team"]
        for entry in (
            commands.set_posts(CHANCE, made.to, person=person, posts=all_posts),
            commands.employ(CHANCE, made.to, person=person, unit=team),
            give_remit(CHANCE, made.to, person=person, unit=team),
        ):
            made.world.register().append(entry)
        wall_off(made, "archive")
        ask(made)
        for name, purpose in (("lead", "own queue"), ("overseer", "oversight")):
            me, records = made.world.people[name], made.records[:1]
            look = commands.look(CHANCE, made.to, person=me, records=records, purpose=purpose)
            made.act(name, look)
        name_and_decide(made, made.records[0])
        flag(made, put_on(made))
        asks_for_a_yes(made)
        second = made.records[1]
        person = made.world.people["overseer"]
        made.act(
            "overseer",
            commands.ask_for_content(
                CHANCE, made.to, person=person, record=second, reason="sample"
            ),
        )
        made.act(*joining(made))
        made.act(*criticising(made, made.records[0], FORCE))
        told = referring(made, made.records[0])
        made.act(*told)
        made.act(
            *hearing(made, made.records[0], told.entry.id, Heard.OPENED)
        )  # and no more: unconfirmed
        decision = made.world.as_owner("SELECT entry FROM facts.decision")[0][0]
        all_of_it(made, made.records[0], decision)
        linking(made, made.records[0])
        coach, _ = a_coach_decided(made, made.records[0], Choice.NO_FURTHER_ACTION)
        made.act(*harm_answered(made, made.records[0], coach))
        yield made


def _answer(scene: Bodies, question: str, record: UUID) -> str:
    """What the overseer is told."""
    waiting = {
        "referral": "SELECT entry FROM facts.referral WHERE how = 'telephone'",
        "seconding": "SELECT entry FROM facts.seconding",
        "challenge": "SELECT entry FROM facts.challenge",
    }
    one = {name: scene.world.as_owner(asked)[0][0] for name, asked in waiting.items()}
    filled = question.format(record=record, lead=scene.world.people["lead"], **one)
    with scene.connected("overseer") as connection:
        return str(connection.execute(filled.encode()).fetchall())


def _speaks(scene: Bodies, question: str) -> bool:
    """Whether the first record shows: by its id, reference or restrictions, or as more than none."""
    record = scene.records[0]
    said = _answer(scene, question, record)
    if "{record}" in question:
        return said != _answer(scene, question, uuid4())
    marks = scene.world.as_owner(
        "SELECT reference FROM facts.record WHERE id = %s"
        " UNION SELECT entry::text FROM facts.wall WHERE record = %s",
        (record, record),
    )
    return any(mark in said for mark in (str(record), *(row[0] for row in marks)))


def _sent(scene: Bodies, *changes: Change) -> None:
    for change in changes:
        if change.who.startswith("heed_"):
            scene.world.register(change.who).append(change.entry)
        else:
            scene.act(*change)


WAYS: dict[str, Callable[[Bodies], None]] = {
    "is named": lambda s: _sent(s, naming(s, "lead", "overseer")),
    "is close to who is named": lambda s: _sent(
        s, naming(s, "lead", "third"), relating(s, "third", "overseer")
    ),
    "works where it is about": lambda s: wall_off(s, "oversight"),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_overseer_and_custodian_who_must_not_see_it_finds_no_sign_of_it(
    scene: Bodies, way: str
) -> None:
    assert [door for door in DOORS if not _speaks(scene, door)] == []
    WAYS[way](scene)
    assert [door for door in DOORS if _speaks(scene, door)] == []


@pytest.mark.parametrize("door", DOORS)
def test_without_that_question_the_door_speaks_of_it(scene: Bodies, door: str) -> None:
    WAYS["is named"](scene)
    assert not _speaks(scene, door)
    scene.without_line(*DOORS[door])
    assert _speaks(scene, door)


def _code(connection: psycopg.Connection, statement: str) -> str | None:
    try:
        with connection.transaction():
            connection.execute(statement.encode())
    except psycopg.Error as refused:
        return refused.sqlstate
    return None


def _functions(scene: Bodies) -> dict[str, str]:
    """A call of every function of ours, with nothing as its arguments, by its signature."""
    rows = scene.world.as_owner(
        "SELECT p.oid::regprocedure::text, p.oid::regproc::text,"
        " ARRAY(SELECT format('NULL::%%s', t::regtype) FROM unnest(p.proargtypes) AS t)"
        " FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('register', 'machinery')"
        " AND p.prorettype <> 'trigger'::regtype"
    )
    return {signature: f"SELECT {name}({', '.join(nothing)})" for signature, name, nothing in rows}


RULE = (
    "walled_from", "walled", "hidden_from", "hidden", "may_work_on",
    "may_answer", "units_of", "next_owners", "settle", "holds", "parent_of",
    "body_of", "bodies_of", "check_administers", "decide", "decide_people", "decide_record",
    "decide_sorting", "apply_sorting", "has_read", "was_decided", "is_sampled", "names_child_and_harm",
    "decide_staff", "apply_staff", "decide_away", "take_credential", "invite", "is_here",
    "apply", "on_duty", "active_person", "my_session", "may_see",
    "beneath", "remit_units", "by_remit", "reads_by_remit", "said_why",
    "decide_remits", "apply_remits", "team_of", "decide_proposed",
    "is_dark", "acts", "calls_now", "is_refused", "may_call", "whom_to_call", "next_call_at", "notify",
    "ways_to", "tell_custodians",
    "decide_call_out", "decide_call_answered", "decide_reach", "decide_calling", "apply_calling",
    "check_owns", "to_decide_for", "decide_concerned", "apply_concerned", "count_unseen",
    "count_to_do", "lost_by", "reached_by",
    "said_in", "early_at", "decide_unflagging", "decide_approving", "apply_approving",
    "needs_approval", "may_approve", "is_contact", "named_by",
    "is_sealed", "is_unsealed_to", "may_ask_who", "may_be_second", "may_review_who",
    "decide_identity", "decide_identity_look", "apply_identity",
    "close_to", "was_set_up", "bodies_with", "bodies_of_slot", "shares_body",
    "in_line", "criticised_in", "judges_itself", "body_named", "was_referred", "declined_since",
    "only_unconfirmed_since", "was_chased", "rests", "wait_anew", "went_out",
    "reopen_nothing", "answered_otherwise", "press",
    "decide_referred", "decide_referral", "apply_referral",
    "decide_pack", "apply_pack",
    "replied", "is_own",
    "ask_waits", "owner_and", "may_answer_challenge", "counts", "decide_asked_again", "decide_challenged",
    "decide_challenge_answered", "decide_telling", "decide_challenge_chased", "decide_asked", "apply_asked",
    "decide_link", "decide_link_heard", "apply_link", "link_stands", "link_gives", "link_state", "link_tried",
    "second_for", "is_agreed", "agreed_to", "still_waits", "reopen", "decide_trust", "apply_trust",
)  # fmt: skip


def test_no_role_calls_the_rule_itself(scene: Bodies) -> None:
    calls = {
        signature: call
        for signature, call in _functions(scene).items()
        if signature.split("(")[0].split(".")[1] in RULE
    }
    assert len(calls) == len(RULE)
    for role in (*ROLES, "overseer"):
        with scene.connected(role) as connection:
            allowed = [call for call in calls.values() if _code(connection, call) != REFUSED]
            assert allowed == [], role


SECRET = ("wall", "relation", "offer", "request", "look", "turn", "slot", "stopped", "head")
SECRET += ("naming", "decision", "joined", "passed", "mention", "sample")
SECRET += ("flag", "asking", "opening", "approval")
SECRET += ("criticism", "referral", "step", "reach", "link")
SECRET += ("identity", "unsealing", "unsealed", "remit", "held")
SECRET += ("call_out", "ask", "telling", "hold", "challenge")
SECRET += ("harm_test", "seconding")


@pytest.mark.parametrize("who", [*ROLES, "overseer"])
def test_no_role_reads_or_writes_restrictions_relations_offers_or_requests(
    scene: Bodies, who: str
) -> None:
    with scene.connected(who) as connection:
        for table in SECRET:
            for statement in (
                f"SELECT FROM facts.{table}",
                f"SELECT count(*) FROM facts.{table}",
                f"COPY facts.{table} TO STDOUT",
                f"INSERT INTO facts.{table} SELECT * FROM facts.{table}",
                f"DELETE FROM facts.{table}",
                f"TRUNCATE facts.{table}",
                f"LOCK TABLE facts.{table} IN ACCESS SHARE MODE",
            ):
                assert _code(connection, statement) == REFUSED, statement
        for table in ("unit", "line", "employment", "person", "record"):
            for statement in (f"DELETE FROM facts.{table}", f"TRUNCATE facts.{table}"):
                assert _code(connection, statement) == REFUSED, statement
        for mode in ("ACCESS SHARE", "ROW EXCLUSIVE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"):
            assert _code(connection, f"LOCK TABLE register.gate IN {mode} MODE") == REFUSED


def test_a_grant_alone_opens_nothing_and_with_each_wall_gone_the_restrictions_are_told(
    scene: Bodies,
) -> None:
    WAYS["is named"](scene)
    me = scene.world.people["overseer"]
    asked = f"SELECT register.walled_from('{me}')"
    with scene.connected("overseer") as office:
        scene.without("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA register TO heed_office")
        assert _code(office, asked) == REFUSED  # it runs as who calls it
        scene.without("GRANT SELECT ON ALL TABLES IN SCHEMA facts TO heed_office")
        assert office.execute(asked.encode()).fetchall() == []  # and no row is theirs
        scene.without("CREATE POLICY more ON facts.wall FOR SELECT TO heed_office USING (true)")
        assert office.execute(asked.encode()).fetchall() == [(scene.records[0],)]


def test_one_function_that_ran_as_the_rule_would_tell_anybody_who_is_restricted(
    scene: Bodies,
) -> None:
    WAYS["is named"](scene)
    me = scene.world.people["overseer"]
    with scene.connected("heed_office") as office:
        scene.without(
            "GRANT EXECUTE ON FUNCTION register.walled_from(uuid) TO heed_office",
            "ALTER FUNCTION register.walled_from(uuid) SECURITY DEFINER",
        )
        rows = office.execute("SELECT register.walled_from(%s)", (me,)).fetchall()
        assert rows == [(scene.records[0],)]
