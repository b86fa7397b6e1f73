"""A process that follows the catalog and writes down when it saw each revision: `python -m bench.follower MODE`.

MODE is `product`, as a serving process follows; `deaf`, the same without notifications; or `bare`, a connection that
listens and does nothing with what it hears. Writes `<revision> <nanoseconds>` by the machine's
clock, which all processes share. DATABASE_URL says where the catalog is.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import psycopg

from app import create_app
from app.catalog.transaction import CHANNEL
from app.config import Settings
from app.reload.events import ReloadEvent
from app.reload.service import NOWHERE, hot_reload


def follow(settings: Settings, saw: Callable[[int, int], None]) -> None:
    """Follow as a serving process does, and tell when reads began to see each revision."""
    app = create_app(settings)
    with app.app_context():
        hot_reload().register_handler("bench", lambda event: saw(event.to_revision or 0, visible_ns(event)))
        hot_reload().start()
    threading.Event().wait()


def visible_ns(event: ReloadEvent) -> int:
    """When the reload was done, nanoseconds."""
    return round(event.timestamp.timestamp() * 1e9 + event.duration_ms * 1e6)


def listen(url: str, saw: Callable[[int, int], None]) -> None:
    """Only listen."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        saw(0, time.time_ns())
        for notice in connection.notifies():
            saw(int(notice.payload), time.time_ns())


def saw(revision: int, at: int) -> None:
    """Write down that a revision was seen."""
    print(revision, at, flush=True)


if __name__ == "__main__":
    mode, given = sys.argv[1], Settings.from_environment()
    if mode == "bare":
        listen(os.environ["DATABASE_URL"], saw)
    else:
        follow(replace(given, listen_dsn=NOWHERE) if mode == "deaf" else given, saw)
