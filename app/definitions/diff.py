"""Two definitions → what changed between them, field by field and in words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from app.definitions.change_words import apart, effect_of, in_brief, quoted, subject_of
from app.definitions.findings import Path, pointer

Kind: TypeAlias = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two definitions.

    Attributes:
        path: where, in the later definition; what was removed, in the earlier one.
        before, after: the values; None on the side that has none. Two lists hold the same things in another order.
        subject: what changed, in words; told from the path when empty.
        effect: what the change comes to, such as "−12 % at N = 100"; empty when there is nothing to say.
    """

    path: Path
    kind: Kind
    before: Any
    after: Any
    subject: str = ""
    effect: str = ""

    @property
    def text(self) -> str:
        """The change as a sentence part: `time estimate of text_search › search_files: 2 * N → N, −50 % at N = 100`."""
        return f"{self._subject}: {self.words}"

    @property
    def words(self) -> str:
        """What happened, without what it happened to: `2 * N → N, −50 % at N = 100`."""
        return ", ".join(filter(None, (self._what(), self.effect)))

    @property
    def place(self) -> tuple[str, ...]:
        """The capability, and the pattern in it, that changed; nothing for what belongs to the tool itself."""
        return tuple(apart(self.path)[0])

    @property
    def topic(self) -> str:
        """What changed, for who reads it under its place: `time estimate`."""
        where = " › ".join(self.place)
        return self._subject.removesuffix(f" of {where}").removesuffix(f" {where}") if where else self._subject

    @property
    def _subject(self) -> str:
        return self.subject or subject_of(self.path)

    def _what(self) -> str:
        if self.kind == "changed":
            return "reordered" if self._is_reordering() else f"{in_brief(self.before)} → {in_brief(self.after)}"
        value = self.after if self.kind == "added" else self.before
        if not self.path and isinstance(value, dict):
            # A whole definition is told by its number.
            value = value.get("version")
        if isinstance(value, dict | list) or (isinstance(value, str) and value in self.path[-1:]):
            return self.kind
        return f"{self.kind} {quoted(value) if isinstance(value, str) else in_brief(value)}"

    def _is_reordering(self) -> bool:
        return isinstance(self.before, list) and isinstance(self.after, list)

    def as_json(self) -> dict[str, Any]:
        """Return the change as the JSON faces tell it; `path` becomes a JSON Pointer (RFC 6901)."""
        return {
            "path": pointer(self.path),
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "text": self.text,
        }


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what changed between two canonical definitions: in the order of `after`, then what was removed.

    Values of different types differ (1, 1.0, "1" and true); the order of a map's keys does not matter. Lists of named
    things are compared by name, lists of plain values by membership, other lists place by place.
    """
    found = list(_Comparison(before, after).maps(_ROOT, before, after))
    return sorted(found, key=lambda change: change.kind == "removed")


def in_words(changes: Iterable[Change]) -> list[str]:
    """Return the changes as texts, in their order."""
    return [change.text for change in changes]


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in both definitions; `names` is its path with the names of listed things for their indexes."""

    path: Path = ()
    names: Path = ()

    def at(self, step: str | int, name: str | int | None = None) -> "_Place":
        return _Place((*self.path, step), (*self.names, step if name is None else name))


_ROOT = _Place()


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A walk through two definitions side by side."""

    earlier: Mapping[str, Any]
    later: Mapping[str, Any]

    def maps(self, place: _Place, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
        for key, value in after.items():
            if key in before:
                yield from self.values(place.at(key), before[key], value)
            else:
                yield _added(place.at(key), value)
        yield from (_removed(place.at(key), value) for key, value in before.items() if key not in after)

    def values(self, place: _Place, before: Any, after: Any) -> Iterator[Change]:
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.maps(place, before, after)
        elif isinstance(before, list) and isinstance(after, list):
            yield from self.lists(place, before, after)
        elif not _is_same(before, after):
            effect = effect_of(place.path, before, after, self.earlier, self.later)
            yield Change(place.path, "changed", before, after, subject_of(place.names), effect)

    def lists(self, place: _Place, before: list[Any], after: list[Any]) -> Iterator[Change]:
        earlier, later = by_name(before), by_name(after)
        if earlier is not None and later is not None:
            yield from self.named(place, earlier, later)
            yield from _reordered(place, before, after, list(earlier), list(later))
        elif are_plain(before) and are_plain(after):
            yield from _members(place, before, after)
        else:
            yield from self.placewise(place, before, after)

    def named(self, place: _Place, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
        for index, (name, entry) in enumerate(after.items()):
            if name in before:
                yield from self.values(place.at(index, name), before[name], entry)
            else:
                yield _added(place.at(index, name), entry)
        for index, (name, entry) in enumerate(before.items()):
            if name not in after:
                yield _removed(place.at(index, name), entry)

    def placewise(self, place: _Place, before: list[Any], after: list[Any]) -> Iterator[Change]:
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            yield from self.values(place.at(index), old, new)
        for index in range(len(before), len(after)):
            yield _added(place.at(index), after[index])
        for index in range(len(after), len(before)):
            yield _removed(place.at(index), before[index])


def _added(place: _Place, value: Any) -> Change:
    return Change(place.path, "added", None, value, subject_of(place.names))


def _removed(place: _Place, value: Any) -> Change:
    return Change(place.path, "removed", value, None, subject_of(place.names))


def _is_same(before: Any, after: Any) -> bool:
    # `is` first: not-a-number, which no document holds, is not even equal to itself.
    return before is after or (type(before) is type(after) and bool(before == after))


def by_name(entries: list[Any]) -> dict[str, Any] | None:
    """Return the entries by name; None unless each is a map with a name that no other has."""
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return None
    return dict(zip(map(str, names), entries, strict=True))


def are_plain(entries: list[Any]) -> bool:
    """Tell whether a list holds neither maps nor lists."""
    return not any(isinstance(entry, dict | list) for entry in entries)


def exactly(value: object) -> str:
    """Write a value so that only equal values of one type are written alike."""
    return repr(value)


def _members(place: _Place, before: list[Any], after: list[Any]) -> Iterator[Change]:
    subject = subject_of(place.names)
    old, new = [exactly(value) for value in before], [exactly(value) for value in after]
    for index in _beyond(new, Counter(old)):
        yield Change((*place.path, index), "added", None, after[index], subject)
    for index in _beyond(old, Counter(new)):
        yield Change((*place.path, index), "removed", before[index], None, subject)
    yield from _reordered(place, before, after, old, new)


def _beyond(values: Sequence[str], others: Counter[str]) -> Iterator[int]:
    """Give the places of the values that occur more often here than there."""
    left = others.copy()
    for index, value in enumerate(values):
        if left[value] > 0:
            left[value] -= 1
        else:
            yield index


def _reordered(
    place: _Place, before: list[Any], after: list[Any], old: Sequence[str], new: Sequence[str]
) -> Iterator[Change]:
    """Remark that the things that stayed stand in another order; additions and removals say enough by themselves."""
    gone, come = set(_beyond(old, Counter(new))), set(_beyond(new, Counter(old)))
    kept = [value for index, value in enumerate(old) if index not in gone]
    if kept != [value for index, value in enumerate(new) if index not in come]:
        yield Change(place.path, "changed", before, after, subject_of(place.names))
