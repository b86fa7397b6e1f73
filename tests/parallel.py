"""Things at the same time, and things that come to be true: for tests of what several people do at once."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def at_once(calls: Iterable[Callable[[], Result]]) -> list[Result]:
    """Make all calls at the same moment, a thread each, and return what they return, in their order."""
    waiting = list(calls)
    start = threading.Barrier(len(waiting))

    def started(call: Callable[[], Result]) -> Result:
        start.wait(timeout=10)
        return call()

    with ThreadPoolExecutor(len(waiting)) as threads:
        return list(threads.map(started, waiting))


def until(condition: Callable[[], bool], deadline_s: float = 10) -> bool:
    """Wait for a condition to hold; whether it did before the deadline."""
    end = time.monotonic() + deadline_s
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.005)
    return holds
