"""What orchestrators would choose differently, were a definition published: asked before it is.

What was asked lately and the saved cases are answered twice: from the index as it is, and as it would be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.catalog.changes import merge
from app.catalog.checks import check as findings_of
from app.catalog.checks import one_tool_in, refuse_errors, version_named
from app.catalog.history import version as stored_version
from app.catalog.live import snapshot
from app.catalog.mapping import SERVER_KEYS, Definition, Lifecycle, authored, wanted_lifecycle, whole_tool
from app.catalog.versions import no_such_tool
from app.definitions.documents import Document, document_of
from app.definitions.legacy import source_tool
from app.selection.answer import execution_mode
from app.selection.cases import Verdict, all_cases, check
from app.selection.comparison import compare
from app.selection.decisions import recent
from app.selection.engine import Selection, UnknownCapability, select
from app.selection.index import Index
from app.selection.live_index import Indexed, Proposed, indexed
from app.selection.models import SelectionCase
from app.selection.request import SelectionRequest

MOST_REPLAYED = 200
_MODES = {"immediate": "at once", "background": "in the background", "approval_required": "after a person agreed"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen for a request."""

    tool_name: str
    version: str
    capability_name: str
    pattern_name: str
    score: float
    execution_mode: str

    def __str__(self) -> str:
        return f"{self.tool_name}.{self.pattern_name}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A request that would be answered differently; how often it was asked. None: nothing can be chosen."""

    request: SelectionRequest
    times: int
    before: Choice | None
    after: Choice | None
    sentence: str


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case that would break, or hold again."""

    case: SelectionCase
    holds: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Impact:
    """What publishing a definition would come to.

    Attributes:
        replayed: how many distinct requests were asked again. asked: how often they were asked.
        changed: those that would be answered differently, the most asked first. cases: those that would, too.
        cases_checked: how many saved cases there are.
    """

    revision: int
    tool_name: str
    replayed: int
    asked: int
    changed: list[Changed]
    cases: list[CaseChange]
    cases_checked: int

    @property
    def changed_times(self) -> int:
        """How often what would be answered differently was asked."""
        return sum(one.times for one in self.changed)

    @property
    def broken(self) -> list[CaseChange]:
        """The cases that hold now, and would not."""
        return [one for one in self.cases if not one.holds]

    @property
    def blocking(self) -> list[CaseChange]:
        """Those of them that must hold."""
        return [one for one in self.broken if one.case.must_hold]

    def as_json(self) -> dict[str, Any]:
        """The impact as the JSON face tells it."""
        return {
            "revision": self.revision,
            "tool_name": self.tool_name,
            "replayed": self.replayed,
            "asked": self.asked,
            "changed_times": self.changed_times,
            "changed": [_changed_json(one) for one in self.changed],
            "cases_checked": self.cases_checked,
            "cases": [_case_json(one) for one in self.cases],
            "blocks": bool(self.blocking),
        }


def impact(definition: Mapping[str, Any] | None, tool_name: str) -> Impact:
    """What would be chosen differently, were this the latest definition of a tool; None: were the tool gone.

    Args:
        definition: in map form, with the lifecycle it would have; see `proposed` and `promoted`.
    """
    now = indexed()
    then = now.without_tool(tool_name) if definition is None else now.with_tool(Proposed(definition))
    asked = recent(MOST_REPLAYED)
    changed = [found for one in asked if (found := _compared(one.request, one.times, now, then)) is not None]
    cases = all_cases()
    return Impact(
        revision=now.revision,
        tool_name=tool_name,
        replayed=len(asked),
        asked=sum(one.times for one in asked),
        changed=changed,
        cases=list(_cases_changed(cases, now.index, then)),
        cases_checked=len(cases),
    )


def proposed(name: str, document: Document) -> Definition:
    """What a document would make of a tool: a definition with capabilities all of it, any other one is merged into it.

    Raises:
        NotFound: there is no such tool to merge it into. InvalidDefinition: it has errors.
        BadRequest: it holds none, or several.
    """
    source, current = one_tool_in(document), snapshot().tool(name)
    known = None if current is None else {k: v for k, v in current.whole().items() if k not in SERVER_KEYS}
    if "capabilities" not in source.definition:
        if known is None:
            raise no_such_tool(name, snapshot().names)
        patch = {key: value for key, value in document.data.items() if key not in SERVER_KEYS}
        document = document_of(merge(known, patch))
        source = one_tool_in(document)
    if known is not None:
        name = known["tool_name"]
    definition = {**authored(source.definition), "tool_name": name}
    findings = findings_of(source_tool(definition), document, snapshot().names)
    refuse_errors("active", findings)
    usual = Lifecycle(known["status"], known["enabled"], known["owner"]) if known else Lifecycle("active", True, None)
    return _living(definition, wanted_lifecycle(definition, usual), version_named(definition) or "")


def promoted(name: str, number: str) -> Definition:
    """What promoting a version would make of a tool.

    Raises:
        NotFound: there is no such version.
    """
    latest, wanted = stored_version(name, None), stored_version(name, number)
    definition = {key: value for key, value in whole_tool(wanted).items() if key not in SERVER_KEYS}
    return _living(definition, Lifecycle(wanted.status, latest.enabled, latest.owner), number)


def _living(definition: Definition, lifecycle: Lifecycle, version: str) -> Definition:
    """A definition with the lifecycle and the number it would have, were it published."""
    status = "active" if lifecycle.status == "draft" else lifecycle.status
    return {**definition, "version": version, "status": status, "enabled": lifecycle.enabled}


def _compared(request: SelectionRequest, times: int, now: Indexed, then: Index) -> Changed | None:
    """A request answered from both; None when the same is chosen, to be run in the same way."""
    before, after = _selected(request, now.index), _selected(request, then)
    first, second = _choice(before), _choice(after)
    if _what_counts(first) == _what_counts(second):
        return None
    return Changed(request, times, first, second, _sentence(before, after, first, second))


def _selected(request: SelectionRequest, index: Index) -> Selection | None:
    try:
        return select(index, request)
    except UnknownCapability:
        return None


def _choice(selection: Selection | None) -> Choice | None:
    if selection is None or not selection.ranked:
        return None
    first = selection.ranked[0]
    candidate = first.candidate
    names = (candidate.tool_name, candidate.version, candidate.capability_name, candidate.pattern_name)
    return Choice(*names, first.score, execution_mode(first))


def _what_counts(choice: Choice | None) -> tuple[str, str] | None:
    return None if choice is None else (str(choice), choice.execution_mode)


def _sentence(before: Selection | None, after: Selection | None, first: Choice | None, second: Choice | None) -> str:
    """What would be chosen in place of what is chosen now, and why."""
    if after is None:
        return f"Nothing may be used any more, in place of {first}: no tool has the capability that is asked for."
    if before is None:
        return f"{second} comes first, where no tool had the capability that is asked for."
    if first is not None and second is not None and str(first) == str(second):
        return f"{first} runs {_MODES[second.execution_mode]}, no longer {_MODES[first.execution_mode]}."
    return compare(before, after).sentence


def _cases_changed(cases: Iterable[SelectionCase], now: Index, then: Index) -> Iterable[CaseChange]:
    """The cases whose verdict is another one; those that break first."""
    verdicts = [(case, check(case, now), check(case, then)) for case in cases]
    found = [CaseChange(case, after.holds, after) for case, before, after in verdicts if before.holds != after.holds]
    return sorted(found, key=lambda one: (one.holds, not one.case.must_hold))


def _changed_json(one: Changed) -> dict[str, Any]:
    return {
        "request": one.request.model_dump(mode="json", exclude_defaults=True),
        "times": one.times,
        "before": one.before,
        "after": one.after,
        "sentence": one.sentence,
    }


def _case_json(one: CaseChange) -> dict[str, Any]:
    return {
        "name": one.case.name,
        "expected": {"tool_name": one.case.tool_name, "pattern_name": one.case.pattern_name},
        "must_hold": one.case.must_hold,
        "holds": one.holds,
        "first": one.verdict.first,
        "sentence": one.verdict.sentence,
    }
