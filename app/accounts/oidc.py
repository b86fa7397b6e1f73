"""Single sign-on: what a provider of OpenID Connect says of somebody who signs in there. Authlib speaks the protocol.

Authorization code flow with PKCE, state and nonce. What the account may do here is read from a claim.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app

from app.actor import Role
from app.config import SettingError, Settings
from app.errors import CatalogError

if TYPE_CHECKING:
    from authlib.integrations.flask_client import FlaskOAuth2App

log = structlog.get_logger()

ASYMMETRIC = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
TIMEOUT_S = 5
LEEWAY_S = 60
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
ANYBODY = "*"
FAILED = (
    "Signing in at the provider did not work. Try again; if it goes on, an administrator finds the reason in the log."
)


class SignInRefused(CatalogError):
    """The provider does not vouch for somebody, or not for somebody who may come in."""

    status, code, title = 403, "sign-in-refused", "Not signed in"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a provider vouches for. `subject` is the provider's own, lasting name; `role` None: none here."""

    issuer: str
    subject: str
    name: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Mapped:
    """How claims become a name and a role."""

    name_claim: str
    role_claim: str
    roles: Mapping[str, Role]

    def role_of(self, claims: Mapping[str, Any]) -> str | None:
        """The highest role that the claims give; None: none."""
        said = claim(claims, self.role_claim)
        values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        given = {self.roles[value] for value in [*values, ANYBODY] if isinstance(value, str) and value in self.roles}
        return next((role.value for role in reversed(Role) if role in given), None)

    def name_of(self, claims: Mapping[str, Any]) -> str | None:
        """The name in the claims: the one asked for, else an address of mail that was verified; None: no usable one."""
        mail = claims.get("email") if claims.get("email_verified") is True else None
        for said in (claim(claims, self.name_claim), mail):
            if isinstance(said, str) and NAME.fullmatch(said) and (self.name_claim != "email" or said == mail):
                return said
        return None


class Provider:
    """One provider, asked for its own description when first needed, and again after that failed."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        # Imported for those who use it: it takes 10 MiB in every serving process.
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415
        from authlib.integrations.flask_client import OAuth  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415
        from requests import RequestException  # noqa: PLC0415

        # What a provider that is away, misbehaves, or is not what it says can cause: nothing in its answers is trusted.
        self.failures = (
            AuthlibBaseError,
            JoseError,
            RequestException,
            ValueError,
            LookupError,
            TypeError,
            RuntimeError,
        )
        self.issuer = settings.oidc_issuer.rstrip("/")
        self.mapped = Mapped(settings.oidc_name_claim, settings.oidc_role_claim, roles_in(settings.oidc_roles))
        self.client: FlaskOAuth2App = OAuth(app).register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret or None,
            server_metadata_url=f"{self.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.oidc_scopes,
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_S,
                "default_timeout": TIMEOUT_S,
                "token_endpoint_auth_method": "client_secret_basic" if settings.oidc_client_secret else "none",
            },
        )

    def describe(self) -> None:
        """Read what the provider says of itself, and hold it to it.

        Raises:
            ValueError: it is another issuer than the one in the settings.
        """
        told = self.client.load_server_metadata()
        if told.get("issuer", "").rstrip("/") != self.issuer:
            raise ValueError("the provider says it is another issuer")
        # Whoever has the provider's public key could sign with HS256, and anybody without.
        offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
        told["id_token_signing_alg_values_supported"] = [name for name in offered if name in ASYMMETRIC]

    def begin(self, redirect_uri: str) -> Response:
        """Send the browser to the provider."""
        self.describe()
        sent: Response = self.client.authorize_redirect(redirect_uri)
        return sent

    def finish(self) -> Person:
        """Read who comes back from the provider.

        Raises:
            SignInRefused: no usable name.
        """
        self.describe()
        token = self.client.authorize_access_token(leeway=LEEWAY_S)
        claims: dict[str, Any] = dict(token["userinfo"])
        if self.mapped.name_of(claims) is None or self.mapped.role_of(claims) is None:
            more = self.client.userinfo(token=token)
            if more.get("sub") != claims["sub"]:
                raise ValueError("the provider tells of somebody else")
            claims = {**more, **claims}
        name = self.mapped.name_of(claims)
        if name is None:
            raise SignInRefused("The provider tells no name that can be used here. Ask an administrator.")
        return Person(self.issuer, str(claims["sub"]), name, self.mapped.role_of(claims))


def claim(claims: Mapping[str, Any], path: str) -> Any:
    """A claim, also one within another: `realm_access.roles`. A name with dots of its own goes first."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def roles_in(text: str) -> dict[str, Role]:
    """The roles of a setting such as `catalog-admins=admin, platform=author, *=viewer`.

    Raises:
        SettingError: it is not of that form, or names no role.
    """
    roles = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        value, equals, role = (word.strip() for word in part.rpartition("="))
        if not equals or not value or role not in set(Role):
            raise SettingError(f"OIDC_ROLES={text!r}: write VALUE=ROLE, with a role of {', '.join(Role)}")
        roles[value] = Role(role)
    return roles


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its provider, if the settings name one. It is asked for nothing yet.

    Raises:
        SettingError: the settings do not fit together.
    """
    app.extensions["oidc"] = None
    roles_in(settings.oidc_roles)
    if not settings.oidc_issuer:
        return
    parts = urlsplit(settings.oidc_issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SettingError("OIDC_ISSUER: write an address that begins with https://")
    if not settings.oidc_client_id:
        raise SettingError("OIDC_CLIENT_ID: OIDC_ISSUER needs the name this catalog has at the provider")
    if not settings.oidc_roles:
        raise SettingError("OIDC_ROLES: say who may come in, such as catalog-admins=admin, *=viewer")
    app.extensions["oidc"] = Provider(app, settings)


def is_configured() -> bool:
    """Whether there is a provider."""
    return current_app.extensions["oidc"] is not None


def begin(redirect_uri: str) -> Response:
    """Send the browser to the provider, to come back to this address.

    Raises:
        SignInRefused: the provider does not answer as it should.
    """
    provider = _provider()
    try:
        return provider.begin(redirect_uri)
    except provider.failures as error:
        raise _refused(error) from None


def finish() -> Person:
    """Whom the provider vouches for, in the request that comes back from it.

    Raises:
        SignInRefused: for nobody, or what it says does not hold.
    """
    provider = _provider()
    try:
        return provider.finish()
    except provider.failures as error:
        raise _refused(error) from None


def _provider() -> Provider:
    return current_app.extensions["oidc"]  # type: ignore[no-any-return]


def _refused(error: Exception) -> SignInRefused:
    """What somebody is told, whatever the provider, the network or Authlib did; the kind of error goes to the log."""
    kind = getattr(error, "error", None)
    log.warning("single sign-on failed", error=type(error).__name__, kind=kind if isinstance(kind, str) else None)
    if kind == "access_denied":
        return SignInRefused("The provider was told not to let you in.")
    return SignInRefused(FAILED)
