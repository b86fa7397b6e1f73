"""Every change to accounts: one function, one transaction — checked, written, audited, and told to every process."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text, update

from app.accounts.directory import accounts
from app.accounts.models import PERSON, SERVICE, AccountsState, ApiToken, SignIn, SignInLink, Team, TeamMember, User
from app.accounts.tokens import SHOWN, digest, new_secret, new_token
from app.actor import Actor, Role, Scope
from app.catalog.models import AuditEntry
from app.catalog.transaction import CHANNEL, transaction
from app.definitions.diff import Change
from app.definitions.vocabulary import closest
from app.errors import BadRequest, Conflict, NotFound
from app.extensions import db
from app.permissions import Permission, require

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")
LINK_MIN = 15
LONGEST_TOKEN_DAYS = 3650
LARGEST_NUMBER = 2**63 - 1
"""PostgreSQL has no larger one to ask for."""
# Names are of people, services and teams together; whoever takes one holds this.
_LOCK = 0x6E616D65


class Recorder:
    """Writes the audit entries of one change."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def record(self, action: str, subject: str, changes: Iterable[Change] = (), reason: str | None = None) -> None:
        """Tell that something was done to an account, a team or a token."""
        actor = self._actor
        db.session.add(
            AuditEntry(
                subject=subject[:200],
                action=action,
                changes=[change.as_json() for change in changes],
                changed_by=actor.name,
                changed_at=datetime.now(UTC),
                reason=reason or actor.reason,
                ip_address=actor.address,
                source=actor.source,
                request_id=actor.request_id,
            )
        )


@contextmanager
def account_change(actor: Actor) -> Iterator[Recorder]:
    """One change to who may do what; every process knows of it soon after the block ends well."""
    with transaction():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield Recorder(actor)
        db.session.execute(update(AccountsState).values(number=AccountsState.number + 1))
        db.session.execute(select(func.pg_notify(CHANNEL, "accounts")))
    # Not before the outermost change is committed.
    if not db.session().info.get("is_open"):
        accounts().refresh_if_used()


@contextmanager
def account_event(actor: Actor) -> Iterator[Recorder]:
    """Something worth an audit entry that changes nobody's rights."""
    with transaction():
        yield Recorder(actor)


def create_user(name: str, role: str, *, actor: Actor, kind: str = PERSON) -> User:
    """Make an account. A person gets in by a sign-in link, a service by a token.

    Raises:
        BadRequest: the name or the role is none. Conflict: somebody has the name. Forbidden: the actor may not.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    with account_change(actor) as recorder:
        user = _new_user(free_name(name), known_role(role), kind, actor.name)
        recorder.record("account_created", user.name, [Change(("role",), "added", None, user.role)])
        return user


def set_role(name: str, role: str, *, actor: Actor) -> User:
    """Give an account another role.

    Raises:
        NotFound: nobody has that name. BadRequest: no such role. Conflict: it is the last administrator.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    with account_change(actor) as recorder:
        user, before = user_named(name), user_named(name).role
        if before != known_role(role):
            user.role = role
            check_some_admin(user, was=before)
            recorder.record("role_changed", user.name, [Change(("role",), "changed", before, role)])
        return user


def set_disabled(name: str, is_disabled: bool, *, actor: Actor) -> User:
    """Keep an account out, and sign it out everywhere; or let it in again. Its tokens follow.

    Raises: as `set_role`.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    with account_change(actor) as recorder:
        user = user_named(name)
        if (user.disabled_at is not None) != is_disabled:
            user.disabled_at = datetime.now(UTC) if is_disabled else None
            check_some_admin(user, was=user.role)
            db.session.execute(delete(SignIn).where(SignIn.user_id == user.id))
            recorder.record("account_disabled" if is_disabled else "account_enabled", user.name)
        return user


def change_user(name: str, *, actor: Actor, role: str | None = None, is_disabled: bool | None = None) -> User:
    """Change role and state of an account together, or neither; None leaves it as it is.

    Raises: as `set_role`.
    """
    with account_change(actor):
        if role is not None:
            set_role(name, role, actor=actor)
        if is_disabled is not None:
            set_disabled(name, is_disabled, actor=actor)
        return user_named(name)


def create_team(name: str, *, actor: Actor) -> Team:
    """Make a team. Tools can be its, and everybody in it may change them.

    Raises: as `create_user`.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    with account_change(actor) as recorder:
        team = Team(name=free_name(name), created_by=actor.name)
        db.session.add(team)
        recorder.record("team_created", team.name)
        return team


def delete_team(name: str, *, actor: Actor) -> None:
    """Remove a team. What it owned stays, for administrators to hand over.

    Raises:
        NotFound: there is no such team.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    with account_change(actor) as recorder:
        team = team_named(name)
        db.session.delete(team)
        recorder.record("team_deleted", team.name)


def add_member(team_name: str, user_name: str, *, actor: Actor) -> None:
    """Take an account into a team; does nothing when it is there.

    Raises:
        NotFound: no such team, or nobody has that name.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    with account_change(actor) as recorder:
        team, user = team_named(team_name), user_named(user_name)
        if db.session.get(TeamMember, (team.id, user.id)) is None:
            db.session.add(TeamMember(team_id=team.id, user_id=user.id))
            recorder.record("member_added", team.name, [Change(("members",), "added", None, user.name)])


def remove_member(team_name: str, user_name: str, *, actor: Actor) -> None:
    """Take an account out of a team; does nothing when it is not there.

    Raises: as `add_member`.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    with account_change(actor) as recorder:
        team, user = team_named(team_name), user_named(user_name)
        member = db.session.get(TeamMember, (team.id, user.id))
        if member is not None:
            db.session.delete(member)
            recorder.record("member_removed", team.name, [Change(("members",), "removed", user.name, None)])


def create_token(
    name: str, *, actor: Actor, user_name: str, scopes: Iterable[str], days: int | None = None
) -> tuple[ApiToken, str]:
    """Make an API token for an account, and return its row and its text, which nobody can read again.

    Args:
        name: what it is for. days: how long it is good; None: until it is revoked.

    Raises:
        BadRequest: the name, a scope or the number of days is none. NotFound: nobody has that name.
        Forbidden: only administrators make tokens for others, and only people at a page their own: a token that leaked
        must not make further ones.
    """
    is_mine = is_own(actor, user_name) and actor.source == "page"
    require(actor, Permission.OWN_ACCOUNT if is_mine else Permission.MANAGE_ACCOUNTS)
    wanted = known_scopes(scopes)
    if not 1 <= len(name.strip()) <= 100:
        raise BadRequest("A token has a name of 1 to 100 characters that says what it is for.", parameter="name")
    if days is not None and not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise BadRequest(f"A token is good for 1 to {LONGEST_TOKEN_DAYS} days.", parameter="days")
    with account_change(actor) as recorder:
        user, secret = user_named(user_name), new_token()
        expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        token = ApiToken(
            user_id=user.id,
            name=name.strip(),
            prefix=secret[:SHOWN],
            hash=digest(secret),
            scopes=wanted,
            created_by=actor.name,
            expires_at=expires_at,
        )
        db.session.add(token)
        db.session.flush()
        told = [Change(("scopes",), "added", None, ", ".join(wanted)), Change(("owner",), "added", None, user.name)]
        recorder.record("token_created", f"token {token.name}", told)
        return token, secret


def create_service_token(
    name: str, role: str, *, actor: Actor, scopes: Iterable[str] = (), days: int | None = None
) -> tuple[ApiToken, str]:
    """Make a token for the service of this name and role; the service is made when there is none.

    Raises:
        Conflict: the name is a person's or a team's, or the service has another role. Otherwise as `create_token`.
    """
    with account_change(actor):
        if accounts_named(checked_name(name)) is None:
            create_user(name, role, actor=actor, kind=SERVICE)
        service = user_named(name)
        if service.kind != SERVICE:
            raise Conflict(f"{service.name} is a person; name the token otherwise, or make it one of theirs.")
        _check_role(service, role)
        return create_token(name, actor=actor, user_name=name, scopes=scopes or scopes_of(role), days=days)


def create_token_of(
    user_name: str, name: str, role: str, *, actor: Actor, scopes: Iterable[str] = (), days: int | None = None
) -> tuple[ApiToken, str]:
    """Make a token of an account that must have this role.

    Raises:
        Conflict: it has another. Otherwise as `create_token`.
    """
    user = user_named(user_name)
    _check_role(user, role)
    return create_token(name, actor=actor, user_name=user.name, scopes=scopes or scopes_of(role), days=days)


def revoke_token(token_id: int, *, actor: Actor) -> ApiToken:
    """Make a token worthless, in every process within a second. Revoking it again changes nothing.

    Raises:
        NotFound: there is no such token, or it is somebody else's and the actor is no administrator.
    """
    with account_change(actor) as recorder:
        token = db.session.get(ApiToken, token_id) if token_id <= LARGEST_NUMBER else None
        user = None if token is None else db.session.get_one(User, token.user_id)
        if token is None or user is None or not _may_see(actor, user):
            raise NotFound(f"There is no token {token_id}.")
        if token.revoked_at is None:
            token.revoked_at = datetime.now(UTC)
            recorder.record("token_revoked", f"token {token.name}")
        return token


def create_link(role: str, *, actor: Actor, name: str | None = None, minutes: int = LINK_MIN) -> str:
    """Make the secret of a link that signs in once, as an account of this role, within so many minutes.

    Args:
        name: whom it signs in; None: the account called like the role. It is made when the link is used, if need be.

    Raises:
        Conflict: the account has another role, is disabled, or is a service; or the name is a team's.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    wanted = known_role(role)
    with account_event(actor) as recorder:
        user = accounts_named(name or role)
        if user is not None:
            check_link_fits(user, wanted)
        secret = new_secret()
        db.session.add(
            SignInLink(
                hash=digest(secret),
                user_name=user.name if user else free_name(name or role),
                role=wanted,
                created_by=actor.name,
                expires_at=datetime.now(UTC) + timedelta(minutes=minutes),
            )
        )
        recorder.record("sign_in_link_created", name or role)
        return secret


def check_link_fits(user: User, role: str) -> None:
    """Refuse a link for an account that cannot use it.

    Raises:
        Conflict: says why.
    """
    if user.disabled_at is not None:
        raise Conflict(f"{user.name} is disabled; `flask accounts user enable {user.name}` lets it in again.")
    if user.kind != PERSON:
        raise Conflict(f"{user.name} is a service; it gets in by a token.")
    _check_role(user, role)


def free_of_links() -> bool:
    """Whether no link is out that somebody may still use. Whoever asks holds off everybody else who makes one."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    good = SignInLink.used_at.is_(None), SignInLink.expires_at > func.now()
    return db.session.scalar(select(func.count()).select_from(SignInLink).where(*good)) == 0


def _check_role(user: User, role: str) -> None:
    if user.role != known_role(role):
        raise Conflict(f"{user.name} has the role {user.role}, not {role}. Change it first, or name somebody else.")


def is_own(actor: Actor, user_name: str) -> bool:
    """Whether this is the actor's own account."""
    return actor.source != "command" and actor.name.lower() == user_name.lower()


def _may_see(actor: Actor, user: User) -> bool:
    return is_own(actor, user.name) or (actor.role is Role.ADMIN and Scope.ADMIN in actor.scopes)


def accounts_named(name: str) -> User | None:
    """The account of this name, whatever the case."""
    return db.session.scalar(select(User).where(func.lower(User.name) == name.lower()))


def user_named(name: str) -> User:
    """The account of this name.

    Raises:
        NotFound: nobody has it; says which are near.
    """
    user = accounts_named(name)
    if user is None:
        raise _nobody("account", name, db.session.scalars(select(User.name)))
    return user


def team_named(name: str) -> Team:
    """The team of this name.

    Raises:
        NotFound: there is none; says which are near.
    """
    team = db.session.scalar(select(Team).where(func.lower(Team.name) == name.lower()))
    if team is None:
        raise _nobody("team", name, db.session.scalars(select(Team.name)))
    return team


def free_name(name: str) -> str:
    """A name nobody has, no person, service or team.

    Raises:
        BadRequest: it cannot be one. Conflict: it is taken.
    """
    for kind in (User, Team):
        taken: Any = db.session.scalar(select(kind.name).where(func.lower(kind.name) == checked_name(name).lower()))
        if taken is not None:
            what = "an account" if kind is User else "a team"
            raise Conflict(f"{taken} is the name of {what} already; accounts and teams share their names.")
    return name


def checked_name(name: str) -> str:
    """A name as an account or team may have it.

    Raises:
        BadRequest: it cannot be one.
    """
    if not NAME.fullmatch(name):
        raise BadRequest(
            f"“{name[:100]}” is no name: 1 to 100 letters, digits and . _ @ -, the first a letter or digit.",
            parameter="name",
        )
    return name


def known_role(role: str) -> str:
    """A role of the vocabulary.

    Raises:
        BadRequest: it is none; lists them.
    """
    if role not in set(Role):
        raise BadRequest(f"“{role}” is no role; known are {', '.join(Role)}.", parameter="role", known=list(Role))
    return role


def known_scopes(scopes: Iterable[str]) -> list[str]:
    """Scopes of the vocabulary, in its order.

    Raises:
        BadRequest: one is not known, or there is none.
    """
    wanted = set(scopes)
    if not wanted or not wanted <= set(Scope):
        told = f"Name at least one scope; known are {', '.join(Scope)}."
        raise BadRequest(told, parameter="scopes", known=list(Scope))
    return [scope.value for scope in Scope if scope in wanted]


def scopes_of(role: str) -> list[str]:
    """What a token of this role is for, when nobody says."""
    return {"viewer": ["read"], "author": ["read", "write"]}.get(role, list(Scope))


def check_some_admin(changed: User, was: str) -> None:
    """Refuse to be left without an administrator who can sign in.

    Args:
        changed: the account that was changed. was: the role it had.

    Raises:
        Conflict: the change would leave none.
    """
    if was != Role.ADMIN or changed.kind != PERSON:
        return
    db.session.flush()
    left = User.role == Role.ADMIN, User.kind == PERSON, User.disabled_at.is_(None)
    if not db.session.scalar(select(func.count()).select_from(User).where(*left)):
        raise Conflict("This is the last administrator. Make another one first.")


def _new_user(name: str, role: str, kind: str, by: str) -> User:
    user = User(name=name, role=role, kind=kind, created_by=by)
    db.session.add(user)
    db.session.flush()
    return user


def _nobody(kind: str, name: str, names: Iterable[str]) -> NotFound:
    near = closest(name, list(names))
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return NotFound(f"No {kind} is called “{name}”.{hint}", near=near)
