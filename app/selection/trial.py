"""A trial: one request answered from the catalog as it is, and as it would be with a proposal."""

from dataclasses import dataclass, replace

from app.selection.comparison import Comparison, compare
from app.selection.engine import Selection, select
from app.selection.index import Index
from app.selection.live_index import Indexed
from app.selection.proposals import Proposal
from app.selection.request import SelectionRequest


@dataclass(frozen=True, slots=True)
class Trial:
    """Both answers, and what is different."""

    label: str
    before: Selection
    after: Selection
    comparison: Comparison


def tried(request: SelectionRequest, now: Indexed, proposal: Proposal) -> Trial:
    """Answer a request as published and with a proposal.

    Raises:
        UnknownCapability: it names a capability that neither has.
    """
    index = now.with_tool(proposal.tool)
    after = select(index, request)
    before = _as_published(request, now.index, after)
    return Trial(proposal.label, before, after, compare(before, after))


def _as_published(request: SelectionRequest, index: Index, after: Selection) -> Selection:
    """The published answer. Of a capability that only the proposal has, nothing is published."""
    known = [name for name in request.capabilities if index.having(name)]
    if len(known) == len(request.capabilities):
        return select(index, request)
    if known:
        return select(index, request.model_copy(update={"capabilities": known}))
    return replace(after, ranked=(), excluded=(), unused=())
