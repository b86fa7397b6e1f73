"""Who serves, and how far the last change has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text

from app.catalog.models import CatalogState
from app.database import reading
from app.extensions import db
from app.reload.events import Process
from app.reload.models import ServingProcessRow

SILENT_AFTER_S = 15
"""Three heartbeats: a process nobody heard of for so long does not answer, or is cut off from the database."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A process that serves, as the database knows it."""

    process: Process
    revision: int
    content_hash: str
    is_listening: bool
    seen_at: datetime
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a change has come: `live` of `processes` serve `revision`, or a later one."""

    revision: int
    live: int
    processes: tuple[Serving, ...]

    @property
    def silent(self) -> int:
        """How many processes nobody has heard of for so long that waiting for them is vain."""
        return sum(one.is_silent for one in self.processes)

    @property
    def is_everywhere(self) -> bool:
        """Whether every process serves the change."""
        return self.live == len(self.processes)


def spread(revision: int | None = None) -> Spread:
    """Who serves, and how far the change of this revision has come; the last one when none is named."""
    silent = ServingProcessRow.seen_at < func.now() - text(f"interval '{SILENT_AFTER_S} seconds'")
    rows = select(ServingProcessRow.__table__, silent.label("is_silent"))
    rows = rows.order_by(ServingProcessRow.host, ServingProcessRow.started_at, ServingProcessRow.pid)
    with reading(db.engine).connect() as connection:
        serving = tuple(map(_serving, connection.execute(rows)))
        if revision is None:
            revision = connection.scalar(select(CatalogState.revision)) or 0
    is_live = [one.revision >= revision and not one.is_silent for one in serving]
    return Spread(revision, sum(is_live), serving)


def _serving(row: Row[Any]) -> Serving:
    process = Process(row.id, row.host, row.pid, row.started_at)
    return Serving(process, row.revision, row.content_hash, row.is_listening, row.seen_at, row.is_silent)
