"""What all tests share: one real PostgreSQL for the run, emptied after every test that used it."""

import contextvars
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.conninfo import make_conninfo
from sqlalchemy import text

from app import create_app, database
from app.accounts import directory
from app.audit import service as audit
from app.catalog import live
from app.config import Settings
from app.extensions import SCHEMA, db
from app.reload import feed, service
from app.schema import upgrade
from app.selection import decisions, live_index
from tests import made_once
from tests.chromium import browser
from tests.owner import owning
from tests.people import TOKEN, Somebody, cookie, nobodys_client

# Known to all tests by being here.
__all__ = ["browser"]

SAMPLES = Path(__file__).resolve().parent.parent.parent / "shared" / "samples"
FILLED = [
    *("draft_steps", "drafts"),
    *("selection_cases", "selections"),
    *("tool_ab_tests", "tool_telemetry", "tool_patterns", "tool_capabilities", "tools"),
    *("tool_audit_log", "idempotency_keys", "import_files", "import_batches"),
    "rate_limits",
    *("reload_events", "reload_requests", "serving_processes"),
    *("recovery_codes", "sign_in_links", "sign_ins", "api_tokens", "team_members", "teams", "users"),
]
# In one trip to the database, since most tests make it.
EMPTYING = "; ".join(
    [*(f"DELETE FROM {SCHEMA}.{table}" for table in FILLED), f"UPDATE {SCHEMA}.catalog_state SET revision = 0"]
)
# Files and folders whose tests start servers and browsers; then all others.
LONGEST = ("tests/faults/test_torture", "tests/hostile/test_xss", "tests/e2e/", "tests/faults/", "tests/hostile/", "")


def pytest_configure(config: pytest.Config) -> None:
    """Begin a run; the processes that share its tests are told by the one that started them."""
    if not hasattr(config, "workerinput"):
        made_once.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End it."""
    if not hasattr(config, "workerinput"):
        made_once.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: of the processes that share the tests, none is to sit alone over it at the end."""
    items.sort(key=lambda item: next(place for place, path in enumerate(LONGEST) if path in item.nodeid))


class OutsideClient(FlaskClient):
    """A client whose requests know nothing of the test's own application context, as requests to a server do not.

    Within that context Flask would answer every request with one session that is never given back.
    """

    token: str | None = TOKEN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Be the administrator's, until it is made somebody else's."""
        super().__init__(*args, **kwargs)
        self.set_cookie(*cookie(self.application.secret_key))

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request; to the JSON face with the token of whoever the client is, as programs do."""
        path = args[0] if args and isinstance(args[0], str) else str(kwargs.get("path", ""))
        if self.token is not None and path.startswith("/api/"):
            kwargs["headers"] = {"Authorization": f"Bearer {self.token}", **dict(kwargs.get("headers") or {})}
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run's embedded server and secret key live."""
    return tmp_path_factory.mktemp("data")


def database_of_this_worker() -> str:
    """The address in TEST_DATABASE_URL; of several processes that share the tests, each has a database of its own."""
    url, worker = os.environ.get("TEST_DATABASE_URL", ""), os.environ.get("PYTEST_XDIST_WORKER")
    if not url or worker is None:
        return url
    name = f"tool_catalog_test_{worker}"
    with psycopg.connect(database.for_libpq(url), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    return make_conninfo(database.for_libpq(url), dbname=name)


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    """Settings of the run, with a database that has the tables and nothing in them."""
    given = Settings(database_url=database_of_this_worker(), data_dir=data_dir, log_level="error")
    if not given.database_url:
        made_once.copy(made_once.EMPTY, data_dir)
    settings = Settings(
        database_url=database.address(given), data_dir=data_dir, log_level="error", rate_limit_enabled=False
    )
    if given.database_url:
        with database.connect(settings) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        with create_app(settings).app_context():
            upgrade()
            db.engine.dispose()
    return settings


def made(settings: Settings) -> Flask:
    """An application for tests."""
    app = create_app(settings)
    app.testing = True
    app.test_client_class = OutsideClient
    return app


@pytest.fixture(scope="session")
def application(settings: Settings) -> Iterator[Flask]:
    """One application for the whole run: its engine remembers the statements it has compiled."""
    application = made(settings)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def app(application: Flask, settings: Settings) -> Iterator[Flask]:
    """The application on an empty catalog, in a process that has read nothing yet."""
    live.init_app(application)
    service.init_app(application, settings)
    feed.init_app(application, settings)
    directory.init_app(application)
    service.of(application).when_looked = directory.of(application).look
    live_index.init_app(application)
    decisions.init_app(application, settings)
    audit.init_app(application, settings, service.of(application))
    with application.app_context():
        with db.engine.connect() as connection:
            Somebody(database.driver_connection(connection))
        yield application
        decisions.decision_log().stop()
        service.hot_reload().stop()
        db.session.remove()
        with owning() as connection:
            connection.execute(text(EMPTYING))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The administrator's client of the application, in this process."""
    return app.test_client()


@pytest.fixture
def nobody(app: Flask) -> FlaskClient:
    """A client of somebody who has not signed in."""
    return nobodys_client(app)


@pytest.fixture
def app_with(app: Flask, settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes further applications on the same catalog, with other settings: `app_with(pool_size=1)`."""
    others: list[Flask] = []

    def make(**changes: Any) -> Flask:
        others.append(made(replace(settings, **changes)))
        return others[-1]

    yield make
    for other in others:
        with other.app_context():
            decisions.decision_log().stop()
            service.hot_reload().stop()
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real and hostile input that lies beside the project; tests that need it skip without it."""
    if not SAMPLES.is_dir():
        pytest.skip(f"no samples at {SAMPLES}")
    return SAMPLES
