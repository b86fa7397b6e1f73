"""A process that follows the catalog and writes down when it saw each revision: `python -m bench.follower MODE`.

MODE is `product`, as a serving process follows; `deaf`, the same without notifications; or `bare`, a connection that
listens and does nothing with what it hears. Writes `<revision> <nanoseconds>` by the machine's monotonic
clock, which all processes share. DATABASE_URL says where the catalog is.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import psycopg

from app import create_app
from app.catalog.live import live
from app.catalog.transaction import CHANNEL
from app.config import Settings
from app.reload.service import NOWHERE, hot_reload

LONGEST_S = 600.0


def follow(settings: Settings, saw: Callable[[int], None]) -> None:
    """Follow as a serving process does, and tell of every snapshot as a waiting reader gets it."""
    app = create_app(settings)
    with app.app_context():
        hot_reload().start()
        snapshot = live().snapshot()
        while True:
            saw(snapshot.revision)
            snapshot = live().wait_beyond(snapshot.revision, LONGEST_S)


def listen(url: str, saw: Callable[[int], None]) -> None:
    """Only listen."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        saw(0)
        for notice in connection.notifies():
            saw(int(notice.payload))


def saw(revision: int) -> None:
    """Write down that a revision was seen now."""
    print(revision, time.monotonic_ns(), flush=True)


if __name__ == "__main__":
    mode, given = sys.argv[1], Settings.from_environment()
    if mode == "bare":
        listen(os.environ["DATABASE_URL"], saw)
    else:
        follow(replace(given, listen_dsn=NOWHERE) if mode == "deaf" else given, saw)
