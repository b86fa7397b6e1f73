"""Drafts as proposals: what selection would answer, were a draft published."""

from app.actor import Actor
from app.drafts import service
from app.selection.live_index import Proposed


def draft(number: int, actor: Actor) -> Proposed:
    """One of the actor's drafts as it is now; of a text that cannot be read, as it was before.

    Raises:
        NotFound: there is none of that number that is theirs.
    """
    return Proposed(service.state(service.find(number, actor)).work.document)
