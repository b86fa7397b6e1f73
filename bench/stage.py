"""What measurements share, made when the first of them needs it: the definitions, a filled database, the server."""

import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from flask import Flask

from app import create_app
from app.accounts.changes import create_service_token
from app.actor import Role, command_actor
from app.catalog.imports import Outcome, Source, import_tools
from app.config import PROJECT, Settings
from app.definitions.documents import read_yaml
from app.extensions import db
from app.schema import upgrade
from bench import data
from bench.load import Load, LoadFailed, Plan
from bench.servers import Server, postgres, product

TOOLS = 1_000
CONNECTIONS = 16

Started = TypeVar("Started")


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: rounds of each comparison, and seconds of load in a round."""

    rounds: int
    seconds: float


class Stage:
    """The parts of one run. Leaving it ends whatever it started, the last one first."""

    def __init__(self, effort: Effort) -> None:
        self.effort = effort
        self.busiest = 0.0
        self._open = ExitStack()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @cached_property
    def folder(self) -> Path:
        """Where this run keeps everything; removed at its end."""
        return Path(self._start(tempfile.TemporaryDirectory(prefix="tool-catalog-bench-")))

    @cached_property
    def texts(self) -> Sequence[bytes]:
        """The definitions of the catalog, as YAML."""
        return data.texts(TOOLS)

    @cached_property
    def app(self) -> Flask:
        """The application in this process, on a database of this run that has tables and nothing in them."""
        url = self._start(postgres(self.folder / "database"))
        settings = Settings(database_url=url, data_dir=self.folder, log_level="error", rate_limit_enabled=False)
        app = create_app(settings)
        logging.disable(logging.INFO)
        with app.app_context():
            upgrade()
        self._open.callback(_close, app)
        return app

    @cached_property
    def import_seconds(self) -> float:
        """The time the import of every definition took; from then on the database is filled."""
        return self.timed_import(dry_run=False)

    @cached_property
    def server(self) -> Server:
        """The product's server on the filled database."""
        with self.filled_app().app_context():
            _, token = create_service_token("bench", Role.ADMIN, actor=command_actor("bench"))
        return self._start(product(self.folder, self.app.extensions["settings"].database_url, token))

    def filled_app(self) -> Flask:
        """The application in this process, on the filled database."""
        _ = self.import_seconds
        return self.app

    def timed_import(self, *, dry_run: bool) -> float:
        """Read, check and — unless it is a dry run — store every definition; the seconds that took."""
        sources = [Source(f"{number}.yaml", partial(read_yaml, text)) for number, text in enumerate(self.texts)]
        with self.app.app_context():
            start = time.perf_counter()
            report = import_tools(sources, actor=command_actor("bench"), dry_run=dry_run)
            spent = time.perf_counter() - start
        if report.count(Outcome.CREATED) != len(self.texts):
            raise RuntimeError(f"only {report.count(Outcome.CREATED)} of {len(self.texts)} definitions can be stored")
        return spent

    def load(
        self, server: Server, paths: Sequence[str], connections: int = CONNECTIONS, *, bodies: Sequence[str] = ()
    ) -> Load:
        """Put load on a server for one round, from another process; `bodies` are posted to the first path.

        Raises:
            LoadFailed: an answer was not as it should be; the message is the generator's.
        """
        plan = Plan(server.port, connections, self.effort.seconds, paths, server.token, bodies)
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=json.dumps(asdict(plan)),
            capture_output=True,
            text=True,
            cwd=PROJECT,
            check=False,
        )
        if done.returncode:
            raise LoadFailed(done.stderr)
        measured = Load(**json.loads(done.stdout))
        self.busiest = max(self.busiest, measured.busy)
        return measured

    def _start(self, part: AbstractContextManager[Started]) -> Started:
        return self._open.enter_context(part)


def _close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
