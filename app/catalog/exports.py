"""Exporting: every tool as the document its author wrote, so that importing it again changes nothing.

Tools that came together in one document, under `tools:`, leave together in one — but each version by itself, when all
versions are asked for.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import func, select

from app.catalog.checks import check, current_definition, version_named
from app.catalog.mapping import definition_of, tags_of, wanted_enabled, wanted_owner, wanted_status
from app.catalog.models import SHARED, Tool
from app.catalog.versions import all_names, no_such_tool
from app.definitions.findings import has_errors
from app.definitions.legacy import source_tool
from app.extensions import db

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One document to write. `folder` is the platform, or empty for what has none.

    `name` is a tool's, or has an @ in it, which no tool's name has: no two documents share a path.
    """

    folder: str
    name: str
    document: Document

    @property
    def path(self) -> str:
        """Where the file goes below the export's directory."""
        return f"{self.folder}/{self.name}.yaml" if self.folder else f"{self.name}.yaml"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A document that many tools came in: what stood beside `tools` (as JSON), and whether they were a list."""

    wrapper: bytes
    is_list: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tools to export: those of the names, or all, that pass every filter. Filters left None do not filter.

    Attributes:
        all_versions: every version of them, not only the latest with the newer drafts that wait beside it.
    """

    names: Sequence[str] = ()
    platform: str | None = None
    category: str | None = None
    status: str | None = None
    tag: str | None = None
    owner: str | None = None
    all_versions: bool = False

    def holds(self, tool: Tool) -> bool:
        """Whether a tool, by its latest version, passes the filters."""
        wanted = ((tool.platform, self.platform), (tool.category, self.category), (tool.status, self.status))
        if any(filter_ not in {None, value} for value, filter_ in (*wanted, (tool.owner, self.owner))):
            return False
        return self.tag is None or self.tag in tags_of(definition_of(tool))


ALL = Selection()


def selected_tools(selection: Selection = ALL) -> list[Tool]:
    """The latest version of the selected tools, each followed by the newer drafts that wait beside it; or all versions.

    Raises:
        NotFound: a name is no tool's.
    """
    query = select(Tool).where(Tool.organisation == SHARED, Tool.deleted_at.is_(None))
    if not selection.all_versions:
        query = query.where(Tool.is_latest | (Tool.status == "draft"))
    wanted = {name.lower(): name for name in selection.names}
    if wanted:
        query = query.where(func.lower(Tool.tool_name).in_(wanted))
    tools = db.session.scalars(query.order_by(func.lower(Tool.tool_name), Tool.id)).all()
    latest = {tool.tool_name.lower(): tool for tool in tools if tool.is_latest}
    if missing := wanted.keys() - latest.keys():
        raise no_such_tool(wanted[min(missing)], all_names())
    kept = {name: tool for name, tool in latest.items() if selection.holds(tool)}
    return [
        tool
        for tool in tools
        if (first := kept.get(tool.tool_name.lower())) and (selection.all_versions or tool.id >= first.id)
    ]


def exported_files(selection: Selection = ALL) -> list[ExportedFile]:
    """The documents to write for the selected tools.

    Raises:
        NotFound: a name is no tool's.
    """
    if selection.all_versions:
        return _files_of_versions(selected_tools(selection))
    bundles: defaultdict[Bundle, list[Tool]] = defaultdict(list)
    files = []
    for tool in selected_tools(selection):
        bundle = _bundle_of(tool)
        if bundle is None:
            files.append(ExportedFile(tool.platform or "", _file_name(tool), exported_document(tool)))
        else:
            bundles[bundle].append(tool)
    return files + [_bundle_file(number, *bundle) for number, bundle in enumerate(bundles.items(), 1)]


def exported_document(tool: Tool) -> Document:
    """One version as its author wrote it, with the lifecycle it has now where that is no longer what it says."""
    definition = definition_of(tool)
    lifecycle = _lifecycle(tool, definition)
    if not lifecycle:
        return tool.document
    # Forms that nest a tool have no place of their own for the lifecycle: those leave as the canonical definition.
    return {**(definition if tool.form in {"nested", "other"} else tool.document), **lifecycle}


def _lifecycle(tool: Tool, definition: Document) -> Document:
    """The lifecycle a version has, where its definition does not say so."""
    lifecycle: Document = {}
    if tool.status != _imported_status(tool, definition):
        lifecycle["status"] = tool.status
    if tool.enabled != wanted_enabled(definition):
        lifecycle["enabled"] = tool.enabled
    # Whom a definition never named is not written into it: names are of one installation.
    if tool.owner != wanted_owner(definition, tool.owner):
        lifecycle["owner"] = tool.owner
    return lifecycle


def _files_of_versions(tools: Sequence[Tool]) -> list[ExportedFile]:
    """A document for each version, named in the order to import them in: what comes last becomes the latest."""
    by_name: defaultdict[str, list[Tool]] = defaultdict(list)
    for tool in sorted(tools, key=lambda tool: (tool.is_latest, tool.id)):
        by_name[tool.tool_name.lower()].append(tool)
    return [
        ExportedFile(tool.platform or "", f"{tool.tool_name}@{place:03}-{tool.version}", _numbered_document(tool))
        for _, versions in sorted(by_name.items())
        for place, tool in enumerate(versions, 1)
    ]


def _file_name(tool: Tool) -> str:
    return tool.tool_name if tool.is_latest else f"{tool.tool_name}@{tool.version}"


def _numbered_document(tool: Tool) -> Document:
    """One version by itself: as its author wrote it where that says name and number, else with them."""
    definition = definition_of(tool)
    if tool.bundle is None and version_named(definition) == tool.version:
        return exported_document(tool)
    return {**current_definition(tool), **_lifecycle(tool, definition)}


def _imported_status(tool: Tool, definition: Document) -> str:
    """The status an import of this document would give it."""
    wanted = wanted_status(definition)
    if wanted == tool.status:
        return wanted
    source = source_tool({"tool_name": tool.tool_name, **definition})
    return "draft" if has_errors(check(source, None, known=())) else wanted


def _bundle_file(number: int, bundle: Bundle, tools: Sequence[Tool]) -> ExportedFile:
    documents = {tool.tool_name: exported_document(tool) for tool in sorted(tools, key=_position)}
    listed = list(documents.values()) if bundle.is_list else documents
    return ExportedFile("", f"tools@{number}", {**orjson.loads(bundle.wrapper), "tools": listed})


def _bundle_of(tool: Tool) -> Bundle | None:
    return None if tool.bundle is None else Bundle(orjson.dumps(tool.bundle["wrapper"]), tool.bundle["is_list"])


def _position(tool: Tool) -> int:
    return int((tool.bundle or {}).get("position", 0))
