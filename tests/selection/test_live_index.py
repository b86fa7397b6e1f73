"""The index of a process: made when somebody first asks, then carried on after each change, before anybody asks."""

from collections.abc import Callable

from flask import Flask

from app.selection import live_index
from app.selection.live_index import LiveIndex
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.reload.serving import Serving


def index_of(one: Serving) -> LiveIndex:
    return live_index.of(one.app)


def test_nothing_is_indexed_before_somebody_asks(caller: Caller, app_with: Callable[..., Flask]) -> None:
    one = Serving(app_with()).start()
    revision = caller.create()["revision"]
    assert until(lambda: one.app.test_client().get("/api/v1/snapshot").get_json()["revision"] == revision)
    assert index_of(one)._current is None


def test_what_was_asked_of_once_is_carried_on_after_each_change(caller: Caller, app_with: Callable[..., Flask]) -> None:
    caller.create()
    one = Serving(app_with()).start()
    assert one.app.test_client().post("/api/v1/select", json={"intent": "find text"}).status_code == 200
    first = index_of(one)._current
    revision = caller.create("sed")["revision"]
    assert until(lambda: index_of(one)._current is not first)
    carried = index_of(one)._current
    assert carried is not None
    assert (carried.revision, len(carried.index)) == (revision, 2)


def test_an_index_and_its_snapshot_belong_together(app: Flask) -> None:
    caller = Caller(app.test_client())
    for name in ("awk", "grep", "sed"):
        caller.create(name)
        now = live_index.indexed()
        assert len(now.index) == len(now.snapshot)
        assert now is live_index.indexed()
