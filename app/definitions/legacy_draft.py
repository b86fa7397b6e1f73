"""A definition on its way into the canonical form, and the steps that take it there.

A step moves or renames one thing and remembers where it came from; nothing an author wrote is dropped: a key that has
no place in the canonical form stays as it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.definitions.findings import Finding, Path, Severity

Definition: TypeAlias = dict[str, Any]

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
CAPABILITY_NAMES = ("capability_name", "name")
PATTERN_NAMES = ("pattern_name", "name")
MOST_ERRORS = 200
HEADER = ("version", "description", "platform", "category")


def is_usable_name(name: object) -> bool:
    """Tell whether a tool can be called that."""
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def origin(moved: Mapping[Path, Path], canonical: Path) -> Path:
    """Return where `canonical` stands in the source: its longest known prefix replaced, the rest kept."""
    for length in range(len(canonical), -1, -1):
        if canonical[:length] in moved:
            return (*moved[canonical[:length]], *canonical[length:])
    return canonical


def value_at(data: object, path: Path) -> Any:
    """Return the value at `path` of nested maps, None where there is none."""
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return None
        data = data[step]
    return data


def free_name(name: str, taken: Mapping[str, Any], used: dict[str, int] | None = None) -> str:
    """Return `name`, or `name_2`, `name_3`, … when it is taken.

    Args:
        used: the last number given to each name. Who asks for many names keeps it, so that thousands of the same one
            are not counted from the beginning each time.
    """
    number, free = (used or {}).get(name, 1), name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    if used is not None:
        used[name] = number
    return free


@dataclass(slots=True)
class Draft:
    """A definition on its way into the canonical form.

    Attributes:
        moved: canonical path prefix → path in what the author wrote.
        notes: what was read as what, for the author.
    """

    definition: Definition
    moved: dict[Path, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def came_from(self, canonical: Path, source: Path) -> None:
        """Remember where a part of the definition was written."""
        self.moved[canonical] = source

    def origin(self, canonical: Path) -> Path:
        """Return where a part of the definition was written."""
        return origin(self.moved, canonical)

    def error(self, code: str, path: Path, message: str) -> None:
        """Add an error about a place in what the author wrote, unless there are more than anybody reads."""
        if len(self.findings) < MOST_ERRORS:
            self.findings.append(Finding(Severity.ERROR, code, path, message))


def has_lists(document: Definition) -> bool:
    """Tell whether capabilities, or the patterns of one, are a list."""
    capabilities = document.get("capabilities")
    if isinstance(capabilities, dict):
        return any(isinstance(value_at(part, ("patterns",)), list) for part in capabilities.values())
    return isinstance(capabilities, list)


def take_name(draft: Draft, *candidates: Path) -> None:
    """Make the first usable candidate `tool_name`, or the first there is; a definition that has one keeps it."""
    if "tool_name" in draft.definition:
        return
    present = [path for path in candidates if isinstance(value_at(draft.definition, path), str)]
    usable = [path for path in present if is_usable_name(value_at(draft.definition, path))]
    for path in (usable or present)[:1]:
        _lift(draft, path, "tool_name")
        draft.definition = {"tool_name": draft.definition.pop("tool_name"), **draft.definition}


def take_header(draft: Draft) -> None:
    """Lift version, description, platform and category out of a `metadata` that also holds the name."""
    definition = draft.definition
    if {"tool_name", "name"} & set(definition) or not isinstance(value_at(definition, ("metadata", "name")), str):
        return
    for key in HEADER:
        if key in definition["metadata"] and key not in definition:
            _lift(draft, ("metadata", key), key)
    ahead = {key: definition.pop(key) for key in HEADER if key in definition}
    draft.definition = {**ahead, **definition}


def _lift(draft: Draft, path: Path, key: str) -> None:
    """Move the value at `path` to the top, as `key`."""
    source = draft.origin(path)
    holder = value_at(draft.definition, path[:-1])
    draft.definition[key] = holder.pop(path[-1])
    draft.came_from((key,), source)
    note(draft, ".".join(map(str, path)), key)


def rename(draft: Draft, at: Path, old: str, new: str) -> None:
    """Rename a key of the map at `at` in its place, unless the new name is taken."""
    holder = value_at(draft.definition, at)
    if not isinstance(holder, dict) or old not in holder or new in holder:
        return
    source = draft.origin((*at, old))
    renamed = {new if key == old else key: value for key, value in holder.items()}
    holder.clear()
    holder.update(renamed)
    draft.came_from((*at, new), source)
    note(draft, old, new)


def note(draft: Draft, old: str, new: str) -> None:
    """Tell the author what was read as what."""
    draft.notes.append(f"`{old}` as `{new}`")


def tags_to_metadata(draft: Draft) -> None:
    """Move tags at the top to `metadata.tags`, unless there are tags already."""
    metadata = draft.definition.get("metadata", {})
    if not isinstance(draft.definition.get("tags"), list) or not isinstance(metadata, dict) or "tags" in metadata:
        return
    source = draft.origin(("tags",))
    if "metadata" not in draft.definition:
        draft.came_from(("metadata",), source)
    draft.came_from(("metadata", "tags"), source)
    draft.definition["metadata"] = {**metadata, "tags": draft.definition.pop("tags")}
    note(draft, "tags", "metadata.tags")


def only_platform(draft: Draft) -> None:
    """Take the word out of a list of one platform."""
    match draft.definition.get("platform"):
        case [str(word)]:
            draft.definition["platform"] = word
            draft.came_from(("platform",), ("platform", 0))


def lists_to_maps(draft: Draft) -> None:
    """Key lists of capabilities and patterns by their names."""
    if not has_lists(draft.definition):
        return
    draft.notes.append("lists of capabilities and patterns as maps keyed by name")
    capabilities = draft.definition["capabilities"]
    if isinstance(capabilities, list):
        capabilities = _keyed(draft, ("capabilities",), capabilities, CAPABILITY_NAMES)
        draft.definition["capabilities"] = capabilities
    for name, capability in capabilities.items():
        patterns = value_at(capability, ("patterns",))
        if isinstance(patterns, list):
            capability["patterns"] = _keyed(draft, ("capabilities", name, "patterns"), patterns, PATTERN_NAMES)


def _keyed(draft: Draft, at: Path, items: Sequence[Any], name_keys: Sequence[str]) -> Definition:
    """Key a list's items by the names they carry; one without a name, or with a taken one, is kept whole."""
    source, keyed = draft.origin(at), Definition()
    word = name_keys[0].removesuffix("_name")
    used: dict[str, int] = {}
    for index, item in enumerate(items):
        name, body = named(item, name_keys)
        place = (*source, index)
        if name is None:
            draft.error("missing-name", place, f"This {word} has no name: give it a `{name_keys[0]}`")
        elif name in keyed:
            draft.error("duplicate-name", place, f"“{name}” is the name of another {word} too: rename one")
            body = item
        key = free_name(name or f"{word}_{index + 1}", keyed, used)
        draft.came_from((*at, key), place)
        keyed[key] = body
    return keyed


def named(item: Any, name_keys: Sequence[str]) -> tuple[str | None, Any]:
    """Split an item into its name and the rest; a text is a name without a rest."""
    if isinstance(item, str):
        return item, {}
    for key in name_keys:
        name = value_at(item, (key,))
        if isinstance(name, str) and name:
            return name, {other: value for other, value in item.items() if other != key}
    return None, item
