"""Where documents to import come from: files and folders, uploads, and the body of a request."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import orjson

from app.catalog import archives
from app.catalog.archives import Archived, Room
from app.catalog.imports import Source
from app.definitions.documents import (
    DOCUMENT_LIMITS,
    Document,
    Limits,
    UnreadableDocument,
    document_of,
    read_json,
    read_yaml,
)
from app.definitions.findings import Finding, Severity

YAML_ENDINGS = (".yaml", ".yml")
ENDINGS = (*YAML_ENDINGS, ".json")
# A body that brings many definitions: each of them is held to DOCUMENT_LIMITS again.
BULK_LIMITS = Limits(
    bytes=32 * 1024 * 1024, events=2_000_000, depth=DOCUMENT_LIMITS.depth + 2, scalar=64 * 1024, key=256
)


def files_under(paths: Iterable[Path]) -> list[Path]:
    """The definition files among these paths, folders searched through, each once, in a stable order.

    Raises:
        FileNotFoundError: a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(p for p in path.rglob("*") if p.suffix in ENDINGS and p.is_file())))
        elif path.is_file():
            found[path] = None
        else:
            raise FileNotFoundError(path)
    return list(found)


def file_source(path: Path) -> Source:
    """A file, read when its turn comes."""
    return Source(str(path), lambda: read_named(path.name, path.read_bytes()))


def file_sources(paths: Iterable[Path]) -> list[Source]:
    """Files, each read when its turn comes, and the files of archives among them."""
    found, room = [], Room()
    for path in paths:
        is_archive = path.suffix.lower() == archives.ENDING
        found += archive_sources(str(path), path.read_bytes(), room) if is_archive else [file_source(path)]
    return found


def upload_sources(files: Iterable[tuple[str, bytes]]) -> list[Source]:
    """Uploaded files, by name and content, and the files of archives among them."""
    found, room = [], Room()
    for name, content in files:
        is_archive = name.lower().endswith(archives.ENDING)
        found += archive_sources(name, content, room) if is_archive else [upload_source(name, content)]
    return found


def archive_sources(name: str, content: bytes, room: Room | None = None) -> list[Source]:
    """The files of a zip archive; when it cannot be opened, one source that says why.

    Args:
        room: what this archive and others of the same import may still hold.
    """
    try:
        files = archives.files_in(content, ENDINGS, room or Room())
    except UnreadableDocument as unreadable:
        return [_unreadable_source(name, unreadable)]
    return [_archived_source(name, file) for file in files]


def _unreadable_source(name: str, unreadable: UnreadableDocument) -> Source:
    def refuse() -> NoReturn:
        raise unreadable

    return Source(name, refuse)


def _archived_source(archive: str, file: Archived) -> Source:
    return Source(f"{archive}/{file.name}", lambda: read_named(file.name, file.read()))


def upload_source(name: str, content: bytes) -> Source:
    """An uploaded file."""
    return Source(name, lambda: read_named(name, content))


def read_named(name: str, content: bytes) -> Document:
    """Read a document whose file name tells whether it is JSON; everything else is YAML.

    Raises:
        UnreadableDocument: it cannot be read.
    """
    return read_json(content) if name.lower().endswith(".json") else read_yaml(content)


def body_sources(body: Document) -> list[Source]:
    """The definitions in a request's body: one, a list of them, or a list under `tools`."""
    data: Any = body.data
    if isinstance(data, dict) and isinstance(data.get("tools"), list):
        data = data["tools"]
    if isinstance(data, list):
        return [_item_source(f"tools[{place}]", item) for place, item in enumerate(data)]
    return [Source("body", lambda: body)]


def _item_source(name: str, item: object) -> Source:
    def read() -> Document:
        if not isinstance(item, dict):
            raise _refused("root-not-mapping", "A definition is an object of keys and values.")
        if len(orjson.dumps(item)) > DOCUMENT_LIMITS.bytes:
            raise _refused("too-large", f"A definition has at most {DOCUMENT_LIMITS.bytes // 1024} KiB.")
        return document_of(item)

    return Source(name, read)


def _refused(code: str, message: str) -> UnreadableDocument:
    findings: Sequence[Finding] = [Finding(Severity.ERROR, code, (), message, line=1, column=1)]
    return UnreadableDocument(findings)
