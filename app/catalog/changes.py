"""Every change to one tool: one function, one transaction — validated, written, audited, numbered and announced.

Importing many definitions at once is in `imports.py`; what such a transaction consists of is in `transaction.py`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.catalog.mapping import (
    SERVER_KEYS,
    definition_of,
    etag_of,
    row_of,
    tool_json,
    wanted_enabled,
    wanted_status,
)
from app.catalog.models import Tool
from app.catalog.transaction import Actor, Recorder, change
from app.catalog.versions import (
    FIRST_VERSION,
    all_names,
    known_versions,
    latest_of,
    next_number,
    version_of,
    versions_of,
)
from app.definitions.diff import Change, diff
from app.definitions.documents import Document, document_of
from app.definitions.findings import Finding, Severity, has_errors
from app.definitions.legacy import SourceTool, source_tool, tools_in
from app.definitions.validation import validate
from app.definitions.vocabulary import STATUSES
from app.errors import BadRequest, Conflict, InvalidDefinition, StaleChange
from app.extensions import db

VERSION = re.compile(r"[^/\s]{1,20}")
LIFECYCLE_KEYS = frozenset({"status", "enabled"})


def create_tool(document: Document, *, actor: Actor) -> Tool:
    """Store a new tool. A definition that says ``status: draft`` may have errors, any other may not.

    Raises:
        InvalidDefinition: the definition has errors, or no usable name.
        Conflict: a tool of that name exists.
    """
    source = one_tool_in(document)
    findings = check(source, document)
    name, status = usable_name(source, findings), wanted_status(source.definition)
    refuse_errors(status, findings)
    version = version_named(source.definition) or FIRST_VERSION
    with change(actor, name) as recorder:
        if existing := versions_of(name):
            raise name_taken(latest_of(existing), source.definition)
        if source.document.keys() >= set(SERVER_KEYS):
            source = source_tool(without_server_keys(source.document))
        tool = row_of(source, name, version)
        tool.status, tool.enabled = status, wanted_enabled(source.definition)
        return add_version(recorder, tool, [])


def update_tool(name: str, document: Document, *, actor: Actor, based_on: str | None = None) -> Tool:
    """Make a new version out of a whole definition; it becomes the latest unless it is a draft.

    Args:
        based_on: entity tag of the version the change was made from; None: not checked.

    Raises:
        NotFound: no such tool. StaleChange: `based_on` is no longer the latest.
        InvalidDefinition: the definition has errors. Conflict: its version number was used before.
    """
    source = one_tool_in(document)
    with change(actor, name) as recorder:
        versions = known_versions(name)
        latest = latest_of(versions)
        check_basis(latest, based_on)
        lifecycle = wanted_status(source.definition), wanted_enabled(source.definition, latest.enabled)
        return _new_version(recorder, versions, source, document, lifecycle)


def merge_tool(name: str, patch: Mapping[str, Any], *, actor: Actor, based_on: str | None = None) -> Tool:
    """Merge a patch (RFC 7396) into the latest definition, as a new version.

    A patch of nothing but `status` and `enabled` is lifecycle: it changes the latest version and makes no new one.

    Raises: as `update_tool`.
    """
    wanted = without_server_keys(patch)
    with change(actor, name) as recorder:
        versions = known_versions(name)
        latest = latest_of(versions)
        check_basis(latest, based_on)
        if wanted and wanted.keys() <= LIFECYCLE_KEYS:
            return _change_lifecycle(recorder, versions, latest, wanted)
        unnumbered = {key: value for key, value in current_definition(latest).items() if key != "version"}
        merged = merge(unnumbered, wanted)
        lifecycle = wanted_status(wanted, latest.status), wanted_enabled(wanted, latest.enabled)
        return _new_version(recorder, versions, source_tool(merged), document_of(merged), lifecycle)


def set_enabled(name: str, enabled: bool, *, actor: Actor, based_on: str | None = None) -> Tool:
    """Offer a tool to orchestrators, or stop offering it. Saying what is so already changes nothing."""
    with change(actor, name) as recorder:
        versions = known_versions(name)
        check_basis(latest_of(versions), based_on)
        return _change_lifecycle(recorder, versions, latest_of(versions), {"enabled": enabled})


def set_status(
    name: str, status: str, *, actor: Actor, version: str | None = None, based_on: str | None = None
) -> Tool:
    """Give a version (the latest, when none is named) another status of the vocabulary.

    A draft that leaves drafthood must be free of errors, and becomes the latest when no newer version is published.
    """
    with change(actor, name) as recorder:
        versions = known_versions(name)
        tool = latest_of(versions) if version is None else version_of(versions, version)
        check_basis(tool, based_on)
        return _change_lifecycle(recorder, versions, tool, {"status": status})


def promote(name: str, version: str, *, actor: Actor, based_on: str | None = None) -> Tool:
    """Make another version the latest; the orchestrators' next read sees it. Rolling back is a promote.

    Whether the tool is enabled carries over: going back to an older version does not switch a tool on or off.

    Raises:
        NotFound: no such tool or version. Conflict: that version is a draft. StaleChange: as `update_tool`.
    """
    with change(actor, name) as recorder:
        versions = known_versions(name)
        old, new = latest_of(versions), version_of(versions, version)
        check_basis(old, based_on)
        if new is old:
            return new
        if new.status == "draft":
            raise Conflict(f"{new.tool_name} {version} is a draft: give it the status active to publish it.")
        make_latest(new, old)
        new.enabled = old.enabled
        recorder.record(new, "promoted", [Change(("latest",), "changed", old.version, new.version)], touched=(old,))
        return new


def delete_tool(name: str, *, actor: Actor, based_on: str | None = None) -> list[str]:
    """Hide a tool with all its versions, and return their numbers. The name can be used again."""
    with change(actor, name) as recorder:
        versions = known_versions(name)
        check_basis(latest_of(versions), based_on)
        for tool in versions:
            tool.deleted_at = recorder.now
        latest, others = latest_of(versions), [tool for tool in versions if not tool.is_latest]
        removed = [Change(("versions", tool.version), "removed", tool.version, None) for tool in versions]
        recorder.record(latest, "deleted", removed, touched=tuple(others))
        return [tool.version for tool in versions]


def delete_version(name: str, version: str, *, actor: Actor, based_on: str | None = None) -> list[str]:
    """Hide one version. When it was the latest, the newest published one left takes its place; the only one takes
    the tool with it."""
    with change(actor, name) as recorder:
        versions = known_versions(name)
        tool = version_of(versions, version)
        check_basis(latest_of(versions), based_on)
        tool.deleted_at = recorder.now
        others = [other for other in versions if other is not tool]
        successor = newest(others) if tool.is_latest and others else None
        if successor is not None:
            make_latest(successor, tool)
            successor.enabled = tool.enabled
        removed = [Change(("versions", version), "removed", version, None)]
        recorder.record(tool, "deleted", removed, touched=(successor,) if successor is not None else ())
        return [version]


def check(source: SourceTool, document: Document | None, known: Sequence[str] | None = None) -> list[Finding]:
    """Validate a definition against the schema and against the catalog's names."""
    return validate(source, document, known_tools=all_names() if known is None else known)


def one_tool_in(document: Document) -> SourceTool:
    """The only tool of a document.

    Raises:
        BadRequest: the document holds none or several; those are imported.
    """
    tools = tools_in(document)
    if len(tools) != 1:
        raise BadRequest(f"Send one definition; this document holds {len(tools)}. Import takes many.")
    return tools[0]


def usable_name(source: SourceTool, findings: Sequence[Finding]) -> str:
    """The name a definition is stored under.

    Raises:
        InvalidDefinition: it has none, or one that no tool may have.
    """
    place = source.source_path(("tool_name",))
    if source.name is None or any(f.path == place and f.severity is Severity.ERROR for f in findings):
        raise InvalidDefinition("The definition has no usable tool_name.", findings)
    return source.name


def version_named(definition: Mapping[str, Any]) -> str | None:
    """The version number a definition names, if it is one."""
    version = definition.get("version")
    return version if isinstance(version, str) and VERSION.fullmatch(version) else None


def refuse_errors(status: str, findings: Sequence[Finding]) -> None:
    """Hold the promise that a definition with errors is a draft and nothing else.

    Raises:
        InvalidDefinition: there are errors, and `status` is not draft.
    """
    if status != "draft" and has_errors(findings):
        raise InvalidDefinition("The definition has errors. Mend them, or store it with status: draft.", findings)


def name_taken(existing: Tool, definition: Mapping[str, Any]) -> Conflict:
    """The conflict of a name that exists; on another platform, with the name to use instead."""
    name, platform = existing.tool_name, definition.get("platform")
    if is_other_platform(existing, definition):
        suggestion = f"{name}-{platform}"
        detail = f"{name} exists for {existing.platform}. Call this one {suggestion}."
        return Conflict(detail, existing={"tool_name": name, "platform": existing.platform}, suggestion=suggestion)
    detail = f"{name} exists (version {existing.version}). PUT makes a new version of it."
    return Conflict(detail, existing={"tool_name": name, "version": existing.version})


def is_other_platform(existing: Tool, definition: Mapping[str, Any]) -> bool:
    """Whether a definition is for another platform than the tool that has its name."""
    platform = definition.get("platform")
    return isinstance(platform, str) and existing.platform is not None and platform != existing.platform


def check_basis(latest: Tool, based_on: str | None) -> None:
    """Refuse a change that was made from another version than the latest.

    Raises:
        StaleChange: with both the latest version's number and entity tag.
    """
    current = etag_of(tool_json(latest))
    if based_on not in {None, "*", current}:
        detail = f"The latest is now {latest.version}, changed by {latest.updated_by}. Read it again and reapply yours."
        raise StaleChange(detail, latest={"version": latest.version, "etag": current, "updated_by": latest.updated_by})


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
        before = current_definition(latest)
        if tool.is_latest:
            make_latest(tool, latest)
            touched = (latest,)
    db.session.add(tool)
    changes = diff(before, current_definition(tool)) if before else [Change((), "added", None, tool.version)]
    recorder.record(tool, "updated" if versions else "created", changes, touched)
    return tool


def make_latest(new: Tool, old: Tool) -> None:
    """Move *latest* from one version to another; flushed in between, because the index allows one at any moment."""
    old.is_latest = False
    db.session.flush()
    new.is_latest = True


def newest(versions: Sequence[Tool]) -> Tool:
    """The newest published version; the newest draft when all are drafts."""
    return max(versions, key=lambda tool: (tool.status != "draft", tool.id))


def current_definition(tool: Tool) -> dict[str, Any]:
    """A stored version's canonical definition, under the name and number it is stored with."""
    definition = definition_of(tool)
    return {"tool_name": tool.tool_name, **definition, "version": tool.version}


def stored_source(tool: Tool) -> SourceTool:
    """A stored version as a definition to check."""
    return source_tool(current_definition(tool))


def without_server_keys(body: Mapping[str, Any]) -> dict[str, Any]:
    """A definition read from the API and sent back, without what the server said beside it."""
    return {key: value for key, value in body.items() if key not in SERVER_KEYS}


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


def _new_version(
    recorder: Recorder,
    versions: Sequence[Tool],
    source: SourceTool,
    document: Document,
    lifecycle: tuple[str, bool],
) -> Tool:
    """Store a definition as the next version of a tool that exists, with this status and enabled."""
    latest = latest_of(versions)
    findings = check(source, document)
    _check_same_tool(latest, source, findings)
    refuse_errors(lifecycle[0], findings)
    number = _number_for(versions, version_named(source.definition))
    names = {"tool_name": latest.tool_name, "version": number}
    definition = {**names, **without_server_keys(source.definition), **names}
    tool = row_of(source_tool(definition), latest.tool_name, number)
    tool.status, tool.enabled = lifecycle
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


def _change_lifecycle(recorder: Recorder, versions: Sequence[Tool], tool: Tool, wanted: Mapping[str, Any]) -> Tool:
    """Set status and enabled beside a version, recording only what really changes."""
    status = wanted.get("status", tool.status)
    if status not in STATUSES:
        raise BadRequest(f"“{status}” is no status; known are {', '.join(STATUSES)}.", known=list(STATUSES))
    if not isinstance(wanted.get("enabled", True), bool):
        raise BadRequest("enabled is true or false.")
    touched: tuple[Tool, ...] = ()
    if status != tool.status:
        touched = _publish(versions, tool) if tool.status == "draft" else ()
        recorder.record(tool, "status_changed", [Change(("status",), "changed", tool.status, status)], touched)
    # Publishing may just have handed on whether the tool is enabled.
    enabled = wanted.get("enabled", tool.enabled)
    if enabled != tool.enabled:
        recorder.record(
            tool, "enabled" if enabled else "disabled", [Change(("enabled",), "changed", not enabled, enabled)]
        )
    tool.status, tool.enabled = status, enabled
    return tool


def _publish(versions: Sequence[Tool], tool: Tool) -> tuple[Tool, ...]:
    """Check a draft that is to be published, and make it the latest unless a newer version already is.

    Raises:
        InvalidDefinition: the draft has errors.
    """
    findings = check(stored_source(tool), None)
    if has_errors(findings):
        raise InvalidDefinition(f"{tool.tool_name} {tool.version} has errors and stays a draft.", findings)
    latest = latest_of(versions)
    if latest is tool or latest.id > tool.id:
        return ()
    make_latest(tool, latest)
    tool.enabled = latest.enabled
    return (latest,)
