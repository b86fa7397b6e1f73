"""How values read on pages — durations, counts, times — and in spreadsheets."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Flask

from app.quantities import HOUR, MINUTE, compact, duration

__all__ = ["ago", "compact", "csv_line", "duration", "init_app"]

DAY = 86_400
# Beginnings of cells that spreadsheets take for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was: just now, 4 min ago, 2 days ago, or its date when that is over a month."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min ago"
    if seconds < DAY:
        return f"{seconds // HOUR:.0f} h ago"
    if seconds < 30 * DAY:
        days = int(seconds // DAY)
        return f"{days} day{'s' if days > 1 else ''} ago"
    return moment.strftime("%-d %b %Y")


def csv_line(values: Iterable[object]) -> str:
    """One line of CSV (RFC 4180); no text in it is taken for a formula."""
    text = io.StringIO()
    csv.writer(text).writerow([_cell(value) for value in values])
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def init_app(app: Flask) -> None:
    """Make the formats filters of the templates."""
    for name, format_ in (("duration", duration), ("compact", compact), ("ago", ago)):
        app.jinja_env.filters[name] = format_
