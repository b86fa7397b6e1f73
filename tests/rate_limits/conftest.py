"""What the tests of rate limits share: the storage on the run's database, and ways to take the database away."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.database import engine_of
from app.rate_limits.storage import PostgresStorage
from tests.parallel import until
from tests.reload.cut import Cut
from tests.reload.serving import threads

TRIPS = "rate-limits"


def trips_are_over() -> bool:
    """Wait until nobody asks the storage any more: a late count would show in the next test, and a connection still
    in use when its pool is given up is never closed.
    """
    return until(lambda: not threads(TRIPS), deadline_s=30)


@pytest.fixture
def storage(app: Flask) -> Iterator[PostgresStorage]:
    """The storage of requests, with nothing counted in it."""
    yield PostgresStorage(engine=engine_of(app))
    assert trips_are_over()


@pytest.fixture
def app_with(app_with: Callable[..., Flask]) -> Iterator[Callable[..., Flask]]:
    """Makes further applications, whose trips to the storage are over before they end."""
    yield app_with
    assert trips_are_over()


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Cuts applications off from the database. To be asked for before those that make them."""
    return Cut(monkeypatch)
