"""The table that `make bench` prints: what was measured, its figure, its baseline, its target."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be: a bound in the row's unit, or with `of_ratio` a bound of figure / baseline."""

    bound: float
    at_most: bool = True
    of_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement.

    Attributes:
        figure, baseline: in `unit`; the baseline was measured in the same run.
        baseline_is: what the baseline is, in a few words.
        ratio: figure / baseline; of measurements in turns, the median of their ratios.
    """

    what: str
    figure: float
    unit: str
    baseline: float | None = None
    baseline_is: str = ""
    ratio: float | None = None
    target: Target | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None when there is none."""
        if self.target is None:
            return None
        value = self.ratio if self.target.of_ratio else self.figure
        if value is None:
            return None
        return value <= self.target.bound if self.target.at_most else value >= self.target.bound


HEADINGS = ("what", "figure", "baseline", "ratio", "target", "ok?")
RIGHT = {1, 3}


def table(rows: Sequence[Row]) -> str:
    """The rows as text in columns."""
    cells = [HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(_padded, range(len(HEADINGS)), line, widths)).rstrip() for line in cells]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def number(value: float) -> str:
    """A number with three digits that count: 4,210 · 43.1 · 0.87."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _padded(column: int, text: str, width: int) -> str:
    return text.rjust(width) if column in RIGHT else text.ljust(width)


def _cells(row: Row) -> tuple[str, ...]:
    baseline = "" if row.baseline is None else f"{number(row.baseline)} {row.unit}  {row.baseline_is}"
    return (
        row.what,
        f"{number(row.figure)} {row.unit}",
        baseline.strip(),
        "" if row.ratio is None else f"{row.ratio:.2f}",
        _told(row),
        {None: "", True: "yes", False: "MISSED"}[row.is_met],
    )


def _told(row: Row) -> str:
    if row.target is None:
        return ""
    sign = "≤" if row.target.at_most else "≥"
    unit = "× baseline" if row.target.of_ratio else row.unit
    return f"{sign} {row.target.bound:g} {unit}"
