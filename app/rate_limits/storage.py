"""Counting in PostgreSQL: a storage as `limits` wants one. What is allowed is decided elsewhere."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from limits.storage import Storage
from sqlalchemy import Connection, Engine, delete, text
from sqlalchemy.exc import SQLAlchemyError

from app.database import reading
from app.extensions import SCHEMA
from app.rate_limits.models import RateLimitRow

SCHEME = "tool-catalog-table"
TIDY_EVERY_S = 60.0

# One statement, so that no two processes ever see the same count. A window that is over begins anew; its end is
# compared with one moment only, or a window could end between two looks at the clock.
COUNT = text(f"""
    INSERT INTO {SCHEMA}.rate_limits AS known (key, ends_at, count)
    VALUES (:key, clock_timestamp() + make_interval(secs => :seconds), :amount)
    ON CONFLICT (key) DO UPDATE SET
        count = excluded.count
            + CASE WHEN known.ends_at > excluded.ends_at - make_interval(secs => :seconds) THEN known.count ELSE 0 END,
        ends_at = CASE WHEN known.ends_at > excluded.ends_at - make_interval(secs => :seconds)
            THEN known.ends_at ELSE excluded.ends_at END
    RETURNING count, extract(epoch FROM ends_at - clock_timestamp())::float8
""")  # noqa: S608
LOOK = text(f"""
    SELECT count, extract(epoch FROM ends_at - clock_timestamp())::float8 FROM {SCHEMA}.rate_limits
    WHERE key = :key AND ends_at > clock_timestamp()
""")  # noqa: S608
# Rows that somebody counts in at this moment are left for the next time.
TIDY = text(f"""
    DELETE FROM {SCHEMA}.rate_limits WHERE key IN (
        SELECT key FROM {SCHEMA}.rate_limits WHERE ends_at <= clock_timestamp() FOR UPDATE SKIP LOCKED)
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted under a key: how much in this window, and the seconds until it ends (by the database's clock)."""

    total: int
    seconds_left: float


class PostgresStorage(Storage):
    """Counts in the table `rate_limits`, exactly, over every process that uses the database.

    Every method raises an error of SQLAlchemy when the database does not answer.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  (declared so by `limits`)

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, *, engine: Callable[[], Engine]) -> None:
        super().__init__(uri, wrap_exceptions)
        self._engine = engine
        self._tidying = threading.Lock()
        self._tidy_at = time.monotonic() + TIDY_EVERY_S

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What its methods raise."""
        return (SQLAlchemyError, psycopg.Error)

    def count(self, key: str, seconds: int, amount: int) -> Counted:
        """Count under a key, in a window of so many seconds that begins with the first; what there is then."""
        with self._connect() as connection:
            row = connection.execute(COUNT, {"key": column(key), "seconds": seconds, "amount": amount}).one()
        return Counted(*row)

    def look(self, key: str) -> Counted:
        """What is counted under a key, without counting."""
        with self._connect() as connection:
            row = connection.execute(LOOK, {"key": column(key)}).one_or_none()
        return Counted(0, 0.0) if row is None else Counted(*row)

    def tidy(self) -> None:
        """Remove windows that are over, when it is time again: about once a minute in every process that counts."""
        with self._tidying:
            if time.monotonic() < self._tidy_at:
                return
            self._tidy_at = time.monotonic() + TIDY_EVERY_S
        with self._connect() as connection:
            connection.execute(TIDY)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count under a key; how much there is then."""
        counted = self.count(key, expiry, amount)
        self.tidy()
        return counted.total

    def get(self, key: str) -> int:
        """How much is counted under a key."""
        return self.look(key).total

    def get_expiry(self, key: str) -> float:
        """When a key's window ends, as seconds since 1970; now, if it has none."""
        return time.time() + self.look(key).seconds_left

    def check(self) -> bool:
        """Whether the database answers."""
        try:
            with self._connect() as connection:
                return connection.scalar(text("SELECT true")) is True
        except self.base_exceptions:
            return False

    def reset(self) -> int:
        """Forget all counts; how many keys there were. The role that serves may delete, but not truncate."""
        with self._connect() as connection:
            return connection.execute(delete(RateLimitRow)).rowcount

    def clear(self, key: str) -> None:
        """Forget what was counted under a key."""
        with self._connect() as connection:
            connection.execute(delete(RateLimitRow).where(RateLimitRow.key == column(key)))

    def _connect(self) -> Connection:
        """A connection of the pool; every statement is a transaction of its own."""
        return reading(self._engine()).connect()


def column(key: str) -> str:
    """A key as the table has it: of one length, whatever a caller made it of, and telling nobody's address."""
    return hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=16).hexdigest()
