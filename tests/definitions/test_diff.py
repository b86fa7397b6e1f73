"""What changed between two definitions, and how it is said."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.definitions.diff import Change, diff, in_words
from tests.definition import definition

PATTERN_PATH = ("capabilities", "text_search", "patterns", "search_files")
WORDS = st.sampled_from(["name", "capabilities", "patterns", "time_estimate_ms", "examples", "policy", "a", "b"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)
DEFINITIONS = st.dictionaries(WORDS, JSON, max_size=5)


def changed(path: tuple[str | int, ...], value: Any, start: dict[str, Any] | None = None) -> dict[str, Any]:
    """A definition with another value at a path."""
    whole = copy.deepcopy(start or definition())
    part: Any = whole
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return whole


def words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return in_words(diff(before, after))


def test_equal_definitions_have_no_difference():
    assert diff(definition(), definition()) == []


def test_the_order_of_keys_is_no_difference():
    whole = definition()
    assert diff(whole, dict(reversed(whole.items()))) == []


def test_a_changed_value_is_told_with_before_and_after():
    assert diff(definition(), definition(platform="windows")) == [
        Change(("platform",), "changed", "linux", "windows", "platform")
    ]
    assert words(definition(), definition(platform="windows")) == ["platform: linux → windows"]


def test_phrases_stand_in_quotes_and_are_cut():
    long = "word " * 40
    [text] = words(definition(description="Old words"), definition(description=long))
    assert text.startswith("description: “Old words” → “word word")
    assert text.endswith("…”")


@pytest.mark.parametrize(("before", "after"), [(1, True), (1, 1.0), ("1", 1), (None, False), (0, "")])
def test_values_of_different_types_differ(before, after):
    assert len(diff({"x": before}, {"x": after})) == 1


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ("200 + 0.5 * N", "180 + 0.4 * N", "−12 % at N = 100"),
        ("100 * N", "100 * N * 1.5", "+50 % at N = 100"),
        (1, 2, "+100 %"),
        ("N", "N * 12", "12 times as much at N = 100"),
        ("N * pages", "N * pages * 2", "+100 % at N = 100, pages = 1"),
        ("1000", "1001", "less than 1 % apart"),
        ("N * 2", "N + N", "the same at N = 100"),
    ],
)
def test_a_changed_estimate_says_what_it_comes_to_at_usual_values(before, after, effect):
    path = (*PATTERN_PATH, "time_estimate_ms")
    [change] = diff(changed(path, before), changed(path, after))
    assert change.effect == effect
    assert change.text == f"time estimate of text_search › search_files: {before} → {after}, {effect}"


@pytest.mark.parametrize(
    ("before", "after"),
    [("N", "pages"), ("0", "1"), ("N / 0", "N"), ("1 +", "2"), ("unheard_of", "unheard_of * 2"), (None, 1)],
)
def test_estimates_that_cannot_be_compared_are_only_shown(before, after):
    path = (*PATTERN_PATH, "cost_estimate")
    [change] = diff(changed(path, before), changed(path, after))
    assert change.effect == ""


def test_an_estimate_over_a_declared_variable_is_compared_at_its_default():
    start = definition(variables={"crates": {"default": 4, "minimum": 1, "maximum": 9}})
    path = (*PATTERN_PATH, "time_estimate_ms")
    [change] = diff(changed(path, "crates", start), changed(path, "crates * 3", start))
    assert change.effect == "+200 % at crates = 4"


def test_lists_of_words_are_compared_by_membership():
    before, after = {"metadata": {"tags": ["a", "b", "b"]}}, {"metadata": {"tags": ["c", "a", "b"]}}
    assert diff(before, after) == [
        Change(("metadata", "tags", 0), "added", None, "c", "tags"),
        Change(("metadata", "tags", 2), "removed", "b", None, "tags"),
    ]
    assert words(before, after) == ["tags: added “c”", "tags: removed “b”"]


def test_the_same_words_in_another_order_are_reordered():
    path = (*PATTERN_PATH, "typical_use_cases")
    before, after = changed(path, ["find a", "find b"]), changed(path, ["find b", "find a"])
    assert words(before, after) == ["use cases of text_search › search_files: reordered"]


def test_named_things_are_compared_by_name_wherever_they_stand():
    host, port = {"name": "host", "type": "string"}, {"name": "port", "type": "integer"}
    path = (*PATTERN_PATH, "required_inputs")
    before, after = changed(path, [host]), changed(path, [port, {**host, "type": "array"}])
    assert [(change.path[-2:], change.kind) for change in diff(before, after)] == [
        (("required_inputs", 0), "added"),
        ((1, "type"), "changed"),
    ]
    assert words(before, after) == [
        "required input port of text_search › search_files: added",
        "type of required input host of text_search › search_files: string → array",
    ]


def test_named_things_in_another_order_are_reordered():
    before = {"dependencies": [{"name": "a"}, {"name": "b", "type": "x"}]}
    after = {"dependencies": [{"name": "b", "type": "y"}, {"name": "a"}]}
    assert words(before, after) == ["type of dependency b: x → y", "dependencies: reordered"]


def test_things_that_share_a_name_are_compared_place_by_place():
    before = {"examples": [{"name": "a", "n": 1}, {"name": "a", "n": 2}]}
    after = {"examples": [{"name": "a", "n": 1}, {"name": "a", "n": 3}, {"name": "c"}]}
    assert words(before, after) == ["n of example number 2: 2 → 3", "example number 3: added"]


def test_an_estimate_in_a_list_that_moved_is_compared_all_the_same():
    first, second = ({"name": "a", "patterns": [{"name": "p", "time_estimate_ms": value}]} for value in ("N", "2 * N"))
    [change, _] = diff({"capabilities": [first]}, {"capabilities": [{"name": "b"}, second]})[::-1]
    assert change.effect == "+100 % at N = 100"


def test_capabilities_and_patterns_are_told_by_name():
    after = definition()
    after["capabilities"] = {"log_search": {"patterns": {}}}
    assert words(definition(), after) == ["capability log_search: added", "capability text_search: removed"]
    without = changed(PATTERN_PATH[:3], {"other": {"description": "x"}})
    assert words(definition(), without) == [
        "pattern text_search › other: added",
        "pattern text_search › search_files: removed",
    ]


def test_removals_come_last_whatever_they_were_beside():
    before = {"a": 1, "b": {"gone": 1}, "c": 1}
    after = {"c": 2, "b": {"new": 1}}
    assert [(change.path, change.kind) for change in diff(before, after)] == [
        (("c",), "changed"),
        (("b", "new"), "added"),
        (("b", "gone"), "removed"),
        (("a",), "removed"),
    ]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change(("latest",), "changed", "1.1", "1.0"), "latest: 1.1 → 1.0"),
        (Change((), "added", None, "1.0"), "version: added “1.0”"),
        (Change(("versions", "1.0"), "removed", "1.0", None), "version 1.0: removed"),
        (Change(("enabled",), "changed", True, False), "enabled: true → false"),
        (Change(("allowed_values", 1), "removed", 1, None, "allowed values"), "allowed values: removed 1"),
    ],
)
def test_a_change_without_a_subject_is_told_from_its_path(change, text):
    assert change.text == text


def test_a_change_as_json_has_a_pointer_and_its_text():
    [change] = diff({"a/b": [{"x": None}]}, {"a/b": [{"x": 1}]})
    assert change.as_json() == {
        "path": "/a~1b/0/x",
        "kind": "changed",
        "before": None,
        "after": 1,
        "text": "x of number 1 of a/b: nothing → 1",
    }


@given(DEFINITIONS)
def test_nothing_differs_from_itself(data):
    assert diff(data, copy.deepcopy(data)) == []


@settings(max_examples=300)
@given(DEFINITIONS, DEFINITIONS)
def test_whatever_is_unequal_differs_and_can_be_told(before, after):
    changes = diff(before, after)
    assert bool(changes) >= (before != after)
    assert all(in_words(changes))


@pytest.mark.parametrize(
    ("path", "value", "place", "topic", "told"),
    [
        (("platform",), "windows", (), "platform", "linux → windows"),
        (("capabilities", "text_search", "description"), "D", ("text_search",), "description", "“Search text” → D"),
        (
            (*PATTERN_PATH, "time_estimate_ms"),
            "180 + 0.4 * N",
            ("text_search", "search_files"),
            "time estimate",
            "200 + 0.5 * N → 180 + 0.4 * N, −12 % at N = 100",
        ),
        (("capabilities", "text_search", "patterns", "count"), {}, ("text_search", "count"), "pattern", "added"),
        (("capabilities", "counting"), {"patterns": {}}, ("counting",), "capability", "added"),
    ],
)
def test_a_change_can_be_told_under_the_name_of_its_place(path, value, place, topic, told):
    [change] = diff(definition(), changed(path, value))
    assert (change.place, change.topic, change.words) == (place, topic, told)
