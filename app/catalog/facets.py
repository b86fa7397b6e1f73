"""The index of a snapshot: which tools have which value of which facet. Built once, then carried on."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Any, Protocol

FACETS = ("platform", "category", "status", "enabled", "tag", "capability", "owner")

Index = Mapping[str, Mapping[Any, frozenset[str]]]
"""Facet → value → keys of the tools that have it. No value is there without a tool."""


class Faceted(Protocol):
    """What can be indexed."""

    def facet(self, name: str) -> tuple[Hashable, ...]:
        """The values under which a facet counts it."""


def index_of(tools: Mapping[str, Faceted]) -> Index:
    """Index these tools, by key."""
    index: dict[str, dict[Any, set[str]]] = {facet: defaultdict(set) for facet in FACETS}
    for key, tool in tools.items():
        for facet in FACETS:
            for value in tool.facet(facet):
                index[facet][value].add(key)
    return {facet: {value: frozenset(keys) for value, keys in values.items()} for facet, values in index.items()}


def reindexed(index: Index, before: Mapping[str, Faceted], after: Mapping[str, Faceted]) -> Index:
    """The index when these tools, by key, are no longer as before but as after; shares every set that stays."""
    return {facet: _carried_on(facet, index[facet], before, after) for facet in FACETS}


def _carried_on(
    facet: str, values: Mapping[Any, frozenset[str]], before: Mapping[str, Faceted], after: Mapping[str, Faceted]
) -> Mapping[Any, frozenset[str]]:
    was = {(value, key) for key, tool in before.items() for value in tool.facet(facet)}
    now = {(value, key) for key, tool in after.items() for value in tool.facet(facet)}
    if was == now:
        return values
    moved: dict[Any, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for value, key in was - now:
        moved[value][0].add(key)
    for value, key in now - was:
        moved[value][1].add(key)
    changed = {value: values.get(value, frozenset()) - left | came for value, (left, came) in moved.items()}
    return {value: keys for value, keys in {**values, **changed}.items() if keys}
