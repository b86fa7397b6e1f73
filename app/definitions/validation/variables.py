"""Which variables the expressions of a pattern may use, and the values they are tried with."""

import math
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, TypeGuard

from app.definitions.vocabulary import VARIABLES, Variable

MOST_SAMPLES = 30
# Any mix of so many variables is tried at once: 3 ** 3 mixes are within MOST_SAMPLES.
MOST_MIXED = 3
NUMERIC_TYPES = frozenset({"integer", "number"})
INPUT_LISTS = ("required_inputs", "optional_inputs")


def known_variables(definition: Mapping[str, Any], pattern: Mapping[str, Any]) -> Mapping[str, Variable]:
    """Return the catalog's variables, those the definition declares and the pattern's numeric inputs, by name.

    A declared variable means more than the catalog's of that name, and both mean more than an input. What is written
    wrongly is left out: its own finding says so.
    """
    return with_inputs(declared_variables(definition), pattern)


def declared_variables(definition: Mapping[str, Any]) -> dict[str, Variable]:
    """Return the catalog's variables and those the definition declares."""
    declared = definition.get("variables")
    return {**VARIABLES, **dict(_declared(declared))} if isinstance(declared, dict) else dict(VARIABLES)


def with_inputs(declared: dict[str, Variable], pattern: Mapping[str, Any]) -> Mapping[str, Variable]:
    """Return the declared variables and the pattern's numeric inputs, uncopied: there may be thousands of each."""
    inputs = {variable.name: variable for variable in _inputs(pattern)}
    return ChainMap(declared, inputs) if inputs else declared


def _declared(variables: Mapping[str, Any]) -> Iterator[tuple[str, Variable]]:
    for name, declaration in variables.items():
        if isinstance(declaration, dict):
            low, usual, high = (declaration.get(key) for key in ("minimum", "default", "maximum"))
            if is_number(low) and is_number(usual) and is_number(high) and low <= usual <= high:
                yield name, Variable(name, _text(declaration, "unit"), usual, low, high, _text(declaration, "meaning"))


def _inputs(pattern: Mapping[str, Any]) -> Iterator[Variable]:
    for key in INPUT_LISTS:
        inputs = pattern.get(key)
        for entry in inputs if isinstance(inputs, list) else ():
            if isinstance(entry, dict) and is_text(entry.get("name")) and _is_numeric(entry):
                yield _input_variable(entry)


def _is_numeric(entry: Mapping[str, Any]) -> bool:
    kind = entry.get("type")
    return is_text(kind) and kind in NUMERIC_TYPES


def _input_variable(entry: Mapping[str, Any]) -> Variable:
    """Take the range of a numeric input from what it says, and else from its default and examples."""
    examples = entry.get("examples")
    shown = [value for value in examples if is_number(value)] if isinstance(examples, list) else []
    default = entry.get("default")
    usual = default if is_number(default) else shown[0] if shown else 1
    low, high = entry.get("minimum"), entry.get("maximum")
    least = low if is_number(low) else min(1, usual, *shown)
    most = high if is_number(high) else max(usual, *shown, 1)
    usual = min(max(usual, least), most)
    return Variable(entry["name"], "", usual, least, most, _text(entry, "description"))


def samples(variables: Sequence[Variable]) -> Iterator[dict[str, float]]:
    """Give values to try an expression with: the defaults first, then least and most, mixed while that stays bounded.

    At most MOST_SAMPLES; with many variables those are the usual, the least, the most, and each one alone at its ends.
    """
    usual = {variable.name: variable.default for variable in variables}
    yield usual
    if len(variables) <= MOST_MIXED:
        points = [sorted({variable.minimum, variable.default, variable.maximum}) for variable in variables]
        mixes = (dict(zip(usual, mix, strict=True)) for mix in product(*points))
        yield from (mix for mix in mixes if mix != usual)
        return
    yield {variable.name: variable.minimum for variable in variables}
    yield {variable.name: variable.maximum for variable in variables}
    for variable in variables[: (MOST_SAMPLES - 3) // 2]:
        yield {**usual, variable.name: variable.minimum}
        yield {**usual, variable.name: variable.maximum}


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a finite number; true and false are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 10**15


def is_text(value: object) -> bool:
    """Tell whether a value is a text that is not empty."""
    return isinstance(value, str) and bool(value)


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
