"""What a candidate would take: time and cost for a request's variables, and usual values for those it does not say."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.definitions.expressions import EvaluationError, Expression


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


@dataclass(frozen=True, slots=True)
class Formulas:
    """What a pattern's estimates are made of.

    Attributes:
        time, cost: expressions; a text says why there is none.
        defaults: the values of their variables, and of its policy's, when a request does not say.
    """

    time: Expression | str
    cost: Expression | str
    defaults: Mapping[str, float]


def estimate(formulas: Formulas, variables: Mapping[str, float]) -> Estimate:
    """Estimate for these variables.

    Raises:
        NoEstimate: an expression has no value for these variables, or there is none.
    """
    defaults = formulas.defaults
    values = {name: variables.get(name, usual) for name, usual in defaults.items()}
    return Estimate(
        _value("time_estimate_ms", formulas.time, values),
        _value("cost_estimate", formulas.cost, values),
        values,
        tuple(name for name in defaults if name not in variables),
    )


def usual(formulas: Formulas) -> Estimate | None:
    """Estimate for a request that says no variable; None when that has no value."""
    try:
        return estimate(formulas, {})
    except NoEstimate:
        return None


def _value(name: str, expression: Expression | str, values: Mapping[str, float]) -> float:
    if isinstance(expression, str):
        raise NoEstimate(f"{name}: {expression}")
    if expression.constant is not None:
        return expression.constant
    try:
        return expression.evaluate(values)
    except EvaluationError as error:
        raise NoEstimate(f"{name}: {error}") from error
