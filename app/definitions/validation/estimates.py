"""The expressions of patterns: legal, over known variables, usable over their whole range, within the policy."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from app.definitions.expressions import (
    Condition,
    EvaluationError,
    Expression,
    InvalidExpression,
    parse_condition,
    parse_expression,
)
from app.definitions.findings import Finding, Path, Severity
from app.definitions.model import Pattern
from app.definitions.validation.parts import Found, mapped
from app.definitions.validation.variables import declared_variables, is_number, samples, with_inputs
from app.definitions.vocabulary import Variable, closest

_REMEMBERED = 4096
# An unknown variable is compared with so many known ones, in words: thousands of each would take seconds.
_NEAR_AMONG = 300
# (expression, limit in the policy, how much of the expression's unit one of the limit's is, the two in words)
_LIMITS = (
    ("cost_estimate", "max_cost", 1, "The cost is never below {least:g}, but may be at most {limit:g}"),
    ("time_estimate_ms", "max_execution_time", 1000, "It never takes less than {least:g} s, but may take {limit:g} s"),
)


Formula: TypeAlias = Expression | Condition


@dataclass(frozen=True, slots=True)
class _Trial:
    """What trying an expression showed: its least value, or how it failed (code and message)."""

    least: float
    failure: tuple[str, str] | None = None


def estimate_findings(definition: Mapping[str, Any], parts: Iterable[Found]) -> Iterator[Finding]:
    """Check the expressions of every pattern: errors, and warnings where a policy can never be kept."""
    declared = declared_variables(definition)
    for part in parts:
        if part.model is Pattern:
            known = with_inputs(declared, part.data)
            yield from _estimates(part, known)
            yield from _background_condition(part, known)


def _estimates(part: Found, known: Mapping[str, Variable]) -> Iterator[Finding]:
    policy = mapped(part.data.get("policy"))
    for key, limit, unit, words in _LIMITS:
        text = _as_text(part.data.get(key))
        if text is not None:
            findings, trial = _checked(text, (*part.path, key), parse_expression, known)
            yield from findings
            if trial and not trial.failure:
                least = trial.least / unit
                yield from _contradiction(least, policy.get(limit), (*part.path, "policy", limit), words)


def _background_condition(part: Found, known: Mapping[str, Variable]) -> Iterator[Finding]:
    key = "requires_background_if"
    text = mapped(part.data.get("policy")).get(key)
    if isinstance(text, str):
        yield from _checked(text, (*part.path, "policy", key), parse_condition, known)[0]


def _as_text(value: object) -> str | None:
    """Return the text of an expression; None for what the schema refuses already."""
    if isinstance(value, str):
        return value
    return str(value) if is_number(value) else None


def _checked(
    text: str, path: Path, parse: Callable[[str], Formula], known: Mapping[str, Variable]
) -> tuple[list[Finding], _Trial | None]:
    """Return what is wrong with an expression, and what trying it showed; None when it could not be tried."""
    try:
        formula = parse(text)
    except InvalidExpression as refusal:
        return [Finding(Severity.ERROR, refusal.code, path, refusal.message, refusal.suggestion)], None
    unknown = sorted(formula.variables - known.keys())
    if unknown:
        return [_unknown_variable(name, text, path, known) for name in unknown], None
    trial = _tried(formula, tuple(known[name] for name in sorted(formula.variables)))
    if trial.failure:
        code, message = trial.failure
        return [Finding(Severity.ERROR, code, path, message)], trial
    return [], trial


def _unknown_variable(name: str, text: str, path: Path, known: Mapping[str, Variable]) -> Finding:
    near = closest(name, islice(known, _NEAR_AMONG), limit=1)
    if not near:
        advice = f"declare it under `variables`, with its unit, default, minimum and maximum: {name[:64]}"
        return Finding(Severity.ERROR, "name", path, f"There is no variable `{name[:64]}`: {advice}")
    mended = re.sub(rf"\b{re.escape(name)}\b", near[0], text)
    message = f"There is no variable `{name[:64]}`: did you mean `{near[0]}`? Otherwise declare it under `variables`"
    return Finding(Severity.ERROR, "name", path, message, mended)


@lru_cache(_REMEMBERED)
def _tried(formula: Formula, variables: tuple[Variable, ...]) -> _Trial:
    """Evaluate a formula over the plausible range of its variables, up to the first failure."""
    least = math.inf
    try:
        for values in samples(variables):
            least = min(least, _value(formula, values))
    except EvaluationError as failure:
        return _Trial(least, (failure.code, failure.message))
    return _Trial(least)


def _value(formula: Formula, values: Mapping[str, float]) -> float:
    return formula.evaluate(values) if isinstance(formula, Expression) else formula.holds(values)


def _contradiction(least: float, limit: object, path: Path, words: str) -> Iterator[Finding]:
    if is_number(limit) and least > limit:
        message = f"{words.format(least=least, limit=limit)}: the pattern could never be used"
        yield Finding(Severity.WARNING, "policy-contradiction", path, message, f"{math.ceil(least)}")
