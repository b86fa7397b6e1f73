"""The shapes of the reloads' JSON: query parameters and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from app.answers import Answered, Parameters
from app.catalog.schemas import ToolOut, enum, known
from app.reload.events import Trigger
from app.reload.feed import LONGEST_WAIT_S, MOST_CHANGES

TRIGGERS = tuple(trigger.value for trigger in Trigger)
TriggerWord = Annotated[str, AfterValidator(known(TRIGGERS)), enum(TRIGGERS)]

Since = Annotated[int, Field(ge=0, le=2**63 - 1, description="the last revision known; 0: from the beginning")]


class ChangesQuery(Parameters):
    """Which changes, and how long to wait for one."""

    since: Since = 0
    wait: float = Field(0, ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False, description="seconds; 0 answers at once")
    limit: int = Field(MOST_CHANGES, ge=1, le=MOST_CHANGES)
    tools: bool = Field(False, description="with the whole of every tool that changed, as it is now")


class StreamQuery(Parameters):
    """Where a stream begins, unless `Last-Event-ID` says."""

    since: Since | None = None


class StreamHeaders(BaseModel):
    """How a browser resumes a stream."""

    last_event_id: str | None = Field(None, alias="Last-Event-ID")


class ChangeOut(BaseModel):
    """One committed change."""

    revision: int
    action: str
    tool_name: str
    version: str
    changed_at: datetime
    changed_by: str
    reason: str | None
    source: str


class ChangesOut(Answered):
    """Changes, oldest first; go on from `revision`."""

    revision: int = Field(description="the last one told")
    latest: int = Field(description="the one this process serves")
    changes: list[ChangeOut]
    tools: dict[str, ToolOut | None] | None = Field(None, description="by name; null: it no longer exists")


class SnapshotOut(Answered):
    """The latest version of every tool, whole."""

    revision: int
    content_hash: str
    total: int
    tools: list[ToolOut]


class ReloadQuery(Parameters):
    """What to reload, and where."""

    tool_name: str | None = Field(None, max_length=100, description="none: the whole catalog")
    processes: Literal["all", "this"] = Field("all", description="every serving process, or the one that answers")
    triggered_by: str | None = Field(None, max_length=200, description="a name for the record")


class WebhookBody(Parameters):
    """What a webhook asks for."""

    tool_name: str | None = Field(None, max_length=100)


class WebhookHeaders(BaseModel):
    """The signature, as standardwebhooks.com has it."""

    webhook_id: str | None = Field(None, alias="Webhook-Id")
    webhook_timestamp: str | None = Field(None, alias="Webhook-Timestamp")
    webhook_signature: str | None = Field(None, alias="Webhook-Signature")


class HistoryParameters(Parameters):
    """Which reload events."""

    limit: int = Field(50, ge=1, le=1_000)
    trigger_type: TriggerWord | None = None
    tool_name: str | None = Field(None, max_length=100)
    process: str | None = Field(None, max_length=32, description="the id of one; none: all")
    success: bool | None = None


class StatisticsParameters(Parameters):
    """Whose statistics."""

    process: str | None = Field(None, max_length=32, description="the id of one; none: all")


class ProcessOut(Answered):
    """A process."""

    id: str
    host: str
    pid: int
    started_at: datetime


class ReloadEventOut(Answered):
    """The record of one reload."""

    trigger: str
    tool_name: str | None
    timestamp: datetime
    success: bool
    duration_ms: float
    error: str | None
    triggered_by: str
    tool_names: list[str] | None
    tool_count: int
    from_revision: int | None
    to_revision: int | None
    handler_errors: dict[str, str]
    request: int | None
    process: ProcessOut


class HistoryOut(Answered):
    """Reload events, newest first."""

    history: list[ReloadEventOut]
    total: int


class StatisticsOut(Answered):
    """What the kept reload events amount to."""

    total_reloads: int
    successful_reloads: int
    failed_reloads: int
    success_rate: float = Field(description="0 to 100")
    average_duration_ms: float | None
    p50_duration_ms: float | None
    p95_duration_ms: float | None
    by_trigger: dict[str, int]
    last_reload: ReloadEventOut | None
    revision: int
    live_processes: int
    processes: list[dict[str, Any]]
    configuration: dict[str, Any]
