"""Leases: never more than the limit, all of it, and nobody waits for a storage that does not answer."""

import threading
import time
from dataclasses import dataclass, field

import pytest
from limits.storage import MemoryStorage
from sqlalchemy.exc import OperationalError

from app.rate_limits import leases as leases_module
from app.rate_limits import storage as storages
from app.rate_limits.leases import Leases
from app.rate_limits.storage import Counted, PostgresStorage
from app.rate_limits.window import Limit, Trip, Window
from tests.parallel import at_once, until
from tests.rate_limits.table import end_windows, rows, silent, total

PATIENT_S = 30.0
"""Longer than any answer takes on a busy machine: what is tested is not the time."""


def patient(storage: PostgresStorage | MemoryStorage) -> Leases:
    """Leases that wait for every answer."""
    return Leases(storage, patience_s=PATIENT_S)


def admitted(leases: Leases, key: str, most: int, tries: int) -> int:
    """How many of so many requests were let through, in a window of an hour."""
    return sum(leases.admits(key, most, 3600) for _ in range(tries))


@pytest.mark.parametrize("most", [1, 2, 99, 100, 101, 1000])
def test_as_many_requests_as_the_limit_says_are_let_through(storage: PostgresStorage, most: int) -> None:
    leases = patient(storage)
    assert admitted(leases, "a", most, most) == most
    assert admitted(leases, "a", most, 3) == 0
    assert admitted(leases, "b", most, 1) == 1


def test_processes_that_take_turns_use_up_the_limit_together(storage: PostgresStorage) -> None:
    processes = [patient(storage) for _ in range(3)]
    answers = [leases.admits("a", 500, 3600) for _ in range(400) for leases in processes]
    assert answers.count(True) == 500


def test_threads_at_once_use_up_the_limit_together(storage: PostgresStorage) -> None:
    leases = patient(storage)
    assert sum(at_once([lambda: admitted(leases, "a", 50, 20)] * 8)) == 50
    assert sum(at_once([lambda: admitted(leases, "b", 1000, 200)] * 8)) == 1000


def test_a_small_limit_is_counted_one_by_one(storage: PostgresStorage) -> None:
    admitted(patient(storage), "a", 100, 3)
    assert total() == 3


def test_a_large_limit_is_leased_in_parts(storage: PostgresStorage) -> None:
    admitted(patient(storage), "a", 16_000, 1000)
    assert total() == 1000, "one trip"
    admitted(patient(storage), "a", 16_000, 1)
    assert total() == 1000 + 1000, "it does not know yet what is left"


def test_requests_beyond_the_limit_ask_nobody(storage: PostgresStorage) -> None:
    leases = patient(storage)
    admitted(leases, "a", 5, 6)
    storage.reset()
    assert admitted(leases, "a", 5, 10) == 0
    assert total() == 0


def test_the_next_window_lets_as_many_through_again(storage: PostgresStorage) -> None:
    leases = patient(storage)
    assert sum(leases.admits("a", 3, 1) for _ in range(3)) == 3
    assert until(lambda: leases.admits("a", 3, 1), deadline_s=5)


def test_a_lease_ends_with_its_window(storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    leases, now = patient(storage), time.monotonic
    assert admitted(leases, "a", 1600, 1) == 1
    storage.reset()
    monkeypatch.setattr(time, "monotonic", lambda: now() + 3601)
    assert admitted(leases, "a", 1600, 1) == 1
    assert total() == 100, "the 99 that were left of the first lease are gone: another one was asked for"


def test_what_is_over_is_removed_when_leases_are_taken(
    storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in "abc":
        storage.incr(key, 60)
    end_windows()
    monkeypatch.setattr(storages, "TIDY_EVERY_S", 0.0)
    assert admitted(patient(PostgresStorage(engine=storage._engine)), "d", 5, 1) == 1
    assert until(lambda: rows() == 1)


def test_an_answer_that_came_too_late_for_its_window_is_no_lease() -> None:
    window, now = Window(Limit("a", 1600, 60)), time.monotonic()
    window.learn(Trip(now - 10, wanted=100, owed=0), Counted(100, seconds_left=9))
    assert window.leased == 0
    window.learn(Trip(now - 10, wanted=100, owed=0), Counted(100, seconds_left=30))
    assert (window.leased, window.ends) == (100, now + 20)


def test_any_storage_of_the_library_can_be_leased_from() -> None:
    leases = patient(MemoryStorage())
    assert admitted(leases, "a", 1000, 1100) == 1000


def test_it_tells_how_long_the_window_lasts(storage: PostgresStorage) -> None:
    leases = patient(storage)
    assert leases.seconds_left("a", 3, 60) == 0
    leases.admits("a", 3, 60)
    assert 58 < leases.seconds_left("a", 3, 60) <= 60


def test_only_so_many_windows_are_kept_in_mind(storage: PostgresStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "MOST_WINDOWS", 10)
    leases = patient(storage)
    for number in range(50):
        leases.admits(f"address {number}", 3, 60)
        assert len(leases._windows) <= 10
    assert sum(leases.admits("address 49", 3, 60) for _ in range(3)) == 2, "the youngest are remembered"
    assert sum(leases.admits("address 0", 3, 60) for _ in range(3)) == 2, "forgotten ones are asked for"


@dataclass
class Slow:
    """A storage that answers when it is told to, and knows who asked."""

    answers: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, int]] = field(default_factory=list)
    fails: bool = False
    total: int = 0
    base_exceptions = (OperationalError,)

    def count(self, key: str, seconds: int, amount: int) -> Counted:
        """Count, as soon as this storage answers."""
        self.asked.append((key, amount))
        assert self.answers.wait(PATIENT_S)
        if self.fails:
            raise OperationalError("", {}, Exception())
        self.total += amount
        return Counted(self.total, float(seconds))

    def tidy(self) -> None:
        """Nothing is ever over."""


def leasing_from(storage: Slow, *, pause_s: float) -> Leases:
    """Leases from it that wait a moment for an answer."""
    leases = Leases(MemoryStorage(), patience_s=0.02, pause_s=pause_s)
    leases._counting = storage
    return leases


def came_back(leases: Leases) -> bool:
    """Whether no trip is under way."""
    return all(window.trip is None for window in leases._windows.values())


def test_while_an_answer_is_overdue_nobody_else_asks_and_the_process_counts_by_itself() -> None:
    storage = Slow()
    leases = leasing_from(storage, pause_s=0.0)
    assert [leases.admits("a", 3, 60) for _ in range(5)] == [True, True, True, False, False]
    assert [leases.admits("b", 2, 60) for _ in range(3)] == [True, True, False]
    assert storage.asked == [("a/3/60", 1)]
    storage.answers.set()
    assert until(lambda: came_back(leases))


def test_what_was_counted_alone_is_counted_together_afterwards() -> None:
    storage = Slow()
    leases = leasing_from(storage, pause_s=0.0)
    assert admitted(leases, "a", 10, 4) == 4
    storage.answers.set()
    assert until(lambda: came_back(leases))
    assert admitted(leases, "a", 10, 20) == 6
    assert storage.total == 10


def test_after_an_error_it_counts_by_itself_for_a_while_and_then_asks_again() -> None:
    storage = Slow(fails=True)
    storage.answers.set()
    leases = leasing_from(storage, pause_s=0.2)
    assert admitted(leases, "a", 10, 5) == 5
    assert len(storage.asked) == 1
    storage.fails = False
    assert until(lambda: leases.admits("b", 1000, 60) and len(storage.asked) > 1)
    assert until(lambda: storage.total > 0)


def test_threads_that_want_the_same_wait_for_one_trip() -> None:
    storage = Slow()
    leases = Leases(MemoryStorage(), patience_s=PATIENT_S)
    leases._counting = storage
    threads = [threading.Thread(target=leases.admits, args=("a", 50, 60)) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert until(lambda: sum(window.waiting for window in leases._windows.values()) == 6)
    assert len(storage.asked) == 1
    storage.answers.set()
    for thread in threads:
        thread.join(PATIENT_S)
    assert (len(storage.asked), storage.total) == (2, 6)


def test_a_silent_database_holds_nobody_up(storage: PostgresStorage) -> None:
    leases = Leases(storage)
    with silent():
        slowest = 0.0
        for number in range(20):
            started = time.monotonic()
            assert leases.admits(f"address {number}", 5, 60)
            slowest = max(slowest, time.monotonic() - started)
        assert slowest < 1
        assert len([thread for thread in threading.enumerate() if thread.name == "rate-limits"]) == 1
    assert until(lambda: came_back(leases))
