"""What the tests of selection share: a caller, and two tools that do the same."""

import contextvars
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from app.actor import Actor, command_actor
from tests.catalog.caller import Caller
from tests.selection.rivals import grep, sed

Run = Callable[..., Result]


@pytest.fixture
def caller(client: FlaskClient) -> Caller:
    """A caller of the JSON face on an empty catalog."""
    return Caller(client)


@pytest.fixture
def rivals(caller: Caller) -> Caller:
    """A caller, of a catalog in which grep and sed do the same."""
    caller.ok("POST", json=grep())
    caller.ok("POST", json=sed())
    return caller


@pytest.fixture
def root() -> Actor:
    """Somebody who may do anything."""
    return command_actor("root")


@pytest.fixture
def flask(app: Flask) -> Run:
    """Runs `flask …` with these arguments, as from a shell."""

    def run(*words: object) -> Result:
        return contextvars.Context().run(app.test_cli_runner().invoke, args=[str(word) for word in words])

    return run
