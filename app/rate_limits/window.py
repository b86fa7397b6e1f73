"""What one process knows of one key's window, and what it may let through without asking the storage."""

import threading
import time
from dataclasses import dataclass, field

from app.rate_limits.storage import Counted

SMALL = 100
"""Up to this limit, requests are counted one by one."""
SHARE = 16
"""A lease is one of so many parts of what is left."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds, of one who asks."""

    key: str
    most: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.key}/{self.most}/{self.seconds}"


@dataclass(slots=True, eq=False)
class Trip:
    """A question to the storage that is under way: for how much, and what was let through before without asking."""

    started: float
    wanted: int
    owed: int


@dataclass(slots=True, eq=False)
class Window:
    """The present window of a limit, as one process knows it. Guarded by `lock`; times are of `time.monotonic`.

    Attributes:
        ends: when it ends; never later than by the storage's clock, so that no lease outlives it.
        total: how much was counted when the storage last answered, this process's leases among it.
        leased: how many requests this process may still let through without asking.
        owed: how many it let through while nobody answered; told with the next question.
        waiting: how many requests wait for an answer.
    """

    limit: Limit
    lock: threading.Lock = field(default_factory=threading.Lock)
    changed: threading.Condition = field(init=False)
    ends: float = 0.0
    total: int = 0
    leased: int = 0
    owed: int = 0
    waiting: int = 0
    trip: Trip | None = None

    def __post_init__(self) -> None:
        self.changed = threading.Condition(self.lock)

    @property
    def left(self) -> int:
        """What nobody has taken yet, as far as this process knows."""
        return max(0, self.limit.most - self.total - self.owed)

    def turn(self, now: float) -> None:
        """Begin anew when the window is over. When the new one ends is a guess until the storage answers."""
        if now >= self.ends:
            self.total = self.leased = self.owed = 0
            self.ends = now + self.limit.seconds

    def ask(self, now: float) -> Trip:
        """Begin to ask for a lease: a part of what is left, but enough for all who wait."""
        part = 1 if self.limit.most <= SMALL else self.left // SHARE
        self.trip = Trip(now, max(1, part, min(self.waiting, self.left)), self.owed)
        return self.trip

    def learn(self, trip: Trip, counted: Counted) -> None:
        """Take over what the storage answered: of what was wanted, that part is leased which is within the limit."""
        ends = trip.started + counted.seconds_left
        if ends <= time.monotonic():
            return
        before = counted.total - trip.wanted
        self.leased += min(trip.wanted, max(0, self.limit.most - before))
        self.ends, self.total, self.owed = ends, counted.total, max(0, self.owed - trip.owed)

    def count_alone(self) -> bool:
        """Count one request without the storage; whether it is within the limit."""
        if not self.left:
            return False
        self.owed += 1
        return True
