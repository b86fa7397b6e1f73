"""An export as one file: YAML, JSON, a zip archive of YAML files, or a table for spreadsheets."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import orjson

from app.catalog.archives import archive_of
from app.catalog.exports import ALL, Selection, exported_files, selected_tools
from app.catalog.mapping import definition_of, patterns_of, tags_of
from app.catalog.models import Tool
from app.definitions.documents import write_yaml
from app.formats import csv_line

COLUMNS = (
    *("tool_name", "version", "platform", "category", "status", "enabled", "is_latest", "owner"),
    *("tags", "capabilities", "patterns", "description", "updated_at", "updated_by"),
)


class Format(StrEnum):
    """What an export is written as. All but CSV can be imported again."""

    YAML = "yaml"
    ZIP = "zip"
    JSON = "json"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """The media type of such a file."""
        if self is Format.CSV:
            return "text/csv; charset=utf-8; header=present"
        return f"application/{self.value}"


@dataclass(frozen=True, slots=True)
class Export:
    """A file to give out."""

    content: bytes
    media_type: str
    file_name: str


def export(selection: Selection = ALL, form: Format = Format.JSON) -> Export:
    """The selected tools as one file.

    Raises:
        NotFound: a name is no tool's.
    """
    return Export(_content(selection, form), form.media_type, f"tools.{form.value}")


def _content(selection: Selection, form: Format) -> bytes:
    if form is Format.CSV:
        return "".join(_csv_lines(selected_tools(selection))).encode()
    files = exported_files(selection)
    if form is Format.ZIP:
        return archive_of((file.path, write_yaml(file.document)) for file in files)
    documents = [file.document for file in files]
    if form is Format.JSON:
        return orjson.dumps({"tools": documents, "total": len(documents)})
    return write_yaml(documents[0] if len(documents) == 1 else {"tools": documents}).encode()


def _csv_lines(tools: list[Tool]) -> Iterator[str]:
    yield csv_line(COLUMNS)
    for tool in tools:
        definition = definition_of(tool)
        names = [(capability, pattern) for capability, pattern, _ in patterns_of(definition)]
        told = {
            "tags": ", ".join(tags_of(definition)),
            "capabilities": ", ".join(dict.fromkeys(capability for capability, _ in names)),
            "patterns": ", ".join(dict.fromkeys(pattern for _, pattern in names)),
        }
        yield csv_line(told[name] if name in told else getattr(tool, name) for name in COLUMNS)
