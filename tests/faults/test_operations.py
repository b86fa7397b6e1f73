"""Random operations by many processes at once: whatever they were, the catalog keeps every promise.

There is one latest version of every tool, revisions have no gap, every process serves what the database holds, the
audit log's chain verifies, and the log alone gives the same catalog again.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from app import database
from app.catalog.live import load
from tests.faults.cluster import Cluster
from tests.faults.ground import Ground, prepared
from tests.faults.operations import OPERATIONS, VERBS, Operation, Outcome, Picture, Worker
from tests.faults.promises import assert_chain_verifies, assert_revisions_have_no_gap, audit_log, rows
from tests.faults.replay import replayed, stored

WORKERS = 8
STEPS = 100
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


class Crowd:
    """Processes on one ground, and what became of all they were asked to do."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.workers = [Worker(ground.settings, ground.crew, f"worker{number}") for number in range(WORKERS)]
        self.outcomes: list[Outcome] = []

    def finish(self) -> None:
        """Wait until nobody does anything, and see that every promise was kept."""
        for worker in self.workers:
            self.outcomes.extend(worker.finish())
        assert [outcome for outcome in self.outcomes if outcome.is_fault] == []
        self._assert_kept()

    def _assert_kept(self) -> None:
        entries = audit_log()
        assert_revisions_have_no_gap(entries)
        # The chain numbers entries in the order of their revisions, which is that of their commits.
        assert entries == sorted(entries, key=lambda entry: entry.number)
        assert_chain_verifies()
        with database.connect(self.ground.settings) as connection:
            truth = load(connection)
        assert {worker.picture() for worker in self.workers} == {Picture(truth.revision, truth.content_hash)}
        # Fails also when a tool has not exactly one latest version.
        assert replayed(entries) == stored(rows())


@pytest.fixture
def crowd(cluster: Cluster, tmp_path: Path) -> Iterator[Crowd]:
    """Eight processes on an empty catalog."""
    with prepared(cluster, tmp_path) as ground:
        yield Crowd(ground)


def machine_of(crowd: Crowd) -> type[RuleBasedStateMachine]:
    """A state machine that gives these processes something to do."""

    class Machine(RuleBasedStateMachine):
        @rule(worker=st.sampled_from(crowd.workers), operation=OPERATIONS)
        def begin(self, worker: Worker, operation: Operation) -> None:
            worker.begin(operation)

        def teardown(self) -> None:
            crowd.finish()

    return Machine


@pytest.mark.parametrize("many", [600, pytest.param(10_000, marks=pytest.mark.soak)])
def test_random_operations_by_eight_processes_keep_every_promise(crowd: Crowd, many: int) -> None:
    unhurried = settings(
        # A run ends early now and then.
        max_examples=many // 75,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        # What failed depends on what the others did at that moment: there is nothing to shrink.
        phases=(Phase.generate,),
        suppress_health_check=UNHURRIED,
    )
    run_state_machine_as_test(machine_of(crowd), settings=unhurried)
    assert len(crowd.outcomes) >= many
    done = {outcome.operation.verb for outcome in crowd.outcomes if outcome.what == "done"}
    assert done == VERBS.keys()
    assert {"conflict", "not-found", "stale-change"} <= {outcome.what for outcome in crowd.outcomes}
