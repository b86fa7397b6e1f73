"""Structured logs: one line per request with its id, and the settings of structlog."""

import logging
import sys
import time
import uuid
from re import compile as regex

import orjson
import structlog
from flask import Flask, Response, g, request

from app.config import Settings

REQUEST_ID = regex(r"[A-Za-z0-9._-]{1,64}")
log = structlog.get_logger("request")


def configure(settings: Settings) -> None:
    """Set structlog up: JSON lines for machines, coloured text on a terminal; both go to standard error."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps) if as_json else structlog.dev.ConsoleRenderer(),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if as_json
        else structlog.PrintLoggerFactory(sys.stderr),
    )


def _begin() -> None:
    """Take over the caller's request id when it is harmless, or make one."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.started = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    log.info(
        "answered",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round((time.perf_counter() - g.started) * 1000, 2),
        request_id=g.request_id,
    )
    return response


def init_app(app: Flask) -> None:
    """Give every request an id and one line in the log."""
    app.before_request(_begin)
    app.after_request(_end)
