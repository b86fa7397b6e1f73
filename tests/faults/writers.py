"""Requests that change something, one of each kind, and what became of them."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.definition import definition
from tests.faults.fleet import Answer
from tests.parallel import at_once
from tests.people import HEADERS as ADMINS
from tests.served import Served

TOOLS = "/api/v1/tools"
HEADERS: Mapping[str, str] = {"Content-Type": "application/json", **ADMINS}
"""What every request of these sends."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: method, path, and body if it has one."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True, slots=True)
class Told:
    """A request, what it was answered, and how long that took, seconds."""

    asked: Asked
    answer: Answer
    took_s: float


THERE = "there"
"""A tool that is there, with two versions."""
IMPORT = Asked("POST", f"{TOOLS}/import", [definition("one"), definition("two")])
WRITES = (
    Asked("POST", TOOLS, definition("fresh")),
    Asked("PUT", f"{TOOLS}/{THERE}", {"description": "Put"}),
    Asked("PATCH", f"{TOOLS}/{THERE}", {"description": "Patched"}),
    Asked("PATCH", f"{TOOLS}/{THERE}/disable"),
    Asked("POST", f"{TOOLS}/{THERE}/versions/1.0/promote"),
    Asked("DELETE", f"{TOOLS}/{THERE}"),
    IMPORT,
)
READS = tuple(
    Asked("GET", path)
    for path in (
        *(TOOLS, f"{TOOLS}/{THERE}", f"{TOOLS}?platform=linux&page_size=1", "/api/v1/snapshot"),
        *("/api/v1/capabilities", "/api/v1/capabilities/text_search/tools", "/health/live"),
    )
)


def served_empty(folder: Path, **settings: str) -> Served:
    """The product as users start it, with an empty catalog and otherwise its own settings; not started yet."""
    (folder / "seeds").mkdir()
    return Served(folder / "data", {"LOG_LEVEL": "error", "SEED_DIR": str(folder / "seeds"), **settings})


def send(port: int, asked: Asked, **headers: str) -> Told:
    """Send a request to a server on this machine."""
    body = None if asked.body is None else json.dumps(asked.body)
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.monotonic()
    try:
        connection.request(asked.method, asked.path, body, {**HEADERS, **headers})
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
    return Told(asked, answer, time.monotonic() - started)


def send_all(port: int, requests: Sequence[Asked]) -> list[Told]:
    """Send requests at the same moment."""
    return at_once(partial(send, port, asked) for asked in requests)


def make_there(port: int) -> None:
    """Make the tool that is there."""
    for asked in (Asked("POST", TOOLS, definition(THERE)), Asked("PUT", f"{TOOLS}/{THERE}", {"description": "Again"})):
        told = send(port, asked)
        assert told.answer.status in {200, 201}, told.answer.body
