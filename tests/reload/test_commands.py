"""The commands of reloads: they talk like a person, and tell programs with their exit code."""

import contextvars
import json
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from app.reload.commands import commands
from app.reload.processes import spread
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.reload import behind
from tests.reload.cut import NOWHERE
from tests.reload.recorded import event
from tests.reload.serving import Serving
from tests.reload.told import OTHER, WEB, reach, record, serve

Start = Callable[..., Serving]


def run(app: Flask, *words: str) -> Result:
    """Run `flask reload …`, as from a shell: outside of the test's own application context."""
    return contextvars.Context().run(app.test_cli_runner().invoke, args=["reload", *words])


def test_the_commands_are_those_people_know(application: Flask) -> None:
    assert sorted(commands.commands) == ["history", "now", "statistics"]
    assert run(application, "--help").exit_code == 0


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_the_help_of_every_command_shows_an_example(application: Flask, name: str) -> None:
    told = run(application, name, "--help")
    assert told.exit_code == 0
    assert f"Example: flask --app wsgi reload {name}" in " ".join(told.output.split())


@pytest.mark.parametrize(
    "wrong",
    [
        *(("yesterday",), ("now", "grep", "find"), ("now", "--tool", "grep")),
        *(("history", "--limit", "0"), ("history", "--trigger", "gossip"), ("statistics", "grep")),
    ],
)
def test_what_no_command_understands_is_a_mistake_of_usage(application: Flask, wrong: tuple[str, ...]) -> None:
    assert run(application, *wrong).exit_code == 2


def test_a_reload_is_asked_of_every_process(caller: Caller, serving: Start) -> None:
    caller.create()
    several = [serving(), serving()]
    behind.describe_silently("grep", "By hand")
    assert until(lambda: told_of(2))
    told = run(caller.client.application, "now", "grep", "--by", "me")
    assert (told.exit_code, told.output) == (0, f"Asked 2 serving processes (request {request_of(several[0])}).\n")
    for one in several:
        asked = one.event(lambda event: event.request is not None)
        assert (asked.trigger, asked.triggered_by, asked.tool_name) == ("manual", "me", "grep")
        assert one.caller.read()["description"] == "By hand"


def told_of(processes: int) -> bool:
    """Whether the database knows of so many processes."""
    return len(spread().processes) == processes


def request_of(one: Serving) -> int | None:
    """The request that a process answered."""
    return one.event(lambda event: event.request is not None).request


def test_everything_is_reloaded_when_no_tool_is_named(serving: Start) -> None:
    one = serving()
    assert until(lambda: told_of(1))
    told = run(one.app, "now")
    assert (told.exit_code, told.output.split(" (")[0]) == (0, "Asked 1 serving process")
    asked = one.event(lambda event: event.request is not None)
    assert (asked.tool_name, asked.tool_names, asked.triggered_by) == (None, None, "command")


def test_nobody_is_asked_for_an_unknown_tool(caller: Caller, serving: Start) -> None:
    one = serving()
    told = run(one.app, "now", "nothing")
    assert (told.exit_code, told.stdout, told.stderr) == (1, "", "There is no tool named “nothing”.\n")
    assert run(one.app, "now").exit_code == 0
    assert one.event(lambda event: event.request is not None).tool_name is None


def test_the_history_is_a_line_for_each_event(app: Flask) -> None:
    failed = event(success=False, error="gone", tool_name=None, tool_names=("a", "b"), tool_count=2, process=OTHER)
    record(event(), failed, event(tool_names=None, tool_name=None, trigger="startup", from_revision=None))
    lines = run(app, "history").output.splitlines()
    assert [" ".join(line.split()[1:]) for line in lines] == [
        "startup everything 7 1.2 ms web-1 101",
        "notification 2 tools 6→7 failed: gone web-2 202",
        "notification grep 6→7 1.2 ms web-1 101",
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--limit", "1"], ["2"]),
        (["--trigger", "manual"], ["1"]),
        (["--tool", "FIND"], ["0"]),
        (["--failed"], ["2"]),
        (["--failed", "--trigger", "manual"], []),
    ],
)
def test_the_history_is_told_in_parts_and_to_programs(app: Flask, options: list[str], found: list[str]) -> None:
    record(event(triggered_by="0", tool_name="find", tool_names=("find",)), event(triggered_by="1", trigger="manual"))
    record(event(triggered_by="2", success=False, error="gone"))
    told = run(app, "history", "--json", *options)
    assert told.exit_code == 0
    assert [event["triggered_by"] for event in json.loads(told.stdout)] == found


def test_a_history_of_nothing_says_so_beside_the_output(app: Flask) -> None:
    told = run(app, "history")
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "No reload events.\n")
    assert run(app, "history", "--json").stdout == "[]\n"


def test_the_statistics_say_how_reloads_went_and_who_serves(app: Flask) -> None:
    record(event(duration_ms=1.0), event(duration_ms=3.0), event(success=False))
    reach(7)
    serve(WEB, 7)
    serve(OTHER, 6, is_listening=False)
    told = run(app, "statistics")
    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "3 reloads, 66.7 % successful",
        "p50 2.0 ms, p95 2.9 ms",
        "Live on 1 of 2 processes at revision 7",
        "  web-1 101: revision 7, listening",
        "  web-2 202: revision 6, looking",
    ]


def test_the_statistics_of_nothing(app: Flask) -> None:
    told = run(app, "statistics").output.splitlines()
    assert told == ["0 reloads, 100.0 % successful", "Live on 0 of 0 processes at revision 0"]


@pytest.mark.parametrize("command", ["now", "history", "statistics"])
def test_without_a_database_a_command_fails(app_with: Callable[..., Flask], command: str) -> None:
    assert run(app_with(database_url=NOWHERE), command).exit_code == 1
