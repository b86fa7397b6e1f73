"""YAML → database → YAML gives an equal document, for every form, and its lifecycle comes along."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.actor import command_actor
from app.catalog.exports import Selection, exported_files
from app.catalog.imports import OnConflict, Outcome, Report, import_tools
from app.catalog.sources import file_source, upload_source
from app.definitions.documents import read_yaml, write_yaml
from app.errors import NotFound
from tests.catalog.caller import Caller
from tests.conftest import SAMPLES
from tests.contents import contents
from tests.definition import PATTERN, definition

ME = command_actor("me")
REAL = sorted(
    path
    for path in [*SAMPLES.glob("profiles/**/*.yaml"), *SAMPLES.glob("other-formats/*.yaml")]
    if path.name != "tool_template.yaml"
)


def bring(text: str, **options: Any) -> Report:
    """Import one document of YAML."""
    return import_tools([upload_source("a.yaml", text.encode())], actor=ME, **options)


def exported_texts() -> dict[str, str]:
    """What an export writes: path → YAML."""
    return {file.path: write_yaml(file.document) for file in exported_files()}


@pytest.mark.skipif(not REAL, reason="the samples are not beside the project")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_file_leaves_as_it_came(app: Flask, path: Path) -> None:
    import_tools([file_source(path)], actor=ME)
    (text,) = exported_texts().values()
    assert read_yaml(text).data == read_yaml(path.read_bytes()).data


@pytest.mark.skipif(not REAL, reason="the samples are not beside the project")
def test_all_real_files_together_leave_nothing_behind(app: Flask) -> None:
    import_tools(map(file_source, REAL), actor=ME, on_conflict=OnConflict.NEW_VERSION)
    texts = exported_texts()
    again = import_tools(
        [upload_source(name, text.encode()) for name, text in texts.items()],
        actor=ME,
        on_conflict=OnConflict.NEW_VERSION,
    )
    assert {entry.outcome for entry in again.entries} == {Outcome.UNCHANGED}
    assert len(again.entries) >= len(REAL)


FORMS = {
    "map": write_yaml(definition("a")),
    "list": write_yaml(
        definition("a", capabilities=[{"capability_name": "x", "patterns": [{"pattern_name": "y", **PATTERN}]}])
    ),
    "nested": "tool:\n  name: a\n  platform: windows\n  capability: {name: x, description: X}\n",
    "flat": "name: a\nplatform: windows\nmetadata: {idempotent: false}\n",
    "other": "key: linux.a\nname: A\nshort_desc: Search\nplatform: [linux]\nmeta: {cmd: a}\n",
    "bundle map": 'version: "1.1"\ntools:\n  b: {description: B}\n  a: {description: A}\n',
    "bundle list": "tools:\n- tool_name: b\n- tool_name: a\n",
    "odd values": "tool_name: a\nnote: |\n  two\n  lines\nnumbers: [1, 1.0, -0.5]\nsaid: ['no', '010', '', ' x ']\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_leaves_as_it_came(app: Flask, form: str) -> None:
    bring(FORMS[form])
    (text,) = exported_texts().values()
    assert read_yaml(text).data == read_yaml(FORMS[form]).data
    assert list(read_yaml(text).data) == list(read_yaml(FORMS[form]).data)


def test_numbers_leave_as_the_kind_they_came(app: Flask) -> None:
    bring("tool_name: a\nnumbers: [1, 1.0]\n")
    (text,) = exported_texts().values()
    assert [type(number) for number in read_yaml(text).data["numbers"]] == [int, float]


def test_tools_that_came_in_one_document_leave_in_one_in_their_order(app: Flask) -> None:
    bring(FORMS["bundle map"])
    (file,) = exported_files()
    assert (file.document["version"], list(file.document["tools"])) == ("1.1", ["b", "a"])


def test_a_changed_tool_of_a_bundle_leaves_by_itself(app: Flask, caller: Caller) -> None:
    bring(FORMS["bundle map"])
    caller.update("a")
    files = {file.path: file.document for file in exported_files()}
    assert list(files["tools@1.yaml"]["tools"]) == ["b"]
    assert files["linux/a.yaml"] == definition("a", version="1.1")


@pytest.mark.parametrize("form", [form for form in FORMS if not form.startswith("bundle")])
def test_lifecycle_survives_the_way_into_an_empty_catalog(app: Flask, caller: Caller, form: str) -> None:
    bring(FORMS[form])
    (name,) = caller.names()
    caller.patch(name, enabled=False)
    if caller.read(name)["status"] != "draft":
        caller.patch(name, status="deprecated")
    before = caller.read(name)
    texts = exported_texts()
    caller.ok("DELETE", f"/{name}")
    for text in texts.values():
        bring(text)
    after = caller.read(name)
    kept = ("tool_name", "version", "status", "enabled", "description", "capabilities")
    assert {key: after.get(key) for key in kept} == {key: before.get(key) for key in kept}


def test_an_export_follows_lifecycle_only_where_the_author_said_otherwise(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.create("find", status="testing")
    documents = {file.name: file.document for file in exported_files()}
    assert (documents["grep"], documents["find"]) == (definition(), definition("find", status="testing"))
    caller.patch("find", status="active")
    caller.patch("grep", enabled=False)
    documents = {file.name: file.document for file in exported_files()}
    assert documents["grep"] == {**definition(), "enabled": False}
    assert documents["find"] == definition("find", status="active")


def test_a_draft_with_errors_comes_back_as_a_draft_without_being_told_so(app: Flask, caller: Caller) -> None:
    caller.ok("POST", "/import", json=[definition(capabilities={})])
    assert caller.read()["status"] == "draft"
    (file,) = exported_files()
    assert file.document == definition(capabilities={})


def test_a_draft_waiting_beside_the_latest_is_exported_too(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update(status="draft", description="Unfinished")
    assert sorted(exported_texts()) == ["linux/grep.yaml", "linux/grep@1.1.yaml"]


def test_only_the_latest_and_newer_drafts_are_exported(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update(status="draft")
    caller.update()
    assert list(exported_texts()) == ["linux/grep.yaml"]


def test_named_tools_are_exported_alone_in_any_case(app: Flask, noise: Caller) -> None:
    noise.create("Get-Content", platform="windows")
    assert [file.path for file in exported_files(Selection(["get-content"]))] == ["windows/Get-Content.yaml"]


def test_an_unknown_name_is_not_found(app: Flask, noise: Caller) -> None:
    with pytest.raises(NotFound, match="Did you mean find"):
        exported_files(Selection(["fnid"]))


def test_no_two_tools_are_written_to_one_file(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update(status="draft")
    caller.create("grep-1.1")
    bring(FORMS["bundle map"])
    caller.ok("POST", json={"tool_name": "tools-1", "status": "draft"})
    paths = [file.path.lower() for file in exported_files()]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("content_type", ["application/json", "application/yaml"])
def test_what_the_api_exports_can_be_imported(noise: Caller, content_type: str) -> None:
    noise.create()
    noise.ok("POST", "/import", data=FORMS["bundle map"], content_type="application/yaml")
    exported = noise.send("POST", "/export", json={"format": content_type.removeprefix("application/")})
    assert exported.mimetype == content_type
    report = noise.ok("POST", "/import?on_conflict=new_version", data=exported.data, content_type=content_type)
    assert {entry["outcome"] for entry in report["results"]} == {"unchanged"}
    assert report["total"] == 6


def test_what_the_api_exports_as_yaml_can_be_imported_from_a_file(app: Flask, noise: Caller) -> None:
    noise.ok("POST", "/import", data=FORMS["bundle map"], content_type="application/yaml")
    text = noise.send("POST", "/export", json={"format": "yaml"}).text
    before = contents()
    assert {entry.outcome for entry in bring(text).entries} == {Outcome.UNCHANGED}
    assert contents() == before


def test_one_exported_tool_is_a_document_of_its_own(noise: Caller) -> None:
    noise.create()
    answer = noise.send("POST", "/export", json={"names": ["grep"], "format": "yaml"})
    assert read_yaml(answer.text).data == definition()
