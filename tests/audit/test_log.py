"""The log in the database: chained by the database itself, and closed to every change."""

import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.actor import Actor, Role, command_actor
from app.audit import anchors, log
from app.audit.log import AuditQuery
from app.audit.service import verify_log
from app.catalog import changes
from app.config import Settings
from app.extensions import SCHEMA, db
from tests.audit.conftest import Tamper
from tests.catalog.caller import Caller
from tests.parallel import until

NOWHERE = Path("/nowhere/anchors")
ODD = ["naïve — “quoted” \\ \n\t💡", "a" * 200, "'; DROP TABLE x; --", "<b>&amp;</b>", "1e400", "\\u0041"]


def broken_at() -> int | None:
    """The number of the first broken entry, if any."""
    broken = verify_log(NOWHERE).broken
    return broken.number if broken else None


def test_every_change_lengthens_the_chain(history: Caller) -> None:
    verdict = verify_log(NOWHERE)
    assert (verdict.entries, verdict.broken) == (5, None)
    assert log.head() == (5, verdict.head)


@pytest.mark.parametrize("odd", ODD)
def test_whatever_people_write_is_hashed_alike_by_the_database_and_here(caller: Caller, odd: str) -> None:
    caller.create(description=odd, metadata={odd: [odd, 1.0, 1, 1e16, -0.0, None, True]})
    changes.set_enabled("grep", False, actor=Actor(odd[:200], "command", "2001:db8::ffff:1", odd, role=Role.ADMIN))
    assert verify_log(NOWHERE).broken is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "2001:0DB8:0:0::1", "::ffff:192.0.2.1"])
def test_addresses_of_every_form_are_hashed_alike(caller: Caller, address: str) -> None:
    caller.create()
    changes.set_enabled("grep", False, actor=Actor("ann", "command", address, role=Role.ADMIN))
    assert verify_log(NOWHERE).broken is None


def test_an_import_of_many_is_one_chain_in_the_order_of_revisions(caller: Caller) -> None:
    caller.ok("POST", "/import", json=[{"tool_name": f"tool-{number}", "status": "draft"} for number in range(60)])
    with log.links() as links:
        assert [link.revision for link in links] == list(range(1, 61))
    assert verify_log(NOWHERE).broken is None


def test_many_at_once_make_one_chain(caller: Caller, app: Flask) -> None:
    for number in range(8):
        caller.create(f"tool-{number}")

    def switch(number: int) -> None:
        with app.app_context():
            for turn in range(5):
                changes.set_enabled(f"tool-{number}", bool(turn % 2), actor=command_actor("ann"))

    threads = [threading.Thread(target=switch, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify_log(NOWHERE)
    assert verdict.broken is None
    assert verdict.entries > 8


FORBIDDEN = ["UPDATE LOG SET changed_by = 'eve' WHERE number = 2", "DELETE FROM LOG WHERE number = 5", "TRUNCATE LOG"]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_who_serves_has_no_right_to_change_or_remove_entries(history: Caller, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), db.engine.begin() as connection:
        connection.execute(text(statement.replace("LOG", f"{SCHEMA}.tool_audit_log")))
    assert broken_at() is None


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_even_the_owner_is_refused_to_change_or_remove_entries(history: Caller, statement: str) -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SET LOCAL ROLE NONE"))
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement.replace("LOG", f"{SCHEMA}.tool_audit_log")))
    assert broken_at() is None


def test_who_serves_cannot_change_what_tables_are_like(history: Caller) -> None:
    for statement in ("DROP TRIGGER audit_refuse ON LOG", "ALTER TABLE LOG DISABLE TRIGGER ALL", "DROP TABLE LOG"):
        with pytest.raises(DBAPIError, match="must be owner"), db.engine.begin() as connection:
            connection.execute(text(statement.replace("LOG", f"{SCHEMA}.tool_audit_log")))


def test_a_hash_that_is_sent_along_is_not_believed(history: Caller) -> None:
    row = "INSERT INTO LOG (tool_name, action, changed_by, source, number, hash, previous_hash) "
    with db.engine.begin() as connection:
        values = "VALUES ('x', 'created', 'eve', 'api', 77, repeat('a', 64), repeat('b', 64))"
        connection.execute(text((row + values).replace("LOG", f"{SCHEMA}.tool_audit_log")))
    assert (broken_at(), log.entries(AuditQuery(limit=1))[0].number) == (None, 6)


TAMPERED = {
    "a field": ("UPDATE LOG SET changed_by = 'eve' WHERE number = 2", 2),
    "the changes": ("UPDATE LOG SET changes = '[]' WHERE number = 2", 2),
    "the spelling of the changes": ("UPDATE LOG SET changes = (changes::text || ' ')::json WHERE number = 2", 2),
    "the time": ("UPDATE LOG SET changed_at = changed_at + interval '1 microsecond' WHERE number = 3", 3),
    "an entry removed": ("DELETE FROM LOG WHERE number = 3", 3),
    "the first removed": ("DELETE FROM LOG WHERE number = 1", 1),
    "the end cut off": ("DELETE FROM LOG WHERE number > 3", 4),
    "two in each other's place": (
        "UPDATE LOG AS one SET changed_by = 'ann', tool_name = other.tool_name, action = other.action, "
        "changes = other.changes, hash = other.hash FROM LOG AS other WHERE one.number = 2 AND other.number = 3",
        2,
    ),
    "an entry with a hash that fits": (
        f"UPDATE LOG SET changed_by = 'eve', hash = {SCHEMA}.audit_hash(ROW(id, tool_id, organisation, tool_name, "
        "version, action, changes, 'eve', changed_at, reason, ip_address, source, request_id, revision, number, "
        "previous_hash, hash, subject)::LOG) WHERE number = 2",
        3,
    ),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_found_where_it_was_done(history: Caller, tamper: Tamper, kind: str) -> None:
    statement, number = TAMPERED[kind]
    tamper(statement)
    assert broken_at() == number


def test_a_log_written_anew_is_found_beside_its_anchor(history: Caller, tamper: Tamper, tmp_path: Path) -> None:
    head = log.head()
    assert head is not None
    anchors.append(tmp_path / "anchors", *head)
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL ROLE NONE"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {SCHEMA}.tool_audit_log"))
        connection.execute(text(f"DELETE FROM {SCHEMA}.tool_audit_log"))
        connection.execute(text("SET LOCAL session_replication_role = origin"))
        columns = "tool_id, tool_name, version, action, changes, changed_by, changed_at, reason, source, revision"
        connection.execute(
            text(
                f"INSERT INTO {SCHEMA}.tool_audit_log ({columns}) SELECT "
                f"{columns.replace('changed_by', chr(39) + 'eve' + chr(39))} FROM kept ORDER BY number"
            )
        )
    assert broken_at() is None
    broken = verify_log(tmp_path / "anchors").broken
    assert broken is not None
    assert (broken.number, "rewritten" in broken.what) == (5, True)


def test_the_head_is_anchored_soon_after_a_change(history: Caller, settings: Settings, app: Flask) -> None:
    file = settings.data_dir / anchors.FILE
    file.unlink(missing_ok=True)
    history.names()
    history.create("sed")
    assert until(lambda: [anchor.number for anchor in anchors.read(file)][-1:] == [6])
    assert verify_log(file).broken is None
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()


def test_an_anchor_is_kept_once_and_in_order(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    assert [anchors.append(file, number, f"{number:064}") for number in (3, 3, 2, 5)] == [True, False, False, True]
    assert [anchor.number for anchor in anchors.read(file)] == [3, 5]


def test_a_damaged_anchor_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    anchors.append(file, 1, "0" * 64)
    with file.open("a") as damaged:
        damaged.write("{\n")
    with pytest.raises(ValueError, match="anchors:2: this is no anchor"):
        anchors.read(file)
