"""When something was so, by two clocks: what is told of its age may be too much, but never too little."""

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, in seconds of the wall clock (since 1970) and of this process's steady clock.

    The wall clock goes on while the machine sleeps, and survives the process; it can also be set back, which the
    steady clock cannot.
    """

    wall: float
    steady: float

    @classmethod
    def now(cls) -> "Moment":
        """This moment."""
        return cls(time.time(), time.monotonic())

    @classmethod
    def remembered(cls, wall: float) -> "Moment":
        """One of an earlier process. If it lies ahead, the clock was set back since, and its age is anybody's guess."""
        passed = time.time() - wall
        return cls(wall, time.monotonic() - passed if passed >= 0 else -math.inf)

    @property
    def age_s(self) -> float:
        """Seconds since then; infinite when nobody can tell."""
        return max(0.0, time.time() - self.wall, time.monotonic() - self.steady)
