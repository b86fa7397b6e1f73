"""Four processes that ask as fast as they can: together they get the limit, exactly."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import pytest
from limits.storage import MemoryStorage

from app.config import Settings
from app.database import engine_of
from app.factory import create_app
from app.rate_limits.leases import Leases
from app.rate_limits.storage import PostgresStorage
from tests.faults.crew import FORKING, Crew
from tests.parallel import at_once

PROCESSES, THREADS = 4, 2
LIMITS = (30, 200, 5_000)
PATIENT_S = 30.0
HOUR_S = 3600


@pytest.fixture
def crew() -> Iterator[Crew]:
    """Processes that end with the test."""
    crew = Crew()
    yield crew
    crew.close()


def hammer(settings: Settings, start: Barrier, told: Connection) -> None:
    """Ask until refused, for each limit, counted in the database and in this process's memory; tell how often it was
    let through.
    """
    app = create_app(replace(settings, pool_timeout_s=PATIENT_S))
    for storage in (PostgresStorage(engine=engine_of(app)), MemoryStorage()):
        leases = Leases(storage, patience_s=PATIENT_S)
        for limit in LIMITS:
            start.wait(PATIENT_S)
            told.send(sum(at_once([partial(until_refused, leases, limit)] * THREADS)))


def until_refused(leases: Leases, limit: int) -> int:
    """How many requests are let through before the first that is not."""
    let_through = 0
    while leases.admits("one key", limit, HOUR_S):
        let_through += 1
    return let_through


@pytest.mark.usefixtures("app")
def test_four_processes_get_the_limit_together_where_memory_would_give_it_to_each(
    settings: Settings, crew: Crew
) -> None:
    start, ends = FORKING.Barrier(PROCESSES), []
    for _ in range(PROCESSES):
        told, tells = FORKING.Pipe(duplex=False)
        crew.start(hammer, settings, start, tells)
        ends.append(told)
    assert all(told.poll(PATIENT_S) for told in ends)
    shares = [[told.recv() for _ in range(2 * len(LIMITS))] for told in ends]
    together = [sum(counts) for counts in zip(*shares, strict=True)]
    assert together == [*LIMITS, *(PROCESSES * limit for limit in LIMITS)]
    assert max(share[len(LIMITS) - 1] for share in shares) < LIMITS[-1], "they asked at the same time"
