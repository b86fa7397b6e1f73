"""Counting in the database: exact, in windows, under any key, and with the rights of the role that serves."""

import time

import pytest
from flask import Flask
from limits.storage import storage_from_string
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app.database import engine_of
from app.extensions import SCHEMA, db
from app.rate_limits import storage as storages
from app.rate_limits.storage import SCHEME, PostgresStorage, column
from tests.parallel import at_once, until
from tests.rate_limits.table import end_windows, rows
from tests.reload.cut import NOWHERE

LONG = "x" * 100_000


def test_counts_add_up_for_each_key(storage: PostgresStorage) -> None:
    assert [storage.incr("a", 60), storage.incr("a", 60, 5), storage.incr("b", 60)] == [1, 6, 1]
    assert [storage.get("a"), storage.get("b"), storage.get("c")] == [6, 1, 0]


def test_a_window_ends_so_many_seconds_after_its_first_count_whatever_is_counted_later(
    storage: PostgresStorage,
) -> None:
    first = storage.count("a", 60, 1).seconds_left
    assert 59 < first <= 60
    later = storage.count("a", 600, 1)
    assert 59 < later.seconds_left < first
    assert 58 < storage.get_expiry("a") - time.time() < 60


def test_what_is_over_is_not_counted_any_more_and_the_next_count_begins_anew(storage: PostgresStorage) -> None:
    storage.incr("a", 60, 7)
    storage.incr("noise", 60, 3)
    end_windows("a")
    assert storage.get("a") == 0
    assert storage.get_expiry("a") <= time.time()
    counted = storage.count("a", 60, 2)
    assert (counted.total, storage.get("noise")) == (2, 3)
    assert 59 < counted.seconds_left <= 60


def test_a_window_ends_by_itself(storage: PostgresStorage) -> None:
    storage.incr("a", 1, 7)
    assert until(lambda: storage.get("a") == 0, deadline_s=5)


def test_counting_at_once_loses_and_doubles_nothing(storage: PostgresStorage) -> None:
    totals = at_once([lambda: storage.incr("a", 60)] * 8)
    assert sorted(totals) == list(range(1, 9))


@pytest.mark.parametrize("key", ["", LONG, "\0", "käse/☃", "'; DROP TABLE x", "\udc80"])
def test_any_text_is_a_key(storage: PostgresStorage, key: str) -> None:
    assert [storage.incr(key, 60), storage.incr(key + "y", 60), storage.incr(key, 60)] == [1, 1, 2]


def test_no_two_of_many_keys_are_counted_together() -> None:
    assert len({column(f"address:192.0.2.{number}") for number in range(10_000)}) == 10_000


def test_a_key_can_be_forgotten_and_so_can_all(storage: PostgresStorage) -> None:
    for key in "abc":
        storage.incr(key, 60)
    storage.clear("a")
    assert [storage.get(key) for key in "abc"] == [0, 1, 1]
    assert (storage.reset(), rows()) == (2, 0)


def test_what_is_over_is_removed_by_whoever_counts(storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in "abcd":
        storage.incr(key, 60)
    end_windows("a", "b")
    storage.tidy()
    assert rows() == 4, "it is not time yet"
    monkeypatch.setattr(storages, "TIDY_EVERY_S", 0.0)
    tidying = PostgresStorage(engine=lambda: db.engine)
    tidying.incr("e", 60)
    assert (rows(), [tidying.get(key) for key in "abcde"]) == (3, [0, 0, 1, 1, 1])


def test_it_counts_with_the_rights_of_the_role_that_serves(storage: PostgresStorage) -> None:
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "tool_catalog_serving"
    storage.incr("a", 60)
    storage.clear("a")
    assert storage.reset() == 0


def test_the_table_is_not_logged(app: Flask) -> None:
    with db.engine.connect() as connection:
        kind = text(f"SELECT relpersistence FROM pg_class WHERE oid = '{SCHEMA}.rate_limits'::regclass")
        assert connection.scalar(kind) == "u"


def test_it_says_whether_the_database_answers(storage: PostgresStorage) -> None:
    lost = PostgresStorage(engine=lambda: create_engine(NOWHERE.replace("postgresql", "postgresql+psycopg")))
    assert [storage.check(), lost.check()] == [True, False]
    with pytest.raises(OperationalError):
        lost.incr("a", 60)


def test_the_library_finds_it_by_its_scheme(app: Flask) -> None:
    found = storage_from_string(f"{SCHEME}://", engine=engine_of(app))  # type: ignore[arg-type]
    assert isinstance(found, PostgresStorage)
    assert found.incr("a", 60) == 1
