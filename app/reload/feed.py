"""The feed of changes: the audit log after a revision, up to what this process serves, and waiting for more of it."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from flask import Flask, current_app
from sqlalchemy import Engine, select

from app.catalog import live
from app.catalog.live import Live
from app.catalog.models import SHARED, AuditEntry
from app.catalog.snapshot import Snapshot
from app.config import Settings
from app.database import engine_of, reading
from app.errors import CatalogError, Unavailable
from app.reload.events import Trigger

MOST_CHANGES = 1_000
LONGEST_WAIT_S = 60.0

_TOLD = (
    *(AuditEntry.revision, AuditEntry.action, AuditEntry.tool_name, AuditEntry.version),
    *(AuditEntry.changed_at, AuditEntry.changed_by, AuditEntry.reason, AuditEntry.source),
)


class UnknownRevision(CatalogError):
    """The reader is ahead of the catalog, which was restored from a copy."""

    status: ClassVar[int] = 410
    code: ClassVar[str] = "unknown-revision"
    title: ClassVar[str] = "The catalog never had this revision"


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change, as the feed tells it."""

    revision: int
    action: str
    tool_name: str
    version: str
    changed_at: datetime
    changed_by: str
    reason: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the feed told: changes in order, none left out, and the snapshot they lead to.

    Attributes:
        revision: the last one told, where to go on from.
        is_crowded: nothing is new, and there was no room to wait for it, or this process is being stopped.
    """

    revision: int
    changes: tuple[Change, ...]
    snapshot: Snapshot
    is_crowded: bool = False


class Feed:
    """The feed of one process, with room for so many readers to wait in."""

    def __init__(self, live: Live, engine: Callable[[], Engine], room: int) -> None:
        self._live = live
        self._engine = engine
        self._room = threading.BoundedSemaphore(room)

    def after(self, since: int, limit: int = MOST_CHANGES) -> Told:
        """The changes after a revision, oldest first, none beyond what this process serves.

        Raises:
            UnknownRevision: the catalog is not that far. Unavailable: the database does not answer.
        """
        snapshot = self._reaching(since)
        if snapshot.revision <= since:
            return Told(since, (), snapshot)
        changes = self._changes(since, snapshot.revision, limit)
        return Told(changes[-1].revision if changes else snapshot.revision, changes, snapshot)

    def wait_after(self, since: int, wait_s: float, limit: int = MOST_CHANGES) -> Told:
        """The same, but when there is nothing new, wait for it: at most `wait_s`, less some jitter.

        Jitter keeps readers who came together, as after a restart, from all coming back together for ever.
        """
        told = self.after(since, limit)
        if told.changes or wait_s <= 0:
            return told
        with self.room() as has_room:
            if not has_room:
                return Told(since, (), told.snapshot, is_crowded=True)
            told = self.wait_in_room(since, wait_s * random.uniform(0.8, 1.0), limit)  # noqa: S311
        return replace(told, is_crowded=self.is_closing and not told.changes)

    @contextmanager
    def room(self) -> Iterator[bool]:
        """Room to wait in, for as long as the block lasts; False when it is full."""
        has_room = self._room.acquire(blocking=False)
        try:
            yield has_room
        finally:
            if has_room:
                self._room.release()

    @property
    def is_closing(self) -> bool:
        """Whether this process is being stopped."""
        return self._live.is_stopped

    def wait_in_room(self, since: int, wait_s: float, limit: int = MOST_CHANGES) -> Told:
        """The same as `wait_after`, without jitter, for a reader who has room already."""
        self._live.wait_beyond(since, wait_s)
        return self.after(since, limit)

    def _reaching(self, since: int) -> Snapshot:
        """The current snapshot; when the reader is ahead of it, one read just now."""
        snapshot = self._live.snapshot()
        if since <= snapshot.revision:
            return snapshot
        try:
            self._live.when_refreshed(self._live.refresh(Trigger.PERIODIC))
        except Unavailable as error:
            raise Unavailable("The database does not answer, and this process does not know that revision.") from error
        snapshot = self._live.snapshot()
        if since > snapshot.revision:
            told = f"The catalog is at revision {snapshot.revision}, so it was restored from a copy. "
            raise UnknownRevision(
                f"{told}Read /api/v1/snapshot, and go on from its revision.", latest=snapshot.revision
            )
        return snapshot

    def _changes(self, since: int, upto: int, limit: int) -> tuple[Change, ...]:
        found = (
            select(*_TOLD)
            .where(AuditEntry.organisation == SHARED, AuditEntry.revision > since, AuditEntry.revision <= upto)
            .order_by(AuditEntry.revision)
            .limit(limit)
        )
        with reading(self._engine()).connect() as connection:
            return tuple(Change(**row) for row in connection.execute(found).mappings())


def states(told: Told) -> dict[str, bytes | None]:
    """The whole of every tool that the told changes name, as it is now; None: it is gone."""
    tools = ((change.tool_name, told.snapshot.tool(change.tool_name)) for change in told.changes)
    return {name: None if tool is None else tool.json for name, tool in tools}


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its feed."""

    app.extensions["reload.feed"] = Feed(live.of(app), engine_of(app), settings.waiting_readers)


def feed() -> Feed:
    """The feed of the application at work."""
    return current_app.extensions["reload.feed"]  # type: ignore[no-any-return]
