"""The product's errors, and how each becomes an answer: a problem document (RFC 9457) for programs, a page for people.

A function that cannot do what it was asked raises one of these. Faces do not catch them, except to show one in place.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
import structlog
from flask import Flask, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.answers import speaks_json
from app.definitions.findings import Finding
from app.envelope import request_id

log = structlog.get_logger()

RETRY_AFTER_S = 1
# Conditions of PostgreSQL that pass: deadlock, serialization, lock not available, cancelled, shutdown, starting up, too
# many connections, no memory, a disk that is full or fails, a database that only reads (a standby, still).
PASSING_STATES = {
    *("40P01", "40001", "55P03", "57014", "57P01", "57P02", "57P03", "53300", "25P03"),
    *("53000", "53100", "53200", "58030", "25006"),
}
DISK_FULL = "53100"
WAIVING = (
    "say why: ?waive=REASON of a request, --waive REASON of a command, the field “Publish anyway, because” of a page"
)


class CatalogError(Exception):
    """An expected refusal. Subclasses say which; `detail` says it in words that tell how to mend it."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "The request cannot be understood"
    retry_after: int | None = None
    """Seconds after which trying again is worth it."""

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class BadRequest(CatalogError):
    """A parameter or body is not of the form asked for."""


class SignInRequired(CatalogError):
    """Nobody has said who asks, or what was said does not hold (any more)."""

    status, code, title = 401, "sign-in-required", "Sign in first"


class Forbidden(CatalogError):
    """Who asks may not do this."""

    status, code, title = 403, "forbidden", "This is not yours to do"


class NotFound(CatalogError):
    """Nothing has that name or version."""

    status, code, title = 404, "not-found", "Not found"


class Conflict(CatalogError):
    """The catalog already holds something that stands against the change."""

    status, code, title = 409, "conflict", "The catalog already holds something that stands against this"


class CasesBroken(Conflict):
    """Saved cases that must hold, and hold now, would not with the change; `cases` says which, and what is chosen."""

    code, title = "cases-broken", "Saved cases that must hold would break"

    def __init__(self, cases: Sequence[Mapping[str, Any]]) -> None:
        named = ", ".join(f"“{case['name']}”" for case in cases[:3]) + (" and more" if len(cases) > 3 else "")
        count = f"{len(cases)} saved cases" if len(cases) > 1 else "The saved case"
        told = f"{count} {named} must hold, and would not: {cases[0]['sentence']}"
        super().__init__(f"{told} To publish it anyway, {WAIVING}.", cases=list(cases))
        self.cases = tuple(cases)


class StaleChange(CatalogError):
    """The change is based on a version that is no longer the latest."""

    status, code, title = 412, "stale-change", "Somebody changed the tool in the meantime"


class UnsupportedBody(CatalogError):
    """The body's media type is neither JSON nor YAML."""

    status, code, title = 415, "unsupported-media-type", "Send JSON or YAML"


class BasisRequired(CatalogError):
    """The server asks every change to say what it is based on, and this one did not."""

    status, code, title = 428, "precondition-required", "Say which version the change is based on"


class InvalidDefinition(CatalogError):
    """A definition has errors; `findings` holds every remark, not only the errors."""

    status, code, title = 422, "invalid-definition", "The definition has errors"

    def __init__(self, detail: str, findings: Sequence[Finding]) -> None:
        super().__init__(detail, findings=[finding.as_json() for finding in findings])
        self.findings = tuple(findings)


class KeyReused(CatalogError):
    """An `Idempotency-Key` came back with another request."""

    status, code, title = 422, "idempotency-key-reused", "The Idempotency-Key belongs to another request"


class TooManyRequests(CatalogError):
    """Somebody asks more often than they may."""

    status, code, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


class Unavailable(CatalogError):
    """Something the request needs does not answer now; trying again is worth it."""

    status, code, title = 503, "unavailable", "Not available at the moment"


def problem(status: int, code: str, title: str, detail: str, members: Mapping[str, Any] | None = None) -> Response:
    """Make a problem document (RFC 9457)."""
    body = {
        "type": f"urn:tool-catalog:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "request_id": request_id(),
        **(members or {}),
    }
    response = Response(orjson.dumps(body), status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="tool-catalog"'
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def wants_problem() -> bool:
    """Tell whether this request's face speaks JSON."""
    return speaks_json(request.path)


def answer(status: int, code: str, title: str, detail: str, members: Mapping[str, Any] | None = None) -> Response:
    """Answer with a problem document or an error page, whichever this request's face speaks."""
    if wants_problem():
        return problem(status, code, title, detail, members)
    near = (members or {}).get("suggestions", [])
    links = [{"label": name, "url": url_for("catalog.pages.show", name=name)} for name in near]
    page = render_template("error.html", status=status, title=title, detail=detail, suggestions=links)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else None
    return Response(page, status, headers)


def _refused(error: CatalogError) -> ResponseReturnValue:
    if isinstance(error, SignInRequired) and not wants_problem():
        return _sign_in_first()
    response = answer(error.status, error.code, error.title, error.detail, error.members)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _sign_in_first() -> Response:
    """Lead a person to where one signs in, and from there back to what was asked for."""
    is_fragment = request.headers.get("HX-Request") == "true"
    # A form cannot be sent again by itself, and a fragment is no page: back to the page they were on.
    shown = urlsplit(request.headers.get("HX-Current-URL" if is_fragment else "Referer", ""))
    page = f"{shown.path}?{shown.query}" if shown.query else shown.path
    wanted = request.full_path.rstrip("?") if request.method == "GET" and not is_fragment else page
    address = url_for("accounts.sign_in.show", next=wanted or "/")
    if is_fragment:
        return Response(status=401, headers={"HX-Redirect": address})
    return Response(status=303, headers={"Location": address})


def _http(error: HTTPException) -> ResponseReturnValue:
    """Answer what Flask itself refuses, and what nobody caught: Flask hands an unhandled exception over as a 500."""
    if error.response is not None:
        return error.response
    status = error.code or 500
    detail = error.description or error.name
    if status >= 500:
        detail = "Something went wrong on our side. Nothing was changed; the log has the request id."
    response = answer(status, error.name.lower().replace(" ", "-"), error.name, detail)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "location"}:
            response.headers[name] = value
    return response


def _database(error: DBAPIError | PoolTimeout) -> ResponseReturnValue:
    if isinstance(error, DataError) and "NUL" in str(error.orig):
        return _refused(BadRequest("A NUL character (%00) is part of no name, version or text."))
    if not _passes(error):
        raise error
    log.warning("database unavailable", error=type(error).__name__, state=_state(error))
    what = "The database's disk is full." if _state(error) == DISK_FULL else "The database did not answer in time."
    return _refused(Unavailable(f"{what} Nothing was changed; try again in a moment."))


def _passes(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, PoolTimeout) or error.connection_invalidated:
        return True
    state = _state(error)
    return state in PASSING_STATES or (state is None and isinstance(error, OperationalError))


def _state(error: DBAPIError | PoolTimeout) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def init_app(app: Flask) -> None:
    """Answer every error of the application in one place."""
    app.register_error_handler(CatalogError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _database)
