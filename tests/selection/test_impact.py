"""What would be chosen differently: asked lately, and saved."""

from typing import Any

import pytest

from app.actor import Actor
from app.catalog import changes
from app.definitions.documents import document_of
from app.errors import BadRequest, InvalidDefinition, NotFound
from app.selection import impact as module
from app.selection.cases import save
from app.selection.decisions import decision_log
from app.selection.impact import Impact, impact, promoted, proposed
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.selection.rivals import GREP, INTENT, NAME, SED, content, grep, rival, sed, worse_grep


@pytest.fixture
def asked(rivals: Caller) -> Caller:
    """A catalog in which three different things were asked, one of them three times."""
    requests = [{"intent": INTENT}] * 3 + [{"intent": INTENT, "platform": "linux"}, {"intent": "wubble"}]
    for request in requests:
        rivals.client.post("/api/v1/select", json=request)
    decision_log().flush()
    return rivals


def of(name: str, body: dict[str, Any]) -> Impact:
    """The impact of publishing a body."""
    return impact(proposed(name, document_of(body)), name)


@pytest.mark.usefixtures("asked")
def test_requests_that_would_be_answered_differently_are_told_the_most_asked_first() -> None:
    found = of("grep", worse_grep())
    assert (found.tool_name, found.revision, found.replayed, found.asked) == ("grep", 2, 3, 5)
    assert [(one.request.intent, one.request.platform, one.times) for one in found.changed] == [
        (INTENT, None, 3),
        (INTENT, "linux", 1),
    ]
    assert found.changed_times == 4
    first = found.changed[0]
    assert (str(first.before), str(first.after)) == (GREP, SED)
    assert first.before is not None
    assert (first.before.version, first.before.capability_name) == ("1.0", "text_search")
    assert first.sentence.startswith(f"{SED} comes first instead of {GREP}: {GREP} ")


@pytest.mark.usefixtures("asked")
def test_what_changes_no_choice_is_no_impact() -> None:
    found = of("grep", {"description": "What grep does, and more"})
    assert (found.replayed, found.changed, found.cases, found.blocking) == (3, [], [], [])


@pytest.mark.usefixtures("asked")
def test_another_way_of_running_is_a_difference() -> None:
    found = of("grep", rival("grep", policy={"max_cost": 5, "requires_approval": True, "production_safe": True}))
    told = [(str(one.before), str(one.after), one.sentence) for one in found.changed]
    assert told[0] == (GREP, GREP, f"{GREP} runs after a person agreed, no longer at once.")


@pytest.mark.usefixtures("asked")
def test_a_new_tool_has_an_impact() -> None:
    found = of("rg", rival("rg", time_estimate_ms=50, cost_estimate=0, complexity_score=0))
    assert {str(one.after) for one in found.changed} == {"rg.search_files"}


@pytest.mark.usefixtures("asked")
def test_a_tool_that_is_gone_has_an_impact() -> None:
    found = impact(None, "GREP")
    assert [str(one.after) for one in found.changed] == [SED, SED]
    assert found.changed[0].sentence == f"{SED} comes first instead of {GREP}: {GREP} is no candidate any more."


def test_where_nothing_can_be_chosen_that_is_told(asked: Caller) -> None:
    asked.ok("DELETE", "/sed")
    (first, *_) = impact(None, "grep").changed
    assert first.after is None
    assert first.sentence == f"Nothing may be used any more: {GREP} is no candidate any more."
    (refused, *_) = of("grep", {"enabled": False}).changed
    assert "may be used" in refused.sentence


@pytest.mark.usefixtures("asked")
def test_what_can_be_chosen_at_last_is_told() -> None:
    words = {"description": "Wubble", "typical_use_cases": ["wubble"]}
    (one,) = [one for one in of("wub", rival("wub", **words)).changed if one.request.intent == "wubble"]
    assert (one.before, one.sentence) == (
        None,
        "wub.search_files comes first, where nothing could be used: wub.search_files is a new candidate.",
    )


def test_a_capability_that_goes_with_the_tool_is_told(rivals: Caller) -> None:
    rivals.ok("DELETE", "/sed")
    rivals.client.post("/api/v1/select", json={"capabilities": ["text_search"]})
    decision_log().flush()
    (one,) = impact(None, "grep").changed
    assert one.sentence.endswith("no tool has the capability that is asked for.")


@pytest.mark.usefixtures("rivals")
def test_cases_that_break_or_hold_again_are_told_those_that_must_hold_first(root: Actor) -> None:
    save(content("A wish", SED), actor=root)
    save(content("Let it be"), actor=root)
    save(content(NAME, must_hold=True), actor=root)
    found = of("grep", worse_grep())
    told = [(one.case.name, one.holds, one.verdict.first) for one in found.cases]
    assert told == [(NAME, False, SED), ("Let it be", False, SED), ("A wish", True, SED)]
    assert [one.case.name for one in found.broken] == [NAME, "Let it be"]
    assert [one.case.name for one in found.blocking] == [NAME]
    assert found.cases_checked == 3
    assert of("grep", {"description": "Other"}).cases == []


def test_only_so_many_requests_are_asked_again(asked: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REPLAYED", 1)
    found = of("grep", worse_grep())
    assert (found.replayed, found.asked, len(found.changed)) == (1, 3, 1)


@pytest.mark.usefixtures("rivals")
def test_what_it_tells_is_what_happens(root: Actor, asked: Caller) -> None:
    told = {one.request.intent: str(one.after) for one in of("grep", worse_grep()).changed}
    changes.put_tool("grep", document_of(worse_grep()), actor=root)
    answer = asked.client.post("/api/v1/select", json={"intent": INTENT}).json["candidates"][0]  # type: ignore[index]
    assert told[INTENT] == f"{answer['tool_name']}.{answer['pattern_name']}"


@pytest.mark.usefixtures("asked")
def test_a_preview_changes_nothing() -> None:
    before = contents()
    of("grep", worse_grep())
    assert contents() == before


@pytest.mark.usefixtures("rivals")
def test_a_body_without_capabilities_is_merged_as_put_would() -> None:
    merged = proposed("grep", document_of({"metadata": {"author": "ada", "tags": None}}))
    assert merged["capabilities"] == grep()["capabilities"]
    assert merged["metadata"] == {"author": "ada"}


def test_lifecycle_goes_on_as_it_was(asked: Caller) -> None:
    asked.ok("PATCH", "/grep/disable")
    assert proposed("grep", document_of(worse_grep()))["enabled"] is False
    assert of("grep", worse_grep()).changed == []
    assert [str(one.after) for one in of("grep", {**grep(), "enabled": True}).changed] == [GREP, GREP]


@pytest.mark.usefixtures("rivals")
def test_a_draft_is_taken_as_published() -> None:
    assert proposed("grep", document_of({**grep(), "status": "draft"}))["status"] == "active"


def test_what_cannot_be_published_has_no_impact(rivals: Caller) -> None:
    with pytest.raises(InvalidDefinition):
        proposed("grep", document_of(rival("grep", time_estimate_ms="ceil(N")))
    with pytest.raises(NotFound, match="grep"):
        proposed("gerp", document_of({"description": "Other"}))
    with pytest.raises(BadRequest):
        proposed("grep", document_of({"tools": {"a": sed(), "b": sed()}}))


def test_promoting_an_older_version_has_an_impact(asked: Caller) -> None:
    asked.ok("PUT", "/grep", json=worse_grep())
    found = impact(promoted("grep", "1.0"), "grep")
    assert [str(one.after) for one in found.changed] == [GREP, GREP]
    assert found.changed[0].after is not None
    assert found.changed[0].after.version == "1.0"
    with pytest.raises(NotFound):
        promoted("grep", "7")
    asked.ok("PATCH", "/grep/disable")
    assert impact(promoted("grep", "1.0"), "grep").changed == []


def test_over_http_it_is_told_whole(asked: Caller, root: Actor) -> None:
    save(content(must_hold=True), actor=root)
    told = asked.ok("POST", "/grep/impact", json=worse_grep())
    assert (told["tool_name"], told["replayed"], told["changed_times"], told["blocks"]) == ("grep", 3, 4, True)
    assert told["changed"][0]["request"] == {"intent": INTENT}
    assert told["changed"][0]["after"]["tool_name"] == "sed"
    (case,) = told["cases"]
    assert (case["name"], case["must_hold"], case["holds"], case["first"]) == (NAME, True, False, SED)
    assert asked.ok("POST", "/grep/impact?version=1.0")["changed"] == []
    yaml = "description: Other\n"
    assert asked.ok("POST", "/grep/impact", data=yaml, content_type="application/yaml")["blocks"] is False


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/grep/impact", {"capabilities": {}}, 422),
        ("/gerp/impact", {"description": "x"}, 404),
        ("/grep/impact?version=9", None, 404),
        ("/grep/impact?wish=9", {"description": "x"}, 400),
    ],
)
def test_over_http_it_is_refused_in_words(rivals: Caller, path: str, body: Any, status: int) -> None:
    answer = rivals.send("POST", path, json=body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
