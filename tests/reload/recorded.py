"""Reload events that tests make up, and those that processes wrote."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.reload.events import ReloadEvent
from app.reload.history import HistoryQuery, events
from tests.parallel import until
from tests.reload.told import WORKED


def event(**changes: Any) -> ReloadEvent:
    """An event that worked, unless the changes say otherwise."""
    return replace(WORKED, **changes)


def written(query: HistoryQuery, is_wanted: Callable[[list[ReloadEvent]], bool]) -> list[ReloadEvent]:
    """The events in the database, as soon as they are what is wanted."""
    assert until(lambda: is_wanted(events(query))), events(query)
    return events(query)
