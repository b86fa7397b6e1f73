"""Proposals: a version or a draft by a short text, and one request tried against it."""

import pytest
from flask import Flask

from app.actor import command_actor
from app.drafts import service as drafts
from app.errors import BadRequest, NotFound
from app.selection.engine import UnknownCapability
from app.selection.live_index import indexed
from app.selection.proposals import proposed
from app.selection.request import SelectionRequest
from app.selection.trial import tried
from tests.catalog.caller import Caller
from tests.catalog.conftest import caller, noise
from tests.definition import PATTERN, definition

# Known to these tests by being here.
__all__ = ["caller", "noise"]

ADA, BOB = command_actor("ada"), command_actor("bob")
REQUEST = SelectionRequest(intent="search text in files")


@pytest.fixture
def versions(app: Flask, noise: Caller) -> Caller:
    """Two versions of grep, the latest far dearer."""
    noise.create("grep")
    dear = {"text_search": {"patterns": {"search_files": {**PATTERN, "cost_estimate": 5}}}}
    noise.update("grep", capabilities=dear)
    return noise


def test_a_version_is_found_by_tool_and_number(app: Flask, versions: Caller) -> None:
    with app.app_context():
        proposal = proposed("GREP@1.0", ADA)
    assert proposal.label == "grep 1.0"
    assert proposal.tool.key == "grep"
    assert proposal.tool.whole()["version"] == "1.0"


def test_a_draft_is_found_by_its_number_and_only_by_its_author(app: Flask, versions: Caller) -> None:
    with app.app_context():
        draft = drafts.begin(ADA, definition("rg"))
        assert proposed(f"draft:{draft.id}", ADA).label == "your draft of rg"
        with pytest.raises(NotFound):
            proposed(f"draft:{draft.id}", BOB)


@pytest.mark.parametrize("text", ["grep", "@1.0", "grep@", "draft:x", "draft:", "plan:1", "draft:" + "9" * 5000])
def test_what_names_nothing_is_refused_with_how_to_write_it(app: Flask, text: str) -> None:
    with app.app_context(), pytest.raises(BadRequest, match=r"systemctl@1\.1, or draft:12"):
        proposed(text, ADA)


@pytest.mark.parametrize("text", ["grep@9.9", "nothing@1.0", "grep@' OR 1=1 --", "draft:404"])
def test_what_is_not_there_is_said(app: Flask, versions: Caller, text: str) -> None:
    with app.app_context(), pytest.raises(NotFound):
        proposed(text, ADA)


def test_an_older_version_is_tried_in_the_place_of_the_latest(app: Flask, versions: Caller) -> None:
    with app.app_context():
        trial = tried(REQUEST, indexed(), proposed("grep@1.0", ADA))
    assert [one.candidate.version for one in trial.before.ranked if one.candidate.tool_name == "grep"] == ["1.1"]
    assert [one.candidate.version for one in trial.after.ranked if one.candidate.tool_name == "grep"] == ["1.0"]
    (move,) = [move for move in trial.comparison.moves if move.name == "grep.search_files"]
    assert move.why.startswith("costs 1 instead of 5")


def test_a_capability_that_only_the_proposal_has_is_answered_with_nothing_published(
    app: Flask, versions: Caller
) -> None:
    new = definition("rg", capabilities={"fast_search": {"patterns": {"search": PATTERN}}})
    with app.app_context():
        draft = drafts.begin(ADA, new)
        proposal, now = proposed(f"draft:{draft.id}", ADA), indexed()
        trial = tried(SelectionRequest(capabilities=["fast_search"]), now, proposal)
        assert trial.before.ranked == ()
        assert [one.candidate.tool_name for one in trial.after.ranked] == ["rg"]
        both = tried(SelectionRequest(capabilities=["fast_search", "text_search"]), now, proposal)
        assert {one.candidate.tool_name for one in both.before.ranked} >= {"grep", "find"}
        with pytest.raises(UnknownCapability):
            tried(SelectionRequest(capabilities=["slow_search"]), now, proposal)


def test_a_draft_that_says_nothing_yet_can_be_tried(app: Flask, versions: Caller) -> None:
    with app.app_context():
        draft = drafts.begin(ADA, {})
        trial = tried(REQUEST, indexed(), proposed(f"draft:{draft.id}", ADA))
    assert trial.label == "your draft of a new tool"
    assert trial.comparison.is_same_choice
