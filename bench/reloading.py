"""Measurements of reloads in one process: of a tool that changed, of everything, and what reads feel of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from statistics import median, quantiles

from app import database
from app.actor import command_actor
from app.catalog import changes
from app.catalog.live import Database, Live, live
from app.catalog.transaction import transaction
from app.web import settings
from bench import data
from bench.serving import API
from bench.stage import TOOLS, Stage
from bench.table import Row, Target

CHANGES = 300
CHANGE_EVERY_S = 0.1
ME = command_actor("bench")
# No two changes write the same: one that changes nothing is none.
_NUMBERS = count()


def reloads(stage: Stage) -> Iterator[Row]:
    """A reload after one change, beside one of everything."""
    with stage.filled_app().app_context(), _reading() as connection:
        one = [_after_a_change(live(), connection) for _ in range(CHANGES)]
        whole = [live().refresh("manual", connection=connection, whole=True).duration_ms for _ in range(20)]
    p95, everything = quantiles(one, n=20)[18], median(whole)
    yield Row(f"reload of one tool of {TOOLS:,}, p95", p95, "ms", everything, "whole", p95 / everything, Target(20))
    yield Row(f"reload of all {TOOLS:,}", everything, "ms", None, "", None, Target(400))


def reads_during_reloads(stage: Stage) -> Iterator[Row]:
    """How late the latest of a hundred reads is while the catalog changes.

    Beside it the same changes, each taken back: they load the machine as much, and reload nothing.
    """
    paths = [f"{API}/tools/{data.tool_name(number)}" for number in range(TOOLS)]
    stage.load(stage.server, paths)
    pairs = []
    for _ in range(stage.effort.rounds):
        with _changing(stage, _take_back):
            quiet = stage.load(stage.server, paths, 1).p99_ms
        with _changing(stage, _change):
            pairs.append((stage.load(stage.server, paths, 1).p99_ms, quiet))
    ratio = median(during / quiet for during, quiet in pairs)
    during, quiet = (median(side) for side in zip(*pairs, strict=True))
    yield Row("read p99 during reloads", during, "ms", quiet, "taken back", ratio, Target(1.5, of_ratio=True))


@contextmanager
def _reading() -> Iterator[Database]:
    with database.connect(settings()) as connection:
        connection.autocommit = True
        live().refresh("startup", connection=connection)
        yield connection


def _after_a_change(live: Live, connection: Database) -> float:
    _change(next(_NUMBERS))
    return live.refresh("notification", connection=connection).duration_ms


def _change(number: int) -> None:
    name, text = data.tool_name(number % TOOLS), f"Changed, the {number}th change"
    changes.merge_tool(name, {"description": text}, actor=ME)


def _take_back(number: int) -> None:
    """Make a change and roll it back."""
    with suppress(_TakenBack), transaction():
        _change(number)
        raise _TakenBack


class _TakenBack(Exception):
    """Ends a transaction without a commit."""


@contextmanager
def _changing(stage: Stage, act: Callable[[int], None]) -> Iterator[None]:
    """Do this every CHANGE_EVERY_S seconds, in this process, until the block ends."""
    stop = threading.Event()

    def change() -> None:
        with stage.app.app_context():
            while not stop.wait(CHANGE_EVERY_S):
                act(next(_NUMBERS))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
