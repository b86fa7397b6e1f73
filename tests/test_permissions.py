"""Who may do what: the table of roles and scopes, and every route asked by everybody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import changes
from app.actor import Actor, Role, Scope, command_actor
from app.answers import speaks_json
from app.catalog.changes import create_tool
from app.catalog.versions import versions_of
from app.database import driver_connection
from app.definitions.documents import document_of
from app.errors import Forbidden
from app.extensions import db
from app.permissions import GRANTED, NEEDED_SCOPE, Permission, may, needed_by, require
from tests.definition import definition
from tests.people import Somebody, nobodys_client, somebody

P, S = Permission, Scope
ROLES = {
    #                     viewer author admin
    P.PUBLIC: (True, True, True),
    P.READ: (True, True, True),
    P.CREATE: (False, True, True),
    P.EDIT: (False, True, True),
    P.RELOAD: (False, True, True),
    P.OWN_ACCOUNT: (True, True, True),
    P.MANAGE_ACCOUNTS: (False, False, True),
}
SCOPES = {
    P.READ: S.READ,
    P.CREATE: S.WRITE,
    P.EDIT: S.WRITE,
    P.RELOAD: S.WRITE,
    P.OWN_ACCOUNT: S.READ,
    P.MANAGE_ACCOUNTS: S.ADMIN,
}
REFUSED = {401, 403}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that somebody owns."""

    owner: str | None


def actor(role: Role, *scopes: Scope, teams: tuple[str, ...] = ()) -> Actor:
    """Ada, in some role."""
    return Actor("ada", "api", role=role, scopes=frozenset(scopes or Scope), teams=frozenset(teams))


@pytest.mark.parametrize(("permission", "role"), list(product(Permission, Role)))
def test_a_role_may_what_the_table_says(permission: Permission, role: Role) -> None:
    assert may(actor(role), permission) == ROLES[permission][list(Role).index(role)]


@pytest.mark.parametrize(("permission", "scope"), list(product(sorted(set(Permission) - {P.PUBLIC}), Scope)))
def test_a_token_may_what_its_scope_says(permission: Permission, scope: Scope) -> None:
    assert may(actor(Role.ADMIN, scope), permission) == (SCOPES[permission] is scope)


def test_nobody_may_what_is_public_only() -> None:
    assert [permission for permission in Permission if may(None, permission)] == [P.PUBLIC]


@pytest.mark.parametrize(
    ("role", "teams", "owner", "is_allowed"),
    [
        (Role.AUTHOR, (), "ada", True),
        (Role.AUTHOR, (), "Ada", True),
        (Role.AUTHOR, ("ops",), "ops", True),
        (Role.AUTHOR, ("ops",), "OPS", True),
        (Role.AUTHOR, ("ops",), "net", False),
        (Role.AUTHOR, (), "bob", False),
        (Role.AUTHOR, (), None, False),
        (Role.AUTHOR, (), "", False),
        (Role.VIEWER, (), "ada", False),
        (Role.VIEWER, ("ops",), "ops", False),
        (Role.ADMIN, (), "bob", True),
        (Role.ADMIN, (), None, True),
    ],
)
def test_authors_change_what_they_or_their_teams_own(
    role: Role, teams: tuple[str, ...], owner: str | None, is_allowed: bool
) -> None:
    assert may(actor(role, teams=teams), P.EDIT, Thing(owner)) == is_allowed


@pytest.mark.parametrize(
    ("who", "permission", "owner", "words"),
    [
        (actor(Role.VIEWER), P.CREATE, None, "ada is a viewer; creating tools needs the role author."),
        (actor(Role.AUTHOR), P.MANAGE_ACCOUNTS, None, "ada is an author; managing accounts needs the role admin."),
        (actor(Role.ADMIN, S.READ), P.EDIT, None, "This token is for read only; changing tools needs one with the"),
        (actor(Role.AUTHOR), P.EDIT, "bob", "This tool belongs to bob, so ada may not change it."),
        (actor(Role.AUTHOR), P.EDIT, None, "This tool has no owner, so ada may not change it."),
    ],
)
def test_a_refusal_says_what_is_missing(who: Actor, permission: Permission, owner: str | None, words: str) -> None:
    thing = Thing(owner) if permission is P.EDIT and S.WRITE in who.scopes else None
    with pytest.raises(Forbidden) as refusal:
        require(who, permission, thing)
    assert refusal.value.detail.startswith(words)


def test_every_permission_has_a_scope_and_is_an_administrators() -> None:
    assert set(NEEDED_SCOPE) == set(Permission) - {P.PUBLIC}
    assert GRANTED[Role.ADMIN] == set(Permission)
    assert GRANTED[Role.VIEWER] < GRANTED[Role.AUTHOR] < GRANTED[Role.ADMIN]


# Every route, asked by everybody.

ANSWERED = {"name": "grep", "version": "1.0", "platform": "linux", "category": "system", "capability": "text_search"}
NAMES = {
    **ANSWERED,
    "team": "no-such-team",
    "number": "0",
    "secret": "no-such-link",
    "filename": "css/base.css",
    "facet": "tag",
    "node": "basics",
}
# Held off by a signature of its own: tests/reload/test_webhook.py.
SIGNED = {"/api/v1/tools/reload/webhook"}
# Routes whose <name> is an account's: asked about somebody who is not there, so that nobody loses an account.
OF_ACCOUNTS = re.compile(r"/(users|members)/<name>")


class Client(Protocol):
    """What sends requests."""

    def open(self, path: str, **request: Any) -> TestResponse:
        """Send one."""


def routes(app: Flask) -> list[tuple[str, str, Permission | None]]:
    """Method, address and need of every route; Flask's own files need nothing."""
    found = []
    for rule in app.url_map.iter_rules():
        path = OF_ACCOUNTS.sub(r"/\1/no-such-person", rule.rule)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: NAMES[part[1]], path)
        needed = P.PUBLIC if rule.endpoint == "static" else needed_by(app.view_functions[rule.endpoint])
        if path not in SIGNED:
            found += [(method, path, needed) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    # Those that remove the tool come last.
    return sorted(found, key=lambda route: route[0] == "DELETE")


def ask(client: Client, method: str, path: str) -> TestResponse:
    """Ask a route, with a body that fits most."""
    if path.endswith("/changes/stream"):
        path += "?since=999999"
    has_body = path.startswith("/api/") and method in {"POST", "PUT", "PATCH"}
    body = {"reason": "Asked"} if path.endswith(("/enable", "/disable", "/promote")) else {"description": "Asked"}
    form = {"owner": "ops"} if path.endswith("/owner") else None
    return client.open(path, method=method, json=body if has_body else None, data=form)


def is_let_in(answer: TestResponse, needed: Permission) -> bool:
    """Whether who asked got past the door: what the view itself thinks of the request is another thing."""
    is_sent_away = answer.headers.get("Location", "").startswith("/sign-in?") and needed is not P.PUBLIC
    return answer.status_code not in REFUSED and not is_sent_away


OWNERS = {"own": "ada", "a team's": "ops", "another's": "bob", "nobody's": None}


def people(app: Flask) -> Iterator[tuple[str, Role | None, Client]]:
    """Everybody who may ask: nobody, and Ada in each role, a member of the team ops."""
    root = command_actor("root")
    changes.create_team("ops", actor=root)
    yield "nobody", None, nobodys_client(app)
    ada = somebody(app, "ada", "viewer")
    changes.add_member("ops", "ada", actor=root)
    for role in Role:
        changes.set_role("ada", role, actor=root)
        yield role.value, role, SignedInAgain(app, ada)


class SignedInAgain:
    """A client of somebody who signs in again after every sign-out."""

    def __init__(self, app: Flask, somebody: Somebody) -> None:
        self._app, self._somebody = app, somebody

    def open(self, path: str, **request: Any) -> TestResponse:
        """Send a request."""
        with self._app.app_context(), db.engine.connect() as connection:
            self._somebody.sign_in(driver_connection(connection))
        return self._somebody.client(self._app).open(path, **request)


def expected(role: Role | None, needed: Permission, owner: str, path: str) -> bool:
    """Whether somebody is let in, by the tables above."""
    if role is None:
        return needed is P.PUBLIC
    if not ROLES[needed][list(Role).index(role)]:
        return False
    if needed is not P.EDIT or "/grep" not in path:
        return True
    return role is Role.ADMIN or owner in {"own", "a team's"}


@pytest.mark.parametrize("owner", OWNERS)
def test_every_route_lets_in_whom_the_table_says(app: Flask, owner: str) -> None:
    methods, app.config["WTF_CSRF_METHODS"] = app.config["WTF_CSRF_METHODS"], set()
    asked = routes(app)
    assert len(asked) > 60
    # Whose the tool is makes a difference to who changes it only.
    asked = [route for route in asked if route[2] is P.EDIT or owner == "own"]
    root = command_actor("root")
    try:
        for who, role, client in people(app):
            for method, path, needed in asked:
                assert needed is not None, f"{method} {path} does not say what it needs"
                if not versions_of("grep"):
                    body = definition() if OWNERS[owner] is None else definition(owner=OWNERS[owner])
                    create_tool(document_of(body), actor=root)
                answer = ask(client, method, path)
                told = f"{method} {path} ({needed}) by {who}, {owner} tool: {answer.status_code} {answer.data[:200]!r}"
                assert is_let_in(answer, needed) == expected(role, needed, owner, path), told
                assert answer.status_code < 500, told
                if not is_let_in(answer, needed) and speaks_json(path):
                    assert answer.status_code == (401 if role is None else 403), told
                    assert answer.mimetype == "application/problem+json", told
                answer.close()
    finally:
        app.config["WTF_CSRF_METHODS"] = methods


def test_a_view_that_says_nothing_is_open_to_nobody(app: Flask, client: FlaskClient) -> None:
    view = app.view_functions["catalog.api.capabilities"]
    try:
        app.view_functions["catalog.api.capabilities"] = lambda: "open"
        assert client.get("/api/v1/capabilities").status_code == 401
        assert nobodys_client(app).get("/api/v1/capabilities").status_code == 401
    finally:
        app.view_functions["catalog.api.capabilities"] = view


def test_without_the_permission_function_a_viewer_changes_what_is_anothers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard switched off: what the table above holds off then happens."""
    create_tool(document_of(definition()), actor=command_actor("root"))
    viewer = somebody(app, "eve", "viewer").client(app)
    assert viewer.delete("/api/v1/tools/grep").status_code == 403
    assert versions_of("grep")
    for place in ("app.accounts.doorkeeper.require", "app.catalog.changes.require"):
        monkeypatch.setattr(place, lambda *_: None)
    assert viewer.delete("/api/v1/tools/grep").status_code == 204
    assert not versions_of("grep")
