"""Ambiguity: the question that would decide is taken from where the best two differ most."""

from dataclasses import replace
from typing import Any

import pytest

from app.selection.ambiguity import question_of, raw, widest
from app.selection.engine import CLOSE
from app.selection.index import Index
from app.selection.scoring import AXES
from tests.selection.tools import index_of, pattern, selection, tool


def two(
    first: dict[str, Any], second: dict[str, Any], platforms: tuple[str | None, str | None] = ("linux", "linux")
) -> Index:
    """Two tools of one pattern each."""
    named = zip(("grep", "awk"), (first, second), platforms, strict=True)
    return index_of(*(tool(name, find=pattern(**said)).but(platform=platform) for name, said, platform in named))


def question(index: Index, intent: str = "", **request: Any) -> str | None:
    """The question that would decide."""
    return question_of(selection(index, intent, **request))


DIFFERING: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "time": (
        {"time_estimate_ms": 800},
        {"time_estimate_ms": 1200},
        "Must it be quick? grep.find takes 800 ms, awk.find 1.2 s.",
    ),
    "cost": (
        {"cost_estimate": 2.5},
        {"cost_estimate": 3},
        "Does the cost matter? grep.find costs 2.5, awk.find 3.",
    ),
    "complexity": (
        {"complexity_score": 0.25},
        {"complexity_score": 0.3},
        "Must it be simple? The complexity of grep.find is 0.25, of awk.find 0.3.",
    ),
    "accuracy": (
        {"preference_match": {"accuracy": 0.9}},
        {"preference_match": {"accuracy": 0.8}},
        "How exact must it be? The accuracy of grep.find is 0.9, of awk.find 0.8.",
    ),
    "completeness": (
        {"preference_match": {"completeness": 1}},
        {"preference_match": {"completeness": 0.9}},
        "May anything lack? The completeness of grep.find is 1, of awk.find 0.9.",
    ),
}


def test_there_is_a_question_for_every_axis() -> None:
    assert set(DIFFERING) == set(AXES)


@pytest.mark.parametrize("axis", AXES)
def test_the_question_is_about_the_axis_on_which_they_differ(axis: str) -> None:
    first, second, asked = DIFFERING[axis]
    assert question(two(first, second)) == asked


def test_the_question_is_about_the_axis_on_which_they_differ_most() -> None:
    first = {"cost_estimate": 2, "complexity_score": 0.5}
    second = {"cost_estimate": 4, "complexity_score": 0.4}
    found = selection(two(first, second))
    assert widest(found, *found.ranked) == ("cost", pytest.approx(0.2 * 0.2))
    assert str(question_of(found)).startswith("Does the cost matter?")


def test_how_much_an_axis_counts_counts() -> None:
    first, second = {"cost_estimate": 2, "complexity_score": 0.5}, {"cost_estimate": 4, "complexity_score": 0.4}
    asked = question(two(first, second), weights={"cost": 1, "complexity": 3})
    assert str(asked).startswith("Must it be simple?")


def test_of_axes_that_differ_as_much_the_first_is_told() -> None:
    first = {"preference_match": {"accuracy": 0.75, "completeness": 0.5}}
    second = {"preference_match": {"accuracy": 0.5, "completeness": 0.75}}
    found = selection(two(first, second))
    assert widest(found, *found.ranked)[0] == "accuracy"
    same = selection(two({}, {}))
    assert widest(same, *same.ranked) == ("time", 0)


def test_what_differs_beyond_what_is_rated_is_no_difference() -> None:
    found = selection(
        two({"time_estimate_ms": 90_000, "cost_estimate": 3}, {"time_estimate_ms": 9e9, "cost_estimate": 3.1})
    )
    assert widest(found, *found.ranked)[0] == "cost"


def test_there_is_no_question_when_it_is_clear() -> None:
    assert question(two({"cost_estimate": 0}, {"cost_estimate": 9})) is None
    assert question(index_of(tool("grep", find=pattern()))) is None
    assert question(index_of(tool("grep", find=pattern(), find_all=pattern()))) is None
    assert question(two({}, {}), "qwertzuiop") is None


def test_the_platform_is_asked_for_when_that_decides() -> None:
    index = two({}, {"cost_estimate": 5.1}, ("linux", "windows"))
    assert question(index) == "On which platform: linux (grep) or windows (awk)?"


def test_the_platform_is_not_asked_for_when_that_does_not_decide() -> None:
    for platforms in (("linux", "multi-platform"), ("multi-platform", "windows"), ("linux", "linux"), ("linux", None)):
        asked = question(two({}, {"cost_estimate": 5.1}, platforms))
        assert str(asked).startswith("Does the cost matter?")


@pytest.mark.parametrize("second", ["linux", "multi-platform"])
def test_the_platform_is_not_asked_for_again(second: str) -> None:
    index = two({}, {"cost_estimate": 5.1}, ("linux", second))
    assert str(question(index, platform="linux")).startswith("Does the cost matter?")


def test_where_nothing_but_the_words_differs_it_is_asked_what_is_meant() -> None:
    index = two({"description": "Find text in files."}, {"description": "AWK programs over text"})
    assert question(index) == "Which is meant: AWK programs over text (awk.find), or find text in files (grep.find)?"


@pytest.mark.parametrize(
    ("relevance", "asked"), [(0.9, "Which is meant:"), (0.999, "Does the cost matter?"), (1, "Does the cost matter?")]
)
def test_it_is_asked_what_is_meant_where_the_match_differs_more_than_any_axis(relevance: float, asked: str) -> None:
    found = selection(two({"description": "One"}, {"description": "Other", "cost_estimate": 5.2}))
    first, second = found.ranked
    further = replace(second, relevance=relevance, score=second.score * relevance)
    assert str(question_of(replace(found, ranked=(first, further)))).startswith(asked)


def test_a_figure_is_told_as_it_is_and_not_as_it_is_rated() -> None:
    found = selection(two({"time_estimate_ms": 1200, "cost_estimate": 3}, {"complexity_score": 0.4}))
    figures = {one.candidate.tool_name: {axis: raw(axis, one) for axis in AXES} for one in found.ranked}
    assert figures["grep"] == {"time": 1200, "cost": 3, "complexity": 0.5, "accuracy": 0.5, "completeness": 0.5}
    assert figures["awk"]["complexity"] == 0.4


def test_the_order_of_the_tools_does_not_change_the_question() -> None:
    one, other = tool("a", do=pattern(cost_estimate=5)), tool("b", do=pattern(cost_estimate=5 + CLOSE))
    assert question(index_of(one, other)) == question(index_of(other, one)) is not None
