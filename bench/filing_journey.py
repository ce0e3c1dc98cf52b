"""The whole public journey by HTTP, page by page, as a browser goes it; journeys a second."""

import os
import threading
import time

from bench.place import place
from bench.report import report
from heed.cli.browsing import Browser

CLIENTS = 8
STEPS: tuple[tuple[dict[str, str], str], ...] = (
    ({"danger": "no"}, "words"),
    ({"saw": "The same car waits there every day."}, "people"),
    ({"who": "a girl of about 14", "where": "Mill Lane"}, "check"),
    ({}, "send"),
)


def run() -> None:
    """Clients go the journey again and again for a bounded time."""
    seconds = float(os.environ.get("BENCH_SECONDS", "60")) / 2
    done: list[float] = []
    refused: list[int] = []
    with place() as here:
        port = here.configuration.public_port
        with here.part("-m", "heed.cli.main", "run", "public", port=port):
            ends = time.perf_counter() + seconds

            def visitor() -> None:
                while time.perf_counter() < ends:
                    began = time.perf_counter()
                    if journey(port):
                        done.append(time.perf_counter() - began)
                    else:
                        refused.append(1)

            visitors = [threading.Thread(target=visitor) for _ in range(CLIENTS)]
            for one in visitors:
                one.start()
            for one in visitors:
                one.join()
    report(
        "filing-journey",
        len(done) / seconds,
        "journeys/s",
        pages=len(STEPS) + 2,
        median_ms=round(1000 * sorted(done)[len(done) // 2], 1) if done else None,
        refused=len(refused),
        clients=CLIENTS,
        seconds=seconds,
        runs=1,
    )


def journey(port: int) -> bool:
    """Start page, form, four posts; whether it ended with a code."""
    browser = Browser(port)
    browser.get("/")
    page = browser.get("/tell")
    for said, step in STEPS:
        page = browser.send(page, page.form("form"), **said, step=step)
    return len(page.texts.get("return-code", "").split()) == 8
