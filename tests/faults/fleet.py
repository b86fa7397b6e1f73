"""Serving processes, each as `make run` has it but for the HTTP server, with a note of every snapshot they served."""

import json
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from http.client import HTTPConnection, HTTPMessage
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from app.catalog import live
from app.catalog.live import Live
from app.catalog.snapshot import Snapshot
from app.config import Settings
from app.factory import create_app
from app.reload.service import of as hot_reload_of
from tests.faults.crew import FORKING, Crew
from tests.people import HEADERS

START_WITHIN_S = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member answered."""

    status: int
    headers: HTTPMessage = field(repr=False)
    body: bytes

    @property
    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Served:
    """A snapshot that a member served from a moment on, in nanoseconds of the clock that all processes share."""

    at_ns: int
    revision: int
    content_hash: str


def ask(port: int, path: str, *, method: str = "GET", timeout_s: float = 30) -> Answer:
    """Ask a server on this machine.

    Raises:
        OSError, HTTPException: it does not answer.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, headers=HEADERS)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class Member:
    """One serving process."""

    def __init__(self, process: ForkServerProcess, port: int, notes: Path) -> None:
        self._process = process
        self._notes = notes
        self.port = port
        self.pid = process.pid or 0

    def get(self, path: str, timeout_s: float = 30) -> Answer:
        """Ask it; raises OSError or HTTPException when it does not answer."""
        return ask(self.port, path, timeout_s=timeout_s)

    def post(self, path: str) -> Answer:
        """Tell it."""
        return ask(self.port, path, method="POST")

    @property
    def revision(self) -> int:
        """The revision it answers from."""
        revision: int = self.get("/api/v1/snapshot").json["revision"]
        return revision

    @property
    def served(self) -> list[Served]:
        """Every snapshot it served so far, in order."""
        return [Served(**json.loads(line)) for line in self._notes.read_text().splitlines()]

    def pause(self) -> None:
        """Stop it where it is, as a machine that is put to sleep does."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)


class Fleet:
    """Serving processes of one catalog."""

    def __init__(self, settings: Settings, crew: Crew, folder: Path) -> None:
        self._settings = settings
        self._crew = crew
        self._folder = folder
        self.members: list[Member] = []

    def start(self, many: int, **changes: Any) -> list[Member]:
        """Start so many, with changed settings; returns when they answer, though not every answer may be 200 yet."""
        settings = replace(self._settings, **changes)
        started = [self._begin(settings, len(self.members) + number) for number in range(many)]
        members = [Member(process, _port(telling), notes) for process, telling, notes in started]
        self.members.extend(members)
        return members

    def revisions(self) -> set[int]:
        """The revisions that are served now."""
        return {member.revision for member in self.members}

    def _begin(self, settings: Settings, number: int) -> tuple[ForkServerProcess, Connection, Path]:
        heard, told = FORKING.Pipe(duplex=False)
        notes = self._folder / f"member-{number}.notes"
        notes.touch()
        process = self._crew.start(serve, settings, told, notes)
        told.close()
        return process, heard, notes


def _port(telling: Connection) -> int:
    with telling:
        assert telling.poll(START_WITHIN_S), "a member never started"
        port: int = telling.recv()
        return port


class Silent(WSGIRequestHandler):
    """Prints nothing about requests."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Print nothing."""


def serve(settings: Settings, tell: Connection, notes: Path) -> None:
    """Be a serving process for as long as the test runs. Tells its port."""
    app = create_app(settings)
    note_snapshots(live.of(app), notes)
    hot_reload_of(app).start()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tell.send(server.port)
    tell.close()
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()


def note_snapshots(noted: Live, notes: Path) -> None:
    """Write down every snapshot in the moment before it takes the place of the one that is served."""
    file = os.open(notes, os.O_WRONLY | os.O_APPEND)

    class Noting(Live):
        def __setattr__(self, name: str, value: object) -> None:
            if isinstance(value, Snapshot) and value is not self.current:
                served = Served(time.monotonic_ns(), value.revision, value.content_hash)
                os.write(file, json.dumps(asdict(served)).encode() + b"\n")
            super().__setattr__(name, value)

    # Not a method of it, since those change: whatever is served, this attribute holds it.
    noted.__class__ = Noting
