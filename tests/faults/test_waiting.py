"""Readers who wait for changes, at the product as users start it: they hold up nobody, neither reads nor its end."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import psutil
import pytest

from tests.faults.fleet import Answer, ask
from tests.people import HEADERS
from tests.served import Served, wait_until

ROOM = 2
READERS = 6


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Threads for readers."""
    with ThreadPoolExecutor(READERS) as threads:
        yield threads


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Served]:
    """A catalog of its own, with the definitions that ship."""
    served = Served(folder / "data", settings)
    try:
        yield served.start()
    finally:
        served.stop()


def waiting(served: Served, threads: ThreadPoolExecutor) -> "Future[Answer]":
    """A reader who waits for the next change."""
    latest = json.loads(served.get("/api/v1/snapshot"))["revision"]
    return threads.submit(ask, served.port, f"/api/v1/changes?since={latest}&wait=30", timeout_s=50)


@contextmanager
def streaming(served: Served) -> Iterator[HTTPResponse]:
    """A reader of the stream, who goes away at the end of the block."""
    connection = HTTPConnection("127.0.0.1", served.port, timeout=50)
    try:
        connection.request("GET", "/api/v1/changes/stream", headers=HEADERS)
        with connection.getresponse() as stream:
            yield stream
    finally:
        connection.close()


def retry_ms(stream: HTTPResponse) -> int:
    """When the stream asks its reader to come back: soon, or later when there is no room."""
    return int(stream.readline().removeprefix(b"retry: "))


def connections(served: Served) -> int:
    """How many clients are connected to the serving processes."""
    accepted = [psutil.Process(worker).net_connections("tcp") for worker in served.workers()]
    return sum(one.status == psutil.CONN_ESTABLISHED for found in accepted for one in found)


def test_waiting_readers_are_let_go_at_an_interrupt_which_ends_everything(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with serving(tmp_path, WORKERS="2") as served, streaming(served) as stream:
        retry_ms(stream)
        readers = [waiting(served, threads) for _ in range(3)]
        wait_until(lambda: connections(served) >= 4)
        served.send(signal.SIGINT)
        assert not served.database_runs()
        assert not served.accepts()
        # Complete answers: they were let go, not cut off.
        assert [(reader.result().status, reader.result().json["changes"]) for reader in readers] == [(200, [])] * 3
        stream.read()


def test_waiting_readers_do_not_starve_others(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    with serving(tmp_path, WAITING_READERS=str(ROOM)) as served:
        readers = [waiting(served, threads) for _ in range(READERS)]
        wait_until(lambda: sum(reader.done() for reader in readers) >= READERS - ROOM)
        assert json.loads(served.get("/api/v1/tools/grep"))["tool_name"] == "grep"
        sent_away = [reader.result() for reader in readers if reader.done()]
        assert [answer.headers.get("Retry-After") for answer in sent_away] == ["1"] * (READERS - ROOM)
        ask(served.port, "/api/v1/tools/grep/disable", method="PATCH")
        told = [reader.result().json["changes"] for reader in readers if reader.result() not in sent_away]
        assert [[change["action"] for change in changes] for changes in told] == [["disabled"]] * ROOM


@pytest.mark.soak
def test_a_reader_who_leaves_the_stream_gives_up_its_room(tmp_path: Path) -> None:
    def has_room() -> bool:
        with streaming(served) as stream:
            return retry_ms(stream) < 5_000

    with serving(tmp_path, WAITING_READERS="1") as served:
        with streaming(served) as stream:
            assert retry_ms(stream) < 5_000
            assert not has_room()
        wait_until(has_room)
