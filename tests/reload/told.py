"""Reload events and serving processes as tests put them there, without any reload or process behind them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from app.catalog.models import CatalogState
from app.extensions import db
from app.reload.events import Process, ReloadEvent
from app.reload.models import ReloadEventRow, ReloadRequestRow, ServingProcessRow
from app.reload.recorder import row_of

NOW = datetime.now(UTC)
WEB = Process("a" * 32, "web-1", 101, NOW - timedelta(hours=7))
OTHER = Process("b" * 32, "web-2", 202, NOW - timedelta(hours=6))
WORKED = ReloadEvent(
    trigger="notification",
    triggered_by="system",
    timestamp=NOW - timedelta(hours=5),
    tool_name="grep",
    tool_names=("grep",),
    tool_count=1,
    from_revision=6,
    to_revision=7,
    duration_ms=1.25,
    success=True,
    process=WEB,
)
FAILED = replace(WORKED, success=False, error="The database does not answer.", duration_ms=0.0, process=OTHER)


def record(*events: ReloadEvent) -> None:
    """Put events into the history, the last one the newest."""
    with db.engine.begin() as connection:
        for event in events:
            connection.execute(insert(ReloadEventRow).values(row_of(event)))


def serve(process: Process, revision: int, **changes: Any) -> None:
    """Put a process on the list of those that serve."""
    row = {"host": process.host, "pid": process.pid, "started_at": process.started_at, "content_hash": "0" * 64}
    standing = {"revision": revision, "is_listening": True, "seen_at": datetime.now(UTC), **changes}
    with db.engine.begin() as connection:
        connection.execute(insert(ServingProcessRow).values(id=process.id, **row, **standing))


def reach(revision: int) -> None:
    """Bring the catalog to a revision."""
    with db.engine.begin() as connection:
        connection.execute(update(CatalogState).values(revision=revision))


def ask(number: int, at: datetime) -> None:
    """Ask every process for a reload, so long ago that nobody hears of it any more."""
    row = {"id": number, "trigger": "manual", "triggered_by": "ann", "requested_at": at}
    with db.engine.begin() as connection:
        connection.execute(insert(ReloadRequestRow).values(row))
