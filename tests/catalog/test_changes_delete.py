"""Deleting hides: what refers to a version keeps it, and its name is free again."""

from flask import Flask
from sqlalchemy import func, select

from app.catalog.models import AuditEntry, Tool
from app.extensions import db
from tests.catalog.caller import Caller


def test_a_deleted_tool_is_gone_with_all_its_versions(noise: Caller) -> None:
    noise.create()
    noise.update()
    assert noise.send("DELETE", "/grep").status_code == 204
    for path in ("/grep", "/grep/versions", "/grep?version=1.0"):
        assert noise.send("GET", path).status_code == 404
    assert noise.names() == ["find", "Get-Process", "half-done"]


def test_a_deleted_tool_is_hidden_not_destroyed(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.ok("DELETE", "/grep?reason=unused")
    assert db.session.scalar(select(func.count()).where(Tool.deleted_at.is_not(None))) == 1
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "deleted")).one()
    assert (entry.tool_name, entry.reason) == ("grep", "unused")


def test_deleting_one_version_leaves_the_others(noise: Caller) -> None:
    noise.create()
    noise.update()
    noise.ok("DELETE", "/grep?version=1.0")
    assert (noise.versions(), noise.latest()) == (["1.1"], ["1.1"])
    assert noise.versions("find") == ["1.1", "1.0"]


def test_deleting_the_latest_makes_the_newest_published_one_the_latest(noise: Caller) -> None:
    noise.create()
    noise.update()
    noise.update()
    noise.update(status="draft")
    noise.ok("DELETE", "/grep?version=1.2")
    assert noise.latest() == ["1.1"]


def test_deleting_the_latest_leaves_a_draft_the_latest_when_there_is_nothing_else(caller: Caller) -> None:
    caller.create()
    caller.update(status="draft")
    caller.ok("DELETE", "/grep?version=1.0")
    assert caller.latest() == ["1.1"]


def test_the_successor_of_a_deleted_version_is_switched_as_that_was(caller: Caller) -> None:
    caller.create()
    caller.update()
    caller.ok("PATCH", "/grep/disable")
    caller.ok("DELETE", "/grep?version=1.1")
    assert caller.read()["enabled"] is False


def test_deleting_the_only_version_deletes_the_tool(noise: Caller) -> None:
    noise.create()
    noise.ok("DELETE", "/grep?version=1.0")
    assert noise.send("GET", "/grep").status_code == 404


def test_a_deleted_version_does_not_come_back_by_promoting(caller: Caller) -> None:
    caller.create()
    caller.update()
    caller.ok("DELETE", "/grep?version=1.0")
    assert caller.send("POST", "/grep/versions/1.0/promote").status_code == 404


def test_a_version_left_empty_does_not_delete_the_whole_tool(caller: Caller) -> None:
    caller.create()
    assert caller.send("DELETE", "/grep?version=").status_code == 400
    assert caller.versions() == ["1.0"]


def test_what_was_deleted_is_deleted_once(caller: Caller) -> None:
    caller.create()
    caller.ok("DELETE", "/grep")
    assert caller.send("DELETE", "/grep").status_code == 404
