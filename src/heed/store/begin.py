"""Makes a new installation: keys, roles, tables, and the first entry; safe to run again if cut short."""

from __future__ import annotations

import secrets
from pathlib import Path

from heed.access.commands import begin
from heed.core.ports import SystemChance
from heed.register.entry import Recipients
from heed.register.note import Signer
from heed.register.vault import SEEDS, OpeningKey
from heed.store.append import PostgresRegister
from heed.store.catalogue import to_keep
from heed.store.configuration import FILE, Configuration, OfficeHand
from heed.store.connection import Link, StoreRefused
from heed.store.home import write_secret
from heed.store.install import create_roles, create_schemas
from heed.store.spool import Spool

ROOMS = ("public", "office", "opener", "sequencer", "sweep", "secrets", "log")
_HELD = {
    "heed_intake": "public/database.url",
    "heed_office": "office/database.url",
    "heed_signin": "office/signin.url",
    "heed_opener": "opener/database.url",
    "heed_sequencer": "sequencer/database.url",
    "heed_sweep": "sweep/database.url",
}
_BEGUN_ALREADY = "HE002"


class CannotBegin(Exception):
    """Why no register was begun, and what to do."""


def new_installation(
    home: Path, owner_url: str, configuration: Configuration, *, demonstration: bool
) -> bool:
    """Set up keys, database and first entry; returns False where the register had begun already.

    Only a demonstration can begin: append() itself refuses any other.
    """
    if not demonstration:
        raise CannotBegin(
            "This version can only begin a demonstration: backups, lawful"
            " disposal and full sign-in are not built yet, and a real record must not be kept"
            " without them. Run `heed init --demonstration`, and put no real report into it."
        )
    configuration.check()
    for room in ROOMS:
        (home / room).mkdir(mode=0o700, exist_ok=True)
    (home / "export").mkdir(mode=0o755, exist_ok=True)
    if not (home / FILE).exists():
        (home / FILE).write_text(configuration.encode(), encoding="utf-8")
    _make_keys(home, Configuration.load(home).origin)
    Spool(home / "public" / "spool").create()
    files = {role: home / name for role, name in _HELD.items()}
    held = {role: file.read_text().strip() for role, file in files.items() if file.exists()}
    for role, url in create_roles(owner_url, held).items():
        if url != held.get(role):
            write_secret(files[role], url)
    create_schemas(owner_url)
    office = OfficeHand.load(home)
    write_secret(office.walls, to_keep(owner_url))
    recipients = Recipients({"organisation": office.organisation})
    try:
        first = begin(SystemChance(), recipients, configuration.organisation)
        PostgresRegister(Link(owner_url)).append(first)
    except StoreRefused as refused:
        if refused.code != _BEGUN_ALREADY:
            raise
        return False
    return True


def _make_keys(home: Path, origin: str) -> None:
    """Each process's keys in its own room; a key that exists is never replaced."""
    for pair, *sealing_rooms in (("intake", "public"), ("organisation", "office", "sweep")):
        private = home / "opener" / f"{pair}.key"
        if not private.exists():
            write_secret(private, secrets.token_bytes(SEEDS))
        for room in sealing_rooms:
            write_secret(home / room / f"{pair}.public", OpeningKey(private.read_bytes()).public())
    for name in (
        *("public/promise.key", "public/form.key", "office/web.key"),
        *("sequencer/log.key", "sweep/heartbeat.key"),
    ):
        if not (home / name).exists():
            write_secret(home / name, secrets.token_bytes(32))
    log = Signer(origin, (home / "sequencer" / "log.key").read_bytes())
    promise = Signer(origin + "/promise", (home / "public" / "promise.key").read_bytes())
    (home / "export" / "log.vkey").write_text(log.vkey + "\n")
    (home / "export" / "promise.vkey").write_text(promise.vkey + "\n")
    heartbeat = Signer(origin + "/heartbeat", (home / "sweep" / "heartbeat.key").read_bytes())
    (home / "export" / "heartbeat.vkey").write_text(heartbeat.vkey + "\n")
    (home / "export" / "policy").write_text(f"log {log.vkey}\nquorum none\n")
