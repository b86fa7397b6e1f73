"""Scores: each axis brought to [0, 1] where 1 is good, weighed, and summed (product.md, “Selection”)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from app.selection.candidates import Candidate
from app.selection.estimates import Estimate
from app.selection.request import Preference, Weights

FASTEST_MS, SLOWEST_MS = 50.0, 60_000.0
DEAREST = 10.0
AXES = ("time", "cost", "complexity", "accuracy", "completeness")
OWN_WEIGHT, OTHER_WEIGHT = 0.4, 0.15
_LOG_RANGE = math.log(SLOWEST_MS / FASTEST_MS)

AXIS_OF: Mapping[Preference, str] = MappingProxyType(
    {
        Preference.FAST: "time",
        Preference.CHEAP: "cost",
        Preference.SIMPLE: "complexity",
        Preference.ACCURATE: "accuracy",
        Preference.THOROUGH: "completeness",
    }
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One axis of a score.

    Attributes:
        raw: milliseconds, cost, or a share from 0 to 1. value: in [0, 1], 1 is good.
        weight: in [0, 1]; those of all axes sum to 1. contribution: weight · value.
    """

    raw: float
    value: float
    weight: float
    contribution: float


# The usual times of a catalog's patterns come again with every request.
@lru_cache(8192)
def time_score(milliseconds: float) -> float:
    """Rate a time from 1 (50 ms or less) down to 0 (60 s or more), evenly on a log scale.

    s = 1 − ln(t / 50) / ln(60 000 / 50), with t clamped to [50, 60 000] ms.

    Raises:
        ValueError: it is negative or not finite.
    """
    if not (math.isfinite(milliseconds) and milliseconds >= 0):
        raise ValueError(f"not a duration: {milliseconds}")
    return 1 - math.log(min(max(milliseconds, FASTEST_MS), SLOWEST_MS) / FASTEST_MS) / _LOG_RANGE


def cost_score(cost: float) -> float:
    """Rate a cost from 1 (nothing) down to 0 (10 or more): s = 1 − c / 10, with c clamped to [0, 10].

    Raises:
        ValueError: it is negative or not finite.
    """
    if not (math.isfinite(cost) and cost >= 0):
        raise ValueError(f"not a cost: {cost}")
    return 1 - min(cost, DEAREST) / DEAREST


def weights_of(preference: Preference) -> Mapping[str, float]:
    """The weight of each axis: 0.2 each when balanced; else 0.4 for its own and 0.15 for the others."""
    return _WEIGHTS[preference]


def normalised(weights: Weights) -> Mapping[str, float]:
    """The same weights with a sum of 1."""
    given = weights.model_dump()
    # Divided first: the sum of five numbers of 1e308 would be infinite.
    most = max(given.values())
    whole = sum(value / most for value in given.values())
    return {axis: given[axis] / most / whole for axis in AXES}


def values(candidate: Candidate, estimate: Estimate) -> tuple[float, ...]:
    """A candidate's value on each of AXES, in [0, 1]."""
    return (
        time_score(estimate.time_ms),
        cost_score(estimate.cost),
        1 - candidate.complexity,
        candidate.accuracy,
        candidate.completeness,
    )


def features(candidate: Candidate, estimate: Estimate, weights: Mapping[str, float]) -> dict[str, Feature]:
    """Each axis of a candidate's score: what it is, what it is worth, what it counts."""
    raw = (estimate.time_ms, estimate.cost, candidate.complexity, candidate.accuracy, candidate.completeness)
    rated = zip(AXES, raw, values(candidate, estimate), strict=True)
    return {axis: Feature(told, value, weights[axis], weights[axis] * value) for axis, told, value in rated}


def _weights(preference: Preference) -> Mapping[str, float]:
    if preference is Preference.BALANCED:
        return MappingProxyType(dict.fromkeys(AXES, 1 / len(AXES)))
    own = AXIS_OF[preference]
    return MappingProxyType({axis: OWN_WEIGHT if axis == own else OTHER_WEIGHT for axis in AXES})


_WEIGHTS = {preference: _weights(preference) for preference in Preference}
