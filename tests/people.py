"""Accounts for tests: people and services of every role, with the tokens and sessions they get in by."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import psycopg
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient

from app import database
from app.accounts import directory
from app.accounts.tokens import PREFIX, SHOWN, digest, new_secret, new_token, with_checksum
from app.config import Settings
from app.web import COOKIE

ADMIN = "admin"
"""Who most tests are."""
TOKEN = with_checksum(PREFIX + "test" * 9)
SESSION = "a session of the administrator of tests"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
"""What a program of the administrator's sends; the same in every database of tests, so that nobody passes it around."""

_ACCOUNT = """
    WITH state AS (UPDATE tool_catalog.accounts_state SET number = number + 1)
    INSERT INTO tool_catalog.users (name, kind, role, created_by) VALUES (%(name)s, %(kind)s, %(role)s, 'test')
    ON CONFLICT (lower(name)) DO UPDATE SET name = excluded.name RETURNING id
"""
_TOKEN = """
    INSERT INTO tool_catalog.api_tokens (user_id, name, prefix, hash, scopes, created_by)
    VALUES (%(id)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s, 'test')
"""
_SIGN_IN = "INSERT INTO tool_catalog.sign_ins (hash, user_id) VALUES (%(hash)s, %(id)s) ON CONFLICT DO NOTHING"


class Somebody:
    """One account with a token and a session."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        name: str = ADMIN,
        role: str = "admin",
        *,
        kind: str = "person",
        scopes: Iterable[str] = ("read", "write", "admin"),
    ) -> None:
        """Make it in a database, past every face."""
        self.name, self.role = name, role
        self.token, self.key = (TOKEN, SESSION) if name == ADMIN else (new_token(), new_secret())
        with connection.transaction():
            ((number,),) = connection.execute(_ACCOUNT, {"name": name, "kind": kind, "role": role}).fetchall()
            token = {"prefix": self.token[:SHOWN], "hash": digest(self.token), "scopes": list(scopes)}
            connection.execute(_TOKEN, {"id": number, "name": "of a test", **token})
        self._id = number
        self.sign_in(connection)

    def sign_in(self, connection: psycopg.Connection[Any]) -> None:
        """Begin the session, again when it was ended."""
        with connection.transaction():
            connection.execute(_SIGN_IN, {"id": self._id, "hash": digest(self.key)})

    @property
    def headers(self) -> dict[str, str]:
        """What a program of theirs sends with every request."""
        return {"Authorization": f"Bearer {self.token}"}

    def cookie(self, app: Flask) -> tuple[str, str]:
        """Name and value of the cookie a browser of theirs has."""
        return cookie(app.secret_key, self.key)

    def client(self, app: Flask) -> FlaskClient:
        """A client that sends the token with JSON, and is signed in on pages."""
        client = nobodys_client(app)
        client.token = self.token  # type: ignore[attr-defined]
        client.set_cookie(*self.cookie(app))
        return client


def nobodys_client(app: Flask) -> FlaskClient:
    """A client of somebody who has not signed in."""
    client = app.test_client()
    client.token = None  # type: ignore[attr-defined]
    client.delete_cookie(COOKIE)
    return client


@cache
def cookie(secret_key: Any, key: str = SESSION) -> tuple[str, str]:
    """Name and value of the cookie of a session, as a server with this secret key would sign it."""
    signing = Flask(__name__)
    signing.secret_key = secret_key
    serializer = SecureCookieSessionInterface().get_signing_serializer(signing)
    assert serializer is not None
    return COOKIE, str(serializer.dumps({"_user_id": key, "_fresh": True}))


def somebody(app: Flask, name: str = ADMIN, role: str = "admin", **more: Any) -> Somebody:
    """Make an account in an application's database; its process knows at once."""
    settings: Settings = app.extensions["settings"]
    with database.connect(settings) as connection:
        made = Somebody(connection, name, role, **more)
    directory.of(app).refresh_if_used()
    return made
