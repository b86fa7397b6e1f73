"""The JSON face of accounts, at /api/v1/accounts."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.accounts import changes, people, sign_in
from app.accounts.links import address_of_link
from app.accounts.people import AccountLine, TeamLine
from app.accounts.schemas import (
    AccountList,
    AccountOut,
    LinkOut,
    MeOut,
    TeamBody,
    TeamList,
    TeamOut,
    TokenBody,
    TokenList,
    TokenOut,
    UserBody,
    UserChange,
)
from app.actor import Scope
from app.answers import NoParameters
from app.openapi import documented
from app.permissions import Permission, requires
from app.web import current_actor, dumps, json_response, read_options, read_query

api = Blueprint("api", __name__, url_prefix="/api/v1/accounts")


@api.get("/me")
@documented((200, MeOut), refuses=(400, 503))
@requires(Permission.OWN_ACCOUNT)
def me() -> ResponseReturnValue:
    """Say who asks, and what they may do."""
    read_query(NoParameters)
    actor = current_actor()
    scopes = [scope.value for scope in Scope if scope in actor.scopes]
    told = {"name": actor.name, "role": actor.role, "scopes": scopes, "teams": sorted(actor.teams)}
    return _told(told)


@api.get("/users")
@documented((200, AccountList), refuses=(400, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def users() -> ResponseReturnValue:
    """List every account."""
    read_query(NoParameters)
    found = people.all_accounts()
    return _told({"accounts": found, "total": len(found)})


@api.post("/users")
@documented((201, AccountOut), body=UserBody, refuses=(400, 409, 415, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def create_user() -> ResponseReturnValue:
    """Make an account. A person gets in by a sign-in link, a service by a token."""
    read_query(NoParameters)
    body = read_options(UserBody)
    user = changes.create_user(body.name, body.role, actor=current_actor(), kind=body.kind)
    return _told(_account(user.name), 201)


@api.patch("/users/<name>")
@documented((200, AccountOut), body=UserChange, refuses=(400, 404, 409, 415, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def change_user(name: str) -> ResponseReturnValue:
    """Give an account another role, keep it out, or let it in again: all of it, or nothing."""
    read_query(NoParameters)
    body = read_options(UserChange)
    changes.change_user(name, actor=current_actor(), role=body.role, is_disabled=body.is_disabled)
    return _told(_account(name))


@api.post("/users/<name>/sign-in-link")
@documented((201, LinkOut), refuses=(400, 404, 409, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def create_link(name: str) -> ResponseReturnValue:
    """Make a link that signs a person in once."""
    read_query(NoParameters)
    user = changes.user_named(name)
    secret = changes.create_link(user.role, actor=current_actor(), name=user.name)
    return _told({"url": address_of_link(secret), "user": user.name, "minutes": changes.LINK_MIN}, 201)


@api.post("/users/<name>/sign-out")
@documented((204, None), refuses=(400, 404, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def sign_out(name: str) -> ResponseReturnValue:
    """End every session of an account. Its tokens stay good."""
    read_query(NoParameters)
    sign_in.end_all(changes.user_named(name), actor=current_actor())
    return Response(status=204)


@api.get("/tokens")
@documented((200, TokenList), refuses=(400, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def tokens() -> ResponseReturnValue:
    """List every token; of its text, the beginning."""
    read_query(NoParameters)
    found = people.tokens()
    return _told({"tokens": found, "total": len(found)})


@api.post("/tokens")
@documented((201, TokenOut), body=TokenBody, refuses=(400, 404, 415, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def create_token() -> ResponseReturnValue:
    """Make a token. Its text is in this answer and nowhere else."""
    read_query(NoParameters)
    body = read_options(TokenBody)
    token, text = changes.create_token(
        body.name, actor=current_actor(), user_name=body.user, scopes=body.scopes, days=body.days
    )
    line = next(line for line in people.tokens(body.user) if line.id == token.id)
    return _told({**asdict(line), "token": text}, 201)


@api.delete("/tokens/<int:number>")
@documented((204, None), refuses=(400, 404, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def revoke_token(number: int) -> ResponseReturnValue:
    """Make a token worthless, in every process within a second."""
    read_query(NoParameters)
    changes.revoke_token(number, actor=current_actor())
    return Response(status=204)


@api.get("/teams")
@documented((200, TeamList), refuses=(400, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def teams() -> ResponseReturnValue:
    """List every team and who belongs to it."""
    read_query(NoParameters)
    found = people.all_teams()
    return _told({"teams": found, "total": len(found)})


@api.post("/teams")
@documented((201, TeamOut), body=TeamBody, refuses=(400, 409, 415, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def create_team() -> ResponseReturnValue:
    """Make a team."""
    read_query(NoParameters)
    team = changes.create_team(read_options(TeamBody).name, actor=current_actor())
    return _told(_team(team.name), 201)


@api.delete("/teams/<team>")
@documented((204, None), refuses=(400, 404, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def delete_team(team: str) -> ResponseReturnValue:
    """Remove a team; what it owned stays."""
    read_query(NoParameters)
    changes.delete_team(team, actor=current_actor())
    return Response(status=204)


@api.put("/teams/<team>/members/<name>")
@documented((200, TeamOut), refuses=(400, 404, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def add_member(team: str, name: str) -> ResponseReturnValue:
    """Take an account into a team."""
    read_query(NoParameters)
    changes.add_member(team, name, actor=current_actor())
    return _told(_team(team))


@api.delete("/teams/<team>/members/<name>")
@documented((200, TeamOut), refuses=(400, 404, 503))
@requires(Permission.MANAGE_ACCOUNTS)
def remove_member(team: str, name: str) -> ResponseReturnValue:
    """Take an account out of a team."""
    read_query(NoParameters)
    changes.remove_member(team, name, actor=current_actor())
    return _told(_team(team))


def _told(answer: Any, status: int = 200) -> Response:
    """An answer about people: no cache keeps it."""
    return json_response(dumps(answer), status, {"Cache-Control": "no-store"})


def _account(name: str) -> AccountLine:
    return next(line for line in people.all_accounts() if line.name.lower() == name.lower())


def _team(name: str) -> TeamLine:
    return next(line for line in people.all_teams() if line.name.lower() == name.lower())
