"""The tools of a snapshot, by key, and which of them have which value of which facet. Built once, then carried on."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

FACETS = ("platform", "category", "status", "enabled", "tag", "capability", "owner")

Index = Mapping[str, Mapping[Any, frozenset[str]]]
"""Facet → value → keys of the tools that have it. No value is there without a tool."""


class Faceted(Protocol):
    """What can be indexed."""

    @property
    def key(self) -> str:
        """What tells it from every other."""

    def facet(self, name: str) -> tuple[Hashable, ...]:
        """The values under which a facet counts it."""


Item = TypeVar("Item", bound=Faceted)


@dataclass(frozen=True, slots=True)
class Indexed(Generic[Item]):
    """Items in the order of their keys, with their keys and their index."""

    by_key: Mapping[str, Item]
    keys: frozenset[str]
    index: Index

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Indexed[Item]":
        """Index these items; of two with one key, the later one."""
        by_key = in_order({item.key: item for item in items})
        return cls(by_key, frozenset(by_key), index_of(by_key))

    def with_changes(self, changed: Iterable[Item], gone: Iterable[str]) -> "Indexed[Item]":
        """The same with these items new or other than before, and without the keys that are gone; shares the rest."""
        after = {item.key: item for item in changed}
        before = {key: self.by_key[key] for key in {*after, *gone} if key in self.by_key}
        index = reindexed(self.index, before, after)
        if before.keys() == after.keys():
            return Indexed({**self.by_key, **after}, self.keys, index)
        kept = {key: item for key, item in self.by_key.items() if key not in before}
        by_key = in_order({**kept, **after})
        return Indexed(by_key, frozenset(by_key), index)


def in_order(by_key: Mapping[str, Item]) -> Mapping[str, Item]:
    """The same, in the order of the keys."""
    return {key: by_key[key] for key in sorted(by_key)}


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
