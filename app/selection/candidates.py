"""Candidates: the patterns of a tool, read once so that a request finds all it needs of each without reading again."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from app.definitions.expressions import (
    Condition,
    Expression,
    InvalidExpression,
    parse_condition,
    parse_expression,
)
from app.definitions.validation.parts import listed, mapped
from app.definitions.validation.variables import is_number, known_variables
from app.selection.estimates import Estimate, Formulas, usual
from app.selection.thesaurus import Act
from app.selection.words import act_of, name_term, terms_of, words_of


class Source(Protocol):
    """A tool as a snapshot has it, of the server or of a client."""

    @property
    def key(self) -> str: ...
    @property
    def is_offered(self) -> bool: ...
    def whole(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Field:
    """One of the places where a pattern's words stand.

    Attributes:
        weight: how much a word there tells, beside 1 for one in a tool's description.
        usual: how many terms it usually has; more of them tell less each. A fixed figure (of the definitions that
            ship), so that a pattern's weight does not depend on which other tools there are.
    """

    weight: float
    usual: float


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "pattern": Field(3.0, 2.5),
        "use_cases": Field(2.5, 14),
        "pattern_description": Field(2.0, 10),
        "capability": Field(1.5, 2),
        "capability_description": Field(0.8, 9),
        "tool": Field(2.5, 1.5),
        "tags": Field(1.2, 5),
        "tool_description": Field(1.0, 9),
        "platform": Field(1.0, 1),
        "category": Field(0.5, 1),
    }
)
# How much a field's length counts, from 0 (not at all) to 1 (twice as long tells half as much): Robertson and Zaragoza,
# "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), 3.4.
LENGTH_COUNTS = 0.5
# A tool that is called by its name is meant, whatever else stands there.
CALLED_BY_NAME = 100.0


@dataclass(frozen=True, slots=True)
class Rules:
    """A pattern's policy, as it is enforced. Times in seconds, costs in the unit of `cost_estimate`; None: no rule."""

    max_cost: float | None
    max_execution_time: float | None
    production_safe: bool
    requires_approval: bool
    allowed_environments: tuple[str, ...] | None
    required_permissions: tuple[str, ...]
    background_if: Condition | None
    max_n_immediate: float | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One pattern of one tool's latest version.

    Attributes:
        off: why it is not on offer ("disabled", or a status); None for one that is.
        usual: what it takes when a request says none of its variables; None when that has no value.
        complexity, accuracy, completeness: from 0 to 1, as the definition says.
        terms: every term it can be found by. name_terms: those of the pattern's name.
    """

    tool_name: str
    version: str
    capability_name: str
    pattern_name: str
    description: str
    platform: str | None
    off: str | None
    formulas: Formulas
    usual: Estimate | None
    complexity: float
    accuracy: float
    completeness: float
    rules: Rules
    act: Act | None
    terms: tuple[str, ...] = field(repr=False)
    name_terms: tuple[str, ...] = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other of a snapshot; also the order of equals."""
        return self.tool_name, self.capability_name, self.pattern_name


def candidates_of(tool: Source) -> Iterator[tuple[Candidate, Mapping[str, float]]]:
    """Every pattern of a tool as a candidate, and how much each of its terms tells of it.

    What a draft leaves out or says wrongly is taken for the worst there is.

    Args:
        tool: `whole()` is its definition in map form, with `status` and `enabled` as they are now.
    """
    whole = tool.whole()
    about, off = _words_about(whole), None if tool.is_offered else _why_off(whole)
    for capability_name, capability in mapped(whole.get("capabilities")).items():
        fields = {
            **about,
            "capability": terms_of(capability_name),
            "capability_description": terms_of(_text(mapped(capability).get("description"))),
        }
        for pattern_name, pattern in mapped(mapped(capability).get("patterns")).items():
            yield _candidate(whole, off, (capability_name, pattern_name), mapped(pattern), fields)


def _candidate(
    whole: Mapping[str, Any],
    off: str | None,
    names: tuple[str, str],
    pattern: Mapping[str, Any],
    fields: Mapping[str, list[str]],
) -> tuple[Candidate, Mapping[str, float]]:
    description, match = _text(pattern.get("description")), mapped(pattern.get("preference_match"))
    use_cases = [case for case in listed(pattern.get("typical_use_cases")) if isinstance(case, str)]
    capability_name, pattern_name = names
    name, described = terms_of(pattern_name), terms_of(description)
    own = {"pattern": name, "pattern_description": described, "use_cases": terms_of(" ".join(use_cases))}
    time, cost = _estimate(pattern.get("time_estimate_ms")), _estimate(pattern.get("cost_estimate"))
    rules = _rules(mapped(pattern.get("policy")))
    formulas = Formulas(time, cost, _defaults(whole, pattern, time, cost, rules))
    weights = {**weights_of({**fields, **own}), name_term(_text(whole.get("tool_name"))): CALLED_BY_NAME}
    candidate = Candidate(
        tool_name=_text(whole.get("tool_name")),
        version=_text(whole.get("version")),
        capability_name=capability_name,
        pattern_name=pattern_name,
        description=description,
        platform=_text(whole.get("platform")) or None,
        off=off,
        formulas=formulas,
        usual=usual(formulas),
        complexity=_share(pattern.get("complexity_score"), otherwise=1.0),
        accuracy=_share(match.get("accuracy"), otherwise=0.0),
        completeness=_share(match.get("completeness"), otherwise=0.0),
        rules=rules,
        act=act_of([*words_of(pattern_name), *words_of(description)]),
        terms=tuple(weights),
        name_terms=tuple(dict.fromkeys(name)),
    )
    return candidate, weights


def weights_of(fields: Mapping[str, list[str]]) -> Mapping[str, float]:
    """How much each term tells: Σ over fields of weight · count / (1 − b + b · length / usual length) (BM25F)."""
    weights: dict[str, float] = {}
    for name, terms in fields.items():
        kind = FIELDS[name]
        told = kind.weight / (1 - LENGTH_COUNTS + LENGTH_COUNTS * len(terms) / kind.usual)
        for term, count in Counter(terms).items():
            weights[term] = weights.get(term, 0.0) + count * told
    return weights


def _words_about(whole: Mapping[str, Any]) -> dict[str, list[str]]:
    tags = [tag for tag in listed(mapped(whole.get("metadata")).get("tags")) if isinstance(tag, str)]
    return {
        "tool": terms_of(_text(whole.get("tool_name"))),
        "tags": terms_of(" ".join(tags)),
        "tool_description": terms_of(_text(whole.get("description"))),
        "platform": terms_of(_text(whole.get("platform"))),
        "category": terms_of(_text(whole.get("category"))),
    }


def _rules(policy: Mapping[str, Any]) -> Rules:
    allowed = policy.get("allowed_environments")
    return Rules(
        max_cost=_number(policy.get("max_cost")),
        max_execution_time=_number(policy.get("max_execution_time")),
        production_safe=policy.get("production_safe") is True,
        requires_approval=policy.get("requires_approval") is True,
        allowed_environments=tuple(map(str, allowed)) if isinstance(allowed, list) else None,
        required_permissions=tuple(map(str, listed(policy.get("required_permissions")))),
        background_if=_condition(policy.get("requires_background_if")),
        max_n_immediate=_number(policy.get("max_N_immediate")),
    )


def _condition(text: object) -> Condition | None:
    try:
        return parse_condition(text) if isinstance(text, str) else None
    except InvalidExpression:
        # Only a draft has one, and no draft is on offer.
        return None


def _estimate(value: object) -> Expression | str:
    if not (isinstance(value, str) or is_number(value)):
        return "it is not estimated"
    try:
        return parse_expression(str(value))
    except InvalidExpression as refusal:
        return refusal.message


def _defaults(
    whole: Mapping[str, Any], pattern: Mapping[str, Any], time: Expression | str, cost: Expression | str, rules: Rules
) -> Mapping[str, float]:
    used: set[str] = {"N"} if rules.max_n_immediate is not None else set()
    for formula in (time, cost, rules.background_if):
        if not isinstance(formula, str) and formula is not None:
            used |= formula.variables
    if not used:
        return _NONE
    known = known_variables(whole, pattern)
    return {name: known[name].default for name in sorted(used) if name in known}


_NONE: Mapping[str, float] = MappingProxyType({})


def _why_off(whole: Mapping[str, Any]) -> str:
    return _text(whole.get("status")) if whole.get("enabled") is True else "disabled"


def _share(value: object, otherwise: float) -> float:
    return float(value) if is_number(value) and 0 <= value <= 1 else otherwise


def _number(value: object) -> float | None:
    return float(value) if is_number(value) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
