"""Who asks, and whether they may: looked at before every view.

A program says who it is with `Authorization: Bearer`; a person at a browser with the cookie of a session. A cookie only
reads through JSON, since any page of the web can make a browser send it along; changes through JSON take a token.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import directory, sign_in
from app.accounts.changes import account_event
from app.accounts.directory import accounts
from app.accounts.sign_in import Session, Visitor
from app.actor import Actor
from app.answers import speaks_json
from app.envelope import request_id, shown_path
from app.errors import SignInRequired
from app.permissions import Permission, needed_by, require

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = structlog.get_logger()

BEARER = "Bearer "
OPEN_TO_ALL = {"static"}
"""Endpoints of Flask itself, which has no view of ours to say what it needs."""


class SignedIn(UserMixin):  # type: ignore[misc]
    """Somebody with a session, as Flask-Login wants it: known by the session's key, not by the account's number."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.session.key


def visitor() -> Visitor:
    """Where the browser of this request is."""
    return Visitor(request.remote_addr, request.user_agent.string, request_id())


def find_out() -> None:
    """Find out who asks, for views and for limits; it is nobody as long as nothing holds."""
    g.actor = g.token = g.refusal = None
    needed = needed_by(current_app.view_functions.get(request.endpoint or ""))
    if request.endpoint in OPEN_TO_ALL or _is_health():
        return
    authorization = request.headers.get("Authorization")
    # A token is for programs: with it nobody sets a password or makes further tokens at a page.
    if authorization is not None and _source() == "api":
        _by_token(authorization)
    elif (needed is not None or request.endpoint is None) and current_user.is_authenticated:
        _by_session(current_user.session)


def let_in() -> None:
    """Let those in who may do what they ask for.

    Raises:
        SignInRequired: nobody said who asks. Forbidden: who asks may not, or the view does not say who may.
    """
    if request.endpoint is None or request.endpoint in OPEN_TO_ALL:
        return
    needed = needed_by(current_app.view_functions[request.endpoint])
    if needed is Permission.PUBLIC:
        return
    if g.actor is None or needed is None:
        raise SignInRequired(g.refusal or "Sign in, or send an API token: Authorization: Bearer tcat_….")
    require(g.actor, needed)


def current_session() -> Session | None:
    """The session of this request's cookie."""
    return current_user.session if current_user.is_authenticated else None


def token_check(app: Flask) -> Callable[[str], bool]:
    """What tells whether a text is a token that is good now."""
    return lambda text: directory.of(app).if_loaded(text) is not None


def who_is_signed_in() -> str | None:
    """The name of who sends this request from a browser."""
    return None if g.actor is None or g.token is not None else str(g.actor.name)


def reader_check(app: Flask, is_admitted: Callable[["WSGIEnvironment"], bool]) -> Callable[["WSGIEnvironment"], bool]:
    """What tells, outside of Flask and in microseconds, whether a request's token may read the catalog.

    Whoever else asks — a browser, or nobody — is told by Flask, as is who asks too often.

    Args:
        is_admitted: counts a request; whether it is within the limit of who asks.
    """

    def may_read(environ: "WSGIEnvironment") -> bool:
        known = directory.of(app)
        authorization: str = environ.get("HTTP_AUTHORIZATION", "")
        if authorization[: len(BEARER)] != BEARER:
            return False
        token = known.if_loaded(authorization[len(BEARER) :])
        if token is None or not token.may_read or not is_admitted(environ):
            return False
        known.note_use(token, environ.get("REMOTE_ADDR"))
        return True

    return may_read


def _by_token(authorization: str) -> None:
    kind, text = authorization[: len(BEARER)], authorization[len(BEARER) :].strip()
    # The case of the scheme does not matter (RFC 9110).
    if kind.lower() != BEARER.lower():
        g.refusal = "Send an API token: Authorization: Bearer tcat_…."
        return
    known = accounts().token(text)
    if known is None:
        g.refusal = "This token is not good: it was mistyped, revoked, has expired, or its account is disabled."
        return
    everybody = accounts()
    everybody.note_use(known, request.remote_addr)
    g.token, g.still_good = known, lambda: everybody.token(text) is not None
    g.actor = known.account.actor(_source(), request.remote_addr, request_id(), known.scopes)


def _by_session(session: Session) -> None:
    sessions, app = sign_in.of_current_app(), current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001

    def still_good() -> bool:
        with app.app_context():
            return sessions.find(session.key) is not None

    g.still_good = still_good
    g.actor = session.account.actor(_source(), request.remote_addr, request_id())


def _source() -> str:
    return "api" if speaks_json(request.path) else "page"


def _is_health() -> bool:
    return request.path.startswith("/health/")


def _note_refusal(response: Response) -> Response:
    """Tell the audit log of everybody who was refused what is not theirs."""
    actor: Actor | None = g.get("actor")
    if response.status_code == 403 and actor is not None:
        try:
            with account_event(actor) as recorder:
                recorder.record("refused", f"{request.method} {shown_path(request.path)}")
        # The answer stands, whether or not it can be written down now; nothing was changed.
        except SQLAlchemyError as error:
            log.warning("refusal not recorded", error=type(error).__name__)
    return response


def _load(key: str) -> SignedIn | None:
    session = sign_in.of(current_app).find(key)
    return None if session is None else SignedIn(session)


def init_app(app: Flask) -> None:
    """Look at who asks. Call `hold_off` after it, when limits are in between."""
    # Without its context processor: an error page must not ask the database, which may be what failed, who looks at it.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None
    manager.user_loader(_load)
    app.before_request(find_out)


def hold_off(app: Flask) -> None:
    """Refuse who may not."""
    app.before_request(let_in)
    app.after_request(_note_refusal)
