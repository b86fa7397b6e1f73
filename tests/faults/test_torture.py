"""Writers that are killed and a database that crashes, again and again: nothing acknowledged is lost, nothing is half.

The same check on a database that acknowledges before the disk has it must fail: it can find what is lost.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from threading import Event

import pytest

from tests.faults.authors import Acknowledged
from tests.faults.cluster import Cluster
from tests.faults.crew import meanwhile
from tests.faults.ground import Ground, prepared
from tests.faults.promises import (
    assert_acknowledged_changes_are_there,
    assert_log_and_tables_agree,
    assert_no_version_is_partial,
    assert_revisions_have_no_gap,
    audit_log,
)
from tests.served import wait_until

WRITERS = 6
KILL_EVERY_S = 0.25
CRASH_EVERY_S = 8.0
ENOUGH = 100
"""So many changes must have been acknowledged."""


@dataclass(frozen=True, slots=True)
class Survived:
    """What was acknowledged, and how often what happened meanwhile."""

    acknowledged: tuple[Acknowledged, ...]
    kills: int
    crashes: int


@pytest.fixture(scope="module", params=[2, pytest.param(7, marks=pytest.mark.soak)], ids=["short", "long"])
def survived(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survived]:
    """The catalog after the database crashed so often."""
    with prepared(cluster, tmp_path_factory.mktemp("torture")) as ground:
        yield torture(ground, request.param)


def torture(ground: Ground, crashes: int) -> Survived:
    """Let authors write while they are killed, one after the other, until the database has crashed so often."""
    chance, kills, crashed_at = Random(4), round((crashes * CRASH_EVERY_S + 1) / KILL_EVERY_S), list[float]()
    writing = [ground.authors.start() for _ in range(WRITERS)]
    with meanwhile(crashing(ground.cluster, crashed_at)):
        for _ in range(kills):
            time.sleep(KILL_EVERY_S)
            place = chance.randrange(WRITERS)
            ground.crew.end(writing[place])
            writing[place] = ground.authors.start()
        # However slow the machine.
        wait_until(lambda: len(list(ground.authors.acknowledged())) > ENOUGH)
    for process in writing:
        ground.crew.end(process)
    return Survived(tuple(ground.authors.acknowledged()), kills, len(crashed_at))


def crashing(cluster: Cluster, at: list[float]) -> Callable[[Event], None]:
    """Crashes the database every so often, starts it again at once, and notes when."""
    begun = time.monotonic()

    def crash(done: Event) -> None:
        while not done.wait(begun + CRASH_EVERY_S * (len(at) + 1) - time.monotonic()):
            at.append(time.monotonic())
            cluster.crash()
            cluster.restart()

    return crash


def test_the_torture_was_one(survived: Survived) -> None:
    assert survived.kills > 60
    assert survived.crashes >= 2
    assert len(survived.acknowledged) > ENOUGH


def test_every_acknowledged_change_is_there(survived: Survived) -> None:
    assert_acknowledged_changes_are_there(survived.acknowledged, audit_log())


def test_revisions_have_no_gap(survived: Survived) -> None:
    assert_revisions_have_no_gap(audit_log())


def test_no_version_is_partial(survived: Survived) -> None:
    assert_no_version_is_partial(audit_log())


def test_the_audit_log_agrees_with_the_tables_and_each_tool_has_one_latest(survived: Survived) -> None:
    assert_log_and_tables_agree(audit_log())


@pytest.fixture
def forgetful(cluster: Cluster) -> Iterator[None]:
    """The cluster acknowledges changes long before they are on the disk."""
    cluster.execute("ALTER SYSTEM SET synchronous_commit = off")
    cluster.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    cluster.execute("SELECT pg_reload_conf()")
    yield
    cluster.restart()
    cluster.execute("ALTER SYSTEM RESET ALL")
    cluster.execute("SELECT pg_reload_conf()")


@pytest.mark.usefixtures("forgetful")
def test_the_check_finds_what_a_forgetful_database_loses(ground: Ground) -> None:
    writing = [ground.authors.start() for _ in range(WRITERS)]
    wait_until(lambda: len(list(ground.authors.acknowledged())) > 150, patience_s=30)
    ground.cluster.crash()
    for process in writing:
        ground.crew.end(process)
    ground.cluster.restart()
    with pytest.raises(AssertionError, match="acknowledged changes are lost"):
        assert_acknowledged_changes_are_there(list(ground.authors.acknowledged()), audit_log())
