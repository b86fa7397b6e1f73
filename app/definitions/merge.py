"""Two changed copies of one definition → one definition, and the few places where somebody has to choose.

Nothing is guessed: what only one side changed is taken, what both changed in the same way is taken once, and where they
contradict each other the document holds *yours* and a conflict says so. A choice made later is the same merge again,
told how to decide, so that a thing taken back from *theirs* stands where it would have stood.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeAlias, TypeVar

from app.definitions.change_words import in_brief, subject_of
from app.definitions.diff import are_plain, by_name, exactly
from app.definitions.findings import Path, pointer

Side: TypeAlias = Literal["theirs", "yours"]
_Key = TypeVar("_Key", bound=Hashable)


class _Absent(Enum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
"""What a side has where it has nothing: `None` is a value that somebody may have written."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place where both sides changed the same value differently, or one removed what the other changed.

    Attributes:
        path: where, with the names of listed things for their indexes: an index is another one on each side.
        base, theirs, yours: the values there; ABSENT on a side that has none.
        subject: what it is about, in words.
    """

    path: Path
    base: Any
    theirs: Any
    yours: Any
    subject: str

    @property
    def pointer(self) -> str:
        """The path as choices name it."""
        return pointer(self.path)

    def as_json(self) -> dict[str, Any]:
        """Return the conflict as the JSON faces tell it; a side that has nothing there is left out."""
        sides = {"base": self.base, "theirs": self.theirs, "yours": self.yours}
        told = {side: value for side, value in sides.items() if value is not ABSENT}
        return {"path": self.pointer, "subject": self.subject, **told}


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a merge.

    Attributes:
        document: the merged definition; where there is a conflict it holds *yours*. Parts are shared with both sides.
        conflicts: in the order of the document.
        base, theirs, yours: what was merged.
    """

    document: dict[str, Any]
    conflicts: tuple[Conflict, ...]
    base: Mapping[str, Any]
    theirs: Mapping[str, Any]
    yours: Mapping[str, Any]


def merge(base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> Merged:
    """Merge two definitions that were both made from `base`; all three in the canonical form.

    Maps are merged by key, lists of named things by name, lists of plain values by membership; any other list is taken
    whole. Keys and members stand in the order of yours, what only theirs has comes after its neighbour there. In
    lists, whose order can mean something, theirs counts when yours left it alone; two different orders are no conflict.
    """
    work = _Merge({})
    document = work.maps((), base, theirs, yours)
    return Merged(document, tuple(work.conflicts), base, theirs, yours)


def resolve(merged: Merged, choices: Mapping[str, Side]) -> dict[str, Any]:
    """Return the document with conflicts decided.

    Args:
        choices: a side by the pointer of a conflict. Whatever is not chosen is *yours*; other pointers mean nothing.
    """
    return _Merge(choices).maps((), merged.base, merged.theirs, merged.yours)


def in_words(value: object) -> str:
    """Write a side of a conflict so that a person recognises it."""
    return "nothing: removed, or never there" if value is ABSENT else in_brief(value)


@dataclass(slots=True)
class _Merge:
    """A walk through three definitions side by side."""

    choices: Mapping[str, Side]
    conflicts: list[Conflict] = field(default_factory=list)

    def maps(
        self, path: Path, base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any]
    ) -> dict[str, Any]:
        return self.keyed(path, base, theirs, yours, _in_order(yours, theirs))

    def keyed(
        self,
        path: Path,
        base: Mapping[_Key, Any],
        theirs: Mapping[_Key, Any],
        yours: Mapping[_Key, Any],
        order: Iterable[_Key],
    ) -> dict[_Key, Any]:
        """Merge key by key; a key is a step of the path wherever a conflict can be below it."""
        merged = {}
        for key in order:
            step = key if isinstance(key, str) else str(key)
            value = self.values((*path, step), *(side.get(key, ABSENT) for side in (base, theirs, yours)))
            if value is not ABSENT:
                merged[key] = value
        return merged

    def values(self, path: Path, base: Any, theirs: Any, yours: Any) -> Any:
        if is_same(theirs, yours) or is_same(base, theirs):
            return yours
        if is_same(base, yours):
            return theirs
        if isinstance(theirs, dict) and isinstance(yours, dict) and (base is ABSENT or isinstance(base, dict)):
            return self.maps(path, {} if base is ABSENT else base, theirs, yours)
        if isinstance(theirs, list) and isinstance(yours, list) and (base is ABSENT or isinstance(base, list)):
            return self.lists(path, [] if base is ABSENT else base, theirs, yours)
        return self.conflict(path, base, theirs, yours)

    def lists(self, path: Path, base: list[Any], theirs: list[Any], yours: list[Any]) -> Any:
        sides = _by_key(base, theirs, yours)
        if sides is None:
            return self.conflict(path, base, theirs, yours)
        earlier, others, own = sides
        if _is_reordered(earlier, others) and not _is_reordered(earlier, own):
            order = _in_order(others, own)
        else:
            order = _in_order(own, others)
        return list(self.keyed(path, earlier, others, own, order).values())

    def conflict(self, path: Path, base: Any, theirs: Any, yours: Any) -> Any:
        self.conflicts.append(Conflict(path, base, theirs, yours, subject_of(path)))
        return theirs if self.choices.get(pointer(path)) == "theirs" else yours


def is_same(one: object, other: object) -> bool:
    """Tell whether two values are equal at every depth: 1, 1.0 and true differ, the order of keys does not matter."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and one == other


def _by_key(*lists: list[Any]) -> list[dict[Any, Any]] | None:
    """Return every list by what makes an entry the same on all sides; None when only their places do."""
    named = [keyed for entries in lists if (keyed := by_name(entries)) is not None]
    if len(named) == len(lists):
        return named
    return [_numbered(entries) for entries in lists] if all(map(are_plain, lists)) else None


def _numbered(values: list[Any]) -> dict[tuple[str, int], Any]:
    """Key plain values by themselves; one that is there twice is its first and its second."""
    times: Counter[str] = Counter()
    keyed = {}
    for value in values:
        text = exactly(value)
        keyed[text, times[text]] = value
        times[text] += 1
    return keyed


def _is_reordered(before: Mapping[_Key, Any], after: Mapping[_Key, Any]) -> bool:
    """Tell whether what both have stands in another order."""
    return [key for key in before if key in after] != [key for key in after if key in before]


def _in_order(leading: Iterable[_Key], following: Iterable[_Key]) -> Sequence[_Key]:
    """Return the keys of both: the first's in their order, each further one after its neighbour in the second."""
    known = dict.fromkeys(leading)
    ahead: list[_Key] = []
    after: defaultdict[_Key, list[_Key]] = defaultdict(list)
    group = ahead
    for key in following:
        if key in known:
            group = after[key]
        else:
            group.append(key)
    return [*ahead, *(key for leader in known for key in (leader, *after.get(leader, ())))]
