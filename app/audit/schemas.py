"""The shapes of the audit log's JSON."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from app.answers import Answered, Parameters

LARGEST_NUMBER = 2**63 - 1
"""The database counts no further."""


class Filters(Parameters):
    """Which entries."""

    who: str | None = Field(None, max_length=200)
    action: str | None = Field(None, max_length=50)
    tool: str | None = Field(None, max_length=100)
    source: Literal["page", "api", "command"] | None = None
    since: AwareDatetime | None = Field(None, description="with its time zone; entries of that moment or later")
    until: AwareDatetime | None = Field(None, description="with its time zone; entries before that moment")


class EntriesQuery(Filters):
    """Which entries, in which form."""

    before: int | None = Field(
        None, ge=1, le=LARGEST_NUMBER, description="only entries older than the one of this number"
    )
    limit: int = Field(50, ge=1, le=1_000)
    format: Literal["json", "jsonl", "csv"] = Field("json", description="jsonl and csv give all of them, not a page")


class ChangeOut(Answered):
    """One field, before and after."""

    path: str
    kind: str
    before: Any
    after: Any
    text: str


class EntryOut(BaseModel):
    """One entry of the log."""

    number: int
    revision: int | None
    changed_at: datetime
    changed_by: str
    action: str
    tool_name: str | None
    version: str | None
    subject: str | None
    changes: list[ChangeOut]
    reason: str | None
    source: str
    ip_address: str | None
    request_id: str | None
    hash: str


class EntriesOut(Answered):
    """A page of entries, newest first."""

    entries: list[EntryOut]
    total: int
    next: str | None = Field(description="the address of the page of older ones")
