"""Keeps what people typed, and where they are, out of every log: only our own short sentences are written."""

from __future__ import annotations

import logging

_QUOTE_CONTENT = ("django", "psycopg", "asyncio")


def quiet_log(name: str) -> logging.Logger:
    """A log to stderr for one part; libraries whose messages may hold content are silenced."""
    for library in map(logging.getLogger, _QUOTE_CONTENT):
        library.handlers = [logging.NullHandler()]
        library.propagate = False
    log = logging.getLogger(f"heed.{name}")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(f"%(asctime)s {name} %(levelname)s %(message)s"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    return log
