"""Every change to one tool: one function, one transaction — validated, written, audited, numbered and announced.

Importing many definitions at once is in `imports.py`; what such a transaction consists of is in `transaction.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.actor import Actor
from app.catalog.checks import (
    check,
    check_basis,
    current_definition,
    name_taken,
    one_tool_in,
    refuse_errors,
    stored_source,
    usable_name,
    version_named,
)
from app.catalog.mapping import LIFECYCLE_KEYS, SERVER_KEYS, Lifecycle, authored, row_of, wanted_lifecycle
from app.catalog.models import Tool
from app.catalog.owners import check_named_owner, check_owner, owner_when_made
from app.catalog.transaction import Recorder, change, punctual
from app.catalog.versions import (
    FIRST_VERSION,
    known_versions,
    latest_of,
    make_latest,
    newest,
    next_number,
    version_of,
    versions_of,
)
from app.definitions.diff import Change, diff
from app.definitions.documents import Document, document_of
from app.definitions.findings import Finding, Severity, has_errors
from app.definitions.legacy import SourceTool, source_tool
from app.definitions.vocabulary import STATUSES
from app.errors import BadRequest, Conflict, InvalidDefinition
from app.extensions import db
from app.permissions import Permission, require


@punctual()
def create_tool(document: Document, *, actor: Actor) -> Tool:
    """Store a new tool. A definition that says ``status: draft`` may have errors, any other may not.

    Raises:
        InvalidDefinition: the definition has errors, or no usable name.
        Conflict: a tool of that name exists. Forbidden: the actor may not create it, or not for that owner.
    """
    require(actor, Permission.CREATE)
    source = one_tool_in(document)
    findings = check(source, document)
    name = usable_name(source, findings)
    lifecycle = wanted_lifecycle(source.definition, Lifecycle("active", True, owner_when_made(actor)))
    refuse_errors(lifecycle.status, findings)
    check_owner(actor, lifecycle.owner)
    with change(actor, name) as recorder:
        if existing := versions_of(name):
            raise name_taken(latest_of(existing), source.definition)
        stored = source_tool(authored(source.document))
        tool = row_of(stored, name, version_named(source.definition) or FIRST_VERSION)
        set_lifecycle(tool, lifecycle)
        return add_version(recorder, tool, [])


def put_tool(name: str, document: Document, *, actor: Actor, based_on: str | None = None) -> Tool:
    """Make a new version out of a whole definition, or merge one without capabilities into the latest.

    Args:
        based_on: entity tag of the version the change was made from; None: not checked.

    Raises:
        NotFound: no such tool. Forbidden: it is not the actor's. StaleChange: `based_on` is no longer the latest.
        InvalidDefinition: the definition has errors. Conflict: its version number was used before.
    """
    source = one_tool_in(document)
    if "capabilities" not in source.definition:
        return merge_tool(name, document.data, actor=actor, based_on=based_on)
    if source.name is None and "tool_name" not in document.data:
        # The address names the tool already.
        document = replace(document, data={"tool_name": name, **document.data})
        source = one_tool_in(document)
    with change(actor, name) as recorder:
        versions, latest = to_change(name, actor, based_on)
        # Lifecycle is beside the versions: it goes on as it was, unless the definition says otherwise. A whole
        # definition ends a draft, though: whoever wants one says so.
        status = "active" if latest.status == "draft" else latest.status
        lifecycle = wanted_lifecycle(source.definition, replace(lifecycle_of(latest), status=status))
        return _new_version(recorder, versions, source, document, lifecycle)


def merge_tool(name: str, patch: Mapping[str, Any], *, actor: Actor, based_on: str | None = None) -> Tool:
    """Merge a patch (RFC 7396) into the latest definition, as a new version.

    A patch of nothing but `status`, `enabled` and `owner` is lifecycle: it changes the latest version and makes no new
    one.
    A patch that changes nothing makes no version either.

    Raises: as `put_tool`.
    """
    with change(actor, name) as recorder:
        return merge_into(recorder, to_change(name, actor, based_on)[0], patch)


def set_enabled(name: str, enabled: bool, *, actor: Actor, based_on: str | None = None) -> Tool:
    """Offer a tool to orchestrators, or stop offering it. Saying what is so already changes nothing."""
    with change(actor, name) as recorder:
        versions, latest = to_change(name, actor, based_on)
        return change_lifecycle(recorder, versions, latest, {"enabled": enabled})


def set_owner(name: str, owner: str | None, *, actor: Actor, based_on: str | None = None) -> Tool:
    """Hand a tool over to a person or a team; None: to administrators only.

    Raises:
        BadRequest: nobody has that name; says which are near. Forbidden: as `put_tool`.
    """
    with change(actor, name) as recorder:
        versions, latest = to_change(name, actor, based_on)
        return change_lifecycle(recorder, versions, latest, {"owner": owner})


def set_status(
    name: str, status: str, *, actor: Actor, version: str | None = None, based_on: str | None = None
) -> Tool:
    """Give a version (the latest, when none is named) another status of the vocabulary.

    A draft that leaves drafthood must be free of errors, and becomes the latest when no newer version is published.
    """
    with change(actor, name) as recorder:
        versions = known_versions(name)
        require(actor, Permission.EDIT, latest_of(versions))
        tool = latest_of(versions) if version is None else version_of(versions, version)
        check_basis(tool, based_on)
        return change_lifecycle(recorder, versions, tool, {"status": status})


def promote(name: str, version: str, *, actor: Actor, based_on: str | None = None) -> Tool:
    """Make another version the latest; the orchestrators' next read sees it. Rolling back is a promote.

    Owner, and whether the tool is enabled, carry over: going back to an older version does not switch it on or off.
    Promoting a draft publishes it: it becomes active.

    Raises:
        NotFound: no such tool or version. StaleChange: as `put_tool`.
        InvalidDefinition: the version is a draft with errors.
    """
    with change(actor, name) as recorder:
        versions, old = to_change(name, actor, based_on)
        new = version_of(versions, version)
        published = _published(new)
        if new is old and not published:
            return new
        if new is not old:
            make_latest(new, old)
            new.enabled, new.owner = old.enabled, old.owner
        moved = moved_latest(old, new) if new is not old else []
        recorder.record(new, "promoted", [*moved, *published], touched=(old,))
        return new


def delete_tool(name: str, *, actor: Actor, based_on: str | None = None) -> list[str]:
    """Hide a tool with all its versions, and return their numbers. The name can be used again."""
    with change(actor, name) as recorder:
        versions, _ = to_change(name, actor, based_on)
        hide(recorder, versions)
        return [tool.version for tool in versions]


def delete_version(name: str, version: str, *, actor: Actor, based_on: str | None = None) -> list[str]:
    """Hide one version. When it was the latest, the newest published one left takes its place; the only one takes
    the tool with it."""
    with change(actor, name) as recorder:
        versions, _ = to_change(name, actor, based_on)
        tool = version_of(versions, version)
        tool.deleted_at = recorder.now
        others = [other for other in versions if other is not tool]
        successor = newest(others) if tool.is_latest and others else None
        if successor is not None:
            make_latest(successor, tool)
            successor.enabled, successor.owner = tool.enabled, tool.owner
        removed = [Change(("versions", version), "removed", version, None)]
        moved = moved_latest(tool, successor) if successor is not None else []
        recorder.record(tool, "deleted", [*removed, *moved], touched=(successor,) if successor is not None else ())
        return [version]


def merge_into(
    recorder: Recorder, versions: Sequence[Tool], patch: Mapping[str, Any], known: Sequence[str] | None = None
) -> Tool:
    """Merge a patch into the latest of a tool's versions, as `merge_tool` says; `known` are the catalog's names."""
    latest = latest_of(versions)
    wanted = {key: value for key, value in patch.items() if key not in SERVER_KEYS}
    unnumbered = {key: value for key, value in current_definition(latest).items() if key != "version"}
    content = {key: value for key, value in wanted.items() if key not in LIFECYCLE_KEYS}
    if merge(unnumbered, content) == unnumbered:
        return change_lifecycle(recorder, versions, latest, wanted)
    merged = merge(unnumbered, wanted)
    lifecycle = wanted_lifecycle(wanted, lifecycle_of(latest))
    return _new_version(recorder, versions, source_tool(merged), document_of(merged), lifecycle, known=known)


def hide(recorder: Recorder, versions: Sequence[Tool]) -> None:
    """Hide a tool with all these versions, which are all it has."""
    for tool in versions:
        tool.deleted_at = recorder.now
    others = [tool for tool in versions if not tool.is_latest]
    removed = [Change(("versions", tool.version), "removed", tool.version, None) for tool in versions]
    recorder.record(latest_of(versions), "deleted", removed, touched=tuple(others))


def add_version(recorder: Recorder, tool: Tool, versions: Sequence[Tool]) -> Tool:
    """Store a version beside the others, as their latest unless it is a draft beside published ones."""
    latest = latest_of(versions) if versions else None
    tool.created_by = tool.updated_by = recorder.actor.name
    tool.created_at = tool.updated_at = recorder.now
    tool.is_latest = latest is None or tool.status != "draft" or latest.status == "draft"
    touched: tuple[Tool, ...] = ()
    before: dict[str, Any] = {}
    if latest is not None:
        tool.parent_version_id = latest.id
        before = _recorded(latest)
        if tool.is_latest:
            make_latest(tool, latest)
            touched = (latest,)
    db.session.add(tool)
    whole = {**_recorded(tool), "owner": tool.owner}
    changes = diff(before, _recorded(tool)) if before else [Change((), "added", None, whole)]
    recorder.record(tool, "updated" if versions else "created", changes, touched)
    if latest is not None and tool.is_latest and tool.owner != latest.owner:
        recorder.record(tool, "owner_changed", [_owner_change(latest.owner, tool.owner)])
    return tool


def _recorded(tool: Tool) -> dict[str, Any]:
    """A version as the audit log tells it: its definition, and its lifecycle as it is, whatever the definition says.

    A new tool is told whole, and every later version by what changed: so the log alone gives every definition.
    """
    authored_alone = {key: value for key, value in current_definition(tool).items() if key not in LIFECYCLE_KEYS}
    return {**authored_alone, "status": tool.status, "enabled": tool.enabled}


def merge(target: Any, patch: Any) -> Any:
    """Merge as RFC 7396 says: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def lifecycle_of(tool: Tool) -> Lifecycle:
    """What is beside a tool's versions, as it is now."""
    return Lifecycle(tool.status, tool.enabled, tool.owner)


def set_lifecycle(tool: Tool, lifecycle: Lifecycle) -> None:
    """Give a row what is beside the versions."""
    tool.status, tool.enabled, tool.owner = lifecycle.status, lifecycle.enabled, lifecycle.owner


def to_change(name: str, actor: Actor, based_on: str | None) -> tuple[Sequence[Tool], Tool]:
    """The versions of a tool, and its latest, for an actor who may change it and knows what it changes.

    Raises:
        NotFound, Forbidden, StaleChange: as `put_tool`.
    """
    versions = known_versions(name)
    latest = latest_of(versions)
    require(actor, Permission.EDIT, latest)
    check_basis(latest, based_on)
    return versions, latest


def _new_version(
    recorder: Recorder,
    versions: Sequence[Tool],
    source: SourceTool,
    document: Document,
    lifecycle: Lifecycle,
    *,
    known: Sequence[str] | None = None,
) -> Tool:
    """Store a definition as the next version of a tool that exists, with this lifecycle."""
    latest = latest_of(versions)
    findings = check(source, document, known)
    _check_same_tool(latest, source, findings)
    refuse_errors(lifecycle.status, findings)
    if lifecycle.owner != latest.owner:
        check_owner(recorder.actor, lifecycle.owner)
    number = _number_for(versions, version_named(source.definition))
    names = {"tool_name": latest.tool_name, "version": number}
    definition = {**names, **authored(source.definition), **names}
    tool = row_of(source_tool(definition), latest.tool_name, number)
    set_lifecycle(tool, lifecycle)
    return add_version(recorder, tool, versions)


def _check_same_tool(latest: Tool, source: SourceTool, findings: Sequence[Finding]) -> None:
    if source.name is not None and source.name.lower() != latest.tool_name.lower():
        message = f"This is {latest.tool_name}; a tool cannot be renamed. Create {source.name} instead."
        renamed = Finding(Severity.ERROR, "renamed", ("tool_name",), message, suggestion=latest.tool_name)
        raise InvalidDefinition(message, [renamed, *findings])


def _number_for(versions: Sequence[Tool], wanted: str | None) -> str:
    """The number a new version gets: the one it names when that is new, the next when it names none or the latest."""
    if wanted is None or wanted == latest_of(versions).version:
        return next_number(versions)
    if any(wanted == version.version for version in versions):
        raise Conflict(f"Version {wanted} exists and versions never change. Name a new one, or none for the next.")
    return wanted


def change_lifecycle(recorder: Recorder, versions: Sequence[Tool], tool: Tool, wanted: Mapping[str, Any]) -> Tool:
    """Set status, enabled and owner beside a version, recording only what really changes."""
    status = wanted.get("status", tool.status)
    if status not in STATUSES:
        raise BadRequest(f"“{status}” is no status; known are {', '.join(STATUSES)}.", known=list(STATUSES))
    if not isinstance(wanted.get("enabled", True), bool):
        raise BadRequest("enabled is true or false.")
    touched: tuple[Tool, ...] = ()
    if status == "draft" and tool.status != "draft":
        raise Conflict(f"{tool.tool_name} {tool.version} is published. Disable or deprecate it, or store a new draft.")
    if status != tool.status:
        touched = _publish(versions, tool) if tool.status == "draft" else ()
        moved = [change for old in touched for change in moved_latest(old, tool)]
        recorder.record(tool, "status_changed", [Change(("status",), "changed", tool.status, status), *moved], touched)
    # Publishing may just have handed on whether the tool is enabled.
    enabled = wanted.get("enabled", tool.enabled)
    if enabled != tool.enabled:
        recorder.record(
            tool, "enabled" if enabled else "disabled", [Change(("enabled",), "changed", not enabled, enabled)]
        )
    set_lifecycle(tool, Lifecycle(status, enabled, _handed_over(recorder, tool, wanted.get("owner", tool.owner))))
    return tool


def _handed_over(recorder: Recorder, tool: Tool, wanted: object) -> str | None:
    """Whose the tool is from now on; the same name written otherwise is no other owner."""
    owner = tool.owner if wanted == tool.owner else check_named_owner(recorder.actor, wanted)
    if (owner or "").lower() == (tool.owner or "").lower():
        return tool.owner
    recorder.record(tool, "owner_changed", [_owner_change(tool.owner, owner)])
    return owner


def _owner_change(before: str | None, after: str | None) -> Change:
    return Change(("owner",), "changed", before, after)


def moved_latest(old: Tool, new: Tool) -> list[Change]:
    return [Change(("latest",), "changed", old.version, new.version)]


def _publish(versions: Sequence[Tool], tool: Tool) -> tuple[Tool, ...]:
    """Check a draft that is to be published, and make it the latest unless a newer version already is.

    Raises:
        InvalidDefinition: the draft has errors.
    """
    _check_publishable(tool)
    latest = latest_of(versions)
    if latest is tool or latest.id > tool.id:
        return ()
    make_latest(tool, latest)
    tool.enabled, tool.owner = latest.enabled, latest.owner
    return (latest,)


def _published(tool: Tool) -> list[Change]:
    """Make a draft active; nothing for what is published.

    Raises:
        InvalidDefinition: the draft has errors.
    """
    if tool.status != "draft":
        return []
    _check_publishable(tool)
    tool.status = "active"
    return [Change(("status",), "changed", "draft", "active")]


def _check_publishable(draft: Tool) -> None:
    findings = check(stored_source(draft), None)
    if has_errors(findings):
        raise InvalidDefinition(f"{draft.tool_name} {draft.version} has errors and stays a draft.", findings)
