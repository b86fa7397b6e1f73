"""How the product logs: structured, as JSON lines for machines and as coloured text on a terminal."""

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.util import Finalize
from typing import Any, BinaryIO

import orjson
import structlog

from app.config import Settings

RequestLog = Callable[..., None]
WRITE_EVERY_S = 0.1


def configure(settings: Settings) -> None:
    """Set structlog up: JSON lines for machines, coloured text on a terminal; both go to standard error."""
    structlog.configure(
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(_level(settings)),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps)
            if _is_json(settings)
            else structlog.dev.ConsoleRenderer(),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if _is_json(settings)
        else structlog.PrintLoggerFactory(sys.stderr),
    )


def request_log(settings: Settings) -> RequestLog:
    """What writes the line of an answered request.

    As JSON it goes around structlog's processors, and is written by a thread of its own within WRITE_EVERY_S: a write
    for each request lets go of Python's lock, and threads that then fight over it halve the rate of reads (measured).
    """
    if _level(settings) > logging.INFO:
        return _nothing
    if not _is_json(settings):
        return structlog.get_logger("request").info  # type: ignore[no-any-return]
    return _json_line(LineWriter(sys.stderr.buffer).write)


class LineWriter:
    """Takes lines at once and writes them soon, from a thread that starts with the first one; all of them at exit."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: deque[bytes] = deque()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, line: bytes) -> None:
        """Take a line, without its end."""
        self._lines.append(line)
        if self._thread is None:
            self._start()

    def write_out(self) -> None:
        """Write what was taken so far."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines:
            self._file.write(b"\n".join(lines) + b"\n")
            self._file.flush()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
                # Not atexit: serving processes are forked, and those end without it.
                Finalize(None, self.write_out, exitpriority=0)

    def _run(self) -> None:
        while True:
            time.sleep(WRITE_EVERY_S)
            self.write_out()


def _nothing(event: str, **fields: Any) -> None:
    """Write nothing."""


def _json_line(write: Callable[[bytes], None]) -> RequestLog:
    def line(event: str, **fields: Any) -> None:
        write(orjson.dumps({"timestamp": datetime.now(UTC), "level": "info", "event": event, **fields}))

    return line


def _is_json(settings: Settings) -> bool:
    return settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())


def _level(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
