"""What the client holds in memory: the snapshot, when it was last confirmed, and waiting for a better one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from catalog_client.change import Change
from catalog_client.moment import Moment
from catalog_client.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot, and how it stands.

    Attributes:
        confirmed: when the server last said that it is current.
        last: the change that made its revision, once known.
    """

    snapshot: Snapshot
    confirmed: Moment
    last: Change | None


class Replica:
    """One reference that readers read without waiting, and one thread replaces."""

    def __init__(self) -> None:
        self._held: Held | None = None
        self._is_current = False
        self._replaced = threading.Condition()

    @property
    def held(self) -> Held | None:
        """What is held now; None before anything was loaded."""
        return self._held

    @property
    def is_current(self) -> bool:
        """Whether the server confirmed it, and nothing failed since."""
        return self._is_current

    def replace(self, held: Held, *, is_current: bool) -> None:
        """Hold this from now on."""
        with self._replaced:
            self._held, self._is_current = held, is_current
            self._replaced.notify_all()

    def doubt(self) -> None:
        """Take note that the server does not confirm it any more."""
        self._is_current = False

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for something to be so of what is held; whether it is."""
        with self._replaced:
            return self._replaced.wait_for(is_so, timeout_s)
