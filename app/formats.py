"""How values read on pages — durations, counts, times — and in spreadsheets."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Flask

MINUTE, HOUR, DAY = 60, 3600, 86_400
# Beginnings of cells that spreadsheets take for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def duration(milliseconds: float | None) -> str:
    """A duration in the unit people would use: 84 ms, 1.9 s, 3 min, 2.5 h; a dash for none."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    for limit, size, unit in ((MINUTE, 1, "s"), (HOUR, MINUTE, "min"), (float("inf"), HOUR, "h")):
        if seconds < limit:
            return f"{_short(seconds / size)} {unit}"
    raise ValueError(f"not a duration: {milliseconds}")


def compact(number: float) -> str:
    """A number without needless zeros, thousands apart: 0.5, 12, 18,240."""
    return f"{number:,.2f}".rstrip("0").rstrip(".")


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


def _short(number: float) -> str:
    """One decimal below ten, none above: 1.9, 42."""
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:.0f}"


def init_app(app: Flask) -> None:
    """Make the formats filters of the templates."""
    for name, format_ in (("duration", duration), ("compact", compact), ("ago", ago)):
        app.jinja_env.filters[name] = format_
