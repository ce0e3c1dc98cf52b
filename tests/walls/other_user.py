"""Runs a function as another operating-system user, in a child process that can never come back."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def as_user(uid: int, act: Callable[[], T]) -> T:
    """What `act` returns when it is run with this uid and gid, no other groups and no rights of root.

    Everything that it imports must be loaded already: the programs may lie where only root can go.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _become_and_act(uid, act, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    assert told, f"the child ended with status {status}"
    failure, result = pickle.loads(told)
    assert failure is None, failure
    return result  # type: ignore[no-any-return]


def _become_and_act(uid: int, act: Callable[[], object], writing: int) -> None:
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        os.umask(0o077)
        os.chdir("/")
        told = pickle.dumps((None, act()))
    except BaseException:
        told = pickle.dumps((traceback.format_exc(), None))
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(told)
        pipe.flush()
    os._exit(0)
