"""What an expression comes to: its value at three inputs, a small curve, and a sentence that says the same.

The curve is drawn over the variable the value depends on most, from its least to its most plausible value; all others
stay at their usual values.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from app.definitions.expressions import EvaluationError, Expression, InvalidExpression, parse_expression
from app.definitions.vocabulary import Variable
from app.quantities import compact, duration

WIDTH, HEIGHT = 74, 28
# Inside the drawing's edges, so that a line of 1.5 is not cut.
_LEFT, _RIGHT, _TOP, _BOTTOM = 1, 73, 3, 25
_POINTS = 7


@dataclass(frozen=True, slots=True)
class Sample:
    """An expression's value at one input.

    Attributes:
        at: the value of the variable; None for an expression without variables.
        where: in words, "N = 100"; "always" without variables.
        value: in the unit of the expression.
        words: the value in words, "2.1 s".
    """

    at: float | None
    where: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Curve:
    """What is shown of an expression.

    Attributes:
        variable: the one it depends on most; None for an expression without variables.
        samples: at the least, the usual and the most of that variable, as far as these differ; one without variables.
        line: the path of an SVG of WIDTH × HEIGHT; the variable to the right, on a logarithmic scale.
        sentence: the same for those who cannot see it: "Grows with N: 2 s at 1, 7 s at 10,000".
    """

    variable: str | None
    samples: tuple[Sample, ...]
    line: str
    sentence: str


def curve(text: str, variables: Mapping[str, Variable], say: Callable[[float], str] = duration) -> Curve | None:
    """Return what is shown of an expression; None when it is none, or has no value somewhere on the way.

    Args:
        variables: all that it may use.
        say: a value in words; of a time in milliseconds unless told otherwise (`quantities.compact` for a cost).
    """
    try:
        expression = parse_expression(text)
        if not all(name in variables for name in expression.variables):
            return None
        used = [variables[name] for name in sorted(expression.variables)]
        return _drawn(expression, used, say) if used else _constant(expression, say)
    except (InvalidExpression, EvaluationError):
        return None


def _constant(expression: Expression, say: Callable[[float], str]) -> Curve:
    value = expression.evaluate({})
    return Curve(None, (Sample(None, "always", value, say(value)),), _line([value] * 2), f"Always {say(value)}")


def _drawn(expression: Expression, used: Sequence[Variable], say: Callable[[float], str]) -> Curve:
    usual = {variable.name: variable.default for variable in used}

    @cache
    def value_at(name: str, at: float) -> float:
        return expression.evaluate({**usual, name: at})

    leading = max(used, key=lambda variable: _spread(variable, value_at)) if len(used) > 1 else used[0]
    name = leading.name
    ends = dict.fromkeys((leading.minimum, leading.default, leading.maximum))
    seen = [(at, value_at(name, at)) for at in ends]
    samples = tuple(Sample(at, f"{name} = {compact(at)}", value, say(value)) for at, value in seen)
    values = [value_at(name, at) for at in _places(leading.minimum, leading.maximum)]
    others = ", ".join(f"{other} = {compact(value)}" for other, value in usual.items() if other != name)
    sentence = _sentence(name, samples, values) + (f", with {others}" if others else "")
    return Curve(name, samples, _line(values), sentence)


def _spread(variable: Variable, value_at: Callable[[str, float], float]) -> float:
    """Return how far the value moves over the range of one variable."""
    values = [value_at(variable.name, at) for at in (variable.minimum, variable.default, variable.maximum)]
    return max(values) - min(values)


def _places(least: float, most: float) -> Iterator[float]:
    """Give values of a variable, each further from the last by the same factor; from 0 on, after a step of 1."""
    for index in range(_POINTS):
        share = index / (_POINTS - 1)
        if index in {0, _POINTS - 1}:
            # Exactly: a power is a hair beside it, and these values are known already.
            yield most if index else least
        elif least > 0 and most > 0:
            yield least * (most / least) ** share
        else:
            reach = most - least
            yield least + math.copysign((abs(reach) + 1) ** share - 1, reach)


def _line(values: Sequence[float]) -> str:
    """Draw values as a path, at equal distances: height is a logarithm, the least value lies on the ground.

    y = bottom − (bottom − top) · log(v / least) / log(max(most / least, 2)): what does not even double does not reach
    the top, so a small change looks small. Where the least is 0, a thousandth of the most is added to all.
    """
    least, most = min(values), max(values)
    lift = 0.0 if least > 0 else most / 1000
    ground = least + lift
    step = (_RIGHT - _LEFT) / (len(values) - 1)
    if ground <= 0 or least == most:
        return f"M{_LEFT} {_BOTTOM} L{_RIGHT} {_BOTTOM}"
    reach = math.log(max((most + lift) / ground, 2))
    heights = (_BOTTOM - (_BOTTOM - _TOP) * math.log((value + lift) / ground) / reach for value in values)
    places = (f"{_LEFT + index * step:.3g} {height:.3g}" for index, height in enumerate(heights))
    return f"M{' L'.join(places)}"


def _sentence(name: str, samples: Sequence[Sample], values: Sequence[float]) -> str:
    first, last = samples[0], samples[-1]
    if min(values) == max(values):
        return f"Always {first.words}, whatever {name} is"
    told = f"{first.words} at {compact(first.at or 0)}, {last.words} at {compact(last.at or 0)}"
    steps = list(pairwise(values))
    if all(earlier <= later for earlier, later in steps):
        return f"Grows with {name}: {told}"
    if all(earlier >= later for earlier, later in steps):
        return f"Falls with {name}: {told}"
    return f"Goes up and down with {name}: {told}"
