"""Real files, and hostile ones, imported all together."""

from pathlib import Path

import pytest
from flask import Flask

from app.actor import command_actor
from app.catalog.imports import OnConflict, Outcome, Report, import_tools
from app.catalog.sources import file_source, files_under
from tests.catalog.caller import Caller

ME = command_actor("me")


@pytest.fixture
def imported(app: Flask, samples: Path) -> Report:
    """All samples, imported into an empty catalog."""
    return import_tools(map(file_source, files_under([samples])), actor=ME, on_conflict=OnConflict.SKIP)


def test_every_real_profile_is_stored(imported: Report, samples: Path) -> None:
    profiles = [entry for entry in imported.entries if "/profiles/" in entry.source]
    lost = {Path(entry.source).name for entry in profiles if entry.outcome not in {"created", "new_version"}}
    assert lost == {"tool_template.yaml"}
    files = {path for path in samples.glob("profiles/**/*.yaml") if path.name != "tool_template.yaml"}
    assert {entry.source for entry in profiles} >= set(map(str, files))


def test_documents_of_other_formats_are_kept_as_drafts(imported: Report) -> None:
    others = [entry for entry in imported.entries if "/other-formats/" in entry.source]
    assert len(others) == 2
    assert {(entry.outcome.value, entry.status) for entry in others} == {("created", "draft")}


def test_a_template_is_skipped_and_named_one(imported: Report) -> None:
    (template,) = (entry for entry in imported.entries if "template" in entry.source)
    assert (template.outcome, template.detail) == (Outcome.SKIPPED, "This is a template, not a tool.")


def test_hostile_documents_are_refused_with_line_and_column(imported: Report) -> None:
    refused = [entry for entry in imported.entries if entry.outcome is Outcome.REFUSED]
    assert all("/hostile/" in entry.source for entry in refused)
    assert len(refused) > 30
    assert all(finding.line and finding.column for entry in refused for finding in entry.findings)


def test_the_complete_grep_is_the_latest_whatever_else_has_its_name(imported: Report, caller: Caller) -> None:
    grep = caller.read()
    assert (grep["version"], grep["status"], grep["is_latest"]) == ("1.0", "active", True)
    assert all(capability["patterns"] for capability in grep["capabilities"].values())


def test_real_files_imported_again_are_all_unchanged(imported: Report, samples: Path) -> None:
    sources = map(file_source, files_under([samples / "profiles", samples / "other-formats"]))
    again = import_tools(sources, actor=ME, on_conflict=OnConflict.NEW_VERSION)
    assert {entry.outcome.value for entry in again.entries} == {"unchanged", "skipped"}
    assert again.count(Outcome.SKIPPED) == 1
