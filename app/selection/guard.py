"""Cases that must hold stand against publishing what breaks them, until somebody waives them and says why."""

from collections.abc import Sequence

from app.actor import Actor
from app.catalog.mapping import whole_tool
from app.catalog.models import Tool
from app.definitions.diff import Change
from app.errors import CasesBroken
from app.selection.cases import Checked, all_cases, check
from app.selection.live_index import Proposed, indexed


def hold_cases(actor: Actor, published: Sequence[Tool]) -> list[Change]:
    """Refuse versions with which a case does not hold any more that must, and holds now.

    Without such cases it costs one short query. What a waiver lets pass is returned, for the audit log.

    Raises:
        CasesBroken: the actor has no waiver.
    """
    if not (cases := all_cases(must_hold=True)):
        return []
    now = indexed()
    then = now.with_tools(Proposed(whole_tool(row)) for row in published)
    failing = [Checked(case, verdict) for case in cases if not (verdict := check(case, then)).holds]
    # What does not hold anyway stands in nobody's way.
    broken = [one for one in failing if check(one.case, now.index).holds]
    if broken and actor.waiver is None:
        raise CasesBroken([told(one) for one in broken])
    return [
        Change(("cases", one.case.name), "changed", one.case.expected, one.verdict.first, f"case “{one.case.name}”")
        for one in broken
    ]


def told(broken: Checked) -> dict[str, str | None]:
    """A case that would break, as problems tell it."""
    return {
        "name": broken.case.name,
        "expected": broken.case.expected,
        "first": broken.verdict.first,
        "sentence": broken.verdict.sentence,
    }
