"""The thread that keeps this process current: it listens, and it looks.

A notification only wakes it; what counts is the revision. It also looks at the revision by itself every so often, which
covers notifications that were lost, and it comes back by itself when the database was away.
"""

import random
import socket
import threading
import time
from collections.abc import Callable
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from typing import Protocol, cast

import psycopg
import structlog
from psycopg import sql

from app.catalog.live import Database
from app.catalog.transaction import CHANNEL
from app.errors import Unavailable
from app.extensions import SCHEMA
from app.reload.events import Trigger

log = structlog.get_logger()

FIRST_RETRY_S = 0.05
SLOWEST_RETRY_S = 0.5
"""Short, since a catalog that is back must be current again within a second."""

_STATE = f"""
    SELECT revision, (SELECT coalesce(max(id), 0) FROM {SCHEMA}.reload_requests)
    FROM {SCHEMA}.catalog_state WHERE id = 1
"""  # noqa: S608


class Follower(Protocol):
    """What the listener calls."""

    @property
    def revision(self) -> int | None:
        """The revision this process serves; None before the first load."""

    def take_over(self, trigger: Trigger, connection: Database, *, whole: bool = False) -> None:
        """Take over what changed, or read everything."""

    def perform(self, after: int, upto: int, connection: Database) -> None:
        """Do what every process was asked for after the one request, up to the other."""

    def looked(self, connection: Database) -> None:
        """Let others look as well, whatever they keep current in this process."""

    def fail(self, trigger: Trigger, error: Exception) -> None:
        """Record that taking over did not work."""


class Listener:
    """Listens on its own connection, in its own thread, until it is stopped."""

    def __init__(
        self,
        connect: Callable[[], Database],
        follower: Follower,
        *,
        listens: bool,
        check_s: float,
        whole_every_s: float,
    ) -> None:
        """Make a listener that does nothing yet.

        Args:
            connect: opens a connection of its own.
            listens: whether it hears notifications; without, it only looks every `check_s` seconds.
            whole_every_s: how often everything is read again, seconds; 0: never.
        """
        self._connect = connect
        self._follower = follower
        self._listens = listens
        self._check_s = check_s
        self._whole_every_s = whole_every_s
        self._whole_at = time.monotonic() + whole_every_s
        self._look_at = 0.0
        self._request: int | None = None
        self._failures = 0
        self._is_connected = False
        self._stopping = threading.Event()
        # Closing one end wakes whoever waits on the other, and the database, at the same time.
        self._woken, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="reload-listener", daemon=True)

    @property
    def is_listening(self) -> bool:
        """Whether it would hear a notification now."""
        return self._is_connected and self._listens

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, at once unless a statement is under way."""
        self._stopping.set()
        self._waker.close()
        self._thread.join()
        self._woken.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._connect() as connection:
                    connection.autocommit = True
                    self._follow(connection)
            # Whatever goes wrong, also with one tool's definition: the thread must live on, or this process grows old.
            except Exception as error:  # noqa: BLE001
                self._note(error)
            self._is_connected = False
            self._stopping.wait(retry_s(self._failures))

    def _follow(self, connection: Database) -> None:
        with DefaultSelector() as woken:
            woken.register(self._woken, EVENT_READ)
            if self._listens:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                woken.register(connection.fileno(), EVENT_READ)
            self._is_connected = True
            self._look(connection)
            while not self._stopping.is_set():
                if self._failures:
                    log.info("following the catalog again", after_failures=self._failures)
                    self._failures = 0
                news = self._hear(connection, woken)
                if news - {None}:
                    self._follower.take_over(Trigger.NOTIFICATION, connection)
                if None in news:
                    self._look(connection)

    def _hear(self, connection: Database, woken: BaseSelector) -> set[int | None]:
        """Wait for news: newer revisions that were told; None when something else was, or when it is time to look."""
        while not self._stopping.is_set():
            # Those that came in while a statement ran are there already. All are taken: none is given a second time.
            told = {_revision(notice.payload) for notice in connection.notifies(timeout=0)}
            known = self._follower.revision or 0
            news = {revision for revision in told if revision is None or revision > known}
            left = self._look_at - time.monotonic()
            # News does not put off looking: changes may come one after the other for hours.
            if left <= 0:
                return news | {None}
            if news:
                return news
            woken.select(left)
        return set()

    def _look(self, connection: Database) -> None:
        """See by the revision whether anything was missed, and by the last request whether anything is asked for."""
        self._look_at = time.monotonic() + self._check_s
        revision, request = cast("tuple[int, int]", connection.execute(_STATE).fetchone())
        if self._follower.revision is None:
            self._follower.take_over(Trigger.STARTUP, connection)
        elif revision != self._follower.revision:
            self._follower.take_over(Trigger.PERIODIC, connection)
        if self._request is not None and request > self._request:
            self._follower.perform(self._request, request, connection)
        self._request = request
        self._follower.looked(connection)
        if self._whole_every_s and time.monotonic() >= self._whole_at:
            self._whole_at = time.monotonic() + self._whole_every_s
            self._follower.take_over(Trigger.PERIODIC, connection, whole=True)

    def _note(self, error: Exception) -> None:
        self._failures += 1
        if self._failures > 1:
            return
        # A database that went away is told in a line; anything else is a fault of ours, and its place is wanted.
        is_database = isinstance(error, Unavailable | psycopg.Error)
        reason = str(error.__cause__ or error)
        log.warning("cannot follow the catalog; reads go on from memory", error=reason, exc_info=not is_database)
        self._follower.fail(Trigger.PERIODIC, error)


def _revision(payload: str) -> int | None:
    """The revision that a notification tells. Anybody can notify, with any text of up to 8,000 characters."""
    return int(payload) if payload.isascii() and payload.isdigit() and len(payload) < 20 else None


def retry_s(failures: int, chance: Callable[[], float] = random.random) -> float:
    """How long to wait before trying again: doubled each time up to SLOWEST_RETRY_S, of which chance takes up to half.

    Chance keeps many processes from all asking a database at the moment it comes back.
    """
    if failures == 0:
        return 0.0
    longest: float = min(SLOWEST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures - 1, 10))
    return longest * (0.5 + 0.5 * chance())
