"""Every way that we know to take a wall down in the database, one at a time, and how to put it back.

Each is done by the superuser. `code` is that of the probe which must see it; others may see it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.copies import Scene


@dataclass(frozen=True)
class Break:
    """Statements that take a wall down and put it back; `says`: words of the probe's sentence."""

    name: str
    code: str
    down: tuple[str, ...]
    up: tuple[str, ...]
    says: str = ""
    versions: tuple[int, ...] = (15, 18)

    @contextmanager
    def made(self, scene: Scene) -> Iterator[None]:
        """Down within, up behind: roles belong to the whole server."""
        scene.without(*self.down)
        try:
            yield
        finally:
            scene.without(*self.up)


def _replacing(function: str, old: str, new: str) -> str:
    return (
        "DO $do$ BEGIN EXECUTE replace(pg_get_functiondef("
        f"'{function}'::regprocedure), $a${old}$a$, $a${new}$a$); END $do$"
    )


def rewritten(name: str, code: str, function: str, old: str, new: str, says: str = "") -> Break:
    """A function that says `new` where it said `old`."""
    return Break(
        name, code, (_replacing(function, old, new),), (_replacing(function, new, old),), says
    )


def _role(name: str, flag: str) -> Break:
    return Break(
        f"{name} {flag}", "roles", (f"ALTER ROLE {name} {flag}",), (f"ALTER ROLE {name} NO{flag}",)
    )


def _granted(code: str, what: str, to: str, says: str = "") -> Break:
    return Break(
        f"{what} to {to}", code, (f"GRANT {what} TO {to}",), (f"REVOKE {what} FROM {to}",), says
    )


ROW_SECURITY = (
    Break(
        "facts not forced",
        "row_security",
        ("ALTER TABLE facts.record NO FORCE ROW LEVEL SECURITY",),
        ("ALTER TABLE facts.record FORCE ROW LEVEL SECURITY",),
        "facts.record",
    ),
    Break(
        "words not walled",
        "row_security",
        ("ALTER TABLE words.item DISABLE ROW LEVEL SECURITY",),
        ("ALTER TABLE words.item ENABLE ROW LEVEL SECURITY",),
        "words.item",
    ),
    Break(
        "a new table without walls",
        "row_security",
        ("CREATE TABLE words.copied AS SELECT * FROM words.item",),
        ("DROP TABLE words.copied",),
        "words.copied",
    ),
)
APPEND_ONLY = (
    Break(
        "trigger off",
        "append_only",
        ("ALTER TABLE register.entry DISABLE TRIGGER append_only",),
        ("ALTER TABLE register.entry ENABLE ALWAYS TRIGGER append_only",),
        "register.entry",
    ),
    Break(
        "trigger on, but not always",
        "append_only",
        ("ALTER TABLE register.leaf ENABLE TRIGGER append_only",),
        ("ALTER TABLE register.leaf ENABLE ALWAYS TRIGGER append_only",),
        "register.leaf",
    ),
    Break(
        "trigger gone",
        "append_only",
        ("DROP TRIGGER append_only ON register.checkpoint",),
        (
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.checkpoint"
            " FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change()",
            "ALTER TABLE register.checkpoint ENABLE ALWAYS TRIGGER append_only",
        ),
        "register.checkpoint",
    ),
    _granted("changes", "DELETE ON register.leaf", "PUBLIC", "register.leaf"),
    _granted("changes", "TRUNCATE ON register.checkpoint", "heed_sequencer"),
    _granted("changes", "UPDATE (facts) ON register.entry", "heed_rule", "heed_rule"),
)
FUNCTIONS = (
    Break(
        "runs as the superuser",
        "runs_as",
        ("ALTER FUNCTION machinery.me() OWNER TO CURRENT_USER",),
        ("ALTER FUNCTION machinery.me() OWNER TO heed_rule",),
        "machinery.me()",
    ),
    Break(
        "no search path",
        "runs_as",
        ("ALTER FUNCTION machinery.me() RESET search_path",),
        ("ALTER FUNCTION machinery.me() SET search_path = pg_catalog, pg_temp",),
    ),
    _granted("runs_as", "EXECUTE ON FUNCTION machinery.my_records()", "PUBLIC"),
    rewritten(
        "another body",
        "function",
        "machinery.me()",
        "RETURN found_person",
        "RETURN (found_person)",
        "machinery.me() was changed",
    ),
    Break(
        "a function more",
        "function",
        (
            "CREATE FUNCTION machinery.leak() RETURNS text LANGUAGE sql"
            " SET search_path = pg_catalog, pg_temp AS 'SELECT 1::text'",
            "REVOKE ALL ON FUNCTION machinery.leak() FROM PUBLIC",
        ),
        ("DROP FUNCTION machinery.leak()",),
        "machinery.leak() was added",
    ),
)
ROLES = (
    *(_role("heed_office", flag) for flag in ("SUPERUSER", "BYPASSRLS", "REPLICATION")),
    *(_role("heed_intake", flag) for flag in ("CREATEDB", "CREATEROLE")),
    Break(
        "the rule logs in",
        "roles",
        ("ALTER ROLE heed_rule LOGIN",),
        ("ALTER ROLE heed_rule NOLOGIN",),
    ),
    _granted("members", "heed_rule", "heed_intake", "heed_intake as heed_rule"),
    _granted("members", "heed_opener", "heed_office", "heed_office as heed_opener"),
    _granted("members", "pg_read_all_data", "heed_office"),
    Break(
        "somebody else may act as the office",
        "members",
        ("CREATE ROLE stranger", "GRANT heed_office TO stranger"),
        ("DROP ROLE stranger",),
        "stranger as heed_office",
    ),
    Break(
        "the owner inherits the rule",
        "members",
        ("GRANT heed_rule TO heed_owner WITH INHERIT TRUE",),
        ("GRANT heed_rule TO heed_owner WITH INHERIT FALSE",),
        versions=(18,),
    ),
    Break(
        "the owner inherits",
        "members",
        ("ALTER ROLE heed_owner INHERIT",),
        ("ALTER ROLE heed_owner NOINHERIT",),
        versions=(15,),
    ),
    Break(
        "a search path for a role",
        "settings",
        ("ALTER ROLE heed_office SET search_path = words, facts",),
        ("ALTER ROLE heed_office RESET search_path",),
    ),
    Break(
        "an identity for a role",
        "settings",
        ("ALTER ROLE heed_office SET heed.session = 'key'",),
        ("ALTER ROLE heed_office RESET heed.session",),
    ),
)
PAST = (
    Break(
        "a view",
        "views",
        ("CREATE VIEW public.seen AS SELECT body FROM words.item",),
        ("DROP VIEW public.seen",),
        "public.seen",
    ),
    Break(
        "a view with the reader's rights",
        "views",
        ("CREATE VIEW facts.seen WITH (security_invoker) AS SELECT * FROM facts.record",),
        ("DROP VIEW facts.seen",),
    ),
    Break(
        "a materialised view",
        "views",
        ("CREATE MATERIALIZED VIEW public.seen AS SELECT * FROM facts.record",),
        ("DROP MATERIALIZED VIEW public.seen",),
    ),
    Break(
        "a rule",
        "views",
        ("CREATE RULE copied AS ON INSERT TO words.item DO ALSO NOTIFY copied",),
        ("DROP RULE copied ON words.item",),
        "words.item",
    ),
    Break(
        "a publication",
        "views",
        ("CREATE PUBLICATION sent FOR TABLE words.item",),
        ("DROP PUBLICATION sent",),
        "publication sent",
    ),
)
ELSEWHERE = (
    Break(
        "a copy where all may look",
        "elsewhere",
        ("CREATE TABLE information_schema.copied AS SELECT * FROM words.item",),
        ("DROP TABLE information_schema.copied",),
        "information_schema.copied",
    ),
    Break(
        "a foreign schema",
        "elsewhere",
        (
            "CREATE SCHEMA other",
            "GRANT USAGE ON SCHEMA other TO heed_office",
            "CREATE TABLE other.copied AS SELECT * FROM words.item",
        ),
        ("DROP SCHEMA other CASCADE",),
        "other.copied",
    ),
    Break(
        "a function that runs as the superuser",
        "elsewhere",
        ("CREATE FUNCTION public.leak() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",),
        ("DROP FUNCTION public.leak()",),
        "public.leak()",
    ),
    Break(
        "a function among PostgreSQL's own",
        "elsewhere",
        ("CREATE FUNCTION pg_catalog.leak() RETURNS int LANGUAGE sql AS 'SELECT 1'",),
        ("DROP FUNCTION pg_catalog.leak()",),
        "leak()",
    ),
    Break(
        "an event trigger",
        "elsewhere",
        (
            "CREATE SCHEMA other",
            "CREATE FUNCTION other.act() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
            "CREATE EVENT TRIGGER act ON ddl_command_end EXECUTE FUNCTION other.act()",
        ),
        ("DROP EVENT TRIGGER act", "DROP SCHEMA other CASCADE"),
        "event trigger act",
    ),
    Break(
        "grants for tables to come",
        "elsewhere",
        ("ALTER DEFAULT PRIVILEGES FOR ROLE heed_owner GRANT SELECT ON TABLES TO heed_office",),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE heed_owner REVOKE SELECT ON TABLES FROM heed_office",),
        "default grants of heed_owner",
    ),
    _granted("elsewhere", "CREATE ON SCHEMA words", "heed_opener", "CREATE on schema words"),
    Break(
        "things may be made in the database",
        "elsewhere",
        (
            "DO $do$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO heed_office',"
            " current_database()); END $do$",
        ),
        (
            "DO $do$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM heed_office',"
            " current_database()); END $do$",
        ),
        "TEMPORARY on the database",
    ),
)
CATALOGUE = (
    Break(
        "a schema's owner",
        "schema",
        ("ALTER SCHEMA words OWNER TO CURRENT_USER",),
        ("ALTER SCHEMA words OWNER TO heed_owner",),
        "schema words was changed",
    ),
    Break(
        "a table's owner",
        "table",
        ("ALTER TABLE machinery.session OWNER TO CURRENT_USER",),
        ("ALTER TABLE machinery.session OWNER TO heed_owner",),
        "table machinery.session was changed",
    ),
    Break(
        "a table that is read through another",
        "table",
        ("CREATE TABLE public.open (body text)", "ALTER TABLE words.item INHERIT public.open"),
        ("ALTER TABLE words.item NO INHERIT public.open", "DROP TABLE public.open"),
        "table words.item was changed",
    ),
    Break(
        "samples for the planner",
        "column",
        ("ALTER TABLE words.item ALTER COLUMN body SET STATISTICS 100",),
        ("ALTER TABLE words.item ALTER COLUMN body SET STATISTICS 0",),
        "words.item.body",
    ),
    Break(
        "more samples for the planner",
        "statistics",
        ("CREATE STATISTICS facts.samples ON owner, danger FROM facts.record",),
        ("DROP STATISTICS facts.samples",),
        "facts.samples",
    ),
    Break(
        "a constraint",
        "constraint",
        ("ALTER TABLE register.leaf RENAME CONSTRAINT leaf_data_check TO other",),
        ("ALTER TABLE register.leaf RENAME CONSTRAINT other TO leaf_data_check",),
        "leaf_data_check is missing",
    ),
    Break(
        "a policy more",
        "policy",
        ("CREATE POLICY open ON words.item FOR SELECT TO heed_office USING (true)",),
        ("DROP POLICY open ON words.item",),
        "words.item open was added",
    ),
    Break(
        "a policy for one role more",
        "policy",
        ("ALTER POLICY office ON words.item TO heed_office, heed_intake",),
        ("ALTER POLICY office ON words.item TO heed_office",),
        "words.item office was changed",
    ),
    Break(
        "a trigger more",
        "trigger",
        (
            "CREATE TRIGGER other BEFORE INSERT ON words.item FOR EACH STATEMENT"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "ALTER TABLE words.item DISABLE TRIGGER other",
        ),
        ("DROP TRIGGER other ON words.item",),
        "words.item other was added",
    ),
    Break(
        "a rule more",
        "rule",
        ("CREATE RULE copied AS ON DELETE TO facts.look DO ALSO NOTIFY copied",),
        ("DROP RULE copied ON facts.look",),
        "facts.look copied was added",
    ),
    _granted("grant", "SELECT ON facts.turn", "heed_office", "facts.turn to heed_office"),
    _granted("grant", "SELECT ON words.item", "PUBLIC", "words.item to PUBLIC"),
    _granted("grant", "SELECT (why) ON facts.stopped", "heed_office", "facts.stopped.why to heed"),
    _granted("grant", "USAGE ON SCHEMA words", "heed_intake", "schema words to heed_intake"),
    _granted(
        "grant", "EXECUTE ON FUNCTION register.close_reading(text)", "heed_intake", "close_reading"
    ),
)
CANARY = (
    Break(
        "people show to nobody in particular",
        "canary",
        ("CREATE POLICY open ON facts.person FOR SELECT TO heed_office USING (true)",),
        ("DROP POLICY open ON facts.person",),
        "facts.person show to a stranger",
    ),
    rewritten(
        "any key is somebody's",
        "canary",
        "machinery.my_session()",
        "s.key_hash = sha256(convert_to(current_setting('heed.session', true), 'UTF8'))",
        "current_setting('heed.session', true) <> ''",
        "takes a stranger",
    ),
    rewritten(
        "who says nothing is somebody",
        "canary",
        "machinery.my_session()",
        "s.key_hash = sha256(convert_to(current_setting('heed.session', true), 'UTF8'))",
        "concat(current_setting('heed.session', true), current_setting('heed.staff', true)) = ''",
        "takes a stranger",
    ),
    rewritten(
        "one is who one says",
        "canary",
        "machinery.me()",
        "RETURN found_person",
        "RETURN nullif(current_setting('heed.staff', true), '')::uuid",
        "takes a stranger",
    ),
    _granted("canary", "INSERT ON machinery.session", "heed_office", "may insert machinery.sess"),
    _granted("canary", "DELETE ON words.item", "heed_office", "may delete words.item"),
    _granted("canary", "UPDATE ON facts.record", "heed_office", "may update facts.record"),
    _granted("canary", "heed_rule", "heed_office", "may become heed_rule"),
)
UNFINISHED = (
    Break(
        "nobody may ask for the policies",
        "unfinished",
        ("REVOKE SELECT ON pg_catalog.pg_policy FROM PUBLIC",),
        ("GRANT SELECT ON pg_catalog.pg_policy TO PUBLIC",),
        "could not be carried out",
    ),
    Break(
        "nobody may ask who one is",
        "unfinished",
        ("ALTER FUNCTION machinery.me() RENAME TO who",),
        ("ALTER FUNCTION machinery.who() RENAME TO me",),
    ),
)
BREAKS = (
    *ROW_SECURITY,
    *APPEND_ONLY,
    *FUNCTIONS,
    *ROLES,
    *PAST,
    *ELSEWHERE,
    *CATALOGUE,
    *CANARY,
    *UNFINISHED,
)
