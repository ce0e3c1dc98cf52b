"""Finds what must close reading: whatever stands between words and the wrong people, and does not stand.

`heed_office` itself can ask all of this. Three kinds of probe, for each sees what another cannot:
rules that hold whatever install made; the catalogue against the list of what install makes; and a
canary that tries to read and to change what it must not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heed.store import canary, catalogue
from heed.store.catalogue import SCHEMAS
from heed.store.connection import Link, StoreRefused
from heed.store.install import OWNER, ROLES

_WHERE = {
    "schemas": list(SCHEMAS),
    "content": ["facts", "words"],
    "bound": [*ROLES, "heed_rule"],
    "plain": [*ROLES, OWNER, "heed_rule"],
}
# Rules that hold whatever install made: each names its code, its sentence, and who breaks it.
_RULES: tuple[tuple[str, str, str], ...] = (
    (
        "row_security",
        "no forced row-level security on {}",
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY (%(content)s) AND c.relkind IN ('r', 'p')"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    ),
    (
        "append_only",
        "the append-only trigger is not always on for {}",
        # Append-only is whatever the rule's own role may add to and never change.
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'register' AND c.relkind IN ('r', 'p')"
        " AND has_table_privilege('heed_rule', c.oid, 'INSERT')"
        " AND NOT has_table_privilege('heed_rule', c.oid, 'UPDATE, DELETE')"
        " AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgenabled = 'A'"
        " AND g.tgname = 'append_only')",
    ),
    (
        "changes",
        "somebody may change what is recorded: {}",
        "SELECT r.rolname || ' on ' || g.tgrelid::regclass FROM pg_roles r, pg_trigger g"
        " WHERE g.tgname = 'append_only' AND r.rolname = ANY (%(bound)s)"
        " AND (has_table_privilege(r.rolname, g.tgrelid, 'DELETE, TRUNCATE')"
        " OR has_any_column_privilege(r.rolname, g.tgrelid, 'UPDATE'))",
    ),
    (
        "runs_as",
        "a function is not bound to its search path, or runs as somebody else for anybody: {}",
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = ANY (%(schemas)s) AND ("
        " NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, ARRAY[]::text[]))"
        " OR has_function_privilege('public', p.oid, 'EXECUTE')"
        " OR (p.prosecdef AND pg_get_userbyid(p.proowner) <> 'heed_rule'))",
    ),
    (
        "roles",
        "a role that should be plain is not: {}",
        "SELECT rolname FROM pg_roles WHERE rolname = ANY (%(plain)s) AND (rolsuper OR rolbypassrls"
        " OR rolreplication OR rolcreatedb OR (rolcreaterole AND rolname <> 'heed_owner')"
        " OR rolcanlogin = (rolname = 'heed_rule'))",
    ),
    (
        "members",
        "a role may act as another: {}",
        # From 16 on a membership may carry neither right (ADMIN alone); before, it always does.
        "SELECT w.rolname || ' as ' || r.rolname FROM (SELECT m.roleid, m.member,"
        " coalesce((to_jsonb(m)->>'set_option')::boolean, true) AS becomes,"
        " coalesce((to_jsonb(m)->>'inherit_option')::boolean,"
        "          (SELECT rolinherit FROM pg_roles WHERE oid = m.member)) AS inherits"
        " FROM pg_auth_members m) AS m"
        " JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles w ON w.oid = m.member"
        " WHERE (m.becomes OR m.inherits) AND NOT w.rolsuper"
        " AND (r.rolname = ANY (%(bound)s) OR w.rolname = ANY (%(plain)s))"
        " AND NOT (r.rolname = 'heed_rule' AND w.rolname = 'heed_owner' AND NOT m.inherits)",
    ),
    (
        "settings",
        "a role is given a setting that loosens a wall: {}",
        "SELECT r.rolname || ' ' || split_part(one, '=', 1) FROM pg_db_role_setting s"
        " JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS one"
        " WHERE r.rolname = ANY (%(plain)s) AND split_part(one, '=', 1) ~"
        " '^(search_path|role|row_security|session_replication_role|.*preload_libraries|heed[.].*)$'",
    ),
    (
        "views",
        "something shows content past its walls: {}",
        "SELECT DISTINCT w.ev_class::regclass::text FROM pg_rewrite w"
        " JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid"
        " JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (%(schemas)s)"
        " UNION SELECT 'publication ' || pubname FROM pg_publication",
    ),
    (
        "elsewhere",
        "something that Heed did not make can be reached or made in its database: {}",
        # 16384: what is below came with PostgreSQL itself (access/transam.h, FirstNormalObjectId).
        "WITH open AS (SELECT n.oid FROM pg_namespace n WHERE n.nspname <> ALL (%(schemas)s)"
        " AND EXISTS (SELECT FROM aclexplode(n.nspacl) AS x WHERE x.grantee <> n.nspowner))"
        " SELECT c.oid::regclass::text FROM pg_class c WHERE c.oid >= 16384 AND c.relnamespace IN"
        " (TABLE open) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (SELECT FROM"
        " pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')"
        " UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n"
        " ON n.oid = p.pronamespace WHERE p.oid >= 16384 AND n.nspname <> ALL (%(schemas)s)"
        " AND (p.prosecdef OR p.pronamespace IN (TABLE open) AND NOT EXISTS (SELECT FROM pg_depend d"
        " WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'))"
        " UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger"
        " UNION ALL SELECT 'default grants of ' || pg_get_userbyid(defaclrole) FROM pg_default_acl"
        " UNION ALL SELECT x.privilege_type || ' on the database' FROM pg_database d,"
        " aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS x"
        " WHERE d.datname = current_database() AND x.grantee <> d.datdba"
        " AND x.privilege_type IN ('CREATE', 'TEMPORARY')"
        " UNION ALL SELECT 'CREATE on schema ' || n.nspname FROM pg_namespace n,"
        " aclexplode(n.nspacl) AS x WHERE x.grantee <> n.nspowner AND x.privilege_type = 'CREATE'",
    ),
)


@dataclass(frozen=True)
class Failure:
    """A probe that fails: a code for monitors, and a sentence of names and no content."""

    code: str
    text: str


def failures(link: Link, kept: Path) -> list[Failure]:
    """Every probe that fails, none where all pass; `link` is heed_office's, `kept` the list of walls.

    A probe that cannot be carried out fails. Raises StoreAway.
    """
    try:
        return [*_broken_rules(link), *_not_as_installed(link, kept), *_canary(link)]
    except StoreRefused as refused:
        text = f"the probes could not be carried out ({refused.code})"
        return [Failure("unfinished", text)]


def _broken_rules(link: Link) -> Iterator[Failure]:
    with link.transaction() as connection:
        connection.execute("SELECT set_config('search_path', 'pg_catalog', true)")
        for code, sentence, query in _RULES:
            for row in connection.execute(query.encode(), _WHERE):
                yield Failure(code, sentence.format(row[0]))


def _not_as_installed(link: Link, kept: Path) -> Iterator[Failure]:
    try:
        should = catalogue.kept(kept)
    except (OSError, ValueError):
        yield Failure(
            "not_kept", f"{kept} is missing or cannot be read: run `heed init --demonstration`"
        )
        return
    with link.transaction() as connection:
        stands = catalogue.said(connection)
    for kind, sentence in catalogue.differences(stands, should):
        yield Failure(kind, f"not as it was installed: {sentence}")


def _canary(link: Link) -> Iterator[Failure]:
    for sung in dict.fromkeys(canary.sings(link)):
        yield Failure("canary", sung)
