"""Candidates: what is read of a pattern, and how much each of its terms tells."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.selection.candidates import FIELDS, Candidate, candidates_of, weights_of
from app.selection.thesaurus import Act
from app.selection.words import stem
from tests.selection.tools import Offer, pattern, tool


def read(offer: Offer) -> list[Candidate]:
    """The candidates of a tool."""
    return [candidate for candidate, _ in candidates_of(offer)]


def candidate(**changes: Any) -> Candidate:
    """The candidate of a tool whose only pattern says this."""
    return read(tool("nginx", reload=pattern(**changes)))[0]


def test_every_pattern_of_every_capability_is_one() -> None:
    offer = tool("nginx", "control", start=pattern(), stop=pattern())
    capabilities = {**offer.definition["capabilities"], "test": {"patterns": {"check": pattern()}}}
    found = read(offer.but(capabilities=capabilities))
    assert [one.key for one in found] == [
        ("nginx", "control", "start"),
        ("nginx", "control", "stop"),
        ("nginx", "test", "check"),
    ]


def test_it_is_of_the_version_that_is_read() -> None:
    assert read(tool("nginx", start=pattern()).but(version="2.1"))[0].version == "2.1"


@pytest.mark.parametrize(
    ("changes", "off"),
    [
        ({}, None),
        ({"enabled": False}, "disabled"),
        ({"status": "draft"}, "draft"),
        ({"status": "deprecated"}, "deprecated"),
        ({"status": "draft", "enabled": False}, "disabled"),
    ],
)
def test_it_says_why_it_is_not_on_offer(changes: dict[str, Any], off: str | None) -> None:
    assert read(tool("nginx", start=pattern()).but(**changes))[0].off == off


def test_what_is_not_said_is_taken_for_the_worst() -> None:
    (silent,) = read(tool("nginx", start={}))
    assert (silent.complexity, silent.accuracy, silent.completeness) == (1, 0, 0)
    assert silent.rules.production_safe is False
    assert (silent.formulas.time, silent.formulas.cost) == ("it is not estimated", "it is not estimated")


@pytest.mark.parametrize("share", [-0.1, 1.1, "0.9", None, True, float("nan"), [1]])
def test_a_share_that_is_none_is_taken_for_the_worst(share: object) -> None:
    one = candidate(complexity_score=share, preference_match={"accuracy": share, "completeness": share})
    assert (one.complexity, one.accuracy, one.completeness) == (1, 0, 0)


@pytest.mark.parametrize("safe", ["true", 1, None, "yes"])
def test_only_true_makes_it_safe_for_production(safe: object) -> None:
    assert candidate(policy={"production_safe": safe}).rules.production_safe is False


@pytest.mark.parametrize(
    "policy",
    [
        {"max_cost": "5", "max_execution_time": None, "max_N_immediate": [1]},
        {"allowed_environments": "staging", "required_permissions": "sudo"},
        {"requires_background_if": "N >"},
        {"requires_background_if": 5},
    ],
)
def test_a_rule_that_is_written_wrongly_is_none(policy: dict[str, Any]) -> None:
    assert candidate(policy=policy).rules == candidate().rules


@pytest.mark.parametrize(
    ("changes", "act"),
    [
        ({"restart_service": pattern("Show nothing")}, Act.RESTART),
        ({"nginx_now": pattern("Restart the server, then show it")}, Act.RESTART),
        ({"nginx_now": pattern("The server", typical_use_cases=["restart nginx"])}, None),
    ],
)
def test_its_act_is_that_of_its_name_or_else_of_its_description(changes: dict[str, Any], act: Act | None) -> None:
    assert read(tool("nginx", **changes))[0].act is act


# What its terms tell.


def told(term: str, offer: Offer) -> float:
    """How much a word tells of the only pattern of a tool."""
    ((_, weights),) = candidates_of(offer)
    return weights.get(stem(term), 0.0)


PLAIN = tool("nginx", reload=pattern())
DESCRIBED = {"work": {"description": "zebra", "patterns": {"reload": pattern()}}}
SAYING = {
    "pattern": tool("nginx", zebra=pattern()),
    "pattern_description": tool("nginx", reload=pattern("Zebra")),
    "use_cases": tool("nginx", reload=pattern(typical_use_cases=["zebra"])),
    "capability": tool("nginx", "zebra", reload=pattern()),
    "capability_description": PLAIN.but(capabilities=DESCRIBED),
    "tags": PLAIN.but(metadata={"tags": ["zebra"]}),
    "tool": tool("zebra", reload=pattern()),
    "tool_description": PLAIN.but(description="Zebra"),
    "platform": PLAIN.but(platform="zebra"),
    "category": PLAIN.but(category="zebra"),
}
"""For each place, a tool with one pattern that says “zebra” there and nowhere else."""


@pytest.mark.parametrize("place", FIELDS)
def test_it_is_found_by_every_place_where_its_words_stand(place: str) -> None:
    assert told("zebra", SAYING[place]) == pytest.approx(weights_of({place: ["zebra"]})["zebra"])
    ((one, _),) = candidates_of(SAYING[place])
    assert "zebra" in one.terms


def test_a_word_in_two_places_tells_of_both() -> None:
    both = SAYING["pattern"].but(description="Zebra")
    assert told("zebra", both) == pytest.approx(
        told("zebra", SAYING["pattern"]) + told("zebra", SAYING["tool_description"])
    )


def test_a_word_among_many_tells_less_than_one_among_few() -> None:
    few, many = tool("nginx", reload=pattern("Zebra")), tool("nginx", reload=pattern("Zebra between horse and donkey"))
    assert told("zebra", many) < told("zebra", few)


def test_a_word_said_twice_tells_more_than_one_said_once() -> None:
    assert (
        weights_of({"tags": ["zebra", "zebra", "horse"]})["zebra"]
        > weights_of({"tags": ["zebra", "horse", "cow"]})["zebra"]
    )


def test_a_patterns_own_words_tell_more_than_its_tools() -> None:
    assert told("zebra", SAYING["pattern"]) > told("zebra", SAYING["capability"])
    assert told("zebra", SAYING["pattern_description"]) > told("zebra", SAYING["tool_description"])


def test_its_terms_do_not_depend_on_other_patterns_words() -> None:
    offer = tool("nginx", reload=pattern("Zebra"), stop=pattern("Horse"))
    zebra, horse = (set(one.terms) for one in read(offer))
    assert "zebra" in zebra - horse
    assert "hors" in horse - zebra


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
KEYS = ("description", "typical_use_cases", "time_estimate_ms", "cost_estimate", "complexity_score", "policy")


@settings(max_examples=50, deadline=None)
@given(
    said=st.dictionaries(st.sampled_from([*KEYS, "preference_match", "required_inputs"]), ANYTHING),
    whole=st.dictionaries(st.sampled_from(["description", "platform", "category", "metadata", "variables"]), ANYTHING),
)
def test_a_draft_may_hold_anything(said: dict[str, Any], whole: dict[str, Any]) -> None:
    offer = tool("nginx", reload=said).but(status="draft", **whole)
    (one,) = read(offer)
    assert one.off == "draft"
    assert 0 <= min(one.complexity, one.accuracy, one.completeness) <= 1


@pytest.mark.parametrize("capabilities", [None, [], "x", {"work": None}, {"work": {"patterns": ["x"]}}, {"work": {}}])
def test_a_tool_without_patterns_has_none(capabilities: object) -> None:
    assert read(tool("nginx").but(capabilities=capabilities)) == []
