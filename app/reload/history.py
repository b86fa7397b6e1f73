"""The reload events that the database keeps, and what they amount to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, case, func, select

from app.database import reading
from app.extensions import db
from app.reload.events import Process, ReloadEvent
from app.reload.models import ReloadEventRow

BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Where the bars of the histogram end; the last one has no end."""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which reload events: filters left None do not filter."""

    trigger: str | None = None
    tool_name: str | None = None
    process: str | None = None
    success: bool | None = None
    request: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Durations:
    """How long successful reloads took, milliseconds; None when there was none."""

    average: float | None
    p50: float | None
    p95: float | None
    slowest: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the kept reload events amount to. `histogram` counts successful ones up to each of BOUNDS_MS, and beyond."""

    total: int
    successful: int
    durations: Durations
    histogram: tuple[int, ...]
    by_trigger: dict[str, int]
    last: ReloadEvent | None

    @property
    def failed(self) -> int:
        """How many did not work."""
        return self.total - self.successful

    @property
    def success_rate(self) -> float:
        """How many of a hundred worked; of none, all did."""
        return 100 * self.successful / self.total if self.total else 100.0


def events(query: HistoryQuery) -> list[ReloadEvent]:
    """The events that pass the query, newest first."""
    found = select(ReloadEventRow.__table__).where(*_filters(query)).order_by(ReloadEventRow.id.desc())
    with reading(db.engine).connect() as connection:
        return [_event(row) for row in connection.execute(found.limit(query.limit))]


def count(query: HistoryQuery) -> int:
    """How many events pass the query's filters, whatever its limit."""
    with reading(db.engine).connect() as connection:
        return connection.scalar(select(func.count()).select_from(ReloadEventRow).where(*_filters(query))) or 0


def statistics(process: str | None = None) -> Statistics:
    """What the kept events amount to, of one process or of all."""
    mine = _filters(HistoryQuery(process=process))
    with reading(db.engine).connect() as connection:
        row = connection.execute(select(*_AMOUNTS).where(*mine)).one()
        triggers = connection.execute(
            select(ReloadEventRow.trigger, func.count()).where(*mine).group_by(ReloadEventRow.trigger)
        )
        by_trigger = dict(sorted((name, number) for name, number in triggers))
    last = events(HistoryQuery(process=process, limit=1))
    return Statistics(
        total=row.total,
        successful=row.successful,
        durations=Durations(row.average, row.p50, row.p95, row.slowest),
        histogram=tuple(getattr(row, f"bar_{bar}") for bar in range(len(BOUNDS_MS) + 1)),
        by_trigger=by_trigger,
        last=last[0] if last else None,
    )


def _bar(bar: int) -> ColumnElement[int]:
    """How many successful reloads took longer than the bar before, and not longer than this one."""
    # What took no time that could be measured counts with what took less than the first bound.
    bounds = (-1, *BOUNDS_MS, None)
    above, upto = bounds[bar], bounds[bar + 1]
    is_in = ReloadEventRow.success & (ReloadEventRow.duration_ms > above)
    return func.count().filter(is_in if upto is None else is_in & (ReloadEventRow.duration_ms <= upto))


_DURATION = case((ReloadEventRow.success, ReloadEventRow.duration_ms))
_AMOUNTS: Sequence[ColumnElement[Any]] = (
    func.count().label("total"),
    func.coalesce(func.sum(ReloadEventRow.success.cast(Integer)), 0).label("successful"),
    func.avg(_DURATION).label("average"),
    func.percentile_cont(0.5).within_group(_DURATION).label("p50"),
    func.percentile_cont(0.95).within_group(_DURATION).label("p95"),
    func.max(_DURATION).label("slowest"),
    *(_bar(bar).label(f"bar_{bar}") for bar in range(len(BOUNDS_MS) + 1)),
)


def _filters(query: HistoryQuery) -> list[ColumnElement[bool]]:
    wanted = {
        ReloadEventRow.trigger: query.trigger,
        ReloadEventRow.process_id: query.process,
        ReloadEventRow.success: query.success,
        ReloadEventRow.request_id: query.request,
    }
    filters = [column == value for column, value in wanted.items() if value is not None]
    if query.tool_name is not None:
        name = query.tool_name.lower()
        filters.append((func.lower(ReloadEventRow.tool_name) == name) | ReloadEventRow.tool_names.contains([name]))
    return filters


def _event(row: Row[Any]) -> ReloadEvent:
    return ReloadEvent(
        trigger=row.trigger,
        triggered_by=row.triggered_by,
        timestamp=row.started_at,
        tool_name=row.tool_name,
        tool_names=None if row.tool_names is None else tuple(row.tool_names),
        tool_count=row.tool_count,
        from_revision=row.from_revision,
        to_revision=row.to_revision,
        duration_ms=row.duration_ms,
        success=row.success,
        process=Process(row.process_id, row.host, row.pid, row.process_started_at),
        error=row.error,
        request=row.request_id,
        handler_errors=row.handler_errors,
    )
