"""An export as one file: what is selected, in which format, and that all but the table can be imported again."""

import csv
import io
import zipfile
from typing import Any

import pytest
from flask import Flask

from app.actor import command_actor
from app.catalog.export_formats import COLUMNS, Format, export
from app.catalog.exports import Selection, exported_files
from app.catalog.imports import OnConflict, Outcome, Report, import_tools
from app.catalog.sources import file_sources, files_under, upload_sources
from app.extensions import db
from tests.catalog.caller import Caller
from tests.catalog.test_exports import FORMS, REAL
from tests.definition import definition

ME = command_actor("me")


def bring(name: str, content: bytes) -> Report:
    """Import a file."""
    return import_tools(upload_sources([(name, content)]), actor=ME, on_conflict=OnConflict.NEW_VERSION)


def rows(content: bytes) -> list[dict[str, str]]:
    """The lines of a table."""
    return list(csv.DictReader(io.StringIO(content.decode())))


def empty_catalog() -> None:
    """Take everything out of the catalog for good, so that names and numbers are free again."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM tool_catalog.tools")
    db.session.expire_all()


def told(caller: Caller) -> dict[str, Any]:
    """Every tool as its author and the catalog tell it, by name; owners whom no definition named are the importer's."""
    said = ("owner", "id", "revision", "created_at", "updated_at", "created_by", "updated_by")
    whole = {name: caller.read(name) for name in caller.names()}
    return {name: {key: value for key, value in tool.items() if key not in said} for name, tool in whole.items()}


def test_a_zip_holds_a_file_for_each_tool_in_a_folder_for_each_platform(app: Flask, noise: Caller) -> None:
    with zipfile.ZipFile(io.BytesIO(export(form=Format.ZIP).content)) as archive:
        assert archive.namelist() == ["linux/find.yaml", "windows/Get-Process.yaml", "linux/half-done.yaml"]
        assert archive.testzip() is None


def test_an_exported_zip_in_an_empty_catalog_makes_an_equal_one(app: Flask, noise: Caller) -> None:
    noise.create()
    noise.patch("grep", enabled=False)
    noise.patch("Get-Process", status="deprecated")
    before, archive = told(noise), export(form=Format.ZIP).content
    empty_catalog()
    assert {entry.outcome for entry in bring("all.zip", archive).entries} == {Outcome.CREATED}
    assert told(noise) == before
    assert export(form=Format.ZIP).content == archive


@pytest.mark.skipif(not REAL, reason="the samples are not beside the project")
def test_the_samples_exported_as_a_zip_make_an_equal_catalog(app: Flask, caller: Caller) -> None:
    import_tools(file_sources(files_under(REAL)), actor=ME, on_conflict=OnConflict.NEW_VERSION)
    documents, archive = {file.path: file.document for file in exported_files()}, export(form=Format.ZIP).content
    assert len(documents) > 10
    empty_catalog()
    bring("all.zip", archive)
    assert {file.path: file.document for file in exported_files()} == documents
    again = bring("all.zip", archive)
    assert {entry.outcome for entry in again.entries} == {Outcome.UNCHANGED}


@pytest.mark.parametrize("form", [Format.ZIP, Format.YAML, Format.JSON])
def test_what_is_exported_can_be_imported_and_changes_nothing(app: Flask, noise: Caller, form: Format) -> None:
    bring("a.yaml", FORMS["bundle map"].encode())
    file = export(form=form)
    report = bring(file.file_name, file.content)
    assert {entry.outcome for entry in report.entries} == {Outcome.UNCHANGED}
    assert len(report.entries) == 5


@pytest.mark.parametrize("form", [Format.ZIP, Format.YAML, Format.JSON])
def test_all_versions_in_an_empty_catalog_are_all_there_with_the_same_latest(
    app: Flask, caller: Caller, form: Format
) -> None:
    caller.create()
    caller.update(description="Second")
    caller.update(description="Third")
    caller.ok("POST", "/grep/versions/1.1/promote")
    caller.create("sed", version="7.0")
    file = export(Selection(all_versions=True), form)
    empty_catalog()
    bring(file.file_name, file.content)
    assert (sorted(caller.versions()), caller.latest(), caller.versions("sed")) == (
        ["1.0", "1.1", "1.2"],
        ["1.1"],
        ["7.0"],
    )
    assert caller.read()["description"] == "Second"


def test_all_versions_in_a_folder_are_named_in_the_order_to_import_them_in(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update(description="Second")
    caller.ok("POST", "/grep/versions/1.0/promote")
    paths = [file.path for file in exported_files(Selection(all_versions=True))]
    assert paths == sorted(paths) == ["linux/grep@001-1.1.yaml", "linux/grep@002-1.0.yaml"]


def test_versions_that_came_in_bundles_leave_each_by_itself(app: Flask, caller: Caller) -> None:
    bring("a.yaml", FORMS["bundle map"].encode())
    bring("a.yaml", FORMS["bundle map"].replace("B}", "Better}").encode())
    files = exported_files(Selection(["b"], all_versions=True))
    assert [(file.document["tool_name"], file.document["description"]) for file in files] == [
        ("b", "B"),
        ("b", "Better"),
    ]


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"find", "Get-Process", "half-done"}),
    ({"platform": "windows"}, {"Get-Process"}),
    ({"category": "process-management"}, {"Get-Process"}),
    ({"status": "draft"}, {"half-done"}),
    ({"tag": "process"}, {"Get-Process"}),
    ({"owner": "admin"}, {"find", "Get-Process", "half-done"}),
    ({"owner": "nobody"}, set()),
    ({"names": ["FIND", "get-process"], "platform": "linux"}, {"find"}),
    ({"tag": "text", "status": "active"}, {"find"}),
]


@pytest.mark.parametrize(("filters", "names"), FILTERS)
def test_filters_select_by_the_latest_version(
    app: Flask, noise: Caller, filters: dict[str, Any], names: set[str]
) -> None:
    assert {row["tool_name"] for row in rows(export(Selection(**filters), Format.CSV).content)} == names


def test_filters_that_leave_nothing_export_nothing_rather_than_all(app: Flask, noise: Caller) -> None:
    nothing = Selection(["find"], platform="windows")
    assert exported_files(nothing) == []
    assert rows(export(nothing, Format.CSV).content) == []


def test_a_table_has_a_line_for_each_tool(app: Flask, noise: Caller) -> None:
    lines = rows(export(form=Format.CSV).content)
    assert tuple(lines[0]) == COLUMNS
    found = lines[0]
    assert (found["tool_name"], found["version"], found["platform"], found["enabled"]) == (
        "find",
        "1.1",
        "linux",
        "True",
    )
    assert (found["tags"], found["capabilities"], found["patterns"]) == ("text", "text_search", "search_files")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil.invalid")'])
def test_no_cell_of_a_table_begins_like_a_formula(app: Flask, caller: Caller, text: str) -> None:
    capabilities = definition()["capabilities"]
    caller.create(description=text, metadata={"tags": [text]}, capabilities={text: capabilities["text_search"]})
    (line,) = rows(export(form=Format.CSV).content)
    assert [line[name] for name in ("description", "tags", "capabilities")] == [f"'{text}"] * 3


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("json", "application/json"), ("yaml", "application/yaml"), ("zip", "application/zip"), ("csv", "text/csv")],
)
def test_the_api_exports_in_every_format(noise: Caller, form: str, media_type: str) -> None:
    answer = noise.send("POST", "/export", json={"format": form, "platform": "windows", "all_versions": True})
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert answer.data


def test_the_api_takes_a_zip_as_body_and_as_upload(noise: Caller) -> None:
    archive = noise.send("POST", "/export", json={"format": "zip"}).data
    body = noise.ok("POST", "/import?dry_run=1", data=archive, content_type="application/zip")
    upload = noise.ok("POST", "/import?dry_run=1", data={"files": (io.BytesIO(archive), "a.zip")})
    assert body["unchanged"] == upload["unchanged"] == 3
    assert body["results"][0]["source"] == "body.zip/linux/find.yaml"


def test_the_api_says_what_is_wrong_with_a_zip(noise: Caller) -> None:
    report = noise.ok("POST", "/import", data=b"PK nothing", content_type="application/zip")
    (entry,) = report["results"]
    assert (entry["outcome"], entry["findings"][0]["code"]) == ("refused", "archive-broken")
