"""A catalog with some history, and hands that reach into its audit log past every guard."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import SCHEMA
from tests.catalog.caller import Caller
from tests.owner import owning

Tamper = Callable[..., None]


@pytest.fixture
def caller(app: Flask) -> Caller:
    """A caller of the JSON face on an empty catalog."""
    return Caller(app.test_client())


@pytest.fixture
def history(caller: Caller) -> Caller:
    """A caller, after five changes of two tools."""
    caller.create()
    caller.patch("grep", description="Find lines")
    caller.create("find")
    caller.ok("PATCH", "/find/disable", json={"reason": "=1+1 too slow"})
    caller.ok("DELETE", "/grep")
    return caller


@pytest.fixture
def tamper(app: Flask) -> Tamper:
    """Runs SQL as somebody who owns the database, and whom no trigger stops."""

    def run(statement: str, **values: object) -> None:
        with owning() as connection:
            connection.execute(text(statement.replace("LOG", f"{SCHEMA}.tool_audit_log")), values)

    return run
