"""The parts of a draft one can choose, add, move and remove: its capabilities and their patterns.

Each has an id that stays with it when it is renamed or moved, so that a page opened before then still means the right
one. Everything here is pure: a `Work` in, another out.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import orjson

from app.definitions.findings import Path, pointer
from app.definitions.validation.parts import mapped
from app.errors import NotFound

# Parts of the tool itself, each a page of the editor, with their names on screen.
SECTIONS: Mapping[str, str] = {
    "basics": "Basics",
    "defaults": "Defaults",
    "variables": "Variables",
    "dependencies": "Dependencies",
    "about": "Tags and docs",
    "examples": "Examples",
    "other": "Other keys",
}
Ids = list[tuple[str, list[str]]]
NEW_PATTERN: Mapping[str, Any] = {
    "description": "",
    "typical_use_cases": [],
    "time_estimate_ms": 1000,
    "cost_estimate": 1,
    "complexity_score": 0.3,
    "scope": "single_item",
    "completeness": "complete",
    "policy": {"production_safe": False},
    "preference_match": {"speed": 0.5, "accuracy": 0.5, "cost": 0.5, "complexity": 0.5, "completeness": 0.5},
}


def copied(value: Any) -> Any:
    """A deep copy of a document: through JSON, ten times faster than `copy.deepcopy`."""
    return orjson.loads(orjson.dumps(value))


@dataclass(frozen=True, slots=True)
class Work:
    """A definition and the ids of its parts.

    Attributes:
        document: the definition in its canonical form; a draft's may lack or hold anything.
        ids: for each capability, in order, its id and those of its patterns.
    """

    document: dict[str, Any]
    ids: Ids

    @classmethod
    def of(cls, document: dict[str, Any], earlier: Self | None = None) -> Self:
        """Give the parts of a document ids: those which parts of the same name had before, and new ones."""
        known = earlier.by_path() if earlier is not None else {}

        def id_of(*path: str) -> str:
            return known.get(path) or new_id()

        ids: Ids = [
            (id_of("capabilities", name), [id_of("capabilities", name, "patterns", one) for one in patterns_of(part)])
            for name, part in mapped(document.get("capabilities")).items()
        ]
        return cls(document, ids)

    def by_path(self) -> dict[Path, str]:
        """The id of every part, by its place."""
        found: dict[Path, str] = {}
        capabilities = mapped(self.document.get("capabilities"))
        for (name, capability), (own, patterns) in zip(capabilities.items(), self.ids, strict=False):
            found["capabilities", name] = own
            for pattern, pattern_id in zip(patterns_of(capability), patterns, strict=False):
                found["capabilities", name, "patterns", pattern] = pattern_id
        return found

    def path_of(self, node: str) -> Path:
        """Where a part is.

        Raises:
            NotFound: it is there no longer.
        """
        if node in SECTIONS:
            return ()
        for path, own in self.by_path().items():
            if own == node:
                return path
        raise NotFound("This part of the draft is there no longer: it was removed in another window, or undone.")

    def node_at(self, told: str) -> str | None:
        """The part that is told by its id, its section's name or its place (JSON Pointer); None when there is none."""
        by_place = {pointer(path): node for path, node in self.by_path().items()}
        return by_place.get(told) or (told if self.has(told) else None)

    def has(self, node: str) -> bool:
        """Whether a part is there."""
        return node in SECTIONS or node in self.by_path().values()

    def part(self, node: str) -> dict[str, Any]:
        """What a part holds; of a section, the whole definition."""
        return part_at(self.document, self.path_of(node))


def new_id() -> str:
    """An id no part of any draft has."""
    return secrets.token_hex(4)


def patterns_of(capability: object) -> dict[str, Any]:
    """The patterns of a capability, by name; none when it holds something else."""
    return mapped(mapped(capability).get("patterns"))


def part_at(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The map at a place; empty when there is something else."""
    part: Any = document
    for step in path:
        part = mapped(part).get(str(step))
    return mapped(part)


def with_part(work: Work, node: str, value: Mapping[str, Any], name: str | None = None) -> Work:
    """The work with another value for a part, and another name where one is given (that no sibling has)."""
    path = work.path_of(node)
    if not path:
        return replace(work, document=dict(value))
    return _changed(work, path, lambda parts: _renamed(parts, str(path[-1]), name or str(path[-1]), dict(value)))


def add_capability(work: Work, name: str | None = None, value: Mapping[str, Any] | None = None) -> tuple[Work, str]:
    """Add a capability, with one pattern, at the end. Returns the work and the new part's id."""
    capabilities = mapped(work.document.get("capabilities"))
    name = free_name(name or "new_capability", capabilities)
    blank = {"description": "", "patterns": {"new_pattern": NEW_PATTERN}}
    value = copied(blank if value is None else value)
    own = new_id()
    ids: Ids = [*work.ids, (own, [new_id() for _ in patterns_of(value)])]
    return Work({**work.document, "capabilities": {**capabilities, name: value}}, ids), own


def add_pattern(work: Work, capability: str, name: str | None = None, value: Any = None) -> tuple[Work, str]:
    """Add a pattern at the end of a capability. Returns the work and the new part's id."""
    path = (*work.path_of(capability), "patterns")
    name = free_name(name or "new_pattern", part_at(work.document, path))
    pattern = copied(value if value is not None else NEW_PATTERN)
    changed = _changed(work, (*path, name), lambda parts: {**parts, name: pattern})
    own = new_id()
    ids: Ids = [(one, [*inner, own] if one == capability else inner) for one, inner in work.ids]
    return Work(changed.document, ids), own


def remove(work: Work, node: str) -> tuple[Work, str]:
    """Remove a part. Returns the work and the part to show next: a neighbour, or what it stood in."""
    path = work.path_of(node)
    changed = _changed(work, path, lambda parts: {key: value for key, value in parts.items() if key != path[-1]})
    siblings = [one for one, _ in work.ids] if len(path) == 2 else patterns_ids(work, parent_of(work, node))
    place = siblings.index(node)
    ids: Ids = [(own, [one for one in inner if one != node]) for own, inner in work.ids if own != node]
    left = [one for one in siblings if one != node]
    shown = left[min(place, len(left) - 1)] if left else (parent_of(work, node) if len(path) > 2 else "basics")
    return Work(changed.document, ids), shown


def duplicate(work: Work, node: str) -> tuple[Work, str]:
    """Put a copy of a part after it. Returns the work and the copy's id."""
    path = work.path_of(node)
    name = str(path[-1])
    siblings = part_at(work.document, path[:-1])
    if len(path) == 2:
        changed, own = add_capability(work, free_name(name, siblings), siblings[name])
        distance = len(work.ids) - 1 - [one for one, _ in work.ids].index(node)
    else:
        parent = parent_of(work, node)
        changed, own = add_pattern(work, parent, free_name(name, siblings), siblings[name])
        distance = len(siblings) - 1 - patterns_ids(work, parent).index(node)
    for _ in range(distance):
        changed = move(changed, own, -1)
    return changed, own


def move(work: Work, node: str, by: int) -> Work:
    """Move a part up (-1) or down (1) among its siblings; at the end it stays."""
    path = work.path_of(node)
    if len(path) == 2:
        order = _moved([one for one, _ in work.ids], node, by)
        inner = dict(work.ids)
        ids: Ids = [(one, inner[one]) for one in order]
    else:
        parent = parent_of(work, node)
        ids = [(one, _moved(own, node, by) if one == parent else own) for one, own in work.ids]
    changed = _changed(work, path, lambda parts: _moved_key(parts, str(path[-1]), by))
    return Work(changed.document, ids)


def parent_of(work: Work, node: str) -> str:
    """The capability a pattern stands in; a capability itself."""
    return next((own for own, inner in work.ids if node in inner), node)


def patterns_ids(work: Work, capability: str) -> list[str]:
    """The ids of a capability's patterns, in their order."""
    return next((inner for own, inner in work.ids if own == capability), [])


def free_name(wanted: str, taken: Mapping[str, Any]) -> str:
    """The wanted name, with a number behind it when somebody has it."""
    if wanted not in taken:
        return wanted
    stem = wanted[:90]
    return next(name for number in range(2, len(taken) + 3) if (name := f"{stem}_{number}") not in taken)


def _changed(work: Work, path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Work:
    """The work with the map that holds `path` changed; shares every part that stays."""

    def at(part: Any, steps: Path) -> dict[str, Any]:
        here = mapped(part)
        if len(steps) == 1:
            return change(here)
        return {**here, str(steps[0]): at(here.get(str(steps[0])), steps[1:])}

    return replace(work, document=at(work.document, path))


def _renamed(parts: Mapping[str, Any], name: str, wanted: str, value: Any) -> dict[str, Any]:
    return {wanted if key == name else key: value if key == name else other for key, other in parts.items()}


def _moved(order: list[str], one: str, by: int) -> list[str]:
    place = order.index(one)
    rest = [other for other in order if other != one]
    rest.insert(max(0, min(len(rest), place + by)), one)
    return rest


def _moved_key(parts: Mapping[str, Any], key: str, by: int) -> dict[str, Any]:
    return {name: parts[name] for name in _moved(list(parts), key, by)}
