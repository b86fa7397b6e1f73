"""The catalog as the audit log alone tells it: every entry in turn, from the first on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import orjson

from app.catalog.checks import current_definition
from app.catalog.mapping import LIFECYCLE_KEYS
from app.catalog.models import AuditEntry, Tool

Changes = Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]
"""Changes, each with the rest of its path from where one is."""


@dataclass(slots=True)
class Version:
    """A version: its definition, as JSON with sorted keys, and its lifecycle."""

    definition: bytes
    status: str
    enabled: bool


@dataclass(slots=True)
class Told:
    """A tool: its versions by number, which is the latest, and whose it is."""

    versions: dict[str, Version] = field(default_factory=dict)
    latest: str = ""
    owner: str | None = None
    _is_enabled: bool = field(default=True, compare=False)

    def take(self, entry: AuditEntry) -> None:
        """Take one entry over."""
        changes = [change for change in entry.changes if isinstance(change, dict)]
        match entry.action:
            case "created":
                self.owner = changes[0]["after"]["owner"]
                self._add(entry.version or "", changes[0]["after"])
            case "owner_changed":
                self.owner = changes[0]["after"]
            case "updated":
                self._add(entry.version or "", patched(self._whole(self.latest), split(changes)))
            case _:
                for change in changes:
                    self._lifecycle(entry.version or "", change)

    def _whole(self, number: str) -> dict[str, Any]:
        version = self.versions[number]
        return {**orjson.loads(version.definition), "status": version.status, "enabled": version.enabled}

    def _add(self, number: str, whole: Mapping[str, Any]) -> None:
        before = self.versions.get(self.latest)
        self.versions[number] = Version(written(whole), whole["status"], whole["enabled"])
        # A draft stays beside what is published.
        if before is None or whole["status"] != "draft" or before.status == "draft":
            self.latest = number

    def _lifecycle(self, number: str, change: Mapping[str, Any]) -> None:
        match change["path"].split("/")[1:]:
            case ["status"]:
                self.versions[number].status = change["after"]
            case ["enabled"]:
                self.versions[number].enabled = change["after"]
            case ["latest"]:
                self._move(change["before"], change["after"])
            case ["versions", removed]:
                self._remove(removed)

    def _move(self, before: str, after: str) -> None:
        # Whether the tool is enabled carries over, also from a version that was just removed.
        self.versions[after].enabled = self.versions[before].enabled if before in self.versions else self._is_enabled
        self.latest = after

    def _remove(self, number: str) -> None:
        self._is_enabled = self.versions.pop(number).enabled


def written(whole: Mapping[str, Any]) -> bytes:
    """A definition apart from its lifecycle, so that only equal ones are written alike."""
    return orjson.dumps({key: whole[key] for key in whole.keys() - LIFECYCLE_KEYS}, option=orjson.OPT_SORT_KEYS)


def replayed(entries: Iterable[AuditEntry]) -> dict[str, Told]:
    """Every tool there is, by its name in lower case, after these entries."""
    tools: dict[str, Told] = {}
    for entry in entries:
        tools.setdefault((entry.tool_name or "").lower(), Told()).take(entry)
    return {name: told for name, told in tools.items() if told.versions}


def stored(rows: Iterable[Tool]) -> dict[str, Told]:
    """The same, from the rows of the versions that are not deleted."""
    alive = sorted((row for row in rows if row.deleted_at is None), key=lambda row: row.tool_name.lower())
    return {name: _told(list(versions)) for name, versions in groupby(alive, key=lambda row: row.tool_name.lower())}


def _told(rows: Sequence[Tool]) -> Told:
    ((latest, owner),) = ((row.version, row.owner) for row in rows if row.is_latest)
    versions = {row.version: Version(written(current_definition(row)), row.status, row.enabled) for row in rows}
    return Told(versions, latest, owner)


def split(changes: Iterable[Mapping[str, Any]]) -> Changes:
    """Changes with their paths (RFC 6901) taken apart."""
    return [(tuple(map(unescaped, change["path"].split("/")[1:])), change) for change in changes]


def unescaped(step: str) -> str:
    """One step of a JSON Pointer as it is meant."""
    return step.replace("~1", "/").replace("~0", "~")


def patched(value: Any, changes: Changes) -> Any:
    """A value with the changes made to it that a comparison told."""
    own = [change for path, change in changes if not path]
    if own:
        return own[-1]["after"]
    if isinstance(value, dict):
        return _patched_map(value, changes)
    return _patched_list(value, changes)


def _below(changes: Changes) -> dict[str, Changes]:
    found: dict[str, list[tuple[tuple[str, ...], Mapping[str, Any]]]] = {}
    for (first, *rest), change in changes:
        found.setdefault(first, []).append((tuple(rest), change))
    return dict(found)


def _patched_map(value: dict[str, Any], changes: Changes) -> dict[str, Any]:
    result = dict(value)
    for key, below in _below(changes).items():
        if _kind(below) == "removed":
            del result[key]
        else:
            result[key] = patched(result.get(key), below)
    return result


def _patched_list(value: list[Any], changes: Changes) -> list[Any]:
    """Removed first, at the places they had; then what was added and changed, at the places they have."""
    removed = sorted((int(path[0]) for path, change in changes if _is_own(path, change, "removed")), reverse=True)
    added = {int(path[0]): change["after"] for path, change in changes if _is_own(path, change, "added")}
    others = [one for one in changes if not (_is_own(*one, "removed") or _is_own(*one, "added"))]
    result = list(value)
    for place in removed:
        del result[place]
    for place in sorted(added):
        result.insert(place, added[place])
    for step, below in _below(others).items():
        result[int(step)] = patched(result[int(step)], below)
    return result


def _is_own(path: tuple[str, ...], change: Mapping[str, Any], kind: str) -> bool:
    return len(path) == 1 and change["kind"] == kind


def _kind(below: Changes) -> str | None:
    return next((change["kind"] for path, change in below if not path), None)
