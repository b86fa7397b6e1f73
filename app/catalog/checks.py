"""What a change is checked for before it is written: the definition itself, its name, and what it was made from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.answers import etag_of
from app.catalog.mapping import definition_of, tool_json
from app.catalog.models import Tool
from app.catalog.versions import all_names
from app.definitions.documents import Document
from app.definitions.extent import EXCESSIVE, excess
from app.definitions.findings import Finding, Severity, has_errors
from app.definitions.legacy import SourceTool, source_tool, tools_in
from app.definitions.validation import validate
from app.errors import BadRequest, Conflict, InvalidDefinition, StaleChange

VERSION = re.compile(r"[^/\s]{1,20}")


def check(source: SourceTool, document: Document | None, known: Sequence[str] | None = None) -> list[Finding]:
    """Validate a definition against the schema and against the catalog's names.

    One that holds more than any may gets that as its only finding: everything else would take too long.
    """
    if too_much := excess(source.document, source.definition):
        place = document.position_of(source.path) if document else None
        told = replace(too_much, path=source.source_path(too_much.path))
        return [replace(told, line=place.line, column=place.column) if place else told]
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


def refuse_excess(findings: Sequence[Finding]) -> None:
    """Refuse a definition that holds more than any may: no draft may either.

    Raises:
        InvalidDefinition: it does.
    """
    for finding in findings:
        if finding.code in EXCESSIVE:
            raise InvalidDefinition(finding.message, findings)


def refuse_errors(status: str, findings: Sequence[Finding]) -> None:
    """Hold the promise that a definition with errors is a draft and nothing else.

    Raises:
        InvalidDefinition: there are errors, and `status` is not draft; or it holds more than any may.
    """
    refuse_excess(findings)
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
    if based_on is None:
        return
    current = etag_of(tool_json(latest))
    if {"*", current}.isdisjoint(tag.strip().strip('"') for tag in based_on.split(",")):
        detail = f"The latest is now {latest.version}, changed by {latest.updated_by}. Read it again and reapply yours."
        raise StaleChange(detail, latest={"version": latest.version, "etag": current, "updated_by": latest.updated_by})


def current_definition(tool: Tool) -> dict[str, Any]:
    """A stored version's canonical definition, under the name and number it is stored with."""
    definition = definition_of(tool)
    return {"tool_name": tool.tool_name, **definition, "version": tool.version}


def stored_source(tool: Tool) -> SourceTool:
    """A stored version as a definition to check."""
    return source_tool(current_definition(tool))
