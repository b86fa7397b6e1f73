"""OpenAPI 3.1 from the routes themselves: each view says its parameters and answers, SpecTree collects them.

Views are documented, not wrapped: they read and check their input themselves, so that every refusal is a problem
document and nothing is checked twice.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

import orjson
from flask import Blueprint, current_app
from flask import Response as FlaskResponse
from pydantic import BaseModel
from spectree import Response, SpecTree

from app.answers import Problem, etag_of
from app.permissions import Permission, needed_by, requires
from app.web import conditional

View = TypeVar("View", bound=Callable[..., Any])

spec = SpecTree(
    "flask",
    title="Tool Catalog",
    version="1",
    description="What the orchestrator can choose from, and what is known about it.",
    openapi_version="3.1.0",
    annotations=False,
    mode="strict",
)


def documented(
    *answers: tuple[int, type[BaseModel] | None],
    query: type[BaseModel] | None = None,
    headers: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    refuses: tuple[int, ...] = (),
    text: tuple[str, ...] = (),
    takes: tuple[str, ...] = (),
    is_limited: bool = True,
) -> Callable[[View], View]:
    """Say what a view takes and answers.

    Args:
        refuses: the statuses of its problems, beside those of who may ask, and how often.
        is_limited: whether who asks too often is refused.
        text: the media types of a 200 that is, or may be, other than JSON.
        takes: the media types of a body that may be other than JSON and YAML.
    """

    def document(view: View) -> View:
        refusals = {*refuses, *((429,) if is_limited else ())}
        if needed_by(view) is not Permission.PUBLIC:
            refusals |= {401, 403}
        models = {f"HTTP_{status}": model for status, model in answers if model is not None}
        models |= {f"HTTP_{status}": Problem for status in sorted(refusals)}
        bare = [f"HTTP_{status}" for status, model in answers if model is None]
        described = spec.validate(
            query=query, json=body, headers=headers, resp=Response(*bare, **models), skip_validation=True
        )(view)
        # SpecTree finds what it was told by following `__wrapped__`; the view that runs stays the bare one.
        view.__wrapped__ = described  # type: ignore[attr-defined]
        view.text_answer = text  # type: ignore[attr-defined]
        view.taken = takes  # type: ignore[attr-defined]
        return view

    return document


bp = Blueprint("openapi", __name__, url_prefix="/api/v1")


@bp.get("/openapi.json")
@documented((200, None))
@requires(Permission.READ)
def show() -> FlaskResponse:
    """Read this document."""
    body = orjson.dumps(document())
    return conditional(body, etag_of(body))


@cache
def document() -> dict[str, Any]:
    """The routes' document, with what SpecTree cannot say: problems have their own media type, bodies may be YAML."""
    spec.app = current_app
    told: dict[str, Any] = orjson.loads(orjson.dumps(spec.spec))
    for operation in (operation for path in told["paths"].values() for operation in path.values()):
        # SpecTree describes a check of its own, which no view uses.
        if "ValidationError" in str(operation["responses"].get("422")):
            del operation["responses"]["422"]
        for status, response in operation["responses"].items():
            if int(status) >= 400 and "content" in response and not operation["operationId"].endswith("ready"):
                response["content"] = {"application/problem+json": response["content"].pop("application/json")}
        body = operation.get("requestBody")
        if body is not None:
            body["content"]["application/yaml"] = body["content"]["application/json"]
            body["required"] = False
            operation["responses"]["413"] = {**operation["responses"]["400"], "description": "Content Too Large"}
    told["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "an API token"},
        "session": {"type": "apiKey", "in": "cookie", "name": current_app.config["SESSION_COOKIE_NAME"]},
    }
    schemas = told["components"]["schemas"]
    told["components"]["schemas"] = {k: v for k, v in schemas.items() if not k.startswith("ValidationError")}
    for operation, view, is_read in _described(told):
        for media_type in getattr(view, "taken", ()):
            operation["requestBody"]["content"][media_type] = {"schema": {"type": "string", "format": "binary"}}
        for media_type in getattr(view, "text_answer", ()):
            # Of JSON and YAML it is what they hold that a schema describes, of other media types the text.
            schema = {"type": "object"} if media_type == "application/yaml" else {"type": "string"}
            operation["responses"]["200"].setdefault("content", {})[media_type] = {"schema": schema}
        needed = needed_by(view)
        if needed is not Permission.PUBLIC:
            operation["security"] = [{"token": []}, *([{"session": []}] if is_read else [])]
            operation["x-permission"] = needed
    return told


def _described(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Callable[..., Any], bool]]:
    """Every operation with its view, and whether it only reads."""
    for rule in current_app.url_map.iter_rules():
        path = document["paths"].get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in (rule.methods or set()) & {name.upper() for name in path}:
            yield path[method.lower()], current_app.view_functions[rule.endpoint], method == "GET"
