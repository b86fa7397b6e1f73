"""Selecting from the catalog as it is now: what every face calls."""

from collections.abc import Sequence
from dataclasses import replace

from app.errors import NotFound
from app.selection import judge
from app.selection.answer import Answer, answer
from app.selection.decisions import decision_log
from app.selection.engine import Selection, UnknownCapability, select
from app.selection.index import Index
from app.selection.judge import Verdict
from app.selection.live_index import Indexed, indexed
from app.selection.request import SelectionRequest

MOST_REQUESTS = 100


def choose(request: SelectionRequest) -> Answer:
    """Answer a request from the current snapshot, and keep it in the decision log. See `try_out`.

    Raises:
        NotFound: it names a capability that no tool has; says which are near.
    """
    return _kept(request, try_out(request))


def try_out(request: SelectionRequest) -> Answer:
    """Answer a request of somebody who only tries it out: nothing of it is kept. An ambiguous one the judge decides.

    Raises:
        NotFound: as `choose`.
    """
    now = indexed()
    chosen, verdict = _judged(selection(request, now.index), now)
    return {**answer(chosen, now.revision), "judge": verdict.as_json() if verdict else None}


def choose_all(requests: Sequence[SelectionRequest]) -> list[Answer]:
    """Answer requests, at most MOST_REQUESTS, all from one snapshot. The judge is not asked.

    Raises:
        NotFound: as `choose`, for the first that names such a capability.
    """
    now = indexed()
    answers = [{**answer(selection(request, now.index), now.revision), "judge": None} for request in requests]
    return [_kept(request, told) for request, told in zip(requests, answers, strict=True)]


def selection(request: SelectionRequest, index: Index) -> Selection:
    """Rank an index's candidates.

    Raises:
        NotFound: as `choose`.
    """
    try:
        return select(index, request)
    except UnknownCapability as unknown:
        near = f" Did you mean {', '.join(unknown.near)}?" if unknown.near else ""
        raise NotFound(f"No tool has the capability “{unknown.name}”.{near}", near=unknown.near) from None


def _judged(found: Selection, now: Indexed) -> tuple[Selection, Verdict | None]:
    """A selection as the judge has it, when there is one and the selection is ambiguous.

    A verdict is kept as long as the snapshot: the same question at the same revision has the same answer.
    """
    judging = judge.judge()
    if judging is None or not found.is_ambiguous:
        return found, None
    key = ("judged", found.request.model_dump_json(exclude={"limit", "explain"}))
    verdict: Verdict | None = now.snapshot.remembered(key)
    if verdict is None:
        verdict = judging.decide(found)
        if verdict.error is None:
            now.snapshot.memo(key, lambda: verdict)
    if verdict.changed:
        first, second, *others = found.ranked
        found = replace(found, ranked=(second, first, *others))
    return found, verdict


def _kept(request: SelectionRequest, told: Answer) -> Answer:
    decision_log().note(request, told)
    return told
