"""Operations on a catalog, drawn at random, and processes that carry them out, all at the same time."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from app.actor import Actor, command_actor
from app.catalog import changes, imports, live
from app.catalog.imports import OnConflict, Source
from app.config import Settings
from app.definitions.documents import document_of
from app.definitions.vocabulary import STATUSES
from app.errors import PASSING_STATES, CatalogError
from app.factory import create_app
from tests.definition import PATTERN, definition
from tests.faults.crew import FORKING, Crew

NAMES = ("alpha", "Alpha", "beta", "gamma", "delta")
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "2.0")
WORDS = ("fast", "safe", "old", "new", "local")
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do.

    Attributes:
        verb: what, a key of VERBS.
        content: what a definition says beside its name.
        is_numbered: whether a definition names the version, or leaves it to the catalog.
        basis: what the change says it was made from: "none", "now", or "first": the oldest this process has seen.
    """

    verb: str
    name: str
    version: str
    status: str
    is_numbered: bool
    enabled: bool
    basis: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operation: "done", a refusal's code, or a fault in words of Python."""

    operation: Operation
    what: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What a process serves."""

    revision: int
    content_hash: str


def some_words() -> st.SearchStrategy[list[str]]:
    """Some words, each once, in any order."""
    return st.lists(st.sampled_from(WORDS), max_size=4, unique=True)


def contents_of_patterns() -> st.SearchStrategy[dict[str, Any]]:
    """What two versions of a pattern differ in: numbers, expressions, plain lists and lists of named things."""
    inputs = some_words().map(lambda names: [{"name": name, "type": "string", "description": name} for name in names])
    costs = st.sampled_from([1, 2, 1.5, "2 * N"])
    return st.builds(
        lambda given, limits, cost: {**PATTERN, "required_inputs": given, "limitations": limits, "cost_estimate": cost},
        inputs,
        some_words(),
        costs,
    )


CONTENTS = st.fixed_dictionaries(
    {
        "description": st.sampled_from(WORDS),
        "metadata": st.fixed_dictionaries({"tags": some_words()}),
        "capabilities": st.dictionaries(
            st.sampled_from(["search", "count"]),
            contents_of_patterns().map(lambda pattern: {"description": "What it does", "patterns": {"one": pattern}}),
            min_size=1,
        ),
    },
    optional={
        "status": st.sampled_from(STATUSES),
        "enabled": st.booleans(),
        "notes/of~a": st.none() | st.integers(0, 2) | some_words(),
    },
)


def whole(operation: Operation) -> dict[str, Any]:
    """A whole definition."""
    numbered = definition(operation.name, **operation.content, version=operation.version)
    return {key: value for key, value in numbered.items() if key != "version" or operation.is_numbered}


def create(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Create a tool."""
    return changes.create_tool(document_of(whole(operation)), actor=actor)


def put(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Make a whole definition the next version."""
    return changes.put_tool(operation.name, document_of(whole(operation)), actor=actor, based_on=based_on)


def patch(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Merge something into the latest definition."""
    return changes.merge_tool(operation.name, operation.content, actor=actor, based_on=based_on)


def switch(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Enable or disable a tool."""
    return changes.set_enabled(operation.name, operation.enabled, actor=actor, based_on=based_on)


def set_status(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Give a version another status."""
    return changes.set_status(
        operation.name, operation.status, version=operation.version, actor=actor, based_on=based_on
    )


def set_latest_status(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Give the latest version another status."""
    return changes.set_status(operation.name, operation.status, actor=actor, based_on=based_on)


def promote(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Make another version the latest."""
    return changes.promote(operation.name, operation.version, actor=actor, based_on=based_on)


def delete_tool(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Delete a tool."""
    return changes.delete_tool(operation.name, actor=actor, based_on=based_on)


def delete_version(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Delete one version."""
    return changes.delete_version(operation.name, operation.version, actor=actor, based_on=based_on)


def import_some(operation: Operation, actor: Actor, based_on: str | None) -> object:
    """Import several definitions, of which two may be of one tool."""
    documents = [document_of(definition(name, **operation.content)) for name in (operation.name, "beta", "omega")]
    sources = [Source(str(number), lambda one=one: one) for number, one in enumerate(documents)]
    return imports.import_tools(sources, actor=actor, on_conflict=OnConflict.NEW_VERSION, dry_run=False)


VERBS: Mapping[str, Callable[[Operation, Actor, str | None], object]] = {
    act.__name__: act
    for act in (
        *(create, put, patch, switch, set_status, set_latest_status),
        *(promote, delete_tool, delete_version, import_some),
    )
}
# Drawn more often: what makes versions, so that there is something to promote and to delete.
OFTEN = (
    *("create", "put", "put", "put", "patch", "patch", "promote", "promote", "set_status", "set_latest_status"),
    *("switch", "delete_version"),
)
OPERATIONS = st.builds(
    Operation,
    verb=st.sampled_from((*OFTEN, *VERBS)),
    name=st.sampled_from(NAMES),
    version=st.sampled_from(VERSIONS),
    status=st.sampled_from(STATUSES),
    is_numbered=st.sampled_from((False, False, False, True)),
    enabled=st.booleans(),
    basis=st.sampled_from(("none", "none", "now", "now", "first")),
    content=CONTENTS,
)


class Worker:
    """A process that carries out operations, one after the other."""

    def __init__(self, settings: Settings, crew: Crew, name: str) -> None:
        self._here, there = FORKING.Pipe()
        self._process = crew.start(work, settings, name, there)
        there.close()
        self._asked = 0

    def begin(self, operation: Operation) -> None:
        """Give it one more; does not wait for it."""
        self._here.send(operation)
        self._asked += 1

    def finish(self) -> list[Outcome]:
        """Wait for all it was given, and return what became of each."""
        outcomes = [self._hear() for _ in range(self._asked)]
        self._asked = 0
        return outcomes

    def picture(self) -> Picture:
        """What it serves once it has taken over the last change."""
        self._here.send(None)
        picture: Picture = self._hear()
        return picture

    def _hear(self) -> Any:
        assert self._here.poll(PATIENCE_S), "a worker fell silent"
        return self._here.recv()


def work(settings: Settings, name: str, told: Connection) -> None:
    """Be a worker, in a process of its own, until the test ends."""
    app = create_app(settings)
    seen: dict[str, str] = {}
    with app.app_context():
        live.snapshot()
        while True:
            operation = told.recv()
            told.send(picture(app) if operation is None else carried_out(operation, command_actor(name), seen))


def picture(app: Flask) -> Picture:
    """What this process serves."""
    live.of(app).refresh(live.API_UPDATE)
    served = live.snapshot()
    return Picture(served.revision, served.content_hash)


def carried_out(operation: Operation, actor: Actor, seen: dict[str, str]) -> Outcome:
    """Do it, and tell what became of it."""
    tool = live.snapshot().tool(operation.name)
    if tool is not None:
        seen.setdefault(operation.name, tool.etag)
    bases = {"none": None, "now": tool and tool.etag, "first": seen.get(operation.name)}
    try:
        VERBS[operation.verb](operation, actor, bases[operation.basis])
    except CatalogError as refusal:
        return Outcome(operation, refusal.code)
    except DBAPIError as passing:
        # What a face answers with 503: somebody else held a lock for too long, and nothing was changed.
        is_fault = getattr(passing.orig, "sqlstate", None) not in PASSING_STATES
        return Outcome(operation, traceback.format_exc(), is_fault=is_fault)
    except BaseException:  # noqa: BLE001 - told to the test, which fails with it
        return Outcome(operation, traceback.format_exc(), is_fault=True)
    return Outcome(operation, "done")
