"""The documentation of the JSON face: every operation is on the page, told in words."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.answers import API_DOCS, speaks_json
from app.api_docs import grouped, kind_of

DOCUMENT: dict[str, Any] = {
    "components": {"schemas": {"ToolOut.1": {"title": "ToolOut", "properties": {"a": {"type": "string"}}}}},
    "paths": {},
}
TOOL = {"$ref": "#/components/schemas/ToolOut.1"}


def test_every_operation_is_on_the_page(client: FlaskClient) -> None:
    page = client.get(API_DOCS).text
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    assert page.count('class="pattern operation"') == sum(map(len, paths.values()))
    assert all(f">{path}</h3>" in page for path in paths)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "string"),
        (TOOL, "Tool"),
        ({"type": "array", "items": TOOL}, "list of Tool"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "string", "enum": ["a", "b"]}, "one of a, b"),
        ({}, "any"),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert kind_of(DOCUMENT, schema) == words


def test_an_operation_is_told_with_all_that_is_needed_to_call_it() -> None:
    operation = {
        "summary": "Change a tool.",
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": TOOL}}},
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": TOOL}}}},
        "security": [{"token": []}],
        "x-permission": "tool:edit",
    }
    (found,) = grouped({**DOCUMENT, "paths": {"/api/v1/tools/{name}": {"put": operation}}}, "http://here")["Tools"]
    assert (found.method, found.permission, found.answers[0].shape) == ("PUT", "tool:edit", "Tool")
    assert [value.name for value in (*found.parameters, *found.body)] == ["name", "a"]
    assert "'http://here/api/v1/tools/grep'" in found.curl
    assert '-H "Authorization: Bearer $TOKEN"' in found.curl
    assert "-X PUT" in found.curl


@pytest.mark.parametrize(
    ("path", "is_json"),
    [("/api/v1/tools", True), ("/api/nothing", True), ("/health/live", True), (API_DOCS, False), ("/tools", False)],
)
def test_of_the_addresses_of_programs_the_documentation_alone_is_a_page(path: str, is_json: bool) -> None:
    assert speaks_json(path) == is_json


def test_nobody_is_led_to_sign_in_from_there(nobody: FlaskClient) -> None:
    answer = nobody.get(API_DOCS)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?")
