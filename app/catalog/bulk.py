"""One act on many tools: all of it in one transaction, or none of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from app.actor import Actor
from app.catalog.changes import change_lifecycle, hide, merge_into, to_change
from app.catalog.checks import current_definition
from app.catalog.mapping import tags_of
from app.catalog.models import Tool
from app.catalog.transaction import Recorder, change, punctual
from app.catalog.versions import all_names, latest_of
from app.errors import BadRequest, CatalogError, Conflict
from app.extensions import db
from app.permissions import Permission, require

MOST_TOOLS = 500
MOST_TAGS = 20
LONGEST_TAG = 100
TOLD = 5
"""So many of the tools that stand against an act are named in its refusal; all of them are in its members."""


class Act(StrEnum):
    """What can be done to many tools. All but DELETE can be undone."""

    ENABLE = "enable"
    DISABLE = "disable"
    DEPRECATE = "deprecate"
    ACTIVATE = "activate"
    TAG = "tag"
    UNTAG = "untag"
    DELETE = "delete"

    @property
    def told(self) -> str:
        """What was done to a tool, in words that follow its name."""
        return _TOLD[self]


_TOLD = {
    Act.ENABLE: "enabled",
    Act.DISABLE: "disabled",
    Act.DEPRECATE: "deprecated",
    Act.ACTIVATE: "active again",
    Act.TAG: "tagged",
    Act.UNTAG: "no longer tagged so",
    Act.DELETE: "deleted",
}


@dataclass(frozen=True, slots=True)
class Done:
    """What an act did.

    Attributes:
        tools: the names it changed. unchanged: those that were so already.
        first, last: the revisions it took; None when nothing changed.
    """

    act: Act
    tools: list[str]
    unchanged: list[str]
    first: int | None
    last: int | None


Step = Callable[[Recorder, Sequence[Tool]], object]


@punctual()
def apply(names: Sequence[str], act: Act, *, actor: Actor, tags: Sequence[str] = ()) -> Done:
    """Do one thing to all of these tools.

    Args:
        tags: the tags to add or remove, for TAG and UNTAG.

    Raises:
        BadRequest: no name, too many, or no tag. Conflict: some tools stand against it; `refused` says which and why.
        NotFound, Forbidden, InvalidDefinition: of a single tool.
    """
    require(actor, Permission.EDIT)
    wanted = _wanted_names(names)
    step = _step(act, _wanted_tags(tags) if act in {Act.TAG, Act.UNTAG} else [])
    refusals: list[tuple[str, CatalogError]] = []
    changed: list[str] = []
    unchanged: list[str] = []
    # No step reads what another wrote: writing before each read would send every row twice.
    with change(actor, *wanted) as recorder, db.session.no_autoflush:
        for name in wanted:
            before = recorder.count
            try:
                versions, latest = to_change(name, actor, None)
                step(recorder, versions)
            except CatalogError as refusal:
                refusals.append((name, refusal))
            else:
                (unchanged if recorder.count == before else changed).append(latest.tool_name)
        if refusals:
            raise _refusal(refusals, len(wanted))
    return Done(act, changed, unchanged, recorder.first, recorder.last)


def _wanted_names(names: Sequence[str]) -> list[str]:
    """Every name once, in their order."""
    wanted = list({name.lower(): name for name in names}.values())
    if not wanted:
        raise BadRequest("Say which tools: no name was given.", parameter="names")
    if len(wanted) > MOST_TOOLS:
        raise BadRequest(f"{len(wanted)} tools are too many at once; {MOST_TOOLS} are the most.", parameter="names")
    return wanted


def _wanted_tags(tags: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if not wanted:
        raise BadRequest("Say which tags: none was given.", parameter="tags")
    if len(wanted) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in wanted):
        raise BadRequest(f"At most {MOST_TAGS} tags at once, each of {LONGEST_TAG} characters.", parameter="tags")
    return wanted


def _step(act: Act, tags: Sequence[str]) -> Step:
    """What the act does to one tool."""
    match act:
        case Act.ENABLE | Act.DISABLE:
            return partial(_switch, wanted={"enabled": act is Act.ENABLE})
        case Act.DEPRECATE | Act.ACTIVATE:
            return partial(_set_status, status="deprecated" if act is Act.DEPRECATE else "active")
        case Act.TAG | Act.UNTAG:
            return partial(_set_tags, tags=tags, is_adding=act is Act.TAG, known=all_names())
        case Act.DELETE:
            return hide


def _switch(recorder: Recorder, versions: Sequence[Tool], *, wanted: dict[str, Any]) -> None:
    change_lifecycle(recorder, versions, latest_of(versions), wanted)


def _set_status(recorder: Recorder, versions: Sequence[Tool], *, status: str) -> None:
    latest = latest_of(versions)
    if latest.status == "draft":
        # Publishing is a decision about one definition, and there is no way back from it.
        raise Conflict(f"{latest.tool_name} is a draft: publish or delete it on its own page.")
    _switch(recorder, versions, wanted={"status": status})


def _set_tags(
    recorder: Recorder, versions: Sequence[Tool], *, tags: Sequence[str], is_adding: bool, known: Sequence[str]
) -> None:
    now = tags_of(current_definition(latest_of(versions)))
    kept = [tag for tag in now if is_adding or tag not in tags]
    then = [*kept, *(tag for tag in tags if is_adding and tag not in now)]
    if then != list(now):
        merge_into(recorder, versions, {"metadata": {"tags": then}}, known)


def _refusal(refusals: Sequence[tuple[str, CatalogError]], asked: int) -> CatalogError:
    """Why nothing was changed, naming the tools that stand against it."""
    if asked == 1:
        return refusals[0][1]
    named = ", ".join(name for name, _ in refusals[:TOLD])
    more = f" and {len(refusals) - TOLD} more" if len(refusals) > TOLD else ""
    count = f"{len(refusals)} of {asked} tools stand against it" if len(refusals) > 1 else "One tool stands against it"
    told = [{"tool_name": name, "code": error.code, "detail": error.detail} for name, error in refusals]
    detail = f"Nothing was changed. {count}: {named}{more}. {refusals[0][0]}: {refusals[0][1].detail}"
    return Conflict(detail, refused=told)
