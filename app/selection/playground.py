"""The playground: a request as somebody types it, answered with all reasons, and tried against a proposal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.actor import Actor
from app.errors import BadRequest, NotFound
from app.selection import judge, service
from app.selection.answer import Answer, answer
from app.selection.engine import Selection, UnknownCapability
from app.selection.live_index import Indexed, indexed
from app.selection.playground_form import (
    FIELDS,
    VARIABLE,
    VariableRow,
    field_of,
    sliders_of,
    sliders_typed,
    texts_in,
    typed_variables,
    variable_rows,
)
from app.selection.proposals import proposed
from app.selection.request import Explain, SelectionRequest
from app.selection.request_text import InvalidRequest, request_of, texts_of
from app.selection.scoring import AXES
from app.selection.trial import Trial, tried


@dataclass(frozen=True, slots=True)
class Gap:
    """Rules that could not be evaluated, since the request does not say what they are about.

    Attributes:
        names: of the candidates whose rules they are. about: the text that would let them be evaluated.
    """

    sentence: str
    names: tuple[str, ...]
    about: str


@dataclass(frozen=True, slots=True)
class Play:
    """What the playground shows.

    Attributes:
        fields: each field's text, as it was typed. errors: what is wrong, by field; by "" what is wrong with it all.
        request: what was asked; None when it cannot be answered, or nothing was asked yet.
        texts: the request as an address says it, with what it is tried against.
        answer: to the request; with the proposal, where there is one.
        published: the answer as published, where `answer` is not.
        judge: the model that decides for orchestrators where the answer is ambiguous; it is not asked while somebody
            types.
    """

    fields: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    request: SelectionRequest | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    answer: Answer | None = None
    published: Answer | None = None
    trial: Trial | None = None
    judge: str | None = None
    rows: Sequence[VariableRow] = ()
    sliders: Mapping[str, int] = field(default_factory=dict)
    gaps: Sequence[Gap] = ()
    capabilities: Sequence[str] = ()


def play(fields: Mapping[str, str], actor: Actor) -> Play:
    """Answer what a form, or an address, asks; what it asks wrongly is told, field by field."""
    now = indexed()
    begun = Play(fields, capabilities=sorted(now.index.capabilities))
    try:
        texts = texts_in(fields)
        against = texts.pop("against", "")
        request = request_of(texts)
    except InvalidRequest as invalid:
        return _unanswered(begun, _errors(invalid, fields))
    begun = replace(begun, request=request, texts=texts_of(request) | ({"against": against} if against else {}))
    asked = request.model_copy(update={"explain": Explain.FULL})
    if not against:
        try:
            return _answered(begun, now, service.selection(asked, now.index))
        except NotFound as unknown:
            return _unanswered(begun, {"capabilities": unknown.detail})
    try:
        proposal = proposed(against, actor)
    except (BadRequest, NotFound) as refusal:
        return _unanswered(begun, {"against": refusal.detail})
    try:
        trial = tried(asked, now, proposal)
    except UnknownCapability as unknown:
        return _unanswered(begun, {"capabilities": f"Neither the catalog nor {proposal.label} has “{unknown.name}”."})
    return _answered(begun, now, trial.after, trial)


def gaps_of(told: Answer) -> list[Gap]:
    """The rules that the request says nothing about, counted over the candidates that are told."""
    wanting: dict[str, list[str]] = {}
    for one in told["candidates"]:
        for remark in one["not_evaluated"]:
            wanting.setdefault(remark["rule"], []).append(f"{one['tool_name']}.{one['pattern_name']}")
    total = len(told["candidates"])
    return [
        Gap(
            sentence.format(whose=_whose(len(names), total), is_=_verb(names, "is"), needs=_verb(names, "needs")),
            tuple(names),
            about,
        )
        for rule, (sentence, about) in _GAPS.items()
        if (names := wanting.get(rule))
    ]


_GAPS = {
    "production_safe": ("No environment was named: {whose} {is_} not for production.", "environment"),
    "allowed_environments": ("No environment was named: {whose} {is_} for some environments only.", "environment"),
    "required_permissions": ("No permissions were named: {whose} {needs} some.", "permissions"),
}


def stacked(one: Mapping[str, dict[str, float]], relevance: float) -> list[tuple[str, float, float]]:
    """A candidate's score as parts of a bar from 0 to 100: for each axis where its part begins, and how wide it is."""
    parts: list[tuple[str, float, float]] = []
    start = 0.0
    for axis in AXES:
        width = one[axis]["contribution"] * relevance * 100
        parts.append((axis, start, width))
        start += width
    return parts


def _answered(begun: Play, now: Indexed, selection: Selection, trial: Trial | None = None) -> Play:
    told = answer(selection, now.revision)
    request = selection.request
    judging = judge.judge() if selection.is_ambiguous else None
    both = [selection] if trial is None else [trial.before, trial.after]
    return replace(
        begun,
        answer=told,
        trial=trial,
        judge=judging.model if judging else None,
        published=answer(trial.before, now.revision) if trial else None,
        rows=variable_rows(both, typed_variables(begun.fields, request), request.limit),
        sliders=sliders_of(request.weights, selection.weights),
        gaps=gaps_of(told),
    )


def _unanswered(begun: Play, errors: Mapping[str, str]) -> Play:
    rows = variable_rows([], typed_variables(begun.fields, begun.request), 0)
    return replace(begun, request=None, errors=errors, rows=rows, sliders=sliders_typed(begun.fields))


def _errors(invalid: InvalidRequest, fields: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the field that shows it. Nothing is wrong with not having asked yet."""
    told: dict[str, str] = {}
    has_asked = any(fields.get(name, "").strip() for name in ("intent", "capabilities"))
    for place, message in invalid.errors:
        name = field_of(place)
        if name in FIELDS or name.startswith(VARIABLE):
            told.setdefault(name, message)
        elif name or has_asked:
            told.setdefault("", f"{name}: {message}" if name else message)
    return told


def _whose(count: int, total: int) -> str:
    return "the only one" if total == 1 else f"all {total} of these" if count == total else f"{count} of these {total}"


def _verb(names: Sequence[str], singular: str) -> str:
    return singular if len(names) == 1 else {"is": "are", "needs": "need"}[singular]
