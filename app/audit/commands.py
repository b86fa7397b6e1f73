"""The commands of the audit log: `flask audit …`."""

import sys
from pathlib import Path

import click

from app.audit import log
from app.audit.log import AuditQuery
from app.audit.service import anchor_file, verify_log
from app.commands import RefusingGroup
from app.schema import ensure_schema
from app.web import settings

commands = RefusingGroup("audit", help="Read the audit log, and prove that nobody has changed it.")


@commands.command("verify", epilog="Example: flask --app wsgi audit verify --anchors kept/audit-anchors.jsonl")
@click.option("--anchors", type=click.Path(path_type=Path), help="Heads kept elsewhere.  [default: those of DATA_DIR]")
def verify(anchors: Path | None) -> None:
    """Check every entry's hash, that none is missing, and that the end is there. Exit code 1: it is not."""
    ensure_schema()
    if anchors is not None and not anchors.exists():
        raise click.BadParameter(f"{anchors} does not exist.", param_hint="--anchors")
    try:
        verdict = verify_log(anchors or anchor_file(settings()))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if verdict.broken is not None:
        click.echo(f"Entry {verdict.broken.number}: {verdict.broken.what}.", err=True)
        click.echo(f"The {verdict.entries} before it hold.", err=True)
        sys.exit(1)
    click.echo(f"The chain of {verdict.entries} entries holds; {verdict.anchors} anchors fit.")
    click.echo(f"Head: {verdict.head}")


@commands.command("export", epilog="Example: flask --app wsgi audit export --format csv > audit.csv")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--who", help="Only what this person did.")
@click.option("--tool", help="Only of this tool.")
@click.option("--action", help="Only of this kind.")
def export(form: str, who: str | None, tool: str | None, action: str | None) -> None:
    """Write the log, newest first, to standard output."""
    ensure_schema()
    found = log.all_entries(AuditQuery(who=who, tool=tool, action=action))
    for line in log.json_lines(found) if form == "jsonl" else log.csv_lines(found):
        click.echo(line, nl=False)
