"""A world in which chance and the record's clock stand still, so that two of them can be compared."""

import random
import re
from datetime import timedelta
from hashlib import sha256

import psycopg

from tests.walls.twin_questions import BEGINNING, PEOPLE, POSTS
from tests.world import World

SESSIONS = {name: sha256(name.encode()).hexdigest() for name in (*PEOPLE, *POSTS)}
"""Everybody's session key."""


class FixedChance:
    """The port Chance: what is drawn follows from what it was begun with."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, about: str) -> None:
        """Draw from the beginning again."""
        self._drawn = random.Random(about)

    def bytes(self, count: int) -> bytes:
        """`count` bytes."""
        return self._drawn.randbytes(count)


CHANCE = FixedChance()
_STANDING_STILL = b"""
CREATE SCHEMA twin;
CREATE SEQUENCE twin.drawing;
CREATE TABLE twin.fixed (about text, at timestamptz);
INSERT INTO twin.fixed VALUES ('', now());
CREATE FUNCTION twin.now() RETURNS timestamptz LANGUAGE sql SECURITY DEFINER
    AS 'SELECT at FROM twin.fixed';
CREATE FUNCTION twin.drawn() RETURNS uuid LANGUAGE sql SECURITY DEFINER
    AS 'SELECT md5(about || nextval(''twin.drawing''))::uuid FROM twin.fixed';
GRANT USAGE ON SCHEMA twin TO PUBLIC;
"""
_FUNCTIONS = b"""
SELECT pg_get_functiondef(p.oid) FROM pg_proc p
WHERE p.pronamespace IN ('register'::regnamespace, 'machinery'::regnamespace)
"""
_DRAWS = r"gen_random_uuid\(\)"
_READS_CLOCK = r"clock_timestamp\(\) \+ coalesce\([\w.]+, interval '0'\)"
_SET = b"""
WITH signed_in AS (
    INSERT INTO machinery.session (key_hash, person, expires_at)
    SELECT sha256(convert_to(u.key, 'UTF8')), u.person, clock_timestamp() + interval '1 hour'
    FROM unnest(%s::text[], %s::uuid[]) AS u(key, person) WHERE u.person IS NOT NULL ON CONFLICT DO NOTHING)
UPDATE twin.fixed SET about = %s, at = %s FROM (SELECT setval('twin.drawing', 1)) AS anew
"""


def at(world: World, minute: float, about: object = "") -> None:
    """It is so many minutes after BEGINNING; chance begins anew, and everybody is signed in."""
    with world.database.server.superuser(world.database.name) as connection:
        set_moment(connection, world, minute, f"minute {minute} {about}")


def set_moment(connection: psycopg.Connection, world: World, minute: int, about: str) -> None:
    """As `at`, on a connection of the superuser's."""
    CHANCE.begin(about)
    keys, people = list(SESSIONS.values()), [world.people.get(name) for name in SESSIONS]
    connection.execute(_SET, (keys, people, about, BEGINNING + timedelta(minutes=minute)))


def stand_still(world: World) -> None:
    """The database's own chance and the record's clock make way for fixed ones; all else stays."""
    with world.database.server.superuser(world.database.name) as connection:
        connection.execute(_STANDING_STILL)
        draws = reads = 0
        for (text,) in connection.execute(_FUNCTIONS).fetchall():
            fixed, drawn = re.subn(_DRAWS, "twin.drawn()", text)
            fixed, read = re.subn(_READS_CLOCK, "twin.now()", fixed)
            draws, reads = draws + drawn, reads + read
            if fixed != text:
                connection.execute(fixed.encode())
    assert draws, "the database draws otherwise now"
    assert reads >= 2, "the database reads the record's clock otherwise now"
