"""What a candidate would take: time and cost for a request's variables, and usual values for those it does not say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.definitions.expressions import Expression, ExpressionError, parse_expression

Reading = Callable[[str], Expression]


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

    Kept as texts: a parsed one weighs twenty times as much, and few requests say a variable (see `Candidate.usual`).

    Attributes:
        time, cost: expressions; None where there is none.
        defaults: the values of their variables, and of its policy's, when a request does not say.
    """

    time: str | None
    cost: str | None
    defaults: Mapping[str, float]


def estimate(formulas: Formulas, variables: Mapping[str, float], read: Reading = parse_expression) -> Estimate:
    """Estimate for these variables.

    Args:
        read: how expressions are read; unless told otherwise they are remembered.

    Raises:
        NoEstimate: an expression has no value for these variables, or there is none.
    """
    defaults = formulas.defaults
    values = {name: variables.get(name, usual) for name, usual in defaults.items()}
    return Estimate(
        _value("time_estimate_ms", formulas.time, values, read),
        _value("cost_estimate", formulas.cost, values, read),
        values,
        tuple(name for name in defaults if name not in variables),
    )


def usual(formulas: Formulas, read: Reading) -> Estimate | None:
    """Estimate for a request that says no variable; None when that has no value."""
    try:
        return estimate(formulas, {}, read)
    except NoEstimate:
        return None


def _value(name: str, text: str | None, values: Mapping[str, float], read: Reading) -> float:
    if text is None:
        raise NoEstimate(f"{name}: it is not estimated")
    try:
        return read(text).evaluate(values)
    except ExpressionError as error:
        raise NoEstimate(f"{name}: {error}") from error
