"""A definition against the schema: pydantic's refusals in plain words, unknown keys, words outside the vocabulary."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from app.definitions.findings import Finding, Path, Severity
from app.definitions.model import (
    Defaults,
    Dependency,
    Input,
    Metadata,
    Output,
    Part,
    Pattern,
    Policy,
    ToolDefinition,
)
from app.definitions.validation.parts import Found, leads_on
from app.definitions.validation.variables import is_number
from app.definitions.vocabulary import (
    CATEGORIES,
    COMPLETENESS,
    DEPENDENCY_TYPES,
    INPUT_TYPES,
    PLATFORMS,
    SCOPES,
    STANDARD_COMPLETENESS,
    STANDARD_SCOPES,
    STATUSES,
    closest,
)

# Their keys are the author's own.
FREE_FORM: frozenset[type[Part]] = frozenset({Metadata, Defaults})
NAME_RULE = "1 to 100 letters, digits, “.”, “_” and “-”"
VARIABLE_RULE = "letters, digits and “_”, not beginning with a digit, at most 64"
ENFORCED: Mapping[Path, Sequence[str]] = MappingProxyType(
    {("platform",): PLATFORMS, ("category",): CATEGORIES, ("status",): STATUSES}
)
# A definition may depend on another tool of the catalog, too.
# Model, key, the words that are known, the words that are offered.
ADVISED: tuple[tuple[type[Part], str, Sequence[str], Sequence[str]], ...] = (
    (Pattern, "scope", SCOPES, STANDARD_SCOPES),
    (Pattern, "completeness", COMPLETENESS, STANDARD_COMPLETENESS),
    (Input, "type", INPUT_TYPES, INPUT_TYPES),
    (Output, "type", INPUT_TYPES, INPUT_TYPES),
    (Dependency, "type", DEPENDENCY_TYPES, DEPENDENCY_TYPES),
)
TYPES: Mapping[str, str] = MappingProxyType(
    {
        "bool_type": "true or false",
        "dict_type": "a map of keys and values",
        "estimate": "an expression such as `200 + 0.5 * N`, or a number",
        "float_type": "a number",
        "list_type": "a list",
        "model_type": "a map of keys and values",
        "string_type": "a text",
    }
)
BOUNDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "greater_than": ("gt", "more than"),
        "greater_than_equal": ("ge", "at least"),
        "less_than": ("lt", "less than"),
        "less_than_equal": ("le", "at most"),
    }
)


def schema_findings(definition: Mapping[str, Any], parts: Mapping[Path, Found]) -> Iterator[Finding]:
    """Tell where a definition does not fit the schema; each is an error."""
    try:
        ToolDefinition.model_validate(definition)
    except ValidationError as refusal:
        for error in refusal.errors(include_url=False):
            path = _place(error, definition)
            yield _worded(error, path, parts)


def _place(error: ErrorDetails, definition: Mapping[str, Any]) -> Path:
    """Return where an error is, without the steps pydantic adds for itself (`[key]`, the member of a union)."""
    part: Any = definition
    for depth, step in enumerate(error["loc"]):
        if not leads_on(part, step):
            return error["loc"][: depth + (error["type"] == "missing")]
        part = part[step]
    return error["loc"]


def _worded(error: ErrorDetails, path: Path, parts: Mapping[Path, Found]) -> Finding:
    kind = error["type"]
    if kind in {"missing", "too_short", "string_too_short"} or _is_blank(error):
        return _missing(path, parts)
    if kind in TYPES:
        message = f"{_named(path)} must be {TYPES[kind]}, not {_type_in_words(error['input'])}"
        return Finding(Severity.ERROR, "type", path, message, _retyped(kind, error["input"]))
    if kind in BOUNDS:
        return _out_of_bounds(error, path)
    return _OTHERS.get(kind, _unforeseen)(error, path)


def _is_blank(error: ErrorDetails) -> bool:
    value = error["input"]
    return error["type"] == "string_pattern_mismatch" and isinstance(value, str) and not value.strip()


def _missing(path: Path, parts: Mapping[Path, Found]) -> Finding:
    owner = parts.get(path[:-1])
    field = owner.model.model_fields.get(str(path[-1])) if owner and path else None
    asked = f": {field.description[0].lower()}{field.description[1:]}" if field and field.description else ""
    # No rules at all is what most patterns begin with, and it promises nothing: production_safe is then false.
    suggestion = "{}" if field and field.annotation is Policy else None
    return Finding(Severity.ERROR, "missing", path, f"{_named(path)} is missing or empty{asked}", suggestion)


def _named(path: Path) -> str:
    """Name what stands at a path: its key, or the list entry it is, as a sentence's beginning."""
    if path and isinstance(path[-1], int):
        listed = f" of `{path[-2]}`" if len(path) > 1 else ""
        return f"Entry {path[-1] + 1}{listed}"
    return f"`{path[-1]}`" if path else "The definition"


def _type_in_words(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
    return "a map"


def _retyped(kind: str, value: object) -> str | None:
    """Write the value as the type that is wanted, where it is plain how."""
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f'"{json.dumps(value)}"'
    if kind == "float_type" and isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value.strip()):
        return value.strip()
    if kind == "bool_type" and isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower()
    if kind == "list_type" and isinstance(value, str) and len(value) <= 200:
        return json.dumps([value], ensure_ascii=False)
    return None


def _out_of_bounds(error: ErrorDetails, path: Path) -> Finding:
    bound, words = BOUNDS[error["type"]]
    limit, value = error["ctx"][bound], error["input"]
    suggestion = None
    if bound in {"ge", "le"}:
        # A score of 85 is 0.85 by somebody who thinks in percent.
        is_percent = bound == "le" and limit == 1 and is_number(value) and 1 < value <= 100
        suggestion = f"{value / 100:g}" if is_percent else f"{limit:g}"
    return Finding(Severity.ERROR, "range", path, f"{_named(path)} must be {words} {limit:g}", suggestion)


def _too_long(error: ErrorDetails, path: Path) -> Finding:
    message = f"{_named(path)[:100]} is too long: at most {error['ctx']['max_length']} characters"
    return Finding(Severity.ERROR, "too-long", path, message)


def _unfit_name(error: ErrorDetails, path: Path) -> Finding:
    is_variable = len(path) == 2 and path[0] == "variables"
    rule = VARIABLE_RULE if is_variable else NAME_RULE
    message = f"“{str(error['input'])[:100]}” cannot be a {'variable' if is_variable else 'tool'}'s name: use {rule}"
    mended = re.sub(r"\W+" if is_variable else r"[^A-Za-z0-9._-]+", "_" if is_variable else "-", str(error["input"]))
    return Finding(Severity.ERROR, "invalid-name", path, message, mended.strip("-_")[:64] or None)


def _reserved(error: ErrorDetails, path: Path) -> Finding:
    name = error["input"]
    message = f"“{name}” is one of the catalog's own addresses: no tool can have this name"
    return Finding(Severity.ERROR, "reserved-name", path, message, f"{name}-tool" if name.strip(".") else None)


def _foreign_word(error: ErrorDetails, path: Path) -> Finding:
    words = ENFORCED[path]
    return _unknown_word(Severity.ERROR, path, error["input"], words, words)


def _unknown_word(severity: Severity, path: Path, word: str, known: Sequence[str], offered: Sequence[str]) -> Finding:
    near = closest(word, known, limit=1)
    message = f"“{word[:100]}” is no known {str(path[-1]).replace('_', ' ')}: use {_either(offered)}"
    return Finding(severity, "vocabulary", path, message, near[0] if near else None)


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _not_finite(error: ErrorDetails, path: Path) -> Finding:
    return Finding(Severity.ERROR, "range", path, f"{_named(path)} must be a number of usual size")


def _variable_range(error: ErrorDetails, path: Path) -> Finding:
    message = f"{_named(path)}: the minimum may not be above the default, nor the default above the maximum"
    return Finding(Severity.ERROR, "range", path, message)


def _unforeseen(error: ErrorDetails, path: Path) -> Finding:
    return Finding(Severity.ERROR, "type", path, f"{_named(path)} does not fit: {error['msg']}")


_OTHERS: Mapping[str, Callable[[ErrorDetails, Path], Finding]] = MappingProxyType(
    {
        "finite_number": _not_finite,
        "reserved-name": _reserved,
        "string_pattern_mismatch": _unfit_name,
        "string_too_long": _too_long,
        "variable-range": _variable_range,
        "vocabulary": _foreign_word,
    }
)


def unknown_keys(parts: Iterable[Found]) -> Iterator[Finding]:
    """Remark the keys the schema does not name: they are kept, but mean nothing to the catalog."""
    for part in parts:
        if part.model in FREE_FORM:
            continue
        fields = part.model.model_fields
        for key in part.data:
            if key not in fields:
                near = closest(key, (name for name in fields if name not in part.data), limit=1)
                # What cannot be of that key was hardly meant for it, and there it would be an error.
                meant = near[0] if near and _is_of_type(part.model, near[0], part.data[key]) else None
                message = f"The catalog does not know the key `{key[:100]}` here: it is kept, but has no effect"
                yield Finding(Severity.WARNING, "unknown-key", (*part.path, key), message, meant)


def _is_of_type(model: type[Part], key: str, value: object) -> bool:
    """Tell whether a value is of the type that a key takes, whatever else is wrong with it or within it."""
    try:
        _adapter(model, key).validate_python(value, strict=True)
    except ValidationError as refusal:
        return not any(error["type"] in TYPES and not error["loc"] for error in refusal.errors(include_url=False))
    return True


@cache
def _adapter(model: type[Part], key: str) -> TypeAdapter[Any]:
    field = model.model_fields[key]
    annotation: Any = Annotated[field.annotation, field]
    return TypeAdapter(annotation)


def advised_words(parts: Iterable[Found]) -> Iterator[Finding]:
    """Remark words outside the vocabulary where the author may use others: a warning."""
    for part in parts:
        for model, key, known, offered in ADVISED:
            word = part.data.get(key)
            if part.model is model and isinstance(word, str) and word not in known:
                yield _unknown_word(Severity.WARNING, (*part.path, key), word, known, offered)
