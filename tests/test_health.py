"""Health: whether the process lives, and whether what it needs answers."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.extensions import SCHEMA
from app.schema import newest_migration
from tests.catalog.caller import Caller
from tests.owner import owning


def test_a_process_lives_without_a_database(app_with: Callable[..., Flask]) -> None:
    lost = app_with(database_url="postgresql://127.0.0.1:1/nothing").test_client()
    answer = lost.get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_it_is_ready_when_all_it_needs_answers(client: FlaskClient) -> None:
    Caller(client).create()
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "migrations": "current", "revision": 1}


def test_it_is_not_ready_without_a_database(app_with: Callable[..., Flask]) -> None:
    answer = app_with(database_url="postgresql://127.0.0.1:1/nothing").test_client().get("/health/ready")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json is not None
    assert (answer.json["status"], answer.json["database"]) == ("unavailable", "unavailable")


@pytest.mark.parametrize("at", ["0000", "9999"])
def test_it_is_not_ready_on_the_tables_of_another_release(app: Flask, client: FlaskClient, at: str) -> None:
    def migrated_to(number: str | None) -> None:
        with owning() as connection:
            connection.execute(text(f"UPDATE {SCHEMA}.alembic_version SET version_num = :number"), {"number": number})

    migrated_to(at)
    try:
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["migrations"] == "behind"
    finally:
        migrated_to(newest_migration())
