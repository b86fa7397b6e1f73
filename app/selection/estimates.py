"""What a candidate would take: time and cost for a request's variables, and usual values for those it does not say."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.definitions.expressions import EvaluationError, Expression
from app.selection.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a candidate takes.

    Attributes:
        time_ms: milliseconds, finite, at least 0. cost: in the unit of `cost_estimate`, likewise.
        values: of every variable its expressions use. defaulted: those of them the request did not say.
    """

    time_ms: float
    cost: float
    values: Mapping[str, float]
    defaulted: tuple[str, ...]


class NoEstimate(ValueError):
    """A candidate cannot be estimated; says why."""


def estimate(candidate: Candidate, variables: Mapping[str, float]) -> Estimate:
    """Estimate a candidate.

    Raises:
        NoEstimate: an expression has no value for these variables, or there is none.
    """
    defaults = candidate.defaults
    values = {name: variables.get(name, usual) for name, usual in defaults.items()} if defaults else defaults
    return Estimate(
        _value("time_estimate_ms", candidate.time, values),
        _value("cost_estimate", candidate.cost, values),
        values,
        tuple(name for name in defaults if name not in variables) if defaults else (),
    )


def _value(name: str, expression: Expression | str, values: Mapping[str, float]) -> float:
    if isinstance(expression, str):
        raise NoEstimate(f"{name}: {expression}")
    if expression.constant is not None:
        return expression.constant
    try:
        return expression.evaluate(values)
    except EvaluationError as error:
        raise NoEstimate(f"{name}: {error}") from error
