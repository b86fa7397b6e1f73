"""Tools: what is read out of the catalog's JSON, and that nobody can change it."""

import copy
import json
import pickle
from typing import Any

import pytest

from catalog_client import Tool
from tests.catalog_client.tools import capability, whole


def test_a_tool_is_the_whole_tool_and_its_columns() -> None:
    tool = Tool.of(whole("grep", revision=7, owner="ops", metadata={"tags": ["text", "files", "text", 3]}))
    assert (tool.name, tool.version, tool.platform, tool.category) == ("grep", "1.0", "linux", "system")
    assert (tool.status, tool.enabled, tool.owner, tool.revision) == ("active", True, "ops", 7)
    assert tool.tags == ("text", "files")
    assert tool.capabilities == ("text_search",)
    assert tool.definition["capabilities"]["text_search"]["patterns"]["search_files"]["scope"] == "batch"


def test_a_capability_without_a_pattern_does_not_count() -> None:
    tool = Tool.of(whole(capabilities={"one": capability("use"), "two": capability(), "three": None}))
    assert tool.capabilities == ("one",)


def test_a_draft_may_lack_nearly_everything() -> None:
    bare = {"tool_name": "x", "version": "1.0", "status": "draft", "enabled": True, "revision": 2}
    tool = Tool.of({**bare, "metadata": "oops", "capabilities": ["oops"]})
    assert (tool.description, tool.platform, tool.tags, tool.capabilities) == ("", None, (), ())


@pytest.mark.parametrize("key", ["tool_name", "version", "status", "enabled", "revision"])
@pytest.mark.parametrize("value", [None, 1.5, ["x"]])
def test_what_is_no_tool_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        Tool.of({**whole(), key: value})


def test_true_is_no_revision() -> None:
    with pytest.raises(ValueError, match="revision"):
        Tool.of({**whole(), "revision": True})


@pytest.mark.parametrize(
    ("status", "enabled", "is_offered"),
    [("active", True, True), ("active", False, False), ("deprecated", True, False), ("draft", True, False)],
)
def test_only_an_enabled_active_tool_is_on_offer(status: str, enabled: bool, is_offered: bool) -> None:
    assert Tool.of(whole(status=status, enabled=enabled)).is_offered is is_offered


def test_a_definition_cannot_be_changed_at_any_depth() -> None:
    tool: Any = Tool.of(whole())
    pattern = tool.definition["capabilities"]["text_search"]["patterns"]["search_files"]
    with pytest.raises(TypeError):
        tool.definition["description"] = "other"
    with pytest.raises(TypeError):
        pattern["policy"]["max_cost"] = 1
    with pytest.raises(TypeError):
        pattern["required_inputs"][0] = {}
    with pytest.raises(AttributeError):
        tool.name = "other"


def test_a_definition_does_not_change_with_what_it_was_made_of() -> None:
    source = whole()
    tool = Tool.of(source)
    source["metadata"]["tags"].append("late")
    assert tool.definition["metadata"]["tags"] == ("text",)


def test_the_whole_is_plain_and_the_callers_own() -> None:
    tool = Tool.of(whole())
    tool.whole()["metadata"]["tags"].append("mine")
    assert json.loads(json.dumps(tool.whole())) == whole()


@pytest.mark.parametrize(
    "again", [lambda tool: pickle.loads(pickle.dumps(tool)), copy.deepcopy], ids=["pickle", "copy"]
)
def test_tools_travel_between_processes(again: Any) -> None:
    assert again(Tool.of(whole())) == Tool.of(whole())


def test_equal_tools_are_one_in_a_set() -> None:
    assert len({Tool.of(whole()), Tool.of(whole()), Tool.of(whole("awk"))}) == 2
