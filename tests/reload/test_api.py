"""The JSON face of reloads: the whole catalog, its changes, reloads on demand, their history and figures."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.reload.history import HistoryQuery
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.reload import behind
from tests.reload.cut import Cut
from tests.reload.recorded import event, written
from tests.reload.serving import Serving
from tests.reload.told import OTHER, WEB, record, serve

Start = Callable[..., Serving]
SNAPSHOT, CHANGES, STREAM = "/api/v1/snapshot", "/api/v1/changes", "/api/v1/changes/stream"
RELOAD, HISTORY, STATISTICS = (f"/api/v1/tools/reload{path}" for path in ("", "/history", "/statistics"))


@pytest.fixture
def reads() -> Iterator[Callable[[Serving, str], "Future[TestResponse]"]]:
    """Reads an address in a thread of its own."""
    with ThreadPoolExecutor() as threads:
        yield lambda one, path: threads.submit(one.app.test_client().get, path)


def problem(answer: TestResponse) -> tuple[int, str]:
    """The status and the last word of the type of a problem document."""
    assert answer.mimetype == "application/problem+json", answer.text
    assert answer.get_json()["detail"]
    return answer.status_code, answer.get_json()["type"].rpartition(":")[2]


def test_the_snapshot_is_every_tool_as_it_is_answered_by_itself(caller: Caller) -> None:
    for name in ("grep", "Awk", "find"):
        caller.create(name, metadata={"tags": ["é", "ü"]})
    caller.update("find")
    caller.create("gone")
    caller.ok("DELETE", "/gone")
    answer = caller.client.get(SNAPSHOT)
    whole = answer.get_json()
    assert (whole["revision"], whole["total"]) == (6, 3)
    assert whole["tools"] == [caller.read(name) for name in ("Awk", "find", "grep")]
    assert all(isinstance(tool["capabilities"], dict) for tool in whole["tools"])
    bodies = [caller.send("GET", f"/{name}").data for name in ("Awk", "find", "grep")]
    assert answer.data.endswith(b'"tools":[' + b",".join(bodies) + b"]}")


def test_the_snapshot_of_an_empty_catalog_has_no_tool(client: FlaskClient) -> None:
    whole = client.get(SNAPSHOT).get_json()
    assert (whole["revision"], whole["total"], whole["tools"]) == (0, 0, [])


def test_two_processes_at_one_revision_tell_the_same_snapshot(caller: Caller, serving: Start) -> None:
    one = serving()
    caller.create()
    caller.create("find")
    assert one.reaches(2)
    assert one.client.get(SNAPSHOT).data == serving().client.get(SNAPSHOT).data


def test_a_snapshot_that_is_known_is_not_sent_again(caller: Caller) -> None:
    caller.create()
    first = caller.client.get(SNAPSHOT)
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    known = caller.client.get(SNAPSHOT, headers={"If-None-Match": etag})
    assert (known.status_code, known.data, known.headers["ETag"]) == (304, b"", etag)
    assert caller.client.get(SNAPSHOT, headers={"If-None-Match": '"another"'}).status_code == 200
    caller.update()
    following = caller.client.get(SNAPSHOT, headers={"If-None-Match": etag})
    assert (following.status_code, following.get_json()["revision"]) == (200, 2)


def test_only_the_head_of_a_snapshot_may_be_asked_for(caller: Caller) -> None:
    caller.create()
    head = caller.client.head(SNAPSHOT)
    assert (head.status_code, head.data, head.mimetype) == (200, b"", "application/json")
    assert head.headers["ETag"] == caller.client.get(SNAPSHOT).headers["ETag"]


def test_changes_are_told_in_order_with_where_to_go_on(caller: Caller) -> None:
    caller.create()
    caller.ok("PATCH", "/grep/disable?reason=slow")
    told = caller.client.get(CHANGES).get_json()
    assert (told["revision"], told["latest"]) == (2, 2)
    first, second = told["changes"]
    assert first["changed_at"] < second.pop("changed_at")
    assert second == {
        "revision": 2,
        "action": "disabled",
        "tool_name": "grep",
        "version": "1.0",
        "changed_by": "admin",
        "reason": "slow",
        "source": "api",
    }
    assert "tools" not in told


def test_a_page_of_changes_says_where_the_next_one_begins(caller: Caller) -> None:
    for name in "abc":
        caller.create(name)
    page = caller.client.get(f"{CHANGES}?since=0&limit=2").get_json()
    assert ([change["revision"] for change in page["changes"]], page["revision"], page["latest"]) == ([1, 2], 2, 3)
    page = caller.client.get(f"{CHANGES}?since=2&limit=2&wait=60").get_json()
    assert ([change["revision"] for change in page["changes"]], page["revision"]) == ([3], 3)


def test_nothing_new_is_an_empty_answer_at_the_same_place(caller: Caller) -> None:
    caller.create()
    answer = caller.client.get(f"{CHANGES}?since=1&wait=0.01")
    assert answer.get_json() == {"revision": 1, "latest": 1, "changes": []}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Retry-After" not in answer.headers


def test_a_reader_that_waits_is_answered_by_the_change(
    caller: Caller, serving: Start, reads: Callable[[Serving, str], "Future[TestResponse]"]
) -> None:
    one = serving()
    reader = reads(one, f"{CHANGES}?since=0&wait=60&tools=true")
    assert until(lambda: one.has_waiting_readers(1))
    caller.create()
    told = reader.result(10).get_json()
    assert [change["revision"] for change in told["changes"]] == [1]
    assert told["tools"] == {"grep": caller.read()}


def test_a_crowd_of_readers_is_asked_to_come_back(
    caller: Caller, serving: Start, reads: Callable[[Serving, str], "Future[TestResponse]"]
) -> None:
    one = serving(waiting_readers=1)
    reader = reads(one, f"{CHANGES}?since=0&wait=60")
    assert until(lambda: one.has_waiting_readers(1))
    crowded = one.client.get(f"{CHANGES}?since=0&wait=60")
    assert (crowded.status_code, crowded.headers["Retry-After"], crowded.get_json()["changes"]) == (200, "1", [])
    caller.create()
    assert len(reader.result(10).get_json()["changes"]) == 1
    assert one.has_waiting_readers(0)


def test_changed_tools_are_told_byte_by_byte_as_they_are_read(caller: Caller) -> None:
    caller.create("grep", metadata={"tags": ["é"]})
    caller.create("find")
    caller.update()
    caller.ok("DELETE", "/find")
    answer = caller.client.get(f"{CHANGES}?since=0&tools=true")
    assert answer.data.endswith(b'"tools":{"grep":' + caller.send("GET", "/grep").data + b',"find":null}}')
    assert caller.client.get(f"{CHANGES}?since=4&tools=true").get_json()["tools"] == {}


def test_a_revision_the_catalog_never_had_is_gone(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving()
    for address in (f"{CHANGES}?since=2", f"{CHANGES}?since={2**63 - 1}&wait=60", f"{STREAM}?since=2"):
        answer = one.client.get(address)
        assert problem(answer) == (410, "unknown-revision")
        assert "/api/v1/snapshot" in answer.get_json()["detail"]
        assert answer.get_json()["latest"] == 1


def test_a_reader_that_is_ahead_of_this_process_is_told_what_is_true(caller: Caller, serving: Start) -> None:
    one = serving(listen_dsn="none")
    caller.create()
    assert one.client.get(f"{CHANGES}?since=0").get_json() == {"revision": 0, "latest": 0, "changes": []}
    assert one.client.get(f"{CHANGES}?since=1").get_json() == {"revision": 1, "latest": 1, "changes": []}


BAD = [
    *(f"{CHANGES}?{bad}" for bad in ("wait=nan", "wait=-1", "wait=61", "wait=inf", "wait=soon")),
    *(f"{CHANGES}?{bad}" for bad in ("since=-1", "since=abc", "since=1.5", f"since={2**63}", "since=1&since=2")),
    *(f"{CHANGES}?{bad}" for bad in ("limit=0", "limit=1001", "limit=x", "tools=perhaps", "until=3")),
    *(f"{STREAM}?{bad}" for bad in ("since=-1", "since=abc", "wait=1")),
    f"{SNAPSHOT}?since=1",
    *(f"{HISTORY}?{bad}" for bad in ("limit=0", "limit=1001", "trigger_type=gossip", "success=often", "name=grep")),
    f"{STATISTICS}?limit=1",
    f"{HISTORY}?tool_name=%00",
]


@pytest.mark.parametrize("address", BAD)
def test_what_cannot_be_asked_is_refused_in_words(client: FlaskClient, address: str) -> None:
    assert problem(client.get(address)) == (400, "bad-request")


@pytest.mark.parametrize(
    "query", ["tool=grep", "processes=some", f"tool_name={'x' * 101}", f"triggered_by={'x' * 201}"]
)
def test_what_cannot_be_reloaded_is_refused_in_words(client: FlaskClient, query: str) -> None:
    assert problem(client.post(f"{RELOAD}?{query}")) == (400, "bad-request")


def test_a_reload_answers_with_its_event(caller: Caller, serving: Start) -> None:
    caller.create()
    one = serving()
    told = one.caller.ok("POST", "/reload?tool_name=grep")
    known = ("trigger", "tool_name", "success", "error", "triggered_by", "from_revision", "to_revision")
    assert [told[name] for name in known] == ["manual", "grep", True, None, "admin", 1, 1]
    assert told["process"]["id"] == one.service.process.id
    assert one.caller.ok("POST", "/reload?processes=this&triggered_by=me")["triggered_by"] == "me"


@pytest.mark.parametrize("processes", ["all", "this"])
@pytest.mark.parametrize(("name", "shown"), [("grpe", "grpe"), ("%00", "�")])
def test_a_reload_of_an_unknown_tool_is_answered_and_recorded(
    caller: Caller, serving: Start, processes: str, name: str, shown: str
) -> None:
    caller.create()
    told = serving().caller.ok("POST", f"/reload?tool_name={name}&processes={processes}")
    hint = " Did you mean grep?" if name == "grpe" else ""
    assert (told["success"], told["error"]) == (False, f"There is no tool named “{shown}”.{hint}")
    (kept,) = written(HistoryQuery(success=False), lambda events: len(events) == 1)
    assert kept.tool_name == shown


def test_a_reload_brings_in_what_was_changed_by_hand(caller: Caller) -> None:
    caller.create()
    caller.read()
    behind.describe_silently("grep", "By hand")
    caller.ok("POST", "/reload")
    assert caller.read()["description"] == "By hand"


def test_the_history_is_told_newest_first(client: FlaskClient) -> None:
    record(event(triggered_by="0"), event(triggered_by="1", trigger="manual"), event(triggered_by="2", success=False))
    record(event(triggered_by="3", process=OTHER))
    told = client.get(HISTORY).get_json()
    assert ([event["triggered_by"] for event in told["history"]], told["total"]) == (["3", "2", "1", "0"], 4)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("trigger_type=manual", ["1"]),
        ("success=false", ["2"]),
        ("success=true&limit=1", ["1"]),
        (f"process={WEB.id}", ["2", "1", "0"]),
        ("tool_name=Find", ["2"]),
        ("tool_name=", ["2", "1", "0"]),
        ("trigger_type=webhook", []),
    ],
)
def test_the_history_is_told_in_parts(client: FlaskClient, query: str, found: list[str]) -> None:
    record(event(triggered_by="0"), event(triggered_by="1", trigger="manual"))
    record(event(triggered_by="2", success=False, tool_name="find", tool_names=("find",)))
    told = client.get(f"{HISTORY}?{query}").get_json()
    assert [event["triggered_by"] for event in told["history"]] == found


def test_the_statistics_have_the_shape_orchestrators_read(client: FlaskClient) -> None:
    record(event(duration_ms=1.0), event(duration_ms=3.0), event(success=False, trigger="manual", process=OTHER))
    serve(WEB, 0)
    serve(OTHER, 1, is_listening=False)
    told = client.get(STATISTICS).get_json()
    assert (told["total_reloads"], told["successful_reloads"], told["failed_reloads"]) == (3, 2, 1)
    assert told["success_rate"] == pytest.approx(66.667, abs=0.001)
    assert (told["average_duration_ms"], told["p50_duration_ms"]) == (2.0, 2.0)
    assert told["p95_duration_ms"] == pytest.approx(2.9)
    assert told["by_trigger"] == {"manual": 1, "notification": 2}
    assert (told["last_reload"]["trigger"], told["last_reload"]["success"]) == ("manual", False)
    assert told["configuration"] == {
        "listens": True,
        "revision_check_ms": 250,
        "reload_every_s": 0.0,
        "events_kept": 10_000,
    }
    assert (told["revision"], told["live_processes"]) == (0, 2)
    assert [(one["id"], one["is_live"], one["is_listening"], one["is_silent"]) for one in told["processes"]] == [
        (WEB.id, True, True, False),
        (OTHER.id, True, False, False),
    ]


def test_the_statistics_of_one_process_count_its_reloads_only(client: FlaskClient) -> None:
    record(event(), event(process=OTHER), event(process=OTHER))
    assert client.get(f"{STATISTICS}?process={OTHER.id}").get_json()["total_reloads"] == 2
    nobody = client.get(f"{STATISTICS}?process=nobody").get_json()
    assert (nobody["total_reloads"], nobody["success_rate"], nobody["last_reload"]) == (0, 100.0, None)


def test_what_needs_the_database_is_refused_for_now_without_it(caller: Caller, cut: Cut, serving: Start) -> None:
    caller.create()
    one = serving()
    cut.off(one.app)
    refused = [
        *(one.client.get(path) for path in (f"{CHANGES}?since=0", f"{CHANGES}?since=9", f"{STREAM}?since=0")),
        *(one.client.get(path) for path in (HISTORY, STATISTICS)),
        one.client.post(RELOAD),
    ]
    assert [problem(answer) for answer in refused] == [(503, "unavailable")] * 6
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert one.client.post(f"{RELOAD}?processes=this").get_json()["success"] is False


def test_what_is_in_memory_is_told_without_a_database(caller: Caller, cut: Cut, serving: Start) -> None:
    caller.create()
    one = serving()
    cut.off(one.app)
    assert one.client.get(SNAPSHOT).get_json()["total"] == 1
    assert one.client.get(f"{CHANGES}?since=1&wait=0.01").get_json()["changes"] == []


def test_an_unknown_header_is_ignored(client: FlaskClient) -> None:
    headers = {"X-Something": "Bearer something"}
    assert [client.get(path, headers=headers).status_code for path in (SNAPSHOT, CHANGES, HISTORY)] == [200] * 3
