"""Comparison: what becomes of the answer to a request when the catalog changes. Pure: two selections in, words out."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.quantities import compact, duration
from app.selection.answer import DIGITS, name_of
from app.selection.engine import Ranked, Selection
from app.selection.policy import Remark
from app.selection.scoring import AXES, features

Key = tuple[str, str, str]
Place = tuple[int, Ranked]


@dataclass(frozen=True, slots=True)
class Move:
    """A candidate that stands elsewhere, or scores otherwise.

    Attributes:
        name: `tool.pattern`. key: as `Candidate.key`.
        rank_before, rank_after: from 1; None where it is no candidate that may be used. Likewise the scores.
        why: what changed about it, in words that go on after its name; empty where only others moved.
    """

    name: str
    rank_before: int | None
    rank_after: int | None
    score_before: float | None
    score_after: float | None
    why: str
    key: Key


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers to one request.

    Attributes:
        before, after: the first of each; None where nothing may be used.
        moves: of what stands in either, in the order of the second; what fell out comes last.
    """

    before: Ranked | None
    after: Ranked | None
    moves: list[Move]

    @property
    def is_same_choice(self) -> bool:
        """Whether the same pattern comes first, or nothing in both."""
        return _key(self.before) == _key(self.after)

    @property
    def sentence(self) -> str:
        """What changes first, in a sentence."""
        if self.is_same_choice:
            return self._of_the_same()
        if self.after is None:
            return f"Nothing may be used any more: {self._reasons()}."
        if self.before is None:
            return f"{name_of(self.after)} comes first, where nothing could be used: {self._reasons()}."
        reasons = self._reasons()
        first = f"{name_of(self.after)} comes first instead of {name_of(self.before)}"
        return f"{first}: {reasons}." if reasons else f"{first}."

    def _reasons(self) -> str:
        """What happened to the one that is first now, and to the one that was."""
        ones = [one for one in (self.after, self.before) if one is not None]
        return "; ".join(f"{name_of(one)} {why}" for one in ones if (why := self._why(one)))

    def _of_the_same(self) -> str:
        first = f"{name_of(self.after)} stays first" if self.after else "Nothing may be used, as before"
        if not self.moves:
            return f"{first}; nothing changes."
        why, others = self._why(self.after), sum(move.key != _key(self.after) for move in self.moves)
        if not others:
            return f"{first}; it {why or 'scores otherwise'}."
        told = f"{others} other{'s change' if others > 1 else ' changes'}"
        return f"{first}; it {why}, and {told}." if why else f"{first}; {told}."

    def _why(self, one: Ranked | None) -> str:
        return next((move.why for move in self.moves if move.key == _key(one)), "")


def compare(before: Selection, after: Selection) -> Comparison:
    """Compare two answers to the same request."""
    first, second = _places(before), _places(after)
    keys = [*second, *(key for key in first if key not in second)]
    moves = [_move(key, before, after, first.get(key), second.get(key)) for key in keys if _moved(key, first, second)]
    return Comparison(
        before.ranked[0] if before.ranked else None,
        after.ranked[0] if after.ranked else None,
        moves,
    )


def _places(selection: Selection) -> Mapping[Key, Place]:
    return {one.candidate.key: (rank, one) for rank, one in enumerate(selection.ranked, 1)}


def _moved(key: Key, first: Mapping[Key, Place], second: Mapping[Key, Place]) -> bool:
    if key not in first or key not in second:
        return True
    (rank, one), (other_rank, other) = first[key], second[key]
    return rank != other_rank or _score(one) != _score(other)


def _move(key: Key, before: Selection, after: Selection, first: Place | None, second: Place | None) -> Move:
    rank, one = first or (None, None)
    other_rank, other = second or (None, None)
    if one is None:
        rule = _excluded_by(before, key)
        why = f"is no longer excluded by {rule.rule}" if rule else "is a new candidate"
    elif other is None:
        rule = _excluded_by(after, key)
        why = f"is excluded by {rule.rule} ({rule.detail})" if rule else "is no candidate any more"
    else:
        why = _changed(before, after, one, other)
    return Move(f"{key[0]}.{key[2]}", rank, other_rank, _score(one), _score(other), why, key)


def _excluded_by(selection: Selection, key: Key) -> Remark | None:
    return next((one.remark for one in selection.excluded if one.candidate.key == key), None)


def _changed(before: Selection, after: Selection, one: Ranked, other: Ranked) -> str:
    """What changed about a candidate that may be used in both, what counts most first."""
    was = features(one.candidate, one.estimate, before.weights)
    now = features(other.candidate, other.estimate, after.weights)
    by_effect = sorted(AXES, key=lambda axis: -abs(now[axis].contribution - was[axis].contribution))
    said = [_said(axis, was[axis].raw, now[axis].raw) for axis in by_effect if was[axis].raw != now[axis].raw]
    if round(one.relevance, DIGITS) != round(other.relevance, DIGITS):
        said.append("matches better" if other.relevance > one.relevance else "matches less well")
    return ", ".join(said)


def _said(axis: str, was: float, now: float) -> str:
    verb = {"time": "takes", "cost": "costs", "accuracy": "has an accuracy of"}.get(axis, f"has a {axis} of")
    say = duration if axis == "time" else compact
    if say(was) != say(now):
        return f"{verb} {say(now)} instead of {say(was)}"
    little = f"a little {'more' if now > was else 'less'}"
    return f"{verb} {little}" if axis in {"time", "cost"} else f"has {little} {axis}"


def _score(one: Ranked | None) -> float | None:
    return None if one is None else round(one.score, DIGITS)


def _key(one: Ranked | None) -> Key | None:
    return None if one is None else one.candidate.key
