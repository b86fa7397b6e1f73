"""The commands of selection: `flask selection …`."""

import sys
from collections.abc import Callable, Mapping
from getpass import getuser
from pathlib import Path
from typing import Any

import click
import orjson

from app.actor import Actor, command_actor
from app.catalog.checks import one_tool_in
from app.catalog.sources import read_named
from app.commands import RefusingGroup
from app.definitions.documents import Document, UnreadableDocument
from app.definitions.vocabulary import PLATFORMS
from app.errors import BadRequest, InvalidDefinition
from app.quantities import duration
from app.schema import ensure_schema
from app.selection import cases, decisions, service
from app.selection.cases import CaseContent
from app.selection.impact import impact, promoted, proposed
from app.selection.live_index import indexed
from app.selection.request import Preference, SelectionRequest
from app.selection.request_text import InvalidRequest, request_of

commands = RefusingGroup("selection", help="Ask for a tool, and see what a change would make others get.")
AS_JSON = click.option("--json", "as_json", is_flag=True)


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is asked for, beside the intent."""
    options = (
        click.option(
            "--capabilities", default="", metavar="NAMES", help="Patterns of these only; with commas between."
        ),
        click.option("--platform", type=click.Choice(PLATFORMS)),
        click.option("--environment", help="Where it is used, such as production."),
        click.option("--preference", type=click.Choice([one.value for one in Preference]), help="What matters most."),
        click.option("--weights", default="", metavar="PAIRS", help="Instead of a preference: time=2,cost=1"),
        click.option("--variables", default="", metavar="PAIRS", help="Values for estimates: N=40,pages=2"),
        click.option("--max-cost", help="What it may cost at most."),
        click.option("--max-time-ms", help="How long it may take at most, milliseconds."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@commands.command(
    "ask", epilog='Example: flask --app wsgi selection ask "restart nginx" --platform linux --variables N=40'
)
@click.argument("intent", default="")
@asking
@click.option("--limit", default="10", show_default=True, help="How many candidates are told.")
@AS_JSON
def ask(intent: str, as_json: bool, **asked: str | None) -> None:
    """Rank what could do a job, with the reason for the first. Nothing of it is kept."""
    ensure_schema()
    answer = service.try_out(request_in({"intent": intent, **asked}))
    if as_json:
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
        return
    for one in answer["candidates"]:
        took = f"{duration(one['estimated_time_ms']):>8}  cost {one['estimated_cost']:g}"
        click.echo(f"{one['rank']:>2}  {one['score']:.3f}  {named(one):<44}  {took}  {one['execution_mode']}")
    for one in answer["excluded"][:10]:
        click.echo(f" –  {named(one)}: {one['detail']}")
    click.echo(answer["because"])
    if answer["question"]:
        click.echo(answer["question"])


@commands.command("cases", epilog="Example: flask --app wsgi selection cases")
@AS_JSON
def list_cases(as_json: bool) -> None:
    """List the saved cases."""
    ensure_schema()
    found = cases.all_cases()
    if as_json:
        told = [{**case_json(one), "note": one.note} for one in found]
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return
    for one in found:
        mark = "must hold" if one.must_hold else ""
        click.echo(f"{one.name:<40}  {one.expected:<40}  {mark}".rstrip())
    click.echo(f"{len(found)} saved cases.", err=True)


@commands.command("check", epilog="Example: flask --app wsgi selection check")
@AS_JSON
def check(as_json: bool) -> None:
    """Check every saved case against the catalog as it is. Exit code 1 when one that must hold does not."""
    ensure_schema()
    found = cases.check_all(indexed().index)
    if as_json:
        told = [{**case_json(one.case), "holds": one.verdict.holds, "sentence": one.verdict.sentence} for one in found]
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        for one in found:
            state = "holds" if one.verdict.holds else "BROKEN, must hold" if one.case.must_hold else "broken"
            click.echo(f"{one.case.name}: {state}" + ("" if one.verdict.holds else f": {one.verdict.sentence}"))
        broken = sum(not one.verdict.holds for one in found)
        click.echo(f"{len(found)} saved cases, {broken} broken.", err=True)
    if any(one.case.must_hold and not one.verdict.holds for one in found):
        sys.exit(1)


@commands.command(
    "save", epilog='Example: flask --app wsgi selection save "Restart nginx" systemctl.restart "restart nginx"'
)
@click.argument("name")
@click.argument("expected", metavar="TOOL.PATTERN")
@click.argument("intent", default="")
@asking
@click.option("--must-hold", is_flag=True, help="It stands against publishing what breaks it.")
@click.option("--note", default="", help="Why it is expected.")
@click.option("--reason", help="For the audit log.")
def save(name: str, expected: str, **options: Any) -> None:
    """Save a case: a request with the choice that is expected of it. One of that name is changed."""
    ensure_schema()
    must_hold, note, actor = options.pop("must_hold"), options.pop("note"), who(options.pop("reason"))
    index = indexed().index
    content = CaseContent(name, request_in(options), cases.expected_of(expected, index), must_hold, note)
    is_there = any(one.name.lower() == name.strip().lower() for one in cases.all_cases())
    case = cases.change(name, content, actor=actor) if is_there else cases.save(content, actor=actor)
    click.echo(f"{case.name}: {cases.check(case, index).sentence}")


@commands.command("delete-case", epilog='Example: flask --app wsgi selection delete-case "Restart nginx"')
@click.argument("name")
@click.option("--reason", help="For the audit log.")
def delete_case(name: str, reason: str | None) -> None:
    """Delete a saved case. The audit log keeps what it was."""
    ensure_schema()
    cases.delete(name, actor=who(reason))
    click.echo(f"{name} is deleted.")


@commands.command("recent", epilog="Example: flask --app wsgi selection recent --limit 20")
@click.option("--limit", type=click.IntRange(1, decisions.MOST_READ), default=50, show_default=True)
@AS_JSON
def recent(limit: int, as_json: bool) -> None:
    """List what was asked lately, the most asked first: without secrets, and not by whom."""
    ensure_schema()
    found = decisions.recent(limit)
    if as_json:
        told = [{"request": said(one.request), "times": one.times, "chosen": one.chosen} for one in found]
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return
    for one in found:
        asked = one.request.intent or ", ".join(one.request.capabilities)
        click.echo(f"{one.times:>6}  {one.chosen or 'nothing':<40}  {asked}")
    if not found:
        click.echo("Nothing was asked yet.", err=True)


@commands.command("forget", epilog="Example: flask --app wsgi selection forget --yes")
@click.confirmation_option(prompt="Remove all that was asked from the decision log?")
def forget() -> None:
    """Remove everything from the decision log."""
    ensure_schema()
    click.echo(f"{decisions.forget()} requests removed.")


@commands.command("impact", epilog="Example: flask --app wsgi selection impact grep.yaml, or impact grep --version 1.0")
@click.argument("what", metavar="FILE|TOOL")
@click.option("--version", help="What promoting this version of TOOL would change.")
@AS_JSON
def show_impact(what: str, version: str | None, as_json: bool) -> None:
    """Show what would be chosen differently, were the definition in FILE published, or a version promoted.

    Exit code 1 when a saved case that must hold would break.
    """
    ensure_schema()
    if version is not None:
        definition = promoted(what, version)
    else:
        document = document_at(Path(what))
        definition = proposed(str(one_tool_in(document).name or ""), document)
    found = impact(definition, str(definition["tool_name"]))
    if as_json:
        click.echo(orjson.dumps(found.as_json(), option=orjson.OPT_INDENT_2))
    else:
        for changed in found.changed:
            asked = changed.request.intent or ", ".join(changed.request.capabilities)
            click.echo(f"{changed.times:>6} × {asked}: {changed.sentence}")
        for case in found.cases:
            state = "would hold again" if case.holds else "WOULD BREAK" if case.case.must_hold else "would break"
            click.echo(f"case {case.case.name}: {state}: {case.verdict.sentence}")
        click.echo(f"{len(found.changed)} of {found.replayed} requests would be answered differently.", err=True)
    if found.blocking:
        sys.exit(1)


def who(reason: str | None) -> Actor:
    """Who runs this command."""
    return command_actor(getuser(), reason)


def request_in(options: Mapping[str, str | None]) -> SelectionRequest:
    """The request that arguments and options say.

    Raises:
        BadRequest: one of them holds a value it cannot have.
    """
    try:
        return request_of({name: text for name, text in options.items() if text})
    except InvalidRequest as invalid:
        raise BadRequest(str(invalid)) from None


def document_at(path: Path) -> Document:
    """The document in a file.

    Raises:
        BadRequest: there is no such file. InvalidDefinition: it cannot be read.
    """
    try:
        return read_named(path.name, path.read_bytes())
    except OSError as error:
        raise BadRequest(f"{path} cannot be opened: {error.strerror}.") from None
    except UnreadableDocument as unreadable:
        told = unreadable.findings[0]
        raise InvalidDefinition(f"{path}:{told.line or 1}: {told.message}", unreadable.findings) from None


def named(one: dict[str, Any]) -> str:
    """A candidate of an answer as `tool.pattern`."""
    return f"{one['tool_name']}.{one['pattern_name']}"


def said(request: Any) -> Any:
    """A request without what is as usual."""
    return request.model_dump(mode="json", exclude_defaults=True)


def case_json(case: Any) -> dict[str, Any]:
    """What a case says."""
    return {"name": case.name, "request": case.request, "expected": case.expected, "must_hold": case.must_hold}
