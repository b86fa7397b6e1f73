"""Select: enumerate, enforce policy, estimate, normalise, score, tell ambiguity. Pure: an index and a request in, a
selection out; the same for the same, whoever asks and wherever."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.definitions.vocabulary import closest
from app.selection.candidates import Candidate
from app.selection.estimates import Estimate, NoEstimate, estimate
from app.selection.index import Index
from app.selection.policy import Remark, runs_on, standing, takes_too_much
from app.selection.relevance import Asked, Match, asked, match_of, matches
from app.selection.request import Preference, SelectionRequest
from app.selection.scoring import AXES, normalised, values, weights_of
from app.selection.words import Intent, read_intent

# Of patterns asked for by capability, an intent that says nothing of one still leaves so much of its score.
LEAST_RELEVANCE = 0.25
CLOSE = 0.08


class UnknownCapability(LookupError):
    """No tool of the index has a capability of this name; `near` are those that somebody may have meant."""

    def __init__(self, name: str, near: list[str]) -> None:
        super().__init__(name)
        self.name, self.near = name, near


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate that may be used.

    Attributes:
        match: how well it matches the intent, from 0 to 1; None without an intent.
        relevance: what its merits are multiplied by, above 0 and at most 1.
        score: relevance · Σ weight · value, in [0, 1].
    """

    candidate: Candidate
    estimate: Estimate
    match: float | None
    relevance: float
    score: float


@dataclass(frozen=True, slots=True)
class Excluded:
    """A candidate that may not be used, and the rule that says so."""

    candidate: Candidate
    remark: Remark
    relevance: float


@dataclass(frozen=True, slots=True)
class Selection:
    """The answer to a request, before it is put in words.

    Attributes:
        preference: what was weighed by; None for weights of the request's own. detected: whether the intent's words
            said it.
        weights: of each axis, with a sum of 1.
        ranked: every candidate that may be used, best first. excluded: the others, the most relevant first.
        intent: what was read out of the request's words. question: how the index took them.
        unused: variables of the request that no candidate's estimate needs.
    """

    request: SelectionRequest
    preference: Preference | None
    detected: bool
    weights: Mapping[str, float]
    ranked: tuple[Ranked, ...]
    excluded: tuple[Excluded, ...]
    intent: Intent
    question: Asked
    unused: tuple[str, ...]

    @property
    def is_ambiguous(self) -> bool:
        """Whether the best two are of different tools and closer than CLOSE."""
        if len(self.ranked) < 2:
            return False
        first, second = self.ranked[:2]
        return first.candidate.tool_name != second.candidate.tool_name and first.score - second.score < CLOSE


def select(index: Index, request: SelectionRequest) -> Selection:
    """Rank an index's candidates for a request.

    Raises:
        UnknownCapability: the request names a capability that no tool has.
    """
    intent = read_intent(request.intent)
    question = asked(index, intent)
    preference = request.preference or Preference(intent.goal or Preference.BALANCED)
    weights = normalised(request.weights) if request.weights else weights_of(preference)
    factors = tuple(weights[axis] for axis in AXES)
    ranked: list[Ranked] = []
    excluded: list[Excluded] = []
    for found in _enumerated(index, request, intent, question):
        candidate = index.at(found.slot)
        judged = _judged(candidate, request)
        if isinstance(judged, Remark):
            excluded.append(Excluded(candidate, judged, found.relevance))
            continue
        # Weights of the request's own may sum to a little more than 1, by rounding.
        merits = min(1.0, sum(weight * value for weight, value in zip(factors, values(candidate, judged), strict=True)))
        match = found.match if question.groups else None
        ranked.append(Ranked(candidate, judged, match, found.relevance, found.relevance * merits))
    ranked.sort(key=lambda one: (-one.score, one.candidate.key))
    excluded.sort(key=lambda one: (-one.relevance, one.candidate.key))
    return Selection(
        request=request,
        preference=None if request.weights else preference,
        detected=request.preference is None and request.weights is None and intent.goal is not None,
        weights=weights,
        ranked=tuple(ranked),
        excluded=tuple(excluded),
        intent=intent,
        question=question,
        unused=_unused(request, ranked, excluded),
    )


def _enumerated(index: Index, request: SelectionRequest, intent: Intent, question: Asked) -> list[Match]:
    """The candidates of the capabilities asked for; else those the intent matches, on the platform asked for.

    When the intent matches nothing there that is on offer, what it matches elsewhere, to be told as excluded.
    """
    if request.capabilities:
        return _of_capabilities(index, request, intent, question)
    platform = request.platform
    if platform is None:
        return matches(index, intent, question)
    here = matches(index, intent, question, lambda candidate: runs_on(candidate, platform))
    return here or matches(index, intent, question)


def _of_capabilities(index: Index, request: SelectionRequest, intent: Intent, question: Asked) -> list[Match]:
    slots = dict.fromkeys(slot for name in request.capabilities for slot in _having(index, name))
    if not question.groups:
        return [Match(slot, 1.0, 1.0) for slot in slots]
    found = {slot: match_of(index, intent, question, slot) for slot in slots}
    best = max(found.values())
    return [
        Match(slot, match, LEAST_RELEVANCE + (1 - LEAST_RELEVANCE) * (match / best if best else 1.0))
        for slot, match in found.items()
    ]


def _having(index: Index, capability: str) -> list[int]:
    slots = list(index.having(capability))
    if not slots:
        raise UnknownCapability(capability, closest(capability, sorted(index.capabilities)))
    return slots


def _judged(candidate: Candidate, request: SelectionRequest) -> Estimate | Remark:
    """What a candidate takes, or the rule that excludes it."""
    remark = standing(candidate, request)
    if remark is not None:
        return remark
    try:
        taken = _taken(candidate, request.variables)
    except NoEstimate as refusal:
        return Remark("estimate", str(refusal))
    return takes_too_much(candidate, request, taken) or taken


def _taken(candidate: Candidate, variables: Mapping[str, float]) -> Estimate:
    """What a candidate takes; the usual, which is known already, when no variable of its own is said."""
    if candidate.usual is not None and candidate.formulas.defaults.keys().isdisjoint(variables):
        return candidate.usual
    return estimate(candidate.formulas, variables)


def _unused(request: SelectionRequest, ranked: list[Ranked], excluded: list[Excluded]) -> tuple[str, ...]:
    if not request.variables:
        return ()
    candidates = [*(one.candidate for one in ranked), *(one.candidate for one in excluded)]
    used = {name for candidate in candidates for name in candidate.formulas.defaults}
    return tuple(name for name in request.variables if name not in used)
