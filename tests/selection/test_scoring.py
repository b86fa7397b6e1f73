"""Scoring: every axis in [0, 1] where 1 is good, and weights that sum to 1."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.selection.candidates import candidates_of
from app.selection.estimates import estimate
from app.selection.request import LARGEST, Preference, Weights
from app.selection.scoring import AXES, AXIS_OF, Feature, cost_score, features, normalised, time_score, weights_of
from tests.selection.tools import pattern, tool

QUANTITIES = st.floats(0, 1e300)


@pytest.mark.parametrize(
    ("milliseconds", "score"),
    [(0, 1), (50, 1), (math.sqrt(50 * 60_000), 0.5), (60_000, 0), (60_001, 0), (1e15, 0)],
)
def test_a_time_is_rated_from_50_ms_to_a_minute_on_a_log_scale(milliseconds: float, score: float) -> None:
    assert time_score(milliseconds) == pytest.approx(score)


@pytest.mark.parametrize("milliseconds", [51, 84, 1_000, 5_000, 59_999])
def test_a_time_in_between_is_rated_by_the_formula(milliseconds: float) -> None:
    assert time_score(milliseconds) == pytest.approx(1 - math.log(milliseconds / 50) / math.log(60_000 / 50))


@pytest.mark.parametrize(("cost", "score"), [(0, 1), (1, 0.9), (2.5, 0.75), (10, 0), (11, 0), (1e15, 0)])
def test_a_cost_is_rated_from_nothing_to_10(cost: float, score: float) -> None:
    assert cost_score(cost) == pytest.approx(score)


@settings(max_examples=50, deadline=None)
@given(one=QUANTITIES, other=QUANTITIES)
def test_less_is_never_worse_and_every_rating_is_within_0_and_1(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert 0 <= time_score(more) <= time_score(less) <= 1
    assert 0 <= cost_score(more) <= cost_score(less) <= 1


@pytest.mark.parametrize("quantity", [-1, -1e-9, math.nan, math.inf, -math.inf])
def test_what_is_no_quantity_is_refused(quantity: float) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        time_score(quantity)
    with pytest.raises(ValueError, match="not a cost"):
        cost_score(quantity)


def test_balanced_weighs_every_axis_the_same() -> None:
    assert weights_of(Preference.BALANCED) == dict.fromkeys(AXES, 0.2)


@pytest.mark.parametrize(
    ("preference", "own"),
    [
        ("fast", "time"),
        ("cheap", "cost"),
        ("simple", "complexity"),
        ("accurate", "accuracy"),
        ("thorough", "completeness"),
    ],
)
def test_a_preference_weighs_its_own_axis_0_4_and_the_others_0_15(preference: str, own: str) -> None:
    expected = {axis: 0.4 if axis == own else 0.15 for axis in AXES}
    assert weights_of(Preference(preference)) == expected
    assert AXIS_OF[Preference(preference)] == own


@pytest.mark.parametrize("preference", Preference)
def test_the_weights_of_every_preference_sum_to_1(preference: Preference) -> None:
    assert math.fsum(weights_of(preference).values()) == pytest.approx(1)


def test_weights_of_ones_own_keep_their_proportions() -> None:
    assert normalised(Weights(time=3, accuracy=1)) == {
        "time": 0.75,
        "cost": 0,
        "complexity": 0,
        "accuracy": 0.25,
        "completeness": 0,
    }


@pytest.mark.parametrize("size", [LARGEST, 1, 1e-300, 5e-324])
def test_weights_of_ones_own_mean_the_same_however_large_or_tiny(size: float) -> None:
    assert normalised(Weights(**dict.fromkeys(AXES, size))) == pytest.approx(dict.fromkeys(AXES, 0.2))


@settings(max_examples=50, deadline=None)
@given(given=st.fixed_dictionaries(dict.fromkeys(AXES, st.floats(0, LARGEST))).filter(lambda all_: any(all_.values())))
def test_weights_of_ones_own_sum_to_1(given: dict[str, float]) -> None:
    weights = normalised(Weights(**given))
    assert math.fsum(weights.values()) == pytest.approx(1)
    assert all(0 <= weight <= 1 for weight in weights.values())


def test_the_features_are_what_a_candidate_takes_and_says_and_what_that_is_worth() -> None:
    one = pattern(
        time_estimate_ms=50,
        cost_estimate=4,
        complexity_score=0.3,
        preference_match={"accuracy": 0.8, "completeness": 0.6},
    )
    candidate, _ = next(candidates_of(tool("nginx", serve=one)))
    weights = weights_of(Preference.FAST)
    assert features(candidate, estimate(candidate.formulas, {}), weights) == {
        "time": Feature(50, 1, 0.4, 0.4),
        "cost": Feature(4, 0.6, 0.15, pytest.approx(0.09)),
        "complexity": Feature(0.3, 0.7, 0.15, pytest.approx(0.105)),
        "accuracy": Feature(0.8, 0.8, 0.15, pytest.approx(0.12)),
        "completeness": Feature(0.6, 0.6, 0.15, pytest.approx(0.09)),
    }
