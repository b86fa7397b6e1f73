"""The pages of saved cases, and of what publishing would change."""

import re
from typing import Any

import pytest
from flask import Flask

from app.actor import Actor
from app.audit import log
from app.audit.log import AuditQuery
from app.definitions.documents import write_yaml
from app.selection.cases import all_cases, case_named, save
from app.selection.decisions import decision_log
from tests.accounts.browser import Browser, alert, words
from tests.catalog.caller import Caller
from tests.people import somebody
from tests.selection.rivals import GREP, INTENT, NAME, SED, content, grep, rival, worse_grep

PAGE = "/select/cases"
FORM = {"name": NAME, "expected": GREP, "intent": INTENT}


@pytest.fixture
def boss(app: Flask, rivals: Caller) -> Browser:
    """The administrator's browser."""
    return Browser(app).with_cookie(str(rivals.client.get_cookie("tool_catalog").value))  # type: ignore[union-attr]


@pytest.fixture
def eve(app: Flask, rivals: Caller) -> Browser:
    """A browser of somebody who only reads."""
    return Browser(app, somebody(app, "eve", "viewer"))


def sent(browser: Browser, path: str = PAGE, **form: str) -> Any:
    return browser.send(path, form, page=f"{PAGE}/new")


def test_without_cases_the_page_says_what_they_are_for(boss: Browser, eve: Browser) -> None:
    page = boss.get(PAGE).text
    assert "No saved cases" in page
    assert f'href="{PAGE}/new"' in page
    refused = eve.get(PAGE).text
    assert f'href="{PAGE}/new"' not in refused
    assert "eve is a viewer; creating tools needs the role author." in refused


def test_a_form_saves_a_case(boss: Browser) -> None:
    answer = sent(boss, **FORM, platform="linux", variables="N=40,pages=2", must_hold="yes", note="Why", explain="full")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    (case,) = all_cases()
    assert case.request == {"intent": INTENT, "platform": "linux", "variables": {"N": 40, "pages": 2}}
    assert (case.expected, case.must_hold, case.note, case.created_by) == (GREP, True, "Why", "admin")
    page = boss.get(PAGE).text
    assert f"The case {NAME} is saved." in page
    assert "Must hold" in words(page)
    assert "Holds" in words(page)
    assert "/select?intent=find+text+in+files&amp;platform=linux&amp;variables=N%3D40%2Cpages%3D2" in page


def test_a_broken_case_says_by_what(boss: Browser, rivals: Caller, root: Actor) -> None:
    save(content(), actor=root)
    rivals.ok("PUT", "/grep", json=worse_grep())
    told = words(boss.get(PAGE).text)
    assert "0 hold, 1 does not" in told
    assert f"Broken {SED} is first; {GREP} is number 2" in told
    assert "must hold do" not in told


def test_a_broken_case_that_must_hold_is_told_above(boss: Browser, root: Actor) -> None:
    save(content(expected=SED, must_hold=True), actor=root)
    assert "1 case that must hold does not hold now." in words(boss.get(PAGE).text)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "a/b"}, "The name of a case begins"),
        ({"expected": "grep"}, "Say what is expected as tool.pattern"),
        ({"intent": " "}, "The request cannot be kept: Say an intent, capabilities, or both"),
        ({"variables": "N"}, "The request cannot be kept: variables: Write name=value"),
        ({"note": "x" * 1_001}, "A note has at most 1,000 characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(boss: Browser, wrong: dict[str, str], said: str) -> None:
    answer = sent(boss, **{**FORM, "environment": "production", "must_hold": "yes", **wrong})
    assert answer.status_code == 400
    assert said in alert(answer.text)
    for name, value in {**FORM, **wrong}.items():
        if name not in {"note", "variables"}:
            assert value in answer.text
    assert '<input type="hidden" name="environment" value="production">' in answer.text
    assert re.search(r'name="must_hold" value="yes" checked', answer.text)
    assert all_cases() == []


def test_a_name_that_is_taken_is_said(boss: Browser, root: Actor) -> None:
    save(content(), actor=root)
    answer = sent(boss, **FORM)
    assert answer.status_code == 409
    assert f"There is a case called “{NAME}”." in alert(answer.text)


def test_a_form_changes_a_case(boss: Browser, root: Actor) -> None:
    save(content(must_hold=True, request={"intent": INTENT, "platform": "linux"}), actor=root)
    page = boss.get(f"{PAGE}/{NAME}/edit").text
    assert re.search(r'name="must_hold" value="yes" checked', page)
    assert f'name="replaces" value="{NAME}"' in page
    assert '<input type="hidden" name="platform" value="linux">' in page
    answer = sent(boss, **{**FORM, "name": "Other", "expected": SED, "replaces": NAME})
    assert answer.status_code == 303
    (case,) = all_cases()
    assert (case.name, case.expected, case.must_hold, case.request) == ("Other", SED, False, {"intent": INTENT})


def test_a_new_form_takes_the_request_of_its_address(boss: Browser) -> None:
    page = boss.get(f"{PAGE}/new?intent=find+text&platform=linux&expected={GREP}&wish=1").text
    assert re.search(r"<textarea[^>]*name=\"intent\"[^>]*>\nfind text</textarea>", page)
    assert '<input type="hidden" name="platform" value="linux">' in page
    assert f'name="expected" maxlength="201" required autocomplete="off" spellcheck="false" value="{GREP}"' in page
    assert "wish" not in page


def test_deleting_is_asked_about_first(boss: Browser, root: Actor) -> None:
    save(content(must_hold=True), actor=root)
    question = boss.get(f"{PAGE}/{NAME}/delete")
    assert "Delete the case Find text?" in words(question.text)
    assert "<html" in question.text
    fragment = boss.client.get(f"{PAGE}/{NAME}/delete", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    answer = sent(boss, f"{PAGE}/{NAME}/delete", reason="done with")
    assert answer.headers["Location"] == PAGE
    assert all_cases() == []
    assert log.entries(AuditQuery())[0].reason == "done with"


@pytest.mark.parametrize("path", ["/new", f"/{NAME}/edit", f"/{NAME}/delete"])
def test_who_only_reads_gets_no_form(eve: Browser, root: Actor, path: str) -> None:
    save(content(), actor=root)
    assert eve.get(PAGE + path).status_code == 403


def test_a_form_without_its_token_changes_nothing(boss: Browser) -> None:
    assert boss.post(PAGE, FORM).status_code == 400
    assert all_cases() == []


@pytest.mark.parametrize("path", ["edit", "delete"])
def test_a_case_that_is_not_there_is_not_found(boss: Browser, path: str) -> None:
    assert boss.get(f"{PAGE}/Nothing/{path}").status_code == 404


# The publish page.


def draft_of(browser: Browser, body: dict[str, Any]) -> str:
    """A draft of grep that says this, as text."""
    place = str(browser.get("/tools/grep/edit").headers["Location"])
    shown = browser.get(f"{place}/text").text
    step = re.search(r'name="step"[^>]* value="(\d+)"', shown)
    form = {"text": write_yaml(body), "step": step[1] if step else "", "act": ""}
    assert browser.send(f"{place}/text", form, page=f"{place}/text").status_code < 400
    return place


def test_the_publish_page_tells_the_impact(boss: Browser, rivals: Caller, root: Actor) -> None:
    save(content(), actor=root)
    for _ in range(2):
        rivals.client.post("/api/v1/select", json={"intent": INTENT})
    decision_log().flush()
    page = boss.get(f"{draft_of(boss, worse_grep())}/publish").text
    told = words(page)
    assert "What orchestrators would choose differently 2" in told
    assert f"Find text Would break {SED} is first; {GREP} is number 2" in told
    assert f"“{INTENT}” asked 2 times {SED} comes first instead of {GREP}" in told
    assert "Of 1 recent request, asked 2 times, 1 would be answered differently: 2 of those times." in told
    assert 'name="waive"' not in page


def test_without_impact_the_publish_page_says_so(boss: Browser, rivals: Caller) -> None:
    page = boss.get(f"{draft_of(boss, {**grep(), 'description': 'Other words'})}/publish").text
    assert "Nothing was asked lately, so there is nothing to compare." in words(page)


def test_a_draft_with_errors_has_no_impact(boss: Browser, rivals: Caller) -> None:
    page = boss.get(f"{draft_of(boss, rival('grep', time_estimate_ms='ceil(N'))}/publish").text
    assert 'id="impact"' not in page


def test_publishing_what_breaks_a_case_that_must_hold_takes_a_reason(
    boss: Browser, rivals: Caller, root: Actor
) -> None:
    save(content(must_hold=True), actor=root)
    place = draft_of(boss, worse_grep())
    page = boss.get(f"{place}/publish").text
    assert "1 saved case that must hold would break" in words(page)
    assert re.search(r'<input id="waive" name="waive"[^>]* required', page)
    for nothing in ({}, {"waive": ""}, {"waive": "  "}):
        refused = boss.send(f"{place}/publish", {"version": "1.1", **nothing}, page=f"{place}/publish")
        assert refused.status_code == 409
        assert f"The saved case “{NAME}” must hold, and would not" in alert(refused.text)
    answer = boss.send(f"{place}/publish", {"version": "1.1", "waive": "so it is"}, page=f"{place}/publish")
    assert answer.status_code == 303
    (entry,) = log.entries(AuditQuery(action="cases_waived"))
    assert (entry.tool_name, entry.reason, entry.source) == ("grep", "so it is", "page")


def test_rolling_back_to_what_breaks_a_case_asks_for_a_reason(boss: Browser, rivals: Caller, root: Actor) -> None:
    rivals.ok("PUT", "/grep", json=worse_grep())
    save(content(expected=SED, must_hold=True), actor=root)
    address = "/tools/grep/versions/1.0/promote"
    assert 'name="waive"' not in boss.get(address).text
    refused = boss.send(address, {"reason": "quicker"}, page=address)
    assert refused.status_code == 409
    assert f"The saved case “{NAME}” must hold" in alert(refused.text)
    assert re.search(r'<input id="waive" name="waive"[^>]* required', refused.text)
    assert boss.send(address, {"reason": "quicker", "waive": "we want grep"}, page=address).status_code == 303
    assert rivals.read()["version"] == "1.0"


def test_an_import_that_breaks_a_case_asks_for_a_reason(boss: Browser, rivals: Caller, root: Actor) -> None:
    save(content(must_hold=True), actor=root)
    staged = boss.send("/import", {"pasted": write_yaml(worse_grep())}, page="/import")
    place = str(staged.headers["Location"])
    form = {"on_conflict": "new_version"}
    refused = boss.send(place, form, page=f"{place}?on_conflict=new_version")
    assert f"The saved case “{NAME}” must hold" in alert(refused.text)
    assert re.search(r'<input id="waive" name="waive"[^>]* required', refused.text)
    assert boss.send(place, {**form, "waive": "so it is"}, page=place).status_code == 303
    assert rivals.read()["version"] == "1.1"
    assert case_named(NAME).must_hold
