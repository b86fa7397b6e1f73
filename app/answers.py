"""The shapes that every JSON face shares: parameters, problems, findings, health, and the entity tag of an answer."""

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

API_DOCS = "/api/docs"
"""The one page among the addresses of programs."""


def speaks_json(path: str) -> bool:
    """Whether an address is for programs: it answers JSON, also when it refuses, and takes tokens."""
    return path.startswith(("/api/", "/health/")) and path != API_DOCS


class Parameters(BaseModel):
    """Query parameters or options: unknown ones are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParameters(Parameters):
    """A request that takes none."""


class Answered(BaseModel):
    """An answer: further keys may come with later versions of the product."""

    model_config = ConfigDict(extra="allow")


class FindingOut(BaseModel):
    """One remark of validation."""

    severity: Literal["error", "warning", "hint"]
    code: str
    path: str = Field(description="JSON Pointer (RFC 6901) into the document")
    line: int | None
    column: int | None
    message: str
    suggestion: str | None


class Problem(Answered):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str | None
    findings: list[FindingOut] = Field(default=[], description="for definitions")


class Health(BaseModel):
    """Whether the process lives, and what it needs answers."""

    status: Literal["ok", "unavailable"]
    database: str | None = None
    migrations: str | None = None
    revision: int | None = None


def etag_of(body: bytes) -> str:
    """A strong entity tag for these bytes, without its quotes."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def read_headers(etag: str) -> dict[str, str]:
    """What every read tells: the entity tag of its bytes, and that they are to be asked for again before use."""
    return {"ETag": f'"{etag}"', "Cache-Control": "no-cache"}
