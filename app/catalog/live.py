"""This process's current snapshot: how it is loaded, refreshed and kept.

What makes it refresh — a notification, a check of the revision, somebody's order — lives in `app.reload`, which is
told here of the first read and of every refresh. Nothing here starts a thread.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from flask import Flask, current_app, has_request_context
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.catalog.models import SHARED
from app.catalog.snapshot import Snapshot, tool_of
from app.database import driver_connection, engine_of, reading
from app.errors import Unavailable
from app.extensions import SCHEMA

log = structlog.get_logger()

Database = psycopg.Connection[Any]

STARTUP, API_UPDATE = "startup", "api_update"

_COLUMNS = (
    "id, tool_name, version, description, platform, category, status, enabled, owner, document, form, is_latest, "
    "revision, deleted_at, created_at, updated_at, created_by, updated_by"
)
_LATEST = f"""
    SELECT {_COLUMNS} FROM {SCHEMA}.tools
    WHERE organisation = %(organisation)s AND is_latest AND deleted_at IS NULL
"""  # noqa: S608
# Each is one statement, so that it sees the catalog at one moment, whatever the isolation level; and each is run by the
# driver itself, since every process does so at once after every change (measured: half of SQLAlchemy's time).
_WHOLE = f"""
    SELECT state.revision AS at, latest.*
    FROM {SCHEMA}.catalog_state AS state LEFT JOIN ({_LATEST}) AS latest ON true
"""  # noqa: S608
# The audit log tells every name that was changed, also of rows that were deleted and purged since. Each name is looked
# up by itself: joined as a whole, the planner reads every tool there is (measured: 0.7 ms in place of 0.1).
_CHANGED = f"""
    SELECT state.revision AS at, changed.name AS changed, latest.*
    FROM {SCHEMA}.catalog_state AS state
    LEFT JOIN (
        SELECT lower(tool_name) AS name FROM {SCHEMA}.tool_audit_log
        WHERE organisation = %(organisation)s AND revision > %(known)s
        UNION
        SELECT unnest(%(also)s::text[])
    ) AS changed ON true
    LEFT JOIN LATERAL ({_LATEST} AND lower(tool_name) = changed.name LIMIT 1) AS latest ON true
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Refresh:
    """What one refresh of this process's snapshot did.

    Attributes:
        trigger: what caused it, one of the triggers of a reload event.
        names: the tools that were read again, in lower case; None: all of them.
        before, after: revisions; `before` is None for the first load.
        duration_ms: of reading and of making the snapshot.
    """

    trigger: str
    triggered_by: str | None
    started_at: datetime
    duration_ms: float
    names: tuple[str, ...] | None
    before: int | None
    after: int


def load(connection: Database, known: Snapshot | None = None, also: Iterable[str] = ()) -> Snapshot:
    """The catalog as it is now; given a known snapshot, reads what changed since its revision, and the tools named."""
    return _load(connection, known, also)[0]


def _load(connection: Database, known: Snapshot | None, also: Iterable[str]) -> tuple[Snapshot, tuple[str, ...] | None]:
    if known is not None:
        wanted = {"known": known.revision, "also": [name.lower() for name in also]}
        rows = _rows(connection, _CHANGED, **wanted)
        # A revision lower than ours means the database was restored from a copy: nothing known is worth keeping.
        if rows[0].at >= known.revision:
            return _carried_on(known, rows)
    rows = _rows(connection, _WHOLE)
    return Snapshot(rows[0].at, (tool_of(row) for row in rows if row.id is not None)), None


def _rows(connection: Database, statement: str, **wanted: object) -> list[Any]:
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return list(cursor.execute(statement, {"organisation": SHARED, **wanted}))


def _carried_on(known: Snapshot, rows: list[Any]) -> tuple[Snapshot, tuple[str, ...]]:
    names = tuple(row.changed for row in rows if row.changed is not None)
    if rows[0].at == known.revision and not names:
        return known, names
    return known.with_changes(rows[0].at, (tool_of(row) for row in rows if row.id is not None), names), names


class Live:
    """The current snapshot of one process. Reading it never waits; refreshing swaps one reference."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._snapshot: Snapshot | None = None
        self._loading = threading.Lock()
        self._swapped = threading.Condition()
        self._is_stopped = False
        # Changes of this process that it has not seen yet: their last revision, and who made them.
        self._own: dict[int, str] = {}
        # What `app.reload` does with a first read, and with every refresh that was begun here.
        self.when_read_first: Callable[[], None] = _nothing
        self.when_refreshed: Callable[[Refresh], None] = _nothing

    @property
    def current(self) -> Snapshot | None:
        """The current snapshot, if this process has read before; never waits and starts nothing."""
        return self._snapshot

    def snapshot(self) -> Snapshot:
        """The current snapshot; the first call loads it.

        Raises:
            Unavailable: there is no snapshot yet and the database does not answer.
        """
        # An empty catalog's snapshot is one too, though it is false.
        current = self._snapshot
        return self._first() if current is None else current

    def refresh(
        self,
        trigger: str,
        *,
        by: str | None = None,
        connection: Database | None = None,
        also: Iterable[str] = (),
        whole: bool = False,
    ) -> Refresh:
        """Take over what changed in the database — with the tools in `also`, or everything, read again in any case.

        Raises:
            Unavailable: the database does not answer; the snapshot stays.
        """
        # The connection first: who waits for one of the pool must not keep the listener, which has its own.
        with self._connected(connection) as connected, self._loading:
            started_at, started = datetime.now(UTC), time.perf_counter()
            before = self._snapshot
            following, names = _load(connected, None if whole else before, also)
            self._snapshot = following
            duration_ms = (time.perf_counter() - started) * 1000
        with self._swapped:
            self._swapped.notify_all()
        known = None if before is None else before.revision
        refresh = Refresh(trigger, by, started_at, duration_ms, names, known, following.revision)
        return self._attributed(refresh)

    def expect(self, revision: int, by: str) -> None:
        """Say, before the commit, that this process brings the catalog to a revision.

        Whoever takes it over first, the listener or `refresh_if_reading`, then knows whose change it was.
        """
        if self._snapshot is not None:
            self._own[revision] = by

    def forget(self, revision: int | None) -> None:
        """Take that back: the change was not committed."""
        self._own.pop(revision or 0, None)

    def refresh_if_reading(self) -> None:
        """Take over this process's own change, if anybody reads here."""
        if self._snapshot is not None:
            try:
                self.when_refreshed(self.refresh(API_UPDATE))
            except Unavailable:
                # The change is committed; the listener brings it in as soon as the database answers again.
                log.warning("snapshot not refreshed after a change")

    def wait_beyond(self, revision: int, seconds: float) -> Snapshot:
        """The current snapshot, as soon as its revision is another one than this, at the latest after so many seconds.

        Returns at once when the process is being stopped.
        """
        self.snapshot()
        with self._swapped:
            self._swapped.wait_for(lambda: self._is_stopped or self.snapshot().revision != revision, seconds)
        return self.snapshot()

    @property
    def is_stopped(self) -> bool:
        """Whether this process is being stopped: nobody should wait for anything any more."""
        return self._is_stopped

    def stop(self) -> None:
        """Let everybody go who waits."""
        with self._swapped:
            self._is_stopped = True
            self._swapped.notify_all()

    def _attributed(self, refresh: Refresh) -> Refresh:
        """The refresh as one of this process's own change, if it took over one."""
        own = [revision for revision in list(self._own) if revision <= refresh.after]
        makers = [self._own.pop(revision, None) for revision in sorted(own)]
        if not makers or refresh.triggered_by is not None:
            return refresh
        return replace(refresh, trigger=API_UPDATE, triggered_by=makers[-1])

    @contextmanager
    def _connected(self, connection: Database | None) -> Iterator[Database]:
        """This connection, or one of the pool."""
        try:
            if connection is not None:
                yield connection
                return
            with reading(self._engine()).connect() as pooled:
                yield driver_connection(pooled)
        except (psycopg.Error, SQLAlchemyError) as error:
            raise Unavailable("The database does not answer.") from error

    def _first(self) -> Snapshot:
        try:
            refresh = self.refresh(STARTUP)
        except Unavailable as error:
            raise Unavailable("The database does not answer, and this process has no snapshot of it yet.") from error
        self.when_refreshed(refresh)
        # A command reads once and ends; only a process that answers requests has reason to follow the catalog.
        if has_request_context():
            self.when_read_first()
        return self.snapshot()


def _nothing(*_: object) -> None:
    """Do nothing, until `app.reload` is there."""


def init_app(app: Flask) -> None:
    """Give the application its live snapshot."""
    app.extensions["catalog.live"] = Live(engine_of(app))


def of(app: Flask) -> Live:
    """An application's live snapshot."""
    return app.extensions["catalog.live"]  # type: ignore[no-any-return]


def live() -> Live:
    """The live snapshot of the application at work."""
    return of(current_app)


def snapshot() -> Snapshot:
    """The current snapshot of this process."""
    return live().snapshot()
