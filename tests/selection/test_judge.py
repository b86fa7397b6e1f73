"""The judge decides between the best two, and when it does not, the deterministic answer stands and says so."""

import logging
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import SettingError, Settings
from app.selection import judge
from tests.catalog.caller import Caller
from tests.definition import definition
from tests.selection.llm_service import KEY, LlmService

ASKED = {"intent": "find text in files"}


@pytest.fixture
def service() -> Iterator[LlmService]:
    """A service that chooses B."""
    service = LlmService()
    yield service
    service.close()


@pytest.fixture
def client(app_with: Callable[..., Flask], service: LlmService) -> FlaskClient:
    """A client of a catalog with two tools that are equally good, and one that is worse."""
    judged = app_with(judge_url=service.url, judge_model="small", judge_key=KEY, judge_timeout_s=0.3)
    client = judged.test_client()
    caller = Caller(client)
    for name in ("ack", "grep"):
        caller.create(name)
    worse = definition("zgrep")
    worse["capabilities"]["text_search"]["patterns"]["search_files"] |= {"time_estimate_ms": 50_000, "cost_estimate": 5}
    caller.ok("POST", json=worse)
    return client


def selected(client: FlaskClient, **changes: Any) -> Any:
    """The answer to the ambiguous request."""
    answer = client.post("/api/v1/select", json={**ASKED, **changes})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def names(answer: Any) -> list[str]:
    return [candidate["tool_name"] for candidate in answer["candidates"]]


def test_the_judge_makes_the_second_the_first(client: FlaskClient) -> None:
    answer = selected(client)
    assert names(answer) == ["grep", "ack", "zgrep"]
    assert [candidate["rank"] for candidate in answer["candidates"]] == [1, 2, 3]
    assert answer["judge"] == {
        "model": "small",
        "chosen": "grep.search_files",
        "reason": "It is the one that was asked for.",
        "error": None,
        "changed": True,
    }
    assert answer["ambiguous"]
    assert answer["because"].startswith("grep.search_files is first: the judge chose it over ack.search_files")


def test_the_judge_may_confirm_the_order(client: FlaskClient, service: LlmService) -> None:
    service.content = 'Sure! ```json\n{"choice": "A"}\n```'
    answer = selected(client)
    assert names(answer) == ["ack", "grep", "zgrep"]
    assert (answer["judge"]["chosen"], answer["judge"]["changed"]) == ("ack.search_files", False)


def test_it_is_told_the_job_and_the_two_options(client: FlaskClient, service: LlmService) -> None:
    selected(client, environment="staging")
    [asked] = service.asked
    assert (asked["model"], asked["temperature"]) == ("small", 0)
    told = service.options()
    assert told["job"] == {"intent": "find text in files", "environment": "staging", "preference": "balanced"}
    assert (told["A"]["tool"], told["B"]["tool"]) == ("ack", "grep")


def test_it_is_told_no_secret(client: FlaskClient, service: LlmService) -> None:
    selected(client, intent="find text in files password=hunter2")
    assert "hunter2" not in str(service.asked)


def test_what_is_not_ambiguous_needs_no_judge(client: FlaskClient, service: LlmService) -> None:
    answer = selected(client, intent="grep for text")
    assert (answer["ambiguous"], answer["judge"], service.asked) == (False, None, [])


def test_a_batch_does_not_ask_it(client: FlaskClient, service: LlmService) -> None:
    answered = client.post("/api/v1/select/batch", json={"requests": [ASKED]}).get_json()
    assert (answered["answers"][0]["judge"], service.asked) == (None, [])


def test_the_same_question_at_the_same_revision_is_judged_once(client: FlaskClient, service: LlmService) -> None:
    first = selected(client)
    assert selected(client) == first
    assert len(service.asked) == 1
    Caller(client).patch("zgrep", description="Searches compressed files")
    selected(client)
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"status": 500}, "it answered 500"),
        ({"status": 401}, "it answered 401"),
        ({"body": b"no JSON"}, "its answer is no JSON"),
        ({"body": b"[]"}, "its answer is not the JSON it was asked for"),
        ({"body": b'{"choices": []}'}, "its answer is not the JSON it was asked for"),
        ({"body": b" " * 100_000}, "its answer is too long"),
        ({"is_silent": True}, "it took longer than 0.3 s"),
        ({"drips": True}, "it took longer than 0.3 s"),
    ],
    ids=["broken", "locked", "garbled", "a-list", "empty", "endless", "silent", "dripping"],
)
def test_its_failure_leaves_the_deterministic_answer_and_is_told(
    client: FlaskClient, service: LlmService, wrong: dict[str, Any], error: str
) -> None:
    for name, value in wrong.items():
        setattr(service.wrong, name, value)
    answer = selected(client)
    assert names(answer) == ["ack", "grep", "zgrep"]
    assert answer["judge"] == {"model": "small", "chosen": None, "reason": None, "error": error, "changed": False}


@pytest.mark.parametrize("content", ['{"choice": "C"}', '{"choice": 1}', '{"choice": "A", "reason": 5}', "A", "{}", ""])
def test_an_answer_that_chooses_neither_is_no_verdict(client: FlaskClient, service: LlmService, content: str) -> None:
    service.content = content
    assert selected(client)["judge"]["chosen"] is None


def test_after_a_failure_it_is_left_alone_for_a_while(
    client: FlaskClient, service: LlmService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.wrong.status = 503
    selected(client)
    service.wrong.status = 200
    assert selected(client)["judge"]["error"] == "it failed a moment ago and is left alone for a while"
    assert len(service.asked) == 1
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + judge.REST_S)
    assert selected(client)["judge"]["changed"]


def test_nobody_at_the_address_is_told_without_the_address(
    app_with: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    alone = app_with(judge_url="http://ada:hunter2@127.0.0.1:9/v1", judge_model="small").test_client()
    for name in ("ack", "grep"):
        Caller(alone).create(name)
    with caplog.at_level(logging.DEBUG, "app"):
        answer = alone.post("/api/v1/select", json=ASKED)
    assert answer.get_json()["judge"]["error"] == "it cannot be reached"
    assert "hunter2" not in answer.text + caplog.text


def test_without_a_judge_nobody_is_asked(app: Flask) -> None:
    client = app.test_client()
    for name in ("ack", "grep"):
        Caller(client).create(name)
    answer = deepcopy(selected(client))
    assert (answer["ambiguous"], answer["judge"]) == (True, None)


@pytest.mark.parametrize("address", ["llm.example", "ftp://ada:hunter2@llm.example", "https://", "://hunter2"])
def test_what_is_no_address_of_a_service_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(SettingError, match="JUDGE_URL: write an address") as refused:
        Settings.from_environment({"JUDGE_URL": address})
    assert "hunter2" not in str(refused.value)
