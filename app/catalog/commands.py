"""The commands of the catalog: `flask catalog …`."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from app.catalog import bulk_commands, changes, export_formats, history, imports
from app.catalog.change_commands import WAIVE, actor, changing
from app.catalog.checks import check, current_definition, one_tool_in
from app.catalog.export_formats import Format
from app.catalog.exports import Selection, exported_document, exported_files
from app.catalog.imports import OnConflict, Outcome, Report, Source
from app.catalog.lists import list_tools
from app.catalog.live import STARTUP, live, snapshot
from app.catalog.snapshot import Query
from app.catalog.sources import file_source, file_sources, files_under, read_named
from app.commands import RefusingGroup
from app.definitions.diff import diff
from app.definitions.documents import UnreadableDocument, write_yaml
from app.definitions.findings import Finding, Severity, has_errors
from app.definitions.legacy import tools_in
from app.definitions.vocabulary import CATEGORIES, PLATFORMS, STATUSES
from app.schema import ensure_schema
from app.web import settings

PROGRESS_AFTER_S = 1.0
FILES = "files"
EXISTING = click.Path(exists=True, path_type=Path)


commands = RefusingGroup("catalog", help="Import, export, check, change and look at tool definitions.")
for command in (*changing.commands.values(), *bulk_commands.all_of_them):
    commands.add_command(command)


@commands.command("import", epilog="Example: flask --app wsgi catalog import definitions/ --dry-run")
@click.argument("paths", nargs=-1, required=True, type=EXISTING, metavar="PATH…")
@click.option("--dry-run", is_flag=True, help="Report what would happen, and change nothing.")
@click.option(
    "--on-conflict",
    type=click.Choice([choice.value for choice in OnConflict]),
    default=OnConflict.SKIP.value,
    show_default=True,
    help="What to do with a name the catalog holds with other content.",
)
@click.option("--reason", help="Why, for the audit log.")
@WAIVE
def import_(paths: Sequence[Path], dry_run: bool, on_conflict: str, reason: str | None, waive: str | None) -> None:
    """Import definition files, zip archives of them, and folders searched through, in one transaction.

    Definitions with errors are stored as drafts. Exit code 1 when something could not be stored.
    """
    ensure_schema()
    sources = file_sources(files_under(paths))
    try:
        report = imports.import_tools(
            sources,
            actor=actor(reason, waive),
            on_conflict=OnConflict(on_conflict),
            dry_run=dry_run,
            progress=with_progress,
        )
    except imports.ImportBlocked as blocked:
        tell(blocked.report)
        raise
    tell(report)
    if report.count(Outcome.CONFLICT, Outcome.REFUSED):
        sys.exit(1)


@commands.command(epilog="Example: flask --app wsgi catalog seed")
def seed() -> None:
    """Import the definitions that ship with the product; what the catalog has already is kept."""
    ensure_schema()
    sources = [file_source(path) for path in files_under([settings().seed_dir])]
    tell(imports.import_tools(sources, actor=actor("seed"), on_conflict=OnConflict.SKIP, progress=with_progress))


@commands.command(epilog="Example: flask --app wsgi catalog export grep find --format zip --to backup.zip")
@click.argument("names", nargs=-1)
@click.option("--to", "place", required=True, type=click.Path(path_type=Path), metavar="PLACE")
@click.option(
    "--format",
    "form",
    type=click.Choice([FILES, *(form.value for form in Format)]),
    default=FILES,
    show_default=True,
    help="`files`: a YAML file for each tool below the folder PLACE; all others: one file at PLACE.",
)
@click.option("--platform", type=click.Choice(PLATFORMS))
@click.option("--category", type=click.Choice(CATEGORIES))
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--tag")
@click.option("--owner")
@click.option("--all-versions", is_flag=True, help="Every version, not only the latest and newer drafts.")
def export(names: Sequence[str], place: Path, form: str, all_versions: bool, **filters: str | None) -> None:
    """Write definitions as their authors wrote them: all, or those of some names, or those that pass the filters."""
    ensure_schema()
    selection = Selection(names, **filters, all_versions=all_versions)
    if form != FILES:
        place.write_bytes(export_formats.export(selection, Format(form)).content)
        click.echo(f"Written to {place}")
        return
    files = exported_files(selection)
    for file in files:
        path = place / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write_yaml(file.document), encoding="utf-8")
    click.echo(f"{len(files)} files written to {place}")


@commands.command(epilog="Example: flask --app wsgi catalog validate seed_tools/ --json")
@click.argument("paths", nargs=-1, required=True, type=EXISTING, metavar="PATH…")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON, one list for each file.")
def validate(paths: Sequence[Path], as_json: bool) -> None:
    """Check definition files without storing them. Exit code 1 when there are errors."""
    found = {str(path): findings_in(path) for path in files_under(paths)}
    if as_json:
        click.echo(
            json.dumps({path: [finding.as_json() for finding in all_] for path, all_ in found.items()}, indent=2)
        )
    else:
        for path, all_ in found.items():
            for finding in all_:
                click.echo(finding_line(path, finding))
    errors = sum(has_errors(all_) for all_ in found.values())
    click.echo(f"{len(found)} files checked, {errors} with errors", err=True)
    if errors:
        sys.exit(1)


@commands.command("hand-over", epilog="Example: flask --app wsgi catalog hand-over grep ops")
@click.argument("name")
@click.argument("owner")
@click.option("--reason", help="Why, for the audit log.")
def hand_over(name: str, owner: str, reason: str | None) -> None:
    """Hand a tool over to a person or a team."""
    ensure_schema()
    tool = changes.set_owner(name, owner, actor=actor(reason))
    click.echo(f"{tool.tool_name} belongs to {tool.owner} now.")


@commands.command("list", epilog="Example: flask --app wsgi catalog list --platform linux disk")
@click.argument("words", nargs=-1)
@click.option("--platform", type=click.Choice(PLATFORMS))
@click.option("--category", type=click.Choice(CATEGORIES))
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--json", "as_json", is_flag=True)
def list_(words: Sequence[str], platform: str | None, category: str | None, status: str | None, as_json: bool) -> None:
    """List the latest version of every tool, or of those that match some words."""
    ensure_schema()
    query = Query(platform=platform, category=category, status=status, page_size=sys.maxsize)
    live().refresh(STARTUP)
    found = list_tools(snapshot(), query, " ".join(words))
    if as_json:
        click.echo(b"[" + b",\n".join(tool.summary for tool in found.listing.tools) + b"]")
        return
    for tool in found.listing.tools:
        state = tool.status if tool.enabled else f"{tool.status}, disabled"
        about = tool.description.split("\n", 1)[0]
        click.echo(f"{tool.name:<28} {tool.version:<8} {tool.platform or '–':<14} {state:<12} {about}")
    near = f" Did you mean {', '.join(found.suggestions)}?" if found.suggestions else ""
    click.echo(f"{found.listing.total} tools.{near}", err=True)


@commands.command(epilog="Example: flask --app wsgi catalog show grep --version 1.0")
@click.argument("name")
@click.option("--version", help="A version other than the latest.")
def show(name: str, version: str | None) -> None:
    """Print a tool's definition as YAML."""
    ensure_schema()
    click.echo(write_yaml(exported_document(history.version(name, version))), nl=False)


@commands.command("diff", epilog="Example: flask --app wsgi catalog diff grep@1.0 grep@1.1, or diff grep ./grep.yaml")
@click.argument("first")
@click.argument("second")
def diff_(first: str, second: str) -> None:
    """Compare two definitions in words: each a tool, a version of one (NAME@VERSION), or a file."""
    ensure_schema()
    changes = diff(definition_at(first), definition_at(second))
    for change in changes:
        click.echo(change.text)
    if not changes:
        click.echo("No difference.", err=True)


@commands.command(epilog="Example: flask --app wsgi catalog purge --older-than 90")
@click.option("--older-than", "days", type=click.IntRange(min=0), default=90, show_default=True, metavar="DAYS")
@click.confirmation_option(prompt="Remove deleted tools for good?")
def purge(days: int) -> None:
    """Remove for good what was deleted longer ago. The audit log keeps its entries."""
    ensure_schema()
    removed = history.purge(timedelta(days=days))
    for name, version in removed:
        click.echo(f"{name} {version}")
    click.echo(f"{len(removed)} versions removed", err=True)


def findings_in(path: Path) -> list[Finding]:
    """Everything validation says of a file."""
    try:
        document = read_named(path.name, path.read_bytes())
    except UnreadableDocument as unreadable:
        return list(unreadable.findings)
    return [finding for tool in tools_in(document) for finding in check(tool, document, known=())]


def finding_line(path: str, finding: Finding) -> str:
    """A finding as compilers tell theirs: `file:line:column: severity: message`."""
    suggestion = finding.suggestion or ""
    quoted = suggestion if suggestion.startswith('"') else f'"{suggestion}"'
    mend = f" (did you mean {quoted}?)" if suggestion else ""
    return f"{path}:{finding.line or 1}:{finding.column or 1}: {finding.severity.value}: {finding.message}{mend}"


def definition_at(place: str) -> dict[str, Any]:
    """The definition of a tool, of NAME@VERSION, or in a file."""
    path = Path(place)
    if path.is_file():
        try:
            return one_tool_in(read_named(path.name, path.read_bytes())).definition
        except UnreadableDocument as unreadable:
            raise click.ClickException(finding_line(place, unreadable.findings[0])) from unreadable
    name, _, version = place.partition("@")
    return current_definition(history.version(name, version or None))


def tell(report: Report) -> None:
    """Print what an import did: a line for all that was not simply stored, then the counts."""
    for entry in report.entries:
        if entry.detail and entry.outcome is not Outcome.UNCHANGED:
            click.echo(f"{entry.source}: {entry.outcome.value}: {entry.detail}", err=True)
        if entry.outcome is Outcome.REFUSED:
            for finding in entry.findings:
                if finding.severity is Severity.ERROR:
                    click.echo(finding_line(entry.source, finding), err=True)
    told = report.as_json()
    counts = [f"{told[outcome.value]} {outcome.value.replace('_', ' ')}" for outcome in Outcome if told[outcome.value]]
    would = " (dry run: nothing was changed)" if report.dry_run else ""
    click.echo(f"{told['total']} definitions: {', '.join(counts) or 'none'}; {told['drafts']} as drafts{would}")


def with_progress(sources: Iterable[Source]) -> Iterator[Source]:
    """Pass the sources on; on a terminal, show how far it is once that takes more than a second."""
    waiting = list(sources)
    started = time.monotonic()
    bar = None
    for done, source in enumerate(waiting):
        if bar is None and sys.stderr.isatty() and time.monotonic() - started > PROGRESS_AFTER_S:
            bar = click.progressbar(length=len(waiting), label="Reading definitions", file=sys.stderr)
            bar.update(done)
        yield source
        if bar is not None:
            bar.update(1)
    if bar is not None:
        bar.render_finish()
