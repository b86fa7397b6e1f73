"""The kept events: which pass a query, in which order, and what they amount to."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.reload.events import MOST_NAMES, Trigger, event_of, storable
from app.reload.history import BOUNDS_MS, HistoryQuery, count, events, statistics
from tests.catalog.caller import Caller
from tests.reload.recorded import event
from tests.reload.serving import Serving
from tests.reload.told import NOW, OTHER, WEB, WORKED, record

DIFFERENT = [
    event(triggered_by="0"),
    event(triggered_by="1", trigger="manual", tool_name="find", tool_names=("find",), request=7),
    event(triggered_by="2", trigger="manual", process=OTHER, success=False, error="gone"),
    event(triggered_by="3", trigger="periodic", tool_name=None, tool_names=None, process=OTHER),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (HistoryQuery(), "3210"),
        (HistoryQuery(trigger="manual"), "21"),
        (HistoryQuery(tool_name="GREP"), "20"),
        (HistoryQuery(process=OTHER.id), "32"),
        (HistoryQuery(success=True), "310"),
        (HistoryQuery(success=False), "2"),
        (HistoryQuery(request=7), "1"),
        (HistoryQuery(trigger="manual", process=WEB.id, tool_name="find", success=True), "1"),
        (HistoryQuery(trigger="webhook"), ""),
        (HistoryQuery(tool_name="gre"), ""),
    ],
)
def test_a_query_finds_its_events_newest_first(app: Flask, query: HistoryQuery, found: str) -> None:
    record(*DIFFERENT)
    assert [event.triggered_by for event in events(query)] == list(found)
    assert count(query) == len(found)


def test_the_limit_limits_what_is_listed_and_not_what_is_counted(app: Flask) -> None:
    record(*DIFFERENT)
    assert [event.triggered_by for event in events(HistoryQuery(limit=2))] == ["3", "2"]
    assert count(HistoryQuery(limit=2)) == 4


def test_an_event_comes_back_as_it_was_written(app: Flask) -> None:
    whole = event(handler_errors={"cache": "LookupError: grep"}, request=3, error="half", tool_names=("grep", "find"))
    record(whole)
    assert events(HistoryQuery()) == [whole]


def test_the_figures_of_known_events(app: Flask) -> None:
    durations = [1.0, 2.0, 3.0, 4.0, 10.0]
    record(*(event(duration_ms=duration) for duration in durations))
    record(event(success=False, duration_ms=5_000.0, trigger="manual"), event(process=OTHER, trigger="webhook"))
    found = statistics(WEB.id)
    assert (found.total, found.successful, found.failed) == (6, 5, 1)
    assert found.success_rate == pytest.approx(100 * 5 / 6)
    assert (found.durations.average, found.durations.p50, found.durations.slowest) == (4.0, 3.0, 10.0)
    # Between the fourth and the fifth of five: 95 of 100 parts of the way from first to last, that is 3.8 steps.
    assert found.durations.p95 == pytest.approx(4.0 + 0.8 * 6.0)
    assert found.by_trigger == {"manual": 1, "notification": 5}
    assert found.last is not None
    assert (found.last.trigger, found.last.success) == ("manual", False)


def test_figures_are_of_one_process_or_of_all(app: Flask) -> None:
    record(event(), event(process=OTHER), event(process=OTHER))
    assert [statistics(process).total for process in (WEB.id, OTHER.id, None, "nobody")] == [1, 2, 3, 0]


def test_of_no_event_every_one_worked_and_took_no_time(app: Flask) -> None:
    found = statistics()
    assert (found.total, found.successful, found.failed, found.success_rate) == (0, 0, 0, 100.0)
    assert found.durations == type(found.durations)(None, None, None, None)
    assert (sum(found.histogram), found.by_trigger, found.last) == (0, {}, None)


def test_where_only_failures_are_nothing_is_said_of_durations(app: Flask) -> None:
    record(event(success=False, duration_ms=7.0))
    found = statistics()
    assert (found.success_rate, found.durations.p50, sum(found.histogram)) == (0.0, None, 0)


def test_an_event_of_several_tools_is_found_by_the_name_of_each(app: Flask) -> None:
    record(
        event(tool_name=None, tool_names=("find", "grep"), tool_count=2), event(tool_name="sed", tool_names=("sed",))
    )
    assert [count(HistoryQuery(tool_name=name)) for name in ("find", "Grep", "fin", "sed")] == [1, 1, 0, 1]


@pytest.mark.parametrize("bar", range(len(BOUNDS_MS)))
def test_a_bar_holds_what_took_no_longer_than_its_bound(app: Flask, bar: int) -> None:
    bound = float(BOUNDS_MS[bar])
    record(event(duration_ms=bound), event(duration_ms=bound + 0.001), event(duration_ms=bound, success=False))
    assert [number for number, events in enumerate(statistics().histogram) if events] == [bar, bar + 1]


def test_the_bars_hold_every_event_that_worked(app: Flask) -> None:
    record(*(event(duration_ms=duration) for duration in (0.0, 0.5, 1.0, 1_000.0, 1_000.1, 60_000.0)))
    assert statistics().histogram == (3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2)


def test_an_event_is_told_as_orchestrators_know_it() -> None:
    told = event(error="no", success=False, duration_ms=1.23456).as_json()
    known = ("trigger", "tool_name", "timestamp", "success", "duration_ms", "error", "triggered_by")
    assert [told[name] for name in known] == [
        *("notification", "grep", WORKED.timestamp, False, 1.235, "no", "system"),
    ]
    assert told["process"] == {"id": WEB.id, "host": "web-1", "pid": 101, "started_at": WEB.started_at}


def test_an_event_names_only_so_many_tools(
    caller: Caller, app_with: Callable[..., Flask], serving: Callable[..., Serving]
) -> None:
    refresh = serving(listen_dsn="none").live.refresh(Trigger.PERIODIC, also=[f"no-{n}" for n in range(MOST_NAMES + 1)])
    told = event_of(refresh, WEB, 0, None, None)
    assert (len(told.tool_names or ()), told.tool_count, told.tool_name) == (MOST_NAMES, MOST_NAMES + 1, None)


@pytest.mark.parametrize(
    ("text", "kept"), [("grep", "grep"), ("a\0b", "a�b"), ("\ud800x", "?x"), ("é" * 9, "é" * 5), ("", "")]
)
def test_text_is_kept_as_the_database_can_hold_it(text: str, kept: str) -> None:
    assert storable(text, 5) == kept


def test_what_was_recorded_is_older_than_now() -> None:
    assert WEB.started_at < OTHER.started_at < WORKED.timestamp < NOW
