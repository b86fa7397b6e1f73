"""The pages of signing in and out. They are open to everybody, and lead to where somebody wanted to go."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms.validators import ValidationError

from app.accounts import oidc, sign_in
from app.accounts.doorkeeper import SignedIn, current_session, visitor
from app.accounts.forms import CodeForm, SignInForm
from app.accounts.models import User
from app.accounts.sign_in import WrongCredentials
from app.errors import CatalogError, NotFound, SignInRequired, TooManyRequests
from app.extensions import csrf, db
from app.permissions import Permission, requires
from app.web import current_actor, settings

pages = Blueprint("sign_in", __name__)

CODE_WITHIN_S = 300
"""How long a password that was right waits for its code."""


def safe_next(wanted: str | None) -> str:
    """Where to go after signing in: an address of this site as asked for, else the list of tools.

    Everything that browsers read as another site is refused: `//host`, `/\\host`, a scheme, control characters.
    """
    home = url_for("catalog.pages.index")
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return home
    if any(ord(character) < 0x21 or character == "\\" for character in wanted):
        return home
    parts = urlsplit(wanted)
    return home if parts.scheme or parts.netloc or parts.path.startswith("/sign-") else wanted


@pages.before_request
def check_form() -> None:
    """Refuse a form that is not from a page of ours.

    Raises:
        CSRFError: it has not the token of this browser's page; or, over TLS, it was sent from elsewhere.
    """
    if request.endpoint != "accounts.sign_in.with_link":
        csrf.protect()
        return
    # The page of a link tells no referrer, by which the rest is told over TLS. The link itself is secret enough.
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError as error:
        raise CSRFError(error.args[0]) from error


@pages.get("/sign-in")
@requires(Permission.PUBLIC)
def show() -> ResponseReturnValue:
    """Ask who it is."""
    if current_session() is not None:
        return redirect(safe_next(request.args.get("next")), 303)
    return _form(SignInForm())


@pages.post("/sign-in")
@requires(Permission.PUBLIC)
def with_password() -> ResponseReturnValue:
    """Sign in with name and password; who has a second factor is asked for a code then."""
    form = SignInForm()
    if not form.validate():
        return _form(form, status=422)
    try:
        user = sign_in.with_password(form.name.data or "", form.password.data or "", visitor())
    except (WrongCredentials, TooManyRequests) as refusal:
        return _form(form, refusal, refusal.status)
    wanted = request.form.get("next")
    if user.totp_secret is None:
        return _signed_in(sign_in.begin(user, visitor(), "password"), wanted)
    session.clear()
    session["code_of"], session["code_since"] = user.id, datetime.now(UTC).timestamp()
    session["next"] = safe_next(wanted)
    return redirect(url_for(".code"), 303)


@pages.get("/sign-in/code")
@requires(Permission.PUBLIC)
def code() -> ResponseReturnValue:
    """Ask for the code of the second factor."""
    return render_template("accounts/code.html", form=CodeForm(), refusal=None, name=_waiting().name)


@pages.post("/sign-in/code")
@requires(Permission.PUBLIC)
def with_code() -> ResponseReturnValue:
    """Sign in with the code, after the password was right."""
    user, form = _waiting(), CodeForm()
    try:
        sign_in.with_code(user, form.code.data or "", visitor())
    except (WrongCredentials, TooManyRequests) as refusal:
        page = render_template("accounts/code.html", form=form, refusal=refusal.detail, name=user.name)
        return _slowed(page, refusal)
    return _signed_in(sign_in.begin(user, visitor(), "password and code"), session.get("next"))


@pages.get("/sign-in/link/<secret>")
@requires(Permission.PUBLIC)
def link(secret: str) -> ResponseReturnValue:
    """Show a button: reading this page, as mail programs do ahead of people, uses nothing up."""
    found = sign_in.check_link(secret)
    return _private(render_template("accounts/link.html", link=found))


@pages.post("/sign-in/link/<secret>")
@requires(Permission.PUBLIC)
def with_link(secret: str) -> ResponseReturnValue:
    """Use the link up, and sign in."""
    return _signed_in(sign_in.with_link(secret, visitor()), url_for("accounts.pages.own"))


@pages.get("/sign-in/single-sign-on")
@requires(Permission.PUBLIC)
def single_sign_on() -> ResponseReturnValue:
    """Send the browser to the provider."""
    _check_single_sign_on()
    wanted = safe_next(request.args.get("next"))
    session.clear()
    session["next"] = wanted
    return oidc.begin(url_for(".provider_answers", _external=True))


@pages.get("/sign-in/single-sign-on/callback")
@requires(Permission.PUBLIC)
def provider_answers() -> ResponseReturnValue:
    """Sign in whom the provider vouches for."""
    _check_single_sign_on()
    wanted = session.get("next")
    try:
        return _signed_in(sign_in.with_single_sign_on(oidc.finish(), visitor()), wanted)
    except oidc.SignInRefused as refusal:
        return _form(SignInForm(formdata=None), refusal)


@pages.post("/sign-out")
@requires(Permission.OWN_ACCOUNT)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    ended = current_session()
    if ended is not None:
        sign_in.end(ended, current_actor())
    logout_user()
    session.clear()
    return redirect(url_for(".show"), 303)


def _check_single_sign_on() -> None:
    """Refuse it where it is not set up.

    Raises:
        NotFound: it is not.
    """
    if not oidc.is_configured():
        raise NotFound("Single sign-on is not set up here. OIDC_ISSUER and its companions in the README do.")


def _waiting() -> User:
    """Whose code is waited for.

    Raises:
        SignInRequired: nobody's, or not any more.
    """
    user_id, since = session.get("code_of"), session.get("code_since", 0.0)
    user = None if user_id is None else db.session.get(User, user_id)
    if user is None or datetime.now(UTC).timestamp() - since > CODE_WITHIN_S:
        raise SignInRequired("Begin with name and password again.")
    return user


def _signed_in(key: str, wanted: str | None) -> ResponseReturnValue:
    """Begin anew with a session of this key: nothing that came before, known to others perhaps, is kept."""
    found = sign_in.of_current_app().find(key)
    if found is None:
        raise SignInRequired("The session could not be begun; try again.")
    before = current_session()
    if before is not None:
        sign_in.end(before, current_actor())
    session.clear()
    login_user(SignedIn(found))
    return redirect(safe_next(wanted), 303)


def _form(form: SignInForm, refusal: CatalogError | None = None, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        refusal=refusal and refusal.detail,
        next=safe_next(request.values.get("next")),
        single_sign_on=settings().oidc_label if oidc.is_configured() else None,
    )
    return _slowed(page, refusal) if refusal is not None else (page, status)


def _slowed(page: str, refusal: CatalogError) -> ResponseReturnValue:
    """A page with a refusal; when that is for a while, it says for how long."""
    headers = {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, TooManyRequests) else {}
    return page, refusal.status, headers


def _private(page: str) -> Response:
    """A page whose address must not be told to anybody."""
    return Response(page, headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
