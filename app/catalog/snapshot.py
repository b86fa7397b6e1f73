"""The snapshot: an immutable picture of one organisation's tools at one revision, indexed and serialised once.

Reads — lookups, lists, facets, capabilities — are answered from it without a database. How a process comes by its
snapshot is told in `live.py`.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import orjson

from app.answers import etag_of
from app.catalog.facets import FACETS, Indexed
from app.catalog.mapping import definition_of, patterns_of, tags_of, tool_json

SORTS = ("name", "platform", "category", "status", "created_at", "updated_at")
# How much a snapshot remembers: bytes of answers, of which a list of 50 takes 35 KB and a short one 1. What is no
# answer counts as NO_ANSWER_BYTES.
MEMO_BYTES = 4 * 1024 * 1024
NO_ANSWER_BYTES = 4096

Facets = Mapping[str, list[tuple[Any, int]]]

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Tool:
    """The latest version of one tool, as readers see it. `json` is the whole tool, `summary` its line in lists."""

    id: int
    name: str
    version: str
    description: str
    platform: str | None
    category: str | None
    status: str
    enabled: bool
    owner: str | None
    tags: tuple[str, ...]
    capabilities: tuple[str, ...]
    pattern_count: int
    revision: int
    created_at: datetime
    updated_at: datetime
    created_by: str
    updated_by: str
    json: bytes = field(repr=False)
    etag: str = field(repr=False)
    summary: bytes = field(repr=False)

    @property
    def key(self) -> str:
        """Its name as names are compared: ignoring case."""
        return self.name.lower()

    @property
    def is_offered(self) -> bool:
        """Whether orchestrators may choose it: enabled and active."""
        return self.enabled and self.status == "active"

    def whole(self) -> dict[str, Any]:
        """The whole tool as data; parsed afresh, so that nobody can change the snapshot."""
        tool: dict[str, Any] = orjson.loads(self.json)
        return tool

    def facet(self, name: str) -> tuple[Any, ...]:
        """The values under which a facet counts this tool."""
        match name:
            case "tag":
                return self.tags
            case "capability":
                return self.capabilities
            case _:
                value = getattr(self, name)
                return () if value is None else (value,)


def tool_of(row: Any) -> Tool:
    """Make the snapshot's tool from a row of the tools table."""
    definition = definition_of(row)
    body = tool_json(row)
    tool = Tool(
        id=row.id,
        name=row.tool_name,
        version=row.version,
        description=row.description,
        platform=row.platform,
        category=row.category,
        status=row.status,
        enabled=row.enabled,
        owner=row.owner,
        tags=tags_of(definition),
        capabilities=tuple(dict.fromkeys(capability for capability, _, _ in patterns_of(definition))),
        pattern_count=sum(1 for _ in patterns_of(definition)),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
        updated_by=row.updated_by,
        json=body,
        etag=etag_of(body),
        summary=b"",
    )
    return replace(tool, summary=orjson.dumps(_summary(tool)))


def _summary(tool: Tool) -> dict[str, Any]:
    return {
        "id": tool.id,
        "tool_name": tool.name,
        "version": tool.version,
        "description": tool.description,
        "platform": tool.platform,
        "category": tool.category,
        "status": tool.status,
        "enabled": tool.enabled,
        "is_latest": True,
        "owner": tool.owner,
        "tags": tool.tags,
        "capabilities": tool.capabilities,
        "pattern_count": tool.pattern_count,
        "revision": tool.revision,
        "created_at": tool.created_at,
        "updated_at": tool.updated_at,
        "updated_by": tool.updated_by,
    }


@dataclass(frozen=True, slots=True)
class Query:
    """What a list shows: facet values to keep, names to keep (in rank order, from a text search), order and page.

    Facets left None do not filter. `owners` keeps what any of these own; they are given in lower case.
    `sort` is one of SORTS, with a leading ``-`` for descending; None keeps the rank of `names`, or sorts by name.
    """

    platform: str | None = None
    category: str | None = None
    status: str | None = None
    enabled: bool | None = None
    tag: str | None = None
    capability: str | None = None
    owner: str | None = None
    owners: frozenset[str] | None = None
    names: tuple[str, ...] | None = None
    sort: str | None = None
    page: int = 1
    page_size: int = 50

    def among(self, names: Iterable[str]) -> "Query":
        """The same query, over these names only, ranked in their order."""
        return replace(self, names=tuple(names))


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, and how the rest of it divides."""

    tools: tuple[Tool, ...]
    total: int
    page: int
    page_size: int
    count_facets: Callable[[], Facets] = field(repr=False)

    @property
    def facets(self) -> Facets:
        """Facet → its values and how many tools each would keep under the other filters, most first."""
        return self.count_facets()

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.page_size))


@dataclass(frozen=True, slots=True)
class CapabilitySummary:
    """One capability: how many tools have it, and how many of them are on offer."""

    name: str
    tools: int
    offered_tools: int


class Snapshot:
    """An immutable picture of one organisation's latest tools at one revision."""

    def __init__(self, revision: int, tools: Iterable[Tool] | Indexed[Tool] = ()) -> None:
        indexed = tools if isinstance(tools, Indexed) else Indexed.of(tools)
        self.revision = revision
        self._indexed = indexed
        self._tools, self._all, self._index = indexed.by_key, indexed.keys, indexed.index
        self._memo: dict[Hashable, Any] = {}
        self._memo_bytes = 0
        self._remembering = threading.Lock()

    def with_changes(self, revision: int, changed: Iterable[Tool], gone: Iterable[str]) -> "Snapshot":
        """The next snapshot, sharing all that did not change. `gone` are names that may have no latest any more."""
        return Snapshot(revision, self._indexed.with_changes(changed, map(str.lower, gone)))

    @cached_property
    def content_hash(self) -> str:
        """The same for two snapshots exactly when every tool in them is the same, byte for byte."""
        return etag_of("\n".join(tool.etag for tool in self).encode())

    def __len__(self) -> int:
        return len(self._tools)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def tool(self, name: str) -> Tool | None:
        """The latest version of a tool by name, ignoring case."""
        return self._tools.get(name.lower())

    @property
    def names(self) -> list[str]:
        """Every tool's name, sorted ignoring case."""
        return [tool.name for tool in self]

    def values(self, facet: str) -> list[Any]:
        """Every value a facet has in this snapshot."""
        return list(self._index[facet])

    def page(self, query: Query) -> Listing:
        """The tools a query keeps, its page of them, and the counts of every facet under the other filters."""
        whole = replace(query, page=1, page_size=1)
        ordered = self._once("ordered", whole, lambda: self._ordered(self._kept(whole), whole))
        start = (query.page - 1) * query.page_size
        return Listing(
            tools=tuple(ordered[start : start + query.page_size]),
            total=len(ordered),
            page=query.page,
            page_size=query.page_size,
            count_facets=lambda: self._once("facets", whole, lambda: self._facets(whole)),
        )

    def having(self, capability: str) -> tuple[Tool, ...]:
        """The tools that have a capability, by name."""
        return tuple(self._tools[key] for key in sorted(self._index["capability"].get(capability, ())))

    def capabilities(self) -> list[CapabilitySummary]:
        """Every capability by name, with who has it."""
        return [self._capability(name) for name in sorted(self._index["capability"])]

    def owned_by(self, owners: Set[str]) -> frozenset[str]:
        """The keys of the tools that any of these owns; the owners are given in lower case."""
        owned = (keys for owner, keys in self._index["owner"].items() if owner.lower() in owners)
        return frozenset().union(*owned)

    def figures(self) -> dict[str, int]:
        """The counts above the list of tools."""
        return {
            "total": len(self),
            "enabled": sum(tool.is_offered for tool in self),
            "drafts": sum(tool.status == "draft" for tool in self),
            "deprecated": sum(tool.status == "deprecated" for tool in self),
            "disabled": sum(not tool.enabled for tool in self),
            "patterns": sum(tool.pattern_count for tool in self),
            "capabilities": len(self._index["capability"]),
        }

    def memo(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` returns, made once per snapshot and key. Holds at most MEMO_BYTES of answers, the newest.

        Threads may make the same answer twice at once; both are the same, since a snapshot never changes.
        """
        made = self._memo.get(key)
        if made is None:
            made = make()
            with self._remembering:
                self._remember(key, made)
        return made

    def _remember(self, key: Hashable, made: object) -> None:
        if key in self._memo:
            return
        self._memo[key] = made
        self._memo_bytes += _bytes_of(made)
        while self._memo_bytes > MEMO_BYTES:
            self._memo_bytes -= _bytes_of(self._memo.pop(next(iter(self._memo))))

    def remembered(self, key: Hashable) -> Any:
        """What `memo` made under a key, while it is held; None otherwise."""
        return self._memo.get(key)

    def _once(self, what: str, query: Query, make: Callable[[], Made]) -> Made:
        """What `make` returns, remembered — but for searches, of which no two are the same."""
        return make() if query.names is not None else self.memo((what, query), make)

    def _kept(self, query: Query, without: str | None = None) -> set[str] | frozenset[str]:
        """The keys of the tools that pass every filter of the query, but for the facet left out."""
        wanted = [
            (facet, value) for facet in FACETS if facet != without and (value := getattr(query, facet)) is not None
        ]
        sets = [self._index[facet].get(value, frozenset()) for facet, value in wanted]
        if query.owners is not None:
            sets.append(self.owned_by(query.owners))
        if query.names is not None:
            sets.append(frozenset(name.lower() for name in query.names))
        if not sets:
            return self._all
        return frozenset.intersection(*sorted(sets, key=len)) & self._all

    def _ordered(self, keys: Set[str], query: Query) -> list[Tool]:
        if query.sort is None and query.names is not None:
            return [self._tools[name.lower()] for name in query.names if name.lower() in keys]
        by_name = [tool for key, tool in self._tools.items() if key in keys]
        column = (query.sort or "name").removeprefix("-")
        if column != "name":
            by_name.sort(key=lambda tool: (getattr(tool, column) is None, getattr(tool, column) or ""))
        return by_name[::-1] if query.sort and query.sort.startswith("-") else by_name

    def _facets(self, query: Query) -> Facets:
        return {facet: self._counts(facet, query) for facet in FACETS}

    def _counts(self, facet: str, query: Query) -> list[tuple[Any, int]]:
        kept = self._kept(query, without=facet)
        if len(kept) == len(self):
            counts = {value: len(keys) for value, keys in self._index[facet].items()}
        else:
            counts = Counter(value for key in kept for value in self._tools[key].facet(facet))
        return sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))

    def _capability(self, name: str) -> CapabilitySummary:
        tools = [self._tools[key] for key in self._index["capability"][name]]
        return CapabilitySummary(name=name, tools=len(tools), offered_tools=sum(tool.is_offered for tool in tools))


def _bytes_of(made: object) -> int:
    """What an answer — bytes and their entity tag — weighs in memory, roughly."""
    if isinstance(made, tuple) and made and isinstance(made[0], bytes):
        return len(made[0])
    return NO_ANSWER_BYTES
