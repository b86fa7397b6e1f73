"""Every error of the JSON face is one problem document; pages answer with a page; neither tells secrets."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.errors import CatalogError, NotFound
from app.extensions import SCHEMA
from tests.catalog.caller import TOOLS, Caller
from tests.catalog.test_refused import REFUSED
from tests.definition import definition
from tests.owner import owning

TELLTALE = ("select ", "insert ", "update ", "psycopg", "sqlalchemy", "traceback", 'file "', ".py", "tool_catalog.")
MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}


def assert_is_problem(answer: TestResponse, status: int) -> None:
    """Check that an answer is a problem document (RFC 9457) that says enough and not too much."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    assert answer.json is not None
    assert answer.json.keys() >= MEMBERS
    assert answer.json["status"] == status
    assert answer.json["type"].startswith("urn:tool-catalog:problem:")
    assert answer.json["instance"] == answer.request.path
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.json["detail"]
    assert not [word for word in TELLTALE if word in answer.text.lower()], answer.text


def misdirected(client: FlaskClient) -> Iterator[tuple[int, TestResponse]]:
    """Requests that reach no view, or no such thing."""
    yield 404, client.get("/api/v1/nothing")
    yield 404, client.get("/api/nothing")
    yield 404, client.get(f"{TOOLS}/nothing")
    yield 404, client.get(f"{TOOLS}/")
    yield 404, client.get("/health/nothing")
    yield 405, client.delete(TOOLS)
    yield 405, client.post(f"{TOOLS}/grep")
    yield 405, client.get(f"{TOOLS}/grep/enable")
    yield 404, client.get(f"{TOOLS}/a%00b")
    yield 400, client.get(f"{TOOLS}/a%00b?version=1.0")


def test_every_refused_change_is_answered_with_a_problem(client: FlaskClient) -> None:
    caller = Caller(client)
    caller.create()
    caller.update()
    caller.update(status="draft", capabilities={"text_search": {}})
    caller.ok("POST", json=definition("half-done", status="draft", capabilities={}))
    for status, method, path, request in REFUSED:
        assert_is_problem(caller.send(method, path, **request), status)


def test_every_misdirected_request_is_answered_with_a_problem(client: FlaskClient) -> None:
    for status, answer in misdirected(client):
        assert_is_problem(answer, status)


def test_a_method_that_is_not_there_tells_those_that_are(client: FlaskClient) -> None:
    allowed = client.delete(TOOLS).headers["Allow"]
    assert set(allowed.split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_definitions_findings_come_along(client: FlaskClient) -> None:
    answer = client.post(TOOLS, json=definition(platform="linuks"))
    assert answer.json is not None
    (error,) = (finding for finding in answer.json["findings"] if finding["severity"] == "error")
    assert error.keys() == {"severity", "code", "path", "line", "column", "message", "suggestion"}


@pytest.mark.parametrize("path", ["", "/validate", "/import"])
def test_a_body_that_is_too_large_is_refused(app_with: Callable[..., Flask], path: str) -> None:
    narrow = app_with(max_body_bytes=1000).test_client()
    assert_is_problem(narrow.post(TOOLS + path, json=definition(notes="x" * 1000)), 413)


def test_an_upload_that_is_too_large_is_refused(app_with: Callable[..., Flask]) -> None:
    narrow = app_with(max_body_bytes=1000).test_client()
    data = b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" + b"x" * 1000 + b"\r\n--x--\r\n"
    answer = narrow.post(f"{TOOLS}/import", data=data, content_type="multipart/form-data; boundary=x")
    assert_is_problem(answer, 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["", "/validate", "/import", "/export"])
def test_a_body_that_is_neither_json_nor_yaml_is_refused(client: FlaskClient, path: str, kind: str) -> None:
    assert_is_problem(client.post(TOOLS + path, data="a=1", content_type=kind), 415)


@pytest.fixture
def broken(app: Flask, app_with: Callable[..., Flask]) -> Iterator[FlaskClient]:
    """A client of a product whose code does not fit its database, answering as it does in production."""
    serving = app_with()
    serving.testing = False
    with owning() as connection:
        connection.execute(text(f"ALTER TABLE {SCHEMA}.tool_audit_log RENAME TO elsewhere"))
    yield serving.test_client()
    with owning() as connection:
        connection.execute(text(f"ALTER TABLE {SCHEMA}.elsewhere RENAME TO tool_audit_log"))


def test_an_error_nobody_foresaw_tells_nothing_of_its_inside(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert_is_problem(broken.post(TOOLS, json=definition()), 500)
    assert "UndefinedTable" in caplog.text


def test_an_error_nobody_foresaw_changes_nothing(broken: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    broken.post(TOOLS, json=definition())
    assert caplog.records
    answer = broken.get(TOOLS).json
    assert answer is not None
    assert answer["total"] == 0


@pytest.fixture
def refusing(app: Flask, app_with: Callable[..., Flask]) -> Iterator[Callable[[str], FlaskClient]]:
    """Clients of a product whose database refuses every new version for a reason of its own, a SQLSTATE."""

    def client(state: str) -> FlaskClient:
        with owning() as connection:
            raising = f"'BEGIN RAISE EXCEPTION ''refused'' USING ERRCODE = ''{state}''; END'"
            connection.execute(
                text(f"CREATE FUNCTION {SCHEMA}.refuses() RETURNS trigger LANGUAGE plpgsql AS {raising}")
            )
            on_tools = f"BEFORE INSERT ON {SCHEMA}.tools FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuses()"
            connection.execute(text(f"CREATE TRIGGER refuses {on_tools}"))
        serving = app_with()
        serving.testing = False
        return serving.test_client()

    yield client
    with owning() as connection:
        connection.execute(text(f"DROP FUNCTION {SCHEMA}.refuses CASCADE"))


@pytest.mark.parametrize("state", ["40001", "53000", "53100", "53200", "53300", "55P03", "57014", "58030", "25006"])
def test_what_passes_in_the_database_is_answered_with_when_to_come_back(
    refusing: Callable[[str], FlaskClient], state: str
) -> None:
    answer = refusing(state).post(TOOLS, json=definition())
    assert_is_problem(answer, 503)
    assert answer.headers["Retry-After"] == "1"
    assert answer.json is not None
    assert "Nothing was changed" in answer.json["detail"]
    assert ("disk is full" in answer.json["detail"]) == (state == "53100")


def test_what_does_not_pass_in_the_database_is_an_error(
    refusing: Callable[[str], FlaskClient], caplog: pytest.LogCaptureFixture
) -> None:
    assert_is_problem(refusing("42P01").post(TOOLS, json=definition()), 500)
    assert caplog.records


def test_people_get_a_page(client: FlaskClient) -> None:
    for path, status in [("/tools/nothing", 404), ("/nothing", 404), ("/tools?plattform=x", 400)]:
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (status, "text/html")
        assert not [word for word in ("psycopg", "traceback", "select ") if word in answer.text.lower()]


def test_an_expected_refusal_says_how_to_mend_it() -> None:
    refusal = NotFound("No tool is called that.", suggestions=["this"])
    assert isinstance(refusal, CatalogError)
    assert (refusal.status, refusal.detail, refusal.members) == (404, str(refusal), {"suggestions": ["this"]})
