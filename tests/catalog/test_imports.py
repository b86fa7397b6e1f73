"""Importing many definitions: planned first, so that a dry run tells exactly what would happen."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from app.actor import command_actor
from app.catalog.imports import ImportBlocked, OnConflict, Outcome, Report, Source, import_tools
from app.catalog.sources import upload_source
from app.definitions.documents import document_of
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition

ME = command_actor("me")
Told = list[tuple[str, str | None, str | None, str | None]]


def bring(*definitions: Mapping[str, Any], on_conflict: str = "skip", dry_run: bool = False) -> Report:
    """Import definitions given as data."""
    sources = [Source(str(n), lambda one=one: document_of(dict(one))) for n, one in enumerate(definitions)]  # type: ignore[misc]
    return import_tools(sources, actor=ME, on_conflict=OnConflict(on_conflict), dry_run=dry_run)


def told(report: Report) -> Told:
    """What became of each definition: outcome, name, version, status."""
    return [(entry.outcome.value, entry.tool_name, entry.version, entry.status) for entry in report.entries]


def test_definitions_are_created_with_the_versions_they_name(app: Flask, noise: Caller) -> None:
    report = bring(definition(), definition("sed", version="2.7"))
    assert told(report) == [("created", "grep", "1.0", "active"), ("created", "sed", "2.7", "active")]
    assert (noise.read("sed")["version"], noise.versions()) == ("2.7", ["1.0"])


def test_what_is_there_already_is_left_alone(app: Flask, noise: Caller) -> None:
    noise.create()
    before = contents()
    for on_conflict in OnConflict:
        assert told(bring(definition(), on_conflict=on_conflict)) == [("unchanged", "grep", "1.0", "active")]
    assert contents() == before


def test_a_repeated_import_changes_nothing(app: Flask, noise: Caller) -> None:
    tools = [definition(), definition(version="1.1", description="Second"), definition("sed", status="draft")]
    bring(*tools, on_conflict="new_version")
    before = contents()
    report = bring(*tools, on_conflict="new_version")
    assert report.count(Outcome.UNCHANGED) == 3
    assert contents() == before


CHANGED = definition(description="Other")


@pytest.mark.parametrize(
    ("on_conflict", "outcome", "versions"),
    [
        ("skip", "skipped", ["1.0"]),
        ("new_version", "new_version", ["1.1", "1.0"]),
        ("rename", "new_version", ["1.1", "1.0"]),
    ],
)
def test_a_name_with_other_content_is_treated_as_asked(
    app: Flask, noise: Caller, on_conflict: str, outcome: str, versions: list[str]
) -> None:
    noise.create()
    report = bring(CHANGED, definition("sed"), on_conflict=on_conflict)
    assert [entry.outcome.value for entry in report.entries] == [outcome, "created"]
    assert (noise.versions(), noise.versions("sed")) == (versions, ["1.0"])


def test_fail_stores_nothing_at_all_and_tells_why(app: Flask, noise: Caller) -> None:
    noise.create()
    before = contents()
    with pytest.raises(ImportBlocked) as blocked:
        bring(definition("sed"), CHANGED, on_conflict="fail")
    assert [entry.outcome.value for entry in blocked.value.report.entries] == ["created", "conflict"]
    assert contents() == before


def test_fail_stores_everything_when_nothing_is_there(app: Flask, noise: Caller) -> None:
    assert bring(definition("sed"), definition(), on_conflict="fail").count(Outcome.CREATED) == 2


def test_several_versions_of_one_tool_come_together(app: Flask, caller: Caller) -> None:
    report = bring(definition(), definition(version="1.1", description="Second"), definition("sed"))
    assert [entry.outcome.value for entry in report.entries] == ["created", "new_version", "created"]
    assert (caller.versions(), caller.latest()) == (["1.1", "1.0"], ["1.1"])


def test_of_several_versions_a_complete_one_is_the_latest(app: Flask, caller: Caller) -> None:
    draft = definition(version="0.9", capabilities={})
    report = bring(draft, definition(), definition(version="2.0", capabilities={}))
    assert [entry.status for entry in report.entries] == ["draft", "active", "draft"]
    assert caller.latest() == ["1.0"]


def test_a_definition_with_errors_becomes_a_draft_with_findings(app: Flask, caller: Caller) -> None:
    (entry,) = bring(definition(capabilities={}, status="active")).entries
    assert (entry.outcome, entry.status) == (Outcome.CREATED, "draft")
    assert "/capabilities" in [finding["path"] for finding in entry.as_json()["findings"]]
    assert caller.read()["status"] == "draft"


@pytest.mark.parametrize("name", [None, "two words", "search", 7])
def test_a_definition_without_a_usable_name_is_refused(app: Flask, caller: Caller, name: object) -> None:
    report = bring({**definition(), "tool_name": name}, definition("sed"))
    assert [entry.outcome.value for entry in report.entries] == ["refused", "created"]
    assert (caller.names(), report.entries[0].findings != []) == (["sed"], True)


def test_a_document_that_cannot_be_read_is_refused_and_the_others_stored(app: Flask, caller: Caller) -> None:
    broken = upload_source("broken.yaml", b"a: 1\nb: *nothing\n")
    good = upload_source("good.yaml", b"tool_name: sed\n")
    report = import_tools([broken, good], actor=ME, on_conflict=OnConflict.SKIP)
    assert [entry.outcome.value for entry in report.entries] == ["refused", "created"]
    assert (report.entries[0].findings[0].line, report.entries[0].findings[0].column) == (2, 4)


def test_the_same_name_on_another_platform_is_a_conflict_of_its_own(app: Flask, noise: Caller) -> None:
    noise.create("netstat")
    for on_conflict in ("skip", "new_version"):
        (entry,) = bring(definition("netstat", platform="windows"), on_conflict=on_conflict).entries
        assert entry.outcome is Outcome.CONFLICT
        assert "netstat-windows" in (entry.detail or "")
    assert noise.versions("netstat") == ["1.0"]


def test_the_same_name_on_another_platform_can_be_renamed(app: Flask, noise: Caller) -> None:
    noise.create("netstat")
    windows = definition("netstat", platform="windows")
    assert told(bring(windows, on_conflict="rename")) == [("created", "netstat-windows", "1.0", "active")]
    assert noise.read("netstat-windows")["platform"] == "windows"
    assert told(bring(windows, on_conflict="rename")) == [("unchanged", "netstat-windows", "1.0", "active")]


def test_two_platforms_in_one_import_are_told_apart(app: Flask, caller: Caller) -> None:
    both = [definition("netstat"), definition("NETSTAT", platform="windows")]
    assert [entry.outcome.value for entry in bring(*both).entries] == ["created", "conflict"]
    assert bring(*both, on_conflict="rename").entries[1].tool_name == "NETSTAT-windows"


def test_a_new_version_of_a_disabled_tool_stays_disabled(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.ok("PATCH", "/grep/disable")
    bring(CHANGED, on_conflict="new_version")
    assert (caller.read()["version"], caller.read()["enabled"]) == ("1.1", False)


def test_a_deleted_tool_is_created_again(app: Flask, noise: Caller) -> None:
    assert told(bring(definition("gone"))) == [("created", "gone", "1.0", "active")]


@pytest.mark.parametrize("on_conflict", list(OnConflict))
def test_a_dry_run_tells_entry_by_entry_what_the_real_run_does(
    app: Flask, noise: Caller, on_conflict: OnConflict
) -> None:
    noise.create()
    noise.create("netstat")
    tools = [
        *[definition(), CHANGED, definition(version="1.7", description="Third"), definition(version="1.7")],
        *[definition("netstat", platform="windows"), definition("sed"), definition("sed", version="1.1")],
        *[definition("awk", capabilities={}), definition("search"), definition("gone"), {"a": 1}],
    ]
    before = contents()
    planned = bring(*tools, on_conflict=on_conflict, dry_run=True)
    assert contents() == before
    try:
        done = bring(*tools, on_conflict=on_conflict)
    except ImportBlocked as blocked:
        done = blocked.report
        assert planned.is_blocked
        assert contents() == before
    assert [entry.as_json() for entry in planned.entries] == [entry.as_json() for entry in done.entries]
    for entry in done.entries:
        stored = entry.outcome in {Outcome.CREATED, Outcome.NEW_VERSION} and not done.is_blocked
        if stored:
            version = noise.ok("GET", f"/{entry.tool_name}/versions/{entry.version}")
            assert version["status"] == entry.status


def test_a_report_counts_what_it_tells(app: Flask, noise: Caller) -> None:
    noise.create()
    report = bring(CHANGED, definition("sed"), definition("awk", capabilities={}), {"a": 1}).as_json()
    counts = [report[key] for key in ("total", "created", "skipped", "refused", "drafts", "conflict")]
    assert counts == [4, 2, 1, 1, 1, 0]
    assert len(report["results"]) == 4


def test_a_misspelt_option_imports_nothing(caller: Caller) -> None:
    answer = caller.send("POST", "/import", json={"tools": [definition()], "dryrun": True})
    assert answer.status_code == 400
    assert "dry_run" in answer.get_json()["detail"]
    assert caller.send("GET", "/grep").status_code == 404
