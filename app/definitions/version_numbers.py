"""Version numbers as texts: which comes after one, and which fits what a new version changes."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count

from app.definitions.change_words import subject_of
from app.definitions.diff import Change

LONGEST_VERSION = 20
_NUMBERS = re.compile(r"(v?)([0-9]+(?:\.[0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A number for a new version, and why it is this one, as a sentence part."""

    version: str
    why: str


def number_after(number: str) -> str:
    """The number one up in its last part: 1.9 → 1.10, 2.3.0 → 2.3.1, beta → beta.1."""
    found = re.search(r"[0-9]+$", number)
    if found is None:
        return f"{number}.1"
    return f"{number[: found.start()]}{int(found.group()) + 1}"


def suggested_version(latest: str, changes: Sequence[Change], taken: Collection[str]) -> Suggestion:
    """Suggest the number of a version that makes some changes to the latest.

    Removing or renaming a capability or pattern, or asking for an input that was not needed before, can break what
    others rely on: the first part goes up (1.4 → 2.0). A new capability or pattern: the second (1.4.2 → 1.5.0). All
    else: the last (1.4.2 → 1.4.3). It is only a suggestion; an author may take any number that is free.

    Args:
        changes: what `diff` found between the latest and the new version.
        taken: numbers that were used before; none of them is suggested, nor one over LONGEST_VERSION characters.
    """
    part, why = _step(changes)
    wanted = _stepped(latest, part)
    version = _free(wanted, latest, {latest, *taken})
    return Suggestion(version, why if version == wanted else f"{why}; {wanted} was used before or is too long")


def _step(changes: Sequence[Change]) -> tuple[int | None, str]:
    """Return which part of the number goes up (None: the last), and why."""
    for part, tell_tale, words in (
        (0, _is_removal, "removed or renamed: whoever relied on it has to change"),
        (0, _is_demand, "now needed: whoever does without has to change"),
        (1, _is_offer, "new, and all there was is still there"),
    ):
        told = [change.subject or subject_of(change.path) for change in changes if tell_tale(change)]
        if told:
            return part, f"{told[0]} {f'and {len(told) - 1} more are' if len(told) > 1 else 'is'} {words}"
    return None, "nothing was added or taken away that others use" if changes else "nothing changed"


def _is_removal(change: Change) -> bool:
    return change.kind == "removed" and _is_of_parts(change)


def _is_offer(change: Change) -> bool:
    return change.kind == "added" and _is_of_parts(change)


def _is_of_parts(change: Change) -> bool:
    """Tell whether it is a whole capability or pattern that came or went, or all there are."""
    path = change.path
    return path[:1] == ("capabilities",) and (len(path) <= 2 or (path[2] == "patterns" and len(path) <= 4))


def _is_demand(change: Change) -> bool:
    """Tell whether an existing pattern needs an input it did not need before."""
    steps = change.path[4:]
    if change.path[:1] != ("capabilities",) or steps[:1] != ("required_inputs",):
        return False
    if change.kind == "added":
        return len(steps) == 2 or (len(steps) == 1 and bool(change.after))
    return change.kind == "changed" and len(steps) == 3 and steps[2] == "name"


def _stepped(number: str, part: int | None) -> str:
    """Return a number with one part up and those after it zero; the last part where there is no such."""
    found = _NUMBERS.fullmatch(number)
    parts = found[2].split(".") if found else []
    if part is None or found is None or part >= len(parts):
        return number_after(number)
    stepped = [*parts[:part], str(int(parts[part]) + 1), *("0" for _ in parts[part + 1 :])]
    return found[1] + ".".join(stepped)


def _free(wanted: str, latest: str, taken: Collection[str]) -> str:
    """Return the wanted number, or the first one after it that nobody has and that is short enough."""
    version = wanted
    while version in taken:
        version = number_after(version)
    if len(version) <= LONGEST_VERSION:
        return version
    shortened = (f"{latest[: LONGEST_VERSION - 1 - len(str(number))]}.{number}" for number in count(1))
    return next(version for version in shortened if version not in taken)
