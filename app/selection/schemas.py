"""The shapes of selection's JSON face, for OpenAPI. Answers are made in `answer.py`; tests hold them to these."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.answers import Answered, Parameters
from app.definitions.vocabulary import PLATFORMS
from app.selection.request import MOST_CANDIDATES, Explain, Preference, SelectionRequest
from app.selection.service import MOST_REQUESTS


class SelectQuery(Parameters):
    """A request as parameters of an address, so that it can be shared."""

    intent: str = Field("", description="What is to be done, in free text")
    capabilities: str = Field("", description="Names of capabilities, with commas")
    platform: str | None = Field(None, json_schema_extra={"enum": list(PLATFORMS)})
    environment: str | None = None
    variables: str = Field("", description="`N=40,pages=2`")
    preference: Preference | None = None
    weights: str = Field("", description="`time=2,cost=1`")
    max_cost: float | None = Field(None, ge=0)
    max_time_ms: float | None = Field(None, ge=0)
    permissions: str = Field("", description="With commas")
    limit: int = Field(10, ge=1, le=MOST_CANDIDATES)
    explain: Explain = Explain.FULL


class SelectRequests(Parameters):
    """Several requests, answered from one snapshot."""

    requests: Annotated[list[SelectionRequest], Field(min_length=1, max_length=MOST_REQUESTS)]


class RuleOut(BaseModel):
    """A rule and what it says, in words."""

    rule: str
    detail: str


class FeatureOut(BaseModel):
    """One axis of a score."""

    raw: float = Field(description="Milliseconds, cost, or a share from 0 to 1")
    value: float = Field(ge=0, le=1, description="1 is good")
    weight: float = Field(ge=0, le=1)
    contribution: float = Field(ge=0, le=1, description="weight · value")


class VariableOut(BaseModel):
    """The value of a variable that estimates used."""

    value: float
    source: Literal["request", "default"]


class PatternOut(Answered):
    """Which pattern of which tool."""

    tool_name: str
    version: str
    capability_name: str
    pattern_name: str
    description: str
    platform: str | None


class CandidateOut(PatternOut):
    """A pattern that may be used. What `explain` leaves out is not there."""

    rank: int
    score: float = Field(ge=0, le=1)
    estimated_time_ms: float
    estimated_cost: float
    execution_mode: Literal["immediate", "background", "approval_required"]
    sla_class: Literal["interactive", "batch", "background"]
    relevance: float | None = Field(None, ge=0, le=1, description="What the weighed axes are multiplied by")
    match: float | None = Field(None, description="How well it matches the intent; none without one")
    requires_approval: bool | None = None
    background: RuleOut | None = Field(None, description="Why it runs in the background")
    variables: dict[str, VariableOut] | None = None
    features: dict[str, FeatureOut] | None = None
    matched: list[str] | None = Field(None, description="Words of the intent that it has, or has the like of")
    not_evaluated: list[RuleOut] | None = Field(None, description="Rules about what the request does not say")


class ExcludedOut(PatternOut):
    """A pattern that may not be used, and the rule that says so."""

    relevance: float
    rule: str
    detail: str


class VerdictOut(BaseModel):
    """What became of asking the judge."""

    model: str
    chosen: str | None = Field(description="`tool.pattern`; none when it did not choose")
    reason: str | None = Field(description="Its own words")
    error: str | None = Field(description="Why it did not choose; the order is then the deterministic one")
    changed: bool = Field(description="Whether that made the second the first")


class SelectionOut(Answered):
    """The explained answer."""

    revision: int
    preference: Preference | None = Field(description="None: the request's own weights")
    preference_detected: bool = Field(description="Whether the intent's words said it")
    weights: dict[str, float]
    total: int = Field(description="How many may be used; `candidates` are the first of them")
    candidates: list[CandidateOut]
    excluded: list[ExcludedOut]
    excluded_total: int
    ambiguous: bool
    question: str | None = Field(description="What would decide an ambiguous selection")
    because: str = Field(description="Why the first is the first, or why there is none")
    read_as: dict[str, str] = Field(description="Words taken for others that patterns know")
    not_understood: list[str] = Field(description="Words that no pattern knows")
    unused_variables: list[str] = Field(description="Variables that no estimate needed")
    judge: VerdictOut | None = Field(description="None: it was not asked")


class SelectionsOut(Answered):
    """The answers to several requests, in their order."""

    revision: int
    answers: list[SelectionOut]
