"""The commands that change one version of a tool: `flask catalog set-status`, `promote` and `delete-version`."""

from getpass import getuser

import click
from flask.cli import AppGroup

from app.actor import Actor, command_actor
from app.catalog import changes
from app.definitions.vocabulary import STATUSES
from app.schema import ensure_schema

changing = AppGroup()
WHY = click.option("--reason", help="Why, for the audit log.")
WAIVE = click.option("--waive", metavar="REASON", help="Why saved cases that must hold may break.")


def actor(reason: str | None, waiver: str | None = None) -> Actor:
    """Who runs this command."""
    return command_actor(getuser(), reason, waiver)


@changing.command("set-status", epilog="Example: flask --app wsgi catalog set-status grep deprecated")
@click.argument("name")
@click.argument("status", type=click.Choice(STATUSES))
@click.option("--version", help="A version other than the latest.")
@WHY
@WAIVE
def set_status(name: str, status: str, version: str | None, reason: str | None, waive: str | None) -> None:
    """Give a tool another status, such as deprecated."""
    ensure_schema()
    tool = changes.set_status(name, status, actor=actor(reason, waive), version=version)
    click.echo(f"{tool.tool_name} {tool.version} is {tool.status} now.")


@changing.command(epilog='Example: flask --app wsgi catalog promote grep 1.0 --reason "1.1 is slower"')
@click.argument("name")
@click.argument("version")
@WHY
@WAIVE
def promote(name: str, version: str, reason: str | None, waive: str | None) -> None:
    """Make a version the latest: roll back to it, or publish a draft."""
    ensure_schema()
    tool = changes.promote(name, version, actor=actor(reason, waive))
    click.echo(f"{tool.tool_name} {tool.version} is the latest now.")


@changing.command(epilog="Example: flask --app wsgi catalog delete-version grep 1.0")
@click.argument("name")
@click.argument("version")
@WHY
@click.confirmation_option(prompt="Delete it? Nothing brings it back but writing it again.")
def delete_version(name: str, version: str, reason: str | None) -> None:
    """Delete one version of a tool."""
    ensure_schema()
    (number,) = changes.delete_version(name, version, actor=actor(reason))
    click.echo(f"{name} {number} is deleted.")
