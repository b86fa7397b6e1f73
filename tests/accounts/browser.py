"""A browser at which people sign in and send forms, as far as the server can tell."""

import re
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.extensions import db
from app.web import COOKIE
from tests.people import Somebody, cookie, nobodys_client

PASSWORD = "wooden trams sing eleven plums"
OTHER_PASSWORD = "four green otters juggle anvils"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Browser:
    """Keeps cookies, and sends forms with the token that their page gave."""

    def __init__(self, app: Flask, who: Somebody | None = None, **environment: str) -> None:
        """Open one, signed in as somebody or as nobody.

        Args:
            environment: what every request of it says, such as REMOTE_ADDR or HTTP_X_FORWARDED_PROTO.
        """
        self.app = app
        self.client = nobodys_client(app)
        self._environment = environment
        if who is not None:
            self.client.set_cookie(*who.cookie(app))

    def get(self, path: str, **request: Any) -> TestResponse:
        """Read a page."""
        return self.client.get(path, environ_overrides=self._environment, **request)

    def send(self, path: str, form: dict[str, Any] | None = None, *, page: str = "/sign-in") -> TestResponse:
        """Send a form, as the page it is on would."""
        data = {"csrf_token": csrf_token(self.get(page, follow_redirects=True).text), **(form or {})}
        return self.post(path, data)

    def post(self, path: str, data: dict[str, Any]) -> TestResponse:
        """Send this and nothing more."""
        return self.client.post(path, data=data, environ_overrides=self._environment)

    def sign_in(self, name: str = "ada", password: str = PASSWORD, **form: str) -> TestResponse:
        """Sign in with name and password."""
        return self.send("/sign-in", {"name": name, "password": password, **form})

    @property
    def is_in(self) -> bool:
        """Whether pages open."""
        return self.get("/account").status_code == 200

    @property
    def cookie(self) -> str:
        """The value of the cookie it has now."""
        found = self.client.get_cookie(COOKIE)
        assert found is not None
        return str(found.value)

    def with_cookie(self, value: str) -> "Browser":
        """Another browser, into which this cookie was put."""
        other = Browser(self.app, **self._environment)
        other.client.set_cookie(COOKIE, value)
        return other


def csrf_token(html: str) -> str:
    """The token that a page's forms carry."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', html)
    assert found is not None, html
    return found[1]


def alert(html: str) -> str:
    """What a page says it was refused for; empty when it says nothing."""
    found = re.search(r'role="alert">.*?<span>(.*?)</span>', html, re.DOTALL)
    return found[1].replace("&#39;", "'") if found else ""


def words(html: str) -> str:
    """A page's text, its blanks as one."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@cache
def hash_of(password: str) -> str:
    """What is kept of a password, made once for all tests."""
    return QUICK.hash(password)


def give_password(name: str, password: str = PASSWORD) -> None:
    """Let somebody have a password."""
    run("UPDATE tool_catalog.users SET password_hash = :hash WHERE name = :name", hash=hash_of(password), name=name)


def run(statement: str, **values: object) -> list[Any]:
    """Run SQL past every face; what it returns."""
    with db.engine.begin() as connection:
        done = connection.execute(text(statement), values)
        return list(done) if done.returns_rows else []


def signed_cookie(app: Flask, key: str) -> str:
    """The cookie a server with this application's key would sign for a session's key."""
    return cookie(app.secret_key, key)[1]
