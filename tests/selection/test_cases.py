"""Saved cases: what is expected, whether it holds, and who said so."""

from collections.abc import Callable
from typing import Any

import pytest

from app.actor import Actor, Role
from app.audit import log
from app.audit.log import AuditQuery
from app.errors import BadRequest, Conflict, Forbidden, NotFound
from app.selection import cases
from app.selection.cases import CaseContent, Expected, all_cases, case_named, change, check, delete, expected_of, save
from app.selection.live_index import indexed
from app.selection.models import SelectionCase
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.selection.rivals import GREP, INTENT, NAME, SED, content, rival, worse_grep

pytestmark = pytest.mark.usefixtures("app")

VIEWER = Actor("eve", "page", role=Role.VIEWER)
AUTHOR = Actor("ada", "page", role=Role.AUTHOR, reason="always so")


def saved(root: Actor, expected: str = GREP, **more: Any) -> SelectionCase:
    """A case that is saved."""
    return save(content(expected=expected, **more), actor=root)


def verdict(root: Actor, expected: str = GREP, **more: Any) -> tuple[bool, str]:
    """Whether a case holds, and the sentence about it."""
    found = check(saved(root, expected, **more), indexed().index)
    return found.holds, found.sentence


def audited() -> list[tuple[str, str | None, list[str]]]:
    """What the audit log tells of cases, oldest first: action, case, and the changes in words."""
    found = [one for one in log.entries(AuditQuery()) if one.action in cases.ACTIONS]
    return [(one.action, one.subject, [change["text"] for change in one.changes]) for one in found[::-1]]


def test_a_case_is_saved_as_it_was_said(root: Actor) -> None:
    request = {"intent": INTENT, "platform": "linux", "variables": {"N": 40}, "permissions": ["root"]}
    save(content(request=request, must_hold=True, note=" why "), actor=AUTHOR)
    (case,) = all_cases()
    assert (case.name, case.request, case.expected) == (NAME, request, GREP)
    assert (case.must_hold, case.note, case.created_by, case.updated_by) == (True, "why", "ada", "ada")
    assert case_named("find TEXT") is case


def test_a_name_is_had_by_one_case_whatever_its_capitals(root: Actor) -> None:
    saved(root)
    with pytest.raises(Conflict, match="There is a case called “Find text”"):
        save(content("find TEXT"), actor=root)
    other = save(content("Other"), actor=root)
    with pytest.raises(Conflict):
        change("Other", content("FIND text"), actor=root)
    assert change(NAME, content("FIND text"), actor=root).name == "FIND text"
    assert other.name == "Other"


@pytest.mark.parametrize("name", ["", " ", "-x", "a/b", "a\nb", "<b>", "a" * 101, "a\0b", "."])
def test_a_name_is_one_to_say(root: Actor, name: str) -> None:
    before = contents()
    with pytest.raises(BadRequest, match="The name of a case begins with"):
        save(content(name), actor=root)
    assert contents() == before


@pytest.mark.parametrize(
    "name", ["1", "Restart nginx (in production), safely", "Größe: prüfen", "a" * 100, "Bob's job"]
)
def test_a_name_may_be_a_sentence(root: Actor, name: str) -> None:
    assert save(content(f" {name} "), actor=root).name == name


def test_there_are_only_so_many(root: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MOST_CASES", 2)
    save(content("One"), actor=root)
    save(content("Two"), actor=root)
    with pytest.raises(Conflict, match="There are 2 saved cases, as many as there may be"):
        save(content("Three"), actor=root)
    change("Two", content("Three"), actor=root)


@pytest.mark.parametrize(
    "act",
    [
        lambda: save(content("Other"), actor=VIEWER),
        lambda: change(NAME, content(), actor=VIEWER),
        lambda: delete(NAME, actor=VIEWER),
    ],
)
def test_who_only_reads_changes_none(root: Actor, act: Callable[[], object]) -> None:
    saved(root)
    before = contents()
    with pytest.raises(Forbidden):
        act()
    assert contents() == before


def test_what_is_not_there_is_not_changed_and_near_names_are_told(root: Actor) -> None:
    saved(root)
    with pytest.raises(NotFound, match=r"Did you mean Find text\?"):
        change("Find texts", content(), actor=root)
    with pytest.raises(NotFound):
        delete("Other", actor=root)


@pytest.mark.parametrize("note", ["x" * 1_001, "a\0b"])
def test_a_note_is_bounded(root: Actor, note: str) -> None:
    with pytest.raises(BadRequest, match="A note has at most 1,000 characters"):
        saved(root, note=note)


def test_every_change_of_a_case_is_in_the_audit_log(root: Actor) -> None:
    save(content(must_hold=True), actor=AUTHOR)
    change(NAME, content("Find words", SED), actor=AUTHOR)
    change("Find words", content("Find words", SED), actor=AUTHOR)
    delete("Find words", actor=AUTHOR)
    assert audited() == [
        (
            "case_saved",
            NAME,
            [f"name: added “{NAME}”", "request: added", f"expected: added “{GREP}”", "must hold: added true"],
        ),
        (
            "case_changed",
            "Find words",
            [f"name: “{NAME}” → “Find words”", f"expected: {GREP} → {SED}", "must hold: true → false"],
        ),
        (
            "case_deleted",
            "Find words",
            ["name: removed “Find words”", "request: removed", f"expected: removed “{SED}”"],
        ),
    ]
    (entry, *_) = log.entries(AuditQuery())
    assert (entry.changed_by, entry.reason, entry.source, entry.tool_name) == ("ada", "always so", "page", None)


def test_everybody_may_read_what_was_done_with_cases(root: Actor) -> None:
    saved(root)
    assert [entry.action for entry in log.entries(AuditQuery(tells_of_people=False))] == ["case_saved"]


@pytest.mark.usefixtures("rivals")
def test_a_case_holds_while_its_pattern_is_first(root: Actor) -> None:
    assert verdict(root) == (True, f"{GREP} is first.")


@pytest.mark.usefixtures("rivals")
def test_a_broken_case_says_what_is_first_and_how_far_behind_its_own_is(root: Actor) -> None:
    holds, sentence = verdict(root, SED)
    assert not holds
    assert sentence.startswith(f"{GREP} is first; {SED} is number 2, with a score of 0.")


def test_a_broken_case_says_why_its_pattern_may_not_be_used(root: Actor, rivals: Caller) -> None:
    rivals.ok("PATCH", "/grep/disable")
    assert verdict(root)[1].startswith(f"{SED} is first; {GREP} may not be used: ")
    rivals.ok("PATCH", "/sed/disable")
    found = check(case_named(NAME), indexed().index)
    assert found.first is None
    assert found.sentence.startswith(f"Nothing can be chosen. {GREP} may not be used: ")


def test_a_broken_case_says_that_its_pattern_is_not_there(root: Actor, rivals: Caller) -> None:
    assert verdict(root, "rg.search")[1] == f"{GREP} is first; rg.search is not among the candidates."
    rivals.ok("DELETE", "/grep")
    rivals.ok("DELETE", "/sed")
    assert check(case_named(NAME), indexed().index).sentence.startswith("Nothing can be chosen. Nothing matches")


def test_a_capability_that_is_gone_breaks_a_case(root: Actor) -> None:
    told = verdict(root, request={"capabilities": ["no_such_thing"]})
    assert told == (False, "No tool has the capability “no_such_thing”.")


def test_a_request_of_an_earlier_release_breaks_a_case(root: Actor) -> None:
    case = saved(root)
    case.request = {"wish": "something"}
    assert check(case, indexed().index).sentence.startswith("Its request is none any more: wish: There is no “wish”.")


def test_checking_all_tells_each_by_name(root: Actor, rivals: Caller) -> None:
    save(content("b"), actor=root)
    save(content("A", SED), actor=root)
    assert [(one.case.name, one.verdict.holds) for one in cases.check_all(indexed().index)] == [
        ("A", False),
        ("b", True),
    ]
    rivals.ok("PUT", "/grep", json=worse_grep())
    assert [one.verdict.holds for one in cases.check_all(indexed().index)] == [True, False]


def test_what_is_expected_may_have_dots_on_either_side(root: Actor, caller: Caller) -> None:
    caller.ok("POST", json=rival("mkfs.ext4"))
    assert expected_of("mkfs.ext4.search_files", indexed().index) == Expected("mkfs.ext4", "search_files")
    assert expected_of(" grep.search.files ", indexed().index) == Expected("grep", "search.files")


@pytest.mark.parametrize("words", ["", "grep", ".x", "grep.", "gr ep.x", f"grep.{'x' * 101}", "grep.\0"])
def test_what_is_expected_is_a_tool_and_a_pattern(words: str) -> None:
    with pytest.raises(BadRequest, match=r"Say what is expected as tool\.pattern"):
        expected_of(words)


def test_a_content_is_compared_by_what_it_says() -> None:
    assert content() == CaseContent(NAME, content().request, Expected("grep", "search_files"))
