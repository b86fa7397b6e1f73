"""What the reloads' tests share: processes that serve, a caller that makes changes, and ways to go wrong."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.reload import recorder
from tests.catalog.caller import Caller
from tests.reload.cut import Cut
from tests.reload.serving import NEVER_MS, PATIENCE_MS, Serving


@pytest.fixture(autouse=True)
def _events_are_written_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here wants to wait for a burst to be over."""
    monkeypatch.setattr(recorder, "WRITE_EVERY_S", 0.02)


@pytest.fixture
def caller(client: FlaskClient) -> Caller:
    """Makes changes, in a process that does not serve: nobody reads a snapshot there."""
    return Caller(client)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Cuts applications off from the database. To be asked for before those that make them."""
    return Cut(monkeypatch)


@pytest.fixture
def serving(app_with: Callable[..., Flask]) -> Callable[..., Serving]:
    """Starts applications that serve; unless a test says otherwise, they hear of changes and never look by themselves:
    `serving(revision_check_ms=20)`. They are patient: many at once, on a busy machine, are not what tests are about.
    """

    def start(**settings: object) -> Serving:
        usual = {"revision_check_ms": NEVER_MS, "write_timeout_ms": PATIENCE_MS, "pool_timeout_s": PATIENCE_MS / 1000}
        return Serving(app_with(**{**usual, **settings})).start()

    return start
