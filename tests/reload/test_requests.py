"""Asking every process to reload: each does what was asked once, in the order it was asked."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text

from app.catalog.live import Database
from app.extensions import db
from app.reload import requests
from app.reload.models import ReloadRequestRow
from app.reload.requests import Request
from tests.catalog.caller import Caller
from tests.parallel import at_once, until
from tests.reload import behind
from tests.reload.serving import Serving

Start = Callable[..., Serving]


def ask(one: Serving, **query: str) -> int:
    """Ask by way of one process; the number of the request."""
    event = one.caller.ok("POST", "/reload", query_string=query)
    number: int = event["request"]
    return number


def numbers(one: Serving) -> list[int]:
    """The requests that a process answered so far."""
    return [event.request for event in one.events if event.request is not None]


def test_every_process_reloads_once_and_the_one_that_was_asked_too(caller: Caller, serving: Start) -> None:
    caller.create()
    asked, *others = several = [serving() for _ in range(3)]
    behind.describe_silently("grep", "By hand")
    number = ask(asked, tool_name="grep", triggered_by="me")
    last = ask(asked)
    assert all(until(lambda one=one: last in numbers(one)) for one in several)  # type: ignore[misc]
    assert [numbers(one) for one in several] == [[number, last]] * 3
    assert [one.caller.read()["description"] for one in several] == ["By hand"] * 3
    for other in others:
        event = other.event(lambda event: event.request == number)
        assert (event.trigger, event.triggered_by, event.tool_name, event.success) == ("manual", "me", "grep", True)


def test_a_request_is_found_by_the_check_too(serving: Start) -> None:
    asked, other = serving(), serving(listen_dsn="none", revision_check_ms=20)
    number = ask(asked)
    assert until(lambda: numbers(other) == [number])


def test_the_one_that_was_asked_does_not_find_its_own_request(serving: Start) -> None:
    asked = serving(listen_dsn="none", revision_check_ms=20)
    several = [ask(asked) for _ in range(3)]
    # Once another one's request was found, its own that came before have been found as well.
    several.append(ask(serving()))
    assert until(lambda: several[-1] in numbers(asked))
    assert numbers(asked) == several
    assert asked.service._asked_here == set()


def test_this_process_only_when_nobody_else_is_to(serving: Start) -> None:
    asked, other = serving(), serving()
    event = asked.caller.ok("POST", "/reload?processes=this")
    assert (event["success"], event["request"]) == (True, None)
    number = ask(asked)
    assert until(lambda: number in numbers(other))
    assert other.triggers().count("manual") == 1
    assert until(lambda: asked.triggers().count("manual") == 2)


def test_a_process_that_starts_later_does_not_do_what_was_asked_before(serving: Start) -> None:
    asked = serving()
    ask(asked)
    later = serving()
    number = ask(asked)
    assert until(lambda: number in numbers(later))
    assert numbers(later) == [number]


def test_an_unknown_tool_is_recorded_by_every_process(serving: Start) -> None:
    asked, other = serving(), serving()
    number = ask(asked, tool_name="nothing")
    event = other.event(lambda event: event.request == number)
    assert (event.success, event.error) == (False, "There is no tool named “nothing”.")


def test_requests_of_many_at_once_are_done_in_the_order_of_their_numbers(serving: Start) -> None:
    asked, other = serving(pool_timeout_s=10), serving()
    several = at_once([partial(ask, asked)] * 8)
    last = ask(asked)
    assert until(lambda: last in numbers(other))
    assert numbers(other) == [*sorted(several), last]
    assert until(lambda: sorted(numbers(asked)) == [*sorted(several), last])


def test_no_number_comes_late(app: Flask, serving: Start) -> None:
    other = serving()
    is_numbered, may_commit = threading.Event(), threading.Event()

    def ask_here(note: Callable[[int], object]) -> int:
        with app.app_context():
            return requests.ask(None, "manual", "me", note=note)

    def hold(_: int) -> None:
        is_numbered.set()
        may_commit.wait(30)

    def is_waiting() -> bool:
        locks = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = :lock")
        with db.engine.connect() as connection:
            return bool(connection.scalar(locks, {"lock": requests.REQUEST_LOCK}))

    with ThreadPoolExecutor() as asking:
        first = asking.submit(ask_here, hold)
        assert is_numbered.wait(10)
        second = asking.submit(ask_here, lambda _: None)
        assert until(lambda: is_waiting() or (second.done() and bool(numbers(other))))
        may_commit.set()
        several = [first.result(10), second.result(10)]
    assert until(lambda: several[1] in numbers(other))
    assert numbers(other) == several


def test_a_request_that_comes_while_others_are_looked_up_is_done_once(
    serving: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, other = serving(), serving()
    between = requests.between

    def slowly(after: int, upto: int, connection: Database) -> list[Request]:
        monkeypatch.setattr(requests, "between", between)
        ask(asked, triggered_by="second")
        return between(after, upto, connection)

    monkeypatch.setattr(requests, "between", slowly)
    asked.service._asked_here.add(first := ask(serving(), triggered_by="first"))
    last = ask(asked)
    assert until(lambda: last in numbers(other))
    assert numbers(other) == [first, first + 1, last]


def test_a_request_that_is_taken_back_is_done_by_nobody(app: Flask, serving: Start) -> None:
    other = serving()

    def fail(number: int) -> None:
        raise KeyError(number)

    with pytest.raises(KeyError):
        requests.ask(None, "manual", "me", note=fail)
    number = requests.ask(None, "manual", "me", note=lambda _: None)
    assert until(lambda: number in numbers(other))
    assert numbers(other) == [number]


def test_old_requests_are_cleared_away(app: Flask) -> None:
    now = datetime.now(UTC)
    with db.engine.begin() as connection:
        for hours in (25, 23):
            row = {"trigger": "manual", "triggered_by": str(hours), "requested_at": now - timedelta(hours=hours)}
            connection.execute(insert(ReloadRequestRow).values(row))
    requests.ask(None, "manual", "now", note=lambda _: None)
    with db.engine.connect() as connection:
        assert list(connection.scalars(select(ReloadRequestRow.triggered_by))) == ["23", "now"]


def test_clearing_away_makes_nobody_do_anything_again(app: Flask, serving: Start) -> None:
    other = serving(revision_check_ms=10)
    first = requests.ask(None, "manual", "me", note=lambda _: None)
    assert until(lambda: numbers(other) == [first])
    with db.engine.begin() as connection:
        connection.execute(delete(ReloadRequestRow))
    assert until(lambda: other.service._listener._request == 0)  # type: ignore[union-attr]
    last = requests.ask(None, "manual", "me", note=lambda _: None)
    assert until(lambda: last in numbers(other))
    assert numbers(other) == [first, last]
