"""Lifecycle: enabling, disabling, status and promoting change no definition and make no version."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actor import command_actor
from app.catalog import changes
from app.catalog.models import AuditEntry
from app.errors import BadRequest, InvalidDefinition
from app.extensions import db
from tests.catalog.caller import Caller

ME = command_actor("me")


def actions() -> list[str]:
    """What the audit log holds, oldest first."""
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.revision)))


def test_disabling_answers_with_the_tool_and_makes_no_version(noise: Caller) -> None:
    noise.create()
    assert noise.ok("PATCH", "/grep/disable")["enabled"] is False
    assert (noise.read()["enabled"], noise.versions()) == (False, ["1.0"])
    assert noise.read("find")["enabled"] is True


def test_enabling_offers_the_tool_again(caller: Caller) -> None:
    caller.create()
    caller.ok("PATCH", "/grep/disable")
    assert caller.ok("PATCH", "/grep/enable")["enabled"] is True


def test_saying_what_is_so_already_changes_nothing(app: Flask, caller: Caller) -> None:
    caller.create()
    before = caller.read()
    assert caller.ok("PATCH", "/grep/enable") == before
    caller.patch("grep", status="active", enabled=True)
    assert (caller.read(), actions()) == (before, ["created"])


def test_each_switch_is_audited_with_its_reason(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.ok("PATCH", "/grep/disable", json={"reason": "broken on NFS"})
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "disabled")).one()
    (change,) = entry.changes
    assert (entry.reason, change["before"], change["after"]) == ("broken on NFS", True, False)  # type: ignore[index]


@pytest.mark.parametrize(
    "body", [{"enabled": False}, {"status": "deprecated"}, {"enabled": False, "status": "testing"}]
)
def test_a_patch_of_lifecycle_alone_makes_no_version(caller: Caller, body: dict[str, object]) -> None:
    caller.create()
    assert {**caller.ok("PATCH", "/grep", json=body), **body} == caller.read()
    assert caller.versions() == ["1.0"]


def test_two_switches_in_one_patch_are_two_entries(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.patch("grep", enabled=False, status="deprecated")
    assert actions() == ["created", "status_changed", "disabled"]


@pytest.mark.parametrize("body", [{"status": "bogus"}, {"status": None}, {"enabled": "no"}, {"enabled": None}])
def test_a_lifecycle_that_is_none_is_refused(caller: Caller, body: dict[str, object]) -> None:
    caller.create()
    assert caller.send("PATCH", "/grep", json=body).status_code == 400
    assert caller.read()["revision"] == 1


def test_publishing_the_only_draft_needs_only_its_status(noise: Caller) -> None:
    noise.create(status="draft")
    noise.patch("grep", status="active")
    assert (noise.read()["status"], noise.latest(), noise.versions()) == ("active", ["1.0"], ["1.0"])


def test_a_draft_with_errors_cannot_be_published(caller: Caller) -> None:
    caller.create(status="draft", capabilities={})
    answer = caller.send("PATCH", "/grep", json={"status": "active"})
    assert answer.status_code == 422
    assert caller.read()["status"] == "draft"


@pytest.mark.parametrize("status", ["deprecated", "disabled", "testing"])
def test_a_draft_with_errors_stays_a_draft_by_any_other_status(caller: Caller, status: str) -> None:
    caller.create(status="draft", capabilities={})
    assert caller.send("PATCH", "/grep", json={"status": status}).status_code == 422


def test_publishing_a_draft_makes_it_the_latest(noise: Caller) -> None:
    noise.create()
    noise.update(status="draft")
    changes.set_status("grep", "active", version="1.1", actor=ME)
    assert noise.latest() == ["1.1"]


def test_publishing_a_draft_older_than_the_latest_leaves_the_latest(caller: Caller) -> None:
    caller.create(status="draft")
    caller.update()
    changes.set_status("grep", "active", version="1.0", actor=ME)
    assert caller.latest() == ["1.1"]


def test_publishing_a_draft_does_not_switch_a_disabled_tool_on(caller: Caller) -> None:
    caller.create()
    caller.update(status="draft")
    caller.ok("PATCH", "/grep/disable")
    changes.set_status("grep", "active", version="1.1", actor=ME)
    assert (caller.latest(), caller.read()["enabled"]) == (["1.1"], False)


def test_a_draft_with_errors_cannot_be_published_beside_others(caller: Caller) -> None:
    caller.create()
    caller.update(status="draft", capabilities={"text_search": {}})
    with pytest.raises(InvalidDefinition):
        changes.set_status("grep", "active", version="1.1", actor=ME)
    assert caller.latest() == ["1.0"]


def test_a_status_outside_the_vocabulary_is_refused(caller: Caller) -> None:
    caller.create()
    with pytest.raises(BadRequest, match="known are active"):
        changes.set_status("grep", "retired", actor=ME)


def test_promote_leaves_exactly_one_latest(noise: Caller) -> None:
    noise.create()
    noise.update(description="Other")
    noise.ok("POST", "/grep/versions/1.0/promote", json={"reason": "slower on NFS"})
    assert noise.latest() == ["1.0"]
    assert noise.read()["description"] == "What grep does"
    assert noise.latest("find") == ["1.1"]


def test_promoting_the_latest_changes_nothing(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.ok("POST", "/grep/versions/1.0/promote")
    assert actions() == ["created"]


def test_promoting_a_draft_publishes_it(caller: Caller) -> None:
    caller.create()
    caller.update(status="draft")
    promoted = caller.ok("POST", "/grep/versions/1.1/promote")
    assert (promoted["version"], promoted["status"]) == ("1.1", "active")
    assert caller.latest() == ["1.1"]


def test_promoting_a_draft_with_errors_is_refused(caller: Caller) -> None:
    caller.create()
    caller.update(status="draft", capabilities={"text_search": {}})
    assert caller.send("POST", "/grep/versions/1.1/promote").status_code == 422
    assert caller.latest() == ["1.0"]


def test_a_published_version_does_not_become_a_draft_again(caller: Caller) -> None:
    caller.create()
    answer = caller.send("PATCH", "/grep", json={"status": "draft"})
    assert (answer.status_code, caller.read()["status"]) == (409, "active")


def test_promoting_does_not_switch_a_disabled_tool_on(caller: Caller) -> None:
    caller.create()
    caller.update()
    caller.ok("PATCH", "/grep/disable")
    assert caller.ok("POST", "/grep/versions/1.0/promote")["enabled"] is False


def test_an_unknown_version_is_not_found_and_the_known_ones_told(caller: Caller) -> None:
    caller.create()
    answer = caller.send("POST", "/grep/versions/7/promote")
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["known"] == ["1.0"]


def test_nothing_is_written_when_nothing_changes(app: Flask, caller: Caller) -> None:
    caller.create()
    for method, path in [("PATCH", "/grep/enable"), ("POST", "/grep/versions/1.0/promote")]:
        caller.ok(method, path)
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 1
