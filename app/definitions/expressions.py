"""Expressions: arithmetic over named variables, parsed once, evaluated often, in any thread.

`expression_grammar` says which texts are legal; here they get their values. All arithmetic is in doubles, and every
step must stay finite: an overflow is an error where it happens, never an infinity that a comparison would hide.
"""

import ast
import math
import operator
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import simpleeval

from app.definitions.expression_grammar import (
    ARITY,
    LARGEST,
    ExpressionError,
    Formula,
    InvalidExpression,
    Kind,
    checked_text,
    read_formula,
)
from app.definitions.expression_mending import mendings

__all__ = [
    "ARITY",
    "LARGEST",
    "Condition",
    "EvaluationError",
    "Expression",
    "ExpressionError",
    "InvalidExpression",
    "parse_condition",
    "parse_expression",
    "read_expression",
]

# Distinct texts are few beside the patterns that repeat them; a parsed one weighs a few kilobytes.
_REMEMBERED = 1024


class EvaluationError(ExpressionError):
    """A legal expression has no usable value for the given variables.

    Codes: domain (division by zero, logarithm of nothing, a power beyond all bounds, a variable that is no finite
    number), range (an infinite, negative or too large value), name (a variable is missing).
    """


@dataclass(frozen=True, slots=True)
class Expression:
    """A number that depends on variables.

    Attributes:
        text: as the author wrote it.
        variables: the names it needs to be evaluated, all of them, whichever branch is taken.
        constant: its value when it needs none; None when it needs some, or has no usable value.
    """

    text: str
    variables: frozenset[str]
    constant: float | None
    _tree: ast.expr = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Return the value, finite and within [0, 1e15], in the unit of whatever the expression estimates.

        Values of other variables are ignored.

        Raises:
            EvaluationError: there is no such value.
        """
        return _estimate(self.text, self._tree, _numbers(self.variables, values))


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison over variables, or several joined by `and`, `or`, `not`."""

    text: str
    variables: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)

    def holds(self, values: Mapping[str, float]) -> bool:
        """Tell whether the condition is met.

        Raises:
            EvaluationError: a side of a comparison has no value.
        """
        return bool(_run(self.text, self._tree, _numbers(self.variables, values)))


def parse_expression(text: str) -> Expression:
    """Read an expression such as `2000 + 0.5 * N`; the result may be shared with others who read the same text.

    Raises:
        InvalidExpression: the text is not one.
    """
    try:
        return _expression(checked_text(text))
    except InvalidExpression as refusal:
        raise _with_suggestion(refusal, text, Kind.NUMBER) from None


def read_expression(text: str) -> Expression:
    """Read an expression without remembering it: for texts that are many and seldom come again.

    Raises:
        InvalidExpression: the text is not one; without a suggestion.
    """
    return _expression.__wrapped__(checked_text(text))


def parse_condition(text: str) -> Condition:
    """Read a condition such as `N > 100 and pages < 5`; the result may be shared as that of `parse_expression`.

    Raises:
        InvalidExpression: the text is not one.
    """
    try:
        return _condition(checked_text(text))
    except InvalidExpression as refusal:
        raise _with_suggestion(refusal, text, Kind.CONDITION) from None


@lru_cache(_REMEMBERED)
def _expression(text: str) -> Expression:
    formula = read_formula(text, Kind.NUMBER)
    return Expression(text, formula.variables, _constant(text, formula), formula.tree)


@lru_cache(_REMEMBERED)
def _condition(text: str) -> Condition:
    formula = read_formula(text, Kind.CONDITION)
    return Condition(text, formula.variables, formula.tree)


def _with_suggestion(refusal: InvalidExpression, text: object, kind: Kind) -> InvalidExpression:
    if not isinstance(text, str):
        return refusal
    mended = next((guess for guess in mendings(text, refusal) if _is_legal(guess, kind)), None)
    return InvalidExpression(refusal.code, refusal.message, refusal.position, mended)


def _is_legal(text: str, kind: Kind) -> bool:
    try:
        read_formula(checked_text(text), kind)
    except InvalidExpression:
        return False
    return True


def _constant(text: str, formula: Formula) -> float | None:
    if formula.variables:
        return None
    try:
        return _estimate(text, formula.tree, {})
    except EvaluationError:
        return None


def _estimate(text: str, tree: ast.expr, numbers: dict[str, float]) -> float:
    value = _run(text, tree, numbers)
    if not 0.0 <= value <= LARGEST:
        limit = "is negative" if value < 0 else f"is above {LARGEST:.0e}"
        raise EvaluationError("range", f"The value {value:.16g} {limit}{_circumstances(numbers)}")
    return value + 0.0  # -0.0 becomes 0.0


def _numbers(variables: frozenset[str], values: Mapping[str, float]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for name in variables:
        try:
            number = numbers[name] = float(values[name])
        except KeyError:
            raise EvaluationError("name", f"There is no value for {name}") from None
        except (TypeError, ValueError, OverflowError):
            raise EvaluationError("domain", f"The value of {name} is no number of usual size") from None
        if not math.isfinite(number):
            raise EvaluationError("domain", f"The value of {name} is not finite")
    return numbers


def _run(text: str, tree: ast.expr, numbers: dict[str, float]) -> float:
    """Let simpleeval walk the tree. A condition gives a bool, which is a number too."""
    evaluator = _EVALUATORS.evaluator
    evaluator.names = numbers
    try:
        value: float = evaluator.eval(text, tree)
    except EvaluationError as failure:
        raise EvaluationError(failure.code, failure.message + _circumstances(numbers)) from None
    except (ArithmeticError, ValueError, simpleeval.InvalidExpression) as failure:
        raise EvaluationError("domain", _reason(failure) + _circumstances(numbers)) from failure
    return value


def _reason(failure: Exception) -> str:
    if isinstance(failure, ZeroDivisionError):
        return "A division by zero"
    if isinstance(failure, OverflowError):
        return "A value grows beyond all bounds"
    return "A power, root or logarithm of a number that has none"


def _circumstances(numbers: Mapping[str, float]) -> str:
    given = ", ".join(f"{name} = {value:g}" for name, value in sorted(numbers.items()))
    return f" when {given}" if given else ""


def _finite(calculate: Callable[[float, float], float]) -> Callable[[float, float], float]:
    """Wrap the operators whose overflow is a silent infinity."""

    def checked(left: float, right: float) -> float:
        value = calculate(left, right)
        if value - value != 0.0:  # only infinities and nan; 40 ns cheaper than math.isfinite
            raise EvaluationError("range", "A value in between grows beyond all bounds")
        return value

    return checked


def _round(value: float, digits: float = 0.0) -> float:
    """Round half to even, as Python does; `digits` has to be whole."""
    if not digits.is_integer():
        raise EvaluationError("domain", f"round takes a whole number of digits, not {digits:g}")
    return round(value, int(digits))


# The power of math, not of Python: it has no complex results.
_OPERATORS: Mapping[type[ast.AST], Callable[..., float]] = {
    ast.Add: _finite(operator.add),
    ast.Sub: _finite(operator.sub),
    ast.Mult: _finite(operator.mul),
    ast.Div: _finite(operator.truediv),
    ast.FloorDiv: _finite(operator.floordiv),
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "ceil": lambda value: float(math.ceil(value)),
    "floor": lambda value: float(math.floor(value)),
    "round": _round,
    "abs": abs,
    "sqrt": math.sqrt,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "exp": math.exp,
    "pow": math.pow,
}


class _Evaluators(threading.local):
    """One evaluator for each thread that asks: it holds the variables of the evaluation under way."""

    # simpleeval switches the process-wide warnings off and on while it makes one; two at once could leave them off.
    _making = threading.Lock()

    def __init__(self) -> None:
        with self._making:
            self.evaluator = simpleeval.SimpleEval(dict(_OPERATORS), dict(_FUNCTIONS), {})


_EVALUATORS = _Evaluators()
