"""Placeholder."""

from dataclasses import dataclass

from flask import Response

from app.errors import CatalogError


class SignInRefused(CatalogError):
    """x."""

    status, code, title = 403, "sign-in-refused", "Not signed in"


@dataclass(frozen=True, slots=True)
class Person:
    """x."""

    issuer: str
    subject: str
    name: str
    role: str | None


def is_configured() -> bool:
    """x."""
    return False


def begin(redirect_uri: str) -> Response:
    """x."""
    raise SignInRefused("x")


def finish() -> Person:
    """x."""
    raise SignInRefused("x")
