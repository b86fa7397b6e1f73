"""The commands: they talk like a person, and tell programs with their exit code."""

import contextvars
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.catalog.commands import commands, finding_line
from app.catalog.models import AuditEntry
from app.definitions.documents import read_yaml, write_yaml
from app.definitions.findings import Finding, Severity
from app.extensions import db
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two good definitions, one that is a draft, and one that cannot be read."""
    files = {
        "linux/grep.yaml": write_yaml(definition()),
        "linux/sed.yml": write_yaml(definition("sed")),
        "draft.json": json.dumps(definition("draft", capabilities={})),
        "broken.yaml": "tool_name: x\nenabled: no\n",
        "notes.txt": "no definition",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(app: Flask, *words: object) -> Result:
    """Run `flask catalog …`, as from a shell: outside of the test's own application context."""
    arguments = ["catalog", *map(str, words)]
    return contextvars.Context().run(app.test_cli_runner().invoke, args=arguments)


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_the_help_of_every_command_shows_an_example(application: Flask, name: str) -> None:
    told = run(application, name, "--help")
    assert told.exit_code == 0
    assert f"Example: flask --app wsgi catalog {name}" in " ".join(told.output.split())


def test_the_commands_are_those_people_know(application: Flask) -> None:
    known = {"diff", "export", "hand-over", "import", "list", "purge", "seed", "show", "validate"}
    known |= {"activate", "delete", "deprecate", "disable", "enable", "tag", "undo"}
    assert set(commands.commands) == known | {"delete-version", "promote", "set-status"}


def test_an_import_stores_what_it_can_and_tells_what_it_cannot(app: Flask, caller: Caller, folder: Path) -> None:
    told = run(app, "import", folder)
    assert told.exit_code == 1
    assert "4 definitions: 3 created, 1 refused; 1 as drafts" in told.output
    assert re.search(rf"{folder}/broken.yaml:2:10: error: .*quote", told.output)
    assert caller.names() == ["draft", "grep", "sed"]


def test_an_import_is_audited_as_a_command_with_its_reason(app: Flask, folder: Path) -> None:
    assert run(app, "import", folder / "linux", "--reason", "first").exit_code == 0
    entry = db.session.scalars(select(AuditEntry)).first()
    assert entry is not None
    assert (entry.source, entry.reason, entry.ip_address) == ("command", "first", None)


def test_a_dry_run_tells_the_same_and_changes_nothing(app: Flask, folder: Path) -> None:
    before = contents()
    told = run(app, "import", folder, "--dry-run")
    assert told.exit_code == 1
    assert "3 created, 1 refused; 1 as drafts (dry run: nothing was changed)" in told.output
    assert contents() == before


def test_a_blocked_import_tells_why_and_stores_nothing(app: Flask, caller: Caller, folder: Path) -> None:
    caller.create(description="Other")
    before = contents()
    told = run(app, "import", folder / "linux", "--on-conflict", "fail")
    assert told.exit_code == 1
    assert "Nothing was imported" in told.output
    assert "grep.yaml: conflict: grep is in the catalog with other content" in told.output
    assert contents() == before


@pytest.mark.parametrize(("choice", "version"), [("skip", "1.0"), ("new_version", "1.1")])
def test_an_import_treats_a_conflict_as_asked(
    app: Flask, caller: Caller, folder: Path, choice: str, version: str
) -> None:
    caller.create(description="Other")
    assert run(app, "import", folder / "linux", "--on-conflict", choice).exit_code == 0
    assert caller.read()["version"] == version


def test_a_path_that_is_not_there_is_told(app: Flask) -> None:
    told = run(app, "import", "/nothing/here")
    assert told.exit_code == 2
    assert "/nothing/here" in told.output


def test_an_export_writes_what_was_imported(app: Flask, folder: Path, tmp_path: Path) -> None:
    run(app, "import", folder)
    written = tmp_path / "out" / "here"
    told = run(app, "export", "--to", written)
    assert (told.exit_code, told.output) == (0, f"3 files written to {written}\n")
    files = sorted(path.relative_to(written).as_posix() for path in written.rglob("*.yaml"))
    assert files == ["linux/draft.yaml", "linux/grep.yaml", "linux/sed.yaml"]
    assert read_yaml((written / "linux/grep.yaml").read_bytes()).data == definition()


def test_a_zip_that_is_exported_is_imported(app: Flask, folder: Path, tmp_path: Path) -> None:
    run(app, "import", folder)
    archive = tmp_path / "all.zip"
    told = run(app, "export", "--format", "zip", "--to", archive)
    assert (told.exit_code, told.output) == (0, f"Written to {archive}\n")
    again = run(app, "import", archive)
    assert (again.exit_code, again.output) == (0, "3 definitions: 3 unchanged; 0 as drafts\n")


def test_an_export_takes_the_filters_of_the_page(app: Flask, noise: Caller, tmp_path: Path) -> None:
    run(app, "export", "--platform", "windows", "--all-versions", "--to", tmp_path)
    assert [path.name for path in tmp_path.rglob("*.yaml")] == ["Get-Process@001-1.0.yaml"]


def test_an_export_of_an_unknown_name_says_what_is_near(app: Flask, noise: Caller, tmp_path: Path) -> None:
    told = run(app, "export", "fnid", "--to", tmp_path / "out")
    assert (told.exit_code, told.output) == (1, "Error: No tool is called “fnid”. Did you mean find?\n")
    assert not (tmp_path / "out").exists()


def test_all_real_files_make_the_way_through_the_commands(app: Flask, samples: Path, tmp_path: Path) -> None:
    sources = [samples / "profiles", samples / "other-formats"]
    assert run(app, "import", *sources, "--on-conflict", "new_version").exit_code == 0
    run(app, "export", "--to", tmp_path)
    before = contents()
    told = run(app, "import", tmp_path, "--on-conflict", "new_version")
    assert (told.exit_code, contents() == before) == (0, True)
    assert re.search(r"(\d+) definitions: \1 unchanged", told.output)


def test_findings_are_told_as_compilers_tell_theirs(application: Flask, folder: Path) -> None:
    told = run(application, "validate", folder)
    assert told.exit_code == 1
    assert "4 files checked, 2 with errors" in told.output
    lines = [line for line in told.output.splitlines() if line.startswith(str(folder))]
    assert len(lines) >= 2
    assert all(re.match(r"\S+:\d+:\d+: (error|warning|hint): \S", line) for line in lines)


def test_good_files_exit_with_0(application: Flask, folder: Path) -> None:
    told = run(application, "validate", folder / "linux")
    assert (told.exit_code, told.output) == (0, "2 files checked, 0 with errors\n")


def test_findings_can_be_had_as_json(application: Flask, folder: Path) -> None:
    told = run(application, "validate", folder, "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert found[str(folder / "linux/grep.yaml")] == []
    (error,) = found[str(folder / "broken.yaml")]
    assert (error["code"], error["line"], error["column"]) == ("ambiguous-boolean", 2, 10)


def test_a_suggestion_is_asked_as_a_question() -> None:
    finding = Finding(Severity.ERROR, "syntax", (), "A bracket is never closed", "ceil(N / 100)", 41, 24)
    told = finding_line("grep.yaml", finding)
    assert told == 'grep.yaml:41:24: error: A bracket is never closed (did you mean "ceil(N / 100)"?)'


def test_validating_needs_no_database(folder: Path, app_with: Callable[..., Flask]) -> None:
    lost = app_with(database_url="postgresql://127.0.0.1:1/nothing")
    assert run(lost, "validate", folder / "linux").exit_code == 0


def test_a_command_without_its_database_says_so_in_a_line(app_with: Callable[..., Flask]) -> None:
    lost = app_with(database_url="postgresql://127.0.0.1:1/nothing")
    told = run(lost, "list")
    assert told.exit_code == 1
    assert told.output.startswith("Error: The database")


def test_a_list_names_the_tools_that_fit(app: Flask, noise: Caller) -> None:
    told = run(app, "list", "--platform", "linux", "--status", "active")
    assert told.exit_code == 0
    assert re.fullmatch(r"find +1\.1 +linux +active +Second\n1 tools\.\n", told.output)


def test_a_list_searches(app: Flask, noise: Caller) -> None:
    assert [line.split()[0] for line in run(app, "list", "process").stdout.splitlines()] == ["Get-Process"]
    assert "Did you mean find?" in run(app, "list", "fnid").stderr


def test_a_list_can_be_had_as_json(app: Flask, noise: Caller) -> None:
    tools = json.loads(run(app, "list", "--json").stdout)
    assert [tool["tool_name"] for tool in tools] == noise.names()


def test_a_definition_is_shown_as_its_author_wrote_it(app: Flask, noise: Caller) -> None:
    noise.create()
    noise.update(description="Second")
    assert read_yaml(run(app, "show", "grep").stdout).data["description"] == "Second"
    assert read_yaml(run(app, "show", "grep", "--version", "1.0").stdout).data == definition()
    assert run(app, "show", "grep", "--version", "7").output == "Error: grep has no version 7; it has 1.0, 1.1.\n"


def test_definitions_are_compared_wherever_they_are(app: Flask, noise: Caller, folder: Path) -> None:
    noise.create()
    noise.update(description="Second")
    assert "description: “What grep does” → Second" in run(app, "diff", "grep@1.0", "grep@1.1").stdout
    assert "description: Second → “What grep does”" in run(app, "diff", "grep", folder / "linux/grep.yaml").stdout
    same = run(app, "diff", "grep@1.0", folder / "linux/grep.yaml")
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "No difference.\n")
    broken = run(app, "diff", "grep", folder / "broken.yaml")
    assert broken.exit_code == 1
    assert "broken.yaml:2:10" in broken.output


def test_seeding_stores_what_ships_and_keeps_what_is_there(app_with: Callable[..., Flask], folder: Path) -> None:
    seeded = app_with(seed_dir=folder / "linux")
    assert "2 definitions: 2 created" in run(seeded, "seed").output
    Caller(seeded.test_client()).patch("grep", description="Mine")
    (folder / "linux/sed.yml").write_text(write_yaml(definition("sed", description="Newer")), encoding="utf-8")
    assert "1 unchanged, 1 skipped" in run(seeded, "seed").output
    assert Caller(seeded.test_client()).read()["description"] == "Mine"


def test_purging_asks_first(app: Flask, noise: Caller) -> None:
    before = contents()
    assert run(app, "purge", "--older-than", "0").exit_code == 1
    assert contents() == before
    told = run(app, "purge", "--older-than", "0", "--yes")
    assert (told.exit_code, told.output) == (0, "gone 1.0\n1 versions removed\n")


def test_a_tool_is_changed_and_gone_from_the_command_line(app: Flask, caller: Caller) -> None:
    caller.create()
    caller.update(description="Second")
    for words, told in [
        (("disable", "grep", "--reason", "Hangs"), "grep: disabled"),
        (("enable", "grep"), "grep: enabled"),
        (("set-status", "grep", "deprecated"), "grep 1.1 is deprecated now."),
        (("promote", "grep", "1.0", "--reason", "1.1 is slower"), "grep 1.0 is the latest now."),
        (("delete-version", "grep", "1.1", "--yes"), "grep 1.1 is deleted."),
        (("delete", "grep", "--yes"), "grep: deleted"),
    ]:
        answer = run(app, *words)
        assert (answer.exit_code, answer.stdout.strip()) == (0, told)
    logged = db.session.execute(
        select(AuditEntry.action, AuditEntry.reason, AuditEntry.source).order_by(AuditEntry.number)
    ).all()
    assert [tuple(entry) for entry in logged[2:]] == [
        ("disabled", "Hangs", "command"),
        ("enabled", None, "command"),
        ("status_changed", None, "command"),
        ("promoted", "1.1 is slower", "command"),
        ("deleted", None, "command"),
        ("deleted", None, "command"),
    ]


def test_deleting_asks_first(app: Flask, caller: Caller) -> None:
    caller.create()
    assert run(app, "delete", "grep").exit_code == 1
    assert caller.names() == ["grep"]


@pytest.mark.parametrize("words", [("enable", "gerp"), ("promote", "grep", "9"), ("set-status", "grep", "draft")])
def test_what_cannot_be_changed_is_one_line_and_an_exit_code(app: Flask, caller: Caller, words: tuple[str]) -> None:
    caller.create()
    answer = run(app, *words)
    assert answer.exit_code == 1
    assert answer.stderr.startswith("Error: ")
