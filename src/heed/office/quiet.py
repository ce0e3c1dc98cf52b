"""Keeps what people typed out of every log: only our own short sentences are written, to stderr."""

import logging

LOG = logging.getLogger("heed.office")
_QUOTE_CONTENT = ("django", "psycopg", "asyncio")


def only_what_is_ours() -> None:
    """Silence libraries whose messages may hold content; give ours a place to go."""
    for name in _QUOTE_CONTENT:
        library = logging.getLogger(name)
        library.handlers = [logging.NullHandler()]
        library.propagate = False
    if not LOG.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s office %(levelname)s %(message)s"))
        LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
