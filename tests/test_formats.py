"""How values read on pages."""

from datetime import UTC, datetime, timedelta

import pytest

from app.formats import ago, compact, duration

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("milliseconds", "read"),
    [
        (None, "–"),
        (0, "0 ms"),
        (84.4, "84 ms"),
        (999, "999 ms"),
        (1900, "1.9 s"),
        (42_000, "42 s"),
        (180_000, "3 min"),
        (9_000_000, "2.5 h"),
        (3.6e9, "1000 h"),
    ],
)
def test_a_duration_is_in_the_unit_people_would_use(milliseconds: float | None, read: str) -> None:
    assert duration(milliseconds) == read


@pytest.mark.parametrize(
    ("number", "read"), [(0.5, "0.5"), (12.0, "12"), (18240, "18,240"), (0.125, "0.12"), (100, "100")]
)
def test_a_number_has_no_needless_zeros(number: float, read: str) -> None:
    assert compact(number) == read


@pytest.mark.parametrize(
    ("since", "read"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=1, hours=3), "1 day ago"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=40), "10 Apr 2026"),
    ],
)
def test_a_moment_is_told_by_how_long_ago_it_was(since: timedelta, read: str) -> None:
    assert ago(NOW - since, NOW) == read
