"""Rows ↔ definitions: what of a definition stands in columns, and what of a draft is left out of them."""

from typing import Any

import pytest

from app.answers import etag_of
from app.catalog.mapping import content_hash, row_of, search_text, unknown_keys, words_of
from app.catalog.models import Tool, ToolPattern
from app.definitions.legacy import source_tool
from app.definitions.model import Pattern
from tests.definition import PATTERN, definition


def row(**changes: Any) -> Tool:
    """The row of a definition with top-level keys replaced."""
    return row_of(source_tool(definition(**changes)), "grep", "1.0")


def pattern_row(**changes: Any) -> ToolPattern:
    """The row of a pattern with keys replaced."""
    tool = row(capabilities={"text_search": {"patterns": {"search_files": {**PATTERN, **changes}}}})
    return tool.capabilities[0].patterns[0]


def test_a_definition_is_read_into_the_columns_sql_knows() -> None:
    tool = row(owner="ops", execution_location="host", defaults={"freshness": "live"})
    assert (tool.platform, tool.category, tool.owner, tool.execution_location) == ("linux", "system", "ops", "host")
    assert (tool.defaults, tool.metadata_, tool.document) == (
        {"freshness": "live"},
        {"tags": ["text"]},
        definition(owner="ops", execution_location="host", defaults={"freshness": "live"}),
    )


def test_a_pattern_is_read_into_the_columns_sql_knows() -> None:
    pattern = pattern_row(retries=3)
    assert (pattern.time_estimate_ms, pattern.cost_estimate, pattern.complexity_score) == ("200 + 0.5 * N", "1", 0.2)
    assert (pattern.typical_use_cases, pattern.policy) == (PATTERN["typical_use_cases"], PATTERN["policy"])
    assert pattern.extra == {"retries": 3}


@pytest.mark.parametrize("odd", [None, 7, "text", ["list"], {"a": "map"}, True])
def test_a_draft_may_hold_anything_anywhere(odd: object) -> None:
    keys = [key for key in definition() if key not in {"tool_name", "version"}]
    tool = row(**dict.fromkeys([*keys, "owner", "defaults", "dependencies", "execution_location"], odd))
    assert tool.platform is None
    assert tool.document["capabilities"] == odd


@pytest.mark.parametrize("odd", [None, 7, "text", ["list"], {"a": "map"}, True])
def test_a_drafts_pattern_may_hold_anything_anywhere(odd: object) -> None:
    pattern = pattern_row(**dict.fromkeys(PATTERN, odd))
    assert pattern.complexity_score is None or 0 <= pattern.complexity_score <= 1
    assert isinstance(pattern.policy, dict)
    assert isinstance(pattern.limitations, list)


@pytest.mark.parametrize(("estimate", "kept"), [("N" * 500, "N" * 500), ("N" * 501, None), (1.5, "1.5"), (True, None)])
def test_an_estimate_is_kept_where_it_fits(estimate: object, kept: str | None) -> None:
    assert pattern_row(time_estimate_ms=estimate).time_estimate_ms == kept


@pytest.mark.parametrize(("score", "kept"), [(0, 0.0), (1, 1.0), (1.1, None), (-0.1, None), (float("nan"), None)])
def test_a_score_is_kept_where_it_is_in_range(score: float, kept: float | None) -> None:
    assert pattern_row(complexity_score=score).complexity_score == kept


def test_the_hash_is_of_the_content_not_of_the_order_of_keys() -> None:
    assert content_hash({"a": 1, "b": {"c": 2, "d": 3}}) == content_hash({"b": {"d": 3, "c": 2}, "a": 1})
    assert content_hash({"a": [1, 2]}) != content_hash({"a": [2, 1]})


def test_a_tag_is_of_the_bytes() -> None:
    assert etag_of(b"a") != etag_of(b"b")


def test_names_are_searched_in_their_words() -> None:
    assert words_of("Get-CimInstance") == "Get-CimInstance Get Cim Instance"
    assert words_of("dns_lookup") == "dns_lookup dns lookup"


def test_search_looks_at_names_then_words_then_use_cases_then_descriptions() -> None:
    looked = search_text("grep", definition())
    assert looked["A"].startswith("grep")
    assert {"text_search", "search_files", "text"} <= set(looked["B"].split())
    assert looked["C"] == "find text in files"
    assert "What grep does" in looked["D"]


def test_unknown_keys_are_those_the_schema_does_not_name() -> None:
    assert unknown_keys({**PATTERN, "retries": 3}, Pattern) == {"retries": 3}
