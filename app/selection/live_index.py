"""This process's index of its current snapshot: made when somebody first asks, then carried on after each change."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from app.catalog import live
from app.catalog.live import Live
from app.catalog.snapshot import Snapshot
from app.selection.candidates import Source
from app.selection.index import Index


@dataclass(frozen=True, slots=True)
class Indexed:
    """A snapshot and its index; they belong together."""

    snapshot: Snapshot
    index: Index

    @property
    def revision(self) -> int:
        """Of the snapshot."""
        return self.snapshot.revision

    def with_tool(self, tool: Source) -> Index:
        """The index as it would be with this tool instead of the one of its name, or beside the others."""
        return self.with_tools([tool])

    def with_tools(self, tools: Iterable[Source]) -> Index:
        """The same with several tools."""
        return self.index.following(
            {**{one.key: one for one in self.snapshot}, **{one.key: one for one in tools}}.values()
        )

    def without_tool(self, name: str) -> Index:
        """The index as it would be without the tool of a name."""
        return self.index.following(one for one in self.snapshot if one.key != name.lower())


@dataclass(frozen=True, slots=True)
class Proposed:
    """A definition as it would be offered, were it the latest of its tool. `definition` is in map form."""

    definition: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Its name as names are compared."""
        return str(self.definition.get("tool_name") or "").lower()

    @property
    def is_offered(self) -> bool:
        """Taken as published; one that says that it is disabled or deprecated stays so."""
        return self.definition.get("enabled", True) is True and self.definition.get("status", "active") in _OFFERED

    def whole(self) -> Mapping[str, Any]:
        """The definition, with the lifecycle it would have."""
        return {"version": "", "enabled": True, "status": "active", **self.definition}


_OFFERED = frozenset({"active", "draft"})


class LiveIndex:
    """Keeps the index of the current snapshot. Whoever asks while it is carried on waits for that, a few ms."""

    def __init__(self, live: Callable[[], Live], when_made: Callable[[], object]) -> None:
        """Make nothing yet.

        Args:
            when_made: called when there is an index for the first time, to have it carried on after each change.
        """
        self._live = live
        self._when_made = when_made
        self._current: Indexed | None = None
        self._carrying_on = threading.Lock()

    def current(self) -> Indexed:
        """The current snapshot with its index.

        Raises:
            Unavailable: as `Live.snapshot`.
        """
        snapshot, known = self._live().snapshot(), self._current
        if known is not None and known.snapshot is snapshot:
            return known
        with self._carrying_on:
            known = self._current
            if known is None:
                # Not before: made in every process as it starts, indexes kept the changes of that moment from
                # spreading (measured: a p99 of 330 ms in place of 60).
                known = Indexed(snapshot, Index.of(snapshot))
                self._when_made()
            elif known.snapshot is not snapshot:
                known = Indexed(snapshot, known.index.following(snapshot))
            self._current = known
            return known


def init_app(app: Flask, when_made: Callable[[], object] = lambda: None) -> None:
    """Give the application its index; `when_made` as `LiveIndex` says."""
    app.extensions["selection.index"] = LiveIndex(lambda: live.of(app), when_made)


def of(app: Flask) -> LiveIndex:
    """An application's index."""
    return app.extensions["selection.index"]  # type: ignore[no-any-return]


def indexed() -> Indexed:
    """The current snapshot with its index, of the application at work."""
    return of(current_app).current()
