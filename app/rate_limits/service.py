"""The rate limits of an application: who asks too often is refused, ahead of every view."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from flask import Flask, request
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string

from app.config import SettingError, Settings
from app.database import engine_of
from app.errors import TooManyRequests
from app.rate_limits.asking import ADDRESS, TOKEN, IsKnown, asks, no_token
from app.rate_limits.leases import Leases
from app.rate_limits.storage import PostgresStorage

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FREE = {"health"}
"""The blueprints nobody is refused by: who watches over the product must not be. Nor are static files."""
PERSON = "person"
"""Who is signed in at a browser, and does not count for an address that many may share."""
WHOSE = {TOKEN: "with this token", PERSON: "from you", ADDRESS: "from this address"}


class RateLimits:
    """How often an application may be asked, by each who asks.

    A hook of ours on the storages and the words of `limits`. Flask-Limiter, which adds its own around the same, was
    measured: it took 100 µs for each request, and the shortest read that reaches Flask takes 60.

    Attributes:
        is_on: whether requests are counted.
    """

    def __init__(
        self, storage: Storage, settings: Settings, is_known: IsKnown, signed_in: Callable[[], str | None]
    ) -> None:
        self.is_on = settings.rate_limit_enabled
        per_account = parse(settings.rate_limit_token)
        self._limits = {TOKEN: per_account, PERSON: per_account, ADDRESS: parse(settings.rate_limit_address)}
        self._signed_in = signed_in
        self._sizes = {kind: (limit.amount, limit.get_expiry()) for kind, limit in self._limits.items()}
        self._leases = Leases(storage)
        self._is_known = is_known

    def admits(self, kind: str, key: str) -> bool:
        """Count one request of who asks; whether it is within the limit. Needs no Flask, and mostly no waiting."""
        return not self.is_on or self._leases.admits(f"{kind}:{key}", *self._sizes[kind])

    def admits_request(self, environ: "WSGIEnvironment") -> bool:
        """Count a request as a server hands it over; whether it is within the limit of who asks."""
        return not self.is_on or self.admits(*asks(environ, self._is_known))

    def hold(self) -> None:
        """Count the request at work, also one that leads nowhere.

        Raises:
            TooManyRequests: it is beyond the limit of who asks.
        """
        if request.endpoint == "static" or request.blueprint in FREE:
            return
        kind, key = asks(request.environ, self._is_known)
        person = self._signed_in() if kind == ADDRESS else None
        if person is not None:
            kind, key = PERSON, person
        if not self.admits(kind, key):
            seconds = max(1, math.ceil(self._leases.seconds_left(f"{kind}:{key}", *self._sizes[kind])))
            told = f"More than {in_words(self._limits[kind])} came {WHOSE[kind]}. Come back in {seconds} s."
            raise TooManyRequests(told, retry_after=seconds)


def in_words(limit: RateLimitItem) -> str:
    """A limit as people say it: “300 requests per minute”."""
    requests = "request" if limit.amount == 1 else "requests"
    time = limit.GRANULARITY.name if limit.multiples == 1 else f"{limit.multiples} {limit.GRANULARITY.name}s"
    return f"{limit.amount} {requests} per {time}"


def storage_of(app: Flask, settings: Settings) -> Storage:
    """Where requests are counted.

    Raises:
        SettingError: there is no such storage here.
    """
    if not settings.rate_limit_storage:
        return PostgresStorage(engine=engine_of(app))
    try:
        return cast("Storage", storage_from_string(settings.rate_limit_storage))
    except ConfigurationError as error:
        raise SettingError(
            "RATE_LIMIT_STORAGE: counting in Redis needs the Python package redis; install it with: "
            "pip install 'limits[redis]', or leave the setting empty to count in PostgreSQL"
        ) from error
    except ValueError:
        # Without its cause, which may show the password in the address.
        raise SettingError("RATE_LIMIT_STORAGE: this is no address of a Redis") from None


def nobody() -> None:
    """Know nobody at a browser."""


def init_app(
    app: Flask, settings: Settings, is_known: IsKnown = no_token, signed_in: Callable[[], str | None] = nobody
) -> None:
    """Give the application its rate limits.

    Args:
        is_known: whether a text is a token somebody may ask with. signed_in: who is, at a browser, if anybody.

    Raises:
        SettingError: there is no such storage here.
    """
    limits = app.extensions["rate_limits"] = RateLimits(storage_of(app, settings), settings, is_known, signed_in)
    if limits.is_on:
        app.before_request(limits.hold)


def of(app: Flask) -> RateLimits:
    """An application's rate limits."""
    return app.extensions["rate_limits"]  # type: ignore[no-any-return]
