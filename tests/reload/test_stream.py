"""The changes as server-sent events: their format, where a stream resumes, when it ends, and the room it takes."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import changes as accounts
from app.actor import command_actor
from app.reload import api
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.people import somebody
from tests.reload.serving import Serving

Start = Callable[..., Serving]
STREAM = "/api/v1/changes/stream"


def blocks_of(answer: TestResponse) -> Iterator[dict[str, str]]:
    """The blocks of a stream as they come: their fields, and under “” their comments."""
    assert answer.status_code == 200, answer.text
    rest = ""
    for chunk in answer.response:
        rest += chunk.decode() if isinstance(chunk, bytes) else chunk
        *whole, rest = rest.split("\n\n")
        yield from map(fields_of, whole)
    assert rest == ""


def fields_of(block: str) -> dict[str, str]:
    """The fields of one block."""
    pairs = [line.partition(":") for line in block.split("\n")]
    assert all(colon for _, colon, _ in pairs)
    assert {name for name, _, _ in pairs} <= {"", "event", "id", "data", "retry"}
    assert len({name for name, _, _ in pairs}) == len(pairs)
    return {name: value.removeprefix(" ") for name, _, value in pairs}


def changes_of(blocks: Iterator[dict[str, str]], number: int) -> list[dict[str, Any]]:
    """The next so many changes of a stream."""
    found: list[dict[str, Any]] = []
    while len(found) < number:
        block = next(blocks)
        if block.get("event") == "change":
            change = json.loads(block["data"])
            assert block["id"] == str(change["revision"])
            found.append(change)
    return found


def opened(one: Serving, query: str = "", **headers: str) -> TestResponse:
    """A stream, opened."""
    return one.client.get(
        f"{STREAM}{query}", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_a_stream_tells_what_was_and_what_comes(caller: Caller, serving: Start) -> None:
    caller.create("grep", description="Two\nlines, and é")
    one = serving()
    with closing(opened(one, "?since=0")) as answer:
        assert answer.content_type == "text/event-stream"
        assert (answer.headers["Cache-Control"], answer.headers["X-Accel-Buffering"]) == ("no-store", "no")
        blocks = blocks_of(answer)
        assert next(blocks) == {"retry": "1000"}
        assert changes_of(blocks, 1) == one.client.get("/api/v1/changes").get_json()["changes"]
        caller.ok("PATCH", "/grep/disable", json={"reason": "two\nlines"})
        assert [(change["revision"], change["reason"]) for change in changes_of(blocks, 1)] == [(2, "two\nlines")]


def test_a_stream_without_a_beginning_begins_now(caller: Caller, serving: Start) -> None:
    caller.create()
    with closing(opened(serving())) as answer:
        blocks = blocks_of(answer)
        assert [next(blocks), next(blocks)] == [{"retry": "1000"}, {"id": "1", "": "still here"}]
        caller.update()
        assert [change["revision"] for change in changes_of(blocks, 1)] == [2]


@pytest.mark.parametrize(
    ("query", "last", "told"), [("", "1", [2, 3]), ("?since=0", "2", [3]), ("?since=2", "0", [1, 2, 3])]
)
def test_a_stream_resumes_after_the_last_event(
    caller: Caller, serving: Start, query: str, last: str, told: list[int]
) -> None:
    for name in "abc":
        caller.create(name)
    with closing(opened(serving(), query, Last_Event_ID=last)) as answer:
        changes = changes_of(blocks_of(answer), len(told))
    assert [change["revision"] for change in changes] == told


@pytest.mark.parametrize("last", ["abc", "-1", "1.5", str(2**63)])
def test_an_id_that_is_no_revision_is_refused(client: FlaskClient, last: str) -> None:
    answer = client.get(STREAM, headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["detail"].startswith("Last-Event-ID is no revision")


def test_an_empty_id_is_none(client: FlaskClient) -> None:
    with closing(client.get(STREAM, headers={"Last-Event-ID": ""})) as answer:
        assert answer.status_code == 200


def test_an_id_of_a_revision_that_never_was_is_gone(caller: Caller, serving: Start) -> None:
    caller.create()
    assert opened(serving(), Last_Event_ID="2").status_code == 410


def test_a_quiet_stream_gives_signs_of_life_and_ends_after_many(
    caller: Caller, serving: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "HEARTBEAT_S", 0.001)
    monkeypatch.setattr(api, "HEARTBEATS", 3)
    caller.create()
    one = serving()
    blocks = list(blocks_of(opened(one)))
    assert blocks == [{"retry": "1000"}, *([{"id": "1", "": "still here"}] * 4)]
    assert one.has_waiting_readers(0)


def test_a_change_begins_the_count_of_quiet_anew(
    caller: Caller, serving: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "HEARTBEAT_S", 0.001)
    monkeypatch.setattr(api, "HEARTBEATS", 2)
    one = serving()
    with closing(opened(one)) as answer:
        blocks = blocks_of(answer)
        assert [next(blocks) for _ in range(3)][1:] == [{"id": "0", "": "still here"}] * 2
        caller.create()
        assert one.reaches(1)
        assert [list(block) for block in blocks] == [["event", "id", "data"], *([["id", ""]] * 3)]


def test_a_stream_ends_when_the_process_stops(serving: Start) -> None:
    one = serving()
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(lambda: list(blocks_of(opened(one))))
        assert until(lambda: one.has_waiting_readers(1))
        one.service.stop()
        retry, *signs = reading.result(10)
        assert retry == {"retry": "1000"}
        assert 1 <= len(signs) <= 2
    assert one.has_waiting_readers(0)


def test_a_stream_that_is_closed_early_gives_its_room_back(serving: Start) -> None:
    one = serving(waiting_readers=1)
    for _ in range(3):
        with closing(opened(one)) as answer:
            next(blocks_of(answer))
            assert one.has_waiting_readers(1)
        assert one.has_waiting_readers(0)


def test_a_stream_that_nobody_read_takes_no_room(serving: Start) -> None:
    one = serving(waiting_readers=1)
    opened(one).close()
    one.client.head(STREAM).close()
    assert one.has_waiting_readers(0)


def test_without_room_a_stream_tells_what_there_is_and_asks_to_come_back_later(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving(waiting_readers=1)
    with one.feed.room():
        retry, change, *rest = list(blocks_of(opened(one, "?since=0")))
        assert (retry, change["id"], rest) == ({"retry": "5000"}, "1", [])
        assert list(blocks_of(opened(one))) == [{"retry": "5000"}, {"id": "1", "": "still here"}]
    assert one.has_waiting_readers(0)


def test_a_stream_and_readers_that_wait_share_the_room(serving: Start) -> None:
    one = serving(waiting_readers=1)
    with closing(opened(one)) as answer:
        next(blocks_of(answer))
        assert one.client.get("/api/v1/changes?since=0&wait=60").headers["Retry-After"] == "1"


@pytest.mark.parametrize("how", ["token", "session"])
def test_a_stream_ends_with_that_by_which_its_reader_was_let_in(
    serving: Start, caller: Caller, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(api, "HEARTBEATS", 200)
    one = serving()
    reader = somebody(one.app, "ada", "viewer")
    client = reader.client(one.app)
    if how == "session":
        client.token = None  # type: ignore[attr-defined]
    with closing(client.get(f"{STREAM}?since=0")) as stream:
        blocks = blocks_of(stream)
        assert next(blocks)["retry"]
        accounts.set_disabled("ada", True, actor=command_actor("root"))
        assert len(list(blocks)) < 100
