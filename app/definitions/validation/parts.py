"""The parts of a definition and the model of each, told from the schema; lenient, since a draft may hold anything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from app.definitions.findings import Path
from app.definitions.model import Part, ToolDefinition


@dataclass(frozen=True, slots=True)
class Found:
    """A map in a definition, with its place and the model it should fit."""

    path: Path
    model: type[Part]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Holder:
    """A field of a model that holds parts: one, a `list` of them, or a map of them by name (`dict`)."""

    field: str
    container: type | None
    model: type[Part]


def parts_of(definition: Mapping[str, Any]) -> Iterator[Found]:
    """Give every part that is a map, from the definition itself downwards, in the order of the schema."""
    return _walk((), ToolDefinition, definition)


def listed(value: object) -> list[Any]:
    """Return a list as it is, and no entries for anything else."""
    return value if isinstance(value, list) else []


def leads_on(part: object, step: str | int) -> bool:
    """Tell whether a part of a document has something at a step: a key of a map, an index of a list."""
    if isinstance(part, dict):
        return step in part
    return isinstance(part, list) and isinstance(step, int) and 0 <= step < len(part)


def mapped(value: object) -> dict[str, Any]:
    """Return a map as it is, and no entries for anything else."""
    return value if isinstance(value, dict) else {}


def _walk(path: Path, model: type[Part], data: object) -> Iterator[Found]:
    if not isinstance(data, dict):
        return
    yield Found(path, model, data)
    for holder in _HOLDERS[model]:
        if holder.field in data:
            yield from _held((*path, holder.field), holder, data[holder.field])


def _held(path: Path, holder: _Holder, value: object) -> Iterator[Found]:
    if holder.container is None:
        yield from _walk(path, holder.model, value)
    elif isinstance(value, holder.container):
        entries = value.items() if isinstance(value, dict) else enumerate(listed(value))
        for step, entry in entries:
            yield from _walk((*path, step), holder.model, entry)


def _holders(model: type[Part]) -> tuple[_Holder, ...]:
    held = ((name, *_held_by(field.annotation)) for name, field in model.model_fields.items())
    return tuple(_Holder(name, container, part) for name, container, part in held if part is not None)


def _held_by(annotation: Any) -> tuple[type | None, type[Part] | None]:
    """Return the container and the part an annotation names: (dict, Capability) for `dict[PartName, Capability]`."""
    container, arguments = get_origin(annotation), get_args(annotation)
    if container in (dict, list) and _is_part(arguments[-1]):
        return container, arguments[-1]
    return None, annotation if _is_part(annotation) else None


def _is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Part)


def _all_models(model: type[Part]) -> Iterator[type[Part]]:
    yield model
    for holder in _holders(model):
        yield from _all_models(holder.model)


_HOLDERS = {model: _holders(model) for model in _all_models(ToolDefinition)}
