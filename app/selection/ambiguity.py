"""Ambiguity: the question that would decide between the best two, taken from where they differ most."""

from collections.abc import Mapping

from app.quantities import compact, duration
from app.selection.candidates import Candidate
from app.selection.engine import Ranked, Selection
from app.selection.policy import runs_on
from app.selection.scoring import AXES, features

_QUESTIONS: Mapping[str, str] = {
    "time": "Must it be quick? {first} takes {first_value}, {second} {second_value}.",
    "cost": "Does the cost matter? {first} costs {first_value}, {second} {second_value}.",
    "complexity": "Must it be simple? The complexity of {first} is {first_value}, of {second} {second_value}.",
    "accuracy": "How exact must it be? The accuracy of {first} is {first_value}, of {second} {second_value}.",
    "completeness": "May anything lack? The completeness of {first} is {first_value}, of {second} {second_value}.",
}
_SAY = {"time": duration, "cost": compact}


def question_of(selection: Selection) -> str | None:
    """The question that would decide an ambiguous selection; None for one that is not.

    It asks for the platform when neither runs on the other's; else about the axis on which weight · value differ most;
    else, where only the match differs, which of the two is meant.
    """
    if not selection.is_ambiguous:
        return None
    first, second = selection.ranked[:2]
    if _are_apart(first.candidate, second.candidate):
        return (
            f"On which platform: {first.candidate.platform} ({first.candidate.tool_name}) "
            f"or {second.candidate.platform} ({second.candidate.tool_name})?"
        )
    axis, difference = widest(selection, first, second)
    if difference <= abs(first.relevance - second.relevance) * max(first.score, second.score):
        return (
            f"Which is meant: {_plain(first.candidate.description)} ({_name(first)}), "
            f"or {_plain(second.candidate.description)} ({_name(second)})?"
        )
    return _QUESTIONS[axis].format(
        first=_name(first), second=_name(second), first_value=_said(axis, first), second_value=_said(axis, second)
    )


def widest(selection: Selection, first: Ranked, second: Ranked) -> tuple[str, float]:
    """The axis on which the contributions of two candidates differ most, and by how much; of equals the first axis."""
    one, other = (features(each.candidate, each.estimate, selection.weights) for each in (first, second))
    differences = {axis: abs(one[axis].contribution - other[axis].contribution) for axis in AXES}
    axis = max(AXES, key=lambda name: differences[name])
    return axis, differences[axis]


def raw(axis: str, one: Ranked) -> float:
    """A candidate's own figure on an axis: milliseconds, cost, or a share."""
    candidate = one.candidate
    figures = {
        "time": one.estimate.time_ms,
        "cost": one.estimate.cost,
        "complexity": candidate.complexity,
        "accuracy": candidate.accuracy,
        "completeness": candidate.completeness,
    }
    return figures[axis]


def _are_apart(one: Candidate, other: Candidate) -> bool:
    """Whether each runs on a platform that the other does not run on."""
    if one.platform is None or other.platform is None:
        return False
    return not (runs_on(one, other.platform) or runs_on(other, one.platform))


def _said(axis: str, one: Ranked) -> str:
    return _SAY.get(axis, compact)(raw(axis, one))


def _name(one: Ranked) -> str:
    return f"{one.candidate.tool_name}.{one.candidate.pattern_name}"


def _plain(description: str) -> str:
    """A description as part of a sentence."""
    short = description.strip().rstrip(".")
    return short[:1].lower() + short[1:] if short[1:2].islower() else short
