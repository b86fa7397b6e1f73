"""The commands of reloads: `flask reload …`."""

import sys
from typing import Any

import click
import orjson

from app.catalog.live import STARTUP, live, snapshot
from app.commands import RefusingGroup
from app.reload import history, processes, requests
from app.reload.events import ReloadEvent, Trigger
from app.reload.history import HistoryQuery
from app.reload.schemas import TRIGGERS
from app.reload.service import unknown_tool
from app.schema import ensure_schema

commands = RefusingGroup("reload", help="See and cause reloads of the serving processes.")


@commands.command("now", epilog="Example: flask --app wsgi reload now grep")
@click.argument("tool", required=False)
@click.option("--by", default="command", show_default=True, help="Who asks, for the record.")
def now(tool: str | None, by: str) -> None:
    """Ask every serving process to read TOOL again, or the whole catalog."""
    ensure_schema()
    live().refresh(STARTUP)
    if tool is not None and snapshot().tool(tool) is None:
        click.echo(unknown_tool(tool, snapshot().names), err=True)
        sys.exit(1)
    request = requests.ask(tool, Trigger.MANUAL, by, note=_nothing)
    serving = len(processes.spread().processes)
    click.echo(f"Asked {serving} serving process{'' if serving == 1 else 'es'} (request {request}).")


@commands.command("history", epilog="Example: flask --app wsgi reload history --trigger manual --limit 5")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--trigger", type=click.Choice(TRIGGERS))
@click.option("--tool", "tool_name", help="Only of this tool.")
@click.option("--failed", is_flag=True, help="Only those that did not work.")
@click.option("--json", "as_json", is_flag=True)
def show_history(limit: int, trigger: str | None, tool_name: str | None, failed: bool, as_json: bool) -> None:
    """List reload events, newest first."""
    ensure_schema()
    query = HistoryQuery(trigger, tool_name, success=False if failed else None, limit=limit)
    found = history.events(query)
    if as_json:
        click.echo(orjson.dumps([event.as_json() for event in found]))
        return
    for event in found:
        click.echo(line(event))
    if not found:
        click.echo("No reload events.", err=True)


@commands.command("statistics", epilog="Example: flask --app wsgi reload statistics")
def show_statistics() -> None:
    """Say how reloads went, and which processes serve which revision."""
    ensure_schema()
    found, spread = history.statistics(), processes.spread()
    click.echo(f"{found.total} reloads, {found.success_rate:.1f} % successful")
    if found.durations.p50 is not None and found.durations.p95 is not None:
        click.echo(f"p50 {found.durations.p50:.1f} ms, p95 {found.durations.p95:.1f} ms")
    click.echo(f"Live on {spread.live} of {len(spread.processes)} processes at revision {spread.revision}")
    for one in spread.processes:
        state = "silent" if one.is_silent else "listening" if one.is_listening else "looking"
        click.echo(f"  {one.process.host} {one.process.pid}: revision {one.revision}, {state}")


def line(event: ReloadEvent) -> str:
    """An event on one line."""
    what = event.tool_name or ("everything" if event.tool_names is None else f"{event.tool_count} tools")
    outcome = f"{event.duration_ms:.1f} ms" if event.success else f"failed: {event.error}"
    where = f"{event.process.host} {event.process.pid}"
    revisions = "→".join(str(one) for one in (event.from_revision, event.to_revision) if one is not None) or "–"
    when = event.timestamp.isoformat(timespec="milliseconds")
    return f"{when}  {event.trigger:<12}  {what}  {revisions}  {outcome}  {where}"


def _nothing(*_: Any) -> None:
    """A command serves nobody, so there is no request of its own to leave out."""
