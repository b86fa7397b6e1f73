"""The OpenAPI document is true: it has every route, and what the server answers is as it says."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.answers import speaks_json
from app.catalog.live import live
from app.reload.webhook import signature
from app.selection import decisions
from app.selection.request import SelectionRequest
from app.selection.service import choose
from tests.catalog.caller import TOOLS, Caller
from tests.catalog.test_refused import REFUSED
from tests.definition import definition
from tests.json_schema import complaints, referred

# The document does not describe itself; what every address may answer is said once, in words.
SECRET = "a secret of this test"
UNDESCRIBED = {"/api/v1/openapi.json"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """The document, as a caller reads it."""
    answer = client.get("/api/v1/openapi.json")
    assert answer.mimetype == "application/json"
    return answer.get_json()  # type: ignore[no-any-return]


def routes(app: Flask) -> set[tuple[str, str]]:
    """Method and path of every route of the JSON face, as OpenAPI writes paths."""
    found = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        if speaks_json(path) and path not in UNDESCRIBED:
            found |= {(method.lower(), path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    return found


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def operation_at(document: Mapping[str, Any], method: str, address: str) -> dict[str, Any]:
    """The operation a request to this address is described by; a fixed path goes before one with names."""
    path = address.split("?", 1)[0]
    fitting = [
        template
        for template in document["paths"]
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)
        and method.lower() in document["paths"][template]
    ]
    assert fitting, f"{method} {path} is not described"
    return document["paths"][min(fitting, key=lambda t: t.count("{"))][method.lower()]  # type: ignore[no-any-return]


def assert_as_described(document: Mapping[str, Any], answer: TestResponse) -> None:
    """Check an answer's status, media type and content against the document."""
    request = answer.request
    told = f"{request.method} {request.path} answered {answer.status_code}"
    responses = operation_at(document, request.method, request.path)["responses"]
    assert str(answer.status_code) in responses, f"{told}, which is not described"
    content = responses[str(answer.status_code)].get("content")
    if not answer.data:
        assert content is None, f"{told} without a body"
    elif content is not None:
        assert answer.mimetype in content, f"{told} as {answer.mimetype}"
        if answer.is_json:
            assert list(complaints(answer.json, content[answer.mimetype]["schema"], document)) == [], told


def references(part: object) -> Iterator[str]:
    """Every `$ref` below a part of the document."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"].keys() >= {"title", "version"}


def test_every_route_is_described_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(document)} == routes(app)


def test_every_operation_has_an_id_of_its_own_a_summary_and_an_answer(document: dict[str, Any]) -> None:
    all_of_them = [operation for *_, operation in operations(document)]
    assert len({operation["operationId"] for operation in all_of_them}) == len(all_of_them)
    assert all(operation["summary"] for operation in all_of_them)
    assert all(min(operation["responses"]) < "400" for operation in all_of_them)


def test_every_name_in_a_path_is_a_parameter(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path" and p["required"]}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    assert all(referred(reference, document) for reference in found)


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400" and path != "/health/ready":
                schema = response["content"]["application/problem+json"]["schema"]
                assert referred(schema["$ref"], document)["title"] == "Problem", (path, status)


def test_the_document_is_answered_with_a_tag(client: FlaskClient) -> None:
    tag = client.get("/api/v1/openapi.json").headers["ETag"]
    assert client.get("/api/v1/openapi.json", headers={"If-None-Match": tag}).status_code == 304


def calls(caller: Caller) -> Iterator[TestResponse]:
    """A request to every route of the JSON face that succeeds."""
    yield caller.send("POST", json=definition())
    yield caller.send("PUT", "/grep", json=definition(version="1.1", examples=[{"a": 1}]))
    yield caller.send("PATCH", "/grep", json={"description": "Better"})
    for path in ("", "?q=grep", "?q=gerp", "/platform/linux", "/category/system", "/search?q=grep", "/grep"):
        answer = caller.send("GET", path)
        yield answer
        yield caller.send("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
    for path in ("/grep?version=1.0", "/grep/versions", "/grep/versions/1.0", "/grep/diff?from=1.0&to=1.2"):
        yield caller.send("GET", path)
    yield caller.send("POST", "/grep/versions/1.0/promote")
    yield caller.send("PATCH", "/grep/disable", json={"reason": "why not"})
    yield caller.send("PATCH", "/grep/enable")
    done = caller.send("POST", "/bulk", json={"names": ["grep"], "act": "disable", "reason": "why not"})
    yield done
    revisions = {name: done.get_json()[name] for name in ("first", "last")}
    yield caller.send("POST", "/undo", json=revisions)
    yield caller.send("POST", "/validate", json=definition(platform="linuks"))
    yield caller.send("POST", "/validate", data="a: &x 1", content_type="application/yaml")
    yield caller.send("POST", "/grep/validate")
    yield from calls_about_files(caller)
    for path in ("/api/v1/capabilities", "/api/v1/capabilities/text_search/tools", "/health/live", "/health/ready"):
        yield caller.client.get(path)
    for path in ("", "?tool_name=grep&processes=this", "?tool_name=nothing"):
        yield caller.send("POST", f"/reload{path}")
    yield caller.client.get("/api/v1/snapshot")
    yield from calls_about_selection(caller.client)
    yield from calls_about_cases(caller)
    yield caller.send("DELETE", "/grep?version=1.1")
    yield caller.send("DELETE", "/grep")
    for path in ("/changes", "/changes?since=1&limit=2&tools=1", "/changes?since=4&tools=1", "/changes/stream?since=1"):
        yield caller.client.get(f"/api/v1{path}")
    for path in ("", "?limit=2&action=created&who=admin&tool=grep&source=api", "?format=csv", "?format=jsonl"):
        yield caller.client.get(f"/api/v1/audit{path}")
    for path in ("/reload/history", "/reload/history?limit=1&trigger_type=manual&success=0", "/reload/statistics"):
        yield caller.send("GET", path)


def calls_about_selection(client: FlaskClient) -> Iterator[TestResponse]:
    """A request to every route of selection that succeeds."""
    for request in (
        {"intent": "find text"},
        {"capabilities": ["text_search"], "explain": "none"},
        {"intent": "wubble"},
    ):
        yield client.post("/api/v1/select", json=request)
    yield client.post("/api/v1/select", json={"intent": "search", "environment": "production", "variables": {"N": 4}})
    yield client.post("/api/v1/select/batch", json={"requests": [{"intent": "find text"}, {"intent": "wubble"}]})
    yield client.get("/api/v1/select?intent=find+text&variables=N%3D40&weights=time%3D2&max_cost=3&explain=brief")


def calls_about_cases(caller: Caller) -> Iterator[TestResponse]:
    """A request to every route of saved cases and of impact that succeeds; there is a tool grep."""
    cases, client = "/api/v1/select/cases", caller.client
    expected = {"tool_name": "grep", "pattern_name": "search_files"}
    body = {"name": "Find text", "request": {"intent": "find text", "variables": {"N": 4}}, "expected": expected}
    yield client.post(cases, json={**body, "must_hold": True, "note": "as it always was"})
    yield client.post(cases, json={**body, "name": "Never", "request": {"capabilities": ["no_such_capability"]}})
    yield client.get(cases)
    yield client.get(f"{cases}/find%20text")
    choose(SelectionRequest(intent="find text"))
    decisions.decision_log().flush()
    yield caller.send("POST", "/grep/impact", json={"description": "Other"})
    yield caller.send("POST", "/grep/impact", json=definition(enabled=False))
    yield caller.send("POST", "/grep/impact?version=1.0")
    yield client.put(f"{cases}/Never", json={**body, "name": "Sometimes"})
    yield client.delete(f"{cases}/Sometimes")
    yield client.delete(f"{cases}/Find%20text")


def calls_about_files(caller: Caller) -> Iterator[TestResponse]:
    """A request to every route that takes or gives files."""
    bundle = "tools:\n  sed: {description: S}\n"
    yield caller.send("POST", "/import", data=bundle, content_type="application/yaml")
    yield caller.send("POST", "/bulk-import?dry_run=1", json=[definition(), {"a": 1}])
    for form in ("yaml", "zip", "csv"):
        exported = caller.send("POST", "/export", json={"format": form})
        yield exported
        if form == "zip":
            yield caller.send("POST", "/import", data=exported.data, content_type="application/zip")
    yield caller.send("POST", "/export")
    yield caller.send("POST", "/export", json={"names": ["grep"], "format": "yaml"})
    for query in ("", "?format=json&version=1.0"):
        yield caller.send("GET", f"/grep/export{query}")


ACCOUNTS = "/api/v1/accounts"


def calls_about_accounts(client: FlaskClient) -> Iterator[TestResponse]:
    """A request to every route of accounts that succeeds."""
    yield client.get(f"{ACCOUNTS}/me")
    yield client.post(f"{ACCOUNTS}/users", json={"name": "ada", "role": "viewer"})
    yield client.patch(f"{ACCOUNTS}/users/ada", json={"role": "author"})
    yield client.post(f"{ACCOUNTS}/users/ada/sign-in-link")
    yield client.post(f"{ACCOUNTS}/teams", json={"name": "ops"})
    yield client.put(f"{ACCOUNTS}/teams/ops/members/ada")
    made = client.post(f"{ACCOUNTS}/tokens", json={"name": "ci", "user": "ada", "scopes": ["read"], "days": 7})
    yield made
    for kind in ("users", "teams", "tokens"):
        yield client.get(f"{ACCOUNTS}/{kind}")
    yield client.delete(f"{ACCOUNTS}/tokens/{made.get_json()['id']}")
    yield client.delete(f"{ACCOUNTS}/teams/ops/members/ada")
    yield client.delete(f"{ACCOUNTS}/teams/ops")
    yield client.post(f"{ACCOUNTS}/users/ada/sign-out")


def signed_call(caller: Caller) -> TestResponse:
    """A webhook that is signed as it must be."""
    body, now = b'{"tool_name": "grep"}', str(int(time.time()))
    headers = {"Webhook-Id": "1", "Webhook-Timestamp": now, "Webhook-Signature": signature(SECRET, "1", now, body)}
    return caller.send("POST", "/reload/webhook", data=body, headers=headers, content_type="application/json")


def test_what_the_server_answers_is_as_described(
    app: Flask, document: dict[str, Any], client: FlaskClient, app_with: Callable[..., Flask]
) -> None:
    called = set()
    webhook = signed_call(Caller(app_with(reload_webhook_secret=SECRET).test_client()))
    # A process that is being stopped ends its streams.
    live().snapshot()
    live().stop()
    for answer in [webhook, *calls(Caller(client)), *calls_about_accounts(client)]:
        assert answer.status_code < 400, answer.text
        assert_as_described(document, answer)
        called.add(operation_at(document, answer.request.method, answer.request.path)["operationId"])
    assert called == {operation["operationId"] for *_, operation in operations(document)}


def test_what_the_server_refuses_is_as_described(document: dict[str, Any], client: FlaskClient) -> None:
    caller = Caller(client)
    caller.create()
    caller.update()
    caller.update(status="draft")
    caller.ok("POST", json=definition("half-done", status="draft", capabilities={}))
    for _, method, path, request in REFUSED:
        assert_as_described(document, caller.send(method, path, **request))


def test_what_no_read_finds_is_as_described(document: dict[str, Any], client: FlaskClient) -> None:
    Caller(client).create()
    capability = "/api/v1/capabilities/nothing/tools"
    for path in ("/nothing", "/nothing/versions", "/grep/versions/9", "/grep/diff?from=1.0&to=9", "?x=1", "/search"):
        answer = client.get(TOOLS + path)
        assert answer.status_code in {400, 404}
        assert_as_described(document, answer)
    for path in (capability, f"{capability}?x=1", "/api/v1/capabilities?x=1"):
        assert_as_described(document, client.get(path))
