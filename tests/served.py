"""The product as users start it: `python -m app.serve` in a process of its own, with a database of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg

from tests import made_once
from tests.people import ADMIN, HEADERS, TOKEN, Somebody, cookie

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served:
    """One running catalog under a data directory."""

    def __init__(
        self, data_dir: Path, settings: Mapping[str, str] | None = None, *, from_nothing: bool = False
    ) -> None:
        """Say where it lives; `from_nothing`, its first start makes the database and imports the definitions itself."""
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir / "served.log"
        self.token = TOKEN
        self._settings = dict(settings or {})
        self._from_nothing = from_nothing
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Served":
        """Start it and wait for the line that says it is ready."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        is_first = not self._from_nothing and "DATABASE_URL" not in self._settings
        if is_first and not (self.data_dir / "postgres").exists():
            made_once.copy(made_once.EMPTY if "SEED_DIR" in self._settings else made_once.SHIPPED, self.data_dir)
        known = ("DATABASE_URL", "PORT", "WORKERS", "DATA_DIR")
        inherited = {name: value for name, value in os.environ.items() if name not in known}
        own = {"DATA_DIR": str(self.data_dir), "PORT": str(self.port), "RATE_LIMIT_ENABLED": "0"}
        environment = {**inherited, **own, **self._settings}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.serve"], cwd=PROJECT, env=environment, stdout=log, stderr=log
            )
        wait_until(lambda: "is ready at" in self.output(), lambda: f"never ready:\n{self.output()}")
        with self.database() as connection:
            if not connection.execute("SELECT FROM tool_catalog.users WHERE name = %s", [ADMIN]).rowcount:
                Somebody(connection)
        return self

    def database(self) -> "psycopg.Connection[Any]":
        """A connection to its database, without keeping that from being stopped."""
        url = self._settings.get("DATABASE_URL")
        if url is not None:
            return psycopg.connect(url)
        _, _, _, port, folder, *_ = (self.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        return psycopg.connect(host=folder, port=port, user="postgres", dbname="postgres")

    def cookie(self) -> "dict[str, str]":
        """The cookie with which its administrator is signed in, as browsers are told of it."""
        name, value = cookie((self.data_dir / "secret_key").read_text())
        return {"name": name, "value": value, "url": self.url}

    def output(self) -> str:
        """Everything it printed so far."""
        return self.log.read_text()

    def send(self, number: signal.Signals) -> int:
        """Send a signal to the process users see, and wait for its end."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def stop(self) -> None:
        """End it the way Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGINT)

    def get(self, path: str) -> bytes:
        """Read one address."""
        with urlopen(Request(self.url + path, headers=HEADERS), timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def database_runs(self) -> bool:
        """Whether the embedded server's process lives."""
        try:
            pid = int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        except FileNotFoundError:
            return False
        return Path(f"/proc/{pid}").exists()

    def accepts(self) -> bool:
        """Whether anybody listens on its port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def workers(self) -> list[int]:
        """The process numbers of everything the visible process started and that still lives."""
        assert self.process is not None
        found = []
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if re.search(rf"^PPid:\t{self.process.pid}$", text, re.MULTILINE) and "State:\tZ" not in text:
                found.append(int(status.parent.name))
        return found


def wait_until(is_so, otherwise=lambda: "waited in vain", patience_s: float = PATIENCE_S) -> None:  # type: ignore[no-untyped-def]
    """Wait for a condition, looking often; fail with words when patience ends."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.02)
