"""How the product logs: structured, as JSON lines for machines and as coloured text on a terminal."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from app.config import Settings

RequestLog = Callable[..., None]


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

    As JSON it goes around structlog's processors: they would cost a read a tenth of its time (measured: 13 µs against
    6), and the line needs none of them.
    """
    if _level(settings) > logging.INFO:
        return _nothing
    if not _is_json(settings):
        return structlog.get_logger("request").info  # type: ignore[no-any-return]
    return _json_line(structlog.BytesLogger(sys.stderr.buffer).info)


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
