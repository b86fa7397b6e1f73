"""The thread that runs handlers and writes reload events, apart from reloads and requests: neither waits for it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, delete, func, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from app.reload.events import MOST_ERROR, Process, ReloadEvent, storable
from app.reload.models import ReloadEventRow, ServingProcessRow

log = structlog.get_logger()

WRITE_EVERY_S = 0.5
"""Events of a burst of changes are written together: a write for each would take longer than the reload."""
GATHER_S = 0.02
"""Handlers begin so much later: until then the machine's other processes want its cores, to take the change over."""
HEARTBEAT_S = 5.0
STOP_WITHIN_S = 2.0
GONE_AFTER_S = 60.0
"""A process that was killed is forgotten when nobody heard of it for so long."""
MOST_WAITING = 1_000
"""Events held while the database does not answer; of more, the oldest are given up."""

Handler = Callable[[ReloadEvent], object]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a process says of itself."""

    revision: int
    content_hash: str
    is_listening: bool


class Recorder:
    """Takes events at once, hands them to the handlers, and writes them soon."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        process: Process,
        standing: Callable[[], Standing | None],
        handlers: Mapping[str, Handler],
        kept: int,
    ) -> None:
        self.process = process
        self._engine = engine
        self._standing = standing
        self._handlers = handlers
        self._kept = kept
        self._new: deque[ReloadEvent] = deque(maxlen=MOST_WAITING)
        self._unwritten: deque[ReloadEvent] = deque(maxlen=MOST_WAITING)
        self._is_failing = False
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="reload-recorder", daemon=True)

    def record(self, event: ReloadEvent) -> None:
        """Take an event; never waits."""
        self._new.append(event)
        # Writing waits for its turn; handlers do not.
        if self._handlers:
            self._wake.set()

    def start(self) -> None:
        """Begin with what was taken so far."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, take this process off the list, and end."""
        self._stopping = True
        self._wake.set()
        # A handler that never returns must not keep the process from ending.
        self._thread.join(STOP_WITHIN_S)

    def _run(self) -> None:
        written = float("-inf")
        while not self._stopping:
            self._handle()
            now = time.monotonic()
            if now >= written + (WRITE_EVERY_S if self._unwritten else HEARTBEAT_S):
                self._write()
                written = now
            if self._wake.wait(WRITE_EVERY_S):
                time.sleep(GATHER_S)
            self._wake.clear()
        self._handle()
        self._write(is_leaving=True)

    def _handle(self) -> None:
        while self._new:
            event = self._new.popleft()
            failed = {name: _failure_of(name, handler, event) for name, handler in list(self._handlers.items())}
            errors = {name: failure for name, failure in failed.items() if failure is not None}
            self._unwritten.append(replace(event, handler_errors=errors))

    def _write(self, *, is_leaving: bool = False) -> None:
        events = list(self._unwritten)
        try:
            with self._engine().begin() as connection:
                # Losing the last of these in a crash of the database is no loss; waiting for the disk would be one.
                connection.execute(text("SET LOCAL synchronous_commit = off"))
                self._write_events(connection, events)
                self._write_standing(connection, is_leaving)
        except SQLAlchemyError as error:
            if not self._is_failing:
                log.warning("reload events cannot be written now; they are kept", error=type(error).__name__)
            self._is_failing = True
            return
        self._is_failing = False
        for _ in events:
            self._unwritten.popleft()

    def _write_events(self, connection: Connection, events: Sequence[ReloadEvent]) -> None:
        if not events:
            return
        written = insert(ReloadEventRow).returning(ReloadEventRow.id)
        last = max(connection.scalars(written, [row_of(event) for event in events]))
        connection.execute(delete(ReloadEventRow).where(ReloadEventRow.id <= last - self._kept))

    def _write_standing(self, connection: Connection, is_leaving: bool) -> None:
        silent = ServingProcessRow.seen_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, GONE_AFTER_S)
        mine = ServingProcessRow.id == self.process.id
        connection.execute(delete(ServingProcessRow).where(silent | mine if is_leaving else silent & ~mine))
        standing = self._standing()
        if standing is None or is_leaving:
            return
        said = asdict(standing)
        row = {"host": self.process.host, "pid": self.process.pid, "started_at": self.process.started_at, **said}
        connection.execute(
            upsert(ServingProcessRow)
            .values(id=self.process.id, **row)
            .on_conflict_do_update(index_elements=["id"], set_={**said, "seen_at": func.now()})
        )


def _failure_of(name: str, handler: Handler, event: ReloadEvent) -> str | None:
    """Call a handler; what went wrong in it, if anything."""
    try:
        handler(event)
    # Handlers are other features' code: one that fails must stop neither the others nor the record.
    except Exception as error:
        log.exception("reload handler failed", handler=name)
        return storable(f"{type(error).__name__}: {error}", MOST_ERROR)
    return None


def row_of(event: ReloadEvent) -> dict[str, Any]:
    """The columns of an event."""
    return {
        "process_id": event.process.id,
        "host": event.process.host,
        "pid": event.process.pid,
        "process_started_at": event.process.started_at,
        "trigger": event.trigger,
        "triggered_by": event.triggered_by,
        "tool_name": event.tool_name,
        "tool_names": None if event.tool_names is None else list(event.tool_names),
        "tool_count": event.tool_count,
        "from_revision": event.from_revision,
        "to_revision": event.to_revision,
        "started_at": event.timestamp,
        "duration_ms": event.duration_ms,
        "success": event.success,
        "error": event.error,
        "handler_errors": event.handler_errors,
        "request_id": event.request,
    }
