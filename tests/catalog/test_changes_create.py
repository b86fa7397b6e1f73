"""Creating a tool: what is stored, what is refused, and whose name is taken."""

import pytest

from app.definitions.vocabulary import RESERVED_NAMES
from tests.catalog.caller import Caller
from tests.definition import definition


def test_a_created_tool_is_answered_whole_with_its_address(noise: Caller) -> None:
    answer = noise.send("POST", json=definition())
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/v1/tools/grep")
    assert answer.json is not None
    assert {**answer.json, **definition()} == answer.json


def test_a_new_tool_is_active_enabled_and_the_latest(noise: Caller) -> None:
    tool = noise.create()
    assert (tool["version"], tool["status"], tool["enabled"], tool["is_latest"]) == ("1.0", "active", True, True)


def test_the_next_read_sees_a_new_tool(noise: Caller) -> None:
    noise.names()
    noise.create()
    assert noise.names() == ["find", "Get-Process", "grep", "half-done"]


def test_a_definition_that_names_no_version_begins_at_1_0(caller: Caller) -> None:
    body = definition()
    del body["version"]
    assert caller.ok("POST", json=body)["version"] == "1.0"


def test_yaml_is_as_good_as_json(caller: Caller) -> None:
    text = "tool_name: sort\nstatus: draft\ndescription: Sort lines\n"
    tool = caller.ok("POST", data=text, content_type="application/yaml")
    assert (tool["tool_name"], tool["description"]) == ("sort", "Sort lines")


def test_keys_the_schema_does_not_name_are_kept(caller: Caller) -> None:
    caller.create(vendor={"support": ["mail", {"since": "2025-10-03"}]})
    assert caller.read()["vendor"] == {"support": ["mail", {"since": "2025-10-03"}]}


def test_a_definition_with_errors_is_refused_with_its_findings(noise: Caller) -> None:
    answer = noise.send("POST", json=definition(capabilities={}))
    assert answer.status_code == 422
    assert answer.json is not None
    assert ("error", "/capabilities") in [(f["severity"], f["path"]) for f in answer.json["findings"]]
    assert "grep" not in noise.names()


def test_a_definition_with_errors_is_stored_as_a_draft_when_it_says_so(caller: Caller) -> None:
    tool = caller.create(status="draft", capabilities={})
    assert (tool["status"], caller.latest()) == ("draft", ["1.0"])


def test_a_first_version_is_the_latest_though_it_is_a_draft(caller: Caller) -> None:
    assert caller.create(status="draft")["is_latest"] is True


@pytest.mark.parametrize("taken", ["find", "FIND", "Find"])
def test_a_name_is_taken_whatever_its_case(noise: Caller, taken: str) -> None:
    answer = noise.send("POST", json=definition(taken))
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["existing"] == {"tool_name": "find", "version": "1.1"}


def test_a_name_keeps_its_case_and_is_found_in_any(caller: Caller) -> None:
    caller.create("Get-Content")
    assert caller.read("get-content")["tool_name"] == "Get-Content"


def test_a_name_taken_on_another_platform_comes_with_a_suggestion(caller: Caller) -> None:
    caller.create("netstat")
    answer = caller.send("POST", json=definition("netstat", platform="windows"))
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["suggestion"] == "netstat-windows"
    assert caller.versions("netstat") == ["1.0"]


def test_a_deleted_tools_name_can_be_used_again(noise: Caller) -> None:
    assert noise.create("gone")["version"] == "1.0"
    assert noise.versions("gone") == ["1.0"]


def test_the_catalogs_own_addresses_are_no_names_in_any_case(caller: Caller) -> None:
    for name in [*RESERVED_NAMES, *(name.upper() for name in RESERVED_NAMES)]:
        answer = caller.send("POST", json=definition(name, status="draft"))
        assert answer.status_code == 422, name
        assert "reserved-name" in [finding["code"] for finding in answer.json["findings"]], name  # type: ignore[index]


@pytest.mark.parametrize("name", ["", "two words", "a/b", "x" * 101, "naïve"])
def test_a_name_no_tool_may_have_is_refused_even_for_a_draft(caller: Caller, name: str) -> None:
    assert caller.send("POST", json=definition(name, status="draft")).status_code == 422
    assert caller.names() == []


def test_one_request_creates_one_tool(caller: Caller) -> None:
    answer = caller.send("POST", json={"tools": [definition("a"), definition("b")]})
    assert answer.status_code == 400
    assert "Import" in answer.json["detail"]  # type: ignore[index]


def test_what_the_server_says_beside_a_definition_is_no_part_of_a_copy(caller: Caller) -> None:
    caller.create()
    caller.ok("POST", json={**caller.read(), "tool_name": "egrep"})
    (stored,) = caller.ok("POST", "/export", json={"names": ["egrep"]})["tools"]
    assert stored.keys().isdisjoint({"id", "is_latest", "revision", "created_at", "updated_at", "created_by"})
