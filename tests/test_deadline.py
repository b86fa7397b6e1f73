"""Deadlines: what waits for the database too long is ended, whatever it waits for."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from app import database
from app.config import Settings
from app.deadline import lift, seconds_left, within


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """One of the product's connections."""
    with database.connect(settings) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def silent() -> Iterator[Settings]:
    """Settings of a database that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Settings(database_url=f"postgresql://127.0.0.1:{server.getsockname()[1]}/nothing")


def test_a_statement_is_cancelled_and_its_connection_still_good(connection: psycopg.Connection[Any]) -> None:
    with within(0.1), pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("SELECT pg_sleep(60)")
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_all_waits_of_a_block_are_counted_together(connection: psycopg.Connection[Any]) -> None:
    def sleep_often() -> None:
        for _ in range(6):
            connection.execute("SELECT pg_sleep(0.1)")

    with within(0.5), pytest.raises(psycopg.errors.QueryCanceled):
        sleep_often()


def test_a_block_within_another_keeps_to_the_end_of_that(connection: psycopg.Connection[Any]) -> None:
    with within(0.1), within(60), pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("SELECT pg_sleep(60)")


def test_a_lifted_deadline_ends_nothing(connection: psycopg.Connection[Any]) -> None:
    with within(0.01):
        lift()
        assert connection.execute("SELECT 1 FROM pg_sleep(0.3)").fetchall() == [(1,)]


def test_outside_of_a_block_there_is_no_end(connection: psycopg.Connection[Any]) -> None:
    with within(0.01):
        assert seconds_left() is not None
    assert seconds_left() is None
    assert connection.execute("SELECT 1 FROM pg_sleep(0.3)").fetchall() == [(1,)]


def test_an_end_that_has_passed_leaves_time_to_roll_back(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = False
    with within(0.1):
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")
        connection.rollback()
    assert not connection.closed


def test_connecting_to_a_silent_server_is_ended_too(silent: Settings) -> None:
    started = time.monotonic()
    with within(0.3), pytest.raises(psycopg.OperationalError):
        database.connect(silent)
    # By itself the driver would wait five seconds.
    assert time.monotonic() - started < 2
