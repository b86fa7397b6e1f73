"""Changes of definitions in words: what a path is about, a value in brief, what a new estimate comes to."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from app.definitions.expressions import EvaluationError, Expression, InvalidExpression, parse_expression
from app.definitions.findings import Path
from app.definitions.validation.parts import leads_on, mapped
from app.definitions.validation.variables import known_variables
from app.definitions.vocabulary import Variable

LONGEST = 80
ESTIMATES = frozenset({"time_estimate_ms", "cost_estimate"})
# Steps that say nothing beside the next one, with the word for that.
_KINDS: Mapping[str | int, str] = MappingProxyType(
    {
        "dependencies": "dependency",
        "examples": "example",
        "expected_outputs": "output",
        "optional_inputs": "optional input",
        "policy": "",
        "metadata": "",
        "preference_match": "preference for",
        "required_inputs": "required input",
        "variables": "variable",
        "versions": "version",
    }
)
# Whose names the author chose: they are told as they are.
_THINGS = frozenset(_KINDS.values()) - {"", "preference for"}
_LABELS: Mapping[str | int, str] = MappingProxyType(
    {
        "complexity_score": "complexity",
        "documentation_url": "documentation address",
        "max_cost": "maximum cost",
        "max_execution_time": "maximum execution time",
        "max_N_immediate": "maximum N for immediate execution",
        "preference_match": "preferences",
        "time_estimate_ms": "time estimate",
        "tool_name": "name",
        "typical_use_cases": "use cases",
    }
)


def subject_of(names: Path) -> str:
    """Say what a place is about: `time estimate of text_search › search_files`, `required input host of …`.

    Args:
        names: a path, with names instead of indexes where listed things have one.
    """
    if not names:
        return "version"
    owner, rest = apart(names)
    if not rest:
        return f"{'pattern' if len(owner) > 1 else 'capability'} {' › '.join(owner)}"
    told = [*reversed(_words(rest)), " › ".join(owner)]
    return " of ".join(filter(None, told))


def apart(names: Path) -> tuple[list[str], Path]:
    """Split off the names of the capability and of the pattern a path leads into."""
    if len(names) < 2 or names[0] != "capabilities":
        return [], names
    owner, rest = [str(names[1])], names[2:]
    if len(rest) >= 2 and rest[0] == "patterns":
        return [*owner, str(rest[1])], rest[2:]
    return owner, rest


def _words(steps: Path) -> list[str]:
    words: list[str] = []
    waiting = iter(steps)
    for step in waiting:
        name = next(waiting, None) if step in _KINDS else None
        words.append(_label(step) if name is None else _named(_KINDS[step], name))
    return words


def _named(kind: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{kind} {_label(name)}".strip()
    return f"{kind} {name if kind in _THINGS else _label(name)}".strip()


def _label(step: str | int) -> str:
    if isinstance(step, int):
        return f"number {step + 1}"
    return _LABELS.get(step, step.replace("_", " "))


def in_brief(value: object) -> str:
    """Write a value so that a person recognises it: phrases in quotes, at most about 80 characters."""
    if value is None:
        return "nothing"
    if not isinstance(value, str):
        return _cut(json.dumps(value, ensure_ascii=False, default=str))
    is_phrase = not value.strip() or (" " in value.strip() and _parsed(value) is None)
    return quoted(value) if is_phrase else _cut(_on_a_line(value))


def quoted(text: str) -> str:
    """Write a text in quotes, on one line, in at most about 80 characters."""
    return f"“{_cut(_on_a_line(text))}”"


def _on_a_line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _parsed(value: object) -> Expression | None:
    try:
        return parse_expression(str(value))
    except InvalidExpression:
        return None


def effect_of(path: Path, before: object, after: object, earlier: Mapping[str, Any], later: Mapping[str, Any]) -> str:
    """Say what a changed estimate comes to at the usual values of its variables; empty for anything else."""
    if len(path) != 5 or path[0] != "capabilities" or path[4] not in ESTIMATES:
        return ""
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None or old.variables != new.variables:
        return ""
    known = {**_known(new.variables, earlier, path[:4]), **_known(new.variables, later, path[:4])}
    if not new.variables <= known.keys():
        return ""
    usual = {name: known[name].default for name in sorted(new.variables)}
    return _compared(old, new, usual)


def _known(names: frozenset[str], definition: Mapping[str, Any], pattern: Path) -> Mapping[str, Variable]:
    """Return what a pattern knows of the variables it uses: a definition may declare thousands that it does not."""
    declared = mapped(definition.get("variables"))
    used = {name: declared[name] for name in names if name in declared}
    return known_variables({"variables": used}, _at(definition, pattern))


def _at(definition: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    part: Any = definition
    for step in path:
        part = part[step] if leads_on(part, step) else None
    return mapped(part)


def _compared(old: Expression, new: Expression, usual: Mapping[str, float]) -> str:
    try:
        before, after = old.evaluate(usual), new.evaluate(usual)
    except EvaluationError:
        return ""
    if before == 0:
        return ""
    given = ", ".join(f"{name} = {value:g}" for name, value in usual.items())
    return _ratio(after / before) + (f" at {given}" if given else "")


def _ratio(ratio: float) -> str:
    if ratio >= 11:
        return f"{ratio:.0f} times as much"
    percent = round(100 * (ratio - 1))
    if percent == 0:
        return "the same" if ratio == 1 else "less than 1 % apart"
    return f"{'+' if percent > 0 else '−'}{abs(percent)} %"
