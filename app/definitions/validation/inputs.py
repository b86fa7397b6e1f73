"""What is said about inputs: regular expressions, the values they are tried with, defaults, lists they stand in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

import re2

from app.definitions.findings import Finding, Path, Severity
from app.definitions.model import Input, Pattern, ToolDefinition
from app.definitions.validation.parts import Found, listed, mapped
from app.definitions.validation.variables import INPUT_LISTS
from app.definitions.vocabulary import closest

LONGEST_REGEX = 1_000
LONGEST_VALUE = 4_000
# Of inputs that share a name, so many different rules are tried on an example.
MOST_RULES = 20
# Characters times steps of a regular expression: in the worst case 2.3 ns each, 0.1 s for a whole definition.
MOST_EFFORT = 50_000_000
# What a remembered regular expression may use: enough for any of 1,000 characters that is meant seriously.
REGEX_BYTES = 1 << 20
# What the different regular expressions of one definition may cost together, in about microseconds. Measured at worst:
# 0.3 for each step, 75 for each class of Unicode letters, 6,000 for one that RE2 gives up as too large.
MOST_COMPILING = 250_000
_STEP, _CLASS, _REFUSED, _TOO_LARGE = 0.3, 75, 1_000, 6_000
_UNICODE_CLASS = re.compile(r"\\[pP]")
_REMEMBERED = 64


_Rules: TypeAlias = dict[str, dict[str | None, None]]
"""The regular expressions of inputs by input name, each once and in order; None for an input without one."""


class Regex(Protocol):
    """A compiled RE2 expression: searching takes time linear in the text and in the steps of the expression."""

    @property
    def programsize(self) -> int: ...

    def search(self, text: str) -> object: ...


@dataclass(slots=True)
class Regexes:
    """The regular expressions of one definition, compiled while there is time left for them."""

    time_left: float = MOST_COMPILING
    _known: dict[str, Regex | str] = field(default_factory=dict)

    @property
    def are_too_many(self) -> bool:
        """Whether some were not compiled any more."""
        return self.time_left < 0

    def compiled(self, text: str) -> Regex | str | None:
        """Return the expression, the reason why it is none, or None when no time is left to find out."""
        known = self._known.get(text)
        if known is not None or self.are_too_many:
            return known
        compiled = self._known[text] = _compiled(text)
        self.time_left -= _cost(text, compiled)
        return compiled


@dataclass(slots=True)
class _Trials:
    """Tries values on regular expressions, until so much effort is spent; what cannot be tried counts as accepted."""

    regexes: Regexes
    effort_left: int = MOST_EFFORT

    def accept(self, rule: str | None, value: object) -> bool:
        text = _as_text(value)
        regex = None if rule is None else self.regexes.compiled(rule)
        if text is None or regex is None or isinstance(regex, str):
            return True
        self.effort_left -= regex.programsize * len(text)
        return self.effort_left < 0 or _matches(regex, text)


def input_findings(parts: Iterable[Found], regexes: Regexes) -> Iterator[Finding]:
    """Check every input by itself."""
    trials = _Trials(regexes)
    is_told = False
    for part in parts:
        if part.model is Input:
            yield from _regex(part, regexes)
            if regexes.are_too_many and not is_told:
                yield _too_many(part)
                is_told = True
            yield from _own_examples(part, trials)
            yield from _default(part)
            yield from _place(part)


@lru_cache(_REMEMBERED)
def _compiled(text: str) -> Regex | str:
    """Compile with RE2; the reason in its own words when it refuses."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = REGEX_BYTES
    try:
        regex: Regex = re2.compile(text, options)
    except re2.error as refusal:
        return _reason(refusal)
    except UnicodeEncodeError:
        return "it holds half a character"
    return regex


def _cost(text: str, compiled: Regex | str) -> float:
    """Estimate the microseconds it takes to compile an expression: the same on every machine."""
    classes = _CLASS * len(_UNICODE_CLASS.findall(text))
    if isinstance(compiled, str):
        return classes + (_TOO_LARGE if "too large" in compiled else _REFUSED)
    return classes + len(text) + _STEP * compiled.programsize


def _too_many(part: Found) -> Finding:
    message = "The regular expressions of this definition take too long to check: use fewer, or smaller ones"
    return Finding(Severity.ERROR, "regex-too-much", (*part.path, "validation"), message)


def _reason(refusal: Exception) -> str:
    said = refusal.args[0] if refusal.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


@lru_cache(_REMEMBERED)
def _other_engines_accept(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    except FutureWarning:  # where warnings are errors: `[[` may mean something else one day
        return True
    return True


def _rule(entry: Mapping[str, Any]) -> str | None:
    """Return the regular expression of an input; None when it has none, or one the schema refuses."""
    rule = entry.get("validation")
    return rule if isinstance(rule, str) and len(rule) <= LONGEST_REGEX else None


def _regex(part: Found, regexes: Regexes) -> Iterator[Finding]:
    rule = _rule(part.data)
    refusal = None if rule is None else regexes.compiled(rule)
    if rule is None or not isinstance(refusal, str):
        return
    path = (*part.path, "validation")
    if _other_engines_accept(rule):
        lacking = "no looking around, no backreferences, no huge repetitions"
        message = f"Values are not checked against this: the catalog's regular expressions know {lacking} ({refusal})"
        yield Finding(Severity.WARNING, "regex-unsupported", path, message)
    else:
        message = f"This is no regular expression: {refusal}"
        yield Finding(Severity.ERROR, "regex", path, message)


def _matches(regex: Regex, text: str) -> bool:
    try:
        return regex.search(text) is not None
    except UnicodeEncodeError:
        return False


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        text = str(value)
        return text if len(text) <= LONGEST_VALUE else None
    return None


def _own_examples(part: Found, trials: _Trials) -> Iterator[Finding]:
    rule = _rule(part.data)
    for index, value in enumerate(listed(part.data.get("examples"))):
        if not trials.accept(rule, value):
            yield _mismatch((*part.path, "examples", index), value, "the `validation` of its input")


def _mismatch(path: Path, value: object, what: str) -> Finding:
    message = f"The example “{str(value)[:100]}” does not match {what}"
    return Finding(Severity.WARNING, "regex-example", path, message)


def _default(part: Found) -> Iterator[Finding]:
    default = part.data.get("default")
    allowed = [*listed(part.data.get("allowed_values")), *listed(part.data.get("enum"))]
    if default is None or not allowed or _as_text(default) in map(_as_text, allowed):
        return
    near = closest(str(default), (str(value) for value in allowed if isinstance(value, str | int | float)), limit=1)
    message = f"The default “{str(default)[:100]}” is not among the allowed values"
    yield Finding(Severity.WARNING, "default", (*part.path, "default"), message, near[0] if near else None)


def _place(part: Found) -> Iterator[Finding]:
    required, key = part.data.get("required"), part.path[-2]
    if isinstance(required, bool) and required != (key == "required_inputs"):
        message = f"The list it stands in decides: this input is {'optional' if required else 'required'}"
        suggestion = "true" if key == "required_inputs" else "false"
        yield Finding(Severity.HINT, "required-mismatch", (*part.path, "required"), message, suggestion)


def example_findings(parts: Iterable[Found], regexes: Regexes) -> Iterator[Finding]:
    """Check the values in examples against the inputs they name: of the pattern, or else of any pattern."""
    all_rules: _Rules = {}
    patterns = []
    tool: Found | None = None
    trials = _Trials(regexes)
    for part in parts:
        if part.model is ToolDefinition:
            tool = part
        elif part.model is Pattern:
            rules = _rules(part)
            patterns.append((part, rules))
            for name, rule in rules.items():
                all_rules.setdefault(name, {}).update(rule)
    for part, rules in [*patterns, *([(tool, all_rules)] if tool else [])]:
        yield from _examples(part, rules, trials)


def _rules(pattern: Found) -> _Rules:
    """Return the regular expressions of a pattern's inputs."""
    rules: _Rules = {}
    for key in INPUT_LISTS:
        for entry in listed(pattern.data.get(key)):
            name = mapped(entry).get("name")
            if isinstance(name, str):
                rules.setdefault(name, {})[_rule(entry)] = None
    return rules


def _examples(part: Found, rules: _Rules, trials: _Trials) -> Iterator[Finding]:
    for index, example in enumerate(listed(part.data.get("examples"))):
        for name, value in mapped(mapped(example).get("inputs")).items():
            tried = list(rules.get(name, ()))[:MOST_RULES]
            if tried and not any(trials.accept(rule, value) for rule in tried):
                yield _mismatch((*part.path, "examples", index, "inputs", name), value, f"the `validation` of `{name}`")
