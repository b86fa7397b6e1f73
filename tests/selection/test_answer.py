"""The answer: what is told of a selection, and how much of it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.definitions.vocabulary import VARIABLES
from app.selection.answer import answer, sla_class
from app.selection.index import Index
from app.selection.scoring import AXES
from app.selection.thesaurus import LIKE
from tests.selection.tools import REVISION, answered, index_of, pattern, selection, tool

GREP = tool(
    "grep",
    "text_search",
    search_text=pattern(
        "Search text in files",
        time_estimate_ms="200 + 5 * N",
        cost_estimate="pages",
        policy={"production_safe": False, "required_permissions": ["read"]},
    ),
)
FIND = tool("find", "file_search", find_files=pattern("Find files by name", time_estimate_ms=9000))
OFF = tool("ack", "text_search", search_code=pattern("Search code in files")).but(status="deprecated")
INDEX = index_of(GREP, FIND, OFF)

PLAIN = {
    *("rank", "tool_name", "version", "capability_name", "pattern_name", "description", "platform"),
    *("score", "estimated_time_ms", "estimated_cost", "execution_mode", "sla_class"),
}
BRIEF = PLAIN | {"relevance", "match", "requires_approval", "background", "variables"}
FULL = BRIEF | {"features", "matched", "not_evaluated"}


def best(index: Index, intent: str = "", **request: Any) -> dict[str, Any]:
    """The first candidate."""
    first: dict[str, Any] = answered(index, intent, **request)["candidates"][0]
    return first


def one(**changes: Any) -> Index:
    """An index of one pattern that says this."""
    return index_of(tool("nginx", reload=pattern(**changes)))


def test_an_answer_has_its_shape() -> None:
    assert set(answered(INDEX, "search text")) == {
        *(
            "revision",
            "preference",
            "preference_detected",
            "weights",
            "total",
            "candidates",
            "excluded",
            "excluded_total",
        ),
        *("ambiguous", "question", "because", "read_as", "not_understood", "unused_variables"),
    }


@pytest.mark.parametrize(
    "request_", [{"intent": "search text"}, {"intent": "nothing"}, {"capabilities": ["file_search"]}]
)
def test_an_answer_can_be_sent(request_: dict[str, Any]) -> None:
    told = answered(INDEX, **request_)
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_it_names_the_revision() -> None:
    found = selection(INDEX, "search text")
    assert answer(found, REVISION)["revision"] == REVISION
    assert answer(found, 8) == {**answer(found, REVISION), "revision": 8}


def test_a_candidate_says_which_pattern_of_which_tool_it_is() -> None:
    told = best(INDEX, "search text")
    expected = {
        "rank": 1,
        "tool_name": "grep",
        "version": "1.0",
        "capability_name": "text_search",
        "pattern_name": "search_text",
        "description": "Search text in files",
        "platform": "multi-platform",
    }
    assert {key: told[key] for key in expected} == expected


def test_its_estimates_are_told_with_the_variables_used_and_where_they_come_from() -> None:
    told = best(INDEX, "search text", variables={"N": 40})
    pages = VARIABLES["pages"].default
    assert (told["estimated_time_ms"], told["estimated_cost"]) == (400, pages)
    assert told["variables"] == {
        "N": {"value": 40, "source": "request"},
        "pages": {"value": pages, "source": "default"},
    }


def test_every_axis_is_told_as_it_is_rated_weighed_and_counted() -> None:
    told = best(one(time_estimate_ms=50, cost_estimate=4, complexity_score=0.3), preference="fast")
    assert list(told["features"]) == list(AXES)
    assert told["features"]["time"] == {"raw": 50, "value": 1, "weight": 0.4, "contribution": 0.4}
    assert told["features"]["cost"] == {"raw": 4, "value": 0.6, "weight": 0.15, "contribution": 0.09}
    assert told["features"]["complexity"] == {"raw": 0.3, "value": 0.7, "weight": 0.15, "contribution": 0.105}


def test_the_contributions_times_the_relevance_are_the_score() -> None:
    for told in answered(INDEX, "search text or find files by name")["candidates"]:
        whole = sum(feature["contribution"] for feature in told["features"].values())
        assert told["score"] == pytest.approx(told["relevance"] * whole, abs=1e-5)


def test_candidates_are_ranked_and_the_rest_counted() -> None:
    many = index_of(*(tool(f"t{number:02}", do=pattern(cost_estimate=number / 10)) for number in range(20)))
    told = answered(many, limit=3)
    assert [(each["rank"], each["tool_name"]) for each in told["candidates"]] == [(1, "t00"), (2, "t01"), (3, "t02")]
    assert told["total"] == 20
    assert len(answered(many)["candidates"]) == 10
    assert len(answered(many, limit=50)["candidates"]) == 20


def test_the_limit_changes_nothing_but_how_many_are_told() -> None:
    many = index_of(*(tool(f"t{number:02}", do=pattern(cost_estimate=number / 10)) for number in range(20)))
    assert answered(many, limit=1) == {**answered(many), "candidates": answered(many)["candidates"][:1]}


# How it runs.


@pytest.mark.parametrize(
    ("milliseconds", "sla"),
    [
        (0, "interactive"),
        (999.9, "interactive"),
        (1_000, "batch"),
        (9_999.9, "batch"),
        (10_000, "background"),
        (1e15, "background"),
    ],
)
def test_the_class_of_an_answer_is_how_soon_it_is_to_be_expected(milliseconds: float, sla: str) -> None:
    assert sla_class(milliseconds) == sla
    assert best(one(time_estimate_ms=milliseconds))["sla_class"] == sla


@pytest.mark.parametrize(
    ("changes", "mode", "rule"),
    [
        ({}, "immediate", None),
        ({"time_estimate_ms": 5_000}, "immediate", None),
        ({"time_estimate_ms": 5_001}, "background", "time"),
        ({"policy": {"requires_background_if": "N > 10"}}, "background", "requires_background_if"),
        ({"policy": {"max_N_immediate": 99}}, "background", "max_N_immediate"),
        ({"policy": {"requires_approval": True}}, "approval_required", None),
        ({"time_estimate_ms": 5_001, "policy": {"requires_approval": True}}, "approval_required", "time"),
    ],
)
def test_the_mode_is_how_it_runs_and_approval_comes_first(changes: dict[str, Any], mode: str, rule: str | None) -> None:
    told = best(one(**changes))
    assert told["execution_mode"] == mode
    assert (told["background"] or {"rule": None})["rule"] == rule
    assert told["requires_approval"] is (mode == "approval_required")


# What is excluded, and what could not be judged.


def test_what_is_excluded_is_told_with_the_rule_that_excluded_it() -> None:
    told = answered(INDEX, "search text in files")
    assert [(each["tool_name"], each["rule"], each["detail"]) for each in told["excluded"]] == [
        ("ack", "not_offered", "ack is deprecated")
    ]
    assert set(told["excluded"][0]) == {
        *("tool_name", "version", "capability_name", "pattern_name", "description", "platform"),
        *("relevance", "rule", "detail"),
    }
    assert told["excluded_total"] == 1


def test_rules_that_were_not_evaluated_are_told() -> None:
    told = best(INDEX, "search text")["not_evaluated"]
    assert [rule["rule"] for rule in told] == ["production_safe", "required_permissions"]
    assert best(INDEX, "search text", environment="staging", permissions=["read"])["not_evaluated"] == []


def test_nothing_viable_is_an_answer_without_candidates_that_says_why() -> None:
    told = answered(INDEX, "search text in files", environment="production", capabilities=["text_search"])
    assert (told["candidates"], told["total"], told["excluded_total"]) == ([], 0, 2)
    assert {each["tool_name"]: each["rule"] for each in told["excluded"]} == {
        "grep": "production_safe",
        "ack": "not_offered",
    }
    assert (told["ambiguous"], told["question"]) == (False, None)
    assert told["because"] == "Nothing may be used. grep.search_text comes nearest. It is not safe for production."


# How much is told.


@pytest.mark.parametrize(("explain", "keys"), [("full", FULL), ("brief", BRIEF), ("none", PLAIN)])
def test_as_much_is_told_as_was_asked_for(explain: str, keys: set[str]) -> None:
    told = answered(INDEX, "search text in files", explain=explain)
    assert [set(each) for each in told["candidates"]] == [keys] * 2
    assert len(told["excluded"]) == (0 if explain == "none" else 1)
    assert told["excluded_total"] == 1


def test_how_much_is_told_changes_nothing_of_what_is_told() -> None:
    full = answered(INDEX, "search text in files")
    for explain in ("brief", "none"):
        less = answered(INDEX, "search text in files", explain=explain)
        for told, whole in zip(less.pop("candidates"), full["candidates"], strict=True):
            assert told == {key: whole[key] for key in told}
        assert {key: value for key, value in less.items() if key != "excluded"} == {
            key: full[key] for key in less if key != "excluded"
        }


def test_without_reasons_the_exclusions_are_told_when_there_is_nothing_else() -> None:
    told = answered(index_of(OFF), "search code", explain="none")
    assert [each["rule"] for each in told["excluded"]] == ["not_offered"]


# The request, as it was taken.


def test_the_preference_and_its_weights_are_told() -> None:
    told = answered(INDEX, "search text")
    assert (told["preference"], told["preference_detected"]) == ("balanced", False)
    assert told["weights"] == dict.fromkeys(AXES, 0.2)
    told = answered(INDEX, "search text quickly")
    assert (told["preference"], told["preference_detected"], told["weights"]["time"]) == ("fast", True, 0.4)


def test_weights_of_ones_own_are_told_with_a_sum_of_1() -> None:
    told = answered(INDEX, "search text", weights={"time": 3, "cost": 1})
    assert (told["preference"], told["preference_detected"]) == (None, False)
    assert told["weights"] == {"time": 0.75, "cost": 0.25, "complexity": 0, "accuracy": 0, "completeness": 0}


def test_a_misspelt_word_is_told_with_what_it_was_read_as() -> None:
    told = answered(INDEX, "saerch the text")
    assert told["read_as"] == {"saerch": "search"}
    assert told["not_understood"] == []
    assert told["candidates"][0]["matched"] == ["saerch", "text"]


def test_words_that_no_pattern_knows_are_told_as_they_were_said() -> None:
    assert answered(INDEX, "search text for qwertzuioping")["not_understood"] == ["qwertzuioping"]


def test_variables_that_no_estimate_needed_are_told() -> None:
    told = answered(INDEX, "search text", variables={"N": 1, "num_hosts": 2})
    assert told["unused_variables"] == ["num_hosts"]


def test_an_ambiguous_answer_asks_what_would_decide() -> None:
    index = index_of(tool("a", do=pattern(cost_estimate=2)), tool("b", do=pattern(cost_estimate=3)))
    told = answered(index)
    assert told["ambiguous"] is True
    assert told["question"] == "Does the cost matter? a.do costs 2, b.do 3."


# Why the first is the first.


def because(index: Index, intent: str = "", **request: Any) -> str:
    """The sentence that says why."""
    sentence: str = answered(index, intent, **request)["because"]
    return sentence


def test_the_sentence_names_the_words_that_matched_as_they_were_said() -> None:
    told = because(INDEX, "please searching the texts now")
    assert told.startswith("grep.search_text is first: it matches “searching texts” and is ")


def test_the_words_that_matched_are_told_of_each() -> None:
    told = answered(INDEX, "search text in files, zebra")["candidates"]
    assert {each["tool_name"]: each["matched"] for each in told} == {
        "grep": ["search", "text", "files"],
        "find": ["search", "files"],
    }


def test_a_word_matches_by_one_of_like_meaning_and_is_told_as_it_was_said() -> None:
    said, written = LIKE[0].split()[:2]
    assert best(one(description=written), said)["matched"] == [said]


def test_without_an_intent_no_words_are_told() -> None:
    assert because(INDEX, capabilities=["file_search"]).startswith("find.find_files is first: it is ")


def test_the_sentence_names_the_two_greatest_merits() -> None:
    index = one(time_estimate_ms=90_000, cost_estimate=1, complexity_score=0.2, policy={"requires_approval": False})
    assert because(index) == "nginx.reload is first: it is cheap (1) and simple (complexity 0.2)."
    index = one(time_estimate_ms=50, preference_match={"accuracy": 0.9, "completeness": 0.8})
    assert because(index, weights={"accuracy": 1, "completeness": 1}).endswith(
        "it is accurate (0.9) and complete (0.8)."
    )


def test_what_does_not_count_is_no_merit() -> None:
    assert because(one(time_estimate_ms=9e6), weights={"cost": 1}) == "nginx.reload is first: it is cheap (5)."


def test_the_only_one_may_have_no_merit_at_all() -> None:
    assert because(one(cost_estimate=99), weights={"cost": 1}) == "nginx.reload is first, though nothing speaks for it."


def test_the_sentence_says_how_far_the_second_is_behind_and_what_it_lacks() -> None:
    index = index_of(tool("a", do=pattern(cost_estimate=1)), tool("b", do=pattern(cost_estimate=6)))
    assert because(index).endswith("; b.do is 0.1 behind, being less cheap.")


def test_a_second_that_is_better_where_they_differ_most_is_said_to_be() -> None:
    slow = pattern(time_estimate_ms=2000, preference_match={"accuracy": 0.7, "completeness": 0.7})
    quick = pattern(time_estimate_ms=300)
    assert because(index_of(tool("a", do=slow), tool("b", do=quick))).endswith("behind, though quicker.")


def test_a_second_that_matches_less_well_is_said_to() -> None:
    assert because(INDEX, "search text in files").endswith("behind, matching less well.")


def test_two_that_are_equal_are_said_to_be() -> None:
    index = index_of(tool("b", do=pattern()), tool("a", do=pattern()))
    assert because(index).endswith("; b.do is as good.")


def test_a_hair_behind_is_not_told_as_nothing() -> None:
    index = index_of(tool("a", do=pattern(cost_estimate=5)), tool("b", do=pattern(cost_estimate=5.01)))
    assert because(index).endswith("; b.do is less than 0.01 behind, being less cheap.")


def test_one_put_first_over_a_better_score_is_told_so() -> None:
    index = index_of(tool("a", do=pattern(cost_estimate=5)), tool("b", do=pattern(cost_estimate=6)))
    found = selection(index)
    told = answer(replace(found, ranked=found.ranked[::-1]), REVISION)["because"]
    assert told == "b.do is first: it is quick (1 s) and simple (complexity 0.5); by score a.do is 0.02 ahead."


def test_the_sentence_says_that_a_person_has_to_agree() -> None:
    index = one(policy={"requires_approval": True})
    assert because(index).endswith(". A person has to agree before it is used.")


@pytest.mark.parametrize("intent", ["of the", "please do it now"])
def test_an_intent_of_idle_words_is_told_to_match_nothing(intent: str) -> None:
    told = answered(INDEX, intent)
    assert (told["candidates"], told["excluded"]) == ([], [])
    assert told["because"] == "Nothing matches: no pattern knows any of these words."


def test_an_intent_of_unknown_words_is_told_them() -> None:
    assert because(INDEX, "qwertzuioping asdfghjkl") == "Nothing matches: no pattern knows qwertzuioping, asdfghjkl."


def test_a_mended_word_is_told_as_a_word() -> None:
    told = answered(index_of(tool("systemctl", restart_service=pattern("Restart a service"))), "restart the sevrice")
    assert told["read_as"] == {"sevrice": "service"}
