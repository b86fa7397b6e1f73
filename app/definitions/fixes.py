"""A finding's one-click fix: what the finding suggests, put into the document as its author wrote it."""

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from app.definitions.findings import Finding
from app.definitions.validation.parts import leads_on, listed

# Told of a text that could not be read: there is no document to put anything into.
_OF_TEXT = frozenset({"ambiguous-boolean", "ambiguous-number", "non-string-key", "not-finite"})
# Their suggestions are written as JSON; those of all other codes are texts.
_WRITTEN_AS_JSON = frozenset({"missing", "policy-contradiction", "range", "required-mismatch", "type"})
# What is added, and not only replaced.
_ADDED = frozenset({"invalid-name", "missing"})
_USE_CASES = frozenset({"duplicate-name", "use-cases"})
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_Put: TypeAlias = Callable[[Any, Any], Any]
"""A container and a step into it → the container as it should be; None when that cannot be."""


def fixable(finding: Finding) -> bool:
    """Tell whether a finding says enough to be mended at one click."""
    if not finding.path or finding.code in _OF_TEXT:
        return False
    return finding.suggestion is not None or _is_needless(finding)


def in_words(finding: Finding) -> str:
    """Say what mending a finding does, as a button reads: `Change to 0.85`; empty when it is not fixable."""
    if not fixable(finding):
        return ""
    if finding.suggestion is None:
        return "Remove it"
    if _is_about_a_key(finding):
        return f"Rename to {finding.suggestion}"
    return f"{'Add' if finding.code == 'missing' else 'Change to'} {finding.suggestion}"


def fixed(document: dict[str, Any], finding: Finding) -> dict[str, Any] | None:
    """Return the document with a finding mended; None when there is no fix, or it does not fit this document.

    Args:
        document: the whole document the finding's path leads into. It is left as it is; the result shares with it
            every part that is not on the way to the fix.
    """
    if not fixable(finding):
        return None
    mended = _along(document, finding.path, _put_for(finding))
    return mended if isinstance(mended, dict) else None


def _is_needless(finding: Finding) -> bool:
    """Tell whether a finding is about a use case that is blank or said before: it can go, and nothing is lost."""
    steps = finding.path[-2:]
    return finding.code in _USE_CASES and steps[0] == "typical_use_cases" and isinstance(steps[-1], int)


def _is_about_a_key(finding: Finding) -> bool:
    """Tell whether it is the key at the end of the path that is wrong, and not what stands under it."""
    if finding.code != "invalid-name":
        return finding.code == "unknown-key"
    # In a bundle a tool may be called `variables`; the key of a tool's name would do for a variable.
    return finding.path[-2:-1] == ("variables",) and not _VARIABLE.fullmatch(str(finding.path[-1]))


def _put_for(finding: Finding) -> _Put:
    suggestion = finding.suggestion
    if suggestion is None:
        return _without
    if _is_about_a_key(finding):
        return lambda part, key: _renamed(part, key, suggestion)
    if finding.code == "default":
        return lambda part, key: _with(part, key, _allowed(part, suggestion))
    value = _read(suggestion) if finding.code in _WRITTEN_AS_JSON else suggestion
    return lambda part, step: _with(part, step, value, may_add=finding.code in _ADDED)


def _along(part: Any, path: tuple[str | int, ...], put: _Put) -> Any:
    """Copy the containers a path leads through, and put something into the last."""
    step, rest = path[0], path[1:]
    if not rest:
        return put(part, step)
    inner = _along(part[step], rest, put) if leads_on(part, step) else None
    return None if inner is None else _with(part, step, inner)


def _with(part: Any, step: Any, value: Any, *, may_add: bool = False) -> Any:
    if leads_on(part, step):
        copied = part.copy()
        copied[step] = value
        return copied
    return {**part, step: value} if may_add and isinstance(part, dict) else None


def _without(part: Any, index: int) -> Any:
    return part[:index] + part[index + 1 :] if isinstance(part, list) and leads_on(part, index) else None


def _renamed(part: Any, key: str, name: str) -> Any:
    if not isinstance(part, dict) or key not in part or name in part:
        return None
    return {name if known == key else known: value for known, value in part.items()}


def _allowed(entry: Any, text: str) -> Any:
    """Return the allowed value that is written so: a suggestion is a text, and 80 may be wanted."""
    if not isinstance(entry, dict):
        return text
    allowed = [*listed(entry.get("allowed_values")), *listed(entry.get("enum"))]
    return next((value for value in allowed if str(value) == text), text)


def _read(suggestion: str) -> Any:
    try:
        return json.loads(suggestion)
    except ValueError:
        # A number with zeros ahead, which is none in JSON.
        return float(suggestion)
