"""Zip archives of definitions: read in memory and bounded before anything is unpacked, and written for an export.

Nothing in an archive reaches the disk: the names in it only tell a report where a definition came from.
"""

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.definitions.documents import DOCUMENT_LIMITS, UnreadableDocument
from app.definitions.findings import Finding, Severity

ENDING = ".zip"
MOST_FILES = 1_000
MOST_BYTES = 32 * 1024 * 1024
# Definitions shrink to a tenth or so; what shrinks to a hundredth was made to burst.
MOST_SHRUNK = 100
SHRINKS_FREELY = 1024 * 1024
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 0x1
# What each entry's line in an archive's list of contents begins with.
LISTED = b"PK\x01\x02"
# Archives of the same tools are the same bytes, whenever they are made.
MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(slots=True)
class Room:
    """What the archives of one import may still hold, all together."""

    files: int = MOST_FILES
    bytes: int = MOST_BYTES


@dataclass(frozen=True, slots=True)
class Archived:
    """One file of an archive, unpacked when it is read."""

    name: str
    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo
    refusal: UnreadableDocument | None = None

    def read(self) -> bytes:
        """Its content; no more of it than shows that it is too large for a definition.

        Raises:
            UnreadableDocument: it is none that may be read, or broken.
        """
        if self.refusal is not None:
            raise self.refusal
        try:
            with self.archive.open(self.entry) as file:
                return file.read(DOCUMENT_LIMITS.bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise _refused("archive-broken", "This file of the archive is broken. Make the archive anew.") from error


def files_in(content: bytes, endings: Sequence[str], room: Room) -> list[Archived]:
    """The files of an archive that have one of these endings, in the order of their names.

    Folders, hidden files and files of other kinds are passed over. A file that may not be read refuses when it is.

    Args:
        room: what the archive may hold; what it does hold is taken from it.

    Raises:
        UnreadableDocument: it is no archive, a locked one, one that holds too much, or nothing that can be imported.
    """
    archive = _opened(content, room)
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_hidden(entry.filename)]
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise _refused("archive-encrypted", "The archive is locked with a password. Make one without.")
    _hold_to(room, entries)
    times = Counter(entry.filename for entry in entries)
    wanted = (*endings, ENDING)
    chosen = sorted((e for e in entries if e.filename.lower().endswith(wanted)), key=lambda entry: entry.filename)
    if not chosen:
        kinds = ", ".join(endings)
        raise _refused("archive-empty", f"The archive holds no definition: no file that ends in {kinds}.")
    return [Archived(_shown(e.filename), archive, e, _refusal(e, times[e.filename])) for e in chosen]


def archive_of(files: Iterable[tuple[str, str]]) -> bytes:
    """A zip archive of texts: (path, text) of each."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files:
            entry = zipfile.ZipInfo(path, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return content.getvalue()


def _opened(content: bytes, room: Room) -> zipfile.ZipFile:
    # Before it is opened: the list of contents alone may take seconds to read.
    if content.count(LISTED) > room.files:
        raise _refused("archive-too-large", f"An import takes {MOST_FILES:,} files at once. Split the archive.")
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, struct.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _refused("archive-broken", "This is no zip archive, or a broken one. Make it anew.") from error


def _hold_to(room: Room, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Take what the entries say they hold from what they may; zipfile reads no more of any than it says."""
    whole, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    room.files -= len(entries)
    room.bytes -= whole
    if room.bytes < 0:
        message = f"An import takes {MOST_BYTES // 1024 // 1024} MiB at once, unpacked. Split the archive."
        raise _refused("archive-too-large", message)
    if whole > max(SHRINKS_FREELY, packed * MOST_SHRUNK):
        message = f"The archive unpacks to more than {MOST_SHRUNK} times its size, as no definitions do."
        raise _refused("archive-too-large", message)


def _refusal(entry: zipfile.ZipInfo, times: int) -> UnreadableDocument | None:
    """Why one file of an archive is not read; None: it may be."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.filename.lower().endswith(ENDING):
        return _refused("archive-in-archive", "An archive within an archive is not opened. Import it by itself.")
    if path.is_absolute() or ".." in path.parts or not entry.filename.isprintable():
        return _refused("archive-name", "The file's name leads out of the archive, or hides something. Rename it.")
    if times > 1:
        return _refused("archive-name-twice", "The archive holds several files of this name. Keep one of them.")
    if entry.compress_type not in METHODS:
        return _refused("archive-method", "The file is packed in a way that is not read. Make a usual zip archive.")
    return None


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part == "__MACOSX" or (part.startswith(".") and part not in {".", ".."}) for part in parts)


def _shown(name: str) -> str:
    """A name as reports show it: without what would make it look different from what it is."""
    return "".join(character if character.isprintable() else "�" for character in name)


def _refused(code: str, message: str) -> UnreadableDocument:
    return UnreadableDocument([Finding(Severity.ERROR, code, (), message, line=1, column=1)])
