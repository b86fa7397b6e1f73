"""The pages of accounts: one's own, and everybody's for administrators."""

from collections.abc import Callable
from typing import Any

import segno
from flask import Blueprint, Response, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from app.accounts import changes, people, second_factor, sign_in
from app.accounts.doorkeeper import current_session
from app.accounts.forms import CodeForm, PasswordForm, TeamForm, TokenForm, UserForm
from app.accounts.links import address_of_link
from app.accounts.models import PERSON, SERVICE, User
from app.actor import Role
from app.errors import BadRequest, CatalogError, Conflict, TooManyRequests
from app.extensions import csrf
from app.permissions import Permission, may, requires
from app.web import current_actor

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)


@pages.get("/account")
@requires(Permission.OWN_ACCOUNT)
def own() -> ResponseReturnValue:
    """One's own account: password, second factor, tokens, and where one is signed in."""
    return _own_page()


@pages.post("/account/password")
@requires(Permission.OWN_ACCOUNT)
def set_password() -> ResponseReturnValue:
    """Set or change the password; other sessions end."""
    form = PasswordForm()

    def act() -> str:
        sign_in.set_password(
            _me(), form.password.data or "", actor=current_actor(), now=form.now.data, but=_key_of_session()
        )
        return "The password is set. You are signed out everywhere else."

    return _own_done(act, password_form=form)


@pages.post("/account/second-factor")
@requires(Permission.OWN_ACCOUNT)
def begin_second_factor() -> ResponseReturnValue:
    """Show what an authenticator app has to scan; nothing is asked for until it has shown a code."""
    try:
        second_factor.check_off(_me())
    except Conflict as refusal:
        return _own_page(refusal)
    # What a browser's cookie holds can be read there.
    session["totp"] = second_factor.encryption().encrypted(second_factor.new_secret()).decode()
    return redirect(url_for(".confirm_second_factor"), 303)


@pages.get("/account/second-factor")
@requires(Permission.OWN_ACCOUNT)
def confirm_second_factor() -> ResponseReturnValue:
    """Show the secret to scan, and ask for the code the app makes of it."""
    return _scan_page() if "totp" in session else redirect(url_for(".own"), 303)


@pages.post("/account/second-factor/confirm")
@requires(Permission.OWN_ACCOUNT)
def turn_on_second_factor() -> ResponseReturnValue:
    """Ask for a code from now on, and show the recovery codes once."""
    form = CodeForm()
    if "totp" not in session:
        return redirect(url_for(".own"), 303)
    try:
        codes = second_factor.turn_on(_me(), _secret_to_scan(), form.code.data or "", actor=current_actor())
    except CatalogError as refusal:
        return _scan_page(refusal)
    session.pop("totp")
    return _once(render_template("accounts/recovery_codes.html", codes=codes))


@pages.post("/account/second-factor/off")
@requires(Permission.OWN_ACCOUNT)
def turn_off_second_factor() -> ResponseReturnValue:
    """Ask for no code any more; the password proves who does this."""
    form = PasswordForm()

    def act() -> str:
        sign_in.check_password_of(_me(), form.now.data or "", actor=current_actor())
        second_factor.turn_off(_me(), actor=current_actor())
        return "Signing in takes the password only from now on."

    return _own_done(act)


@pages.post("/account/sign-out-everywhere")
@requires(Permission.OWN_ACCOUNT)
def sign_out_everywhere() -> ResponseReturnValue:
    """End every session of one's own, this one too."""
    sign_in.end_all(_me(), actor=current_actor())
    logout_user()
    session.clear()
    flash("You are signed out everywhere.")
    return redirect(url_for("accounts.sign_in.show"), 303)


@pages.post("/account/tokens")
@requires(Permission.OWN_ACCOUNT)
def create_token() -> ResponseReturnValue:
    """Make an API token of one's own, and show it once."""
    form = TokenForm()
    try:
        token, text = changes.create_token(
            form.name.data or "",
            actor=current_actor(),
            user_name=current_actor().name,
            scopes=form.scopes.data or [],
            days=_days_of(form),
        )
    except CatalogError as refusal:
        return _own_page(refusal, token_form=form)
    return _once(render_template("accounts/token.html", token=token, text=text, back=url_for(".own")))


@pages.post("/account/tokens/<int:number>/revoke")
@requires(Permission.OWN_ACCOUNT)
def revoke_token(number: int) -> ResponseReturnValue:
    """Make a token worthless: one's own, or as an administrator anybody's."""
    token = changes.revoke_token(number, actor=current_actor())
    flash(f"The token {token.name} is revoked. It opens nothing any more.")
    return redirect(url_for(".index" if request.args.get("back_to") == "accounts" else ".own"), 303)


@pages.get("/accounts")
@requires(Permission.MANAGE_ACCOUNTS)
def index() -> ResponseReturnValue:
    """Everybody who may use the catalog."""
    return _accounts_page()


@pages.post("/accounts/users")
@requires(Permission.MANAGE_ACCOUNTS)
def create_user() -> ResponseReturnValue:
    """Make an account, and show once what it gets in by: a person's link, a service's token."""
    form = UserForm()
    name, role = form.name.data or "", form.role.data or ""
    try:
        if form.is_service.data:
            token, text = changes.create_service_token(name, role, actor=current_actor())
            return _once(render_template("accounts/token.html", token=token, text=text, back=url_for(".index")))
        user = changes.create_user(name, role, actor=current_actor(), kind=PERSON)
        return _link_page(user.name, role)
    except CatalogError as refusal:
        return _accounts_page(refusal, user_form=form)


@pages.post("/accounts/users/<name>/link")
@requires(Permission.MANAGE_ACCOUNTS)
def create_link(name: str) -> ResponseReturnValue:
    """Make a link that signs somebody in once, and show it once."""
    try:
        user = changes.user_named(name)
        return _link_page(user.name, user.role)
    except CatalogError as refusal:
        return _accounts_page(refusal)


@pages.post("/accounts/users/<name>/role")
@requires(Permission.MANAGE_ACCOUNTS)
def set_role(name: str) -> ResponseReturnValue:
    """Give an account another role."""
    role = request.form.get("role", "")
    return _accounts_done(
        lambda: f"{changes.set_role(name, role, actor=current_actor()).name} has the role {role} now."
    )


@pages.post("/accounts/users/<name>/disable")
@requires(Permission.MANAGE_ACCOUNTS)
def disable(name: str) -> ResponseReturnValue:
    """Keep an account out."""
    return _accounts_done(
        lambda: f"{changes.set_disabled(name, True, actor=current_actor()).name} is out: no session, no token opens."
    )


@pages.post("/accounts/users/<name>/enable")
@requires(Permission.MANAGE_ACCOUNTS)
def enable(name: str) -> ResponseReturnValue:
    """Let an account in again."""
    return _accounts_done(lambda: f"{changes.set_disabled(name, False, actor=current_actor()).name} is let in again.")


@pages.post("/accounts/teams")
@requires(Permission.MANAGE_ACCOUNTS)
def create_team() -> ResponseReturnValue:
    """Make a team."""
    form = TeamForm()
    return _accounts_done(
        lambda: f"The team {changes.create_team(form.name.data or '', actor=current_actor()).name} is there.",
        team_form=form,
    )


@pages.post("/accounts/teams/<team>/delete")
@requires(Permission.MANAGE_ACCOUNTS)
def delete_team(team: str) -> ResponseReturnValue:
    """Remove a team."""

    def act() -> str:
        changes.delete_team(team, actor=current_actor())
        return f"The team {team} is removed. Its tools are for administrators to hand over."

    return _accounts_done(act)


@pages.post("/accounts/teams/<team>/members")
@requires(Permission.MANAGE_ACCOUNTS)
def add_member(team: str) -> ResponseReturnValue:
    """Take an account into a team."""
    name = request.form.get("name", "")

    def act() -> str:
        changes.add_member(team, name, actor=current_actor())
        return f"{name} belongs to {team}."

    return _accounts_done(act)


@pages.post("/accounts/teams/<team>/members/<name>/remove")
@requires(Permission.MANAGE_ACCOUNTS)
def remove_member(team: str, name: str) -> ResponseReturnValue:
    """Take an account out of a team."""

    def act() -> str:
        changes.remove_member(team, name, actor=current_actor())
        return f"{name} does not belong to {team} any more."

    return _accounts_done(act)


@pages.app_context_processor
def who() -> dict[str, Any]:
    """Who looks at a page, and what the frame may offer."""
    actor = g.get("actor")
    return {
        "me": actor,
        "may_manage_accounts": may(actor, Permission.MANAGE_ACCOUNTS),
        "may_reload": may(actor, Permission.RELOAD),
    }


def _days_of(form: TokenForm) -> int | None:
    """How long a token is to be good; nothing that was typed is taken for “for ever” but nothing.

    Raises:
        BadRequest: it is no number.
    """
    if not form.days.validate(form):
        raise BadRequest("Good for days: a whole number, or nothing for a token without an end.", parameter="days")
    days: int | None = form.days.data
    return days


def _me() -> User:
    return changes.user_named(current_actor().name)


def _key_of_session() -> str | None:
    found = current_session()
    return None if found is None else found.key


def _own_page(refusal: CatalogError | None = None, **forms: Any) -> ResponseReturnValue:
    user = _me()
    page = render_template(
        "accounts/own.html",
        user=user,
        teams=sorted(current_actor().teams),
        tokens=people.tokens(user.name),
        sessions=people.sessions(user, _key_of_session()),
        password_form=forms.get("password_form") or PasswordForm(formdata=None),
        token_form=forms.get("token_form") or TokenForm(formdata=None),
        refusal=refusal and refusal.detail,
    )
    return page, 200 if refusal is None else refusal.status


def _own_done(act: Callable[[], str], **forms: Any) -> ResponseReturnValue:
    """Do something to one's own account, and tell what was done, or why not beside what was typed."""
    try:
        flash(act())
    except TooManyRequests:
        # Answered where all of them are, with the time to wait.
        raise
    except CatalogError as refusal:
        return _own_page(refusal, **forms)
    return redirect(url_for(".own"), 303)


def _accounts_page(refusal: CatalogError | None = None, **forms: Any) -> ResponseReturnValue:
    page = render_template(
        "accounts/index.html",
        accounts=people.all_accounts(),
        teams=people.all_teams(),
        tokens=people.tokens(),
        user_form=forms.get("user_form") or UserForm(formdata=None),
        team_form=forms.get("team_form") or TeamForm(formdata=None),
        roles=[role.value for role in Role],
        service=SERVICE,
        refusal=refusal and refusal.detail,
    )
    return page, 200 if refusal is None else refusal.status


def _accounts_done(act: Callable[[], str], **forms: Any) -> ResponseReturnValue:
    try:
        flash(act())
    except CatalogError as refusal:
        return _accounts_page(refusal, **forms)
    return redirect(url_for(".index"), 303)


def _link_page(name: str, role: str) -> ResponseReturnValue:
    secret = changes.create_link(role, actor=current_actor(), name=name)
    return _once(
        render_template("accounts/new_link.html", name=name, address=address_of_link(secret), minutes=changes.LINK_MIN)
    )


def _secret_to_scan() -> str:
    return second_factor.encryption().read(session["totp"].encode())


def _scan_page(refusal: CatalogError | None = None) -> ResponseReturnValue:
    secret, name = _secret_to_scan(), current_actor().name
    code = segno.make(second_factor.address_of(secret, name), error="m")
    page = render_template(
        "accounts/second_factor.html",
        secret=secret,
        size=code.symbol_size(border=2)[0],
        dark=[(x, y) for y, row in enumerate(code.matrix, 2) for x, module in enumerate(row, 2) if module],
        form=CodeForm(formdata=None),
        refusal=refusal and refusal.detail,
    )
    return _once(page, 200 if refusal is None else refusal.status)


def _once(page: str, status: int = 200) -> ResponseReturnValue:
    """A page with something secret on it: no browser keeps it."""
    return Response(page, status, headers={"Cache-Control": "no-store"})
