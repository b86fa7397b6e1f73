"""Single sign-on against a provider that speaks the protocol, and misbehaves in every way it can."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import changes
from app.accounts.oidc import Mapped, claim, roles_in
from app.actor import Role, command_actor
from app.config import SettingError, Settings
from app.factory import create_app
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.people import nobodys_client, somebody

BEGIN = "/sign-in/single-sign-on"
ROLES = "catalog-admins=admin, platform=author"
ROOT = command_actor("root")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that behaves."""
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def at_provider(provider: Provider, app_with: Callable[..., Flask]) -> Flask:
    """An application that trusts it."""
    return trusting(app_with, provider.issuer)


def trusting(app_with: Callable[..., Flask], issuer: str, **changes: str) -> Flask:
    """An application that trusts a provider."""
    given = {"oidc_issuer": issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    return app_with(**{**given, "oidc_roles": ROLES, **changes})


def at_the_provider(sent: TestResponse) -> str:
    """Go where the catalog sends the browser; the way back from there, as path and query."""
    assert sent.status_code == 302, sent.text
    there = urlsplit(sent.headers["Location"])
    with closing(HTTPConnection(there.netloc, timeout=10)) as connection:
        connection.request("GET", f"{there.path}?{there.query}")
        with connection.getresponse() as answer:
            back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def sign_in(client: FlaskClient, wanted: str = "/account") -> TestResponse:
    """Sign in at the provider, and come back."""
    return client.get(at_the_provider(client.get(f"{BEGIN}?next={wanted}")))


def me(app: Flask) -> tuple[str, str] | None:
    """Name and role of the account of somebody new who signs in; None: nobody got in."""
    client = nobodys_client(app)
    answer = sign_in(client)
    if answer.status_code != 303:
        assert answer.status_code == 403
        assert client.get("/account").status_code == 303
        return None
    page = client.get("/api/v1/accounts/me", headers={}).get_json()
    return page["name"], page["role"]


def test_whom_the_provider_vouches_for_gets_in_with_the_role_of_the_claim(at_provider: Flask) -> None:
    client = nobodys_client(at_provider)
    assert "single sign-on" in client.get("/sign-in").text
    answer = sign_in(client, "/tools?q=grep")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tools?q=grep")
    assert me(at_provider) == ("ada", "author")


def test_the_role_follows_the_claim_at_every_sign_in(at_provider: Flask, provider: Provider) -> None:
    assert me(at_provider) == ("ada", "author")
    provider.person["groups"] = ["other", "catalog-admins", "platform"]
    assert me(at_provider) == ("ada", "admin")
    provider.person["groups"] = "platform"
    assert me(at_provider) == ("ada", "author")


def test_who_has_no_role_at_the_provider_stays_out(at_provider: Flask, provider: Provider) -> None:
    provider.person["groups"] = ["other"]
    answer = sign_in(nobodys_client(at_provider))
    assert answer.status_code == 403
    assert "no role here" in answer.text


def test_name_and_role_may_stand_in_userinfo(at_provider: Flask, provider: Provider) -> None:
    del provider.person["groups"]
    provider.userinfo = {"groups": ["platform"]}
    assert me(at_provider) == ("ada", "author")


def test_userinfo_of_somebody_else_is_refused(at_provider: Flask, provider: Provider) -> None:
    del provider.person["groups"]
    provider.userinfo, provider.wrong.userinfo_subject = {"groups": ["catalog-admins"]}, "43"
    assert me(at_provider) is None


def test_an_address_that_was_verified_names_an_account(at_provider: Flask, provider: Provider) -> None:
    provider.person |= {"preferred_username": None, "email": "ada@example.org", "email_verified": False}
    assert me(at_provider) is None
    provider.person["email_verified"] = True
    assert me(at_provider) == ("ada@example.org", "author")


def test_an_account_of_that_name_that_is_not_the_providers_is_not_taken_over(app: Flask, at_provider: Flask) -> None:
    somebody(app, "ada", "admin")
    answer = sign_in(nobodys_client(at_provider))
    assert answer.status_code == 403
    assert "another account" in answer.text


def test_another_person_of_the_same_name_does_not_get_in(at_provider: Flask, provider: Provider) -> None:
    assert me(at_provider) is not None
    provider.person["sub"] = "43"
    assert me(at_provider) is None


def test_an_account_that_is_disabled_stays_out(at_provider: Flask) -> None:
    assert me(at_provider) is not None
    changes.set_disabled("ada", True, actor=ROOT)
    assert me(at_provider) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": None},
        {"iss": "http://somebody.else"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"iat": None},
    ],
)
def test_an_identity_that_does_not_hold_is_refused(at_provider: Flask, provider: Provider, claims: Any) -> None:
    provider.wrong.claims = claims
    assert me(at_provider) is None


def test_a_minute_of_difference_between_clocks_is_forgiven_and_no_more(at_provider: Flask, provider: Provider) -> None:
    now = int(time.time())
    provider.wrong.claims = {"exp": now - 30}
    assert me(at_provider) is not None
    provider.wrong.claims = {"exp": now - 90}
    assert me(at_provider) is None


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_an_identity_without_a_signature_of_the_provider_is_refused(
    at_provider: Flask, provider: Provider, algorithm: str
) -> None:
    provider.wrong.algorithm = algorithm
    assert me(at_provider) is None


def test_another_key_is_refused_and_a_new_one_of_the_provider_is_found(at_provider: Flask, provider: Provider) -> None:
    assert me(at_provider) is not None
    provider.wrong.other_key = True
    assert me(at_provider) is None
    provider.wrong.other_key = False
    provider.rotate()
    assert me(at_provider) is not None


def test_a_state_is_good_once_and_only_in_the_browser_that_began(at_provider: Flask) -> None:
    client = nobodys_client(at_provider)
    back = at_the_provider(client.get(BEGIN))
    assert nobodys_client(at_provider).get(back).status_code == 403
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 403


def test_a_code_given_to_one_browser_is_of_no_use_to_another(at_provider: Flask) -> None:
    client, other = nobodys_client(at_provider), nobodys_client(at_provider)
    code = parse_qs(urlsplit(at_the_provider(client.get(BEGIN))).query)["code"][0]
    back = urlsplit(at_the_provider(other.get(BEGIN)))
    state = parse_qs(back.query)["state"][0]
    assert other.get(f"{back.path}?code={code}&state={state}").status_code == 403


def test_what_the_provider_refuses_is_said(at_provider: Flask, provider: Provider) -> None:
    provider.wrong.refuses = "access_denied"
    answer = sign_in(nobodys_client(at_provider))
    assert answer.status_code == 403
    assert "The provider was told not to let you in." in answer.text


def test_a_provider_that_is_away_is_told_and_asked_again(provider: Provider, app_with: Callable[..., Flask]) -> None:
    app = trusting(app_with, provider.issuer)
    provider.wrong.status = 500
    answer = nobodys_client(app).get(BEGIN)
    assert answer.status_code == 403
    assert "did not work" in answer.text
    provider.wrong.status = None
    assert me(app) is not None


def test_an_application_starts_while_its_provider_is_away(app_with: Callable[..., Flask]) -> None:
    app = trusting(app_with, "http://127.0.0.1:9")
    assert nobodys_client(app).get("/sign-in").status_code == 200
    assert nobodys_client(app).get(BEGIN).status_code == 403


def test_a_provider_that_says_it_is_another_one_is_refused(at_provider: Flask, provider: Provider) -> None:
    provider.wrong.other_issuer = True
    assert nobodys_client(at_provider).get(BEGIN).status_code == 403


def test_without_a_provider_there_is_no_single_sign_on(app: Flask) -> None:
    client = nobodys_client(app)
    assert "single sign-on" not in client.get("/sign-in").text
    assert client.get(BEGIN).status_code == 404
    assert client.get(f"{BEGIN}/callback?code=a&state=b").status_code == 404


def test_nothing_secret_is_logged(
    at_provider: Flask, provider: Provider, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.wrong.claims = {"aud": "another-client"}
    assert me(at_provider) is None
    logged = caplog.text + "".join(capsys.readouterr())
    assert CLIENT_SECRET not in logged


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
        ({"oidc_roles": ""}, "OIDC_ROLES"),
        ({"oidc_roles": "a=owner"}, "OIDC_ROLES"),
        ({"oidc_roles": "admin"}, "OIDC_ROLES"),
        ({"oidc_issuer": "http://login.example.org"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "login.example.org"}, "OIDC_ISSUER"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_at_the_start(changes: dict[str, str], named: str) -> None:
    given = {"oidc_issuer": "https://login.example.org", "oidc_client_id": "catalog", "oidc_roles": ROLES}
    with pytest.raises(SettingError, match=named):
        create_app(Settings(database_url="unused", secret_key="x", **{**given, **changes}))


@pytest.mark.parametrize(
    ("path", "claims", "found"),
    [
        ("groups", {"groups": ["a"]}, ["a"]),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ["a"]),
        ("https://example.org/roles", {"https://example.org/roles": "a"}, "a"),
        ("a.b", {"a": "text"}, None),
        ("a.b", {}, None),
    ],
)
def test_a_claim_may_be_within_another(path: str, claims: dict[str, Any], found: object) -> None:
    assert claim(claims, path) == found


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["a"], "viewer"),
        (["b", "a"], "author"),
        (["a", "c", "b"], "admin"),
        ("c", "admin"),
        ([], "viewer"),
        (7, "viewer"),
    ],
)
def test_the_highest_role_counts_and_a_star_is_for_everybody(groups: object, role: str) -> None:
    mapped = Mapped("preferred_username", "groups", roles_in("b=author, c=admin, *=viewer"))
    assert mapped.role_of({"groups": groups}) == role
    assert roles_in("") == {}
    assert roles_in(" a=b=admin ") == {"a=b": Role.ADMIN}
