"""The JSON face of selection: by body, by address, many at once; what is wrong is told and how to mend it."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.catalog.caller import Caller
from tests.definition import PATTERN, definition

SELECT = "/api/v1/select"


@pytest.fixture
def catalog(client: FlaskClient) -> Caller:
    """A catalog with something to find, something to restart, and noise."""
    caller = Caller(client)
    caller.create("grep")
    restart = {**PATTERN, "description": "Stop a service and start it again", "typical_use_cases": ["restart a daemon"]}
    restart["policy"] = {"production_safe": False, "requires_approval": True}
    services = {"service_control": {"description": "Control services", "patterns": {"restart_service": restart}}}
    caller.create("systemctl", description="Control services", metadata={}, capabilities=services)
    caller.create("awk", status="draft")
    return caller


def selected(catalog: Caller, **request: Any) -> Any:
    """The answer to a request that is one."""
    answer = catalog.client.post(SELECT, json=request)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def refused(catalog: Caller, request: object) -> Any:
    """The problem with a request that is none."""
    answer = catalog.client.post(SELECT, data=json.dumps(request), content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), answer.text
    return answer.get_json()


def test_what_was_asked_for_comes_first_with_its_reasons(catalog: Caller) -> None:
    answer = selected(catalog, intent="restart nginx on web-01", environment="staging")
    first = answer["candidates"][0]
    assert (first["tool_name"], first["pattern_name"]) == ("systemctl", "restart_service")
    assert first["execution_mode"] == "approval_required"
    assert sum(feature["contribution"] for feature in first["features"].values()) * first["relevance"] == pytest.approx(
        first["score"], abs=1e-5
    )
    assert answer["because"].startswith("systemctl.restart_service is first")
    assert answer["revision"] == catalog.client.get("/api/v1/snapshot").get_json()["revision"]


def test_a_change_is_selected_from_at_once(catalog: Caller) -> None:
    catalog.ok("PATCH", "/systemctl/disable", json={})
    answer = selected(catalog, capabilities=["service_control"])
    assert answer["candidates"] == []
    assert [(one["rule"], one["detail"]) for one in answer["excluded"]] == [("not_offered", "systemctl is disabled")]
    catalog.ok("PATCH", "/systemctl/enable", json={})
    assert selected(catalog, capabilities=["service_control"])["candidates"]


def test_nothing_that_may_be_used_is_an_answer_with_every_reason(catalog: Caller) -> None:
    answer = selected(catalog, capabilities=["service_control"], environment="production", explain="none")
    assert (answer["candidates"], answer["ambiguous"], answer["question"]) == ([], False, None)
    assert [one["rule"] for one in answer["excluded"]] == ["production_safe"]
    assert answer["because"].startswith("Nothing may be used. systemctl.restart_service comes nearest")


def test_an_unknown_capability_is_not_found_and_its_neighbour_told(catalog: Caller) -> None:
    answer = catalog.client.post(SELECT, json={"capabilities": ["service_controll"]})
    assert answer.status_code == 404
    assert answer.get_json()["near"] == ["service_control"]
    assert "Did you mean service_control?" in answer.get_json()["detail"]


def test_the_address_asks_the_same_as_the_body(catalog: Caller) -> None:
    by_body = selected(catalog, intent="find text", variables={"N": 40}, weights={"time": 2}, limits={"max_cost": 3})
    address = f"{SELECT}?intent=find+text&variables=N%3D40&weights=time%3D2&max_cost=3"
    assert catalog.client.get(address).get_json() == by_body


def test_yaml_is_a_body_too(catalog: Caller) -> None:
    by_yaml = catalog.client.post(SELECT, data="intent: find text", content_type="application/yaml")
    assert by_yaml.get_json() == selected(catalog, intent="find text")


def test_a_variable_that_is_not_said_takes_its_usual_value_and_says_so(catalog: Caller) -> None:
    [usual] = selected(catalog, intent="find text")["candidates"][:1]
    assert usual["variables"] == {"N": {"value": 100, "source": "default"}}
    [said] = selected(catalog, intent="find text", variables={"N": 1000, "pages": 3})["candidates"][:1]
    assert said["variables"] == {"N": {"value": 1000, "source": "request"}}
    assert said["estimated_time_ms"] == 700
    assert selected(catalog, intent="find text", variables={"pages": 3})["unused_variables"] == ["pages"]


def test_many_are_answered_from_one_snapshot_in_their_order(catalog: Caller) -> None:
    requests = [{"intent": "find text"}, {"capabilities": ["service_control"]}]
    answered = catalog.client.post(f"{SELECT}/batch", json={"requests": requests}).get_json()
    firsts = [one["candidates"][0]["tool_name"] for one in answered["answers"]]
    assert firsts == ["grep", "systemctl"]
    assert {one["revision"] for one in answered["answers"]} == {answered["revision"]}


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_one_to_a_hundred_requests(catalog: Caller, count: int) -> None:
    answer = catalog.client.post(f"{SELECT}/batch", json={"requests": [{"intent": "x"}] * count})
    assert answer.status_code == 400
    assert "1 to 100" in answer.get_json()["detail"]


def test_what_is_wrong_in_a_batch_is_told_with_its_place(catalog: Caller) -> None:
    answer = catalog.client.post(f"{SELECT}/batch", json={"requests": [{"intent": "x"}, {"intnet": "x"}]})
    assert answer.status_code == 400
    assert "/requests/1/intnet" in [error["path"] for error in answer.get_json()["errors"]]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({}, "Say an intent, capabilities, or both"),
        ({"intent": "  "}, "Say an intent, capabilities, or both"),
        ({"intent": "x" * 10_240}, "at most 2000 characters"),
        ({"intent": 5}, "valid string"),
        ({"intnet": "restart"}, "Did you mean intent?"),
        ({"intent": "x", "platform": "linuks"}, "Not one of the known words"),
        ({"intent": "x", "variables": {"N": -1}}, "greater than or equal to 0"),
        ({"intent": "x", "variables": {"N": 1e16}}, "less than or equal to"),
        ({"intent": "x", "variables": {"N": "many"}}, "valid number"),
        ({"intent": "x", "variables": {"N": None}}, "valid number"),
        ({"intent": "x", "variables": {"N": "4"}}, "valid number"),
        ({"intent": "x", "variables": {"N": True}}, "valid number"),
        ({"intent": "x", "variables": {"1N": 1}}, "match pattern"),
        ({"intent": "x", "variables": {f"v{number}": 1 for number in range(101)}}, "at most 100"),
        ({"intent": "x", "weights": {"speed": 1}}, "There is no “speed”"),
        ({"intent": "x", "weights": {"time": 0}}, "At least one weight is more than 0"),
        ({"intent": "x", "weights": {"time": -1}}, "greater than or equal to 0"),
        ({"intent": "x", "weights": {"time": 1}, "preference": "fast"}, "Say a preference or weights, not both"),
        ({"intent": "x", "preference": "quick"}, "'balanced', 'fast'"),
        ({"intent": "x", "limits": {"max_time": 1}}, "Did you mean max_time_ms?"),
        ({"intent": "x", "limit": 0}, "greater than or equal to 1"),
        ({"intent": "x", "limit": 51}, "less than or equal to 50"),
        ({"intent": "x", "explain": "all"}, "'full', 'brief' or 'none'"),
        ([], "must be a map of keys and values"),
        ("restart", "must be a map of keys and values"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_a_request_that_is_none_is_refused_in_words_that_mend_it(catalog: Caller, request_: object, told: str) -> None:
    assert told in json.dumps(refused(catalog, request_), ensure_ascii=False)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_finite_number_is_refused(catalog: Caller, number: str) -> None:
    body = f'{{"intent": "x", "variables": {{"N": {number}}}}}'
    assert catalog.client.post(SELECT, data=body, content_type="application/json").status_code == 400
    assert catalog.client.get(f"{SELECT}?intent=x&variables=N%3D{number}").status_code == 400


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("intent=a&intent=b", "more than once"),
        ("intent=a&variables=N", "Write name=value"),
        ("intent=a&variables=N=many", "“many” is no number"),
        ("intent=a&limit=ten", "“ten” is no number"),
        ("intent=a&limit=1.5", "integer"),
        ("intent=a&colour=red", "There is no “colour”"),
    ],
)
def test_an_address_that_asks_nothing_is_refused(catalog: Caller, query: str, told: str) -> None:
    answer = catalog.client.get(f"{SELECT}?{query}")
    assert answer.status_code == 400
    assert told in answer.text


def test_an_empty_parameter_is_as_good_as_none(catalog: Caller) -> None:
    with_empty = catalog.client.get(f"{SELECT}?intent=find+text&platform=&variables=&weights=&limit=")
    assert with_empty.get_json() == selected(catalog, intent="find text")


def test_a_draft_is_not_selected_from(catalog: Caller) -> None:
    answer = selected(catalog, intent="awk text")
    assert "awk" not in [one["tool_name"] for one in answer["candidates"]]
    assert ("awk", "awk is draft") in [(one["tool_name"], one["detail"]) for one in answer["excluded"]]


def test_older_forms_of_definitions_are_selected_from(catalog: Caller) -> None:
    flat = definition("lsof")
    [capability] = flat.pop("capabilities").items()
    listed = {"capability_name": capability[0], "description": "Open files"}
    listed["patterns"] = [{"pattern_name": "list_open", **PATTERN, "description": "List open files of a process"}]
    catalog.ok("POST", json={**flat, "capabilities": [listed]})
    assert selected(catalog, intent="list open files")["candidates"][0]["pattern_name"] == "list_open"
