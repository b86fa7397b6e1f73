"""Taking a change back: every tool it changed becomes what it was before, as long as nobody changed it since.

The audit log knows what each change found. What was created, deleted, published or handed over is not taken back here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import func, select

from app.actor import Actor
from app.catalog.changes import change_lifecycle, moved_latest, to_change
from app.catalog.models import AuditEntry, Tool
from app.catalog.transaction import Recorder, change, punctual
from app.catalog.versions import latest_of, make_latest, version_of
from app.errors import BadRequest, CatalogError, Conflict, Forbidden, NotFound
from app.extensions import db
from app.permissions import Permission, require

MOST_REVISIONS = 1_000
LIFECYCLE = {"enabled", "disabled", "status_changed"}


@dataclass(frozen=True, slots=True)
class Left:
    """A tool that was left as it is, and why."""

    tool_name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking a change back did; `first` and `last` are its own revisions, so that it can be taken back too."""

    tools: list[str]
    left: list[Left]
    first: int | None
    last: int | None


@dataclass(slots=True)
class _Before:
    """What a tool was before: its latest version where another became it, and its lifecycle where that changed."""

    version: str | None = None
    lifecycle: dict[str, Any] = field(default_factory=dict)


@punctual()
def undo(first: int, last: int, *, actor: Actor) -> Undone:
    """Take back what the changes with these revisions did.

    Raises:
        BadRequest: the revisions are none. NotFound: no change of a tool has them.
        Conflict: every tool has to be left as it is; `left` says why. Forbidden: none of them is the actor's.
    """
    require(actor, Permission.EDIT)
    if not 0 < first <= last < first + MOST_REVISIONS:
        raise BadRequest(f"first and last are revisions, of at most {MOST_REVISIONS} changes.")
    by_tool = _entries(first, last)
    if not by_tool:
        raise NotFound(f"No tool was changed at the revisions {first} to {last}.")
    reason = actor.reason or (f"Undo of revision {first}" if first == last else f"Undo of revisions {first} to {last}")
    restored, left = [], []
    refusals: list[CatalogError] = []
    # No step reads what another wrote: writing before each read would send every row twice.
    with change(replace(actor, reason=reason), *by_tool) as recorder, db.session.no_autoflush:
        since = _changed_since(last, list(by_tool))
        for name, entries in by_tool.items():
            try:
                restored.append(_restore(recorder, name, entries, since.get(name)))
            except CatalogError as refusal:
                refusals.append(refusal)
                left.append(Left(str(entries[-1].tool_name), refusal.detail))
        if not restored:
            raise _refusal(refusals, left)
    return Undone(restored, left, recorder.first, recorder.last)


def _entries(first: int, last: int) -> dict[str, list[AuditEntry]]:
    """What was changed at these revisions: key of the tool → its entries, oldest first."""
    query = select(AuditEntry).where(AuditEntry.revision.between(first, last), AuditEntry.tool_name.is_not(None))
    by_tool: dict[str, list[AuditEntry]] = defaultdict(list)
    for entry in db.session.scalars(query.order_by(AuditEntry.revision)):
        by_tool[str(entry.tool_name).lower()].append(entry)
    return by_tool


def _changed_since(last: int, names: Sequence[str]) -> dict[str, str]:
    """Who changed which of these tools after a revision."""
    name = func.lower(AuditEntry.tool_name)
    later = select(name, AuditEntry.changed_by).where(name.in_(names), AuditEntry.revision > last)
    return {row[0]: row[1] for row in db.session.execute(later.order_by(AuditEntry.revision))}


def _restore(recorder: Recorder, name: str, entries: Sequence[AuditEntry], changed_by: str | None) -> str:
    """Make one tool what it was before; everything that could stand against it is looked at first."""
    if changed_by is not None:
        raise Conflict(f"{entries[-1].tool_name} was changed since, by {changed_by}.")
    versions, now = to_change(name, recorder.actor, None)
    before = _before(versions, entries)
    then = now if before.version is None else version_of(versions, before.version)
    if "draft" in {then.status, before.lifecycle.get("status")} and now.status != "draft":
        raise Conflict(f"{now.tool_name} was published; that is not taken back.")
    if then is not now:
        make_latest(then, now)
        then.enabled, then.owner = now.enabled, now.owner
        recorder.record(then, "promoted", moved_latest(now, then), touched=(now,))
    change_lifecycle(recorder, versions, then, before.lifecycle)
    return now.tool_name


def _before(versions: Sequence[Tool], entries: Sequence[AuditEntry]) -> _Before:
    """What the tool was before the oldest of these entries."""
    before = _Before()
    latest = latest_of(versions)
    for entry in reversed(entries):
        changes = _changes(entry)
        if entry.action in LIFECYCLE and entry.version == latest.version:
            before.lifecycle |= {key: changes[key] for key in ("enabled", "status") if key in changes}
        elif entry.action == "updated" and entry.version == latest.version:
            before.version = _parent(versions, entry)
        elif entry.action == "promoted" and "latest" in changes:
            before.version = changes["latest"]
        else:
            raise Conflict(f"{entry.tool_name} was {entry.action.replace('_', ' ')}; that is not taken back.")
        if "enabled" in changes:
            before.lifecycle["enabled"] = changes["enabled"]
    return before


def _changes(entry: AuditEntry) -> Mapping[str, Any]:
    """Top-level key → what stood there before."""
    found = [change for change in entry.changes if isinstance(change, dict)]
    return {change["path"].removeprefix("/"): change["before"] for change in found}


def _parent(versions: Sequence[Tool], entry: AuditEntry) -> str:
    """The version a version was made from."""
    parent = next((one.parent_version_id for one in versions if one.id == entry.tool_id), None)
    number = next((one.version for one in versions if one.id == parent), None)
    if number is None:
        raise Conflict(f"The version before {entry.version} of {entry.tool_name} is no longer there.")
    return number


def _refusal(refusals: Sequence[CatalogError], left: Sequence[Left]) -> CatalogError:
    if len(refusals) == 1:
        return refusals[0]
    told = [{"tool_name": one.tool_name, "detail": one.detail} for one in left]
    if all(isinstance(refusal, Forbidden) for refusal in refusals):
        return Forbidden(refusals[0].detail, left=told)
    return Conflict(f"Nothing was taken back: {len(left)} tools were left as they are. {left[0].detail}", left=told)
