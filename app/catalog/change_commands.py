"""The commands that change one tool: `flask catalog enable`, `disable`, `set-status`, `promote` and `delete`."""

from getpass import getuser

import click
from flask.cli import AppGroup

from app.actor import Actor, command_actor
from app.catalog import changes
from app.definitions.vocabulary import STATUSES
from app.schema import ensure_schema

changing = AppGroup()
WHY = click.option("--reason", help="Why, for the audit log.")


def actor(reason: str | None) -> Actor:
    """Who runs this command."""
    return command_actor(getuser(), reason)


@changing.command(epilog="Example: flask --app wsgi catalog enable grep")
@click.argument("name")
@WHY
def enable(name: str, reason: str | None) -> None:
    """Offer a tool to orchestrators."""
    ensure_schema()
    tool = changes.set_enabled(name, True, actor=actor(reason))
    click.echo(f"{tool.tool_name} is enabled.")


@changing.command(epilog='Example: flask --app wsgi catalog disable grep --reason "Hangs on network drives"')
@click.argument("name")
@WHY
def disable(name: str, reason: str | None) -> None:
    """Stop offering a tool to orchestrators."""
    ensure_schema()
    tool = changes.set_enabled(name, False, actor=actor(reason))
    click.echo(f"{tool.tool_name} is disabled.")


@changing.command("set-status", epilog="Example: flask --app wsgi catalog set-status grep deprecated")
@click.argument("name")
@click.argument("status", type=click.Choice(STATUSES))
@click.option("--version", help="A version other than the latest.")
@WHY
def set_status(name: str, status: str, version: str | None, reason: str | None) -> None:
    """Give a tool another status, such as deprecated."""
    ensure_schema()
    tool = changes.set_status(name, status, actor=actor(reason), version=version)
    click.echo(f"{tool.tool_name} {tool.version} is {tool.status} now.")


@changing.command(epilog='Example: flask --app wsgi catalog promote grep 1.0 --reason "1.1 is slower"')
@click.argument("name")
@click.argument("version")
@WHY
def promote(name: str, version: str, reason: str | None) -> None:
    """Make a version the latest: roll back to it, or publish a draft."""
    ensure_schema()
    tool = changes.promote(name, version, actor=actor(reason))
    click.echo(f"{tool.tool_name} {tool.version} is the latest now.")


@changing.command(epilog="Example: flask --app wsgi catalog delete grep --version 1.0")
@click.argument("name")
@click.option("--version", help="Only this version.")
@WHY
@click.confirmation_option(prompt="Delete it? Nothing brings it back but writing it again.")
def delete(name: str, version: str | None, reason: str | None) -> None:
    """Delete a tool with all its versions, or one version of it."""
    ensure_schema()
    who = actor(reason)
    gone = changes.delete_tool(name, actor=who) if version is None else changes.delete_version(name, version, actor=who)
    for number in gone:
        click.echo(f"{name} {number}")
    click.echo(f"{len(gone)} version{'s' if len(gone) != 1 else ''} deleted", err=True)
