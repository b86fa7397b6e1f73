"""Durations and numbers in words, the same on pages, in texts and on the command line."""

MINUTE, HOUR = 60, 3600


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


def _short(number: float) -> str:
    """One decimal below ten, none above: 1.9, 42."""
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:.0f}"
