"""Deciding whether a request is within its limit, mostly without asking the storage.

A process takes a part of what is left of a window at once (a lease) and counts it down by itself. A lease is counted
in the storage when it is taken, so all processes together never allow more than the limit, and hammering uses it up to
the last request. A storage that does not answer holds nobody up: the process then counts by itself for a while.
"""

import threading
import time
from itertools import islice
from typing import Protocol

import structlog
from limits.storage import Storage

from app.rate_limits.storage import Counted, PostgresStorage
from app.rate_limits.window import Limit, Trip, Window

log = structlog.get_logger()

PATIENCE_S = 0.05
"""How long a question to the storage is waited for."""
PAUSE_S = 1.0
"""How long a process counts by itself before it asks a storage again that did not answer."""
MOST_WINDOWS = 10_000
"""How many a process keeps in mind; an older one that is forgotten is asked for again."""
LEAST_LEFT_S = 0.05

Errors = type[Exception] | tuple[type[Exception], ...]


class Counting(Protocol):
    """A storage that counts, and tells the end of the window with it."""

    @property
    def base_exceptions(self) -> Errors:
        """What counting raises when it does not work."""

    def count(self, key: str, seconds: int, amount: int) -> Counted:
        """Count under a key, in a window of so many seconds that begins with the first; what there is then."""

    def tidy(self) -> None:
        """Remove what is over, when it is time again."""


class OtherStorage:
    """Any storage of `limits`, such as Redis, as one to lease from."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def base_exceptions(self) -> Errors:
        """What counting raises when it does not work."""
        return self._storage.base_exceptions

    def count(self, key: str, seconds: int, amount: int) -> Counted:
        """Count under a key. Redis tells whole seconds: none left means less than one, not that the window is over."""
        total = self._storage.incr(key, seconds, amount)
        return Counted(total, max(LEAST_LEFT_S, self._storage.get_expiry(key) - time.time()))

    def tidy(self) -> None:
        """Such storages forget by themselves what is over."""


class Leases:
    """This process's leases from one storage."""

    def __init__(self, storage: Storage, *, patience_s: float = PATIENCE_S, pause_s: float = PAUSE_S) -> None:
        self._counting: Counting = storage if isinstance(storage, PostgresStorage) else OtherStorage(storage)
        self._patience_s = patience_s
        self._pause_s = pause_s
        self._windows: dict[tuple[str, int, int], Window] = {}
        self._lock = threading.Lock()
        self._overdue: set[Trip] = set()
        self._alone_until = 0.0
        self._is_alone = False

    def admits(self, key: str, most: int, seconds: int) -> bool:
        """Count one request under a key; whether it is within the limit of so many in so many seconds.

        Only who finds no lease waits for the storage, and gives up when that takes PATIENCE_S.
        """
        window = self._windows.get((key, most, seconds)) or self._begun(key, most, seconds)
        with window.lock:
            if window.leased and time.monotonic() < window.ends:
                window.leased -= 1
                return True
            window.waiting += 1
            try:
                return self._await_answer(window)
            finally:
                window.waiting -= 1

    def seconds_left(self, key: str, most: int, seconds: int) -> float:
        """The seconds until the present window of a key ends, as far as this process knows; 0: it has none."""
        window = self._windows.get((key, most, seconds))
        return 0.0 if window is None else max(0.0, window.ends - time.monotonic())

    def _await_answer(self, window: Window) -> bool:
        while isinstance(answer := self._answer(window), Trip):
            window.changed.wait(max(0.0, answer.started + self._patience_s - time.monotonic()))
        return answer

    def _answer(self, window: Window) -> bool | Trip:
        """Whether a request is let through, or the trip to the storage that is worth waiting for."""
        now = time.monotonic()
        window.turn(now)
        if window.leased:
            window.leased -= 1
            return True
        if not window.left:
            return False
        if self._overdue or now < self._alone_until:
            return window.count_alone()
        trip = window.trip or self._depart(window, now)
        if now < trip.started + self._patience_s:
            return trip
        self._give_up(trip)
        return window.count_alone()

    def _depart(self, window: Window, now: float) -> Trip:
        """Ask the storage for a lease, in a thread of its own: when the storage hangs, this hangs, and no request."""
        trip = window.ask(now)
        threading.Thread(target=self._travel, args=(window, trip), name="rate-limits", daemon=True).start()
        return trip

    def _travel(self, window: Window, trip: Trip) -> None:
        counted = None
        try:
            try:
                counted = self._counting.count(str(window.limit), window.limit.seconds, trip.wanted + trip.owed)
            finally:
                self._arrive(window, trip, counted)
            self._counting.tidy()
        except self._counting.base_exceptions as error:
            log.debug("rate limits not counted", error=type(error).__name__)

    def _arrive(self, window: Window, trip: Trip, counted: Counted | None) -> None:
        """End a trip, with an answer or without one, and wake who waits for it."""
        with window.lock:
            window.trip = None
            if counted is not None:
                window.learn(trip, counted)
            with self._lock:
                self._overdue.discard(trip)
                self._take_note(is_alone=counted is None)
            window.changed.notify_all()

    def _give_up(self, trip: Trip) -> None:
        """Wait for this trip no more. As long as it is not back, no other one is made for any key."""
        with self._lock:
            self._overdue.add(trip)
            self._take_note(is_alone=True)

    def _take_note(self, *, is_alone: bool) -> None:
        if is_alone:
            self._alone_until = time.monotonic() + self._pause_s
        if is_alone and not self._is_alone:
            log.warning("rate limits are counted by each process alone: their storage does not answer")
        if self._is_alone and not is_alone:
            log.info("rate limits are counted together again")
        self._is_alone = is_alone

    def _begun(self, key: str, most: int, seconds: int) -> Window:
        """The window of a key, made when there is none."""
        with self._lock:
            if len(self._windows) >= MOST_WINDOWS:
                self._windows = self._current()
            return self._windows.setdefault((key, most, seconds), Window(Limit(key, most, seconds)))

    def _current(self) -> dict[tuple[str, int, int], Window]:
        """The windows that are not over; of many, the half that began last."""
        now = time.monotonic()
        current = [(key, window) for key, window in self._windows.items() if now < window.ends]
        return dict(islice(current, max(0, len(current) - MOST_WINDOWS // 2), None))
