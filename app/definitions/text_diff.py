"""Two texts → their lines side by side: which came, which went, which words of a line changed. Pure, and never slow.

Lines that occur once on both sides are matched first (patience diff); what lies between is compared line by line while
that is cheap, and told as replaced when it is not: no two texts make this take long.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["same", "changed", "added", "removed"]
# From, to, in the old lines and in the new ones.
Region: TypeAlias = tuple[int, int, int, int]

CONTEXT = 3
"""Unchanged lines shown around a change."""
LEAST_FOLDED = 4
"""Fewer unchanged lines are not worth a click."""
LARGEST_REGION, MOST_WORK = 10_000, 200_000
"""Pairs of lines that are compared one by one: in one place, and all together."""
DEEPEST = 12
LONGEST_LINE, MOST_MARKED = 400, 1_000
"""Characters of a line, and lines, whose words are compared."""
WORD = re.compile(r"\w+|\s+|[^\w\s]")
LEAST_ALIKE = 0.3


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; marked when the other side's line has something else there."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one side, by its number from 1."""

    number: int
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The line as it was."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side; None on a side that has nothing there."""

    kind: Kind
    old: Line | None
    new: Line | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows that are shown together, or — unchanged, and many — folded."""

    rows: tuple[Row, ...]
    is_folded: bool = False


def text_diff(old: str, new: str) -> list[Stretch]:
    """Two texts side by side, long unchanged stretches folded; empty when they are the same."""
    rows = compared(old.splitlines(), new.splitlines())
    return list(_folded(rows)) if any(row.kind != "same" for row in rows) else []


def compared(old: Sequence[str], new: Sequence[str]) -> list[Row]:
    """Lines side by side."""
    rows: list[Row] = []
    at_old = at_new = marked = 0
    for of_old, of_new in [*_Matching(old, new).pairs(), (len(old), len(new))]:
        gone, come = range(at_old, of_old), range(at_new, of_new)
        for number in range(max(len(gone), len(come))):
            before = gone[number] if number < len(gone) else None
            after = come[number] if number < len(come) else None
            marked += 1
            rows.append(_row(old, new, before, after, is_marked=marked <= MOST_MARKED))
        if of_old < len(old):
            line = (Piece(old[of_old]),)
            rows.append(Row("same", Line(of_old + 1, line), Line(of_new + 1, line)))
        at_old, at_new = of_old + 1, of_new + 1
    return rows


def _row(old: Sequence[str], new: Sequence[str], before: int | None, after: int | None, *, is_marked: bool) -> Row:
    if before is None or after is None:
        gone = None if before is None else Line(before + 1, (Piece(old[before]),))
        come = None if after is None else Line(after + 1, (Piece(new[after]),))
        return Row("removed" if come is None else "added", gone, come)
    left, right = _marked(old[before], new[after]) if is_marked else ((Piece(old[before]),), (Piece(new[after]),))
    return Row("changed", Line(before + 1, left), Line(after + 1, right))


def _marked(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both lines in pieces, those words marked that the other has not; unmarked when they have little in common."""
    plain = (Piece(old),), (Piece(new),)
    if max(len(old), len(new)) > LONGEST_LINE:
        return plain
    words, others = WORD.findall(old), WORD.findall(new)
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    blocks = matcher.get_matching_blocks()
    alike = sum(len(word.strip()) for block in blocks for word in words[block.a : block.a + block.size])
    if alike < LEAST_ALIKE * max(len(old.strip()), len(new.strip())):
        return plain
    spans = [(block.a, block.b, block.size) for block in blocks]
    return _pieces(words, [(a, size) for a, _, size in spans]), _pieces(others, [(b, size) for _, b, size in spans])


def _pieces(words: Sequence[str], common: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    pieces, at = [], 0
    for start, size in common:
        pieces += [Piece("".join(words[at:start]), True), Piece("".join(words[start : start + size]))]
        at = start + size
    return tuple(piece for piece in pieces if piece.text)


def _folded(rows: Sequence[Row]) -> Iterator[Stretch]:
    """The rows in stretches: what is far from every change is folded, where that saves enough."""
    near = [False] * len(rows)
    for index, row in enumerate(rows):
        if row.kind != "same":
            for place in range(max(0, index - CONTEXT), min(len(rows), index + CONTEXT + 1)):
                near[place] = True
    for start, end in _runs(near):
        if not near[start] and end - start < LEAST_FOLDED:
            near[start:end] = [True] * (end - start)
    for start, end in _runs(near):
        yield Stretch(tuple(rows[start:end]), is_folded=not near[start])


def _runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """From where to where the flags are all the same."""
    borders = [0, *(place for place in range(1, len(flags)) if flags[place] != flags[place - 1]), len(flags)]
    return list(pairwise(borders))


@dataclass(slots=True)
class _Matching:
    """Which lines of two texts are the same ones."""

    old: Sequence[str]
    new: Sequence[str]
    work: int = field(default=MOST_WORK)

    def pairs(self) -> list[tuple[int, int]]:
        """Places of the same lines, in order."""
        return sorted(self._within((0, len(self.old), 0, len(self.new)), DEEPEST))

    def _within(self, region: Region, depth: int) -> Iterator[tuple[int, int]]:
        start, end, new_start, new_end = region
        while start < end and new_start < new_end and self.old[start] == self.new[new_start]:
            yield start, new_start
            start, new_start = start + 1, new_start + 1
        while start < end and new_start < new_end and self.old[end - 1] == self.new[new_end - 1]:
            end, new_end = end - 1, new_end - 1
            yield end, new_end
        left = (start, end, new_start, new_end)
        if start == end or new_start == new_end:
            return
        anchors = self._anchors(left) if depth else []
        if anchors:
            yield from self._between(left, anchors, depth)
        else:
            yield from self._one_by_one(left)

    def _between(self, region: Region, anchors: list[tuple[int, int]], depth: int) -> Iterator[tuple[int, int]]:
        start, end, new_start, new_end = region
        for of_old, of_new in anchors:
            yield from self._within((start, of_old, new_start, of_new), depth - 1)
            yield of_old, of_new
            start, new_start = of_old + 1, of_new + 1
        yield from self._within((start, end, new_start, new_end), depth - 1)

    def _anchors(self, region: Region) -> list[tuple[int, int]]:
        """Lines that occur once on both sides, as many as stand in the same order."""
        start, end, new_start, new_end = region
        before, after = Counter(self.old[start:end]), Counter(self.new[new_start:new_end])
        place = {self.new[at]: at for at in range(new_start, new_end)}
        once = [(at, place[line]) for at in range(start, end) if before[line := self.old[at]] == after[line] == 1]
        return _rising(once)

    def _one_by_one(self, region: Region) -> Iterator[tuple[int, int]]:
        start, end, new_start, new_end = region
        cost = (end - start) * (new_end - new_start)
        if cost > min(LARGEST_REGION, self.work):
            return
        self.work -= cost
        matcher = SequenceMatcher(None, self.old[start:end], self.new[new_start:new_end], autojunk=False)
        for block in matcher.get_matching_blocks():
            for step in range(block.size):
                yield start + block.a + step, new_start + block.b + step


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of the pairs in which the second rises too."""
    ends: list[int] = []
    last: list[int] = []
    previous: list[int | None] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        previous.append(last[length - 1] if length else None)
        if length == len(ends):
            ends.append(place)
            last.append(index)
        else:
            ends[length], last[length] = place, index
    chain: list[tuple[int, int]] = []
    at = last[-1] if last else None
    while at is not None:
        chain.append(pairs[at])
        at = previous[at]
    return chain[::-1]
