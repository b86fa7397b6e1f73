"""The catalog seen from what is to be done: each capability with the tools that have it, and how these compare."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log
from typing import Any

import orjson

from app.catalog.mapping import mapping, text
from app.catalog.snapshot import Snapshot, Tool
from app.definitions.expressions import EvaluationError, InvalidExpression, parse_expression
from app.definitions.validation.variables import is_number, known_variables
from app.definitions.vocabulary import Variable, closest
from app.errors import NotFound

SORTS = ("name", "tools")
PAGE_SIZE = 50
# Every tool that was read once, so that a page after a change reads the changed ones only.
_KEPT = 16_384


@dataclass(frozen=True, slots=True)
class Ability:
    """A capability as one tool has it."""

    description: str
    patterns: Mapping[str, Mapping[str, Any]]
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One capability in the list of them."""

    name: str
    description: str
    more_descriptions: int
    tools: tuple[Tool, ...]
    offered: int
    platforms: tuple[str, ...]
    patterns: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of capabilities."""

    lines: tuple[Line, ...]
    total: int
    page: int
    platforms: list[tuple[str, int]]

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class Way:
    """One pattern of one tool, beside others that do the same.

    Attributes:
        time_ms, cost: at the usual values of their variables; None when that cannot be said.
        share: the time, from 0 (1 ms or less) to 1 (the slowest on the page), evenly on a log scale.
    """

    tool: Tool
    name: str
    description: str
    time_ms: float | None
    time_text: str
    cost: float | None
    cost_text: str
    complexity: float | None
    needs_approval: bool
    production_safe: bool | None
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A capability with every way to do it, and what is said of it by which tools."""

    name: str
    descriptions: list[tuple[str, list[str]]]
    tools: tuple[Tool, ...]
    ways: tuple[Way, ...]
    platforms: list[tuple[str, int]]

    @property
    def offered(self) -> int:
        """How many of the tools orchestrators may choose."""
        return sum(tool.is_offered for tool in self.tools)


def list_capabilities(
    current: Snapshot, words: str = "", platform: str | None = None, sort: str = "name", page: int = 1
) -> Page:
    """The capabilities whose names hold all the words, had by tools of a platform; `sort` is one of SORTS."""
    each = words.lower().replace("_", " ").split()
    named = [name for name in current.values("capability") if _holds(name, each)]
    having = {name: current.having(name) for name in named}
    platforms = Counter(one for tools in having.values() for one in {tool.platform for tool in tools} if one)
    kept = [name for name in named if platform is None or any(tool.platform == platform for tool in having[name])]
    kept.sort(key=str.lower)
    if sort == "tools":
        kept.sort(key=lambda name: -len(having[name]))
    shown = kept[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return Page(tuple(_line(name, having[name]) for name in shown), len(kept), page, platforms.most_common())


def compare_tools(current: Snapshot, name: str, platform: str | None = None) -> Comparison:
    """Every way to do one thing, the fastest first.

    Raises:
        NotFound: no tool has that capability; says which are near.
    """
    having = current.having(name)
    if not having:
        near = closest(name, current.values("capability"))
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise NotFound(f"No tool has the capability “{name}”.{hint}")
    tools = tuple(tool for tool in having if platform in {None, tool.platform})
    ways = sorted((way for tool in tools for way in _ways(tool, name)), key=_by_time)
    descriptions: dict[str, list[str]] = {}
    for tool in tools:
        if described := _description(tool, name):
            descriptions.setdefault(described, []).append(tool.name)
    slowest = max((way.time_ms or 0.0 for way in ways), default=0.0)
    compared = tuple(replace(way, share=_share(way.time_ms, slowest)) for way in ways)
    platforms = Counter(tool.platform for tool in having if tool.platform).most_common()
    return Comparison(name, list(descriptions.items()), tools, compared, platforms)


def _holds(name: str, words: Iterable[str]) -> bool:
    plain = name.lower().replace("_", " ")
    return all(word in plain for word in words)


def _line(name: str, tools: tuple[Tool, ...]) -> Line:
    described = Counter(said for tool in tools if (said := _description(tool, name))).most_common()
    return Line(
        name=name,
        description=described[0][0] if described else "",
        more_descriptions=max(0, len(described) - 1),
        tools=tools,
        offered=sum(tool.is_offered for tool in tools),
        platforms=tuple(sorted({tool.platform for tool in tools if tool.platform})),
        patterns=sum(len(_ability(tool, name).patterns) for tool in tools),
    )


def _description(tool: Tool, name: str) -> str:
    return _ability(tool, name).description.strip()


def _ability(tool: Tool, name: str) -> Ability:
    return _abilities(tool.json)[name]


@lru_cache(maxsize=_KEPT)
def _abilities(document: bytes) -> dict[str, Ability]:
    definition = orjson.loads(document)
    variables = {"variables": definition.get("variables")}
    return {
        name: Ability(
            text(mapping(capability).get("description")),
            {key: mapping(pattern) for key, pattern in mapping(mapping(capability).get("patterns")).items()},
            variables,
        )
        for name, capability in mapping(definition.get("capabilities")).items()
    }


def _ways(tool: Tool, name: str) -> Iterator[Way]:
    ability = _ability(tool, name)
    for pattern_name, pattern in ability.patterns.items():
        known = known_variables(ability.definition, pattern)
        policy, complexity = mapping(pattern.get("policy")), pattern.get("complexity_score")
        safe = policy.get("production_safe")
        yield Way(
            tool=tool,
            name=pattern_name,
            description=text(pattern.get("description")),
            time_ms=_at_usual(pattern.get("time_estimate_ms"), known),
            time_text=_written(pattern.get("time_estimate_ms")),
            cost=_at_usual(pattern.get("cost_estimate"), known),
            cost_text=_written(pattern.get("cost_estimate")),
            complexity=float(complexity) if is_number(complexity) else None,
            needs_approval=policy.get("requires_approval") is True,
            production_safe=safe if isinstance(safe, bool) else None,
        )


def _at_usual(estimate: object, known: Mapping[str, Variable]) -> float | None:
    """What an estimate comes to when every variable has its usual value; None when that cannot be said."""
    try:
        expression = parse_expression(_written(estimate))
        return expression.evaluate({name: known[name].default for name in expression.variables})
    except (InvalidExpression, EvaluationError, KeyError):
        return None


def _written(estimate: object) -> str:
    return str(estimate) if isinstance(estimate, str) or is_number(estimate) else ""


def _by_time(way: Way) -> tuple[bool, float, str, str]:
    return way.time_ms is None, way.time_ms or 0.0, way.tool.key, way.name


def _share(time_ms: float | None, slowest_ms: float) -> float:
    """A time from 0 (1 ms or less) to 1 (the slowest), evenly on a log scale: ln t / ln t_slowest."""
    if time_ms is None or time_ms <= 1 or slowest_ms <= 1:
        return 0.0
    return log(time_ms) / log(slowest_ms)
