"""What the faces share: reading a request, answering with bytes, a page or a fragment, and who is asking."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from flask import Flask, Request, Response, current_app, flash, g, render_template, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from htmx_flask.requests import HtmxAwareRequest
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.middleware.proxy_fix import ProxyFix

from app.actor import Actor
from app.answers import read_headers, speaks_json
from app.config import Settings
from app.definitions.documents import Document, Limits, UnreadableDocument, read_json, read_yaml
from app.errors import BadRequest, BasisRequired, InvalidDefinition, UnsupportedBody

COOKIE = "tool_catalog"
SAFE_METHODS = {"GET", "HEAD"}
if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

JSON_TYPES = {"application/json", ""}
YAML_TYPES = {"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"}

# One definition has at most 256 KiB; as a field of a form that may be three times as much.
MOST_BYTES = 1024 * 1024
LONGEST_WAIVER = 1_000
WAIVE = "waive"
OF_EVERY_CHANGE = {"reason", WAIVE}
"""Parameters that any address takes, beside those it names: why something is done."""
IMPORTS = ("/import", "/bulk-import")

Model = TypeVar("Model", bound=BaseModel)


class PageSessions(SecureCookieSessionInterface):
    """Sessions for people at a browser, who may also read the JSON face with theirs.

    Programs send a token and no cookie, and need not wait for one to be looked for. Nothing is changed through JSON on
    the strength of a cookie, since any page of the web can make a browser send it along.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        is_program = speaks_json(request.path) and (request.method not in SAFE_METHODS or not request.cookies)
        if request.path.startswith("/health/") or is_program:
            return self.null_session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Over TLS, a cookie is for TLS only."""
        return request.is_secure


class SizedRequest(HtmxAwareRequest):  # type: ignore[misc]
    """A request whose body is held to the size its address needs: only an import brings many definitions.

    Measured: a form of 3.5 MB took two seconds and 100 MB to be told that it lacks a token.
    """

    @property
    def max_content_length(self) -> int | None:
        """The largest body, bytes."""
        most: int | None = super().max_content_length
        return most if most is None or self.path.endswith(IMPORTS) else min(most, MOST_BYTES)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value


class Application(Flask):
    """Flask without what no view of ours needs, since every read would pay for it."""

    session_interface = PageSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Every view is synchronous already."""
        return func


def settings() -> Settings:
    """This application's settings."""
    return current_app.extensions["settings"]  # type: ignore[no-any-return]


def current_actor(reason: str | None = None) -> Actor:
    """Who sends this request; why, when a reason is given, here or in the address; and why it may break saved cases.

    Only for views that are not public: `app.accounts.doorkeeper` has found out who it is.
    """
    actor: Actor = g.actor
    said = request.form if actor.source == "page" else request.args
    waiver = said.get(WAIVE, "").strip()[:LONGEST_WAIVER]
    return replace(actor, reason=reason or request.args.get("reason"), waiver=waiver or None)


def still_good() -> Callable[[], bool]:
    """What tells, also when the request is over, whether that by which its sender was let in still holds."""
    check: Callable[[], bool] = g.still_good
    return check


def if_match() -> str | None:
    """The entity tag a change is based on, without its quotes; None when the request does not say.

    Raises:
        BasisRequired: it does not say, and `REQUIRE_IF_MATCH` is on.
    """
    given = request.headers.get("If-Match")
    if given is None and settings().require_if_match:
        raise BasisRequired("Send If-Match with the ETag of the version you changed.")
    return given.strip().strip('"') if given is not None else None


def sent_document() -> Document:
    """The definition in the request's body, JSON or YAML.

    Raises:
        UnsupportedBody: it is neither. InvalidDefinition: it cannot be read.
    """
    try:
        return read_body()
    except UnreadableDocument as unreadable:
        raise InvalidDefinition("The document cannot be read.", unreadable.findings) from unreadable


def read_body(limits: Limits | None = None, *, root_may_be_list: bool = False) -> Document:
    """The request's body as a document.

    Raises:
        UnsupportedBody: it is neither JSON nor YAML. UnreadableDocument: it cannot be read.
    """
    body, bounds = request.get_data(cache=True), {"limits": limits} if limits is not None else {}
    if request.mimetype in YAML_TYPES:
        return read_yaml(body, **bounds)
    if request.mimetype in JSON_TYPES or request.mimetype.endswith("+json"):
        return read_json(body, root_may_be_list=root_may_be_list, **bounds)
    known = "application/json or application/yaml"
    raise UnsupportedBody(f"The body is {request.mimetype}; say Content-Type: {known}.")


def uploads(files: Iterable[FileStorage]) -> list[tuple[str, bytes]]:
    """Uploaded files: the name and content of each. They are closed, and gone from the disk, with the request."""
    return [(file.filename or "upload", file.read()) for file in files]


def read_options(model: type[Model]) -> Model:
    """A small body of options, such as a reason; no body means all defaults, where all have one.

    Raises:
        BadRequest: it holds an unknown option or a wrong value.
    """
    if not request.get_data(cache=True):
        return checked(model, {})
    try:
        return checked(model, read_body().data)
    except UnreadableDocument as unreadable:
        raise BadRequest(unreadable.findings[0].message) from unreadable


def read_query(model: type[Model]) -> Model:
    """The request's query parameters. An empty one, as forms send them, is as good as none.

    Raises:
        BadRequest: one is unknown, given twice, or holds a value it cannot have; lists what is known.
    """
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise BadRequest(f"The parameter {twice[0]} is given more than once.", parameter=twice[0])
    return checked(
        model, {name: value for name, value in request.args.items() if value and name not in OF_EVERY_CHANGE}
    )


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Make a model of parameters, telling what is wrong in words that list what is known.

    Raises:
        BadRequest: a parameter is unknown or holds a value it cannot have.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] == "extra_forbidden":
            known = [field.alias or own for own, field in model.model_fields.items()]
            told = f"Known are {', '.join(known)}." if known else "There are none here."
            raise BadRequest(f"Unknown parameter “{name}”. {told}", known=known) from None
        message = first["msg"].removeprefix("Value error, ")
        raise BadRequest(f"{name}: {message}", parameter=name, **first.get("ctx", {}).get("known", {})) from None


def json_response(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON bytes."""
    return Response(body, status, list(headers.items()) if headers else None, content_type="application/json")


def conditional(body: bytes, etag: str) -> Response:
    """Answer a read with bytes and their entity tag, or with 304 when the reader has them already."""
    headers = read_headers(etag)
    if "HTTP_IF_NONE_MATCH" in request.environ and request.if_none_match.contains_weak(etag):
        return Response(status=304, headers=headers)
    return json_response(body, headers=headers)


def is_htmx() -> bool:
    """Whether htmx sends this request, and follows the headers it knows."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def page_or_fragment(page: str, fragment: str, **context: Any) -> Response:
    """Answer htmx with the fragment it asked for, and everybody else — also a restored history — with the page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    wants_fragment = is_htmx() and not htmx.boosted and not htmx.history_restore_request
    response = Response(render_template(fragment if wants_fragment else page, **context))
    response.headers["Vary"] = "HX-Request"
    return response


def toast(title: str, detail: str = "", *, undo: tuple[int, int] | None = None, is_bad: bool = False) -> None:
    """Say on the next page what was done; with `undo`, the revisions it took, it offers to take that back."""
    flash({"title": title, "detail": detail, "undo": undo, "is_bad": is_bad}, "toast")  # type: ignore[arg-type]


def init_app(app: Flask, settings: Settings) -> None:
    """Set what requests are held to: their size, and a token for every form (of pages; programs send none)."""
    app.extensions["settings"] = settings
    app.request_class = SizedRequest
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    # A form stays good for as long as the session it came with.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["SESSION_COOKIE_NAME"] = COOKIE
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes


def behind_proxies(application: "WSGIApplication", settings: Settings) -> "WSGIApplication":
    """The application, told by so many proxies in front of it who asks, by which host and whether over TLS."""
    count = settings.trusted_proxies
    return ProxyFix(application, x_for=count, x_proto=count, x_host=count) if count else application


def dumps(value: Any) -> bytes:
    """Write JSON."""
    return orjson.dumps(value)
