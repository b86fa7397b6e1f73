"""Timing calls in this process; the garbage collector runs as it does in production."""

import time
from collections.abc import Callable
from statistics import median

ENOUGH_S = 0.02


def seconds(call: Callable[[], object], rounds: int) -> float:
    """The time of one call, in seconds: the median of several rounds, each long enough for the clock."""
    times = _times_for(call)
    return median(_round(call, times) for _ in range(rounds))


def in_turns(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """The times of one call of each, in seconds, and first / second; medians of rounds measured in turns.

    A slow moment of the machine then hits both, and the ratio less than either.
    """
    counts = _times_for(first), _times_for(second)
    pairs = [(_round(first, counts[0]), _round(second, counts[1])) for _ in range(rounds)]
    return (
        median(one for one, _ in pairs),
        median(other for _, other in pairs),
        median(one / other for one, other in pairs),
    )


def _times_for(call: Callable[[], object]) -> int:
    """How often to call for a round of at least ENOUGH_S; finding it out warms up as well."""
    times = 1
    while (spent := _round(call, times) * times) < ENOUGH_S:
        times = max(2 * times, int(times * ENOUGH_S / max(spent, 1e-9)))
    return times


def _round(call: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times
