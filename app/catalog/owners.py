"""Who may own a tool: people and teams. Who there is, `app.accounts` knows, and tells it when the application starts.

A tool's owner is a name. A definition that is imported may name an owner nobody has here yet: only administrators may
then change the tool, until there is a person or a team of that name.
"""

from collections.abc import Callable, Sequence

from flask import Flask, current_app

from app.actor import Actor, Role
from app.definitions.vocabulary import closest
from app.errors import BadRequest, Forbidden

Names = Callable[[], Sequence[str]]


def owner_when_made(actor: Actor) -> str | None:
    """Who owns a new tool whose definition names nobody: its maker; nobody, when a command made it."""
    return None if actor.source == "command" else actor.name


def check_owner(actor: Actor, owner: str | None) -> None:
    """Refuse an author who stores a definition of somebody else's.

    Raises:
        Forbidden: the owner named is neither the author nor one of the author's teams.
    """
    if actor.role is not Role.ADMIN and not actor.owns(owner):
        told = f"The definition says owner: {owner}, and {actor.name} does not belong to it."
        raise Forbidden(f"{told} Leave the owner out, store it, and then hand it over.")


def check_named_owner(actor: Actor, owner: object) -> str | None:
    """The owner somebody hands a tool over to, as it is spelled; None: administrators only.

    Raises:
        BadRequest: no person and no team has that name. Forbidden: only administrators take an owner away.
    """
    if owner is None:
        if actor.role is not Role.ADMIN:
            raise Forbidden("A tool without an owner is for administrators to make. Hand it over to somebody.")
        return None
    names = owner_names()
    found = next((name for name in names if isinstance(owner, str) and name.lower() == owner.lower()), None)
    if found is None:
        near = closest(str(owner), names)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise BadRequest(f"No person and no team is called “{owner}”.{hint}", suggestions=near)
    return found


def owner_names() -> Sequence[str]:
    """Everybody who may own a tool."""
    names: Names = current_app.extensions["catalog.owners"]
    return names()


def init_app(app: Flask, names: Names) -> None:
    """Say where the names of people and teams are found."""
    app.extensions["catalog.owners"] = names
