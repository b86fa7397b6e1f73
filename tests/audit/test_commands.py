"""`flask audit …`: the proof, and its exit code."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.audit import anchors, log
from app.config import Settings
from tests.audit.conftest import Tamper
from tests.catalog.caller import Caller

Flask_ = Callable[..., Result]


@pytest.fixture
def flask(app: Flask, settings: Settings) -> Flask_:
    """Runs `flask audit` with these arguments, beside no anchors of other tests."""
    (settings.data_dir / anchors.FILE).unlink(missing_ok=True)
    return lambda *arguments: app.test_cli_runner().invoke(args=["audit", *arguments])


def test_a_log_that_holds_is_proved_with_its_head(history: Caller, flask: Flask_) -> None:
    head = log.head()
    assert head is not None
    done = flask("verify")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["The chain of 5 entries holds; 0 anchors fit.", f"Head: {head[1]}"]


def test_a_broken_log_is_told_with_its_first_broken_entry(history: Caller, flask: Flask_, tamper: Tamper) -> None:
    tamper("UPDATE LOG SET changed_by = 'eve' WHERE number IN (2, 4)")
    done = flask("verify")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Entry 2: its content is not what was recorded (grep 1.1 updated by eve at ")
    assert done.stderr.endswith("The 1 before it hold.\n")


def test_anchors_kept_elsewhere_are_looked_at(history: Caller, flask: Flask_, tamper: Tamper, tmp_path: Path) -> None:
    head = log.head()
    assert head is not None
    anchors.append(tmp_path / "kept", *head)
    assert "1 anchors fit" in flask("verify", "--anchors", str(tmp_path / "kept")).stdout
    tamper("DELETE FROM LOG WHERE number = 5")
    tamper("UPDATE tool_catalog.catalog_state SET revision = 4")
    assert flask("verify").exit_code == 0
    done = flask("verify", "--anchors", str(tmp_path / "kept"))
    assert done.exit_code == 1
    assert "the end is missing: entry 5 was anchored at" in done.stderr


def test_wrong_anchors_are_told_and_not_traced(history: Caller, flask: Flask_, tmp_path: Path) -> None:
    assert flask("verify", "--anchors", str(tmp_path / "nothing")).exit_code == 2
    (tmp_path / "damaged").write_text("x\n")
    done = flask("verify", "--anchors", str(tmp_path / "damaged"))
    assert (done.exit_code, done.stderr) == (1, "Error: damaged:1: this is no anchor\n")


def test_the_log_is_exported_as_lines(history: Caller, flask: Flask_) -> None:
    assert len(flask("export").stdout.splitlines()) == 5
    lines = flask("export", "--format", "csv", "--tool", "find").stdout.splitlines()
    assert (lines[0].split(",")[0], len(lines)) == ("number", 3)


@pytest.mark.parametrize("command", ["verify", "export"])
def test_help_gives_an_example(flask: Flask_, command: str) -> None:
    assert "Example: flask --app wsgi audit" in flask(command, "--help").stdout
