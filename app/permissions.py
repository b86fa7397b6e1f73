"""What each role may do: one function decides for pages, JSON and commands.

Each route says what it needs with `requires`; who asks is found out, and held to it, in `app.accounts.doorkeeper`.
Whether somebody may change one particular tool is asked where that tool's row is held, in `app.catalog`.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from app.actor import Actor, Role, Scope
from app.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """What a route needs."""

    PUBLIC = "public"
    READ = "catalog:read"
    CREATE = "tool:create"
    EDIT = "tool:edit"
    RELOAD = "catalog:reload"
    OWN_ACCOUNT = "account:own"
    MANAGE_ACCOUNTS = "accounts:manage"


class Owned(Protocol):
    """Something that has an owner: a person or a team, by name."""

    @property
    def owner(self) -> str | None: ...


_VIEWER = frozenset({Permission.PUBLIC, Permission.READ, Permission.OWN_ACCOUNT})
_AUTHOR = _VIEWER | {Permission.CREATE, Permission.EDIT, Permission.RELOAD}
GRANTED = {Role.VIEWER: _VIEWER, Role.AUTHOR: _AUTHOR, Role.ADMIN: frozenset(Permission)}

NEEDED_SCOPE = {
    Permission.READ: Scope.READ,
    Permission.CREATE: Scope.WRITE,
    Permission.EDIT: Scope.WRITE,
    Permission.RELOAD: Scope.WRITE,
    # Of its own account a token may learn what it is, and nothing else: the rest is for people at a page.
    Permission.OWN_ACCOUNT: Scope.READ,
    Permission.MANAGE_ACCOUNTS: Scope.ADMIN,
}

_DOING = {
    Permission.READ: "reading the catalog",
    Permission.CREATE: "creating tools",
    Permission.EDIT: "changing tools",
    Permission.RELOAD: "reloading the catalog",
    Permission.OWN_ACCOUNT: "one's own account",
    Permission.MANAGE_ACCOUNTS: "managing accounts",
}


def may(actor: Actor | None, permission: Permission, thing: Owned | None = None) -> bool:
    """Whether an actor may do something; nobody (None) may do what is public.

    Args:
        thing: what is to be changed; None: whether it may do so to anything at all.
    """
    if permission is Permission.PUBLIC:
        return True
    if actor is None or NEEDED_SCOPE[permission] not in actor.scopes or permission not in GRANTED[actor.role]:
        return False
    if permission is not Permission.EDIT or thing is None:
        return True
    return actor.role is Role.ADMIN or actor.owns(thing.owner)


def require(actor: Actor, permission: Permission, thing: Owned | None = None) -> None:
    """Refuse what an actor may not do.

    Raises:
        Forbidden: says what is missing, and who can help.
    """
    refusal = why_not(actor, permission, thing)
    if refusal is not None:
        raise Forbidden(refusal, permission=permission.value)


def why_not(actor: Actor, permission: Permission, thing: Owned | None = None) -> str | None:
    """Why an actor may not do something, for a button that is shown all the same; None when it may."""
    return None if may(actor, permission, thing) else _refusal(actor, permission, thing)


def requires(permission: Permission) -> Callable[[View], View]:
    """Say what a view needs; a view that does not say is open to nobody."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def needed_by(view: Callable[..., Any] | None) -> Permission | None:
    """What a view said it needs."""
    return getattr(view, "permission", None)


def _refusal(actor: Actor, permission: Permission, thing: Owned | None) -> str:
    doing, scope = _DOING[permission], NEEDED_SCOPE[permission]
    if scope not in actor.scopes:
        return f"This token is for {_listed(actor.scopes)} only; {doing} needs one with the scope {scope.value}."
    if permission not in GRANTED[actor.role]:
        role = next(role for role in Role if permission in GRANTED[role])
        kind = f"{'an' if actor.role is not Role.VIEWER else 'a'} {actor.role.value}"
        return f"{actor.name} is {kind}; {doing} needs the role {role.value}. An administrator can give it."
    owner = None if thing is None else thing.owner
    belongs = f"belongs to {owner}" if owner else "has no owner"
    return f"This tool {belongs}, so {actor.name} may not change it. Its owner or an administrator can hand it over."


def _listed(scopes: frozenset[Scope]) -> str:
    return " and ".join(scope.value for scope in Scope if scope in scopes) or "nothing"
