"""Connections: pooled, with timeouts on them, given back after every request, and never waited for too long."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import database
from app.config import Settings
from app.extensions import SCHEMA, db
from tests.catalog.caller import TOOLS, Caller
from tests.definition import definition


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "7s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "9s"),
        ("application_name", "tool-catalog"),
    ],
)
def test_every_connection_has_the_products_timeouts(app_with: Callable[..., Flask], name: str, value: str) -> None:
    timed = app_with(statement_timeout_ms=7000, lock_timeout_ms=3000, idle_in_transaction_timeout_ms=9000)
    with timed.app_context(), db.engine.connect() as connection:
        assert connection.scalar(text(f"SHOW {name}")) == value


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgres://u@h/d", "postgresql://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql://u@h/d"),
        ("postgresql+psycopg2://u@h/d?sslmode=require", "postgresql://u@h/d?sslmode=require"),
        ("host=h dbname=d", "host=h dbname=d"),
    ],
)
def test_an_address_is_read_as_people_write_it(given: str, read: str) -> None:
    assert database.address(Settings(database_url=given)) == read


@pytest.fixture
def caller(client: FlaskClient) -> Caller:
    """Speaks to the application."""
    return Caller(client)


def idle_in_transaction() -> int | None:
    """How many of the product's connections keep a transaction open with nothing to do."""
    open_ones = (
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() "
        "AND application_name = 'tool-catalog' AND state LIKE 'idle in transaction%'"
    )
    with db.engine.connect() as connection:
        count: int | None = connection.scalar(text(open_ones))
        return count


def test_no_request_leaves_a_transaction_open(app: Flask, app_with: Callable[..., Flask]) -> None:
    serving = app_with(revision_check_ms=60_000)
    caller = Caller(serving.test_client())
    caller.create()
    pages = ["/tools", "/tools/grep", "/tools/nothing", "/health/ready"]
    reads = ["", "/grep", "/grep/versions", "/grep?version=9", "/search?q=x", "/nothing/versions"]
    for address in [*pages, *(TOOLS + path for path in reads), "/api/v1/capabilities"]:
        caller.client.get(address)
        assert idle_in_transaction() == 0, address
    for method, path, body in [
        ("POST", "", definition()),
        ("POST", "", definition(platform="linuks")),
        ("PATCH", "/grep", {"description": "x"}),
        ("PATCH", "/nothing", {"description": "x"}),
        ("POST", "/validate", definition()),
        ("POST", "/grep/validate", None),
        ("POST", "/import?on_conflict=fail", [definition()]),
        ("POST", "/export", None),
        ("DELETE", "/grep", None),
    ]:
        caller.send(method, path, json=body)
        assert idle_in_transaction() == 0, (method, path)


def test_a_request_that_gets_no_connection_is_answered_503_in_about_a_second(
    caller: Caller, app_with: Callable[..., Flask]
) -> None:
    caller.create()
    small = app_with(pool_size=1, revision_check_ms=60_000)
    busy = Caller(small.test_client())
    busy.names()
    with small.app_context(), db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        started = time.monotonic()
        answers = [busy.send("GET", "/grep/versions"), busy.send("PATCH", "/grep/disable")]
        assert time.monotonic() - started < 10
        assert busy.send("GET", "/grep").status_code == 200
    assert [(a.status_code, a.mimetype, a.headers["Retry-After"]) for a in answers] == [
        (503, "application/problem+json", "1")
    ] * 2
    assert busy.send("PATCH", "/grep/disable").status_code == 200


def test_a_pool_makes_callers_wait_for_parts_of_a_second_too(app_with: Callable[..., Flask]) -> None:
    with app_with(pool_timeout_s=0.25).app_context():
        assert db.engine.pool.timeout() == 0.25  # type: ignore[attr-defined]
        db.engine.dispose()
        assert db.engine.pool.timeout() == 0.25  # type: ignore[attr-defined]


def test_a_statement_that_takes_too_long_is_ended_and_answered_503(
    app: Flask, caller: Caller, app_with: Callable[..., Flask]
) -> None:
    caller.create()
    impatient = Caller(app_with(statement_timeout_ms=500, lock_timeout_ms=0).test_client())
    impatient.names()
    with db.engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {SCHEMA}.tools"))
        answers = [impatient.send("GET", "/grep/versions"), impatient.send("PATCH", "/grep/disable")]
        assert impatient.send("GET", "/grep").status_code == 200
    assert [(a.status_code, a.headers["Retry-After"]) for a in answers] == [(503, "1")] * 2
    assert caller.read()["enabled"] is True


def test_making_an_application_opens_no_connection(app_with: Callable[..., Flask]) -> None:
    lost = app_with(database_url="postgresql://127.0.0.1:1/nothing")
    with lost.app_context():
        assert db.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    assert lost.test_client().get("/health/live").status_code == 200
