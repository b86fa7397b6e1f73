"""The snapshot: lookups, lists, facets and capabilities from memory, never changed once made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.facets import FACETS
from app.catalog.snapshot import MEMO_BYTES, SORTS, Query, Snapshot, Tool, tool_of

BORN = datetime(2026, 1, 1, tzinfo=UTC)


class Row:
    """A row of the tools table, as `tool_of` reads one."""

    def __init__(self, name: str, **columns: Any) -> None:
        self.id, self.tool_name, self.version, self.description = hash(name) % 10_000, name, "1.0", f"About {name}"
        self.platform, self.category, self.status, self.enabled = "linux", "system", "active", True
        self.owner, self.is_latest, self.revision, self.form = None, True, 1, "map"
        self.created_at = self.updated_at = BORN
        self.created_by = self.updated_by = "me"
        vars(self).update(columns)


def tool(name: str, tags: tuple[str, ...] = (), capabilities: tuple[str, ...] = (), **columns: Any) -> Tool:
    """A tool of a snapshot."""
    patterns = {"description": "", "patterns": {"one": {}, "two": {}}}
    document = {"metadata": {"tags": list(tags)}, "capabilities": dict.fromkeys(capabilities, patterns)}
    return tool_of(Row(name, document=document, **columns))


GREP = tool("grep", ("text", "search"), ("text_search",), category="text-processing", owner="ops")
FIND = tool("find", ("files",), ("file_search", "text_search"), category="filesystem", updated_at=BORN + timedelta(1))
NETSTAT = tool("netstat", ("sockets",), ("socket_list",), platform="windows", category="network", enabled=False)
OLD = tool("Awk", ("text",), ("text_search",), category="text-processing", status="deprecated")
DRAFT = tool("sed", status="draft", platform=None, category=None)
CATALOG = Snapshot(7, [NETSTAT, GREP, DRAFT, OLD, FIND])


def names(query: Query, snapshot: Snapshot = CATALOG) -> list[str]:
    """The names on a query's page."""
    return [tool.name for tool in snapshot.page(query).tools]


def test_a_tool_is_found_by_its_name_in_any_case() -> None:
    assert [CATALOG.tool(name) for name in ("grep", "GREP", "awk", "nothing")] == [GREP, GREP, OLD, None]


def test_tools_are_listed_by_name_ignoring_case() -> None:
    assert CATALOG.names == names(Query()) == ["Awk", "find", "grep", "netstat", "sed"]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (Query(platform="windows"), ["netstat"]),
        (Query(category="text-processing"), ["Awk", "grep"]),
        (Query(status="draft"), ["sed"]),
        (Query(enabled=False), ["netstat"]),
        (Query(tag="text"), ["Awk", "grep"]),
        (Query(capability="text_search"), ["Awk", "find", "grep"]),
        (Query(owner="ops"), ["grep"]),
        (Query(tag="text", status="active"), ["grep"]),
        (Query(capability="text_search", category="filesystem", enabled=True), ["find"]),
        (Query(platform="windows", enabled=True), []),
        (Query(tag="nothing"), []),
    ],
)
def test_every_filter_keeps_what_has_its_value_and_all_of_them_together(query: Query, kept: list[str]) -> None:
    assert names(query) == kept
    assert CATALOG.page(query).total == len(kept)


def test_facets_count_what_each_value_would_keep() -> None:
    facets = CATALOG.page(Query()).facets
    assert facets["platform"] == [("linux", 3), ("windows", 1)]
    assert facets["enabled"] == [(True, 4), (False, 1)]
    assert facets["tag"] == [("text", 2), ("files", 1), ("search", 1), ("sockets", 1)]
    assert facets["owner"] == [("ops", 1)]


def test_a_facets_own_filter_does_not_narrow_its_counts_but_the_others_do() -> None:
    facets = CATALOG.page(Query(tag="text", status="active")).facets
    assert facets["status"] == [("active", 1), ("deprecated", 1)]
    assert facets["tag"] == [("files", 1), ("search", 1), ("sockets", 1), ("text", 1)]
    assert facets["platform"] == [("linux", 1)]


@pytest.mark.parametrize("column", SORTS)
def test_every_order_can_be_turned_round(column: str) -> None:
    upward, downward = names(Query(sort=column)), names(Query(sort=f"-{column}"))
    assert upward == downward[::-1]
    assert len(upward) == len(CATALOG)


def test_what_has_no_value_is_sorted_last() -> None:
    assert names(Query(sort="platform"))[-1] == "sed"


def test_the_newest_come_first_when_asked_so() -> None:
    assert names(Query(sort="-updated_at"))[0] == "find"


def test_pages_part_a_list() -> None:
    pages = [CATALOG.page(Query(page=page, page_size=2)) for page in (1, 2, 3, 4)]
    assert [[tool.name for tool in page.tools] for page in pages] == [
        ["Awk", "find"],
        ["grep", "netstat"],
        ["sed"],
        [],
    ]
    assert {(page.total, page.pages) for page in pages} == {(5, 3)}


def test_an_empty_list_has_one_page() -> None:
    assert Snapshot(0).page(Query()).pages == 1


def test_searched_names_keep_their_rank_and_are_filtered() -> None:
    ranked = Query().among(["sed", "grep", "unknown", "awk"])
    assert names(ranked) == ["sed", "grep", "Awk"]
    assert names(Query(platform="linux").among(["sed", "grep", "awk"])) == ["grep", "Awk"]
    assert names(Query(sort="name").among(["sed", "grep", "awk"])) == ["Awk", "grep", "sed"]


def test_a_capability_tells_who_has_it_and_who_is_on_offer() -> None:
    assert [tool.name for tool in CATALOG.having("text_search")] == ["Awk", "find", "grep"]
    told = {capability.name: (capability.tools, capability.offered_tools) for capability in CATALOG.capabilities()}
    assert told == {"file_search": (1, 1), "socket_list": (1, 0), "text_search": (3, 2)}


def test_the_figures_count_what_their_names_say() -> None:
    assert CATALOG.figures() == {
        "total": 5,
        "enabled": 2,
        "drafts": 1,
        "deprecated": 1,
        "disabled": 1,
        "patterns": 10,
        "capabilities": 3,
    }


def test_a_tools_bytes_are_its_whole_definition_and_its_line() -> None:
    assert orjson.loads(GREP.json)["metadata"] == {"tags": ["text", "search"]}
    line = orjson.loads(GREP.summary)
    assert (line["tool_name"], line["pattern_count"], line["capabilities"]) == ("grep", 2, ["text_search"])


def test_what_is_read_cannot_change_the_snapshot() -> None:
    GREP.whole()["metadata"]["tags"].append("mine")
    assert GREP.whole()["metadata"]["tags"] == ["text", "search"]


def test_the_next_snapshot_shares_what_did_not_change() -> None:
    changed = tool("GREP", version="1.1")
    following = CATALOG.with_changes(8, [changed], ["sed"])
    assert (following.revision, following.names) == (8, ["Awk", "find", "GREP", "netstat"])
    assert following.tool("find") is CATALOG.tool("find")
    assert CATALOG.tool("grep") is GREP
    assert CATALOG.tool("sed") is DRAFT


def test_an_answer_is_made_once_for_a_snapshot() -> None:
    snapshot, made = Snapshot(1), list[str]()

    def make() -> str:
        made.append("made")
        return "answer"

    assert [snapshot.memo("key", make), snapshot.memo("key", make), made] == ["answer", "answer", ["made"]]


def test_a_snapshot_remembers_a_bounded_number_of_answers() -> None:
    snapshot = Snapshot(1)
    answer = bytes(1024 * 1024)
    for number in range(3 * MEMO_BYTES // len(answer)):
        snapshot.memo(number, lambda: (answer, "tag"))
    assert snapshot.remembered(number) is not None
    assert snapshot.remembered(0) is None
    assert sum(len(body) for body, _ in snapshot._memo.values()) <= MEMO_BYTES


def test_an_answer_that_failed_is_not_remembered() -> None:
    snapshot = Snapshot(1)
    with pytest.raises(ZeroDivisionError):
        snapshot.memo("key", lambda: 1 / 0)
    assert snapshot.memo("key", lambda: 5) == 5


WORDS = st.sampled_from(["a", "b", "c"])
TOOLS = st.lists(
    st.builds(
        tool,
        st.sampled_from(["ab", "aB", "cd", "ef", "gh"]),
        tags=st.sets(WORDS).map(tuple),
        capabilities=st.sets(WORDS).map(tuple),
        status=st.sampled_from(["active", "draft"]),
        enabled=st.booleans(),
        owner=st.none() | WORDS,
        platform=st.none() | WORDS,
    ),
    unique_by=lambda t: t.name.lower(),
)
QUERIES = st.builds(
    Query,
    tag=st.none() | WORDS,
    capability=st.none() | WORDS,
    owner=st.none() | WORDS,
    platform=st.none() | WORDS,
    enabled=st.none() | st.booleans(),
    status=st.none() | st.sampled_from(["active", "draft"]),
)


@given(TOOLS, QUERIES)
def test_indexes_keep_what_a_look_at_every_tool_would_keep(tools: list[Tool], query: Query) -> None:
    def passes(tool: Tool, without: str = "") -> bool:
        wanted = ((facet, getattr(query, facet)) for facet in FACETS if facet != without)
        return all(value is None or value in tool.facet(facet) for facet, value in wanted)

    listing = Snapshot(1, tools).page(query)
    assert {tool.name for tool in listing.tools} == {tool.name for tool in tools if passes(tool)}
    for facet, counts in listing.facets.items():
        found = [value for tool in tools if passes(tool, facet) for value in tool.facet(facet)]
        assert dict(counts) == {value: found.count(value) for value in found}
