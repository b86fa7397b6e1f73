"""Reloads on demand, and the handlers that are told of every reload."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.reload import recorder
from app.reload.events import ReloadEvent, Trigger
from app.reload.history import HistoryQuery
from tests.catalog.caller import Caller
from tests.parallel import at_once, until
from tests.reload import behind
from tests.reload.cut import Cut
from tests.reload.recorded import written
from tests.reload.serving import Serving

Start = Callable[..., Serving]


@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_reload_is_told_with_its_trigger_and_who_asked(caller: Caller, serving: Start, trigger: Trigger) -> None:
    caller.create()
    event = serving().service.trigger_reload("grep", trigger, "me")
    assert (event.trigger, event.triggered_by, event.success, event.error) == (trigger, "me", True, None)
    assert (event.tool_name, event.tool_names, event.from_revision, event.to_revision) == ("grep", ("grep",), 1, 1)
    assert event.duration_ms > 0


def test_an_unknown_trigger_is_a_mistake_of_the_caller(serving: Start) -> None:
    with pytest.raises(ValueError, match="gossip"):
        serving().service.trigger_reload("grep", "gossip")


def test_a_reload_reads_again_what_was_changed_without_a_revision(caller: Caller, serving: Start) -> None:
    caller.create()
    caller.create("find")
    one = serving()
    behind.describe_silently("grep", "By hand")
    behind.describe_silently("find", "By hand")
    assert one.service.trigger_reload("GREP").success
    assert [one.caller.read(name)["description"] for name in ("grep", "find")] == ["By hand", "What find does"]


def test_a_reload_of_everything_reads_everything(caller: Caller, serving: Start) -> None:
    caller.create()
    caller.create("find")
    one = serving()
    behind.describe_silently("grep", "By hand")
    behind.remove_silently("find")
    event = one.service.trigger_reload()
    assert (event.tool_name, event.tool_names, event.tool_count, event.success) == (None, None, 1, True)
    assert one.caller.names() == ["grep"]
    assert one.caller.read()["description"] == "By hand"


def test_a_reload_also_takes_over_what_else_is_new(caller: Caller, serving: Start) -> None:
    one = serving(listen_dsn="none")
    caller.create()
    caller.create("find")
    event = one.service.trigger_reload("grep")
    assert (event.from_revision, event.to_revision, sorted(event.tool_names or ())) == (0, 2, ["find", "grep"])
    assert (event.tool_name, event.tool_count) == ("grep", 2)


def test_an_unknown_tool_is_told_with_near_names_and_recorded(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving()
    event = one.service.trigger_reload("grpe", triggered_by="me")
    assert (event.success, event.error) == (False, "There is no tool named “grpe”. Did you mean grep?")
    (kept,) = written(HistoryQuery(success=False), lambda events: len(events) == 1)
    assert (kept.tool_name, kept.error, kept.triggered_by) == ("grpe", event.error, "me")


def test_a_tool_that_was_removed_by_hand_is_gone_after_its_reload(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving()
    behind.remove_silently("grep")
    assert not one.service.trigger_reload("grep").success
    assert one.caller.names() == []


def test_the_first_read_is_a_startup(caller: Caller, serving: Start) -> None:
    caller.create()
    event = serving().event()
    assert (event.trigger, event.triggered_by, event.tool_names, event.tool_count) == ("startup", "system", None, 1)
    assert (event.from_revision, event.to_revision, event.success) == (None, 1, True)


def test_a_change_made_here_is_told_once_with_its_author(serving: Start) -> None:
    one = serving(listen_dsn="none", revision_check_ms=20)
    one.caller.create()
    event = one.event(lambda event: event.to_revision == 1)
    assert (event.trigger, event.triggered_by, event.tool_name) == ("api_update", "admin", "grep")
    one.service.trigger_reload("grep", triggered_by="the end")
    one.event(lambda event: event.triggered_by == "the end")
    assert one.triggers() == ["startup", "api_update", "manual"]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs nothing of what goes wrong on purpose."""
    monkeypatch.setattr(recorder.log, "exception", lambda *_, **__: None)


def failing(event: ReloadEvent) -> None:
    """A handler that fails."""
    raise LookupError(f"no cache for {event.tool_name}")


@pytest.mark.usefixtures("quiet")
def test_a_handler_that_fails_is_recorded_and_stops_nobody(caller: Caller, serving: Start) -> None:
    one = serving()
    told: list[ReloadEvent] = []
    one.service.register_handler("failing", failing)
    one.service.register_handler("afterwards", told.append)
    caller.create()
    assert one.reaches(1)
    assert until(lambda: len(told) == 1)
    (kept,) = written(HistoryQuery("notification"), lambda events: len(events) == 1)
    assert (kept.success, kept.error) == (True, None)
    assert kept.handler_errors == {"failing": "LookupError: no cache for grep"}
    caller.update()
    assert until(lambda: len(told) == 2)


def test_handlers_are_told_of_every_event_in_order(caller: Caller, serving: Start) -> None:
    one = serving()
    caller.create()
    assert one.reaches(1)
    one.service.trigger_reload("grep", triggered_by="me")
    one.service.trigger_reload("nothing")
    one.service.trigger_reload()
    assert until(lambda: len(one.events) == 5)
    assert [(event.trigger, event.tool_name, event.success) for event in one.events] == [
        ("startup", None, True),
        ("notification", "grep", True),
        ("manual", "grep", True),
        ("manual", "nothing", False),
        ("manual", None, True),
    ]


def test_a_name_registered_again_gets_the_new_handler(serving: Start) -> None:
    one = serving()
    first: list[ReloadEvent] = []
    second: list[ReloadEvent] = []
    one.service.register_handler("mine", first.append)
    one.service.register_handler("mine", second.append)
    one.service.trigger_reload()
    assert until(lambda: len(second) == 1)
    assert first == []


def test_a_handler_that_was_unregistered_is_told_no_more(serving: Start) -> None:
    one = serving()
    told: list[ReloadEvent] = []
    one.service.register_handler("mine", told.append)
    one.service.unregister_handler("mine")
    one.service.unregister_handler("nobody's")
    one.service.trigger_reload(triggered_by="me")
    one.event(lambda event: event.triggered_by == "me")
    assert told == []


def test_handlers_may_come_and_go_while_events_are_told(serving: Start) -> None:
    one = serving()

    def come_and_go() -> None:
        for number in range(100):
            one.service.register_handler(f"{number}", lambda _: None)
            one.service.unregister_handler(f"{number}")

    def reload() -> None:
        one.service.trigger_reload()

    at_once([come_and_go, come_and_go, *([reload] * 5)])
    assert until(lambda: one.triggers().count("manual") == 5)


def test_handlers_do_not_wait_until_events_are_written(serving: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "WRITE_EVERY_S", 600.0)
    one = serving()
    one.service.trigger_reload(triggered_by="me")
    assert one.event(lambda event: event.triggered_by == "me").success


def test_a_slow_handler_delays_neither_reloads_nor_requests(caller: Caller, serving: Start) -> None:
    one = serving()
    is_told, may_go_on = threading.Event(), threading.Event()

    def slow(_: ReloadEvent) -> None:
        is_told.set()
        may_go_on.wait(30)

    one.service.register_handler("slow", slow)
    one.service.trigger_reload()
    assert is_told.wait(10)
    caller.create()
    assert one.reaches(1)
    assert one.caller.names() == ["grep"]
    assert one.service.trigger_reload("grep").success
    one.caller.update()
    assert one.caller.read()["version"] == "1.1"
    may_go_on.set()


def test_a_reload_without_a_database_is_told_and_written_later(caller: Caller, cut: Cut, serving: Start) -> None:
    caller.create()
    one = serving()
    cut.off(one.app)
    several = [one.service.trigger_reload(name, triggered_by="me") for name in ("grep", None)]
    assert [(event.success, event.error, event.tool_name) for event in several] == [
        (False, "The database does not answer.", "grep"),
        (False, "The database does not answer.", None),
    ]
    assert one.caller.names() == ["grep"]
    cut.on()
    caller.update()
    assert one.reaches(2)
    kept = written(HistoryQuery("manual"), lambda events: len(events) == 2)
    assert [event.tool_name for event in kept] == [None, "grep"]


def test_nobody_is_asked_without_a_database_and_nothing_is_reloaded(caller: Caller, cut: Cut, serving: Start) -> None:
    one = serving()
    cut.off(one.app)
    with one.app.app_context(), pytest.raises(SQLAlchemyError):
        one.service.trigger_reload_everywhere("grep")
    assert "manual" not in one.triggers()


def test_the_service_tells_its_history_and_figures(caller: Caller, serving: Start) -> None:
    one = serving()
    one.service.trigger_reload("nothing")
    written(HistoryQuery(), lambda events: len(events) == 2)
    assert [event.trigger for event in one.service.get_reload_history()] == ["manual", "startup"]
    assert [event.trigger for event in one.service.get_reload_history(HistoryQuery(limit=1))] == ["manual"]
    figures = one.service.get_statistics(one.service.process.id)
    assert (figures.total, figures.failed, figures.success_rate) == (2, 1, 50.0)
    assert one.service.get_statistics("nobody").total == 0
