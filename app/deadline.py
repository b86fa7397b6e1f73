"""How long somebody waits for the database, whatever it is that does not come: a lock, an answer, a connection.

The timeouts of the database itself do not do for that: each is for one statement, and none ends a wait for a server
that fell silent. What is waited for is known by nobody but the driver, so that is where this looks at the clock.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn
from psycopg.pq import TransactionStatus

Result = TypeVar("Result")

GRACE_S = 0.06
"""What ends a wait has this long to do so, seconds: a server that was asked to cancel, or to roll back."""
LOOK_EVERY_S = 0.1


@dataclass(slots=True)
class Deadline:
    """A moment of the monotonic clock, seconds; None once it was lifted."""

    end: float | None


_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let nothing in the block wait for the database when so many seconds have passed.

    What would wait longer is cancelled, or its connection is closed when not even that is answered; both raise
    `psycopg.OperationalError`. A block within another keeps to the end of that.
    """
    if _deadline.get() is not None:
        yield
        return
    before = _deadline.set(Deadline(time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(before)


def lift() -> None:
    """Let the rest of the block take its time; does nothing outside of one."""
    if (deadline := _deadline.get()) is not None:
        deadline.end = None


def seconds_left() -> float | None:
    """How long may be waited now; never less than it takes to end something. None: without limit."""
    deadline = _deadline.get()
    if deadline is None or deadline.end is None:
        return None
    return max(GRACE_S, deadline.end - time.monotonic())


class PunctualConnection(psycopg.Connection[Any]):
    """A connection that waits no longer than it may."""

    def wait(self, gen: PQGen[Result], interval: float = LOOK_EVERY_S, timeout: float | None = None) -> Result:
        """Wait for an operation of the driver's, as every one of them does."""
        left = seconds_left()
        if left is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, left)
        except psycopg.OperationalError:
            # Otherwise it is the server that ended it.
            if self.info.transaction_status != TransactionStatus.ACTIVE:
                raise
        return self._cancelled(gen)

    def _cancelled(self, gen: PQGen[Result]) -> Result:
        """Cancel an operation under way: the server then raises, unless it was done in the same moment."""
        try:
            self.cancel_safe(timeout=GRACE_S)
            return super().wait(gen, LOOK_EVERY_S, GRACE_S)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                # Nobody answers. Whoever has the connection next must not get the answer that may still come.
                self.close()
            raise

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn["PunctualConnection"]:
        """Connect no longer than may be waited: by itself the driver waits two seconds at least."""
        left, started = seconds_left(), time.monotonic()
        connecting = super()._connect_gen(conninfo)
        wanted = next(connecting)
        while True:
            ready = yield wanted
            if left is not None and not ready and time.monotonic() >= started + left:
                connecting.close()
                raise psycopg.errors.ConnectionTimeout("the database does not answer")
            try:
                wanted = connecting.send(ready)
            except StopIteration as connected:
                return connected.value  # type: ignore[no-any-return]
