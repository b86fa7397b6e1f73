"""Selecting from the catalog as it is now: what every face calls."""

from collections.abc import Sequence

from app.errors import NotFound
from app.selection.answer import Answer, answer
from app.selection.engine import Selection, UnknownCapability, select
from app.selection.index import Index
from app.selection.live_index import Indexed, indexed
from app.selection.request import SelectionRequest

MOST_REQUESTS = 100


def choose(request: SelectionRequest) -> Answer:
    """Answer a request from the current snapshot.

    Raises:
        NotFound: it names a capability that no tool has; says which are near.
    """
    return _answered(request, indexed())


def choose_all(requests: Sequence[SelectionRequest]) -> list[Answer]:
    """Answer requests, at most MOST_REQUESTS, all from one snapshot.

    Raises:
        NotFound: as `choose`, for the first that names such a capability.
    """
    now = indexed()
    return [_answered(request, now) for request in requests]


def selection(request: SelectionRequest, index: Index) -> Selection:
    """Rank an index's candidates.

    Raises:
        NotFound: as `choose`.
    """
    try:
        return select(index, request)
    except UnknownCapability as unknown:
        near = f" Did you mean {', '.join(unknown.near)}?" if unknown.near else ""
        raise NotFound(f"No tool has the capability “{unknown.name}”.{near}", near=unknown.near) from None


def _answered(request: SelectionRequest, now: Indexed) -> Answer:
    return answer(selection(request, now.index), now.revision)
