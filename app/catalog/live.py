"""This process's current snapshot: how it is loaded, refreshed and kept.

Until a listener hears of changes at once, a thread looks at the revision every `revision_check_ms`. It starts with the
first read in a process that serves, never at import and never in a `flask` command, so forking servers are safe.
"""

import threading
from collections.abc import Callable

import structlog
from flask import Flask, current_app
from sqlalchemy import Connection, Engine, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from app.catalog.models import SHARED, AuditEntry, CatalogState
from app.catalog.models import Tool as ToolRow
from app.catalog.snapshot import Snapshot, tool_of
from app.errors import Unavailable
from app.extensions import db

log = structlog.get_logger()

_COLUMNS = [
    getattr(ToolRow, name)
    for name in [
        *("id", "tool_name", "version", "description", "platform", "category", "status", "enabled", "owner"),
        *("document", "form", "is_latest", "revision", "deleted_at"),
        *("created_at", "updated_at", "created_by", "updated_by"),
    ]
]


def load(connection: Connection, known: Snapshot | None = None, organisation: str = SHARED) -> Snapshot:
    """Read the catalog as it is now; given a known snapshot, read only what changed since its revision."""
    revision = connection.scalar(select(CatalogState.revision)) or 0
    if known is not None and known.revision == revision:
        return known
    query = select(*_COLUMNS).where(ToolRow.organisation == organisation)
    shown = ToolRow.is_latest & ToolRow.deleted_at.is_(None)
    # A revision lower than ours means the database was restored from a copy: nothing known is worth keeping.
    if known is None or known.revision > revision:
        return Snapshot(revision, map(tool_of, connection.execute(query.where(shown))))
    # The audit log tells every name that was changed, also of rows that were deleted and purged since.
    names = list(connection.scalars(_changed_since(known.revision, organisation)))
    rows = connection.execute(query.where(shown, func.lower(ToolRow.tool_name).in_(names)))
    return known.with_changes(revision, map(tool_of, rows), names)


def _changed_since(revision: int, organisation: str) -> Select[str]:
    name = func.lower(AuditEntry.tool_name)
    return select(name).distinct().where(AuditEntry.organisation == organisation, AuditEntry.revision > revision)


class Live:
    """The current snapshot of one process. Reading it never waits; refreshing swaps one reference."""

    def __init__(self, engine: Callable[[], Engine], check_s: float) -> None:
        self._engine = engine
        self._check_s = check_s
        self._snapshot: Snapshot | None = None
        self._loading = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def current(self) -> Snapshot | None:
        """The current snapshot, if this process has read before; never waits and starts nothing."""
        return self._snapshot

    def snapshot(self) -> Snapshot:
        """The current snapshot; the first call loads it and starts the revision check.

        Raises:
            Unavailable: there is no snapshot yet and the database does not answer.
        """
        # An empty catalog's snapshot is one too, though it is false.
        current = self._snapshot
        return self._first() if current is None else current

    def refresh(self) -> Snapshot:
        """Take over what changed in the database, if anything."""
        with self._loading:
            known = self._snapshot
            engine = self._engine().execution_options(isolation_level="REPEATABLE READ")
            with engine.connect() as connection:
                self._snapshot = load(connection, known)
            return self._snapshot

    def refresh_if_reading(self) -> None:
        """Take over this process's own change, if anybody reads here."""
        if self._snapshot is not None:
            try:
                self.refresh()
            except SQLAlchemyError as error:
                # The change is committed; the revision check brings it in as soon as the database answers again.
                log.warning("snapshot not refreshed after a change", error=type(error).__name__)

    def stop(self) -> None:
        """End the revision check."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _first(self) -> Snapshot:
        try:
            snapshot = self.refresh()
        except SQLAlchemyError as error:
            raise Unavailable("The database does not answer, and this process has no snapshot of it yet.") from error
        self._start()
        return snapshot

    def _start(self) -> None:
        with self._loading:
            if self._thread is None:
                self._thread = threading.Thread(target=self._check, name="revision-check", daemon=True)
                self._thread.start()

    def _check(self) -> None:
        failing = False
        while not self._stop.wait(self._check_s):
            try:
                self.refresh()
                failing = False
            except SQLAlchemyError as error:
                if not failing:
                    log.warning("revision check fails; reads go on from memory", error=type(error).__name__)
                failing = True


def init_app(app: Flask, check_s: float) -> None:
    """Give the application its live snapshot."""

    def engine() -> Engine:
        with app.app_context():
            return db.engine

    app.extensions["catalog.live"] = Live(engine, check_s)


def of(app: Flask) -> Live:
    """An application's live snapshot."""
    return app.extensions["catalog.live"]  # type: ignore[no-any-return]


def live() -> Live:
    """The live snapshot of the application at work."""
    return of(current_app)


def snapshot() -> Snapshot:
    """The current snapshot of this process."""
    return live().snapshot()
