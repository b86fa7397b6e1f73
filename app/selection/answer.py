"""The answer: a selection in the words and shape of the JSON face, with as many reasons as were asked for."""

from collections.abc import Mapping
from typing import Any

from app.quantities import compact, duration
from app.selection.ambiguity import question_of, raw, widest
from app.selection.engine import Excluded, Ranked, Selection
from app.selection.policy import background, not_evaluated
from app.selection.request import Explain
from app.selection.scoring import AXES, features
from app.selection.words import like, stem, words_of

INTERACTIVE_MS, BATCH_MS = 1_000, 10_000
# Scores are told to a millionth: what is finer is noise of floating point, and differs between machines.
DIGITS = 6

Answer = dict[str, Any]

_BETTER = {
    "time": "quicker",
    "cost": "cheaper",
    "complexity": "simpler",
    "accuracy": "more exact",
    "completeness": "more complete",
}


def answer(selection: Selection, revision: int) -> Answer:
    """Tell a selection, made of the snapshot at a revision."""
    request = selection.request
    told = selection.ranked[: request.limit]
    is_reasoned = request.explain is not Explain.NONE
    return {
        "revision": revision,
        "preference": selection.preference.value if selection.preference else None,
        "preference_detected": selection.detected,
        "weights": {axis: round(weight, DIGITS) for axis, weight in selection.weights.items()},
        "total": len(selection.ranked),
        "candidates": [_candidate(selection, rank, one) for rank, one in enumerate(told, 1)],
        "excluded": [_excluded(one) for one in selection.excluded] if is_reasoned or not told else [],
        "excluded_total": len(selection.excluded),
        "ambiguous": selection.is_ambiguous,
        "question": question_of(selection),
        "because": because(selection),
        "read_as": _read_as(selection),
        "not_understood": [selection.intent.words.get(term, term) for term in selection.question.unknown],
        "unused_variables": list(selection.unused),
    }


def execution_mode(one: Ranked) -> str:
    """How a candidate would run: `approval_required` before it is `background` before it is `immediate`."""
    if one.candidate.rules.requires_approval:
        return "approval_required"
    return "background" if background(one.candidate, one.estimate) else "immediate"


def sla_class(milliseconds: float) -> str:
    """How soon an answer is to be expected: below 1 s `interactive`, below 10 s `batch`, else `background`."""
    if milliseconds < INTERACTIVE_MS:
        return "interactive"
    return "batch" if milliseconds < BATCH_MS else "background"


def because(selection: Selection) -> str:
    """Why the first candidate is the first, in a sentence; why there is none, where there is none."""
    if not selection.ranked:
        return _why_none(selection)
    first = selection.ranked[0]
    reasons = [part for part in (_matched_words(selection, first), _merits(selection, first)) if part]
    why = f": it {' and '.join(reasons)}" if reasons else ", though nothing speaks for it"
    sentence = f"{name_of(first)} is first{why}"
    if len(selection.ranked) > 1:
        sentence += f"; {_behind(selection, first, selection.ranked[1])}"
    approval = " A person has to agree before it is used." if first.candidate.rules.requires_approval else ""
    return f"{sentence}.{approval}"


def name_of(one: Ranked | Excluded) -> str:
    """What a candidate is called: `tool.pattern`."""
    return f"{one.candidate.tool_name}.{one.candidate.pattern_name}"


def matched(selection: Selection, one: Ranked) -> list[str]:
    """The words of the intent that a candidate has, or has the like of, as they were said."""
    terms = frozenset(one.candidate.terms)
    heads = {selection.question.mended.get(term, term): term for term in selection.intent.terms}
    return [
        selection.intent.words.get(said, said)
        for head, said in heads.items()
        if head in terms or not terms.isdisjoint(like(head))
    ]


def _candidate(selection: Selection, rank: int, one: Ranked) -> Answer:
    candidate, taken = one.candidate, one.estimate
    told: Answer = {
        "rank": rank,
        "tool_name": candidate.tool_name,
        "version": candidate.version,
        "capability_name": candidate.capability_name,
        "pattern_name": candidate.pattern_name,
        "description": candidate.description,
        "platform": candidate.platform,
        "score": round(one.score, DIGITS),
        "estimated_time_ms": taken.time_ms,
        "estimated_cost": taken.cost,
        "execution_mode": execution_mode(one),
        "sla_class": sla_class(taken.time_ms),
    }
    if selection.request.explain is Explain.NONE:
        return told
    in_background = background(candidate, taken)
    told |= {
        "relevance": round(one.relevance, DIGITS),
        "match": None if one.match is None else round(one.match, DIGITS),
        "requires_approval": candidate.rules.requires_approval,
        "background": _remark(in_background) if in_background else None,
        "variables": {
            name: {"value": value, "source": "default" if name in taken.defaulted else "request"}
            for name, value in taken.values.items()
        },
    }
    if selection.request.explain is Explain.FULL:
        told |= {
            "features": {axis: _rounded(one) for axis, one in features(candidate, taken, selection.weights).items()},
            "matched": matched(selection, one),
            "not_evaluated": [_remark(rule) for rule in not_evaluated(candidate, selection.request)],
        }
    return told


def _rounded(feature: Any) -> Answer:
    return {
        "raw": feature.raw,
        "value": round(feature.value, DIGITS),
        "weight": round(feature.weight, DIGITS),
        "contribution": round(feature.contribution, DIGITS),
    }


def _remark(remark: Any) -> Answer:
    return {"rule": remark.rule, "detail": remark.detail}


def _excluded(one: Excluded) -> Answer:
    candidate = one.candidate
    return {
        "tool_name": candidate.tool_name,
        "version": candidate.version,
        "capability_name": candidate.capability_name,
        "pattern_name": candidate.pattern_name,
        "description": candidate.description,
        "platform": candidate.platform,
        "relevance": round(one.relevance, DIGITS),
        **_remark(one.remark),
    }


def _read_as(selection: Selection) -> Mapping[str, str]:
    """Words that were taken for others, since no pattern knows them as they were said."""
    spoken = _spoken(selection)
    mended = selection.question.mended.items()
    return {selection.intent.words.get(said, said): spoken.get(meant, meant) for said, meant in mended}


def _spoken(selection: Selection) -> Mapping[str, str]:
    """Words by their stems, of what the first candidates say of themselves: nobody writes in stems."""
    told = [one.candidate for one in selection.ranked[:3]] + [one.candidate for one in selection.excluded[:3]]
    words = (word for one in told for word in words_of(f"{one.pattern_name} {one.description} {one.capability_name}"))
    return {stem(word): word for word in reversed([*words])}


def _matched_words(selection: Selection, one: Ranked) -> str:
    words = matched(selection, one) if selection.question.groups else []
    return f"matches “{' '.join(words)}”" if words else ""


def _merits(selection: Selection, one: Ranked) -> str:
    """What its score is made of mostly: the two greatest contributions; empty when there is none."""
    parts = features(one.candidate, one.estimate, selection.weights)
    best = sorted((axis for axis in AXES if parts[axis].contribution), key=lambda axis: -parts[axis].contribution)[:2]
    return f"is {' and '.join(_merit(axis, parts[axis].raw) for axis in best)}" if best else ""


def _merit(axis: str, value: float) -> str:
    words = {
        "time": f"quick ({duration(value)})",
        "cost": f"cheap ({compact(value)})",
        "complexity": f"simple (complexity {compact(value)})",
        "accuracy": f"accurate ({compact(value)})",
        "completeness": f"complete ({compact(value)})",
    }
    return words[axis]


def _behind(selection: Selection, first: Ranked, second: Ranked) -> str:
    """How far the second is behind, and what it lacks most."""
    if second.score > first.score:
        # Somebody else than the score has put it second: the judge.
        return f"by score {name_of(second)} is {_gap(second, first)} ahead"
    behind = f"{name_of(second)} is {_gap(first, second)} behind"
    axis, difference = widest(selection, first, second)
    by_relevance = (first.relevance - second.relevance) * second.score / second.relevance
    if difference == by_relevance == 0:
        return f"{name_of(second)} is as good"
    if by_relevance >= difference:
        return f"{behind}, matching less well"
    is_better = _is_better(axis, second, first)
    return f"{behind}, though {_BETTER[axis]}" if is_better else f"{behind}, being less {_LESS[axis]}"


def _gap(better: Ranked, other: Ranked) -> str:
    gap = compact(better.score - other.score)
    return "less than 0.01" if gap == "0" else gap


_LESS = {"time": "quick", "cost": "cheap", "complexity": "simple", "accuracy": "exact", "completeness": "complete"}


def _is_better(axis: str, one: Ranked, other: Ranked) -> bool:
    difference = raw(axis, one) - raw(axis, other)
    return difference < 0 if axis in {"time", "cost", "complexity"} else difference > 0


def _why_none(selection: Selection) -> str:
    if not selection.excluded:
        said = ", ".join(selection.intent.words.get(term, term) for term in selection.question.unknown)
        return f"Nothing matches: no pattern knows {said or 'any of these words'}."
    first = selection.excluded[0]
    return f"Nothing may be used. {name_of(first)} comes nearest. {first.remark.detail}."
