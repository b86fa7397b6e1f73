"""The engine: enumerate, enforce policy, estimate, score, rank; the same answer for the same question."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.selection.engine import CLOSE, LEAST_RELEVANCE, UnknownCapability, select
from app.selection.index import Index
from app.selection.request import LARGEST, Preference
from app.selection.scoring import AXES, features, weights_of
from tests.selection.tools import Offer, answered, exclusions, index_of, names, pattern, selection, tool

PERFECT: dict[str, Any] = {
    "time_estimate_ms": 1,
    "cost_estimate": 0,
    "complexity_score": 0,
    "preference_match": {"accuracy": 1, "completeness": 1},
}
# One for each axis on which it is the best of all, and otherwise middling.
BEST_AT: dict[str, dict[str, Any]] = {
    "time": {"time_estimate_ms": 50},
    "cost": {"cost_estimate": 0},
    "complexity": {"complexity_score": 0},
    "accuracy": {"preference_match": {"accuracy": 1}},
    "completeness": {"preference_match": {"completeness": 1}},
}
EACH_ITS_OWN = index_of(*(tool(axis, do=pattern("Do the work", **best)) for axis, best in BEST_AT.items()))


def first(index: Index, intent: str = "", **request: Any) -> str:
    """The best candidate's tool."""
    return selection(index, intent, **request).ranked[0].candidate.tool_name


def scores(index: Index, intent: str = "", **request: Any) -> dict[str, float]:
    """The score of every tool that may be used."""
    return {one.candidate.tool_name: one.score for one in selection(index, intent, **request).ranked}


# Enumerate.


TWO_CAPABILITIES = index_of(
    tool("grep", "text_search", search_text=pattern("Search text in files")),
    tool("find", "file_search", find_files=pattern("Find files by name")),
    tool("cut", "text_cutting", cut_text=pattern("Cut text into columns")),
)


def test_the_patterns_of_the_capabilities_asked_for_are_candidates_and_no_others() -> None:
    found = selection(TWO_CAPABILITIES, capabilities=["text_search", "text_cutting"])
    assert sorted(names(found)) == ["cut.cut_text", "grep.search_text"]
    assert found.excluded == ()


def test_a_capability_asked_for_twice_is_one() -> None:
    assert names(selection(TWO_CAPABILITIES, capabilities=["text_search", "text_search"])) == ["grep.search_text"]


def test_the_patterns_an_intent_matches_are_candidates_and_no_others() -> None:
    assert sorted(names(selection(TWO_CAPABILITIES, "columns of text"))) == ["cut.cut_text", "grep.search_text"]


def test_an_intent_beside_capabilities_orders_them_and_adds_none() -> None:
    both = {"capabilities": ["text_search", "text_cutting"]}
    assert names(selection(TWO_CAPABILITIES, "find files by name", **both))[0] == "grep.search_text"
    assert names(selection(TWO_CAPABILITIES, "cut columns", **both)) == ["cut.cut_text", "grep.search_text"]


def test_a_pattern_asked_for_by_capability_stays_though_the_intent_says_nothing_of_it() -> None:
    found = selection(TWO_CAPABILITIES, "cut columns", capabilities=["text_search", "text_cutting"])
    silent = found.ranked[1]
    assert (silent.match, silent.relevance) == (0, LEAST_RELEVANCE)


@pytest.mark.parametrize("intent", ["", "of the", "qwertzuiop"])
def test_capabilities_without_a_telling_intent_are_all_wholly_relevant(intent: str) -> None:
    found = selection(TWO_CAPABILITIES, intent, capabilities=["text_search", "text_cutting"])
    assert [(one.match, one.relevance) for one in found.ranked] == [(None, 1), (None, 1)]


@pytest.mark.parametrize(("misspelt", "near"), [("text_serach", "text_search"), ("file-search", "file_search")])
def test_an_unknown_capability_is_refused_with_those_that_are_near(misspelt: str, near: str) -> None:
    with pytest.raises(UnknownCapability) as refusal:
        selection(TWO_CAPABILITIES, capabilities=["text_search", misspelt])
    assert refusal.value.name == misspelt
    assert refusal.value.near[0] == near


def test_an_unknown_capability_like_no_other_is_refused_with_none() -> None:
    with pytest.raises(UnknownCapability) as refusal:
        selection(TWO_CAPABILITIES, capabilities=["qwertzuiop"])
    assert refusal.value.near == []


PLATFORMS = index_of(
    tool("systemctl", restart=pattern("Restart a service")).but(platform="linux"),
    tool("sc", restart=pattern("Restart a service")).but(platform="windows"),
    tool("ansible", restart=pattern("Restart a service")).but(platform="multi-platform"),
)


def test_an_intent_finds_what_runs_on_the_platform_asked_for() -> None:
    found = selection(PLATFORMS, "restart a service", platform="linux")
    assert sorted(names(found)) == ["ansible.restart", "systemctl.restart"]
    assert found.excluded == ()


def test_a_capability_asked_for_tells_what_does_not_run_there() -> None:
    found = selection(PLATFORMS, platform="linux")
    assert sorted(names(found)) == ["ansible.restart", "systemctl.restart"]
    assert exclusions(found) == {"sc.restart": "platform"}


def test_an_intent_that_matches_nothing_on_a_platform_tells_what_it_matches_elsewhere() -> None:
    index = index_of(tool("sc", restart=pattern("Restart a service")).but(platform="windows"))
    found = selection(index, "restart a service", platform="linux")
    assert (names(found), exclusions(found)) == ([], {"sc.restart": "platform"})


# Enforce policy.


EXCLUDED: dict[str, tuple[Offer, dict[str, Any]]] = {
    "not_offered": (tool("x", do=pattern()).but(status="draft"), {}),
    "platform": (tool("x", do=pattern()).but(platform="windows"), {"platform": "linux"}),
    "production_safe": (tool("x", do=pattern(policy={"production_safe": False})), {"environment": "production"}),
    "allowed_environments": (
        tool("x", do=pattern(policy={"allowed_environments": ["staging"]})),
        {"environment": "production"},
    ),
    "required_permissions": (tool("x", do=pattern(policy={"required_permissions": ["sudo"]})), {"permissions": []}),
    "max_cost": (tool("x", do=pattern(cost_estimate=6, policy={"max_cost": 5})), {}),
    "max_execution_time": (tool("x", do=pattern(time_estimate_ms=6000, policy={"max_execution_time": 5})), {}),
    "limits.max_cost": (tool("x", do=pattern(cost_estimate=6)), {"limits": {"max_cost": 5}}),
    "limits.max_time_ms": (tool("x", do=pattern(time_estimate_ms=6000)), {"limits": {"max_time_ms": 5000}}),
    "estimate": (tool("x", do=pattern(time_estimate_ms="1 / (N - 3)")), {"variables": {"N": 3}}),
}


@pytest.mark.parametrize("rule", EXCLUDED)
def test_every_hard_rule_excludes_and_is_told(rule: str) -> None:
    offer, request = EXCLUDED[rule]
    found = selection(index_of(offer, tool("y", do=pattern())), **request)
    assert (names(found), exclusions(found)) == (["y.do"], {"x.do": rule})
    assert found.excluded[0].remark.detail


def test_nothing_viable_leaves_no_candidate_and_every_exclusion_with_its_rule() -> None:
    request: dict[str, Any] = {"platform": "linux", "environment": "production", "permissions": []}
    limits = {"limits": {"max_cost": 5, "max_time_ms": 50_000}, "variables": {"N": 3}}
    offers = {rule: Offer({**offer.definition, "tool_name": rule}) for rule, (offer, _) in EXCLUDED.items()}
    del offers["limits.max_time_ms"]
    found = selection(index_of(*offers.values()), **request, **limits)
    assert found.ranked == ()
    assert exclusions(found) == {f"{rule}.do": rule for rule in offers}


@pytest.mark.parametrize("status", ["draft", "disabled", "deprecated", "testing"])
def test_what_is_not_on_offer_is_not_chosen_however_good(status: str) -> None:
    index = index_of(
        tool("good", do=pattern("Do the work", **PERFECT)).but(status=status), tool("bad", do=pattern("Work"))
    )
    for found in (selection(index), selection(index, "do the work")):
        assert (names(found), exclusions(found)) == (["bad.do"], {"good.do": "not_offered"})


def test_one_pattern_that_cannot_be_estimated_spoils_no_other() -> None:
    index = index_of(tool("a", bad=pattern(cost_estimate="log(N - 5)"), good=pattern()))
    found = selection(index, variables={"N": 1})
    assert (names(found), exclusions(found)) == (["a.good"], {"a.bad": "estimate"})
    assert found.excluded[0].remark.detail.startswith("cost_estimate: ")


def test_exclusions_stand_by_relevance_and_then_by_name() -> None:
    off = {"status": "draft"}
    index = index_of(
        tool("c", do=pattern("zebra")).but(**off),
        tool("b", do=pattern("zebra horse")).but(**off),
        tool("a", do=pattern("zebra")).but(**off),
        *(tool(name, do=pattern("donkey")) for name in "xyz"),
    )
    assert list(exclusions(selection(index, "zebra horse"))) == ["b.do", "a.do", "c.do"]


# Score.


@pytest.mark.parametrize(
    ("preference", "best"),
    [
        ("fast", "time"),
        ("cheap", "cost"),
        ("simple", "complexity"),
        ("accurate", "accuracy"),
        ("thorough", "completeness"),
    ],
)
def test_a_preference_puts_what_is_best_on_its_axis_first(preference: str, best: str) -> None:
    assert first(EACH_ITS_OWN, preference=preference) == best


@pytest.mark.parametrize("axis", AXES)
def test_weights_of_ones_own_put_what_is_best_on_their_axis_first(axis: str) -> None:
    assert scores(EACH_ITS_OWN, weights={axis: 3})[axis] == pytest.approx(1)
    assert first(EACH_ITS_OWN, weights={axis: 3}) == axis


def test_weights_mean_the_same_however_large_or_tiny() -> None:
    usual = scores(EACH_ITS_OWN, weights={"time": 2, "cost": 1})
    assert scores(EACH_ITS_OWN, weights={"time": LARGEST, "cost": LARGEST / 2}) == pytest.approx(usual)
    assert scores(EACH_ITS_OWN, weights={"time": 2e-300, "cost": 1e-300}) == pytest.approx(usual)


def test_without_a_preference_every_axis_counts_the_same() -> None:
    found = selection(EACH_ITS_OWN)
    assert (found.preference, found.detected, found.weights) == (
        Preference.BALANCED,
        False,
        weights_of(Preference.BALANCED),
    )


def test_the_words_of_an_intent_say_the_preference() -> None:
    found = selection(EACH_ITS_OWN, "do the work quickly")
    assert (found.preference, found.detected) == (Preference.FAST, True)
    assert found.ranked[0].candidate.tool_name == "time"


def test_a_preference_said_counts_more_than_the_words() -> None:
    found = selection(EACH_ITS_OWN, "do the work quickly", preference="cheap")
    assert (found.preference, found.detected) == (Preference.CHEAP, False)
    assert selection(EACH_ITS_OWN, "do the work quickly", preference="balanced").preference is Preference.BALANCED


def test_weights_said_count_more_than_the_words() -> None:
    found = selection(EACH_ITS_OWN, "do the work quickly", weights={"cost": 1})
    assert (found.preference, found.detected, found.ranked[0].candidate.tool_name) == (None, False, "cost")


def test_a_score_is_the_weighed_sum_of_its_features_times_its_relevance() -> None:
    found = selection(TWO_CAPABILITIES, "search text quickly")
    assert len({one.relevance for one in found.ranked}) > 1
    for one in found.ranked:
        parts = features(one.candidate, one.estimate, found.weights).values()
        assert one.score == pytest.approx(one.relevance * sum(part.contribution for part in parts))


def test_relevance_multiplies_merits() -> None:
    index = index_of(
        tool("meant", do=pattern("Rotate the certificate")), tool("merits", do=pattern("The certificate", **PERFECT))
    )
    assert scores(index)["merits"] > scores(index)["meant"]
    meant = selection(index, "rotate certificate").ranked
    assert [one.relevance == 1 for one in meant if one.candidate.tool_name == "meant"] == [True]
    (merits,) = [one for one in meant if one.candidate.tool_name == "merits"] or [None]
    assert merits is None or merits.score == pytest.approx(merits.relevance)


def test_variables_change_which_is_first() -> None:
    index = index_of(
        tool("one_by_one", do=pattern(time_estimate_ms="100 * N")), tool("at_once", do=pattern(time_estimate_ms=5000))
    )
    assert first(index, variables={"N": 1}) == "one_by_one"
    assert first(index, variables={"N": 1000}) == "at_once"


def test_the_best_there_can_be_scores_1_and_the_worst_0() -> None:
    worst = {"time_estimate_ms": 1e9, "cost_estimate": 99, "complexity_score": 1}
    none = {"accuracy": 0, "completeness": 0}
    index = index_of(tool("best", do=pattern(**PERFECT)), tool("worst", do=pattern(**worst, preference_match=none)))
    assert scores(index) == pytest.approx({"best": 1, "worst": 0})


def test_equals_stand_in_the_order_of_their_names() -> None:
    offers = [tool(name, y=pattern("zebra"), x=pattern("zebra")) for name in ("z", "a", "m")]
    for order in permutations(offers):
        for intent in ("", "zebra"):
            assert names(selection(index_of(*order), intent)) == ["a.x", "a.y", "m.x", "m.y", "z.x", "z.y"]


def test_variables_that_no_candidate_uses_are_told() -> None:
    index = index_of(
        tool("a", do=pattern(time_estimate_ms="N")), tool("b", "other", do=pattern(time_estimate_ms="pages"))
    )
    assert selection(index, variables={"pages": 1, "N": 1, "count": 2}).unused == ("pages", "count")
    assert selection(index).unused == ()


def test_a_variable_that_an_excluded_candidate_uses_is_not_unused() -> None:
    index = index_of(tool("a", do=pattern(time_estimate_ms="N")).but(status="draft"))
    assert selection(index, variables={"N": 1}).unused == ()


# Ambiguity.


def two(gap: float, name: str = "b", **changes: Any) -> Index:
    """Two patterns whose scores differ by this, by accuracy alone."""
    best, other = (
        pattern(preference_match={"accuracy": 0.9}),
        pattern(preference_match={"accuracy": 0.9 - gap}, **changes),
    )
    if name == "a":
        return index_of(tool("a", one=best, other=other))
    return index_of(tool("a", one=best), tool(name, other=other))


BY_ACCURACY = {"weights": {"accuracy": 1}}


@pytest.mark.parametrize(
    ("gap", "is_ambiguous"), [(0, True), (CLOSE - 0.001, True), (CLOSE + 0.001, False), (0.5, False)]
)
def test_the_best_two_are_ambiguous_when_they_are_close(gap: float, is_ambiguous: bool) -> None:
    assert CLOSE == 0.08
    assert selection(two(gap), **BY_ACCURACY).is_ambiguous is is_ambiguous


def test_two_that_are_exactly_so_far_apart_are_not_close() -> None:
    # 0 and 0.08 are 0.08 apart in floating point as well.
    index = index_of(
        tool("a", one=pattern(preference_match={"accuracy": CLOSE})),
        tool("b", two=pattern(preference_match={"accuracy": 0})),
    )
    assert not selection(index, **BY_ACCURACY).is_ambiguous


def test_two_of_one_tool_are_not_ambiguous() -> None:
    assert not selection(two(0.01, name="a"), **BY_ACCURACY).is_ambiguous


def test_one_or_none_is_not_ambiguous() -> None:
    one = index_of(tool("a", do=pattern()), tool("b", do=pattern()).but(status="draft"))
    assert not selection(one).is_ambiguous
    assert not selection(one, "qwertzuiop").is_ambiguous


def test_only_the_best_two_make_it_ambiguous() -> None:
    close = pattern(preference_match={"accuracy": 0.89})
    index = index_of(
        tool("a", one=pattern(preference_match={"accuracy": 0.9}), two=close),
        tool("b", other=pattern(preference_match={"accuracy": 0.88})),
    )
    assert not selection(index, **BY_ACCURACY).is_ambiguous


# Whatever is asked of whatever there is.

SHARES = st.floats(0, 1)
STATEMENTS = st.fixed_dictionaries(
    {
        "description": st.sampled_from(["restart a service", "stop the server", "show disk usage", ""]),
        "time_estimate_ms": st.sampled_from([0, 50, 1e15, "100 * N", "N ** 2", "1 / (N - 3)"]),
        "cost_estimate": st.floats(0, 20),
        "complexity_score": SHARES,
        "preference_match": st.fixed_dictionaries({"accuracy": SHARES, "completeness": SHARES}),
        "policy": st.fixed_dictionaries({}, optional={"production_safe": st.booleans(), "max_cost": st.floats(0, 20)}),
    }
)
TOOLS = st.lists(st.dictionaries(st.sampled_from("abc"), STATEMENTS, min_size=1), min_size=1, max_size=4).map(
    lambda tools: [
        tool(f"tool{place}", **{name: pattern(**said) for name, said in patterns.items()})
        for place, patterns in enumerate(tools)
    ]
)
WEIGHTS = st.dictionaries(st.sampled_from(AXES), st.floats(0, LARGEST)).filter(lambda weights: any(weights.values()))
REQUESTS = st.fixed_dictionaries(
    {"intent": st.sampled_from(["", "restart the service", "quickly show disks and servers", "of the"])},
    optional={
        "environment": st.sampled_from(["production", "staging"]),
        "variables": st.dictionaries(st.sampled_from(["N", "pages"]), st.floats(0, LARGEST)),
        "weights": WEIGHTS,
    },
)


@settings(max_examples=80, deadline=None)
@given(tools=TOOLS, request=REQUESTS)
def test_every_score_is_within_0_and_1_and_they_are_in_order(tools: list[Offer], request: dict[str, Any]) -> None:
    found = selection(index_of(*tools), **request)
    every = [one.score for one in found.ranked]
    assert every == sorted(every, reverse=True)
    assert all(0 <= score <= 1 for score in every)
    assert len({one.candidate.key for one in (*found.ranked, *found.excluded)}) == len(found.ranked) + len(
        found.excluded
    )


@settings(max_examples=60, deadline=None)
@given(tools=TOOLS, request=REQUESTS, data=st.data())
def test_the_order_of_the_tools_changes_nothing(
    tools: list[Offer], request: dict[str, Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(tools))
    assert selection(index_of(*shuffled), **request) == selection(index_of(*tools), **request)


@settings(max_examples=40, deadline=None)
@given(tools=TOOLS, request=REQUESTS)
def test_the_same_request_has_the_same_answer(tools: list[Offer], request: dict[str, Any]) -> None:
    index = index_of(*tools)
    assert answered(index, **request) == answered(index, **request) == answered(index_of(*tools), **request)


@pytest.mark.parametrize("shares", [(1, 1, 3, 1, 1), (1, 1, 2, 3, 2)])
def test_a_score_is_never_above_1_though_rounded_weights_sum_to_more(shares: tuple[float, ...]) -> None:
    found = selection(index_of(tool("best", do=pattern(**PERFECT))), weights=dict(zip(AXES, shares, strict=True)))
    assert sum(found.weights.values()) > 1
    assert found.ranked[0].score == 1


def test_selecting_asks_nothing_but_its_index_and_its_request() -> None:
    request = selection(EACH_ITS_OWN, "do the work").request
    assert select(EACH_ITS_OWN, request) == select(EACH_ITS_OWN, request)
