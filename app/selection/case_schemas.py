"""The shapes of saved cases and of impact in JSON, for OpenAPI."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.answers import Answered, Parameters
from app.catalog.schemas import VersionQuery
from app.selection.request import SelectionRequest


class ExpectedPattern(Parameters):
    """The pattern that is to be chosen."""

    tool_name: str = Field(max_length=100)
    pattern_name: str = Field(max_length=100)


class CaseRest(Parameters):
    """What a case says beside its request."""

    name: str = Field(max_length=100, examples=["Restart nginx in production"])
    expected: ExpectedPattern
    must_hold: bool = Field(False, description="Whether it stands against publishing what breaks it")
    note: str = Field("", max_length=1_000, description="Why it is expected")
    reason: str | None = Field(None, max_length=1_000, description="For the audit log")


class CaseIn(CaseRest):
    """A request with the choice that is expected of it."""

    request: SelectionRequest


class ExpectedOut(BaseModel):
    """The pattern that is to be chosen."""

    tool_name: str
    pattern_name: str


class CaseOut(Answered):
    """A saved case, and whether it holds now."""

    name: str
    request: dict[str, Any]
    expected: ExpectedOut
    must_hold: bool
    note: str
    holds: bool
    first: str | None = Field(description="What is chosen now, as `tool.pattern`; null: nothing can be")
    sentence: str = Field(description="What is chosen, and why it is not what was expected")
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime


class CasesOut(Answered):
    """Every saved case by name."""

    revision: int
    total: int
    broken: int
    cases: list[CaseOut]


class ImpactQuery(VersionQuery):
    """Which version would be promoted; without it, the body says what would be published."""


class ChoiceOut(BaseModel):
    """What is chosen for a request."""

    tool_name: str
    version: str
    capability_name: str
    pattern_name: str
    score: float
    execution_mode: str


class ChangedOut(BaseModel):
    """A request that would be answered differently; null: nothing can be chosen."""

    request: dict[str, Any]
    times: int = Field(description="How often it was asked")
    before: ChoiceOut | None
    after: ChoiceOut | None
    sentence: str


class CaseChangeOut(BaseModel):
    """A case that would break, or hold again."""

    name: str
    expected: ExpectedOut
    must_hold: bool
    holds: bool = Field(description="Whether it would hold")
    first: str | None
    sentence: str


class ImpactOut(Answered):
    """What would be chosen differently."""

    revision: int
    tool_name: str
    replayed: int = Field(description="How many distinct requests were asked again: the most asked of the decision log")
    asked: int = Field(description="How often they were asked")
    changed_times: int = Field(description="How often those were asked that would be answered differently")
    changed: list[ChangedOut]
    cases_checked: int
    cases: list[CaseChangeOut] = Field(description="The saved cases that would break or hold again")
    blocks: bool = Field(description="Whether a case that must hold would break: publishing then takes `waive`")
