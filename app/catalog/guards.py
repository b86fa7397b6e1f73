"""What may stand against versions that orchestrators are about to see. Who looks at what, `app.factory` says.

A guard is asked within the change's transaction, once for all it changes, before it is numbered: it raises to refuse.
"""

from collections.abc import Callable, Sequence

from flask import Flask, current_app

from app.actor import Actor
from app.catalog.models import Tool
from app.definitions.diff import Change

Guard = Callable[[Actor, Sequence[Tool]], Sequence[Change]]
"""Given who publishes which versions, it returns what the actor's waiver let pass."""


def register(app: Flask, guard: Guard) -> None:
    """Ask a guard before anything is published."""
    app.extensions.setdefault("catalog.guards", []).append(guard)


def waived(actor: Actor, published: Sequence[Tool]) -> list[Change]:
    """Ask every guard; what the actor's waiver let pass.

    Raises:
        CatalogError: a guard refuses.
    """
    guards: list[Guard] = current_app.extensions.get("catalog.guards", [])
    return [change for guard in guards for change in guard(actor, published)]
