"""How values read on pages: durations, counts, times."""

from datetime import UTC, datetime

from flask import Flask

from app.quantities import HOUR, MINUTE, compact, duration

__all__ = ["ago", "compact", "duration", "init_app"]

DAY = 86_400


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


def init_app(app: Flask) -> None:
    """Make the formats filters of the templates."""
    for name, format_ in (("duration", duration), ("compact", compact), ("ago", ago)):
        app.jinja_env.filters[name] = format_
