"""The documentation of the JSON face as a page, drawn from the OpenAPI document.

Swagger UI would be 460 KB of script, and its styles hold `data:` images that the content security policy refuses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.answers import API_DOCS
from app.openapi import document
from app.permissions import Permission, requires

bp = Blueprint("api_docs", __name__)

# What the addresses below /api/v1 are about, in the order of the page.
TITLES = {
    "tools": "Tools",
    "capabilities": "Capabilities",
    "reload": "Reloads",
    "changes": "Change feed",
    "snapshot": "Change feed",
    "audit": "Audit log",
    "accounts": "Accounts",
    "health": "Health",
}
METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter, or a field of a body."""

    name: str
    place: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status a call may be answered with."""

    status: str
    description: str
    shape: str
    media_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call."""

    id: str
    method: str
    path: str
    summary: str
    permission: str
    parameters: tuple[Value, ...]
    body: tuple[Value, ...]
    body_types: tuple[str, ...]
    answers: tuple[Answer, ...]
    curl: str


@bp.get(API_DOCS)
@requires(Permission.READ)
def show() -> ResponseReturnValue:
    """Read how programs use the catalog."""
    return render_template("api_docs.html", groups=grouped(document(), request.host_url.rstrip("/")))


def grouped(told: Mapping[str, Any], host: str) -> dict[str, list[Operation]]:
    """Every operation of an OpenAPI document, by what it is about."""
    groups: dict[str, list[Operation]] = {title: [] for title in TITLES.values()}
    for path, methods in sorted(told["paths"].items()):
        for method in METHODS:
            if method in methods:
                groups.setdefault(_title(path), []).append(_operation(told, host, method, path, methods[method]))
    return {title: operations for title, operations in groups.items() if operations}


def _title(path: str) -> str:
    steps = path.removeprefix("/api/v1").strip("/").split("/")
    word = "reload" if "reload" in steps else steps[0]
    return TITLES.get(word, word.capitalize())


def _operation(told: Mapping[str, Any], host: str, method: str, path: str, said: Mapping[str, Any]) -> Operation:
    content = said.get("requestBody", {}).get("content", {})
    schema: Mapping[str, Any] = next((one.get("schema", {}) for one in content.values()), {})
    answers = tuple(_answer(told, status, one) for status, one in sorted(said["responses"].items()))
    return Operation(
        id=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        permission=said.get("x-permission", ""),
        parameters=tuple(_parameter(told, one) for one in said.get("parameters", [])),
        body=tuple(_fields(told, schema)),
        body_types=tuple(content),
        answers=answers,
        curl=_curl(host, method, path, content, bool(said.get("security"))),
    )


def _parameter(told: Mapping[str, Any], said: Mapping[str, Any]) -> Value:
    schema = said.get("schema", {})
    description = said.get("description") or schema.get("description", "")
    return Value(said["name"], said["in"], kind_of(told, schema), bool(said.get("required")), description)


def _answer(told: Mapping[str, Any], status: str, said: Mapping[str, Any]) -> Answer:
    content = said.get("content", {})
    shapes = [kind_of(told, one["schema"]) for one in content.values() if "schema" in one]
    return Answer(status, said.get("description", ""), shapes[0] if shapes else "", tuple(content))


def _fields(told: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Value]:
    whole = referred(told, schema)
    required = whole.get("required", ())
    for name, one in whole.get("properties", {}).items():
        description = one.get("description") or referred(told, one).get("description", "")
        yield Value(name, "body", kind_of(told, one), name in required, description)


def referred(told: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or the one it refers to."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = told["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})
    return found


def kind_of(told: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> str:
    """A schema in a few words: `string`, `list of Tool`, `one of a, b`, `integer or null`."""
    if "$ref" in schema:
        return str(referred(told, schema).get("title", "object")).removesuffix("Out")
    kind = schema.get("type", "any")
    if depth > DEEPEST or not isinstance(kind, str):
        return str(kind) if isinstance(kind, str) else " or ".join(kind)
    choices = next((schema[key] for key in ("anyOf", "oneOf", "allOf") if key in schema), None)
    if choices is not None:
        return " or ".join(dict.fromkeys(kind_of(told, one, depth + 1) for one in choices))
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    return f"list of {kind_of(told, schema.get('items', {}), depth + 1)}" if kind == "array" else kind


def _curl(host: str, method: str, path: str, content: Mapping[str, Any], needs_token: bool) -> str:
    parts = ["curl -s"]
    if method != "get":
        parts.append(f"-X {method.upper()}")
    if needs_token:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if content:
        parts += ['-H "Content-Type: application/json"', "-d @body.json"]
    address = f"{host}{path}".replace("{name}", "grep").replace("{version}", "1.0")
    return " \\\n  ".join([" ".join(parts), f"'{address}'"])
