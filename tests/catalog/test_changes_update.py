"""Updating a tool: every change of a definition is a new version, and no version ever changes."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.catalog.models import Tool
from app.extensions import db
from tests.catalog.caller import Caller
from tests.definition import definition


def test_a_whole_definition_is_the_next_version_and_the_latest(noise: Caller) -> None:
    noise.create()
    assert noise.update(description="Other")["version"] == "1.1"
    assert (noise.latest(), noise.versions()) == (["1.1"], ["1.1", "1.0"])


def test_a_body_without_capabilities_is_merged(noise: Caller) -> None:
    noise.create()
    noise.ok("PUT", "/grep", json={"description": "Updated"})
    tool = noise.read()
    assert (tool["description"], tool["version"]) == ("Updated", "1.1")
    assert tool["capabilities"] == definition()["capabilities"]


def test_a_merge_replaces_removes_and_descends_as_rfc_7396_says(caller: Caller) -> None:
    caller.create(metadata={"tags": ["text", "search"], "author": "me", "links": {"a": 1, "b": 2}})
    caller.patch("grep", metadata={"tags": ["one"], "author": None, "links": {"b": 3}}, execution_location="host")
    tool = caller.read()
    assert tool["metadata"] == {"tags": ["one"], "links": {"a": 1, "b": 3}}
    assert tool["execution_location"] == "host"


def test_a_merge_reaches_into_one_pattern(caller: Caller) -> None:
    caller.create()
    pattern = {"time_estimate_ms": "300 + N"}
    caller.patch("grep", capabilities={"text_search": {"patterns": {"search_files": pattern}}})
    stored = caller.read()["capabilities"]["text_search"]["patterns"]["search_files"]
    assert (stored["time_estimate_ms"], stored["cost_estimate"]) == ("300 + N", 1)


def test_a_whole_definition_drops_what_it_does_not_say(caller: Caller) -> None:
    caller.create(execution_location="host")
    caller.update()
    assert "execution_location" not in caller.read()


@pytest.mark.parametrize(
    ("number", "following"),
    [("1.9", "1.10"), ("2.3.0", "2.3.1"), ("beta", "beta.1"), ("v9", "v10"), ("1.0-rc.9", "1.0-rc.10"), ("7", "8")],
)
def test_the_next_version_is_one_up_in_its_last_number(caller: Caller, number: str, following: str) -> None:
    caller.create(version=number)
    assert caller.update()["version"] == following


def test_a_body_that_names_the_latest_version_gets_the_next(noise: Caller) -> None:
    noise.create()
    assert noise.update(version="1.0")["version"] == "1.1"


def test_a_body_that_names_a_new_version_gets_it(noise: Caller) -> None:
    noise.create()
    assert noise.update(version="3.0")["version"] == "3.0"
    assert noise.update()["version"] == "3.1"


def test_a_body_that_names_an_older_version_is_a_conflict(noise: Caller) -> None:
    noise.create()
    noise.update()
    assert noise.send("PUT", "/grep", json=definition(version="1.0")).status_code == 409
    assert noise.versions() == ["1.1", "1.0"]


def test_after_going_back_the_next_version_does_not_reuse_a_number(caller: Caller) -> None:
    caller.create()
    caller.update()
    caller.ok("POST", "/grep/versions/1.0/promote")
    assert caller.update()["version"] == "1.2"


def test_the_number_of_a_deleted_version_is_not_given_again(caller: Caller) -> None:
    caller.create()
    caller.update()
    caller.ok("DELETE", "/grep?version=1.1")
    assert caller.update()["version"] == "1.2"


def test_a_number_that_would_be_too_long_asks_for_a_name(caller: Caller) -> None:
    caller.create(version="9" * 20)
    answer = caller.send("PUT", "/grep", json={"description": "x"})
    assert answer.status_code == 409
    assert "name one" in answer.json["detail"]  # type: ignore[index]


def test_a_version_never_changes(app: Flask, caller: Caller) -> None:
    caller.create()
    read = select(Tool.document, Tool.content_hash, Tool.created_at, Tool.created_by).where(Tool.version == "1.0")
    before = db.session.execute(read).one()
    db.session.rollback()
    caller.update(description="Other")
    caller.patch("grep", metadata={"tags": []})
    caller.ok("POST", "/grep/versions/1.0/promote")
    assert db.session.execute(read).one() == before


def test_a_new_version_knows_its_parent(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update()
    newest, oldest = caller.ok("GET", "/grep/versions")["versions"]
    assert (newest["parent_version_id"], oldest["parent_version_id"]) == (oldest["id"], None)


def test_a_draft_waits_beside_the_latest(noise: Caller) -> None:
    noise.create()
    noise.update(status="draft", capabilities={"text_search": {}})
    assert (noise.versions(), noise.latest()) == (["1.1", "1.0"], ["1.0"])
    assert noise.read()["version"] == "1.0"


def test_a_merge_starts_from_the_latest_not_from_a_draft(caller: Caller) -> None:
    caller.create()
    caller.update(status="draft", description="Unfinished")
    tool = caller.patch("grep", metadata={"tags": ["new"]})
    assert (tool["version"], tool["description"]) == ("1.2", "What grep does")


def test_a_published_version_takes_over_from_a_draft(caller: Caller) -> None:
    caller.create(status="draft", capabilities={})
    assert caller.update()["is_latest"] is True
    assert caller.latest() == ["1.1"]


def test_a_definition_with_errors_never_becomes_active(noise: Caller) -> None:
    noise.create()
    assert noise.send("PUT", "/grep", json=definition(platform="linuks")).status_code == 422
    assert noise.send("PATCH", "/grep", json={"platform": "linuks"}).status_code == 422
    assert noise.versions() == ["1.0"]


def test_a_tool_cannot_be_renamed(noise: Caller) -> None:
    noise.create()
    answers = [
        noise.send("PUT", "/grep", json=definition("egrep")),
        noise.send("PATCH", "/grep", json={"tool_name": "egrep"}),
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("renamed" in [f["code"] for f in answer.json["findings"]] for answer in answers)  # type: ignore[index]


def test_a_name_in_other_case_is_no_renaming_and_changes_nothing(caller: Caller) -> None:
    caller.create("Grep")
    caller.ok("PUT", "/grep", json=definition("GREP"))
    assert caller.read()["tool_name"] == "Grep"


def test_a_tool_read_and_sent_back_is_stored_without_what_the_server_said(caller: Caller) -> None:
    caller.create()
    caller.ok("PUT", "/grep", json=caller.read())
    (stored,) = caller.ok("POST", "/export", json={"names": ["grep"]})["tools"]
    said = {"id", "is_latest", "revision", "created_at", "updated_at", "created_by", "updated_by"}
    assert stored.keys().isdisjoint(said)
    assert {**stored, **definition(version="1.1")} == stored


def test_a_tool_read_and_merged_back_is_stored_without_what_the_server_said(caller: Caller) -> None:
    caller.create()
    caller.patch("grep", **caller.read())
    (stored,) = caller.ok("POST", "/export", json={"names": ["grep"]})["tools"]
    assert stored.keys().isdisjoint({"id", "is_latest", "revision", "created_at", "updated_by"})


def test_a_new_version_of_a_disabled_tool_stays_disabled(caller: Caller) -> None:
    caller.create()
    caller.ok("PATCH", "/grep/disable")
    assert caller.update()["enabled"] is False
    assert caller.patch("grep", description="Other")["enabled"] is False


def test_an_unknown_tool_is_not_found_and_the_nearest_name_told(noise: Caller) -> None:
    answer = noise.send("PUT", "/fnid", json={"description": "x"})
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["suggestions"] == ["find"]


def test_the_answer_to_a_change_is_what_the_next_read_gives(caller: Caller) -> None:
    caller.create()
    changed = caller.send("PUT", "/grep", json={"description": "Updated"})
    read = caller.send("GET", "/grep")
    assert (changed.data, changed.headers["ETag"]) == (read.data, read.headers["ETag"])


def test_a_whole_definition_need_not_name_the_tool_its_address_names(caller: Caller) -> None:
    caller.create()
    whole = definition()
    del whole["tool_name"]
    assert caller.ok("PUT", "/grep", json=whole)["version"] == "1.1"


def test_a_nested_definition_is_a_whole_one(caller: Caller) -> None:
    caller.create()
    nested = {"tool": {"name": "grep", "capability": {"name": "other"}, "pattern": {"name": "one"}}}
    answer = caller.send("PUT", "/grep", json={**nested, "status": "draft"})
    assert answer.status_code == 200, answer.text
    assert list(answer.get_json()["capabilities"]) == ["other"]


def test_a_patch_that_changes_nothing_makes_no_version(caller: Caller) -> None:
    caller.create()
    caller.patch("grep")
    caller.patch("grep", description=caller.read()["description"])
    assert caller.versions() == ["1.0"]


def test_a_new_version_of_a_deprecated_tool_stays_deprecated(caller: Caller) -> None:
    caller.create()
    caller.patch("grep", status="deprecated")
    caller.update(description="Newer")
    assert caller.read()["status"] == "deprecated"


def test_what_was_read_and_sent_back_is_stored_without_what_the_server_said(caller: Caller) -> None:
    created = caller.create()
    caller.ok("PUT", "/grep", json={**caller.read(), "description": "Changed"})
    exported = caller.ok("POST", "/export", json={"names": ["grep"]})["tools"][0]
    assert exported.keys() == definition().keys()
    assert created["version"] == "1.0"
