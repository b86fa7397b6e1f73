"""A case that must hold stands against publishing what breaks it — everywhere, unless somebody says why."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.actor import Actor, command_actor
from app.audit import log
from app.audit.log import AuditQuery
from app.catalog import bulk, changes, imports, undo
from app.catalog.imports import OnConflict, Source
from app.catalog.models import AuditEntry, Tool
from app.catalog.versions import known_versions, latest_of
from app.definitions.documents import document_of
from app.errors import CasesBroken
from app.extensions import db
from app.selection.cases import change, save
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.faults.replay import replayed, stored
from tests.selection.rivals import GREP, NAME, SED, content, grep, rival, worse_grep

WAIVED = command_actor("root", waiver="sed is what we want from now on")


@pytest.fixture(autouse=True)
def _grep_is_expected(rivals: Caller, root: Actor) -> None:
    """grep must be first."""
    save(content(must_hold=True), actor=root)


def draft_of(whole: dict[str, Any], version: str) -> None:
    """Store a version that nobody sees yet."""
    changes.put_tool("grep", document_of({**whole, "version": version, "status": "draft"}), actor=command_actor("root"))


def put(actor: Actor) -> object:
    return changes.put_tool("grep", document_of(worse_grep()), actor=actor)


def merge(actor: Actor) -> object:
    return changes.merge_tool("grep", {"capabilities": worse_grep()["capabilities"]}, actor=actor)


def create(actor: Actor) -> object:
    better = rival("rg", time_estimate_ms=50, cost_estimate=0, complexity_score=0)
    return changes.create_tool(document_of(better), actor=actor)


def promote(actor: Actor) -> object:
    put(WAIVED)
    changes.promote("grep", "1.0", actor=actor)
    return changes.promote("grep", "1.1", actor=actor)


def promote_a_draft(actor: Actor) -> object:
    draft_of(worse_grep(), "2.0")
    return changes.promote("grep", "2.0", actor=actor)


def publish_a_draft(actor: Actor) -> object:
    draft_of(worse_grep(), "2.0")
    return changes.set_status("grep", "active", version="2.0", actor=actor)


def import_(actor: Actor) -> object:
    documents = [Source(name, lambda whole=whole: document_of(whole)) for name, whole in _imported()]  # type: ignore[misc]
    return imports.import_tools(documents, actor=actor, on_conflict=OnConflict.NEW_VERSION)


def _imported() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "a", worse_grep()
    yield "b", rival("awk", description="Something else")


def tag(actor: Actor) -> object:
    put(WAIVED)
    changes.promote("grep", "1.0", actor=actor)
    # What a tag says counts as well: sed is found by these words, grep by none.
    words = ["find", "text", "files"]
    changes.merge_tool("sed", {"capabilities": grep()["capabilities"]}, actor=WAIVED)
    return bulk.apply(["sed"], bulk.Act.TAG, actor=actor, tags=words)


def take_back(actor: Actor) -> object:
    put(WAIVED)
    better = changes.put_tool("grep", document_of(grep()), actor=actor)
    return undo.undo(better.revision, better.revision, actor=actor)


ACTS: dict[str, Callable[[Actor], object]] = {
    "put": put,
    "merge": merge,
    "create": create,
    "promote": promote,
    "promote a draft": promote_a_draft,
    "publish a draft": publish_a_draft,
    "import": import_,
    "tag": tag,
    "undo": take_back,
}


def waivers() -> list[tuple[str | None, str | None, list[str], str | None]]:
    """What the audit log tells of waived cases, the newest first: tool, version, cases, why."""
    found = log.entries(AuditQuery(action="cases_waived"))
    return [(one.tool_name, one.version, [told["text"] for told in one.changes], one.reason) for one in found]


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_no_act_that_publishes_breaks_a_case_that_must_hold(root: Actor, act: Callable[[Actor], object]) -> None:
    with pytest.raises(CasesBroken) as refusal:
        act(root)
    (told,) = refusal.value.cases
    assert (told["name"], told["expected"]) == (NAME, GREP)
    assert told["first"] not in {None, GREP}
    assert str(told["first"]) in str(told["sentence"])
    assert "?waive=REASON" in refusal.value.detail
    assert "--waive REASON" in refusal.value.detail


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_waiver_lets_every_one_of_them_pass_and_is_audited(root: Actor, act: Callable[[Actor], object]) -> None:
    act(WAIVED)
    _, _, texts, reason = waivers()[0]
    assert texts[0].startswith(f"case “{NAME}”: {GREP} → ")
    assert reason == "sed is what we want from now on"


def test_a_refused_change_leaves_nothing_behind(root: Actor) -> None:
    before = contents()
    with pytest.raises(CasesBroken):
        put(root)
    assert contents() == before
    assert latest_of(known_versions("grep")).version == "1.0"


def test_the_entry_of_a_waiver_names_the_tool_and_its_version() -> None:
    put(WAIVED)
    told = f"case “{NAME}”: {GREP} → {SED}"
    assert waivers() == [("grep", "1.1", [told], "sed is what we want from now on")]
    (entry,) = log.entries(AuditQuery(action="cases_waived"))
    assert entry.revision is None
    assert entry in log.entries(AuditQuery(tool="grep", tells_of_people=False))


def test_the_entry_of_a_waiver_for_many_names_none_of_them() -> None:
    import_(WAIVED)
    (entry,) = log.entries(AuditQuery(action="cases_waived", tells_of_people=False))
    assert (entry.tool_name, entry.subject) == (None, "2 tools")


def test_the_log_still_gives_the_catalog_again(app: Flask) -> None:
    put(WAIVED)
    entries = db.session.query(AuditEntry).order_by(AuditEntry.number).all()
    assert replayed(entries) == stored(db.session.query(Tool).all())


def test_a_waiver_of_nothing_is_not_told() -> None:
    changes.merge_tool("grep", {"description": "Find text in files"}, actor=WAIVED)
    assert waivers() == []


@pytest.mark.parametrize(
    "act",
    [
        lambda actor: changes.set_enabled("grep", False, actor=actor),
        lambda actor: changes.set_status("grep", "deprecated", actor=actor),
        lambda actor: changes.delete_tool("grep", actor=actor),
        lambda actor: bulk.apply(["grep"], bulk.Act.DISABLE, actor=actor),
        lambda actor: bulk.apply(["grep"], bulk.Act.DELETE, actor=actor),
        lambda actor: changes.set_owner("grep", "admin", actor=actor),
        lambda actor: changes.put_tool("grep", document_of({**worse_grep(), "enabled": False}), actor=actor),
        lambda actor: draft_of(worse_grep(), "2.0"),
    ],
    ids=["disable", "deprecate", "delete", "disable many", "delete many", "hand over", "put disabled", "draft"],
)
def test_brakes_and_what_nobody_sees_are_never_held_back(root: Actor, act: Callable[[Actor], object]) -> None:
    act(root)


def test_switching_on_again_is_never_held_back(root: Actor) -> None:
    changes.set_enabled("grep", False, actor=root)
    change(NAME, content(expected=SED, must_hold=True), actor=root)
    changes.set_enabled("grep", True, actor=root)
    assert latest_of(known_versions("grep")).enabled


def test_deleting_the_latest_version_is_never_held_back(root: Actor) -> None:
    put(WAIVED)
    changes.promote("grep", "1.0", actor=root)
    changes.delete_version("grep", "1.0", actor=root)
    assert latest_of(known_versions("grep")).version == "1.1"


def test_a_case_that_need_not_hold_holds_nothing_back(root: Actor) -> None:
    change(NAME, content(must_hold=False), actor=root)
    put(root)


def test_a_case_that_is_broken_already_holds_nothing_back(root: Actor) -> None:
    put(WAIVED)
    changes.merge_tool("grep", {"description": "Still worse"}, actor=root)


def test_a_change_that_mends_a_case_is_not_held_back(root: Actor) -> None:
    put(WAIVED)
    changes.put_tool("grep", document_of(grep()), actor=root)
    with pytest.raises(CasesBroken):
        put(root)


def test_what_an_import_brings_is_looked_at_together(root: Actor) -> None:
    """sed gets worse in the same import, so grep stays first."""
    worse_sed = rival("sed", time_estimate_ms=59_000, cost_estimate=9)
    sources = [Source("a", lambda: document_of(worse_grep())), Source("b", lambda: document_of(worse_sed))]
    imports.import_tools(sources, actor=root, on_conflict=OnConflict.NEW_VERSION)


def test_a_dry_run_is_not_held_back(root: Actor) -> None:
    sources = [Source("a", lambda: document_of(worse_grep()))]
    imports.import_tools(sources, actor=root, on_conflict=OnConflict.NEW_VERSION, dry_run=True)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that is sent meanwhile."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_without_cases_that_must_hold_one_short_query_is_all_it_costs(
    root: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(NAME, content(must_hold=False), actor=root)

    def never(*_: object) -> None:
        raise AssertionError("the index was asked for")

    monkeypatch.setattr("app.selection.guard.indexed", never)
    with statements() as sent:
        put(root)
    assert sum("selection_cases" in one for one in sent) == 1
    with statements() as sent:
        changes.set_enabled("grep", False, actor=root)
    assert sum("selection_cases" in one for one in sent) == 0


def test_json_says_what_breaks_and_takes_a_waiver_in_the_address(rivals: Caller) -> None:
    answer = rivals.send("PUT", "/grep", json=worse_grep())
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    problem = answer.get_json()
    assert problem["type"] == "urn:tool-catalog:problem:cases-broken"
    assert [(one["name"], one["expected"], one["first"]) for one in problem["cases"]] == [(NAME, GREP, SED)]
    for empty in ("", "%20"):
        assert rivals.send("PUT", f"/grep?waive={empty}", json=worse_grep()).status_code == 409
    assert rivals.ok("PUT", "/grep?waive=because&reason=new+disk", json=worse_grep())["version"] == "1.1"
    assert waivers()[0][3] == "because"
    assert log.entries(AuditQuery(action="updated"))[0].reason == "new disk"


def test_an_import_over_http_takes_a_waiver(rivals: Caller) -> None:
    body = {"tools": [worse_grep()], "on_conflict": "new_version"}
    assert rivals.send("POST", "/import", json=body).status_code == 409
    assert rivals.ok("POST", "/import?waive=because", json=body)["new_version"] == 1
