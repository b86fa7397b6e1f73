"""Measurements of reads in this process, at a catalog's usual size and at ten times that."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle

from app.catalog.mapping import row_of
from app.catalog.models import Tool
from app.catalog.snapshot import Query, Snapshot, tool_of
from app.definitions.legacy import source_tool
from bench import data
from bench.clock import in_turns
from bench.stage import TOOLS, Stage
from bench.table import Row, Target

TIMES_LARGER = 10
FLAT = Target(2, of_ratio=True)
"""A larger catalog misses the processor's caches more often; what grows with the catalog would be near 10."""


def growth(stage: Stage) -> Iterator[Row]:
    """One read at a time: of a larger catalog, beside the same of the usual one."""
    sizes = TIMES_LARGER * TOOLS, TOOLS
    large, usual = (_snapshot(size) for size in sizes)
    reads: dict[str, Callable[[Snapshot], Callable[[], object]]] = {
        "tool by name": _tools,
        "tools with a capability": _capabilities,
        "list, first page": _lists,
        "list of a platform": _platforms,
    }
    for what, read in reads.items():
        figure, baseline, ratio = in_turns(read(large), read(usual), stage.effort.rounds)
        label = f"in memory, of {sizes[0]:,}: {what}"
        yield Row(label, 1e6 * figure, "µs", 1e6 * baseline, f"of {sizes[1]:,}", ratio, FLAT)


def _tools(snapshot: Snapshot) -> Callable[[], object]:
    names = cycle([tool.name for tool in snapshot])
    return lambda: snapshot.tool(next(names))


def _capabilities(snapshot: Snapshot) -> Callable[[], object]:
    names = cycle([capability.name for capability in snapshot.capabilities()])
    return lambda: snapshot.having(next(names))


def _lists(snapshot: Snapshot) -> Callable[[], object]:
    return lambda: snapshot.page(Query())


def _platforms(snapshot: Snapshot) -> Callable[[], object]:
    return lambda: snapshot.page(Query(platform="network"))


def _snapshot(size: int) -> Snapshot:
    return Snapshot(size, (tool_of(_row(number)) for number in range(size)))


def _row(number: int) -> Tool:
    """A row as the database would give it."""
    row = row_of(source_tool(data.definition(number)), data.tool_name(number), "1.0")
    now = datetime.now(UTC)
    row.id, row.revision, row.status, row.enabled, row.is_latest = number + 1, number + 1, "active", True, True
    row.created_at, row.updated_at, row.created_by, row.updated_by = now, now, "bench", "bench"
    return row
