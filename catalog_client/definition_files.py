"""Files of definitions, YAML or JSON in any form, as a snapshot: what orchestrators use without a server."""

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.definitions.documents import Document, UnreadableDocument, read_json, read_yaml
from app.definitions.findings import Finding
from app.definitions.legacy import SourceTool, tools_in
from app.definitions.vocabulary import STATUSES
from catalog_client.errors import UnreadableDefinition
from catalog_client.snapshot import Snapshot
from catalog_client.tool import Tool

log = logging.getLogger("catalog_client")

ENDINGS = (".yaml", ".yml", ".json")
FIRST_VERSION = "1.0"
MOST_VERSION = 20


def snapshot_of_files(path: Path) -> Snapshot:
    """The tools in a file, or in all files of a folder and its folders, at revision 0.

    Templates are left out, with a warning. Of several definitions of one tool the highest version stays, but a draft
    only where there is no other; of equals, the first.

    Raises:
        UnreadableDefinition: a file cannot be read, or holds a tool without a usable name.
    """
    chosen: dict[str, Tool] = {}
    for file in _files(path):
        for tool in _tools(file):
            known = chosen.setdefault(tool.key, tool)
            if known is not tool:
                chosen[tool.key] = max(known, tool, key=_precedence)
                log.warning("%s: %s is defined more than once; %s stays", file, tool.name, chosen[tool.key].version)
    return Snapshot(0, chosen.values())


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())
    return [path]


def _tools(file: Path) -> Iterator[Tool]:
    for source in tools_in(_document(file)):
        if source.name is not None:
            yield _tool(source, source.name)
        elif any(finding.code == "template" for finding in source.findings):
            log.warning("%s is a template, and left out", file)
        else:
            raise _unreadable(file, source.findings[0])


def _document(file: Path) -> Document:
    try:
        content = file.read_bytes()
        return read_json(content) if file.suffix.lower() == ".json" else read_yaml(content)
    except OSError as error:
        raise UnreadableDefinition(f"{file}:1:1: {error.strerror}") from error
    except UnreadableDocument as error:
        raise _unreadable(file, error.findings[0]) from error


def _unreadable(file: Path, finding: Finding) -> UnreadableDefinition:
    return UnreadableDefinition(f"{file}:{finding.line or 1}:{finding.column or 1}: {finding.message}")


def _tool(source: SourceTool, name: str) -> Tool:
    """The tool as the catalog would show it once it was imported, but for what only the catalog can know."""
    definition = source.definition
    version, status, enabled = (definition.get(key) for key in ("version", "status", "enabled"))
    known_version = isinstance(version, str) and 0 < len(version) <= MOST_VERSION
    server = {
        "id": None,
        "status": status if isinstance(status, str) and status in STATUSES else "active",
        "enabled": enabled if isinstance(enabled, bool) else True,
        "is_latest": True,
        "revision": 0,
        "owner": definition.get("owner"),
        **dict.fromkeys(("created_at", "updated_at", "created_by", "updated_by")),
    }
    named = {"tool_name": name, "version": version if known_version else FIRST_VERSION}
    return Tool.of({**definition, **named, **server})


def _precedence(tool: Tool) -> tuple[bool, list[tuple[bool, int, str]]]:
    """What tells which of several versions is the latest: 1.10 comes after 1.9, and a draft before all others."""
    parts = re.findall(r"[0-9]+|[^0-9._-]+", tool.version)
    numbers = [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
    return tool.status != "draft", numbers
