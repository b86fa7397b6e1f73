"""What the tests of accounts share: people at browsers, commands, other processes, and the way to cut those off."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from app.accounts import passwords
from tests.accounts.browser import QUICK, Browser, hash_of
from tests.people import Somebody, somebody
from tests.reload.cut import Cut
from tests.reload.serving import Serving

Flask_ = Callable[..., Result]
Serve = Callable[..., Serving]


@pytest.fixture(autouse=True)
def _passwords_are_hashed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody guesses at a test's passwords; what the real parameters are, test_passwords.py says."""
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    monkeypatch.setattr(passwords, "_NOBODYS", hash_of("nobody has this password"))


@pytest.fixture
def ada(app: Flask) -> Somebody:
    """An author."""
    return somebody(app, "ada", "author")


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser at which nobody has signed in."""
    return Browser(app)


@pytest.fixture
def flask(app: Flask) -> Flask_:
    """Runs `flask accounts` with these arguments."""
    return lambda *arguments: app.test_cli_runner().invoke(args=["accounts", *arguments])


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Cuts applications off from the database. To be asked for before those that make them."""
    return Cut(monkeypatch)


@pytest.fixture
def serving(app_with: Callable[..., Flask]) -> Serve:
    """Starts further processes that serve, and follow what the others do."""
    return lambda **settings: Serving(app_with(**settings)).start()
