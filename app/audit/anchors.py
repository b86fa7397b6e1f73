"""Anchors: the head of the audit log, kept in a file and in the process's log, where the database cannot reach them.

An end of the log that was cut off, or a whole log that was written anew, still fits in itself; beside an anchor it does
not. Keep the file on a disk of its own, or ship the log lines elsewhere, and it proves even more.
"""

import fcntl
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog

from app.audit.chain import Anchor

log = structlog.get_logger()

FILE = "audit-anchors.jsonl"
LONGEST_LINE = 1_000


def read(path: Path) -> list[Anchor]:
    """The anchors in a file, oldest first; none when there is no file.

    Raises:
        ValueError: a line is no anchor; says which.
    """
    if not path.exists():
        return []
    return [_anchor(path, number, line) for number, line in enumerate(path.read_bytes().splitlines(), 1)]


def append(path: Path, number: int, digest: str) -> bool:
    """Add an anchor, unless this one or a later one is there already; whether it was added.

    Several processes may do so at once. The file is readable by its owner only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST_LINE))
        if _last_number(file.read()) >= number:
            return False
        anchor = Anchor(number, digest, datetime.now(UTC).isoformat(timespec="seconds"))
        file.write(orjson.dumps(asdict(anchor)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    log.info("audit head", number=anchor.number, hash=anchor.hash)
    return True


def _anchor(path: Path, number: int, line: bytes) -> Anchor:
    try:
        return Anchor(**orjson.loads(line))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path.name}:{number}: this is no anchor") from error


def _last_number(text: bytes) -> int:
    lines = text.splitlines()
    return int(orjson.loads(lines[-1])["number"]) if lines else 0
