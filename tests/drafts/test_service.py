"""Drafts are bounded: how many there are, how many steps are kept, and what is forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.actor import Actor, Role, command_actor
from app.catalog import changes
from app.definitions.documents import document_of
from app.drafts import service
from app.drafts.models import Draft, DraftStep
from app.drafts.nodes import Work
from app.drafts.service import State
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import db
from tests.definition import definition

ROOT = command_actor("root")
ADA = Actor("ada", "page", role=Role.AUTHOR)


@pytest.fixture(autouse=True)
def tool(app: Flask) -> None:
    """A tool to draft versions of."""
    changes.create_tool(document_of(definition("grep")), actor=ROOT)


def write(draft: Draft, text: str, who: Actor = ROOT, what: str = "") -> None:
    """Take a step."""

    def change(_: State, now: State) -> tuple[State, str]:
        return State(Work.of({**now.work.document, "description": text}, now.work), None, {}), what or text

    service.save(draft.id, who, change)


def described(draft: Draft) -> Any:
    return service.state(service.find(draft.id, ROOT)).work.document["description"]


def test_old_steps_are_forgotten_and_undo_ends_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_STEPS", 5)
    draft = service.of_tool("grep", ROOT)
    for number in range(12):
        write(draft, f"Number {number}")
    steps = db.session.scalars(select(DraftStep.number).where(DraftStep.draft_id == draft.id)).all()
    assert len(steps) == 5
    undone = 0
    while service.undo(draft.id, ROOT)[1]:
        undone += 1
        assert undone < 12
    assert described(draft) != "Number 11"


def test_a_form_made_from_a_forgotten_step_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_STEPS", 2)
    draft = service.of_tool("grep", ROOT)
    for number in range(6):
        write(draft, f"Number {number}")
    seen = []

    def change(was: State, now: State) -> tuple[State, str]:
        seen.append(was.work.document["description"])
        return now, ""

    service.save(draft.id, ROOT, change, from_step=1)
    assert seen == ["Number 5"]


def test_nobody_has_more_drafts_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_DRAFTS", 2)
    first = service.begin(ROOT, {"tool_name": "a"})
    service.begin(ROOT, {"tool_name": "b"})
    with pytest.raises(Conflict, match="discard one first"):
        service.begin(ROOT, {"tool_name": "c"})
    service.begin(ADA, {"tool_name": "c"})
    service.discard(first.id, ROOT)
    service.begin(ROOT, {"tool_name": "c"})


def test_what_was_only_opened_is_no_draft_to_go_on_with() -> None:
    draft = service.of_tool("grep", ROOT)
    assert service.mine(ROOT) == []
    write(draft, "Written")
    assert [one.id for one in service.mine(ROOT)] == [draft.id]


def test_what_was_only_opened_begins_anew_from_a_newer_version() -> None:
    before = service.of_tool("grep", ROOT).id
    changes.merge_tool("grep", {"description": "Newer"}, actor=ROOT)
    draft = service.of_tool("grep", ROOT)
    assert (draft.base_version, described(draft)) == ("1.1", "Newer")
    assert draft.id != before


def test_what_was_only_opened_long_ago_is_forgotten() -> None:
    left = service.of_tool("grep", ROOT).id
    db.session.execute(update(Draft).values(seen_at=func.now() - service.LEFT_FOR - timedelta(minutes=1)))
    service.begin(ROOT, {"tool_name": "a"})
    with pytest.raises(NotFound):
        service.find(left, ROOT)


def test_what_was_discarded_long_ago_is_forgotten() -> None:
    old, new = (service.begin(ROOT, {"tool_name": name}) for name in "ab")
    service.discard(old.id, ROOT)
    db.session.execute(update(Draft).where(Draft.id == old.id).values(discarded_at=func.now() - timedelta(days=8)))
    service.discard(new.id, ROOT)
    with pytest.raises(NotFound):
        service.restore(old.id, ROOT)
    assert service.restore(new.id, ROOT).discarded_at is None


def test_viewers_begin_nothing_and_authors_only_what_is_theirs() -> None:
    with pytest.raises(Forbidden):
        service.begin(Actor("vic", "page", role=Role.VIEWER), {"tool_name": "a"})
    with pytest.raises(Forbidden):
        service.of_tool("grep", ADA)


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, 2**63, 10**40])
def test_a_number_that_is_no_drafts_is_not_found(number: int) -> None:
    for act in (service.find, service.restore, service.discard, service.undo):
        with pytest.raises(NotFound):
            act(number, ROOT)
