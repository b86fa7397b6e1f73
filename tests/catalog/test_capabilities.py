"""Capabilities: which there are, who has them, and every way to do one thing side by side."""

import copy
from typing import Any

import pytest

from app.catalog.capabilities import PAGE_SIZE, compare_tools, list_capabilities
from app.catalog.snapshot import Snapshot, Tool, tool_of
from app.errors import NotFound
from tests.catalog.test_snapshot import Row, tool
from tests.definition import PATTERN


def able(name: str, capability: str = "text_search", description: str = "Search text", **columns: Any) -> Tool:
    """A tool with one capability of one pattern; `pattern` replaces keys of that, `variables` are declared."""
    pattern = {**copy.deepcopy(PATTERN), **columns.pop("pattern", {})}
    document = {
        "variables": columns.pop("variables", {}),
        "capabilities": {capability: {"description": description, "patterns": {"search_files": pattern}}},
    }
    return tool_of(Row(name, document=document, **columns))


CATALOG = Snapshot(
    1,
    [
        able("grep"),
        able("findstr", platform="windows", enabled=False),
        able("awk", description="Search and rewrite"),
        tool("nmap", capabilities=("port_scan",), platform="network"),
    ],
)


def test_every_capability_is_told_with_its_tools_platforms_and_patterns() -> None:
    scan, search = list_capabilities(CATALOG).lines
    assert (scan.name, search.name) == ("port_scan", "text_search")
    assert [tool.name for tool in search.tools] == ["awk", "findstr", "grep"]
    assert (search.platforms, search.offered, search.patterns) == (("linux", "windows"), 2, 3)


def test_the_description_most_tools_give_stands_for_all() -> None:
    _, search = list_capabilities(CATALOG).lines
    assert (search.description, search.more_descriptions) == ("Search text", 1)


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 2), ("search", 1), ("TEXT sea", 1), ("text_search", 1), ("scan text", 0), ("grep", 0)],
)
def test_names_are_filtered_by_every_word(words: str, found: int) -> None:
    assert list_capabilities(CATALOG, words).total == found


def test_a_platform_keeps_what_its_tools_have_and_counts_all() -> None:
    page = list_capabilities(CATALOG, platform="windows")
    assert [line.name for line in page.lines] == ["text_search"]
    assert dict(page.platforms) == {"linux": 1, "windows": 1, "network": 1}


def test_they_are_sorted_by_name_or_by_how_many_tools_have_them() -> None:
    assert [line.name for line in list_capabilities(CATALOG, sort="tools").lines] == ["text_search", "port_scan"]


def test_a_page_holds_so_many() -> None:
    many = Snapshot(1, [tool("all", capabilities=tuple(f"c{number:03}" for number in range(PAGE_SIZE + 1)))])
    second = list_capabilities(many, page=2)
    assert [line.name for line in second.lines] == [f"c{PAGE_SIZE:03}"]
    assert (second.total, second.pages) == (PAGE_SIZE + 1, 2)
    assert list_capabilities(Snapshot(1)).pages == 1


def test_ways_are_compared_at_the_usual_values_the_fastest_first() -> None:
    current = Snapshot(
        1,
        [
            able("slow", pattern={"time_estimate_ms": "1000 * N", "cost_estimate": "N / 50"}),
            able("quick", pattern={"time_estimate_ms": 10}),
            able("unsaid", pattern={"time_estimate_ms": "no expression (", "cost_estimate": None}),
        ],
    )
    ways = compare_tools(current, "text_search").ways
    assert [(way.tool.name, way.time_ms, way.cost) for way in ways] == [
        ("quick", 10, 1),
        ("slow", 100_000, 2),
        ("unsaid", None, None),
    ]
    assert [round(way.share, 2) for way in ways] == [0.2, 1.0, 0.0]


def test_variables_a_tool_declares_have_the_usual_value_it_says() -> None:
    declared = {"depth": {"unit": "levels", "default": 7, "minimum": 1, "maximum": 9, "meaning": "How deep"}}
    current = Snapshot(1, [able("find", variables=declared, pattern={"time_estimate_ms": "10 * depth"})])
    assert compare_tools(current, "text_search").ways[0].time_ms == 70


def test_what_is_held_back_is_told_beside_the_way() -> None:
    policy = {"requires_approval": True, "production_safe": False}
    (way,) = compare_tools(Snapshot(1, [able("grep", pattern={"policy": policy})]), "text_search").ways
    assert way.needs_approval
    assert way.production_safe is False


def test_descriptions_are_told_once_with_the_tools_that_give_them() -> None:
    found = compare_tools(CATALOG, "text_search")
    assert dict(found.descriptions) == {"Search and rewrite": ["awk"], "Search text": ["findstr", "grep"]}
    assert found.offered == 2


def test_one_platform_can_be_looked_at_alone() -> None:
    found = compare_tools(CATALOG, "text_search", "windows")
    assert [way.tool.name for way in found.ways] == ["findstr"]
    assert dict(found.platforms) == {"linux": 2, "windows": 1}


def test_an_unknown_capability_says_which_are_near() -> None:
    with pytest.raises(NotFound, match=r"Did you mean text_search\?"):
        compare_tools(CATALOG, "text_serach")
