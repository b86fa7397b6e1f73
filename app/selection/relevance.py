"""Relevance: how well patterns match an intent, from 0 to 1.

Field-weighted BM25 (Robertson and Zaragoza 2009, 3.6) over stems, where words of like meaning stand in for one another,
and a verb that means another kind of act counts against a pattern: *restart* is not *status*, and *start* not *stop*.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from app.selection.candidates import Candidate
from app.selection.index import Index
from app.selection.thesaurus import NEAR, OPPOSITES, Act
from app.selection.words import Intent, like, stem

# A word of like meaning tells less than the word itself.
STANDS_IN = 0.6
# What acts do to a match: a near one; none that the pattern says; another; the very opposite; a look or not a look.
ACT_NEAR, ACT_UNSAID, ACT_DIFFERS, ACT_OPPOSED, ACT_NOT_A_LOOK = 0.95, 0.85, 0.6, 0.35, 0.65
# What a tool's own name tells, beside 1 for a word of the intent.
NAMED = 0.5
# Relevance multiplies a sum of other merits: only when it falls steeply does what was asked for come first.
STEEPNESS = 3.0
# The most patterns that are looked at further; less relevant ones could not come near.
MOST_CONSIDERED = 40
MOST_JUDGED = 3 * MOST_CONSIDERED
# How much of a match is left when the intent says nothing of what the pattern's name says.
UNNAMED = 0.7
# How much is left when the intent speaks of Windows and the tool is for Linux, or the other way round.
ELSEWHERE = 0.5
# A match that tells less than so much of the best is about something else.
LEAST_SHARE = 0.2
SHORTEST_MENDED = 5


@dataclass(frozen=True, slots=True)
class Match:
    """How a pattern matches an intent.

    Attributes:
        slot: of the candidate in the index.
        match: which share of what the intent's words could tell is told by this pattern, its verb considered; below 1.
        relevance: (match / best match on offer) ** STEEPNESS, above 0 and at most 1.
    """

    slot: int
    match: float
    relevance: float


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent in the words of an index.

    Attributes:
        groups: for each of its terms: the terms that tell of it in the index, with how much each does (weight × idf).
        most: what a pattern would score that had all of it.
        mended: misspelt terms, and what each was read as.
        unknown: terms that no pattern knows.
    """

    groups: tuple[tuple[str, Mapping[str, float]], ...]
    most: float
    mended: Mapping[str, str]
    unknown: tuple[str, ...]


def asked(index: Index, intent: Intent) -> Asked:
    """Look up an intent's terms in an index; one that it lacks is read as one a slip of the finger away, if any."""
    groups: list[tuple[str, Mapping[str, float]]] = []
    mended: dict[str, str] = {}
    unknown: list[str] = []
    most = 0.0
    for term in intent.terms:
        known = term
        group = _group(index, term)
        if not group and (guess := _mended(index, term)) is not None:
            known = mended[term] = guess
            group = _group(index, guess)
        if group:
            groups.append((known, group))
            most += max(group.values())
        else:
            unknown.append(term)
    for beside in (*_suggested(index, intent), *_called(index, intent)):
        groups.append((next(iter(beside)), beside))
        most += max(beside.values())
    return Asked(tuple(groups), most, mended, tuple(unknown))


def matches(
    index: Index, intent: Intent, question: Asked, keep: Callable[[Candidate], bool] | None = None
) -> list[Match]:
    """The patterns that match best, at most MOST_CONSIDERED, best first; equals in the order of their names.

    Args:
        keep: which of them count; None: all.
    """
    told: dict[int, float] = defaultdict(float)
    for _, group in question.groups:
        for slot, most in _told(index, group):
            told[slot] += most
    kept = told if keep is None else {slot: score for slot, score in told.items() if keep(index.at(slot))}
    # Whatever its verb, a pattern below these cannot come among those considered.
    least = min(heapq.nlargest(MOST_JUDGED, kept.values()), default=0.0)
    said = _said(question)
    judged = [
        (score / question.most * fitness(index, intent, said, candidate), candidate.key, slot)
        for slot, score in kept.items()
        if score >= least and (candidate := index.at(slot))
    ]
    judged.sort(key=lambda one: (-one[0], one[1]))
    # What nobody may choose must not make less of what is on offer.
    offered = (match for match, _, slot in judged if index.at(slot).off is None)
    best = next(offered, judged[0][0] if judged else 0.0)
    return [
        Match(slot, match, min(match / best, 1.0) ** STEEPNESS)
        for match, _, slot in judged[:MOST_CONSIDERED]
        if match >= LEAST_SHARE * best
    ]


def match_of(index: Index, intent: Intent, question: Asked, slot: int) -> float:
    """How well one pattern matches; 0 when it has none of the terms."""
    told = 0.0
    for _, group in question.groups:
        told += next((score for found, score in _told(index, group) if found == slot), 0.0)
    return told / question.most * fitness(index, intent, _said(question), index.at(slot)) if question.most else 0.0


def fitness(index: Index, intent: Intent, said: Set[str], candidate: Candidate) -> float:
    """How far a pattern is what is meant, beyond having the words, from 0 to 1.

    Its verb agrees; its name says little that was not asked for (a *reverse* lookup is not just a lookup); and it is
    not for the other platform than the one the intent speaks of.

    Args:
        said: the terms of the intent, and those that stand for them.
    """
    fit = agreement(intent.act, candidate.act) * (UNNAMED + (1 - UNNAMED) * _named(index, said, candidate))
    apart = intent.platform is not None and {intent.platform, candidate.platform} == {"linux", "windows"}
    return fit * ELSEWHERE if apart else fit


def _named(index: Index, said: Set[str], candidate: Candidate) -> float:
    """Which share of what a pattern's name tells was asked for: Σ idf of its terms that were said / Σ idf of all."""
    told = whole = 0.0
    for term in candidate.name_terms:
        idf = index.idf(term)
        whole += idf
        if term in said:
            told += idf
    return told / whole if whole else 1.0


def _said(question: Asked) -> Set[str]:
    return {term for _, group in question.groups for term in group}


def agreement(wanted: Act | None, offered: Act | None) -> float:
    """How far what a pattern does agrees with what is wanted, from 0 to 1; 1 when nothing particular is wanted."""
    if wanted is None or wanted is offered:
        return 1.0
    if offered is None:
        return ACT_UNSAID
    both = frozenset((wanted, offered))
    if both in NEAR:
        return ACT_NEAR
    if both in OPPOSITES:
        return ACT_OPPOSED
    return ACT_NOT_A_LOOK if Act.LOOK in {wanted, offered} else ACT_DIFFERS


def _group(index: Index, term: str) -> dict[str, float]:
    """The terms that tell of this one, each with weight × idf; empty when the index has neither it nor its like."""
    found = {other: STANDS_IN * idf for other in like(term) if (idf := index.idf(other))}
    if own := index.idf(term):
        found[term] = own
        # A rare word of like meaning must not tell more than the word itself.
        return {other: min(score, own if other == term else STANDS_IN * own) for other, score in found.items()}
    return found


def _suggested(index: Index, intent: Intent) -> Iterator[Mapping[str, float]]:
    """What the names in an intent suggest: a path, an address, a kind of file."""
    for term, weight in intent.hints.items():
        group = {other: weight * told for other, told in _group(index, term).items()}
        if group:
            yield group


def _called(index: Index, intent: Intent) -> Iterator[Mapping[str, float]]:
    """The tools that an intent calls by their names; a name that is a common word (*last*, *free*) tells less."""
    for name in intent.names:
        own = index.idf(f"={name}")
        if own:
            yield {f"={name}": NAMED * (index.idf(stem(name)) or own)}


def _told(index: Index, group: Mapping[str, float]) -> Iterator[tuple[int, float]]:
    """What each pattern tells of one term of the intent: the best of what the group's terms tell."""
    best: dict[int, float] = {}
    for term, weight in group.items():
        posting = index.posting(term)
        if posting is None:
            continue
        scores = {slot: weight * told for slot, told in zip(posting.slots, posting.told, strict=True)}
        if best:
            for slot in scores.keys() & best.keys():
                scores[slot] = max(scores[slot], best[slot])
        best |= scores
    return iter(best.items())


def _mended(index: Index, term: str) -> str | None:
    """The known term that is one slip away — two, in long ones — and begins alike; None when there is none."""
    if len(term) < SHORTEST_MENDED or not term.isalpha():
        return None
    slips = 1 if len(term) < 2 * SHORTEST_MENDED else 2
    alike = [
        (distance, known)
        for known in index.terms
        if known[0] == term[0] and (distance := OSA.distance(term, known, score_cutoff=slips)) <= slips
    ]
    return min(alike)[1] if alike else None
