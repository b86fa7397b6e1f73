"""Processes that change the catalog in every way there is, and note what was acknowledged before they go on."""

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing import parent_process
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from sqlalchemy.exc import SQLAlchemyError

from app.actor import Actor, command_actor
from app.answers import etag_of
from app.catalog import changes
from app.catalog.mapping import tool_json
from app.catalog.models import Tool
from app.config import Settings
from app.definitions.documents import Document, document_of
from app.errors import CatalogError
from app.extensions import db
from app.factory import create_app
from tests.definition import PATTERN, definition
from tests.faults.crew import Crew

OWN_TOOLS = 6
SHARED_TOOLS = 4
AGAIN_AFTER_S = 0.05
UNLIMITED = 10**9


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A change whose call returned.

    Attributes:
        token: the reason in its audit entry; also the description of the version it stored, if it stored one.
        etag: of the tool as readers see it then; None: it was deleted.
    """

    token: str
    action: str
    tool_name: str
    version: str
    etag: str | None


@dataclass(slots=True)
class Own:
    """A tool only one author changes, as that author knows it."""

    name: str
    versions: list[str] = field(default_factory=list)
    latest: str = ""
    enabled: bool = True


class Author:
    """Changes tools of its own in every way, and makes new versions of tools that all authors share."""

    def __init__(self, name: str, journal: int) -> None:
        """Make an author whose tools nobody else has; `journal` is the file it notes in."""
        self._name = name
        self._journal = journal
        self._chance = Random(name)
        self._numbers = itertools.count()
        self._tools = [Own(self._new_name()) for _ in range(OWN_TOOLS)]

    def write(self, many: int, pause_s: float) -> None:
        """Make so many changes; those that are refused or fail do not count."""
        made = 0
        while made < many and not is_orphan():
            if self._acts():
                made += 1
                time.sleep(pause_s)

    def _acts(self) -> bool:
        """Try one change: whether it was acknowledged."""
        token = f"{self._name}/{next(self._numbers)}"
        if self._chance.random() < 0.3:
            return self._tries(token, self._shared_change())
        place = self._chance.randrange(OWN_TOOLS)
        if self._tries(token, self._own_change(self._tools[place])):
            return True
        # What became of it is not known: better a tool whose state is.
        self._tools[place] = Own(self._new_name())
        return False

    def _tries(self, token: str, change: Callable[[str, Actor], Acknowledged]) -> bool:
        try:
            acknowledged = change(token, command_actor(self._name, token))
        except CatalogError:
            return False
        except SQLAlchemyError:
            db.session.remove()
            time.sleep(AGAIN_AFTER_S)
            return False
        # One write to the end of a file: it stays though this process be killed right after.
        os.write(self._journal, json.dumps(asdict(acknowledged)).encode() + b"\n")
        return True

    def _shared_change(self) -> Callable[[str, Actor], Acknowledged]:
        name = f"shared-{self._chance.randrange(SHARED_TOOLS)}"

        def create(token: str, actor: Actor) -> Acknowledged:
            return told(token, "created", changes.create_tool(body(name, token), actor=actor))

        def merge(token: str, actor: Actor) -> Acknowledged:
            return told(token, "updated", changes.merge_tool(name, {"description": token}, actor=actor))

        # Most creations are refused, since the tool exists: how else would it come to be, without anybody in charge?
        return create if self._chance.random() < 0.2 else merge

    def _own_change(self, own: Own) -> Callable[[str, Actor], Acknowledged]:
        if not own.versions:
            return lambda token, actor: self._create(own, token, actor)
        ways = [self._put, self._put, self._merge, self._merge, self._switch, self._switch]
        ways += [self._promote] * 2 if len(own.versions) > 1 else []
        ways += [self._delete] if len(own.versions) > 3 else []
        way = self._chance.choice(ways)
        return lambda token, actor: way(own, token, actor)

    def _create(self, own: Own, token: str, actor: Actor) -> Acknowledged:
        tool = changes.create_tool(body(own.name, token), actor=actor)
        own.versions, own.latest, own.enabled = [tool.version], tool.version, True
        return told(token, "created", tool)

    def _put(self, own: Own, token: str, actor: Actor) -> Acknowledged:
        return self._added(own, token, changes.put_tool(own.name, body(own.name, token), actor=actor))

    def _merge(self, own: Own, token: str, actor: Actor) -> Acknowledged:
        return self._added(own, token, changes.merge_tool(own.name, {"description": token}, actor=actor))

    def _added(self, own: Own, token: str, tool: Tool) -> Acknowledged:
        own.versions.append(tool.version)
        own.latest = tool.version
        return told(token, "updated", tool)

    def _switch(self, own: Own, token: str, actor: Actor) -> Acknowledged:
        tool = changes.set_enabled(own.name, not own.enabled, actor=actor)
        own.enabled = tool.enabled
        return told(token, "enabled" if tool.enabled else "disabled", tool)

    def _promote(self, own: Own, token: str, actor: Actor) -> Acknowledged:
        other = self._chance.choice([version for version in own.versions if version != own.latest])
        tool = changes.promote(own.name, other, actor=actor)
        own.latest = other
        return told(token, "promoted", tool)

    def _delete(self, own: Own, token: str, actor: Actor) -> Acknowledged:
        latest = own.latest
        changes.delete_tool(own.name, actor=actor)
        own.versions, own.latest = [], ""
        return Acknowledged(token, "deleted", own.name, latest, None)

    def _new_name(self) -> str:
        return f"{self._name}-{next(self._numbers)}"


class Authors:
    """Authors of one catalog, each a process, and what was acknowledged to them."""

    def __init__(self, settings: Settings, crew: Crew, folder: Path) -> None:
        self._settings = settings
        self._crew = crew
        self._folder = folder
        self._numbers = itertools.count()

    def start(self, many: int = UNLIMITED, pause_s: float = 0.0) -> ForkServerProcess:
        """Start an author who makes so many changes, resting after each, and has never been here before."""
        name = f"author{next(self._numbers)}"
        return self._crew.start(author, self._settings, name, self._folder / f"{name}.journal", many, pause_s)

    def acknowledged(self) -> Iterator[Acknowledged]:
        """Every change that was acknowledged so far."""
        for journal in self._folder.glob("*.journal"):
            # What comes after the last line's end is a line still being written.
            for line in journal.read_text().rpartition("\n")[0].splitlines():
                yield Acknowledged(**json.loads(line))


def author(settings: Settings, name: str, journal: Path, many: int, pause_s: float) -> None:
    """Be an author, in a process of its own."""
    file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with create_app(settings).app_context():
        Author(name, file).write(many, pause_s)


def told(token: str, action: str, tool: Tool) -> Acknowledged:
    """What a change acknowledged: the tool as it is now."""
    return Acknowledged(token, action, tool.tool_name, tool.version, etag_of(tool_json(tool)))


def body(name: str, token: str) -> Document:
    """A definition of two capabilities with two patterns each, which names no version."""
    capabilities = {
        capability: {"description": token, "patterns": {"first": PATTERN, "second": PATTERN}}
        for capability in ("search", "count")
    }
    whole = definition(name, description=token, capabilities=capabilities)
    return document_of({key: value for key, value in whole.items() if key != "version"})


def is_orphan() -> bool:
    """Whether the test that started this process has ended."""
    parent = parent_process()
    return parent is not None and not parent.is_alive()
