"""A process that is killed in the middle of a change: the change is there, or it is not, and others go on."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from app.actor import command_actor
from app.catalog import changes
from app.config import Settings
from app.extensions import db
from app.factory import create_app
from tests.contents import contents
from tests.faults.authors import body
from tests.faults.cluster import Cluster
from tests.faults.ground import Ground, prepared
from tests.faults.promises import (
    assert_chain_verifies,
    assert_log_and_tables_agree,
    assert_no_version_is_partial,
    assert_revisions_have_no_gap,
    audit_log,
    rows,
)
from tests.faults.replay import replayed, stored

EVE = command_actor("eve", "second")
# The moments of a change, as the session tells them, and how often each must come before the process is killed. The
# second flush moves the latest, the third writes the version, and the last the audit entry.
BEFORE_THE_COMMIT = [
    ("before_flush", 1),
    ("after_flush", 1),
    ("after_flush", 2),
    ("after_flush", 3),
    ("before_commit", 1),
]


@pytest.fixture(scope="module")
def ground(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A catalog with one tool."""
    with prepared(cluster, tmp_path_factory.mktemp("killed")) as ground:
        changes.create_tool(body("grep", "first"), actor=command_actor("eve", "first"))
        yield ground


def change_and_die(settings: Settings, moment: str, times: int) -> None:
    """Make a new version, in a process of its own, and be killed at this moment of it."""
    left = times

    def die(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with create_app(settings).app_context():
        event.listen(db.session, moment, die)
        changes.put_tool("grep", body("grep", "second"), actor=EVE)


def assert_killed(ground: Ground, moment: str, times: int) -> None:
    """Have a process killed at this moment."""
    process = ground.crew.start(change_and_die, ground.settings, moment, times)
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


def assert_all_fits() -> None:
    entries = audit_log()
    assert_revisions_have_no_gap(entries)
    assert_chain_verifies()
    assert_no_version_is_partial(entries)
    assert_log_and_tables_agree(entries)
    assert replayed(entries) == stored(rows())


@pytest.mark.parametrize(("moment", "times"), BEFORE_THE_COMMIT, ids=str)
def test_killed_before_the_commit_nothing_is_there(ground: Ground, moment: str, times: int) -> None:
    before = contents()
    assert_killed(ground, moment, times)
    assert contents() == before
    assert_all_fits()
    changes.set_enabled("grep", False, actor=EVE)
    changes.set_enabled("grep", True, actor=EVE)


def test_killed_after_the_commit_before_anybody_is_answered_all_is_there(ground: Ground) -> None:
    before = len(audit_log())
    assert_killed(ground, "after_commit", 1)
    entries = audit_log()
    assert [(entry.action, entry.reason) for entry in entries[before:]] == [("updated", "second")]
    assert_all_fits()
    assert changes.put_tool("grep", body("grep", "third"), actor=EVE).description == "third"
