"""Throttling of failed attempts, such as to sign in. Always on, exact, and never without the database."""

import math

from app.rate_limits.storage import PostgresStorage


class Attempts:
    """So many failed attempts within so many seconds, for each key. Counted one by one, in the database only.

    Every method raises an error of SQLAlchemy when the database does not answer.
    """

    def __init__(self, storage: PostgresStorage, limit: int, window: int) -> None:
        self._storage = storage
        self._limit = limit
        self._seconds = window

    def check(self, key: str) -> int:
        """The seconds to wait before another attempt is allowed; 0: none."""
        known = self._storage.look(self._name(key))
        return _seconds(known.seconds_left) if known.total >= self._limit else 0

    def failed(self, key: str) -> int:
        """Count a failed attempt. The seconds to wait when it was one too many; 0: it was within the limit.

        Who guesses in parallel passes `check` many times before the first guess has failed. To be exact, count an
        attempt as failed before looking at it, look only when this says 0, and `clear` when it was right.
        """
        counted = self._storage.count(self._name(key), self._seconds, 1)
        self._storage.tidy()
        return _seconds(counted.seconds_left) if counted.total > self._limit else 0

    def clear(self, key: str) -> None:
        """Forget the failed attempts of a key: one was right."""
        self._storage.clear(self._name(key))

    def _name(self, key: str) -> str:
        return f"attempts/{key}/{self._limit}/{self._seconds}"


def _seconds(left: float) -> int:
    """Whole seconds, at least one: after them, the wait is over."""
    return max(1, math.ceil(left))
