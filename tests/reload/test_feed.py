"""The feed of changes: every change once, in order, never beyond what this process serves, and room to wait in."""

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.errors import Unavailable
from app.reload import feed as feed_module
from app.reload.feed import Told, UnknownRevision, states
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.reload import behind
from tests.reload.cut import Cut
from tests.reload.serving import Serving

Start = Callable[..., Serving]
Ask = Callable[..., "Future[Told]"]
LONG_S = 60.0


@pytest.fixture
def waiting(serving: Start) -> Iterator[Ask]:
    """Asks a feed in a thread of its own: `waiting(one, since)`."""
    with ThreadPoolExecutor() as threads:
        begun: list[Serving] = []

        def ask(one: Serving, since: int) -> "Future[Told]":
            begun.append(one)
            return threads.submit(one.feed.wait_after, since, LONG_S)

        yield ask
        for one in begun:
            one.service.stop()


def revisions(told: Told) -> list[int]:
    """The revisions of the changes that were told."""
    return [change.revision for change in told.changes]


def test_changes_are_told_oldest_first_with_what_they_were(caller: Caller, serving: Start) -> None:
    caller.create()
    caller.update()
    caller.ok("PATCH", "/grep/disable?reason=slow")
    told = serving().feed.after(0)
    assert [(change.revision, change.action, change.version, change.reason) for change in told.changes] == [
        (1, "created", "1.0", None),
        (2, "updated", "1.1", None),
        (3, "disabled", "1.1", "slow"),
    ]
    assert {(change.tool_name, change.changed_by, change.source) for change in told.changes} == {
        ("grep", "admin", "api")
    }
    assert (told.revision, told.snapshot.revision, told.is_crowded) == (3, 3, False)


def test_only_what_comes_after_is_told(caller: Caller, serving: Start) -> None:
    for name in ("a", "b", "c"):
        caller.create(name)
    one = serving()
    assert [revisions(one.feed.after(since)) for since in range(4)] == [[1, 2, 3], [2, 3], [3], []]
    assert one.feed.after(3).revision == 3


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_asking_on_tells_every_change_once(caller: Caller, serving: Start, limit: int) -> None:
    caller.ok("POST", "/import", json={"tools": [definition_of(name) for name in "abcde"]})
    one, seen, since = serving(), list[int](), 0
    while (told := one.feed.after(since, limit)).changes:
        assert len(told.changes) <= limit
        seen, since = seen + revisions(told), told.revision
    assert seen == [1, 2, 3, 4, 5]


def definition_of(name: str) -> dict[str, object]:
    """A draft, which is enough to be a change."""
    return {"tool_name": name, "version": "1.0", "description": "One of several", "status": "draft"}


def test_nothing_is_told_that_this_process_does_not_serve_yet(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving(listen_dsn="none")
    caller.update()
    assert [revisions(one.feed.after(since)) for since in (0, 1)] == [[1], []]
    assert [(one.feed.after(since).revision, one.revision) for since in (0, 1)] == [(1, 1), (1, 1)]
    # Until a reader comes who has heard of it elsewhere.
    assert one.feed.after(2).revision == 2
    assert revisions(one.feed.after(0)) == [1, 2]


def test_a_reader_ahead_of_the_catalog_is_told_so(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving()
    with pytest.raises(UnknownRevision, match="at revision 1, so it was restored") as refused:
        one.feed.after(2)
    assert refused.value.members == {"latest": 1}


def test_a_reader_ahead_is_not_told_it_is_lost_without_asking_the_database(cut: Cut, serving: Start) -> None:
    one = serving()
    cut.off(one.app)
    with pytest.raises(Unavailable, match="does not know that revision"):
        one.feed.after(1)


def test_what_is_new_is_told_at_once(caller: Caller, serving: Start) -> None:
    caller.create()
    assert revisions(serving().feed.wait_after(0, LONG_S)) == [1]


def test_who_waits_is_told_when_it_comes(caller: Caller, serving: Start, waiting: Ask) -> None:
    one = serving()
    readers = [waiting(one, 0) for _ in range(3)]
    assert until(lambda: one.has_waiting_readers(3))
    caller.create()
    assert [revisions(reader.result(10)) for reader in readers] == [[1]] * 3
    assert one.has_waiting_readers(0)


def test_who_waits_in_vain_is_told_where_it_was(caller: Caller, serving: Start) -> None:
    caller.create()
    told = serving().feed.wait_after(1, 0.01)
    assert (told.changes, told.revision, told.is_crowded) == ((), 1, False)


def test_readers_who_came_together_do_not_come_back_together(serving: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    one, waits = serving(), list[float]()
    monkeypatch.setattr(one.live, "wait_beyond", lambda _, seconds: waits.append(seconds))
    for _ in range(20):
        one.feed.wait_after(0, 10)
    assert all(8 <= wait <= 10 for wait in waits)
    assert len(set(waits)) > 1


def test_a_crowd_is_answered_at_once_and_may_wait_when_there_is_room(
    caller: Caller, serving: Start, waiting: Ask
) -> None:
    one = serving(waiting_readers=1)
    first = waiting(one, 0)
    assert until(lambda: one.has_waiting_readers(1))
    told = one.feed.wait_after(0, LONG_S)
    assert (told.changes, told.revision, told.is_crowded) == ((), 0, True)
    caller.create()
    first.result(10)
    assert not one.feed.wait_after(1, 0.01).is_crowded


def test_a_crowd_delays_nobody_for_whom_there_is_news(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving(waiting_readers=1)
    with one.feed.room():
        told = one.feed.wait_after(0, LONG_S)
    assert (revisions(told), told.is_crowded) == ([1], False)


def test_room_is_given_back_after_an_error(
    cut: Cut, serving: Start, waiting: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = serving(waiting_readers=1)

    def fail(*_: object) -> None:
        raise Unavailable("The database does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(one.live, "wait_beyond", fail)
        for _ in range(3):
            with pytest.raises(Unavailable):
                one.feed.wait_after(0, LONG_S)
    assert one.has_waiting_readers(0)


def test_who_waits_while_the_catalog_is_restored_is_told(caller: Caller, serving: Start, waiting: Ask) -> None:
    caller.create()
    caller.create("find")
    one = serving(revision_check_ms=20)
    reader = waiting(one, 2)
    assert until(lambda: one.has_waiting_readers(1))
    behind.restore(1)
    assert isinstance(reader.exception(10), UnknownRevision)
    assert one.has_waiting_readers(0)


def test_who_waits_is_let_go_when_the_process_stops(serving: Start, waiting: Ask) -> None:
    one = serving()
    reader = waiting(one, 0)
    assert until(lambda: one.has_waiting_readers(1))
    one.service.stop()
    assert reader.result(10).changes == ()
    assert one.feed.is_closing


def test_changes_are_not_made_up_without_a_database(caller: Caller, cut: Cut, serving: Start) -> None:
    caller.create()
    one = serving()
    cut.off(one.app)
    with pytest.raises(SQLAlchemyError):
        one.feed.after(0)
    assert one.feed.after(1).changes == ()


def test_the_states_are_those_of_the_snapshot_the_changes_lead_to(caller: Caller, serving: Start) -> None:
    caller.create()
    caller.create("find")
    caller.update(description="Second")
    caller.ok("DELETE", "/find")
    told = serving().feed.after(0)
    found = states(told)
    assert found == {"grep": caller.send("GET", "/grep").data, "find": None}


def test_every_reader_sees_every_revision_once_while_changes_are_made(caller: Caller, serving: Start) -> None:
    several = [serving(), serving(listen_dsn="none", revision_check_ms=5)]

    def follow(one: Serving, limit: int) -> list[int]:
        seen, since = list[int](), 0
        while since < 20:
            told = one.feed.wait_after(since, 5, limit)
            assert told.revision <= told.snapshot.revision
            seen, since = seen + revisions(told), told.revision
        return seen

    with ThreadPoolExecutor() as threads:
        follows = [contextvars.Context().run(threads.submit, partial(follow, one, 3)) for one in several * 2]
        for number in range(20):
            caller.create(f"tool-{number}")
        assert [reader.result(20) for reader in follows] == [list(range(1, 21))] * 4
    assert feed_module.MOST_CHANGES == 1_000
