"""The snapshot: lookups, facets, and that changes make another one."""

import pytest

from catalog_client import Snapshot, Tool
from tests.catalog_client.tools import capability, snapshot, whole


@pytest.fixture
def mixed() -> Snapshot:
    """Tools that differ in everything a list can ask for."""
    return Snapshot(
        9,
        [
            Tool.of(whole("grep", owner="ops", capabilities={"search": capability("p"), "count": capability("p")})),
            Tool.of(whole("awk", metadata={"tags": ["text", "rows"]}, capabilities={"count": capability("p")})),
            Tool.of(whole("Copy-Item", platform="windows", category="filesystem", capabilities={})),
            Tool.of(whole("old", status="deprecated", capabilities={"search": capability("p")})),
            Tool.of(whole("off", enabled=False, owner="ops", capabilities={"search": capability("p")})),
            Tool.of(whole("bare", status="draft", platform=None, metadata={}, capabilities={})),
        ],
    )


def names(tools: tuple[Tool, ...]) -> list[str]:
    return [tool.name for tool in tools]


@pytest.mark.parametrize("name", ["Copy-Item", "copy-item", "COPY-ITEM"])
def test_get_ignores_case(mixed: Snapshot, name: str) -> None:
    tool = mixed.get(name)
    assert tool is not None
    assert tool.name == "Copy-Item"
    assert name in mixed


def test_get_answers_none_for_a_name_nothing_has(mixed: Snapshot) -> None:
    assert mixed.get("gre") is None
    assert "gre" not in mixed


def test_iteration_goes_by_name_ignoring_case(mixed: Snapshot) -> None:
    assert [tool.name for tool in mixed] == ["awk", "bare", "Copy-Item", "grep", "off", "old"]
    assert len(mixed) == 6


def test_by_capability_answers_only_what_is_on_offer(mixed: Snapshot) -> None:
    assert names(mixed.by_capability("search")) == ["grep"]
    assert names(mixed.by_capability("count")) == ["awk", "grep"]


def test_by_capability_answers_all_when_asked(mixed: Snapshot) -> None:
    assert names(mixed.by_capability("search", only_offered=False)) == ["grep", "off", "old"]


def test_by_capability_of_an_unknown_one_is_empty(mixed: Snapshot) -> None:
    assert mixed.by_capability("fly") == ()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["awk", "bare", "Copy-Item", "grep", "off", "old"]),
        ({"platform": "windows"}, ["Copy-Item"]),
        ({"category": "filesystem"}, ["Copy-Item"]),
        ({"status": "draft"}, ["bare"]),
        ({"enabled": False}, ["off"]),
        ({"enabled": True, "owner": "ops"}, ["grep"]),
        ({"tag": "rows"}, ["awk"]),
        ({"capability": "search", "status": "deprecated"}, ["old"]),
        ({"platform": "linux", "category": "filesystem"}, []),
        ({"owner": "nobody"}, []),
    ],
)
def test_list_keeps_what_has_all_values(mixed: Snapshot, asked: dict[str, str], found: list[str]) -> None:
    assert names(mixed.list(**asked)) == found  # type: ignore[arg-type]


def test_facets_count_every_value_most_first(mixed: Snapshot) -> None:
    facets = mixed.facets()
    assert list(facets) == ["platform", "category", "status", "enabled", "tag", "capability", "owner"]
    assert list(facets["platform"].items()) == [("linux", 4), ("windows", 1)]
    assert facets["enabled"] == {True: 5, False: 1}
    assert facets["status"] == {"active": 4, "deprecated": 1, "draft": 1}
    assert facets["tag"] == {"text": 5, "rows": 1}
    assert facets["owner"] == {"ops": 2}


def test_capabilities_tell_how_many_tools_are_on_offer(mixed: Snapshot) -> None:
    assert mixed.capabilities() == {"count": 2, "search": 1}
    gone = mixed.with_changes(10, {"grep": None, "awk": None})
    assert gone.capabilities() == {"search": 0}


def test_changes_make_another_snapshot_that_shares_what_stayed(mixed: Snapshot) -> None:
    before = mixed.facets()
    after = mixed.with_changes(12, {"GREP": None, "new": Tool.of(whole("new")), "off": Tool.of(whole("off"))})
    assert (mixed.revision, after.revision) == (9, 12)
    assert mixed.facets() == before
    assert "grep" in mixed
    assert "grep" not in after
    assert names(after.list(enabled=False)) == []
    assert after.get("awk") is mixed.get("awk")
    assert [tool.key for tool in after] == sorted(tool.key for tool in after)


def test_a_tool_that_is_written_otherwise_takes_its_own_place() -> None:
    after = snapshot(3, "grep").with_changes(4, {"Grep": Tool.of(whole("Grep"))})
    assert [tool.name for tool in after] == ["Grep"]


def test_an_empty_snapshot_answers_too() -> None:
    empty = Snapshot(0)
    assert (len(empty), empty.list(), empty.list(platform="linux"), empty.capabilities()) == (0, (), (), {})
    assert all(values == {} for values in empty.facets().values())
