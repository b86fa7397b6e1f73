"""Tools for tests of the engine: definitions that say nothing but what a test is about, an index of them, a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.selection.answer import answer
from app.selection.engine import Selection, select
from app.selection.index import Index
from app.selection.request_text import read_request

REVISION = 7


@dataclass(frozen=True, eq=False)
class Offer:
    """A tool as a snapshot has it."""

    definition: Mapping[str, Any] = field(repr=False)

    @property
    def key(self) -> str:
        """Its name as names are compared."""
        return str(self.definition["tool_name"]).lower()

    @property
    def is_offered(self) -> bool:
        """Whether orchestrators may choose it."""
        return bool(self.definition["enabled"]) and self.definition["status"] == "active"

    def whole(self) -> Mapping[str, Any]:
        """Its definition, with its lifecycle."""
        return self.definition

    def but(self, **changes: Any) -> "Offer":
        """The same with other top-level keys."""
        return Offer({**self.definition, **changes})


def pattern(description: str = "", **changes: Any) -> dict[str, Any]:
    """A pattern that any request may use, middling on every axis; `policy` and `preference_match` add to its own."""
    policy = {"production_safe": True, **changes.pop("policy", {})}
    match = {"accuracy": 0.5, "completeness": 0.5, **changes.pop("preference_match", {})}
    usual = {"time_estimate_ms": 1000, "cost_estimate": 5, "complexity_score": 0.5}
    return {"description": description, **usual, "policy": policy, "preference_match": match, **changes}


def tool(tool_name: str, /, capability: str = "work", **patterns: dict[str, Any]) -> Offer:
    """A tool on offer everywhere, with these patterns of one capability."""
    return Offer(
        {
            "tool_name": tool_name,
            "version": "1.0",
            "description": "",
            "platform": "multi-platform",
            "status": "active",
            "enabled": True,
            "capabilities": {capability: {"description": "", "patterns": patterns}},
        }
    )


def index_of(*tools: Offer) -> Index:
    """The index of these tools."""
    return Index.of(tools)


def selection(index: Index, intent: str = "", **request: Any) -> Selection:
    """What the engine selects; without an intent, of the capability that `tool` gives."""
    asked = {"intent": intent} if intent else {"capabilities": ["work"]}
    return select(index, read_request({**asked, **request}))


def answered(index: Index, intent: str = "", **request: Any) -> dict[str, Any]:
    """The whole answer, as JSON has it."""
    return answer(selection(index, intent, **request), REVISION)


def names(found: Selection) -> list[str]:
    """The candidates that may be used, best first, as tool.pattern."""
    return [f"{one.candidate.tool_name}.{one.candidate.pattern_name}" for one in found.ranked]


def exclusions(found: Selection) -> dict[str, str]:
    """The rule by which each of the others is excluded."""
    return {f"{one.candidate.tool_name}.{one.candidate.pattern_name}": one.remark.rule for one in found.excluded}
