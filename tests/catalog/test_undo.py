"""Undo: every tool becomes what it was before, unless somebody changed it since."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import changes as accounts
from app.actor import Actor, Role, command_actor
from app.catalog import bulk
from app.catalog.bulk import Act, Done
from app.catalog.models import AuditEntry
from app.catalog.undo import MOST_REVISIONS, Undone, undo
from app.errors import BadRequest, Conflict, Forbidden, NotFound
from app.extensions import db
from tests.catalog.caller import Caller
from tests.contents import contents

ME = command_actor("me")
NAMES = ["grep", "sed", "awk"]


@pytest.fixture
def three(noise: Caller) -> Caller:
    """Three tools to change, each in another state, and others that are beside the point."""
    for name in NAMES:
        noise.create(name)
    noise.patch("sed", enabled=False)
    noise.patch("awk", status="testing")
    return noise


def state(caller: Caller, name: str) -> tuple[object, ...]:
    """What undo has to restore of a tool."""
    told = caller.read(name)
    return told["version"], told["status"], told["enabled"], told["metadata"]["tags"], caller.latest(name)


def taken_back(done: Done) -> Undone:
    """Undo an act."""
    assert done.first is not None
    assert done.last is not None
    return undo(done.first, done.last, actor=ME)


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.DELETE])
def test_every_act_but_delete_is_taken_back(three: Caller, act: Act) -> None:
    three.patch("sed", metadata={"tags": ["old"]})
    before = {name: state(three, name) for name in [*NAMES, "find"]}
    done = bulk.apply(NAMES, act, actor=ME, tags=["old"])
    assert done.tools
    undone = taken_back(done)
    assert (undone.tools, undone.left) == (done.tools, [])
    assert {name: state(three, name) for name in before} == before


def test_an_undo_is_a_change_of_its_own_with_its_reason_and_can_be_taken_back(three: Caller) -> None:
    done = bulk.apply(["grep"], Act.DISABLE, actor=ME)
    undone = taken_back(done)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.revision == undone.last)).one()
    assert (entry.action, entry.reason) == ("enabled", f"Undo of revision {done.first}")
    assert undone.first is not None
    assert undone.last is not None
    undo(undone.first, undone.last, actor=ME)
    assert three.read("grep")["enabled"] is False


def test_a_tool_that_was_changed_since_is_left_alone_and_told(three: Caller) -> None:
    done = bulk.apply(NAMES, Act.DEPRECATE, actor=ME)
    three.patch("sed", description="Somebody was here")
    changed = state(three, "sed")
    undone = taken_back(done)
    assert undone.tools == ["grep", "awk"]
    assert [(left.tool_name, "changed since, by admin" in left.detail) for left in undone.left] == [("sed", True)]
    assert state(three, "sed") == changed
    assert (three.read("grep")["status"], three.read("awk")["status"]) == ("active", "testing")


def test_when_all_were_changed_since_nothing_happens(three: Caller) -> None:
    done = bulk.apply(["grep", "awk"], Act.DISABLE, actor=ME)
    taken_back(done)
    before = contents()
    with pytest.raises(Conflict) as refusal:
        taken_back(done)
    assert [left["tool_name"] for left in refusal.value.members["left"]] == ["grep", "awk"]
    assert contents() == before


def test_a_single_change_of_any_face_can_be_taken_back(three: Caller) -> None:
    revision = three.ok("PATCH", "/grep/disable")["revision"]
    three.ok("POST", "/undo", json={"first": revision, "last": revision})
    assert three.read("grep")["enabled"] is True


def test_two_switches_at_once_are_taken_back_together(three: Caller) -> None:
    last = three.ok("PATCH", "/grep", json={"status": "deprecated", "enabled": False})["revision"]
    undo(last - 1, last, actor=ME)
    assert state(three, "grep")[1:3] == ("active", True)


def test_a_rollback_is_taken_back(three: Caller) -> None:
    three.update("grep", description="Second")
    before = state(three, "grep")
    revision = three.ok("POST", "/grep/versions/1.0/promote")["revision"]
    undo(revision, revision, actor=ME)
    assert state(three, "grep") == before


def test_an_update_that_also_switched_off_is_taken_back_whole(three: Caller) -> None:
    revision = three.update("grep", description="Second", enabled=False)["revision"]
    undo(revision, revision, actor=ME)
    assert state(three, "grep")[:3] == ("1.0", "active", True)


def test_tagging_a_draft_is_taken_back_without_publishing_it(three: Caller) -> None:
    before = state(three, "half-done")
    taken_back(bulk.apply(["half-done"], Act.TAG, actor=ME, tags=["later"]))
    assert state(three, "half-done") == before
    assert three.read("half-done")["status"] == "draft"


def _hand_over(caller: Caller) -> None:
    accounts.create_team("ops", actor=ME)
    caller.patch("grep", owner="ops")


def _publish(caller: Caller) -> None:
    caller.create("cut", status="draft")
    caller.patch("cut", status="active")


def _update_a_draft(caller: Caller) -> None:
    caller.create("cut", status="draft")
    caller.update("cut", status="active")


@pytest.mark.parametrize(
    "act",
    [
        lambda caller: caller.create("cut"),
        lambda caller: caller.ok("DELETE", "/grep"),
        _hand_over,
        _publish,
        _update_a_draft,
    ],
)
def test_what_cannot_be_taken_back_is_refused(three: Caller, act) -> None:  # type: ignore[no-untyped-def]
    act(three)
    last = three.client.get("/api/v1/snapshot").get_json()["revision"]
    before = contents()
    with pytest.raises((Conflict, NotFound)):
        undo(last, last, actor=ME)
    assert contents() == before


def test_only_who_may_change_a_tool_takes_back_what_was_done_to_it(app: Flask, three: Caller) -> None:
    revision = three.ok("PATCH", "/grep/disable")["revision"]
    for actor in (Actor("eve", "api"), Actor("ada", "api", role=Role.AUTHOR)):
        with pytest.raises(Forbidden):
            undo(revision, revision, actor=actor)
    assert three.read("grep")["enabled"] is False


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (-3, -1), (1, MOST_REVISIONS + 1)])
def test_revisions_are_some_and_in_order(three: Caller, first: int, last: int) -> None:
    with pytest.raises(BadRequest):
        undo(first, last, actor=ME)


def test_revisions_that_are_still_to_come_are_not_found(three: Caller) -> None:
    with pytest.raises(NotFound):
        undo(5000, 5001, actor=ME)
