"""From a draft to the next version: what would change, under which number, and what to do when somebody was faster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.actor import Actor
from app.answers import etag_of
from app.catalog import changes
from app.catalog.mapping import tool_json
from app.catalog.models import Tool
from app.catalog.transaction import transaction
from app.catalog.versions import FIRST_VERSION, known_versions, latest_of, versions_of
from app.definitions.diff import Change, diff
from app.definitions.documents import document_of, write_yaml
from app.definitions.findings import Finding, has_errors
from app.definitions.merge import Merged, Side, merge, resolve
from app.definitions.text_diff import text_diff
from app.definitions.version_numbers import suggested_version
from app.drafts import service
from app.drafts.models import Draft
from app.drafts.nodes import Work
from app.drafts.service import State, editable, find, set_base, state
from app.drafts.view import check_draft
from app.errors import BadRequest, Conflict, InvalidDefinition
from app.selection.impact import Impact, impact, proposed


@dataclass(frozen=True, slots=True)
class Summary:
    """What publishing a draft would do.

    Attributes:
        changes: what differs from the version it was made from; of a new tool, nothing.
        version, why: the number suggested, and the reason.
        newer: the latest version, when it is no longer the one the draft was made from.
        hindrance: why it cannot be published yet; empty when it can.
    """

    changes: Sequence[Change]
    findings: Sequence[Finding]
    version: str
    why: str
    newer: Tool | None
    hindrance: str


def summary(draft: Draft) -> Summary:
    """What publishing a draft would do, now."""
    now = state(draft)
    findings = check_draft(now)
    versions = versions_of(draft.tool_name) if draft.tool_name else []
    told = diff(draft.base or {}, now.work.document) if versions else []
    taken = [version.version for version in versions]
    if versions:
        suggestion = suggested_version(latest_of(versions).version, told, taken)
        number, why = suggestion.version, suggestion.why
    else:
        number, why = FIRST_VERSION, "the first version"
    return Summary(told, findings, number, why, _newer(draft, versions), _hindrance(draft, now, findings, told))


def consequences(draft: Draft) -> Impact | None:
    """What orchestrators would choose differently, were a draft published now; None for one that cannot be."""
    document = document_of(_numbered(state(draft).work.document, summary(draft).version))
    name = draft.tool_name or str(document.data.get("tool_name") or "")
    try:
        return impact(proposed(name, document), name)
    except InvalidDefinition:
        return None


def publish(number: int, actor: Actor, version: str | None = None) -> Tool:
    """Make a draft the next version of its tool, or a new tool; the draft is then no more.

    Raises:
        StaleChange: somebody published a version since; `merging` brings both together.
        InvalidDefinition: it has errors. Conflict: its name, or the version number, is taken; what was typed is unread.
        Forbidden: the tool is not the actor's (any more).
    """
    with transaction():
        draft = find(number, actor)
        now = state(draft)
        if now.unread:
            raise Conflict("Some of what was typed cannot be taken over yet: mend the marked fields first.")
        if service.reading_findings(now.text):
            raise Conflict("The text cannot be read yet: mend it first.")
        document = document_of(_numbered(now.work.document, version or summary(draft).version))
        if draft.tool_name is None:
            tool = changes.create_tool(document, actor=actor)
        else:
            tool = changes.put_tool(draft.tool_name, document, actor=actor, based_on=draft.base_tag)
        service.remove(draft)
        return tool


def merging(draft: Draft) -> tuple[Merged, Tool]:
    """The draft and the version that was published since, brought together.

    Raises:
        Conflict: there is no newer version.
    """
    latest = latest_of(known_versions(draft.tool_name or ""))
    if not _is_newer(draft, latest):
        raise Conflict("Nobody has published a version since this draft was begun: there is nothing to bring together.")
    return merge(draft.base or {}, editable(latest), state(draft).work.document), latest


def take_over(number: int, actor: Actor, chosen: Mapping[str, str], etag: str) -> Draft:
    """Make the draft one of the latest version, with what was chosen where both changed the same.

    Args:
        chosen: "theirs" or "yours" for each conflict, by its place (JSON Pointer); yours where nothing is said.
        etag: the latest version that was looked at.

    Raises:
        Conflict: another version was published meanwhile.
    """
    with transaction():
        merged, latest = merging(find(number, actor))
        if etag_of(tool_json(latest)) != etag:
            raise Conflict(f"{latest.updated_by} published {latest.version} just now: look at both again.")
        sides: dict[str, Side] = {place: "theirs" for place, side in chosen.items() if side == "theirs"}
        document = resolve(merged, sides)
        what = f"Brought together with {latest.version}"

        def taken(_: State, now: State) -> tuple[State, str]:
            return replace(now, work=Work.of(document, now.work), text=None), what

        draft, _ = service.save(number, actor, taken)
        set_base(draft, latest)
        return draft


def changes_since(draft: Draft, latest: Tool) -> list[Change]:
    """What the newer version changed."""
    return diff(draft.base or {}, editable(latest))


def text_changes(draft: Draft, now: State) -> list[Any]:
    """The lines of the YAML that publishing would change; nothing for a new tool."""
    return text_diff(write_yaml(draft.base), write_yaml(now.work.document)) if draft.base else []


def newer_version(draft: Draft) -> Tool | None:
    """The latest version, when it is no longer the one a draft was made from."""
    return _newer(draft, versions_of(draft.tool_name)) if draft.tool_name else None


def _newer(draft: Draft, versions: Sequence[Tool]) -> Tool | None:
    if not versions:
        return None
    latest = latest_of(versions)
    return latest if _is_newer(draft, latest) else None


def _is_newer(draft: Draft, latest: Tool) -> bool:
    return etag_of(tool_json(latest)) != draft.base_tag


def _hindrance(draft: Draft, now: State, findings: Sequence[Finding], told: Sequence[Change]) -> str:
    if service.reading_findings(now.text):
        return "The text cannot be read yet: mend it first."
    errors = sum(finding.severity == "error" for finding in findings) + len(now.unread)
    if has_errors(findings) or now.unread:
        return f"{errors} error{'s' if errors != 1 else ''} to mend first."
    if draft.tool_name is not None and not told:
        return f"Nothing differs from {draft.base_version}: there is nothing to publish."
    return ""


def _numbered(document: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The definition with its number, in the place where authors write it."""
    kept = {key: value for key, value in document.items() if key not in {"version", "tool_name"}}
    if not version.strip():
        raise BadRequest("Write a version number.")
    # A draft that is published is no draft any longer.
    status = {"status": "active"} if kept.get("status") == "draft" else {}
    return {"tool_name": document.get("tool_name"), "version": version.strip(), **kept, **status}
