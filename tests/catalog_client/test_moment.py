"""Moments: an age may be told too high, but never too low, whatever the clocks do."""

import math
import time

import pytest

from catalog_client.moment import Moment


def test_a_moment_ages_with_the_steady_clock_though_the_wall_clock_was_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment, wall, steady = Moment.now(), time.time(), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: wall - 3600)
    monkeypatch.setattr(time, "monotonic", lambda: steady + 30)
    assert moment.age_s == pytest.approx(30, abs=5)


def test_a_moment_ages_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, wall = Moment.now(), time.time()
    monkeypatch.setattr(time, "time", lambda: wall + 3600)
    assert moment.age_s == pytest.approx(3600, abs=5)


def test_a_remembered_moment_has_aged_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, steady = Moment.remembered(time.time() - 500), time.monotonic()
    assert moment.age_s == pytest.approx(500, abs=5)
    monkeypatch.setattr(time, "monotonic", lambda: steady + 100)
    assert moment.age_s == pytest.approx(600, abs=5)


def test_nobody_can_tell_the_age_of_a_remembered_moment_that_lies_ahead() -> None:
    assert Moment.remembered(time.time() + 500).age_s == math.inf
