"""The decision log: counts by distinct request, without secrets and names, bounded, and in nobody's way."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.selection import decisions
from app.selection.decisions import DecisionLog, decision_log, decision_of, forget, recent
from app.selection.models import KeptSelection
from app.selection.request import SelectionRequest
from app.selection.service import try_out
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.selection.rivals import GREP, INTENT, body, worse_grep

SELECT = "/api/v1/select"
ANSWER: dict[str, Any] = {"candidates": [], "ambiguous": False, "revision": 7}


def rows() -> list[KeptSelection]:
    """What is kept, as it is in the database."""
    decision_log().flush()
    db.session.rollback()
    return list(db.session.scalars(select(KeptSelection).order_by(KeptSelection.id)))


def asked(intent: str) -> SelectionRequest:
    return SelectionRequest(intent=intent)


def log_of(kept: int = 100, sampled: float = 1.0) -> DecisionLog:
    """A log of its own, whose thread writes nothing by itself for a while."""
    engine = db.engine
    return DecisionLog(lambda: engine, kept, sampled)


def times(log: DecisionLog) -> dict[str, int]:
    """How often each intent is told to have been asked, once the log has written."""
    log.flush()
    return {one.request.intent: one.times for one in recent()}


def test_every_answer_is_counted_by_its_request(rivals: Caller) -> None:
    for _ in range(3):
        rivals.client.post(SELECT, json={"intent": INTENT})
    rivals.client.get(f"{SELECT}?intent=find+text+in+files")
    rivals.client.post(f"{SELECT}/batch", json={"requests": [{"intent": INTENT}, {"intent": "wubble"}]})
    first, second = rows()
    assert (first.request, first.times) == ({"intent": INTENT}, 5)
    assert (first.tool_name, first.version, first.pattern_name) == ("grep", "1.0", "search_files")
    assert (first.capability_name, first.ambiguous, first.revision) == ("text_search", False, 2)
    assert first.score is not None
    assert (second.request, second.times, second.tool_name) == ({"intent": "wubble"}, 1, None)


def test_counts_of_several_writings_are_added_and_the_last_answer_stays(rivals: Caller) -> None:
    rivals.client.post(SELECT, json={"intent": INTENT})
    (before,) = rows()
    first_at = before.first_at
    rivals.ok("PUT", "/grep", json=worse_grep())
    rivals.client.post(SELECT, json={"intent": INTENT})
    (after,) = rows()
    assert (after.times, after.tool_name, after.revision) == (2, "sed", 3)
    assert after.first_at == first_at < after.last_at


def test_how_much_is_told_makes_no_other_request(rivals: Caller) -> None:
    for more in ({}, {"limit": 1}, {"explain": "none"}, {"permissions": ["root"]}):
        rivals.client.post(SELECT, json={"intent": INTENT, **more})
    (one,) = rows()
    assert (one.request, one.times) == ({"intent": INTENT}, 4)


def test_no_secret_is_kept_and_nobody_who_asked(rivals: Caller) -> None:
    for secret in ("hunter2", "hunter3"):
        request = {"intent": f"{INTENT} password={secret}", "environment": f"token={secret}", "permissions": ["ada"]}
        rivals.client.post(SELECT, json=request)
    (one,) = rows()
    assert one.request == {"intent": f"{INTENT} password=…", "environment": "token=…"}
    assert one.times == 2
    kept = {column.name for column in KeptSelection.__table__.columns}
    assert kept.isdisjoint({"user_id", "asked_by", "created_by", "ip_address", "request_id"})


def test_trying_out_is_not_kept(rivals: Caller) -> None:
    try_out(asked(INTENT))
    rivals.client.post(f"{SELECT}/cases", json=body())
    rivals.ok("POST", "/grep/impact", json=worse_grep())
    assert rows() == []


def test_a_refused_request_is_not_kept(rivals: Caller) -> None:
    assert rivals.client.post(SELECT, json={"capabilities": ["nothing"]}).status_code == 404
    assert rivals.client.post(SELECT, json={}).status_code == 400
    assert rows() == []


def test_only_the_last_requests_are_kept(app: Flask) -> None:
    log = log_of(kept=3)
    for number in range(6):
        log.note(decision_of(asked(f"job {number}"), ANSWER))
        log.flush()
    log.note(decision_of(asked("job 3"), ANSWER))
    assert times(log) == {"job 3": 2, "job 4": 1, "job 5": 1}
    log.stop()


def test_of_none_kept_nothing_is_counted(app: Flask) -> None:
    for log in (log_of(kept=0), log_of(sampled=0.0)):
        log.note(decision_of(asked("job"), ANSWER))
        assert times(log) == {}


@pytest.mark.parametrize(("share", "counted"), [(1.0, 12), (0.5, 6), (0.25, 3), (0.75, 9), (0.01, 0)])
def test_of_a_share_every_so_many_th_is_counted(app: Flask, share: float, counted: int) -> None:
    log = log_of(sampled=share)
    for _ in range(12):
        log.note(decision_of(asked("job"), ANSWER))
    assert times(log).get("job", 0) == counted
    log.stop()


def test_what_waits_is_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOST_WAITING", 2)
    log = log_of()
    for number in range(4):
        log.note(decision_of(asked(f"job {number}"), ANSWER))
    log.note(decision_of(asked("job 0"), ANSWER))
    assert times(log) == {"job 0": 2, "job 1": 1}
    log.stop()


def test_without_a_database_nothing_fails_and_nothing_is_lost(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    log, write = log_of(), DecisionLog._write

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception("gone"))

    monkeypatch.setattr(DecisionLog, "_write", fail)
    log.note(decision_of(asked("job"), ANSWER))
    log.flush()
    log.note(decision_of(asked("job"), ANSWER))
    monkeypatch.setattr(DecisionLog, "_write", write)
    assert times(log) == {"job": 2}
    log.stop()


def test_it_writes_by_itself_and_what_is_left_when_it_stops(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "WRITE_EVERY_S", 0.01)
    log = log_of()
    log.note(decision_of(asked("job"), ANSWER))
    assert until(lambda: len(recent()) == 1)
    monkeypatch.setattr(decisions, "WRITE_EVERY_S", 60.0)
    other = log_of()
    other.note(decision_of(asked("job"), ANSWER))
    log.stop()
    other.stop()
    assert [one.times for one in recent()] == [2]
    other.note(decision_of(asked("job"), ANSWER))
    other.flush()
    assert [one.times for one in recent()] == [2]


def test_no_thread_starts_before_the_first_answer(app: Flask) -> None:
    log = log_of()
    assert log._thread is None
    log.stop()


def test_the_settings_say_how_many_and_which_share(app_with: Callable[..., Flask]) -> None:
    log = decisions.of(app_with(selections_kept=5, selections_sampled=0.5))
    assert (log._kept, log._share) == (5, 0.5)


def test_the_most_asked_come_first_with_what_was_chosen(rivals: Caller) -> None:
    for intent in ("wubble", INTENT, INTENT):
        rivals.client.post(SELECT, json={"intent": intent})
    decision_log().flush()
    assert [(one.request.intent, one.times, one.chosen) for one in recent()] == [(INTENT, 2, GREP), ("wubble", 1, None)]
    assert len(recent(1)) == 1


def test_what_cannot_be_read_any_more_is_left_out(app: Flask) -> None:
    kept = {"request_hash": "x", "request": {"wish": "of an earlier release"}, "revision": 1, "times": 1}
    with db.engine.begin() as connection:
        connection.execute(KeptSelection.__table__.insert().values(**kept))  # type: ignore[attr-defined]
    assert recent() == []


def test_all_of_it_can_be_forgotten(rivals: Caller) -> None:
    rivals.client.post(SELECT, json={"intent": INTENT})
    decision_log().flush()
    assert forget() == 1
    assert recent() == []
