"""A sender that stops for ever with the message in its hands: `python -m tests.loops.slow_sender URL PLACE`."""

import sys
import time
from pathlib import Path

from heed.core.ports import Message
from heed.loops.post import FolderPost
from heed.loops.send import Sender
from heed.store.configuration import Configuration
from heed.store.connection import Link


class Stuck:
    """Says that it began, and never ends; `after` it has sent, where that is asked."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def send(self, message: Message) -> None:
        if (self._place / "after").exists():
            FolderPost(self._place / "kept").send(message)
        (self._place / "begun").touch()
        time.sleep(3600)


if __name__ == "__main__":
    Sender(Link(sys.argv[1]), Stuck(Path(sys.argv[2])), Configuration()).step()
