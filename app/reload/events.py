"""What a reload event is, and which process it happened in."""

import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import psutil

from app.catalog.live import API_UPDATE, STARTUP, Refresh

SYSTEM = "system"
MOST_NAMES = 100
"""How many tools an event names; of more it keeps only how many there were."""
MOST_NAME, MOST_WHO, MOST_ERROR = 100, 200, 1_000
"""Characters that are kept of a tool's name, of who asked, and of an error."""


class Trigger(StrEnum):
    """What made a process reload."""

    MANUAL = "manual"
    API_UPDATE = API_UPDATE
    NOTIFICATION = "notification"
    PERIODIC = "periodic"
    WEBHOOK = "webhook"
    STARTUP = STARTUP


@dataclass(frozen=True, slots=True)
class Process:
    """A process that serves. `id` tells it from every other one there ever was."""

    id: str
    host: str
    pid: int
    started_at: datetime

    @classmethod
    def this(cls) -> "Process":
        """The process this is called in. A fork is another one."""
        started = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
        return cls(uuid.uuid4().hex, socket.gethostname()[:255], os.getpid(), started)


@dataclass(frozen=True, slots=True)
class ReloadEvent:
    """The record of one reload.

    Attributes:
        tool_name: the one tool that was asked for, or that had changed; None when it was several, or all.
        tool_names: the tools that were read again, at most MOST_NAMES of `tool_count`; None: the whole catalog.
        from_revision, to_revision: before and after; None when there was no snapshot.
        duration_ms: how long it took, milliseconds.
        handler_errors: what went wrong in handlers, by their names; the reload itself is not undone by it.
        request: the number of the request it answers, when every process was asked.
    """

    trigger: str
    triggered_by: str
    timestamp: datetime
    tool_name: str | None
    tool_names: tuple[str, ...] | None
    tool_count: int
    from_revision: int | None
    to_revision: int | None
    duration_ms: float
    success: bool
    process: Process
    error: str | None = None
    request: int | None = None
    handler_errors: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The event as orchestrators read it."""
        return {
            "trigger": self.trigger,
            "tool_name": self.tool_name,
            "timestamp": self.timestamp,
            "success": self.success,
            "duration_ms": round(self.duration_ms, 3),
            "error": self.error,
            "triggered_by": self.triggered_by,
            "tool_names": self.tool_names,
            "tool_count": self.tool_count,
            "from_revision": self.from_revision,
            "to_revision": self.to_revision,
            "handler_errors": self.handler_errors,
            "request": self.request,
            "process": {
                "id": self.process.id,
                "host": self.process.host,
                "pid": self.process.pid,
                "started_at": self.process.started_at,
            },
        }


def storable(text: str, most: int) -> str:
    """Text as the database can hold it: without NUL and halves of characters, and no longer than this."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()[:most]


def event_of(refresh: Refresh, process: Process, tools: int, asked: str | None, request: int | None) -> ReloadEvent:
    """The event of a refresh that worked. `tools` is how many there are now, `asked` the tool it was asked for."""
    names = refresh.names
    only = names[0] if names is not None and len(names) == 1 else None
    return ReloadEvent(
        trigger=refresh.trigger,
        triggered_by=refresh.triggered_by or SYSTEM,
        timestamp=refresh.started_at,
        tool_name=asked or only,
        tool_names=None if names is None else names[:MOST_NAMES],
        tool_count=tools if names is None else len(names),
        from_revision=refresh.before,
        to_revision=refresh.after,
        duration_ms=refresh.duration_ms,
        success=True,
        process=process,
        request=request,
    )
