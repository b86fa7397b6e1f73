"""Who does something: known to every face, asked for permission, recorded with every change."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What an account may do, from least to most."""

    VIEWER = "viewer"
    AUTHOR = "author"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API token is good for; whoever signs in at a page has all of them."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, from where and why.

    Attributes:
        source: the face used: page, api or command.
        teams: the teams it belongs to; it owns what they own.
        waiver: why a change may break saved cases that must hold; None: it may not.
    """

    name: str
    source: str
    address: str | None = None
    reason: str | None = None
    request_id: str | None = None
    role: Role = Role.VIEWER
    scopes: frozenset[Scope] = frozenset(Scope)
    teams: frozenset[str] = field(default=frozenset())
    waiver: str | None = None

    @property
    def owner_names(self) -> frozenset[str]:
        """Under which names it owns things, in lower case: its own and its teams'."""
        return frozenset(name.lower() for name in (self.name, *self.teams))

    def owns(self, owner: str | None) -> bool:
        """Whether something with this owner is its own, or its teams'. Names are told apart ignoring case."""
        return owner is not None and owner.lower() in self.owner_names


def command_actor(name: str, reason: str | None = None, waiver: str | None = None) -> Actor:
    """Whoever may run commands on this machine reads and writes the database anyway."""
    return Actor(name, "command", reason=reason, role=Role.ADMIN, waiver=waiver)
