"""A change is one transaction: it leaves a complete audit entry and a revision — or nothing."""

from dataclasses import asdict
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.actor import Actor, Role
from app.catalog.changes import promote, set_enabled, set_status
from app.catalog.models import AuditEntry, CatalogState, Tool
from app.catalog.transaction import change, transaction
from app.catalog.versions import versions_of
from app.extensions import db
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition

ME = Actor("ann", "command", "192.0.2.7", "to see", "r-1", Role.ADMIN)


def entries() -> list[AuditEntry]:
    """The audit log, oldest first."""
    found = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    db.session.rollback()
    return found


def revision() -> int | None:
    """The catalog's revision."""
    with db.engine.connect() as connection:
        return connection.scalar(select(CatalogState.revision))


def told(entry: AuditEntry) -> dict[str, tuple[Any, Any]]:
    """The field-level changes of an entry: path → before and after."""
    changes: Any = entry.changes
    return {change["path"]: (change["before"], change["after"]) for change in changes}


def test_an_entry_says_who_when_from_where_and_why(app: Flask, caller: Caller) -> None:
    tool = caller.create()
    set_enabled("grep", False, actor=ME)
    entry = entries()[-1]
    said = (entry.changed_by, entry.source, str(entry.ip_address), entry.reason, entry.request_id)
    assert said == ("ann", "command", "192.0.2.7", "to see", "r-1")
    assert (entry.tool_id, entry.tool_name, entry.version) == (tool["id"], "grep", "1.0")
    assert (entry.action, entry.revision) == ("disabled", 2)
    assert entry.changed_at.isoformat() == caller.read()["updated_at"]


def test_a_new_tool_is_told_whole_and_in_a_few_words(app: Flask, caller: Caller) -> None:
    caller.create(enabled=False)
    (entry,) = entries()
    (change,) = entry.changes
    assert isinstance(change, dict)
    assert change["after"] == {**definition(), "status": "active", "enabled": False, "owner": "admin"}
    assert change["text"] == "version: added “1.0”"


def test_lifecycle_that_a_new_version_changes_is_told(app: Flask, caller: Caller) -> None:
    caller.create(status="testing")
    caller.patch("grep", description="Other", status="deprecated", enabled=False)
    assert told(entries()[-1]) == {
        "/version": ("1.0", "1.1"),
        "/description": ("What grep does", "Other"),
        "/status": ("testing", "deprecated"),
        "/enabled": (True, False),
    }


def test_whatever_moves_the_latest_is_told(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update(status="draft")
    caller.patch("grep", description="Other")
    caller.ok("DELETE", "/grep?version=1.2")
    assert told(entries()[-1])["/latest"] == ("1.2", "1.0")
    set_status("grep", "active", version="1.1", actor=ME)
    assert told(entries()[-1]) == {"/status": ("draft", "active"), "/latest": ("1.0", "1.1")}


def test_a_request_is_audited_with_its_address_reason_and_id(app: Flask, caller: Caller) -> None:
    caller.ok("POST", "?reason=new+server", json=definition(), headers={"X-Request-ID": "deploy-7"})
    (entry,) = entries()
    said = (entry.changed_by, entry.source, str(entry.ip_address), entry.reason, entry.request_id)
    assert said == ("admin", "api", "127.0.0.1", "new server", "deploy-7")


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "changes"),
    [
        ("PATCH", "/grep", {"description": "Other"}, "updated", {"/description": ("What grep does", "Other")}),
        ("PATCH", "/grep/disable", None, "disabled", {"/enabled": (True, False)}),
        ("PATCH", "/grep", {"status": "testing"}, "status_changed", {"/status": ("active", "testing")}),
        ("POST", "/grep/versions/1.0/promote", None, "promoted", {"/latest": ("1.1", "1.0")}),
        ("DELETE", "/grep?version=1.0", None, "deleted", {"/versions/1.0": ("1.0", None)}),
        ("DELETE", "/grep", None, "deleted", {"/versions/1.0": ("1.0", None), "/versions/1.1": ("1.1", None)}),
    ],
)
def test_an_entry_tells_each_field_before_and_after(
    app: Flask, noise: Caller, *, method: str, path: str, body: object, action: str, changes: dict[str, Any]
) -> None:
    noise.create()
    noise.update()
    noise.ok(method, path, json=body)
    entry = entries()[-1]
    assert entry.action == action
    assert {**told(entry), **changes} == told(entry)
    assert told(entry).keys() <= changes.keys() | {"/version"}


def test_a_change_deep_in_a_pattern_is_told_with_its_path(app: Flask, caller: Caller) -> None:
    caller.create()
    changed = {"text_search": {"patterns": {"search_files": {"policy": {"max_cost": 9}}}}}
    caller.patch("grep", capabilities=changed)
    path = "/capabilities/text_search/patterns/search_files/policy/max_cost"
    assert told(entries()[-1])[path] == (5, 9)


def test_every_change_has_the_next_revision(app: Flask, noise: Caller) -> None:
    noise.create()
    noise.patch("grep", enabled=False, status="deprecated")
    noise.ok("DELETE", "/grep")
    revisions = [entry.revision for entry in entries()]
    assert revisions == list(range(1, len(revisions) + 1))
    assert revision() == revisions[-1]


def test_a_tool_bears_the_revision_of_its_last_change(caller: Caller) -> None:
    caller.create("find")
    assert (caller.create()["revision"], caller.ok("PATCH", "/grep/disable")["revision"]) == (2, 3)
    assert caller.read("find")["revision"] == 1


def test_the_version_that_stops_being_the_latest_bears_the_revision_too(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update()
    assert {tool.revision for tool in versions_of("grep")} == {2}


def test_a_change_that_fails_at_the_end_leaves_nothing(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update()
    before = contents()

    def fails_after_promoting() -> None:
        with transaction():
            promote("grep", "1.0", actor=ME)
            db.session.execute(text("SELECT 1 / 0"))

    with pytest.raises(Exception, match="division by zero"):
        fails_after_promoting()
    assert contents() == before


def test_a_change_that_records_nothing_has_no_revision(app: Flask, caller: Caller) -> None:
    caller.create()
    with change(ME, "grep") as recorder:
        assert asdict(recorder.actor) == asdict(ME)
    assert revision() == 1


def test_changes_inside_one_transaction_are_committed_together(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.create("find")
    with transaction():
        set_enabled("grep", False, actor=ME)
        set_enabled("find", False, actor=ME)
        assert revision() == 2
    assert revision() == 4


def test_a_change_is_announced_with_its_revision(app: Flask, caller: Caller) -> None:
    with db.engine.connect() as connection:
        connection.execute(text("LISTEN tool_catalog"))
        connection.commit()
        caller.create()
        driver = connection.connection.driver_connection
        assert driver is not None
        heard = [notice.payload for notice in driver.notifies(timeout=10, stop_after=1)]
        connection.execute(text("UNLISTEN *"))
        connection.commit()
    assert heard == ["1"]


def test_a_session_works_on_after_a_refused_change(app: Flask, caller: Caller) -> None:
    caller.create()
    with pytest.raises(ValueError, match="on purpose"), transaction():
        raise ValueError("on purpose")
    set_enabled("grep", False, actor=ME)
    assert db.session.scalar(select(Tool.enabled)) is False
