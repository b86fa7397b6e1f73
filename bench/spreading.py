"""Measurements of how a change spreads: from the beginning of its commit until every serving process shows it."""

import os
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median, quantiles

from sqlalchemy import event

from app.actor import command_actor
from app.catalog import changes
from app.config import PROJECT
from app.extensions import db
from bench import data
from bench.servers import crash, start_again
from bench.stage import TOOLS, Stage
from bench.table import Row, Target

PROCESSES = 8
PAUSE_S = (0.010, 0.030)
"""Between changes: an author works on an idle machine, not against the clock."""

READY_WITHIN_S = 60
AWAY_S = 3.0
ME = command_actor("bench")


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds from commit to visible: in each process, and in the last of them."""

    each: Sequence[float]
    last: Sequence[float]


def spreading(stage: Stage) -> Iterator[Row]:
    """Changes one after the other, seen by eight processes; then the same with no notification at all."""
    many = 2_000 if stage.effort.rounds > 3 else 200
    bare = _spread(stage, "bare", many // 4).each
    heard = _spread(stage, "product", many)
    deaf = _spread(stage, "deaf", many // 8).each
    what = f"commit → visible in {PROCESSES} processes"
    yield _row(f"{what}, p50", median(heard.each), median(bare), Target(5))
    yield _row(f"{what}, p99", _p99(heard.each), _p99(bare), Target(50))
    yield _row(f"{what}, in the last of them, p50", median(heard.last), median(bare))
    yield _row(f"{what}, no notification, slowest", max(deaf), max(bare), Target(500))
    back, first = _after_a_crash(stage)
    yield Row("database crashed and back → all current", back, "ms", first, "first change", back / first, Target(1000))


def _row(what: str, figure: float, baseline: float, target: Target | None = None) -> Row:
    return Row(what, figure, "ms", baseline, "bare LISTEN", figure / baseline, target)


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]


def _spread(stage: Stage, mode: str, many: int) -> Latencies:
    """Make so many changes while the followers follow in this mode."""
    logs = [stage.folder / f"{mode}{number}.log" for number in range(PROCESSES)]
    with stage.filled_app().app_context(), ExitStack() as running:
        url = stage.app.extensions["settings"].database_url
        for log in logs:
            running.enter_context(_follower(mode, url, log))
        _wait_until_all_saw(logs, 0)
        commits = _change(many, mode)
        _wait_until_all_saw(logs, max(commits))
        seen = [_seen(log) for log in logs]
    by_change = [[_first(one, revision) - at for one in seen] for revision, at in commits.items()]
    each = [late / 1e6 for lates in by_change for late in lates]
    return Latencies(each, [max(lates) / 1e6 for lates in by_change])


def _after_a_crash(stage: Stage) -> tuple[float, float]:
    """Milliseconds from the database's return until every follower shows a change made then, and until it was made."""
    logs = [stage.folder / f"crash{number}.log" for number in range(PROCESSES)]
    with stage.filled_app().app_context(), ExitStack() as running:
        url = stage.app.extensions["settings"].database_url
        for log in logs:
            running.enter_context(_follower("product", url, log))
        _wait_until_all_saw(logs, 0)
        crash(stage.folder / "database")
        # As long as an operator takes: the followers are between two attempts, each as late as they get.
        time.sleep(AWAY_S)
        start_again(stage.folder / "database")
        back = time.time_ns()
        (revision, made), *_ = _change(1, "back").items()
        _wait_until_all_saw(logs, revision)
        return max(_first(_seen(log), revision) - back for log in logs) / 1e6, (made - back) / 1e6


def _change(many: int, mode: str) -> dict[int, int]:
    """Make so many changes; the nanosecond at which the commit of each revision began."""
    chance, commits, at = Random(4), {}, [0]
    session = db.session()
    note = lambda _: at.__setitem__(0, time.time_ns())  # noqa: E731
    event.listen(session, "before_commit", note)
    for number in range(many):
        name = data.tool_name(number % TOOLS)
        description = f"Changed, the {number}th change, while followers are {mode}"
        tool = changes.merge_tool(name, {"description": description}, actor=ME)
        commits[tool.revision] = at[0]
        time.sleep(chance.uniform(*PAUSE_S))
    event.remove(session, "before_commit", note)
    return commits


@contextmanager
def _follower(mode: str, url: str, log: Path) -> Iterator[None]:
    environment = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(log.parent), "LOG_LEVEL": "error"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.follower", mode], env=environment, cwd=PROJECT, stdout=output
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _wait_until_all_saw(logs: Sequence[Path], revision: int) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not all(seen and seen[-1][0] >= revision for seen in map(_seen, logs)):
        if time.monotonic() > until:
            raise RuntimeError(f"not every process saw revision {revision}")
        time.sleep(0.1)


def _seen(log: Path) -> list[tuple[int, int]]:
    # What comes after the last line's end is a line still being written.
    whole_lines = log.read_text().rpartition("\n")[0].splitlines()
    return [(int(revision), int(at)) for revision, at in map(str.split, whole_lines)]


def _first(seen: Sequence[tuple[int, int]], revision: int) -> int:
    """When this revision, or one beyond, was first seen."""
    return seen[bisect_left(seen, (revision, 0))][1]
