"""The snapshot: an immutable picture of the whole catalog at one revision, and the lookups in it."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property

from catalog_client.tool import FACETS, Tool

Index = Mapping[str, Mapping[Hashable, tuple[Tool, ...]]]
"""Facet → value → the tools that have it, by name."""


class Snapshot:
    """The latest version of every tool at one revision, in the order of their names.

    It never changes: whoever keeps one goes on with the same picture, whatever happens to the catalog.
    """

    def __init__(self, revision: int, tools: Iterable[Tool] = ()) -> None:
        by_key = {tool.key: tool for tool in tools}
        self._revision = revision
        self._tools = {key: by_key[key] for key in sorted(by_key)}

    @property
    def revision(self) -> int:
        """The number of the last change that is in it; 0 when it was read from files."""
        return self._revision

    def get(self, name: str) -> Tool | None:
        """The tool of this name, ignoring case; None when there is none."""
        return self._tools.get(name.lower())

    def by_capability(self, name: str, *, only_offered: bool = True) -> tuple[Tool, ...]:
        """The tools that have a capability, by name; unless told otherwise, only those that are enabled and active."""
        having = self._index["capability"].get(name, ())
        return tuple(tool for tool in having if tool.is_offered) if only_offered else having

    def list(
        self,
        *,
        platform: str | None = None,
        category: str | None = None,
        status: str | None = None,
        enabled: bool | None = None,
        tag: str | None = None,
        owner: str | None = None,
        capability: str | None = None,
    ) -> tuple[Tool, ...]:
        """The tools that have all these values, by name; None does not ask. Nothing is left out unasked."""
        asked = {
            "platform": platform,
            "category": category,
            "status": status,
            "enabled": enabled,
            "tag": tag,
            "owner": owner,
            "capability": capability,
        }
        wanted = {facet: value for facet, value in asked.items() if value is not None}
        found = (self._index[facet].get(value, ()) for facet, value in wanted.items())
        fewest = min(found, key=len, default=tuple(self))
        return tuple(tool for tool in fewest if all(value in tool.facet(facet) for facet, value in wanted.items()))

    def facets(self) -> dict[str, dict[Hashable, int]]:
        """Facet → its values → how many tools have each, most first."""
        return {facet: _counted(values) for facet, values in self._index.items()}

    def capabilities(self) -> dict[str, int]:
        """Every capability by name, and how many of the tools that have it are on offer: 0 when none is."""
        by_name = self._index["capability"]
        return {str(name): len(self.by_capability(str(name))) for name in sorted(by_name, key=str)}

    def with_changes(self, revision: int, changed: Mapping[str, Tool | None]) -> "Snapshot":
        """The snapshot after changes, sharing what stayed. `changed`: name → the tool now, None when it is gone."""
        now = {name.lower(): tool for name, tool in changed.items()}
        kept = (tool for key, tool in self._tools.items() if key not in now)
        return Snapshot(revision, [*kept, *(tool for tool in now.values() if tool is not None)])

    def __len__(self) -> int:
        return len(self._tools)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __contains__(self, name: object) -> bool:
        """Whether a tool has this name, ignoring case."""
        return isinstance(name, str) and name.lower() in self._tools

    def __repr__(self) -> str:
        return f"<Snapshot of {len(self)} tools at revision {self.revision}>"

    @cached_property
    def _index(self) -> Index:
        """Made when first asked for; threads who ask at once make the same."""
        index: dict[str, dict[Hashable, list[Tool]]] = {facet: defaultdict(list) for facet in FACETS}
        for tool in self:
            for facet in FACETS:
                for value in tool.facet(facet):
                    index[facet][value].append(tool)
        return {facet: {value: tuple(tools) for value, tools in values.items()} for facet, values in index.items()}


def _counted(values: Mapping[Hashable, tuple[Tool, ...]]) -> dict[Hashable, int]:
    counts = {value: len(tools) for value, tools in values.items()}
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0]))))
