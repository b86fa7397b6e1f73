"""What the catalog's tests share: a caller, and tools that are beside the point so that a missing filter is seen."""

import pytest
from flask.testing import FlaskClient

from tests.catalog.caller import Caller
from tests.definition import definition


@pytest.fixture
def caller(client: FlaskClient) -> Caller:
    """Speaks to the application."""
    return Caller(client)


@pytest.fixture
def noise(caller: Caller) -> Caller:
    """A catalog with tools no test is about: two versions, one for Windows, a draft, and a deleted one."""
    caller.create("find")
    caller.update("find", description="Second")
    caller.create("Get-Process", platform="windows", category="process-management", metadata={"tags": ["process"]})
    caller.ok("POST", json=definition("half-done", status="draft", capabilities={}))
    caller.create("gone")
    caller.ok("DELETE", "/gone")
    return caller
