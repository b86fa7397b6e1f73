"""Lists of tools, as pages and JSON both show them: filtered, searched, ordered, with facets and near names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.catalog import history
from app.catalog.facets import FACETS
from app.catalog.live import snapshot
from app.catalog.snapshot import Listing, Query, Snapshot, Tool
from app.catalog.versions import no_such_tool
from app.definitions.vocabulary import closest
from app.errors import NotFound

MOST_VALUES = 30
"""So many values of a facet are offered; typing finds the others."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, the revision it shows, and names near a search that found nothing."""

    listing: Listing
    revision: int
    suggestions: Sequence[str] = ()


def list_tools(current: Snapshot, query: Query, words: str | None = None) -> Found:
    """The tools a query keeps; `words` also searches them, best first unless the query sorts."""
    if not words or not words.strip():
        return Found(current.page(query), current.revision)
    return _searched(current, query, words)


def _searched(current: Snapshot, query: Query, words: str) -> Found:
    listing = current.page(query.among(history.search(words)))
    near = closest(words, current.names) if listing.total == 0 else ()
    return Found(listing, current.revision, near)


def facet_values(current: Snapshot, query: Query, facet: str, part: str, words: str | None) -> list[tuple[Any, int]]:
    """The values of a facet that contain `part`, with how many tools each would keep, most first; the first of many.

    Raises:
        NotFound: there is no such facet.
    """
    if facet not in FACETS:
        raise NotFound(f"“{facet}” is no facet; known are {', '.join(FACETS)}.")
    counts = list_tools(current, query, words).listing.facets[facet]
    return [(value, count) for value, count in counts if part.lower() in str(value).lower()][:MOST_VALUES]


def latest_tool(name: str) -> Tool:
    """The latest version of a tool, from memory.

    Raises:
        NotFound: no tool has that name; says which are near.
    """
    current = snapshot()
    tool = current.tool(name)
    if tool is None:
        raise no_such_tool(name, current.names)
    return tool


@dataclass(frozen=True, slots=True)
class Having:
    """The tools that have a capability, by name, and the revision that shows."""

    tools: tuple[Tool, ...]
    revision: int


def tools_with(
    capability: str, platform: str | None = None, status: str | None = None, enabled: bool | None = None
) -> Having:
    """The tools that have a capability; what is not said about status and enabled means on offer.

    Raises:
        NotFound: no tool has that capability; says which are near.
    """
    current = snapshot()
    tools = current.having(capability)
    if not tools:
        known = current.values("capability")
        near = closest(capability, known)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise NotFound(f"No tool has the capability “{capability}”.{hint}", suggestions=near)
    wanted_status, wanted_enabled = status or "active", True if enabled is None else enabled
    kept = (tool for tool in tools if tool.status == wanted_status and tool.enabled == wanted_enabled)
    return Having(tuple(tool for tool in kept if platform in {None, tool.platform}), current.revision)
