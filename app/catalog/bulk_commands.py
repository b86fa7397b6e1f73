"""The commands of `flask catalog` that change many tools at once, and that take a change back."""

from collections.abc import Callable, Sequence

import click
from flask.cli import with_appcontext

from app.catalog import bulk, undo
from app.catalog.bulk import Act, Done
from app.catalog.change_commands import WAIVE, actor
from app.schema import ensure_schema

Command = Callable[..., None]
REASON = click.option("--reason", help="Why, for the audit log.")
NAMES = click.argument("names", nargs=-1, required=True, metavar="NAME…")


def _lifecycle(act: Act, about: str) -> click.Command:
    """A command that does one thing to all the tools it names, or to none."""

    @click.command(act.value, help=about, epilog=f"Example: flask --app wsgi catalog {act.value} grep find")
    @NAMES
    @REASON
    @with_appcontext
    def command(names: Sequence[str], reason: str | None) -> None:
        _tell(_apply(names, act, reason))

    return command


@click.command("tag", epilog="Example: flask --app wsgi catalog tag grep find --add text --remove old")
@NAMES
@click.option("--add", multiple=True, metavar="TAG", help="A tag to add; may be given more than once.")
@click.option("--remove", multiple=True, metavar="TAG", help="A tag to remove; may be given more than once.")
@REASON
@WAIVE
@with_appcontext
def tag(names: Sequence[str], add: Sequence[str], remove: Sequence[str], reason: str | None, waive: str | None) -> None:
    """Add tags to all of these tools, or remove some; each gets a new version."""
    if bool(add) == bool(remove):
        raise click.UsageError("Say --add or --remove, one of them.")
    ensure_schema()
    act, tags = (Act.TAG, add) if add else (Act.UNTAG, remove)
    _tell(bulk.apply(names, act, actor=actor(reason, waive), tags=tags))


@click.command("delete", epilog="Example: flask --app wsgi catalog delete grep find")
@NAMES
@REASON
@click.confirmation_option(prompt="Delete these tools with all their versions?")
@with_appcontext
def delete(names: Sequence[str], reason: str | None) -> None:
    """Hide all of these tools; this cannot be undone."""
    _tell(_apply(names, Act.DELETE, reason))


@click.command("undo", epilog="Example: flask --app wsgi catalog undo 12 14")
@click.argument("first", type=click.IntRange(min=1))
@click.argument("last", type=click.IntRange(min=1), required=False)
@REASON
@WAIVE
@with_appcontext
def undo_(first: int, last: int | None, reason: str | None, waive: str | None) -> None:
    """Take back what the changes with these revisions did, wherever nobody changed the tool since."""
    ensure_schema()
    undone = undo.undo(first, last or first, actor=actor(reason, waive))
    for name in undone.tools:
        click.echo(f"{name}: as before")
    for left in undone.left:
        click.echo(f"{left.tool_name}: left as it is: {left.detail}", err=True)


def _apply(names: Sequence[str], act: Act, reason: str | None) -> Done:
    ensure_schema()
    return bulk.apply(names, act, actor=actor(reason))


def _tell(done: Done) -> None:
    for name in done.unchanged:
        click.echo(f"{name}: so already", err=True)
    for name in done.tools:
        click.echo(f"{name}: {done.act.told}")
    if done.first is not None and done.act is not Act.DELETE:
        click.echo(f"To take it back: flask --app wsgi catalog undo {done.first} {done.last}", err=True)


all_of_them = (
    _lifecycle(Act.ENABLE, "Offer tools to orchestrators."),
    _lifecycle(Act.DISABLE, "Stop offering tools to orchestrators."),
    _lifecycle(Act.DEPRECATE, "Say of tools that they go; orchestrators do not choose them any more."),
    _lifecycle(Act.ACTIVATE, "Make tools active again."),
    tag,
    delete,
    undo_,
)
