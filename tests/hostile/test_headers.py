"""What every answer carries, and what the server never serves, whoever asks."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import nobodys_client

ADDRESSES = [
    "/tools",
    "/sign-in",
    "/nothing",
    "/api/v1/tools",
    "/api/v1/nothing",
    "/health/live",
    "/static/css/base.css",
]
ALWAYS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_every_answer_carries_its_guards(app: Flask, address: str, is_signed_in: bool) -> None:
    answer = (app.test_client() if is_signed_in else nobodys_client(app)).get(address)
    for name, value in ALWAYS.items():
        assert value in answer.headers[name], (address, name)
        assert len(answer.headers.getlist(name)) == 1
    answer.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_answer_lets_another_origin_read_it(client: FlaskClient, address: str) -> None:
    headers = {"Origin": "https://evil.invalid", "Access-Control-Request-Method": "PUT"}
    for method in ("GET", "OPTIONS"):
        answer = client.open(address, method=method, headers=headers)
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
        answer.close()


@pytest.mark.parametrize("path", ["../app/config.py", "..%2f..%2f.git/config", ".git/config", "%2e%2e/wsgi.py", "css/"])
def test_nothing_but_static_files_is_served_from_the_disk(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404
    assert client.get(f"/{path}").status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG"])
def test_methods_nobody_needs_are_refused(client: FlaskClient, method: str) -> None:
    assert client.open("/tools", method=method).status_code == 405
    assert client.open("/api/v1/tools", method=method).status_code == 405


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_download_has_a_name_of_ours(client: FlaskClient, form: str) -> None:
    answer = client.get(f"/api/v1/audit?format={form}&tool=%22%0d%0aX-Evil:1")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="audit.{form}"'
    assert "X-Evil" not in answer.headers
