"""Who serves, and how far the last change has come."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Flask

from app.reload.events import Process
from app.reload.processes import SILENT_AFTER_S, Spread, spread
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.reload.serving import Serving
from tests.reload.told import OTHER, WEB, reach, serve


def test_where_nobody_serves_nobody_is_behind(app: Flask) -> None:
    found = spread()
    assert (found.revision, found.live, found.processes, found.is_everywhere) == (0, 0, (), True)


def test_a_change_is_live_where_it_is_served(app: Flask) -> None:
    reach(3)
    serve(WEB, 2)
    serve(OTHER, 3, is_listening=False)
    found = spread()
    assert (found.revision, found.live, found.is_everywhere) == (3, 1, False)
    assert [(one.process, one.revision, one.is_listening, one.is_silent) for one in found.processes] == [
        (WEB, 2, True, False),
        (OTHER, 3, False, False),
    ]
    serve(replace(WEB, id="c" * 32), 4)
    assert spread().live == 2


def test_a_change_that_is_not_the_last_is_live_where_it_or_a_later_one_is_served(app: Flask) -> None:
    reach(3)
    serve(WEB, 2)
    serve(OTHER, 1)
    assert (spread(2).revision, spread(2).live, spread(1).live, spread(1).is_everywhere) == (2, 1, 2, True)


def test_a_process_nobody_heard_of_for_long_is_silent_and_not_counted_live(app: Flask) -> None:
    now = datetime.now(UTC)
    serve(WEB, 0, seen_at=now - timedelta(seconds=SILENT_AFTER_S + 5))
    serve(OTHER, 0, seen_at=now - timedelta(seconds=SILENT_AFTER_S - 5))
    assert [one.is_silent for one in spread().processes] == [True, False]
    assert (spread().live, spread().is_everywhere) == (1, False)


def test_processes_are_told_in_an_order_that_stays(app: Flask) -> None:
    later = replace(WEB, id="d" * 32, started_at=OTHER.started_at)
    for process in (OTHER, later, WEB):
        serve(process, 0)
    assert [one.process for one in spread().processes] == [WEB, later, OTHER]


def test_those_that_serve_come_to_the_last_revision(caller: Caller, serving: Callable[..., Serving]) -> None:
    several = [serving(), serving(listen_dsn="none", revision_check_ms=20)]
    caller.create()
    assert all(one.reaches(1) for one in several)
    assert {one.service.process for one in several} == {one.process for one in spread_of(2).processes}


def spread_of(processes: int) -> Spread:
    """Who serves, as soon as there are so many."""
    assert until(lambda: len(spread().processes) == processes)
    return spread()


def test_each_process_is_another_one_although_they_share_a_number() -> None:
    one, other = Process.this(), Process.this()
    assert one.id != other.id
    assert (one.host, one.pid, one.started_at) == (other.host, other.pid, other.started_at)
