"""How definitions to import come in over HTTP, and how the report goes out."""

import io
from typing import Any

import pytest

from tests.catalog.caller import Caller
from tests.definition import definition


def bodies() -> dict[str, dict[str, Any]]:
    """The same two tools in every body an import takes."""
    pair = [definition("sed"), definition("awk")]
    keyed = {tool["tool_name"]: {k: v for k, v in tool.items() if k != "tool_name"} for tool in pair}
    files = [(io.BytesIO(f"tool_name: {name}\n".encode()), f"{name}.yaml") for name in ("sed", "awk")]
    return {
        "list": {"json": pair},
        "tools": {"json": {"tools": pair}},
        "bundle": {"json": {"version": "1.1", "tools": keyed}},
        "yaml": {"data": "tools:\n  sed: {description: S}\n  awk: {description: A}\n", "content_type": "text/yaml"},
        "files in one field": {"data": {"files": files}},
        "files in two fields": {"data": {"a": files[0], "b": files[1]}},
    }


@pytest.mark.parametrize("kind", bodies())
def test_every_kind_of_body_brings_every_tool(noise: Caller, kind: str) -> None:
    report = noise.ok("POST", "/import", **bodies()[kind])
    brought = {(entry["outcome"], entry["tool_name"]) for entry in report["results"]}
    assert brought == {("created", "sed"), ("created", "awk")}
    assert set(noise.names()) == {"find", "Get-Process", "half-done", "sed", "awk"}


def test_one_definition_is_an_import_too(caller: Caller) -> None:
    assert caller.ok("POST", "/bulk-import", json=definition())["created"] == 1
    assert caller.names() == ["grep"]


@pytest.mark.parametrize("tools", [[definition("sed")], {"sed": {"description": "S"}}], ids=["list", "map"])
def test_options_may_stand_beside_the_tools(caller: Caller, tools: object) -> None:
    report = caller.ok("POST", "/import", json={"tools": tools, "dry_run": True, "on_conflict": "new_version"})
    assert (report["dry_run"], report["on_conflict"], report["created"]) == (True, "new_version", 1)
    assert caller.names() == []


def test_options_beside_the_tools_are_no_part_of_them(caller: Caller) -> None:
    caller.ok("POST", "/import", json={"version": "1.1", "on_conflict": "fail", "tools": {"sed": {"description": "S"}}})
    (exported,) = caller.ok("POST", "/export")["tools"]
    assert exported == {"version": "1.1", "tools": {"sed": {"description": "S"}}}


def test_a_blocked_import_answers_with_its_report(noise: Caller) -> None:
    answer = noise.send(
        "POST", "/import?on_conflict=fail", json=[definition("sed"), definition("find", description="X")]
    )
    assert answer.status_code == 409
    assert answer.json is not None
    assert [entry["outcome"] for entry in answer.json["report"]["results"]] == ["created", "conflict"]


def test_a_definition_in_a_large_import_may_not_be_larger_than_alone(caller: Caller) -> None:
    large = definition("large", notes=["x" * 60_000] * 5)
    report = caller.ok("POST", "/import", json=[large, definition("small")])
    assert [entry["outcome"] for entry in report["results"]] == ["refused", "created"]
