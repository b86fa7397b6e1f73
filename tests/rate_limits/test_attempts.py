"""Failed attempts: so many, then a wait, exactly; never without the database."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.database import engine_of
from app.rate_limits.attempts import Attempts
from app.rate_limits.storage import PostgresStorage
from tests.parallel import at_once
from tests.rate_limits.table import end_windows
from tests.reload.cut import NOWHERE


@pytest.fixture
def attempts(storage: PostgresStorage) -> Attempts:
    """Three failed attempts in a minute."""
    return Attempts(storage, 3, 60)


def test_who_failed_as_often_as_is_allowed_has_to_wait(attempts: Attempts) -> None:
    assert [attempts.failed("ann") for _ in range(3)] == [0, 0, 0]
    assert [attempts.check("ann"), attempts.failed("ann")] == [60, 60]
    assert [attempts.check("bob"), attempts.failed("bob")] == [0, 0]


def test_who_failed_less_often_need_not_wait(attempts: Attempts) -> None:
    attempts.failed("ann")
    attempts.failed("ann")
    assert attempts.check("ann") == 0


def test_looking_counts_nothing(attempts: Attempts) -> None:
    assert [attempts.check("ann") for _ in range(9)] == [0] * 9


def test_the_wait_is_over_with_the_window(attempts: Attempts) -> None:
    for _ in range(4):
        attempts.failed("ann")
    end_windows()
    assert [attempts.check("ann"), attempts.failed("ann")] == [0, 0]


def test_a_right_one_makes_the_others_forgotten(attempts: Attempts) -> None:
    for name in ("ann", "bob"):
        for _ in range(3):
            attempts.failed(name)
    attempts.clear("ann")
    assert (attempts.check("ann"), attempts.check("bob")) == (0, 60)


def test_different_limits_count_for_themselves(storage: PostgresStorage, attempts: Attempts) -> None:
    assert [attempts.failed("ann") for _ in range(3)] == [0, 0, 0]
    assert Attempts(storage, 3, 61).check("ann") == 0


def test_guessing_in_parallel_gets_no_more_guesses(attempts: Attempts) -> None:
    waits = at_once([lambda: attempts.failed("ann")] * 8)
    assert waits.count(0) == 3
    assert all(59 <= wait <= 60 for wait in waits if wait)


def test_without_the_database_there_is_no_attempt(app_with: Callable[..., Flask]) -> None:
    lost = Attempts(PostgresStorage(engine=engine_of(app_with(database_url=NOWHERE))), 3, 60)
    for ask in (lost.check, lost.failed, lost.clear):
        with pytest.raises(OperationalError):
            ask("ann")
