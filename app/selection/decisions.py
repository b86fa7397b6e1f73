"""The decision log: what was asked lately, how often, and what was answered last — to ask it again before a change.

Each process counts what it answers by distinct request and writes the counts now and then: nobody who asks waits for
that, and nothing fails for it. Who asked is not kept, nor what they may do, nor what may be a secret.
"""

import atexit
import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import Any

import orjson
import structlog
from flask import Flask, current_app
from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app.catalog.models import SHARED
from app.config import Settings
from app.database import engine_of, reading
from app.extensions import db
from app.selection.answer import Answer
from app.selection.models import KeptSelection
from app.selection.request import SelectionRequest
from app.selection.request_text import InvalidRequest, read_request
from app.selection.scrub import scrubbed

log = structlog.get_logger()

WRITE_EVERY_S = 2.0
STOP_WITHIN_S = 2.0
MOST_WAITING = 1_000
"""Distinct requests held until they are written; of more, the further ones are not kept."""
MOST_AT_ONCE = 100
"""Rows of one statement."""
MOST_READ = 1_000
# They do not decide what is chosen; permissions tell who asks.
NOT_KEPT = {"permissions", "limit", "explain"}
_CHOICE = ("tool_name", "version", "capability_name", "pattern_name", "score")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for a request.

    Attributes:
        key: the request, as JSON, without what is not kept.
        choice: its first candidate, by _CHOICE; empty when nothing may be used.
    """

    key: str
    choice: Mapping[str, Any]
    ambiguous: bool
    revision: int


@dataclass(slots=True)
class _Counted:
    """How often a request was answered since the last writing, and with what in the end."""

    times: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was asked lately, how often, and what was chosen when it was asked last, as `tool.pattern`."""

    request: SelectionRequest
    times: int
    chosen: str | None
    last_at: Any


class DecisionLog:
    """What one process answered, counted until it is written."""

    def __init__(self, engine: Callable[[], Engine], kept: int, sampled: float) -> None:
        """Make it; it starts a thread with the first answer, so only where there are any.

        Args:
            kept: how many distinct requests the database keeps. sampled: the share of answers that is counted.
        """
        self._engine = engine
        self._kept = kept
        self._share = sampled if kept > 0 else 0.0
        self._owed = 0.0
        self._waiting: dict[str, _Counted] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._is_failing = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._at_end: Finalize | None = None

    def note(self, decision: Decision) -> None:
        """Count a decision. Of a share of 0.1, every tenth is."""
        if self._share <= 0:
            return
        with self._lock:
            self._owed += self._share
            if self._owed < 1 or self._stop.is_set():
                return
            self._owed -= 1
            self._count(decision, 1)
            if self._thread is None:
                self._start()

    def flush(self) -> None:
        """Write what is counted. What cannot be written now is kept for the next time."""
        with self._writing:
            with self._lock:
                counted, self._waiting = self._waiting, {}
            if not counted:
                return
            try:
                self._write([_row(one) for one in counted.values()])
            except SQLAlchemyError as error:
                if not self._is_failing:
                    log.warning("selections cannot be written now; they are kept", error=type(error).__name__)
                self._is_failing = True
                with self._lock:
                    for one in counted.values():
                        self._count(one.decision, one.times, is_newer=False)
                return
            self._is_failing = False

    def stop(self) -> None:
        """Write what is left, and end."""
        with self._lock:
            self._stop.set()
            thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.join(STOP_WITHIN_S)
        atexit.unregister(self.stop)
        if self._at_end is not None:
            self._at_end.cancel()

    def _count(self, decision: Decision, times: int, *, is_newer: bool = True) -> None:
        known = self._waiting.get(decision.key)
        if known is not None:
            known.times += times
            known.decision = decision if is_newer else known.decision
        elif len(self._waiting) < MOST_WAITING:
            self._waiting[decision.key] = _Counted(times, decision)

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="decision-log", daemon=True)
        self._thread.start()
        # A forked process, as serving ones are, ends without the first of them.
        atexit.register(self.stop)
        self._at_end = Finalize(None, self.stop, exitpriority=10)

    def _run(self) -> None:
        while not self._stop.wait(WRITE_EVERY_S):
            self.flush()
        self.flush()

    def _write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        with self._engine().begin() as connection:
            # Losing the last of these in a crash of the database is no loss; waiting for the disk would be one.
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            # All processes in one order: no two wait for each other.
            ordered = sorted(_joined(rows), key=lambda row: str(row["request_hash"]))
            for start in range(0, len(ordered), MOST_AT_ONCE):
                written = insert(KeptSelection).values(ordered[start : start + MOST_AT_ONCE])
                later = {name: written.excluded[name] for name in (*_CHOICE, "ambiguous", "revision")}
                connection.execute(
                    written.on_conflict_do_update(
                        index_elements=["organisation", "request_hash"],
                        set_={**later, "times": KeptSelection.times + written.excluded.times, "last_at": func.now()},
                    )
                )
        with self._engine().begin() as connection:
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            newest = select(KeptSelection.id).order_by(KeptSelection.last_at.desc(), KeptSelection.id.desc())
            surplus = select(KeptSelection.id).where(KeptSelection.id.in_(newest.offset(self._kept)))
            # What another process is writing just now is not old.
            free = surplus.with_for_update(skip_locked=True)
            connection.execute(delete(KeptSelection).where(KeptSelection.id.in_(free)))


def decision_of(request: SelectionRequest, answer: Answer) -> Decision:
    """What an answer decides, for the log."""
    first: Mapping[str, Any] = next(iter(answer["candidates"]), {})
    return Decision(
        key=request.model_dump_json(exclude=NOT_KEPT, exclude_defaults=True),
        choice={name: first[name] for name in _CHOICE if name in first},
        ambiguous=answer["ambiguous"],
        revision=answer["revision"],
    )


def recent(most: int = MOST_READ) -> list[Asked]:
    """What was asked lately, the most asked first."""
    columns = (KeptSelection.request, KeptSelection.times, KeptSelection.tool_name, KeptSelection.pattern_name)
    kept = select(*columns, KeptSelection.last_at).where(KeptSelection.organisation == SHARED)
    kept = kept.order_by(KeptSelection.times.desc(), KeptSelection.last_at.desc(), KeptSelection.id.desc()).limit(most)
    with reading(db.engine).connect() as connection:
        return _readable(connection.execute(kept).all())


def forget() -> int:
    """Remove everything that was asked; how many distinct requests that were."""
    with db.engine.begin() as connection:
        return connection.execute(delete(KeptSelection)).rowcount


def _readable(rows: Sequence[Any]) -> list[Asked]:
    """The rows as requests; one that an earlier release kept, and this one does not understand, is left out."""
    read = []
    for row in rows:
        try:
            request = read_request(row.request)
        except InvalidRequest:
            continue
        chosen = None if row.tool_name is None else f"{row.tool_name}.{row.pattern_name}"
        read.append(Asked(request, row.times, chosen, row.last_at))
    return read


def _row(counted: _Counted) -> dict[str, Any]:
    """The columns of a request, without what may be a secret."""
    decision = counted.decision
    request = orjson.loads(decision.key)
    for name in ("intent", "environment"):
        if name in request:
            request[name] = scrubbed(request[name])[: len(request[name])]
    return {
        "request_hash": hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        "request": request,
        **{name: decision.choice.get(name) for name in _CHOICE},
        "ambiguous": decision.ambiguous,
        "revision": decision.revision,
        "times": counted.times,
    }


def _joined(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each request: some differed in nothing but their secrets."""
    by_hash: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = by_hash.get(row["request_hash"])
        by_hash[row["request_hash"]] = {**row, "times": row["times"] + (known["times"] if known else 0)}
    return list(by_hash.values())


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its decision log."""
    app.extensions["selection.decisions"] = DecisionLog(
        engine_of(app), settings.selections_kept, settings.selections_sampled
    )


def of(app: Flask) -> DecisionLog:
    """An application's decision log."""
    return app.extensions["selection.decisions"]  # type: ignore[no-any-return]


def decision_log() -> DecisionLog:
    """The decision log of the application at work."""
    return of(current_app)
