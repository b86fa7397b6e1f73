"""Two changed copies of one definition become one, and nothing that anybody wrote is lost."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.definitions.merge import ABSENT, Conflict, in_words, is_same, merge, resolve
from tests.definition import PATTERN, definition

PATTERN_PATH = ("capabilities", "text_search", "patterns", "search_files")
INPUTS = (*PATTERN_PATH, "required_inputs")
HOST: dict[str, Any] = {"name": "host", "type": "string"}
PATH: dict[str, Any] = {"name": "path", "type": "string"}
PORT: dict[str, Any] = {"name": "port", "type": "integer"}


def changed(*changes: tuple[tuple[str, ...], Any], start: dict[str, Any] | None = None) -> dict[str, Any]:
    """A definition with other values at some paths; ABSENT removes what is there."""
    whole = copy.deepcopy(start or definition())
    for path, value in changes:
        part: Any = whole
        for step in path[:-1]:
            part = part[step]
        if value is ABSENT:
            del part[path[-1]]
        else:
            part[path[-1]] = value
    return whole


# Taking changes


def test_changes_in_different_places_are_both_taken():
    theirs = changed((("description",), "Theirs"), ((*PATTERN_PATH, "cost_estimate"), 2))
    yours = changed(((*PATTERN_PATH, "time_estimate_ms"), "N"))
    merged = merge(definition(), theirs, yours)
    assert merged.conflicts == ()
    assert merged.document == changed(((*PATTERN_PATH, "time_estimate_ms"), "N"), start=theirs)


def test_what_one_side_added_or_removed_is_taken():
    more = {"patterns": {"one": PATTERN}}
    theirs = changed((("capabilities", "more"), more), (("metadata",), ABSENT))
    yours = changed((("owner",), "ada"), (("category",), ABSENT))
    document = merge(definition(), theirs, yours).document
    assert document["capabilities"]["more"] == more
    assert document["owner"] == "ada"
    assert not {"metadata", "category"} & set(document)


def test_keys_stand_as_in_yours_and_new_ones_after_their_neighbours():
    base = {"a": 1, "b": 1, "c": 1}
    theirs = {"first": 1, "a": 1, "after_a": 1, "b": 1, "c": 1, "after_c": 1, "last": 1}
    yours = {"c": 1, "own": 1, "b": 1, "a": 1}
    document = merge(base, theirs, yours).document
    assert list(document) == ["first", "c", "after_c", "last", "own", "b", "a", "after_a"]


def test_a_thing_that_both_added_differently_is_merged_as_far_as_it_goes():
    theirs = changed((("defaults",), {"freshness": "live", "data_source": "direct"}))
    yours = changed((("defaults",), {"freshness": "live", "accuracy_level": "cached"}))
    merged = merge(definition(), theirs, yours)
    assert merged.conflicts == ()
    assert merged.document["defaults"] == {"freshness": "live", "accuracy_level": "cached", "data_source": "direct"}


# Lists


def test_named_things_are_merged_by_name_wherever_they_stand():
    base = changed((INPUTS, [HOST, PATH]))
    theirs = changed((INPUTS, [HOST, {**PATH, "type": "array"}, PORT]))
    yours = changed((INPUTS, [PATH, {**HOST, "description": "Where"}]))
    merged = merge(base, theirs, yours)
    assert merged.conflicts == ()
    inputs = merged.document["capabilities"]["text_search"]["patterns"]["search_files"]["required_inputs"]
    assert inputs == [{**PATH, "type": "array"}, PORT, {**HOST, "description": "Where"}]


@pytest.mark.parametrize(
    ("base", "theirs", "yours", "merged"),
    [
        (["a", "b"], ["a", "x", "b"], ["a", "b", "y"], ["a", "x", "b", "y"]),
        (["a", "b"], ["b"], ["a", "b", "c"], ["b", "c"]),
        (["a", "b"], ["x", "a", "b"], ["b"], ["x", "b"]),
        (["a"], ["a", "a"], ["a", "b"], ["a", "a", "b"]),
        (["a"], ["a", "c"], ["a", "c"], ["a", "c"]),
        ([], ["a"], ["b"], ["a", "b"]),
        ([1], [1, True], [1, 1.0], [1, True, 1.0]),
        # An order that only one side changed is a change, too.
        (["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c", "d"], ["c", "d", "b", "a"]),
        (["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"], ["b", "a", "c"]),
    ],
)
def test_plain_values_are_merged_by_membership(base, theirs, yours, merged):
    result = merge({"tags": base}, {"tags": theirs}, {"tags": yours})
    assert result.conflicts == ()
    assert is_same(result.document, {"tags": merged})


@pytest.mark.parametrize(
    ("base", "theirs", "yours"),
    [
        ([["a"]], [["a"], ["b"]], [["a"], ["c"]]),
        ([HOST, HOST], [HOST], [HOST, HOST, PORT]),
        ([HOST], [HOST, "path"], [HOST, PORT]),
        (["a"], ["b"], "c"),
    ],
)
def test_other_lists_are_taken_whole(base, theirs, yours):
    merged = merge({"x": base}, {"x": theirs}, {"x": yours})
    assert merged.document == {"x": yours}
    assert merged.conflicts == (Conflict(("x",), base, theirs, yours, "x"),)


# Conflicts


def test_one_value_changed_on_both_sides_is_a_conflict_and_yours_until_chosen():
    path = (*PATTERN_PATH, "time_estimate_ms")
    merged = merge(definition(), changed((path, "N")), changed((path, "2 * N")))
    [conflict] = merged.conflicts
    assert (conflict.path, conflict.theirs, conflict.yours) == (path, "N", "2 * N")
    assert conflict.subject == "time estimate of text_search › search_files"
    assert merged.document == changed((path, "2 * N"))
    assert resolve(merged, {conflict.pointer: "theirs"}) == changed((path, "N"))
    assert resolve(merged, {conflict.pointer: "yours"}) == resolve(merged, {"/elsewhere": "theirs"}) == merged.document


def test_the_same_change_on_both_sides_is_taken_once():
    both = changed((INPUTS, [HOST, PORT]), (("owner",), "ada"))
    merged = merge(definition(), both, copy.deepcopy(both))
    assert (merged.document, merged.conflicts) == (both, ())


@pytest.mark.parametrize("remover", ["theirs", "yours"])
def test_removing_what_the_other_side_changed_is_a_conflict(remover):
    capability = ("capabilities", "text_search")
    sides = {"theirs": changed(((*PATTERN_PATH, "scope"), "exhaustive"))}
    sides["yours"] = changed((capability, ABSENT))
    if remover == "theirs":
        sides = {"theirs": sides["yours"], "yours": sides["theirs"]}
    merged = merge(definition(), **sides)
    [conflict] = merged.conflicts
    assert conflict.subject == "capability text_search"
    assert getattr(conflict, remover) is ABSENT
    assert remover not in conflict.as_json()
    assert merged.document == sides["yours"]
    assert resolve(merged, {conflict.pointer: "theirs"}) == sides["theirs"]


def test_a_conflict_within_listed_things_is_told_by_their_names():
    base = changed((INPUTS, [HOST]))
    theirs = changed((INPUTS, [PORT, {**HOST, "type": "array"}]))
    yours = changed((INPUTS, [{**HOST, "type": "object"}]))
    merged = merge(base, theirs, yours)
    [conflict] = merged.conflicts
    assert conflict.path == (*INPUTS, "host", "type")
    assert conflict.subject == "type of required input host of text_search › search_files"
    assert resolve(merged, {conflict.pointer: "theirs"}) == theirs


def test_what_is_taken_back_stands_where_it_would_have_stood():
    base = {"a": 1, "b": 1, "c": 1}
    merged = merge(base, {"a": 1, "b": 2, "c": 1}, {"a": 1, "c": 1, "own": 1})
    assert list(merged.document) == ["a", "c", "own"]
    assert list(resolve(merged, {"/b": "theirs"}).items()) == [("a", 1), ("b", 2), ("c", 1), ("own", 1)]


@pytest.mark.parametrize(("theirs", "yours"), [(1, True), (1, 1.0), (None, ABSENT), ([], ABSENT), ({}, [])])
def test_values_of_different_types_differ(theirs, yours):
    sides = [{"x": "old"} if side is None else {} if side is ABSENT else {"x": side} for side in (theirs, yours)]
    merged = merge({"x": "base"}, *sides)
    assert len(merged.conflicts) == 1


def test_a_side_is_said_in_words():
    assert in_words("two words") == "“two words”"
    assert in_words(ABSENT).startswith("nothing")


def test_nothing_that_was_given_is_changed():
    sides = changed((INPUTS, [HOST])), changed((INPUTS, [PATH])), changed((INPUTS, [PORT]))
    before = copy.deepcopy(sides)
    merged = merge(*sides)
    resolve(merged, dict.fromkeys((conflict.pointer for conflict in merged.conflicts), "theirs"))
    assert sides == before


# Laws

WORDS = st.sampled_from(["name", "capabilities", "tags", "a", "b", "a/b", "~"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([1.0, "", "a", "b", "c"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(st.dictionaries(WORDS, inner, max_size=2).map(lambda entry: {**entry, "name": "a"}), max_size=1)
        | st.lists(st.sampled_from("abcd").map(lambda name: {"name": name}), max_size=4, unique_by=str)
        | st.dictionaries(WORDS, inner, max_size=4)
    ),
    max_leaves=15,
)
DEFINITIONS = st.dictionaries(WORDS, JSON, max_size=5)


@st.composite
def three_definitions(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A definition and two that were made from it by changing some of it."""
    base = draw(DEFINITIONS)
    return base, draw_changed(draw, base), draw_changed(draw, base)


def draw_changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: draw_changed(draw, inner) for key, inner in value.items() if draw(st.integers(0, 5))}
        return {**kept, **draw(st.dictionaries(WORDS, JSON, max_size=1))}
    if isinstance(value, list):
        kept_entries = [draw_changed(draw, inner) for inner in value if draw(st.integers(0, 5))]
        return [*kept_entries, *draw(st.lists(JSON, max_size=1))]
    return draw(JSON) if not draw(st.integers(0, 3)) else value


def sides_of(conflict: Conflict) -> tuple[str, str, str, str]:
    return conflict.pointer, repr(conflict.base), repr(conflict.theirs), repr(conflict.yours)


@settings(max_examples=100)
@given(DEFINITIONS, DEFINITIONS)
def test_where_one_side_changed_nothing_the_other_is_the_result(base, other):
    assert is_same(merge(base, base, other).document, other)
    assert is_same(merge(base, other, base).document, other)
    assert is_same(merge(base, other, copy.deepcopy(other)).document, other)
    for sides in ((base, other), (other, base), (other, other)):
        assert merge(base, *sides).conflicts == ()


@settings(max_examples=100)
@given(three_definitions())
def test_conflicts_are_the_same_seen_from_the_other_side(three):
    base, theirs, yours = three
    here, there = merge(base, theirs, yours), merge(base, yours, theirs)
    assert [sides_of(conflict) for conflict in sorted(here.conflicts, key=lambda conflict: conflict.pointer)] == [
        (path, base, yours, theirs) for path, base, theirs, yours in sorted(map(sides_of, there.conflicts))
    ]
    assert len({conflict.pointer for conflict in here.conflicts}) == len(here.conflicts)


@settings(max_examples=100)
@given(three_definitions())
def test_choosing_theirs_everywhere_gives_what_they_would_have_got(three):
    base, theirs, yours = three
    merged = merge(base, theirs, yours)
    chosen = resolve(merged, dict.fromkeys((conflict.pointer for conflict in merged.conflicts), "theirs"))
    assert set(values_in(chosen)) == set(values_in(merge(base, yours, theirs).document))
    assert is_same(resolve(merged, {}), merged.document)


@settings(max_examples=100)
@given(three_definitions())
def test_every_value_that_a_side_added_is_in_the_result_or_in_a_conflict(three):
    base, theirs, yours = three
    merged = merge(base, theirs, yours)
    there = set(values_in(merged.document))
    for conflict in merged.conflicts:
        for value in (conflict.theirs, conflict.yours):
            there.update(values_in(value))
    for side in (theirs, yours):
        assert set(values_in(side)) - set(values_in(base)) <= there


def values_in(value: Any) -> Iterator[str]:
    """Every key and every plain value below, whatever its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"key {key}"
            yield from values_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from values_in(inner)
    else:
        yield repr(value)
