"""Sets up an installation, and opens its database for whoever keeps it running."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from heed.store.begin import new_installation
from heed.store.configuration import Configuration, ConfigurationWrong
from heed.store.embedded import Embedded
from heed.store.home import home


def init(given: argparse.Namespace) -> dict[str, Any]:
    """Keys, database and first entry; running it again mends what was cut short."""
    place = home()
    with database(place) as url:
        begun = new_installation(
            place, url, Configuration(), demonstration=bool(given.demonstration)
        )
    line = (
        f"A demonstration record has begun in {place}."
        if begun
        else f"The record in {place} had begun already; nothing was changed."
    )
    return {"ok": True, "begun": begun, "home": str(place), "lines": [line, "Next: heed start"]}


@contextmanager
def database(place: Path) -> Iterator[str]:
    """The owner's URL; the embedded server, where no other is named, runs as long as it is needed."""
    if named := os.environ.get("HEED_DATABASE_URL"):
        yield named
        return
    embedded = Embedded(place)
    embedded.create()
    ours = not embedded.running()
    embedded.start()
    try:
        yield embedded.create_database_and_owner()
    finally:
        if ours:
            embedded.stop()


def psql(given: argparse.Namespace) -> dict[str, Any]:
    """Hand over to psql as the owner: one SET ROLE heed_rule shows every word, and no look is kept.

    The owner has no right to the words as such, so none appear by accident: whoever may run this,
    or read the owner's URL, can read everything all the same.
    """
    program = shutil.which("psql")
    if program is None:
        raise ConfigurationWrong("psql is not installed: apt-get install postgresql-client")
    place = home()
    Configuration.load(place)  # a home that was never set up is no empty record
    with database(place) as url:
        # The password goes by the environment: a command line can be read by other users.
        parts = conninfo_to_dict(url)
        environment = os.environ | {"PGPASSWORD": str(parts.pop("password", ""))}
        named = make_conninfo("", **{name: str(part) for name, part in parts.items()})
        arguments = [one for one in given.arguments if one != "--"]
        ended = subprocess.run([program, named, *arguments], env=environment, check=False)
    return {"ok": ended.returncode == 0, "status": ended.returncode, "lines": []}
