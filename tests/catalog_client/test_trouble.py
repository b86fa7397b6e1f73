"""Resting after failures, and saying what is wrong once."""

import logging

import pytest

from catalog_client import Refused, Unreachable
from catalog_client.trouble import FIRST_REST_S, LONGEST_REST_S, Trouble


def test_rests_grow_up_to_the_longest() -> None:
    trouble = Trouble("http://x")
    rests = [trouble.met(Unreachable("no")) for _ in range(40)]
    assert 0 < rests[0] <= FIRST_REST_S
    assert all(rest <= min(LONGEST_REST_S, FIRST_REST_S * 2**number) for number, rest in enumerate(rests))
    assert all(rest >= LONGEST_REST_S / 2 for rest in rests[10:])


def test_rests_of_many_clients_differ() -> None:
    assert len({Trouble("http://x").met(Unreachable("no")) for _ in range(20)}) > 10


def test_what_the_server_asks_for_is_the_least_rest() -> None:
    assert 30 <= Trouble("http://x").met(Refused(503, "busy", 30.0)) <= 45


def test_rests_begin_anew_once_all_is_well() -> None:
    trouble = Trouble("http://x")
    for _ in range(10):
        trouble.met(Unreachable("no"))
    trouble.over()
    assert trouble.error is None
    assert trouble.met(Unreachable("no")) <= FIRST_REST_S


def test_the_same_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble("http://x")
    with caplog.at_level(logging.INFO, "catalog_client"):
        for words in ("no", "no", "other", "other"):
            trouble.met(Unreachable(words))
        trouble.over()
        trouble.over()
    assert [record.getMessage() for record in caplog.records] == [
        "http://x: no",
        "http://x: other",
        "http://x answers again",
    ]
