"""The shapes of the JSON face of accounts. OpenAPI is made from them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.changes import LONGEST_TOKEN_DAYS
from app.answers import Parameters

RoleWord = Literal["viewer", "author", "admin"]
ScopeWord = Literal["read", "write", "admin"]


class Body(Parameters):
    """A body whose unknown keys are refused."""


class UserBody(Body):
    """A new account."""

    name: str = Field(max_length=100)
    role: RoleWord
    kind: Literal["person", "service"] = "person"


class UserChange(Body):
    """What of an account changes."""

    role: RoleWord | None = None
    is_disabled: bool | None = None


class TeamBody(Body):
    """A new team."""

    name: str = Field(max_length=100)


class TokenBody(Body):
    """A new token, of an account that exists."""

    name: str = Field(max_length=100, description="what it is for")
    user: str = Field(max_length=100, description="whose it is")
    scopes: list[ScopeWord]
    days: int | None = Field(None, ge=1, le=LONGEST_TOKEN_DAYS, description="how long it is good; none: for ever")


class Out(BaseModel):
    """An answer made from a value of ours."""

    model_config = ConfigDict(from_attributes=True, extra="allow")


class MeOut(Out):
    """Who asks, and what they may do."""

    name: str
    role: RoleWord
    scopes: list[ScopeWord]
    teams: list[str]


class AccountOut(Out):
    """One account."""

    name: str
    kind: Literal["person", "service"]
    role: RoleWord
    teams: list[str]
    tools: int = Field(description="how many it owns itself")
    tokens: int = Field(description="how many are good")
    has_password: bool
    has_second_factor: bool
    is_disabled: bool
    created_at: datetime
    last_sign_in_at: datetime | None


class AccountList(Out):
    """Every account, by name."""

    accounts: list[AccountOut]
    total: int


class TeamOut(Out):
    """One team."""

    name: str
    members: list[str]
    tools: int


class TeamList(Out):
    """Every team, by name."""

    teams: list[TeamOut]
    total: int


class TokenOut(Out):
    """One token; `token`, its whole text, is there only in the answer to making it."""

    id: int
    name: str
    user: str
    prefix: str
    scopes: list[ScopeWord]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None
    token: str | None = None


class TokenList(Out):
    """Tokens, those that are good first."""

    tokens: list[TokenOut]
    total: int


class LinkOut(Out):
    """A link that signs in once."""

    url: str
    user: str
    minutes: int
