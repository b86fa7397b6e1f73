"""Who asks, and how that is found out: tokens for programs, cookies for people, nothing in between."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts import doorkeeper
from tests.accounts.browser import Browser
from tests.accounts.told import Told, chain_holds, entries
from tests.definition import definition
from tests.owner import owning
from tests.people import HEADERS, TOKEN, Somebody, nobodys_client

TOOLS, ME = "/api/v1/tools", "/api/v1/accounts/me"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/static/css/base.css", "/sign-in"])
def test_what_is_open_is_open_to_nobody_in_particular(nobody: FlaskClient, path: str) -> None:
    with nobody.get(path) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/tools", "/tools/grep", "/audit", "/reloads", "/account", "/accounts"])
def test_every_page_leads_to_where_one_signs_in(nobody: FlaskClient, path: str) -> None:
    answer = nobody.get(path)
    assert (answer.status_code, answer.headers["Location"][:14]) == (303, "/sign-in?next=")
    assert "grep" not in answer.text


@pytest.mark.parametrize("path", [TOOLS, f"{TOOLS}/grep", "/api/v1/audit", "/api/v1/capabilities", ME])
def test_all_json_asks_for_a_token(nobody: FlaskClient, client: FlaskClient, path: str) -> None:
    client.post(TOOLS, json=definition())
    for _ in range(2):
        client.get(path)
        answer = nobody.get(path)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tool-catalog"'
        assert "Authorization: Bearer tcat_" in answer.json["detail"]


def test_what_does_not_exist_is_not_found_by_anybody(nobody: FlaskClient, client: FlaskClient) -> None:
    for path in ("/nothing", "/api/v1/nothing"):
        assert nobody.get(path).status_code == client.get(path).status_code == 404


def test_a_remembered_answer_is_for_who_may_read_it(client: FlaskClient, app_with: Callable[..., Flask]) -> None:
    client.post(TOOLS, json=definition())
    other = app_with()
    known, nobody = other.test_client(), nobodys_client(other)
    assert [known.get(f"{TOOLS}/grep").status_code for _ in range(3)] == [200] * 3
    assert nobody.get(f"{TOOLS}/grep").status_code == 401
    assert nobody.get(f"{TOOLS}/grep", headers={"Authorization": f"Bearer {TOKEN[:-1]}x"}).status_code == 401
    assert nobody.get(f"{TOOLS}/grep", headers={"If-None-Match": "*"}).status_code == 401
    assert nobody.head(f"{TOOLS}/grep").status_code == 401


def test_a_token_goes_before_a_cookie(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, ada)
    assert browser.get(ME).json["name"] == "ada"
    assert browser.get(ME, headers=HEADERS).json["name"] == "admin"
    assert browser.get(ME, headers={"Authorization": "Bearer tcat_x"}).status_code == 401


def test_a_token_in_the_address_or_a_cookie_is_none(app: Flask) -> None:
    client = nobodys_client(app)
    assert client.get(f"{TOOLS}?token={TOKEN}").status_code == 401
    client.set_cookie("Authorization", f"Bearer {TOKEN}")
    client.set_cookie("tool_catalog", TOKEN)
    assert client.get(TOOLS).status_code == 401


def test_a_cookie_that_is_damaged_opens_nothing(app: Flask, ada: Somebody) -> None:
    value = Browser(app, ada).cookie
    for damaged in (value[:-1], value[::-1], value.split(".")[0], "", "x" * 3000, value.swapcase()):
        assert not Browser(app).with_cookie(damaged).is_in


@pytest.mark.parametrize(
    ("path", "method"), [("/accounts", "GET"), ("/accounts/teams", "POST"), ("/api/v1/accounts/users", "GET")]
)
def test_who_is_refused_is_told_in_the_audit_log(app: Flask, ada: Somebody, path: str, method: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        client = ada.client(app)
        answer = client.open(f"{path}?password=hunter2", method=method, environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert answer.status_code == 403
    source = "api" if path.startswith("/api/") else "page"
    assert entries() == [Told("refused", f"{method} {path}", "ada", "192.0.2.9", source, None, [])]
    assert chain_holds()


def test_a_refusal_stands_also_when_it_cannot_be_written_down(app: Flask, ada: Somebody) -> None:
    client = ada.client(app)
    assert client.get(ME).status_code == 200
    log = "ALTER TABLE tool_catalog.tool_audit_log"
    with owning() as connection:
        connection.execute(text(f"{log} ADD CONSTRAINT refuses CHECK (action <> 'refused')"))
    try:
        assert client.get("/api/v1/accounts/users").status_code == 403
    finally:
        with owning() as connection:
            connection.execute(text(f"{log} DROP CONSTRAINT refuses"))
    assert entries() == []


def test_a_proxy_that_is_trusted_says_who_asks_and_no_other_does(
    app: Flask, ada: Somebody, app_with: Callable[..., Flask]
) -> None:
    forwarded = {"HTTP_X_FORWARDED_FOR": "203.0.113.66, 192.0.2.7", "REMOTE_ADDR": "10.0.0.1"}
    behind = app_with(trusted_proxies=1)
    for one in (app, behind):
        ada.client(one).get("/api/v1/accounts/users", environ_overrides=forwarded)
    assert [told.address for told in entries("refused")] == ["10.0.0.1", "192.0.2.7"]


def test_the_log_of_errors_knows_nobodys_token(app: Flask) -> None:
    with app.test_request_context(TOOLS, headers=HEADERS):
        doorkeeper.find_out()
        assert not re.search(TOKEN, repr(doorkeeper.g.actor))


def test_the_case_of_the_scheme_does_not_matter(app: Flask) -> None:
    headers = {"Authorization": f"bEARER {TOKEN}"}
    assert nobodys_client(app).get("/api/v1/tools", headers=headers).status_code == 200
