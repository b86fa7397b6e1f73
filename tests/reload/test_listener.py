"""The thread that follows the catalog: what wakes it, what it survives, when it begins and how it ends."""

import contextvars
import threading
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text

from app import database
from app.catalog import live as live_module
from app.catalog.models import Tool, ToolTelemetry
from app.catalog.snapshot import Tool as ToolRead
from app.catalog.snapshot import tool_of
from app.catalog.transaction import CHANNEL
from app.config import Settings
from app.extensions import db
from app.reload import listener
from app.reload.listener import FIRST_RETRY_S, SLOWEST_RETRY_S, retry_s
from app.reload.models import ReloadRequestRow
from tests.catalog.caller import Caller
from tests.parallel import at_once, until
from tests.reload import behind
from tests.reload.cut import Cut, settings_of
from tests.reload.serving import LISTENER, RECORDER, Serving, threads

Start = Callable[..., Serving]


def notify(payload: str, channel: str = CHANNEL) -> None:
    """Say something on a channel."""
    with db.engine.begin() as connection:
        connection.execute(select(func.pg_notify(channel, payload)))


def test_a_notification_alone_suffices(caller: Caller, serving: Start) -> None:
    one = serving()
    caller.create()
    assert one.reaches(1)
    assert one.caller.names() == ["grep"]
    told = one.event(lambda event: event.to_revision == 1)
    assert (told.trigger, told.tool_name, told.from_revision, told.tool_count) == ("notification", "grep", 0, 1)


def test_the_check_alone_suffices_for_who_does_not_listen(caller: Caller, serving: Start) -> None:
    one = serving(listen_dsn="none", revision_check_ms=20)
    assert not one.service._listener.is_listening  # type: ignore[union-attr]
    caller.create()
    assert one.reaches(1)
    assert one.event(lambda event: event.to_revision == 1).trigger == "periodic"


def test_the_check_covers_a_notification_that_was_lost(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving(revision_check_ms=20)
    assert one.service._listener.is_listening  # type: ignore[union-attr]
    assert one.reaches(behind.describe("grep", "Told to nobody"))
    assert one.caller.read()["description"] == "Told to nobody"
    assert one.event(lambda event: event.to_revision == 2).trigger == "periodic"


ODD = ["0", "1", "-1", "", "soon", "1.5", "²", "٣", "9" * 19, "9" * 5_000, "reload", "x" * 7_999]


@pytest.mark.parametrize("payload", ODD, ids=[word[:9] or "empty" for word in ODD])
def test_an_old_or_odd_notification_changes_nothing(caller: Caller, serving: Start, payload: str) -> None:
    caller.create()
    one = serving()
    notify(payload)
    notify("another", channel="somebody_elses")
    caller.update()
    assert one.reaches(2)
    assert one.event(lambda event: event.to_revision == 2).trigger == "notification"
    assert [(event.trigger, event.success) for event in one.events] == [("startup", True), ("notification", True)]


def test_a_request_that_is_told_together_with_a_change_is_heard(caller: Caller, serving: Start) -> None:
    one = serving()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE tool_catalog.catalog_state SET revision = 1"))
        connection.execute(insert(ReloadRequestRow).values(trigger="manual", triggered_by="me"))
        connection.execute(select(func.pg_notify(CHANNEL, "1"), func.pg_notify(CHANNEL, "reload")))
    assert one.reaches(1)
    assert one.event(lambda event: event.request is not None).triggered_by == "me"


def test_what_is_told_over_and_over_does_not_put_off_the_look(caller: Caller, serving: Start) -> None:
    one = serving(revision_check_ms=50)
    with db.engine.begin() as connection:
        connection.execute(insert(ReloadRequestRow).values(trigger="manual", triggered_by="told to nobody"))

    def has_looked() -> bool:
        notify("9" * 15)
        return any(event.request is not None for event in one.events)

    assert until(has_looked)


def test_a_killed_connection_is_replaced(caller: Caller, cut: Cut, serving: Start) -> None:
    one = serving()
    cut.kill(one.app)
    caller.create()
    assert one.reaches(1)
    failed = one.event(lambda event: not event.success)
    assert (failed.trigger, failed.error) == ("periodic", "The database does not answer.")
    assert until(lambda: one.service._listener is not None and one.service._listener.is_listening)
    caller.update()
    assert one.reaches(2)
    assert [event.success for event in one.events].count(False) == 1


def test_what_was_missed_while_the_database_was_away_is_made_up_for(caller: Caller, cut: Cut, serving: Start) -> None:
    one = serving()
    cut.off(one.app)
    caller.create()
    caller.create("find")
    assert until(lambda: one.service._listener._failures > 2)  # type: ignore[union-attr]
    assert one.caller.names() == []
    cut.on()
    assert one.reaches(2)
    assert one.caller.names() == ["find", "grep"]
    assert [event.success for event in one.events].count(False) == 1


def test_an_outage_of_the_database_is_one_event_and_the_next_one_another(cut: Cut, serving: Start) -> None:
    one = serving()
    for outages in (1, 2):
        cut.off(one.app)
        assert until(lambda: one.service._listener._failures > 2)  # type: ignore[union-attr]
        cut.on()
        assert until(lambda: one.service._listener._failures == 0)  # type: ignore[union-attr]
        assert [event.success for event in one.events].count(False) == outages


def test_a_database_restored_to_an_older_revision_is_read_whole(caller: Caller, serving: Start) -> None:
    caller.create()
    caller.create("find")
    one = serving(revision_check_ms=20)
    behind.restore(1)
    assert one.reaches(1)
    assert one.caller.names() == []
    told = one.event(lambda event: event.to_revision == 1)
    assert (told.trigger, told.from_revision, told.tool_names, told.tool_count) == ("periodic", 2, None, 0)


def test_a_tool_that_cannot_be_read_does_not_end_the_thread(
    caller: Caller, serving: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = serving()

    def poisoned(row: object) -> ToolRead:
        raise TypeError("poisoned")

    monkeypatch.setattr(live_module, "tool_of", poisoned)
    monkeypatch.setattr(listener.log, "warning", lambda *_, **__: None)
    caller.create()
    failed = one.event(lambda event: not event.success)
    assert (failed.error, failed.from_revision, failed.to_revision) == ("poisoned", 0, 0)
    monkeypatch.setattr(live_module, "tool_of", tool_of)
    assert one.reaches(1)


def test_the_threads_start_with_the_first_read_and_not_before(caller: Caller, app_with: Callable[..., Flask]) -> None:
    one = Serving(app_with())
    one.client.get("/health/live")
    one.caller.create()
    assert threads(LISTENER) + threads(RECORDER) == []
    one.caller.read()
    assert (len(threads(LISTENER)), len(threads(RECORDER))) == (1, 1)


@pytest.mark.parametrize("command", ["catalog list", "reload now", "reload history", "reload statistics"])
def test_no_command_starts_a_thread(app: Flask, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    started: list[Serving] = []
    monkeypatch.setattr("app.reload.service.HotReloadService.start", started.append)
    told = contextvars.Context().run(app.test_cli_runner().invoke, args=command.split())
    assert (told.exit_code, started) == (0, [])


def test_many_first_reads_start_one_of_each_thread(app_with: Callable[..., Flask]) -> None:
    one = Serving(app_with(pool_size=2, pool_timeout_s=10))
    assert at_once([one.caller.names] * 12) == [[]] * 12
    at_once([one.service.start] * 12)
    assert (len(threads(LISTENER)), len(threads(RECORDER))) == (1, 1)


def test_several_applications_in_one_process_follow_each_by_itself(caller: Caller, serving: Start) -> None:
    several = [serving() for _ in range(3)]
    assert len(threads(LISTENER)) == 3
    caller.create()
    assert all(one.reaches(1) for one in several)
    several[0].service.stop()
    caller.update()
    assert all(one.reaches(2) for one in several[1:])
    assert several[0].revision == 1


def test_threads_have_names_and_hold_up_no_exit(serving: Start) -> None:
    serving()
    assert [thread.daemon for name in (LISTENER, RECORDER) for thread in threads(name)] == [True, True]


def has_stopped(one: Serving) -> bool:
    """Stop it; whether that came to its end."""
    stopping = threading.Thread(target=one.service.stop, daemon=True)
    stopping.start()
    stopping.join(10)
    return threads(LISTENER) + threads(RECORDER) == []


def test_it_stops_while_it_waits_for_news(serving: Start) -> None:
    assert has_stopped(serving())


def test_it_stops_without_a_database(cut: Cut, serving: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    one = serving()
    # A wait that no test outlives, unless stopping ends it.
    monkeypatch.setattr(listener, "retry_s", lambda _: 600.0)
    cut.off(one.app)
    assert until(lambda: one.service._listener._failures > 0)  # type: ignore[union-attr]
    assert has_stopped(one)


def test_stopping_twice_or_unstarted_does_nothing_and_nothing_starts_afterwards(app_with: Callable[..., Flask]) -> None:
    one = Serving(app_with())
    one.service.stop()
    one.service.stop()
    one.service.start()
    assert one.caller.names() == []
    assert threads(LISTENER) + threads(RECORDER) == []


def test_another_address_is_for_listening_only(caller: Caller, cut: Cut, serving: Start, settings: Settings) -> None:
    other = f"{settings.database_url}{'&' if '?' in settings.database_url else '?'}client_encoding=utf8"
    one = serving(listen_dsn=other)
    caller.create()
    assert one.reaches(1)
    one.caller.versions("grep")
    ways = [opened.url for opened in cut.opened(one.app)]
    assert ways.count(other) == 1
    assert set(ways) == {None, other}


def test_everything_is_read_again_every_so_often_when_asked_for(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving(revision_check_ms=10, reload_every_s=0.01)
    behind.describe_silently("grep", "No revision tells")
    assert until(lambda: one.caller.read()["description"] == "No revision tells")
    told = one.event(lambda event: event.trigger == "periodic")
    assert (told.tool_names, told.tool_count, told.from_revision, told.to_revision) == (None, 1, 1, 1)


def test_only_changes_and_requests_are_notified(caller: Caller, serving: Start, settings: Settings) -> None:
    caller.create()
    one = serving()
    with database.connect(settings_of(one.app)) as hearing:
        hearing.autocommit = True
        hearing.execute(f"LISTEN {CHANNEL}")
        with db.engine.begin() as connection:
            tool = connection.scalar(select(Tool.id))
            run = {"tool_id": tool, "execution_id": "1", "environment": "test", "success": True}
            connection.execute(insert(ToolTelemetry).values(run))
        one.service.trigger_reload()
        one.service.stop()
        caller.update()
        assert heard(hearing) == ["2"]


def heard(connection: psycopg.Connection[object]) -> list[str]:
    """What was told on a connection, up to the first of it."""
    return [notice.payload for notice in connection.notifies(timeout=10, stop_after=1)]


@given(failures=st.integers(1, 100_000), chance=st.floats(0, 1, exclude_max=True))
def test_a_retry_waits_neither_long_nor_not_at_all(failures: int, chance: float) -> None:
    assert FIRST_RETRY_S / 2 <= retry_s(failures, lambda: chance) <= SLOWEST_RETRY_S


def test_retries_wait_twice_as_long_each_time_and_no_two_processes_the_same() -> None:
    longest = [retry_s(failures, lambda: 1.0) for failures in range(7)]
    assert longest == [0.0, 0.05, 0.1, 0.2, 0.4, 0.5, 0.5]
    assert retry_s(3, lambda: 0.0) == retry_s(3, lambda: 1.0) / 2
    assert len({retry_s(3) for _ in range(10)}) > 1
