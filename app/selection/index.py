"""The index of a snapshot's patterns: which there are for a capability, and which have a term, and how much it tells.

It never changes. The next snapshot's index shares all that did not change: measured, 1 ms after one tool changed, where
a new one takes half a second for 1,000 tools.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.selection.candidates import Candidate, Source, candidates_of

# How soon more of a term tells no more: BM25's k1, over weights of 1 to 10 (see `candidates.FIELDS`).
SATURATION = 3.0


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a term stands: the slots of the patterns that have it, and how much it tells of each, below 1.

    told = w / (k1 + w), with w from `candidates.weights_of`.
    """

    slots: "array[int]"
    told: "array[float]"

    def without(self, gone: frozenset[int]) -> "Posting":
        """The same without some slots."""
        kept = [(slot, told) for slot, told in zip(self.slots, self.told, strict=True) if slot not in gone]
        return Posting(array("I", (slot for slot, _ in kept)), array("f", (told for _, told in kept)))

    def beside(self, others: Iterable[tuple[int, float]]) -> "Posting":
        """The same, with more slots."""
        more = list(others)
        return Posting(
            array("I", [*self.slots, *(slot for slot, _ in more)]),
            array("f", [*self.told, *(told for _, told in more)]),
        )


_EMPTY = Posting(array("I"), array("f"))


class Index:
    """The candidates of one snapshot, found by capability and by term."""

    def __init__(
        self,
        tools: Mapping[str, Source],
        slots_of: Mapping[str, tuple[int, ...]],
        slots: Sequence[Candidate | None],
        postings: Mapping[str, Posting],
    ) -> None:
        self._tools = tools
        self._slots_of = slots_of
        self._slots = slots
        self._postings = postings
        self._size = len(slots) - sum(one is None for one in slots)
        # Filled as they are asked for.
        self._idf: dict[str, float] = {}
        self._by_capability: dict[str, list[int]] = defaultdict(list)
        for slot, candidate in enumerate(slots):
            if candidate is not None:
                self._by_capability[candidate.capability_name].append(slot)

    @classmethod
    def of(cls, tools: Iterable[Source]) -> "Index":
        """Index these tools' patterns."""
        return cls({}, {}, [], {}).following(tools)

    def following(self, tools: Iterable[Source]) -> "Index":
        """The index of these tools, sharing what is the same object here and there."""
        now = {tool.key: tool for tool in tools}
        gone = [key for key, tool in self._tools.items() if now.get(key) is not tool]
        come = [tool for key, tool in now.items() if self._tools.get(key) is not tool]
        if not gone and not come:
            return self
        slots = list(self._slots)
        slots_of = dict(self._slots_of)
        left = frozenset(slot for key in gone for slot in slots_of.pop(key))
        changed: set[str] = set()
        for slot in left:
            changed.update(_filled(slots[slot]).terms)
            slots[slot] = None
        free = [slot for slot, candidate in enumerate(slots) if candidate is None]
        entries: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for tool in come:
            slots_of[tool.key] = tuple(_placed(tool, slots, free, entries))
        postings = dict(self._postings)
        for term in {*changed, *entries}:
            kept = postings.get(term, _EMPTY)
            posting = (kept.without(left) if left else kept).beside(entries.get(term, ()))
            if posting.slots:
                postings[term] = posting
            else:
                del postings[term]
        return Index(now, slots_of, slots, postings)

    def __len__(self) -> int:
        """How many patterns there are."""
        return self._size

    @property
    def terms(self) -> Iterable[str]:
        """Every term some pattern has."""
        return self._postings.keys()

    @property
    def capabilities(self) -> Iterable[str]:
        """The name of every capability."""
        return self._by_capability.keys()

    def posting(self, term: str) -> Posting | None:
        """Where a term stands; None when no pattern has it."""
        return self._postings.get(term)

    def idf(self, term: str) -> float:
        """How much a term tells by being rare: ln(1 + (n − f + 0.5) / (f + 0.5)), f of n patterns having it, or 0."""
        known = self._idf.get(term)
        if known is None:
            posting = self._postings.get(term)
            frequency = len(posting.slots) if posting else 0
            known = math.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5)) if frequency else 0.0
            # What is asked is bounded, what may be asked is not.
            if frequency:
                self._idf[term] = known
        return known

    def at(self, slot: int) -> Candidate:
        """The candidate of a slot that is filled."""
        return _filled(self._slots[slot])

    def having(self, capability: str) -> Sequence[int]:
        """The slots of a capability's patterns; none for one that is not known."""
        return self._by_capability.get(capability, ())


def _placed(
    tool: Source, slots: list[Candidate | None], free: list[int], entries: dict[str, list[tuple[int, float]]]
) -> Iterator[int]:
    """Give each pattern of a tool a slot, and note its terms."""
    for candidate, weights in candidates_of(tool):
        if free:
            slot = free.pop()
            slots[slot] = candidate
        else:
            slot = len(slots)
            slots.append(candidate)
        for term, weight in weights.items():
            entries[term].append((slot, weight / (SATURATION + weight)))
        yield slot


def _filled(candidate: Candidate | None) -> Candidate:
    if candidate is None:
        raise LookupError("there is no candidate in this slot")
    return candidate
