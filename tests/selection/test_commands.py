"""`flask selection …`: what each command prints, and its exit code."""

import json
from pathlib import Path

import pytest
from flask import Flask

from app.actor import Actor
from app.definitions.documents import write_yaml
from app.selection.cases import all_cases, case_named, save
from app.selection.commands import commands
from app.selection.decisions import decision_log, recent
from tests.catalog.caller import Caller
from tests.selection.conftest import Run
from tests.selection.rivals import GREP, INTENT, NAME, SED, content, worse_grep


@pytest.fixture
def asked(rivals: Caller) -> Caller:
    """A catalog in which something was asked twice."""
    for _ in range(2):
        rivals.client.post("/api/v1/select", json={"intent": INTENT})
    decision_log().flush()
    return rivals


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A definition that makes grep worse."""
    path = tmp_path / "grep.yaml"
    path.write_text(write_yaml(worse_grep()), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_the_help_of_every_command_shows_an_example(application: Flask, name: str) -> None:
    told = application.test_cli_runner().invoke(args=["selection", name, "--help"])
    assert told.exit_code == 0
    assert f"Example: flask --app wsgi selection {name}" in " ".join(told.output.split())


@pytest.mark.usefixtures("rivals")
def test_asking_tells_the_ranking_and_why_and_is_not_kept(flask: Run) -> None:
    told = flask("selection", "ask", INTENT, "--platform", "linux", "--variables", "N=40", "--preference", "fast")
    first, second, *others = told.stdout.splitlines()
    assert (first.split()[0], first.split()[2]) == ("1", GREP)
    assert "220 ms" in first
    assert second.split()[2] == SED
    assert others[0].startswith(f"{GREP} is first: ")
    decision_log().flush()
    assert recent() == []


@pytest.mark.usefixtures("rivals")
def test_asking_as_json_is_the_answer_of_the_api(flask: Run) -> None:
    told = json.loads(flask("selection", "ask", INTENT, "--json", "--limit", "1").stdout)
    assert [one["tool_name"] for one in told["candidates"]] == ["grep"]
    assert told["total"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say an intent, capabilities, or both"),
        (["x", "--variables", "N"], "variables: Write name=value"),
        (["--capabilities", "text_serch"], "No tool has the capability “text_serch”. Did you mean text_search?"),
    ],
)
@pytest.mark.usefixtures("rivals")
def test_what_cannot_be_asked_is_said_in_a_line(flask: Run, words: list[str], said: str) -> None:
    told = flask("selection", "ask", *words)
    assert (told.exit_code, told.stdout) == (1, "")
    assert said in told.stderr


@pytest.mark.usefixtures("rivals")
def test_cases_are_saved_listed_checked_and_deleted(flask: Run, root: Actor) -> None:
    made = flask("selection", "save", NAME, GREP, INTENT, "--platform", "linux", "--must-hold", "--note", "Why")
    assert (made.exit_code, made.stdout) == (0, f"{NAME}: {GREP} is first.\n")
    case = case_named(NAME)
    assert (case.request, case.must_hold, case.note) == ({"intent": INTENT, "platform": "linux"}, True, "Why")
    save(content("Other", SED), actor=root)
    listed = flask("selection", "cases").stdout.splitlines()
    assert [line.split() for line in listed] == [["Find", "text", GREP, "must", "hold"], ["Other", SED]]
    checked = flask("selection", "check")
    assert checked.exit_code == 0
    assert checked.stdout.startswith(f"{NAME}: holds\nOther: broken: {GREP} is first; {SED} is number 2")
    told = json.loads(flask("selection", "check", "--json").stdout)
    assert [(one["name"], one["holds"]) for one in told] == [(NAME, True), ("Other", False)]
    assert json.loads(flask("selection", "cases", "--json").stdout)[0]["note"] == "Why"
    assert flask("selection", "delete-case", NAME, "--reason", "done").stdout == f"{NAME} is deleted.\n"
    assert [one.name for one in all_cases()] == ["Other"]


@pytest.mark.usefixtures("rivals")
def test_saving_under_a_name_that_is_there_changes_that_case(flask: Run, root: Actor) -> None:
    save(content(must_hold=True), actor=root)
    assert flask("selection", "save", "find TEXT", SED, INTENT).exit_code == 0
    (case,) = all_cases()
    assert (case.name, case.expected, case.must_hold) == ("find TEXT", SED, False)


@pytest.mark.usefixtures("rivals")
def test_a_broken_case_that_must_hold_is_exit_code_1(flask: Run, root: Actor) -> None:
    save(content(expected=SED, must_hold=True), actor=root)
    for words in ([], ["--json"]):
        assert flask("selection", "check", *words).exit_code == 1
    assert f"{NAME}: BROKEN, must hold: {GREP} is first" in flask("selection", "check").stdout


@pytest.mark.usefixtures("asked")
def test_what_was_asked_lately_is_told_and_forgotten(flask: Run) -> None:
    assert flask("selection", "recent").stdout.split() == ["2", GREP, *INTENT.split()]
    told = json.loads(flask("selection", "recent", "--json").stdout)
    assert told == [{"request": {"intent": INTENT}, "times": 2, "chosen": GREP}]
    assert flask("selection", "forget", "--yes").stdout == "1 requests removed.\n"
    assert "Nothing was asked yet." in flask("selection", "recent").stderr


@pytest.mark.usefixtures("asked")
def test_impact_of_a_file_and_of_a_version(flask: Run, file: Path, root: Actor) -> None:
    told = flask("selection", "impact", file)
    assert told.exit_code == 0
    assert told.stdout.startswith(f"     2 × {INTENT}: {SED} comes first instead of {GREP}")
    assert "1 of 1 requests would be answered differently." in told.stderr
    save(content(must_hold=True), actor=root)
    blocked = flask("selection", "impact", file)
    assert blocked.exit_code == 1
    assert f"case {NAME}: WOULD BREAK: {SED} is first" in blocked.stdout
    assert json.loads(flask("selection", "impact", file, "--json").stdout)["blocks"] is True
    assert flask("selection", "impact", "grep", "--version", "1.0").exit_code == 0


@pytest.mark.usefixtures("rivals")
def test_a_file_that_cannot_be_read_is_told(flask: Run, tmp_path: Path) -> None:
    missing = flask("selection", "impact", tmp_path / "nothing.yaml")
    assert (missing.exit_code, "No such file" in missing.stderr) == (1, True)
    (tmp_path / "broken.yaml").write_text("a: &x 1\n")
    broken = flask("selection", "impact", tmp_path / "broken.yaml")
    assert (broken.exit_code, "broken.yaml:1: " in broken.stderr) == (1, True)


def test_commands_that_publish_take_a_waiver(rivals: Caller, flask: Run, file: Path, root: Actor) -> None:
    save(content(must_hold=True), actor=root)
    wanted = ["catalog", "import", file, "--on-conflict", "new_version"]
    refused = flask(*wanted)
    assert refused.exit_code == 1
    assert "--waive REASON" in refused.stderr
    assert flask(*wanted, "--waive", "so it is").exit_code == 0
    assert flask("catalog", "promote", "grep", "1.0").exit_code == 0
    assert flask("catalog", "promote", "grep", "1.1").exit_code == 1
    assert flask("catalog", "promote", "grep", "1.1", "--waive", "so it is").exit_code == 0
    assert rivals.read()["version"] == "1.1"
