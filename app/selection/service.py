"""Selecting from the catalog as it is now: what every face calls."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from app.errors import NotFound
from app.selection import judge
from app.selection.answer import Answer, answer, name_of
from app.selection.decisions import Decision, decision_log, decision_of
from app.selection.engine import Selection, UnknownCapability, select
from app.selection.index import Index
from app.selection.judge import Verdict
from app.selection.live_index import Indexed, indexed
from app.selection.request import SelectionRequest

MOST_REQUESTS = 100


def choose(request: SelectionRequest) -> bytes:
    """Answer a request from the current snapshot, as JSON, and note that in the decision log. See `try_out`.

    The snapshot remembers its answers: of what orchestrators ask, most was asked before.

    Raises:
        NotFound: it names a capability that no tool has; says which are near.
    """
    now = indexed()
    key = ("selected", request.model_dump_json(exclude_defaults=True))
    remembered: tuple[bytes, Decision] | None = now.snapshot.remembered(key)
    if remembered is None:
        told = try_out(request)
        made = orjson.dumps(told), decision_of(request, told)
        # A judge that did not answer may do so the next time.
        is_final = told["judge"] is None or told["judge"]["error"] is None
        remembered = now.snapshot.memo(key, lambda: made) if is_final and told["revision"] == now.revision else made
    body, decision = remembered
    decision_log().note(decision)
    return body


def try_out(request: SelectionRequest) -> Answer:
    """Answer a request of somebody who only tries it out: nothing of it is kept. An ambiguous one the judge decides.

    Raises:
        NotFound: as `choose`.
    """
    now = indexed()
    chosen, verdict = _judged(selection(request, now.index), now)
    told = answer(chosen, now.revision)
    if verdict is not None and verdict.chosen is not None:
        other = name_of(chosen.ranked[1])
        told["because"] = f"{verdict.chosen} is first: the judge chose it over {other}. {verdict.reason}".strip()
    return {**told, "judge": verdict.as_json() if verdict else None}


def choose_all(requests: Sequence[SelectionRequest]) -> list[Answer]:
    """Answer requests, at most MOST_REQUESTS, all from one snapshot. The judge is not asked.

    Raises:
        NotFound: as `choose`, for the first that names such a capability.
    """
    now = indexed()
    answers = [{**answer(selection(request, now.index), now.revision), "judge": None} for request in requests]
    for request, told in zip(requests, answers, strict=True):
        decision_log().note(decision_of(request, told))
    return answers


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
