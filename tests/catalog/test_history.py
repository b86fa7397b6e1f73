"""Full text search, versions compared, and removing for good what was deleted."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.catalog import history
from app.catalog.models import AuditEntry, Tool, ToolTelemetry
from app.extensions import db
from tests.catalog.caller import Caller
from tests.definition import PATTERN, definition


def about(capability: str, use_cases: Iterable[str] = (), description: str = "Some pattern") -> dict[str, object]:
    """The capabilities of a tool with one pattern."""
    pattern = {**PATTERN, "typical_use_cases": list(use_cases) or ["something"], "description": description}
    return {capability: {"description": "A capability", "patterns": {"one": pattern}}}


@pytest.fixture
def searched(noise: Caller) -> Caller:
    """A catalog with tools to search for."""
    noise.create("systemctl", capabilities=about("service_control", ["restart a service", "stop nginx"]))
    noise.create("service-monitor", capabilities=about("uptime", ["watch uptime"]))
    noise.create("journalctl", capabilities=about("log_search", ["read the log"], "Follow what a service writes"))
    noise.create("Restart-Computer", platform="windows", capabilities=about("reboot", ["boot a machine again"]))
    noise.create("dig", capabilities=about("dns_lookup"), metadata={"tags": ["resolver", "dns"]})
    return noise


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dns", ["dig"]),
        ("resolver", ["dig"]),
        ("nginx", ["systemctl"]),
        ("NGINX", ["systemctl"]),
        ("dns_lookup", ["dig"]),
        ("restarting", ["Restart-Computer", "systemctl"]),
        ("computer", ["Restart-Computer"]),
        ("restart-computer", ["Restart-Computer"]),
        ("serv", ["service-monitor", "systemctl", "journalctl"]),
        ("upti servi", ["service-monitor"]),
        ("restart the nginx", ["systemctl"]),
        ("resolver nginx", ["dig", "systemctl"]),
        ("the", ["journalctl"]),
        ("& | ! ( ) <-> :* \\ '", []),
        ("", []),
    ],
)
def test_a_search_finds_words_stems_and_beginnings(app: Flask, searched: Caller, words: str, found: list[str]) -> None:
    assert list(history.search(words)) == found


def test_a_name_outranks_a_capability_a_use_case_and_a_description(app: Flask, searched: Caller) -> None:
    searched.create("alpha", description="Nothing but a word: zebra")
    searched.create("beta", capabilities=about("stripes", ["paint a zebra"]))
    searched.create("gamma", capabilities=about("zebra_painting"))
    searched.create("zebra")
    assert history.search("zebra") == ("zebra", "gamma", "beta", "alpha")


def test_tools_with_every_word_come_before_those_with_some(app: Flask, searched: Caller) -> None:
    assert history.search("restart service")[0] == "systemctl"


def test_the_exact_name_comes_first(app: Flask, searched: Caller) -> None:
    searched.create("service-monitor-monitor")
    assert history.search("service-monitor")[0] == "service-monitor"


def test_only_the_latest_of_what_is_not_deleted_is_found(app: Flask, caller: Caller) -> None:
    caller.create(description="Once about zebras")
    caller.update(description="About horses")
    caller.create("gone", description="Zebras too")
    caller.ok("DELETE", "/gone")
    assert (history.search("zebras"), history.search("horses")) == ((), ("grep",))


@pytest.mark.parametrize("words", ["x" * 5000, "a " * 500, "ﬀ ẞ ½ ²", "日本語", "\U0001f600", "a\tb\nc", "%_\\"])
def test_no_words_break_a_search(app: Flask, searched: Caller, words: str) -> None:
    assert isinstance(history.search(words), tuple)


def test_a_search_that_finds_nothing_names_what_is_near(searched: Caller) -> None:
    answer = searched.ok("GET", "/search?q=sytemctl")
    assert (answer["total"], answer["results"], answer["suggestions"][0]) == (0, [], "systemctl")


def test_a_search_answers_ranked_and_in_pages(searched: Caller) -> None:
    first = searched.ok("GET", "/search?q=serv&page_size=2")
    second = searched.ok("GET", "/search?q=serv&page_size=2&page=2")
    ranked = [tool["tool_name"] for answer in (first, second) for tool in answer["results"]]
    assert (ranked, first["total"], second["query"]) == (["service-monitor", "systemctl", "journalctl"], 3, "serv")


def test_a_list_is_searched_filtered_and_counted_together(searched: Caller) -> None:
    answer = searched.ok("GET", "?q=restart&platform=windows")
    assert [tool["tool_name"] for tool in answer["tools"]] == ["Restart-Computer"]
    assert {"value": "linux", "count": 1} in answer["facets"]["platform"]


def test_a_search_sees_a_change_at_once(searched: Caller) -> None:
    assert searched.ok("GET", "/search?q=zebra")["total"] == 0
    searched.patch("dig", description="A zebra")
    assert searched.ok("GET", "/search?q=zebra")["total"] == 1


def test_versions_are_compared_in_fields_and_words(searched: Caller) -> None:
    searched.create()
    searched.patch("grep", description="Other")
    answer = searched.ok("GET", "/grep/diff?from=1.0&to=1.1")
    (change,) = (change for change in answer["changes"] if change["path"] == "/description")
    assert (change["kind"], change["before"], change["after"]) == ("changed", "What grep does", "Other")
    assert "Other" in change["text"]
    assert (answer["from"], answer["to"]) == ("1.0", "1.1")


def test_a_version_compared_with_itself_shows_no_change(searched: Caller) -> None:
    assert searched.ok("GET", "/dig/diff?from=1.0&to=1.0")["changes"] == []


@pytest.mark.parametrize("query", ["?from=1.0&to=9", "?from=9&to=1.0"])
def test_an_unknown_version_cannot_be_compared(searched: Caller, query: str) -> None:
    assert searched.send("GET", f"/dig/diff{query}").status_code == 404


def test_versions_tell_why_they_were_made(searched: Caller) -> None:
    searched.ok("POST", "?reason=first", json=definition())
    searched.ok("PUT", "/grep", json={"description": "x"})
    searched.ok("PATCH", "/grep/disable?reason=broken")
    assert [version["reason"] for version in searched.ok("GET", "/grep/versions")["versions"]] == [None, "first"]


def rows() -> list[str]:
    """The name of every row, deleted ones too."""
    return list(db.session.scalars(select(Tool.tool_name).order_by(Tool.tool_name)))


def test_purging_removes_what_was_deleted_and_keeps_its_audit_entries(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.create("find")
    caller.ok("DELETE", "/grep")
    assert history.purge(timedelta(0)) == [("grep", "1.0")]
    assert rows() == ["find"]
    entries = select(func.count()).where(AuditEntry.tool_name == "grep")
    assert db.session.scalar(entries) == 2


def test_purging_leaves_what_was_deleted_lately(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.ok("DELETE", "/grep")
    assert history.purge(timedelta(days=1)) == []
    assert rows() == ["grep"]


def test_purging_leaves_what_telemetry_refers_to(app: Flask, caller: Caller) -> None:
    tool = caller.create()
    caller.ok("DELETE", "/grep")
    db.session.add(ToolTelemetry(tool_id=tool["id"], success=True))
    db.session.commit()
    assert history.purge(timedelta(0)) == []


def test_purging_a_parent_leaves_its_children(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update()
    caller.ok("DELETE", "/grep?version=1.0")
    history.purge(timedelta(0))
    (version,) = caller.ok("GET", "/grep/versions")["versions"]
    assert (version["version"], version["parent_version_id"]) == ("1.1", None)


def test_a_search_uses_the_index(app: Flask, searched: Caller) -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.scalars(
            text("EXPLAIN SELECT 1 FROM tool_catalog.tools WHERE search @@ to_tsquery('english', 'dns')")
        ).all()
    assert "ix_tools_search" in "\n".join(plan)
