"""This process's snapshot: it takes over every change, whoever makes it, and reads go on without a database."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import text, update

from app.actor import Actor, Role, command_actor
from app.catalog import changes, history
from app.catalog.live import API_UPDATE, STARTUP, Database, Refresh, live, load
from app.catalog.live import of as live_of
from app.catalog.models import CatalogState
from app.catalog.snapshot import Snapshot
from app.catalog.transaction import transaction
from app.definitions.documents import document_of
from app.errors import CatalogError
from app.extensions import db
from tests.catalog.caller import Caller
from tests.definition import definition
from tests.owner import owning
from tests.parallel import at_once, until
from tests.reload import behind
from tests.reload.cut import NOWHERE, Cut

ME = command_actor("me")


def loaded(known: Snapshot | None = None, also: tuple[str, ...] = ()) -> Snapshot:
    """The catalog as it is in the database; given a known snapshot, by what changed since."""
    with db.engine.connect() as connection:
        return load(cast("Database", connection.connection.driver_connection), known, also)


def shown(snapshot: Snapshot) -> list[bytes]:
    """Everything readers see of a snapshot."""
    return [part for tool in snapshot for part in (tool.json, tool.summary)]


def test_a_first_load_holds_the_latest_of_every_tool(app: Flask, noise: Caller) -> None:
    snapshot = loaded()
    assert [(tool.name, tool.version) for tool in snapshot] == [
        ("find", "1.1"),
        ("Get-Process", "1.0"),
        ("half-done", "1.0"),
    ]
    assert snapshot.revision == 6


def test_nothing_is_read_again_while_the_revision_stays(app: Flask, noise: Caller) -> None:
    known = loaded()
    assert loaded(known) is known


def test_only_what_changed_is_read_again(app: Flask, noise: Caller) -> None:
    known = loaded()
    noise.create()
    following = loaded(known)
    assert (following.names, following.revision) == (["find", "Get-Process", "grep", "half-done"], 7)
    assert following.tool("find") is known.tool("find")


def test_a_catalog_restored_from_a_copy_is_read_whole(app: Flask, noise: Caller) -> None:
    known = loaded()
    with db.engine.begin() as connection:
        connection.execute(update(CatalogState).values(revision=3))
    restored = loaded(known)
    assert (restored.revision, restored.names) == (3, known.names)
    assert restored.tool("find") is not known.tool("find")


def test_a_tool_purged_before_anybody_looked_is_gone_too(app: Flask, noise: Caller) -> None:
    known = loaded()
    noise.ok("DELETE", "/find")
    history.purge(timedelta(0))
    assert loaded(known).names == ["Get-Process", "half-done"]


def at_random(chance: random.Random) -> Callable[[], Any]:
    """One random change to one of a few tools; many are refused, as in life."""
    name = chance.choice(["a", "A", "b", "c"])
    version = f"1.{chance.randrange(4)}"
    body = document_of(definition(name, description=str(chance.random()), status=chance.choice(["active", "draft"])))
    return chance.choice(
        [
            lambda: changes.create_tool(body, actor=ME),
            lambda: changes.put_tool(name, body, actor=ME),
            lambda: changes.merge_tool(name, {"description": str(chance.random())}, actor=ME),
            lambda: changes.set_enabled(name, chance.random() < 0.5, actor=ME),
            lambda: changes.set_status(name, chance.choice(["active", "draft"]), version=version, actor=ME),
            lambda: changes.promote(name, version, actor=ME),
            lambda: changes.delete_version(name, version, actor=ME),
            lambda: changes.delete_tool(name, actor=ME),
        ]
    )


@pytest.mark.parametrize("seed", range(4))
def test_taking_over_changes_gives_what_reading_everything_gives(app: Flask, seed: int) -> None:
    chance = random.Random(seed)
    known, refused = loaded(), 0
    for step in range(40):
        try:
            at_random(chance)()
        except CatalogError:
            refused += 1
        if step % 3 == 0:
            known = loaded(known)
    known = loaded(known)
    assert shown(known) == shown(loaded())
    assert 0 < refused < 40


def test_this_process_sees_its_own_change_at_once(caller: Caller) -> None:
    caller.names()
    caller.create()
    assert caller.names() == ["grep"]


def test_another_processes_change_is_seen_within_the_check(caller: Caller, app_with: Callable[..., Flask]) -> None:
    other = Caller(app_with(revision_check_ms=20).test_client())
    assert other.names() == []
    caller.create()
    assert until(lambda: other.names() == ["grep"])
    caller.ok("DELETE", "/grep")
    assert until(lambda: other.names() == [])


def test_nothing_follows_the_catalog_before_the_first_read(app: Flask, caller: Caller) -> None:
    read: list[str] = []
    live().when_read_first = lambda: read.append("first")
    caller.create()
    assert (live().current, read) == (None, [])
    caller.names()
    caller.names()
    assert read == ["first"]


def test_a_read_that_answers_nobody_is_no_first_read(app: Flask) -> None:
    read: list[str] = []
    live().when_read_first = lambda: read.append("first")
    assert live().snapshot().revision == 0
    assert read == []


@pytest.fixture
def told(app: Flask) -> list[Refresh]:
    """What was told of every refresh that began here, where nobody else takes changes over first."""
    refreshes: list[Refresh] = []
    live().when_read_first = lambda: None
    live().when_refreshed = refreshes.append
    return refreshes


def test_every_refresh_is_told_with_what_it_did(caller: Caller, told: list[Refresh]) -> None:
    caller.names()
    caller.create("Grep")
    caller.create("find")
    assert [(one.trigger, one.triggered_by, one.names, one.before, one.after) for one in told] == [
        (STARTUP, None, None, None, 0),
        (API_UPDATE, "admin", ("grep",), 0, 1),
        (API_UPDATE, "admin", ("find",), 1, 2),
    ]
    assert all(one.duration_ms > 0 for one in told)


def test_many_first_reads_at_once_read_everything_once(noise: Caller, told: list[Refresh]) -> None:
    assert at_once([noise.names] * 8) == [["find", "Get-Process", "half-done"]] * 8
    assert [one.names for one in told].count(None) == 1


def test_a_tool_that_is_named_is_read_again_although_nothing_tells_of_it(app: Flask, noise: Caller) -> None:
    known = loaded()
    behind.describe_silently("Get-Process", "By hand")
    behind.describe_silently("find", "By hand")
    following = loaded(known, ("GET-PROCESS", "nothing"))
    assert [tool.description for tool in following] == ["Second", "By hand", "What half-done does"]
    assert following.tool("find") is known.tool("find")


def test_a_refresh_of_everything_reads_everything(app: Flask, noise: Caller) -> None:
    known = live().snapshot()
    behind.remove_silently("find")
    assert live().refresh("manual").names == ()
    assert live().snapshot() is known
    assert live().refresh("manual", whole=True).names is None
    assert live().snapshot().names == ["Get-Process", "half-done"]


def test_who_waits_for_a_revision_sees_it(app: Flask, noise: Caller) -> None:
    current = live().snapshot()
    assert live().wait_beyond(current.revision, 0.01) is current
    assert live().wait_beyond(current.revision - 1, 60) is current
    waiting, _ = at_once([lambda: live_of(app).wait_beyond(current.revision, 60), lambda: noise.create()["revision"]])
    assert (waiting.revision, waiting.tool("grep") is not None) == (7, True)


def test_nobody_waits_for_a_process_that_is_stopped(app: Flask) -> None:
    live().snapshot()
    live().stop()
    assert live().is_stopped
    assert live().wait_beyond(0, 60).revision == 0


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Cuts applications off from the database. To be asked for before those that make them."""
    return Cut(monkeypatch)


READS = ["", "/grep", "?platform=linux&sort=-name", "/platform/linux", "/category/system", "?page_size=1&page=2"]


def test_reads_go_on_without_a_database(noise: Caller, cut: Cut, app_with: Callable[..., Flask]) -> None:
    noise.create()
    serving = app_with(revision_check_ms=20)
    reader = Caller(serving.test_client())
    before = reader.send("GET").data
    cut.off(serving)
    assert reader.send("GET").data == before
    assert [reader.send("GET", path).status_code for path in READS] == [200] * len(READS)
    capabilities = [f"/api/v1/capabilities{path}" for path in ("", "/text_search/tools")]
    assert [reader.client.get(path).status_code for path in capabilities] == [200, 200]
    cut.on()


def test_an_empty_catalog_is_read_without_a_database_too(cut: Cut, app_with: Callable[..., Flask]) -> None:
    serving = app_with(revision_check_ms=20)
    reader = Caller(serving.test_client())
    assert reader.names() == []
    cut.off(serving)
    assert reader.names() == []
    cut.on()


def test_changes_and_history_are_refused_for_now_without_a_database(
    noise: Caller, cut: Cut, app_with: Callable[..., Flask]
) -> None:
    serving = app_with(revision_check_ms=20)
    reader = Caller(serving.test_client())
    reader.names()
    cut.off(serving)
    refused = [
        reader.send("GET", "/find/versions"),
        reader.send("GET", "/search?q=new"),
        reader.send("POST", json=definition()),
        reader.send("PATCH", "/find/disable"),
        reader.client.get("/health/ready"),
    ]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in refused] == [(503, "1")] * 5
    assert reader.client.get("/health/live").status_code == 200
    cut.on()


def test_a_process_catches_up_when_the_database_answers_again(
    noise: Caller, cut: Cut, app_with: Callable[..., Flask]
) -> None:
    serving = app_with(revision_check_ms=20)
    reader = Caller(serving.test_client())
    reader.names()
    noise.names()
    cut.off(serving)
    assert reader.send("PATCH", "/find/disable").status_code == 503
    cut.on()
    noise.create()
    assert until(lambda: "grep" in reader.names())


def test_connections_that_were_killed_are_replaced_without_an_error(
    noise: Caller, app_with: Callable[..., Flask]
) -> None:
    serving = app_with(revision_check_ms=60_000)
    reader = Caller(serving.test_client())
    assert reader.versions("find") == ["1.1", "1.0"]
    with owning() as connection:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(text(f"{others} AND application_name = 'tool-catalog' AND datname = current_database()"))
    assert reader.versions("find") == ["1.1", "1.0"]
    reader.create()


def test_without_a_snapshot_and_a_database_reads_are_refused_for_now(
    app_with: Callable[..., Flask],
) -> None:
    lost = Caller(app_with(database_url=NOWHERE).test_client())
    answer = lost.send("GET")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "1"
    assert lost.client.get("/tools").status_code == 503


def changed_elsewhere(other: Flask) -> None:
    """A change that another process makes."""
    with other.app_context():
        changes.set_enabled("find", False, actor=Actor("eve", "api", role=Role.ADMIN))
        db.session.remove()


def test_an_own_change_is_told_as_its_makers_whoever_takes_it_over(
    noise: Caller, app_with: Callable[..., Flask]
) -> None:
    live().expect(live().snapshot().revision + 1, "ann")
    changed_elsewhere(app_with())
    refresh = live().refresh("notification")
    assert (refresh.trigger, refresh.triggered_by) == ("api_update", "ann")


def change_and_fail() -> None:
    """Make a change, then take it back."""
    with transaction():
        changes.set_enabled("find", False, actor=ME)
        raise ZeroDivisionError


def test_a_change_that_was_rolled_back_is_nobodys(noise: Caller, app_with: Callable[..., Flask]) -> None:
    live().snapshot()
    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    changed_elsewhere(app_with())
    refresh = live().refresh("notification")
    assert (refresh.trigger, refresh.triggered_by) == ("notification", None)
