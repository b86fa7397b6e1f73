"""The thread that writes reload events: soon, in one order, no more than are kept, and in nobody's way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.extensions import db
from app.reload import recorder
from app.reload.events import Process, ReloadEvent
from app.reload.history import HistoryQuery, count
from app.reload.models import ServingProcessRow
from app.reload.recorder import MOST_WAITING, Recorder
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.reload.cut import Cut
from tests.reload.recorded import event, written
from tests.reload.serving import Serving
from tests.reload.told import OTHER, WEB, record, serve

Start = Callable[..., Serving]


def standings() -> dict[str, int]:
    """The processes that serve, and the revisions they told."""
    with db.engine.connect() as connection:
        rows = connection.execute(select(ServingProcessRow.id, ServingProcessRow.revision))
        return {row.id: row.revision for row in rows}


def recorder_of(process: Process = WEB, kept: int = 100) -> Recorder:
    """A recorder of its own, of a process that serves nothing."""
    engine = db.engine
    return Recorder(lambda: engine, process, lambda: None, {}, kept)


@pytest.mark.usefixtures("app")
def test_what_is_written_is_what_was_recorded() -> None:
    events = [
        event(duration_ms=0.125, tool_name=None, tool_names=("find", "grep"), tool_count=2),
        event(trigger="startup", from_revision=None, tool_names=None, tool_name=None, tool_count=0),
        event(success=False, error="The database does not answer.", to_revision=None, request=7, triggered_by="me"),
    ]
    one = recorder_of()
    one.start()
    for told in events:
        one.record(told)
    one.stop()
    assert written(HistoryQuery(), bool) == events[::-1]


def test_only_the_last_events_are_kept(serving: Start) -> None:
    one = serving(reload_events_kept=5)
    for number in range(12):
        one.service.trigger_reload(triggered_by=str(number))
        assert until(lambda number=number: len(one.events) == number + 2)  # type: ignore[misc]
    one.service.stop()
    assert [event.triggered_by for event in written(HistoryQuery(), bool)] == ["11", "10", "9", "8", "7"]


def test_every_event_of_a_burst_is_written_in_order(caller: Caller, serving: Start) -> None:
    one = serving()
    for number in range(50):
        one.service.trigger_reload(triggered_by=str(number))
    kept = written(HistoryQuery("manual", limit=100), lambda events: len(events) == 50)
    assert [event.triggered_by for event in kept] == [str(number) for number in range(49, -1, -1)]


def test_what_is_left_is_written_when_the_process_stops(serving: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "WRITE_EVERY_S", 600.0)
    one = serving()
    one.service.trigger_reload(triggered_by="the last")
    one.service.stop()
    assert count(HistoryQuery("manual")) == 1


def test_a_database_that_is_away_delays_nobody_and_loses_no_event(caller: Caller, cut: Cut, serving: Start) -> None:
    caller.create()
    one = serving()
    cut.off(one.app)
    for number in range(20):
        assert not one.service.trigger_reload(triggered_by=str(number)).success
        assert one.caller.names() == ["grep"]
    cut.on()
    kept = written(HistoryQuery("manual"), lambda events: len(events) == 20)
    assert [event.triggered_by for event in kept] == [str(number) for number in range(19, -1, -1)]


@pytest.mark.usefixtures("app")
def test_of_very_many_events_the_newest_are_held() -> None:
    one = recorder_of(kept=10_000)
    for number in range(MOST_WAITING + 5):
        one.record(event(triggered_by=str(number)))
    one.start()
    one.stop()
    kept = written(HistoryQuery(limit=2_000), bool)
    assert (len(kept), kept[-1].triggered_by) == (MOST_WAITING, "5")


def failing(_: ReloadEvent) -> None:
    """A handler that fails with what PostgreSQL holds in no text."""
    raise LookupError("\0 and \udc80")


def test_text_that_the_database_cannot_hold_keeps_no_event_from_being_written(
    caller: Caller, serving: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder.log, "exception", lambda *_, **__: None)
    one = serving()
    one.service.register_handler("failing", failing)
    one.service.trigger_reload(triggered_by="a\0b" * 100)
    one.service.trigger_reload("x" * 120)
    one.service.trigger_reload("\udc80", triggered_by="\udc80")
    one.service.trigger_reload(triggered_by="me")
    kept = written(HistoryQuery("manual"), lambda events: len(events) == 4)
    assert [event.triggered_by for event in kept][::3] == ["me", ("a�b" * 100)[:200]]
    assert kept[0].handler_errors == {"failing": "LookupError: � and ?"}


def test_a_process_is_on_the_list_while_it_serves_and_not_afterwards(
    caller: Caller, serving: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "HEARTBEAT_S", 0.0)
    one, other = serving(), serving()
    mine, others = one.service.process.id, other.service.process.id
    assert until(lambda: standings() == {mine: 0, others: 0})
    caller.create()
    assert until(lambda: standings() == {mine: 1, others: 1})
    other.service.stop()
    assert standings() == {mine: 1}
    with db.engine.connect() as connection:
        row = connection.execute(select(ServingProcessRow.__table__)).one()
    process = one.service.process
    assert (row.host, row.pid, row.started_at) == (process.host, process.pid, process.started_at)
    assert (row.content_hash, row.is_listening) == (one.live.snapshot().content_hash, True)


def test_a_process_that_cannot_listen_says_so(serving: Start) -> None:
    serving(listen_dsn="none")

    def told() -> list[bool]:
        with db.engine.connect() as connection:
            return list(connection.scalars(select(ServingProcessRow.is_listening)))

    assert until(lambda: told() == [False])


def test_a_process_that_was_killed_is_forgotten_and_no_other(serving: Start) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    serve(WEB, 1, seen_at=long_ago)
    serve(OTHER, 1)
    one = serving()
    assert until(lambda: standings() == {OTHER.id: 1, one.service.process.id: 0})


@pytest.mark.usefixtures("app")
def test_a_process_that_leaves_takes_only_itself_off_the_list() -> None:
    serve(WEB, 1)
    serve(OTHER, 1)
    one = recorder_of(WEB)
    one.start()
    one.stop()
    assert standings() == {OTHER.id: 1}


def test_events_of_other_processes_count_among_those_kept(serving: Start) -> None:
    record(*(event(process=OTHER, triggered_by=str(number)) for number in range(5)))
    one = serving(reload_events_kept=3)
    one.service.stop()
    assert [event.triggered_by for event in written(HistoryQuery(), bool)] == ["system", "4", "3"]
