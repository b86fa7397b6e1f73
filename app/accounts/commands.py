"""The commands of accounts: `flask accounts …`. Whoever may run them on this machine is trusted as an administrator."""

from collections.abc import Sequence
from getpass import getuser

import click

from app.accounts import changes, people, second_factor, sign_in
from app.accounts.links import address_of_link
from app.actor import Actor, Role, Scope, command_actor
from app.commands import RefusingGroup
from app.encryption import NotReadable
from app.formats import ago
from app.schema import ensure_schema

commands = RefusingGroup("accounts", help="Make and manage accounts, teams, API tokens and sign-in links.")
user = RefusingGroup("user", help="People and services.")
team = RefusingGroup("team", help="Teams: what a team owns, everybody in it may change.")
token = RefusingGroup("token", help="API tokens.")
for group in (user, team, token):
    commands.add_command(group)

ROLE = click.Choice([role.value for role in Role])
SCOPE = click.Choice([scope.value for scope in Scope])


def actor() -> Actor:
    """Who runs this command."""
    ensure_schema()
    return command_actor(getuser())


@user.command("create", epilog="Example: flask --app wsgi accounts user create ada --role author")
@click.argument("name")
@click.option("--role", type=ROLE, required=True)
def create_user(name: str, role: str) -> None:
    """Make the account of a person, and print a link that signs in once as the last line."""
    made = changes.create_user(name, role, actor=actor())
    click.echo(f"{made.name} is {_a(role)}. This link signs in once, within {changes.LINK_MIN} minutes:", err=True)
    click.echo(address_of_link(changes.create_link(role, actor=actor(), name=made.name)))


@user.command("list", epilog="Example: flask --app wsgi accounts user list")
def list_users() -> None:
    """List every account: name, role, kind, teams, last sign-in."""
    actor()
    found = people.all_accounts()
    for line in found:
        state = "disabled" if line.is_disabled else line.kind
        seen = "never signed in" if line.last_sign_in_at is None else f"signed in {ago(line.last_sign_in_at)}"
        told = seen if line.kind == "person" else f"{line.tokens} tokens"
        click.echo(f"{line.name:<28} {line.role:<8} {state:<9} {', '.join(line.teams) or '–':<24} {told}")
    click.echo(f"{len(found)} accounts", err=True)


@user.command("set-role", epilog="Example: flask --app wsgi accounts user set-role ada admin")
@click.argument("name")
@click.argument("role", type=ROLE)
def set_role(name: str, role: str) -> None:
    """Give an account another role."""
    click.echo(f"{changes.set_role(name, role, actor=actor()).name} is {_a(role)}.")


@user.command("disable", epilog="Example: flask --app wsgi accounts user disable ada")
@click.argument("name")
def disable(name: str) -> None:
    """Keep an account out: its sessions end, its tokens open nothing."""
    click.echo(f"{changes.set_disabled(name, True, actor=actor()).name} is disabled.")


@user.command("enable", epilog="Example: flask --app wsgi accounts user enable ada")
@click.argument("name")
def enable(name: str) -> None:
    """Let an account in again."""
    click.echo(f"{changes.set_disabled(name, False, actor=actor()).name} is enabled.")


@user.command("sign-out", epilog="Example: flask --app wsgi accounts user sign-out ada")
@click.argument("name")
def sign_out(name: str) -> None:
    """End every session of an account."""
    by = actor()
    ended = sign_in.end_all(changes.user_named(name), actor=by)
    click.echo(f"{ended} sessions ended.")


@user.command("reset-second-factor", epilog="Example: flask --app wsgi accounts user reset-second-factor ada")
@click.argument("name")
def reset_second_factor(name: str) -> None:
    """Ask somebody who lost the app and the recovery codes for no code any more."""
    by = actor()
    second_factor.turn_off(changes.user_named(name), actor=by)
    click.echo(f"{name} signs in with the password only.")


@team.command("create", epilog="Example: flask --app wsgi accounts team create ops")
@click.argument("name")
def create_team(name: str) -> None:
    """Make a team."""
    click.echo(f"The team {changes.create_team(name, actor=actor()).name} is there.")


@team.command("delete", epilog="Example: flask --app wsgi accounts team delete ops")
@click.argument("name")
@click.confirmation_option(prompt="Remove the team?")
def delete_team(name: str) -> None:
    """Remove a team. What it owned stays, for administrators to hand over."""
    changes.delete_team(name, actor=actor())
    click.echo(f"The team {name} is removed.")


@team.command("add", epilog="Example: flask --app wsgi accounts team add ops ada")
@click.argument("team_name", metavar="TEAM")
@click.argument("name")
def add_member(team_name: str, name: str) -> None:
    """Take an account into a team."""
    changes.add_member(team_name, name, actor=actor())
    click.echo(f"{name} belongs to {team_name}.")


@team.command("remove", epilog="Example: flask --app wsgi accounts team remove ops ada")
@click.argument("team_name", metavar="TEAM")
@click.argument("name")
def remove_member(team_name: str, name: str) -> None:
    """Take an account out of a team."""
    changes.remove_member(team_name, name, actor=actor())
    click.echo(f"{name} does not belong to {team_name} any more.")


@team.command("list", epilog="Example: flask --app wsgi accounts team list")
def list_teams() -> None:
    """List every team and who belongs to it."""
    actor()
    found = people.all_teams()
    for line in found:
        click.echo(f"{line.name:<28} {line.tools:>4} tools  {', '.join(line.members) or 'nobody'}")
    click.echo(f"{len(found)} teams", err=True)


@token.command("create", epilog="Example: flask --app wsgi accounts token create --name ci --role author --days 90")
@click.option("--name", required=True, help="What it is for: the service of this name, which is made if need be.")
@click.option("--role", type=ROLE, required=True, help="What the service may do.")
@click.option("--user", "user_name", help="Make it a person's instead, who must have the role.")
@click.option("--scope", "scopes", type=SCOPE, multiple=True, help="Repeat for several.  [default: all of the role's]")
@click.option(
    "--days", type=click.IntRange(1, changes.LONGEST_TOKEN_DAYS), help="How long it is good.  [default: ever]"
)
def create_token(name: str, role: str, user_name: str | None, scopes: Sequence[str], days: int | None) -> None:
    """Make an API token, and print it as the last line. Nobody can read it again."""
    if user_name is None:
        made, text = changes.create_service_token(name, role, actor=actor(), scopes=scopes, days=days)
    else:
        made, text = changes.create_token_of(user_name, name, role, actor=actor(), scopes=scopes, days=days)
    until = "until it is revoked" if made.expires_at is None else f"until {made.expires_at:%-d %b %Y}"
    click.echo(f"Token {made.id} for {' and '.join(made.scopes)}, good {until}:", err=True)
    click.echo(text)


@token.command("list", epilog="Example: flask --app wsgi accounts token list")
def list_tokens() -> None:
    """List every token: its number and beginning, whose it is, what it is for, and when it was used last."""
    actor()
    found = people.tokens()
    for line in found:
        state = "good" if line.is_good else "revoked" if line.revoked_at else "expired"
        used = "never used" if line.last_used_at is None else f"used {ago(line.last_used_at)}"
        scopes = ",".join(line.scopes)
        click.echo(f"{line.id:<5} {line.prefix}… {state:<8} {scopes:<17} {line.user:<20} {line.name:<28} {used}")
    click.echo(f"{len(found)} tokens", err=True)


@token.command("revoke", epilog="Example: flask --app wsgi accounts token revoke 3")
@click.argument("number", type=int)
def revoke_token(number: int) -> None:
    """Make a token worthless, in every process within a second."""
    click.echo(f"The token {changes.revoke_token(number, actor=actor()).name} is revoked.")


@commands.command("sign-in-link", epilog="Example: flask --app wsgi accounts sign-in-link --role admin")
@click.option("--role", type=ROLE, required=True, help="Which role it signs in with.")
@click.option("--user", "name", help="Whom it signs in.  [default: the account called like the role, made if need be]")
def sign_in_link(role: str, name: str | None) -> None:
    """Print a link that signs in once, as the last line: for an administrator who is locked out, and for tests."""
    secret = changes.create_link(role, actor=actor(), name=name)
    click.echo(f"Signs in once as {name or role}, within {changes.LINK_MIN} minutes:", err=True)
    click.echo(address_of_link(secret))


@commands.command("rotate-keys", epilog="Example: flask --app wsgi accounts rotate-keys")
def rotate_keys() -> None:
    """Encrypt every secret in the database with a new key.

    With ENCRYPTION_KEYS: put a new key before the others there, restart, run this, and take the old ones away.
    """
    actor()
    keys = second_factor.encryption()
    if keys.file is not None:
        keys.add_key()
    try:
        count = second_factor.rotate_secrets()
    except NotReadable as error:
        raise click.ClickException(str(error)) from error
    if keys.file is not None:
        keys.drop_old_keys()
    click.echo(f"{count} secrets are encrypted with the newest key.")


def _a(role: str) -> str:
    return f"{'a' if role == Role.VIEWER else 'an'} {role}"
