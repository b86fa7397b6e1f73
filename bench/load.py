"""The load generator: keep-alive connections that each ask, wait and ask again, in a process of their own.

Run as `python -m bench.load`: reads a plan as JSON from standard input, writes what it measured to standard output.
One thread and raw sockets, since the machine's cores are shared with the server; it imports nothing but the standard
library, so that it starts at once. Its own processor time is measured too, to show that it is not the bottleneck.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from statistics import quantiles

LONGEST_WAIT_S = 10
CHUNK = 1 << 18
_HEAD = re.compile(rb"HTTP/1\.1 200 .*?\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE | re.DOTALL)


class LoadFailed(RuntimeError):
    """The server did not answer as it should have; there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask, over how many connections and for how many seconds; the paths are asked in turn, and again.

    With bodies, these are posted to the first path in turn, as JSON.
    """

    port: int
    connections: int
    seconds: float
    paths: Sequence[str]
    token: str = ""
    bodies: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """What was measured: whole answers, the seconds they took together, latencies in milliseconds.

    `busy` is the share of one core that the generator itself used.
    """

    answers: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    busy: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


@dataclass(slots=True)
class _Connection:
    """One connection and the answer it waits for."""

    socket: socket.socket
    asked_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        self.received.clear()
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def has_answer(self) -> bool:
        """Take in what has come; tell whether the answer is whole."""
        chunk = self.socket.recv(CHUNK)
        if not chunk:
            raise LoadFailed("the server closed a connection")
        self.received += chunk
        return _is_whole(self.received)


def _is_whole(answer: bytearray) -> bool:
    """Tell whether an answer's last byte is here.

    Raises:
        LoadFailed: it is not a 200 with a length.
    """
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = _HEAD.match(answer)
    if head is None:
        raise LoadFailed(bytes(answer[:500]).decode(errors="replace"))
    return len(answer) >= end + 4 + int(head[1])


def _requests(plan: Plan) -> Iterator[bytes]:
    head = f"Host: 127.0.0.1:{plan.port}\r\nAccept: application/json\r\nUser-Agent: bench\r\n"
    head += f"Authorization: Bearer {plan.token}\r\n"
    if not plan.bodies:
        return cycle([f"GET {path} HTTP/1.1\r\n{head}\r\n".encode() for path in plan.paths])
    head = f"POST {plan.paths[0]} HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: "
    return cycle([f"{head}{len(body.encode())}\r\n\r\n{body}".encode() for body in plan.bodies])


def _connected(port: int) -> _Connection:
    connection = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_WAIT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Connection(connection)


def measure(plan: Plan) -> Load:
    """Put the load of a plan on a server.

    Raises:
        LoadFailed: an answer was not a 200, or did not come.
    """
    requests = _requests(plan)
    connections = [_connected(plan.port) for _ in range(plan.connections)]
    try:
        return _measured(connections, requests, plan.seconds)
    finally:
        for connection in connections:
            connection.socket.close()


def _measured(connections: Sequence[_Connection], requests: Iterator[bytes], seconds: float) -> Load:
    cpu, start = time.process_time(), time.perf_counter()
    latencies = _latencies(connections, requests, start + seconds)
    spent = time.perf_counter() - start
    parts = [1000 * part for part in quantiles(latencies, n=100, method="inclusive")]
    busy = (time.process_time() - cpu) / spent
    return Load(len(latencies), spent, parts[49], parts[94], parts[98], busy)


def _latencies(connections: Sequence[_Connection], requests: Iterator[bytes], until: float) -> list[float]:
    """Ask until the time is over, then wait for the answers under way; seconds from asking to the last byte."""
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask(next(requests))
        waiting = len(connections)
        while waiting:
            for connection in _ready(selector):
                if not connection.has_answer():
                    continue
                now = time.perf_counter()
                latencies.append(now - connection.asked_at)
                if now < until:
                    connection.ask(next(requests))
                else:
                    waiting -= 1
    return latencies


def _ready(selector: selectors.BaseSelector) -> Iterator[_Connection]:
    events = selector.select(LONGEST_WAIT_S)
    if not events:
        raise LoadFailed(f"no answer within {LONGEST_WAIT_S} s")
    return (key.data for key, _ in events)


def main() -> None:
    """Measure the plan on standard input."""
    json.dump(asdict(measure(Plan(**json.load(sys.stdin)))), sys.stdout)


if __name__ == "__main__":
    main()
