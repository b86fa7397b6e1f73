"""Saved cases over HTTP: what programs send, and what they are told."""

from typing import Any

import pytest
from flask import Flask

from app.selection.cases import all_cases
from tests.catalog.caller import Caller
from tests.people import somebody
from tests.selection.rivals import CASES, GREP, INTENT, NAME, SED, body, worse_grep

ONE = f"{CASES}/find%20text"


def test_a_case_is_saved_read_changed_and_deleted(rivals: Caller) -> None:
    client = rivals.client
    made = client.post(f"{CASES}?reason=x", json=body(must_hold=True, note="As it was"))
    assert made.status_code == 201
    assert made.headers["Location"].endswith("/api/v1/select/cases/Find%20text")
    told = made.get_json()
    assert (told["name"], told["request"], told["note"]) == (NAME, {"intent": INTENT}, "As it was")
    assert told["expected"] == {"tool_name": "grep", "pattern_name": "search_files"}
    assert (told["must_hold"], told["holds"], told["first"]) == (True, True, GREP)
    assert client.get(ONE).get_json() == told
    changed = client.put(ONE, json=body("Find words", SED)).get_json()
    assert (changed["name"], changed["must_hold"], changed["holds"], changed["first"]) == (
        "Find words",
        False,
        False,
        GREP,
    )
    assert client.get(ONE).status_code == 404
    assert client.delete(f"{CASES}/Find%20words").status_code == 204
    assert client.get(CASES).get_json()["cases"] == []


def test_the_list_says_which_are_broken(rivals: Caller) -> None:
    for name, expected in (("b", GREP), ("A", SED)):
        assert rivals.client.post(CASES, json=body(name, expected)).status_code == 201
    told = rivals.client.get(CASES).get_json()
    assert (told["total"], told["broken"], told["revision"]) == (2, 1, 2)
    assert [(case["name"], case["holds"]) for case in told["cases"]] == [("A", False), ("b", True)]
    rivals.ok("PUT", "/grep", json=worse_grep())
    told = rivals.client.get(CASES).get_json()
    assert [case["holds"] for case in told["cases"]] == [True, False]
    assert told["cases"][1]["sentence"].startswith(f"{SED} is first; {GREP} is number 2")


def test_a_repeat_with_the_same_key_saves_once(rivals: Caller) -> None:
    answers = [rivals.client.post(CASES, json=body(), headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].data == answers[1].data
    assert len(all_cases()) == 1


def test_the_reason_stands_in_the_audit_log(rivals: Caller) -> None:
    rivals.client.post(CASES, json=body(reason="from the body"))
    rivals.client.put(f"{ONE}?reason=from+the+address", json=body(expected=SED))
    rivals.client.delete(f"{ONE}?reason=not+needed")
    entries = rivals.client.get("/api/v1/audit?limit=3").get_json()["entries"]
    assert [one["action"] for one in entries] == ["case_deleted", "case_changed", "case_saved"]
    assert [one["reason"] for one in entries] == ["not needed", "from the address", "from the body"]


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"name": ""}, 400, "The name of a case"),
        ({"name": "a/b"}, 400, "The name of a case"),
        ({"request": {}}, 400, "Say an intent, capabilities, or both"),
        ({"request": {"intnet": "x"}}, 400, "Did you mean intent?"),
        ({"request": None}, 400, "request"),
        ({"request": "find text"}, 400, "request"),
        ({"expected": GREP}, 400, "expected"),
        ({"expected": {"tool_name": "grep"}}, 400, "expected"),
        ({"expected": {"tool_name": "gr ep", "pattern_name": "x"}}, 400, "the tool's name is none"),
        ({"must_hold": "perhaps"}, 400, "must_hold"),
        ({"wish": 1}, 400, "wish"),
        ({"name": NAME.upper()}, 409, "There is a case called"),
    ],
)
def test_what_is_no_case_is_refused_in_words(rivals: Caller, sent: dict[str, Any], status: int, words: str) -> None:
    assert rivals.client.post(CASES, json=body()).status_code == 201
    answer = rivals.client.post(CASES, json={**body("Other"), **sent})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert words in answer.get_json()["detail"]


@pytest.mark.parametrize(("content_type", "status"), [("text/plain", 415), ("application/json", 400)])
def test_a_body_is_json_or_yaml(rivals: Caller, content_type: str, status: int) -> None:
    assert rivals.client.post(CASES, data="{", content_type=content_type).status_code == status


def test_yaml_will_do_as_well(rivals: Caller) -> None:
    text = "name: A\nrequest: {intent: find text}\nexpected: {tool_name: grep, pattern_name: search_files}\n"
    assert rivals.client.post(CASES, data=text, content_type="application/yaml").status_code == 201


def test_a_case_that_is_not_there_is_told_with_near_ones(rivals: Caller) -> None:
    rivals.client.post(CASES, json=body())
    answer = rivals.client.get(f"{CASES}/Find%20txt")
    assert answer.status_code == 404
    assert "Did you mean Find text?" in answer.get_json()["detail"]


def test_viewers_read_cases_and_authors_write_them(app: Flask, rivals: Caller) -> None:
    rivals.client.post(CASES, json=body())
    viewer = somebody(app, "eve", "viewer").client(app)
    assert viewer.get(CASES).get_json()["total"] == 1
    assert viewer.post("/api/v1/tools/grep/impact", json=worse_grep()).status_code == 200
    refused = [viewer.post(CASES, json=body("B")), viewer.put(ONE, json=body()), viewer.delete(ONE)]
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    author = somebody(app, "ada", "author").client(app)
    assert author.put(ONE, json=body(note="mine")).get_json()["updated_by"] == "ada"
