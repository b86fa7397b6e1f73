"""Serving processes in a storm: connections are cut, the database crashes, a process is paused.

Nobody misses a change, nobody serves what was never committed, and reads are answered throughout.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

import psycopg
import pytest

from app import database
from app.actor import command_actor
from app.catalog import changes
from app.catalog.live import load
from tests.faults.authors import body
from tests.faults.cluster import Cluster
from tests.faults.crew import meanwhile
from tests.faults.fleet import Member
from tests.faults.ground import Ground, prepared
from tests.faults.promises import (
    assert_acknowledged_changes_are_there,
    assert_revisions_have_no_gap,
    assert_seen_once_and_in_order,
    audit_log,
    committed_states,
)
from tests.faults.readers import Follower, Reader
from tests.served import wait_until

MEMBERS = 4
WRITERS = 4
CUT_EVERY_S = 0.15
CURRENT_WITHIN_S = 15
ALWAYS_THERE = "shared-0"


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it gets: changes by each writer and the rest after each, crashes of the database, and for how long a
    process is paused, seconds."""

    each: int
    rest_s: float
    crashes: int
    paused_s: float


STORM = Weather(each=60, rest_s=0.08, crashes=1, paused_s=4)
LONG_STORM = Weather(each=250, rest_s=0.1, crashes=2, paused_s=20)


class Storm:
    """One storm over a ground, and what everybody saw in it."""

    def __init__(self, ground: Ground, weather: Weather) -> None:
        self.ground = ground
        self.weather = weather
        self.cuts = 0
        self.members = ground.fleet.start(MEMBERS)
        self.readers = [Reader(member, ALWAYS_THERE) for member in self.members]
        # They begin with different members, and one of them with the one that is paused.
        self.followers = [Follower(self.members), Follower(self.members[::-1])]

    def rage(self) -> None:
        """Let it rage, until every change is made and everybody has seen the last one."""
        changes.create_tool(body(ALWAYS_THERE, "first"), actor=command_actor("test", reason="first"))
        self._wait_until_current(self.members)
        following = [follower.follow for follower in self.followers]
        with meanwhile(*(reader.read for reader in self.readers), *following):
            with meanwhile(self._cut_listeners):
                writing = [self.ground.authors.start(self.weather.each, self.weather.rest_s) for _ in range(WRITERS)]
                self._strike()
                for process in writing:
                    process.join(60)
            self._wait_until_current(self.members)
            wait_until(lambda: {follower.last for follower in self.followers} == {last_revision()}, patience_s=20)

    def _strike(self) -> None:
        """Pause a process, and let the database crash meanwhile; the others are soon current each time."""
        *awake, paused = self.members
        paused.pause()
        calm_s = self.weather.paused_s / (self.weather.crashes + 1)
        for _ in range(self.weather.crashes):
            time.sleep(calm_s)
            self.ground.cluster.crash()
            self.ground.cluster.restart()
            self._wait_until_current(awake)
        time.sleep(calm_s)
        paused.resume()

    def _wait_until_current(self, members: list[Member]) -> None:
        reached = last_revision()
        wait_until(
            lambda: all(member.revision >= reached for member in members),
            lambda: f"not at {reached}: {[member.revision for member in members]}",
            patience_s=CURRENT_WITHIN_S,
        )

    def _cut_listeners(self, done: Event) -> None:
        while not done.wait(CUT_EVERY_S):
            with suppress(psycopg.OperationalError):
                self.cuts += self.ground.cluster.cut_a_listener()


def last_revision() -> int:
    """The revision the database is at."""
    entries = audit_log()
    return entries[-1].revision if entries else 0


@pytest.fixture(scope="module", params=[STORM, pytest.param(LONG_STORM, marks=pytest.mark.soak)], ids=["short", "long"])
def storm(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Storm]:
    """A storm that is over."""
    with prepared(cluster, tmp_path_factory.mktemp("storm")) as ground:
        storm = Storm(ground, request.param)
        storm.rage()
        yield storm


def test_the_storm_was_one(storm: Storm) -> None:
    assert storm.cuts > 10
    assert len(list(storm.ground.authors.acknowledged())) == WRITERS * storm.weather.each


def test_nobody_misses_a_change(storm: Storm) -> None:
    assert_acknowledged_changes_are_there(list(storm.ground.authors.acknowledged()), audit_log())
    assert_revisions_have_no_gap(audit_log())
    with database.connect(storm.ground.settings) as connection:
        truth = load(connection)
    served = [member.served[-1] for member in storm.members]
    assert {(one.revision, one.content_hash) for one in served} == {(truth.revision, truth.content_hash)}


def test_served_revisions_only_grow(storm: Storm) -> None:
    for member in storm.members:
        revisions = [one.revision for one in member.served]
        assert revisions == sorted(set(revisions))


def test_reads_are_answered_throughout(storm: Storm) -> None:
    assert [set(reader.statuses) for reader in storm.readers] == [{200}] * MEMBERS
    assert min(reader.statuses.total() for reader in storm.readers) >= 10


def test_nobody_serves_a_tool_that_was_never_committed(storm: Storm) -> None:
    committed = committed_states()
    for reader in storm.readers:
        assert len(reader.states) > 20
        assert reader.states <= committed


def test_a_reader_of_the_feed_sees_every_change_once_and_in_order_whoever_answers(storm: Storm) -> None:
    for follower in storm.followers:
        assert_seen_once_and_in_order(follower.seen, range(1, last_revision() + 1))
        assert follower.refused.keys() <= {503}
