"""The index of facets: carried on over changes, it is what indexing everything anew would give."""

from collections.abc import Hashable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.catalog.facets import FACETS, Indexed, index_of, reindexed

VALUES = st.frozensets(st.sampled_from("xyz"), max_size=3)
KEYS = st.sampled_from("abcdef")


@dataclass(frozen=True)
class Item:
    """Something to index. Every facet but the first counts it under the same values."""

    key: str
    values: frozenset[str] = frozenset()
    only: str = "x"

    def facet(self, name: str) -> tuple[Hashable, ...]:
        """The values under which a facet counts it."""
        return (self.only,) if name == FACETS[0] else tuple(sorted(self.values))


ITEMS = st.builds(Item, KEYS, VALUES, st.sampled_from("xy"))
CATALOGS = st.dictionaries(KEYS, ITEMS).map(
    lambda items: {key: Item(key, i.values, i.only) for key, i in items.items()}
)


@given(catalog=CATALOGS, before=st.frozensets(KEYS), after=CATALOGS)
def test_an_index_carried_on_is_the_index_of_the_result(
    catalog: dict[str, Item], before: frozenset[str], after: dict[str, Item]
) -> None:
    leaving = {key: catalog[key] for key in {*before, *after} & catalog.keys()}
    result = {key: item for key, item in catalog.items() if key not in leaving} | after
    assert reindexed(index_of(catalog), leaving, after) == index_of(result)


@given(catalog=CATALOGS, after=CATALOGS)
def test_an_index_carried_on_shares_every_set_that_stays(catalog: dict[str, Item], after: dict[str, Item]) -> None:
    known = index_of(catalog)
    following = reindexed(known, {key: catalog[key] for key in catalog.keys() & after.keys()}, after)
    for facet in FACETS:
        assert all(
            following[facet][value] is keys
            for value, keys in known[facet].items()
            if following[facet].get(value) == keys
        )
        assert following[facet] is known[facet] or following[facet] != known[facet]


@given(catalog=CATALOGS, changes=st.lists(st.tuples(st.lists(ITEMS), st.frozensets(st.sampled_from("abcdefg")))))
def test_items_carried_on_over_many_changes_are_the_items_indexed_anew(
    catalog: dict[str, Item], changes: list[tuple[list[Item], frozenset[str]]]
) -> None:
    indexed, items = Indexed.of(catalog.values()), dict(catalog)
    for changed, gone in changes:
        indexed = indexed.with_changes(changed, gone)
        items = {key: item for key, item in items.items() if key not in gone} | {item.key: item for item in changed}
    assert indexed == Indexed.of(items.values())
    assert list(indexed.by_key) == sorted(items)


@given(catalog=CATALOGS, after=CATALOGS)
def test_what_is_carried_on_leaves_the_one_before_as_it_was(catalog: dict[str, Item], after: dict[str, Item]) -> None:
    indexed = Indexed.of(catalog.values())
    indexed.with_changes(after.values(), catalog.keys())
    assert indexed == Indexed.of(catalog.values())


def test_no_value_stays_without_an_item() -> None:
    known = Indexed.of([Item("a", frozenset("x")), Item("b", frozenset("xy"))])
    following = known.with_changes([Item("b", frozenset("z"))], ["a"])
    assert following.index["tag"] == {"z": frozenset("b")}


def test_the_keys_are_shared_when_none_comes_or_goes() -> None:
    known = Indexed.of([Item("a"), Item("b")])
    assert known.with_changes([Item("a", frozenset("x"))], ["a"]).keys is known.keys
    assert known.with_changes([], ["a"]).keys == frozenset("b")


def test_of_two_items_with_one_key_the_later_counts() -> None:
    indexed = Indexed.of([Item("a", frozenset("x")), Item("a", frozenset("y"))])
    assert indexed.index["tag"] == {"y": frozenset("a")}
    assert Indexed.of([]).index == {facet: {} for facet in FACETS}
