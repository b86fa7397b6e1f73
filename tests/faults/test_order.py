"""Revision order is commit order: a reader that goes on from the last number it saw misses nothing."""

import random
import time
from collections.abc import Callable, Sequence
from threading import Event

import psycopg
import pytest
from sqlalchemy import text

from app import database
from app.config import Settings
from app.extensions import SCHEMA
from tests.faults.authors import Authors
from tests.faults.crew import meanwhile
from tests.faults.fleet import Fleet, Member
from tests.faults.ground import Ground
from tests.faults.promises import assert_seen_once_and_in_order
from tests.owner import owning
from tests.served import wait_until

WRITERS = 6
EACH = 25
MANY = WRITERS * EACH
REST_S = 0.002
AFTER = "SELECT {number} FROM {table} WHERE {number} > %s ORDER BY {number}"


def followed(after: Callable[[int], Sequence[int]], seen: list[int]) -> Callable[[Event], None]:
    """A reader that asks again and again for the numbers after the last one it saw; a last time when told to end."""

    def follow(done: Event) -> None:
        is_last = False
        while not is_last:
            is_last = done.wait(REST_S)
            seen.extend(after(seen[-1] if seen else 0))

    return follow


def in_table(connection: psycopg.Connection[tuple[int]], table: str, number: str) -> Callable[[int], Sequence[int]]:
    """Reads the numbers that are committed in a table."""
    statement = AFTER.format(table=table, number=number).encode()
    return lambda since: [row[0] for row in connection.execute(statement, [since])]


def in_feed(member: Member) -> Callable[[int], Sequence[int]]:
    """Reads the revisions that the feed of changes tells."""

    def after(since: int) -> Sequence[int]:
        answer = member.get(f"/api/v1/changes?since={since}&wait=0.5&limit=7").json
        assert since <= answer["revision"] <= answer["latest"], "told more than it serves"
        return [change["revision"] for change in answer["changes"]]

    return after


def let_all_write(authors: Authors) -> None:
    """Make MANY changes, as fast as all authors at once can."""
    for writing in [authors.start(EACH) for _ in range(WRITERS)]:
        writing.join(60)


def test_the_audit_log_read_by_revision_tells_every_change_once_and_in_order(ground: Ground) -> None:
    seen: list[int] = []
    with database.connect(ground.settings) as connection:
        connection.autocommit = True
        with meanwhile(followed(in_table(connection, f"{SCHEMA}.tool_audit_log", "revision"), seen)):
            let_all_write(ground.authors)
    assert_seen_once_and_in_order(seen, range(1, MANY + 1))


def test_the_feed_tells_every_change_once_and_in_order(fleet: Fleet, authors: Authors) -> None:
    seen: list[int] = []
    (member,) = fleet.start(1)
    with meanwhile(followed(in_feed(member), seen)):
        let_all_write(authors)
        wait_until(lambda: len(seen) >= MANY, lambda: f"only {len(seen)} told", patience_s=20)
    assert_seen_once_and_in_order(seen, range(1, MANY + 1))


def test_numbers_of_a_sequence_are_missed_by_the_same_reader(ground: Ground) -> None:
    """The negative control: numbers that are taken early and committed late, as with a SEQUENCE or an identity."""
    with owning() as connection:
        connection.execute(text(f"CREATE SEQUENCE {SCHEMA}.numbers"))
        connection.execute(text(f"CREATE TABLE {SCHEMA}.numbered (number bigint PRIMARY KEY)"))
    seen: list[int] = []
    with database.connect(ground.settings) as reading:
        reading.autocommit = True
        writing = [numbering(ground.settings, random.Random(seed)) for seed in range(WRITERS)]
        with meanwhile(followed(in_table(reading, f"{SCHEMA}.numbered", "number"), seen)), meanwhile(*writing):
            pass
    with pytest.raises(AssertionError, match="were missed"):
        assert_seen_once_and_in_order(seen, range(1, MANY + 1))


def numbering(settings: Settings, chance: random.Random) -> Callable[[Event], None]:
    """A writer who takes each number first, works a little, and commits then, as every transaction does."""

    def write(done: Event) -> None:
        with database.connect(settings) as connection:
            for _ in range(EACH):
                number = connection.execute(f"SELECT nextval('{SCHEMA}.numbers')").fetchone()
                time.sleep(chance.uniform(0, 0.005))
                connection.execute(f"INSERT INTO {SCHEMA}.numbered VALUES (%s)", number)
                connection.commit()

    return write
