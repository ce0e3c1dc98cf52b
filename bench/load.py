"""A bounded load of HTTP POSTs from one process: so many clients, so many seconds, then it stops."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What came back: bodies of 200 answers, the number of others, seconds each took."""

    bodies: list[bytes] = field(default_factory=list)
    refused: int = 0
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.bodies) / self.seconds

    def percentile(self, part: float) -> float:
        """The time within which this part of the answers came, in milliseconds."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def request(path: str, body: bytes) -> bytes:
    """The bytes of one POST."""
    return (
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n" % (path.encode(), len(body))
    ) + body


def drive(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Outcome:
    """Send each request once, `clients` at a time, until the time or the requests are used up."""
    return asyncio.run(_drive(port, requests, clients, seconds))


async def _drive(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Outcome:
    outcome = Outcome()
    began = time.perf_counter()
    ends = began + seconds
    await asyncio.gather(*(_client(port, requests, ends, outcome) for _ in range(clients)))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def _client(port: int, requests: Iterator[bytes], ends: float, outcome: Outcome) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    while time.perf_counter() < ends and (sent := next(requests, None)) is not None:
        began = time.perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body = await reader.readexactly(length)
        outcome.took.append(time.perf_counter() - began)
        if head.startswith(b"HTTP/1.1 200"):
            outcome.bodies.append(body)
        else:
            outcome.refused += 1
    writer.close()
