"""Reading accounts, teams, tokens and sessions, for whoever manages them. Nothing secret is in what is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import ApiToken, SignIn, Team, TeamMember, User
from app.accounts.tokens import digest
from app.catalog.models import SHARED, Tool
from app.extensions import db


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account."""

    name: str
    kind: str
    role: str
    teams: list[str]
    tools: int
    tokens: int
    has_password: bool
    has_second_factor: bool
    is_disabled: bool
    created_at: datetime
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One team: who belongs to it, and how many tools it owns."""

    name: str
    members: list[str]
    tools: int


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One API token; of its text, the beginning."""

    id: int
    name: str
    user: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None

    @property
    def is_good(self) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One place where somebody is signed in."""

    created_at: datetime
    seen_at: datetime
    address: str | None
    browser: str
    is_this: bool


def all_accounts() -> list[AccountLine]:
    """Every account, by name."""
    teams, tools, tokens = _teams_of_users(), _tools_by_owner(), _good_tokens()
    users = db.session.scalars(select(User).order_by(func.lower(User.name)).execution_options(populate_existing=True))
    return [
        AccountLine(
            name=user.name,
            kind=user.kind,
            role=user.role,
            teams=teams.get(user.id, []),
            tools=tools.get(user.name.lower(), 0),
            tokens=tokens.get(user.id, 0),
            has_password=user.password_hash is not None,
            has_second_factor=user.totp_secret is not None,
            is_disabled=user.disabled_at is not None,
            created_at=user.created_at,
            last_sign_in_at=user.last_sign_in_at,
        )
        for user in users
    ]


def all_teams() -> list[TeamLine]:
    """Every team, by name."""
    tools = _tools_by_owner()
    members: dict[int, list[str]] = {}
    belonging = select(TeamMember.team_id, User.name).join(User, User.id == TeamMember.user_id)
    for team_id, name in db.session.execute(belonging.order_by(func.lower(User.name))):
        members.setdefault(team_id, []).append(name)
    teams = db.session.scalars(select(Team).order_by(func.lower(Team.name)))
    return [TeamLine(team.name, members.get(team.id, []), tools.get(team.name.lower(), 0)) for team in teams]


def tokens(user_name: str | None = None) -> list[TokenLine]:
    """The tokens of one account or of all, those that are good first, then the newest."""
    columns = (
        *(ApiToken.id, ApiToken.name, User.name.label("user"), ApiToken.prefix, ApiToken.scopes, ApiToken.created_at),
        *(ApiToken.created_by, ApiToken.expires_at, ApiToken.revoked_at, ApiToken.last_used_at),
        func.host(ApiToken.last_used_from).label("last_used_from"),
    )
    query = select(*columns).join(User, User.id == ApiToken.user_id).order_by(ApiToken.id.desc())
    if user_name is not None:
        query = query.where(func.lower(User.name) == user_name.lower())
    lines = [TokenLine(**row) for row in db.session.execute(query).mappings()]
    return sorted(lines, key=lambda line: not line.is_good)


def sessions(user: User, key: str | None) -> list[SessionLine]:
    """Where somebody is signed in, this place first."""
    mine = None if key is None else digest(key)
    columns = SignIn.hash, SignIn.created_at, SignIn.seen_at, func.host(SignIn.address).label("address"), SignIn.browser
    rows = db.session.execute(select(*columns).where(SignIn.user_id == user.id).order_by(SignIn.seen_at.desc()))
    lines = [SessionLine(row.created_at, row.seen_at, row.address, row.browser, row.hash == mine) for row in rows]
    return sorted(lines, key=lambda line: not line.is_this)


def is_anybody() -> bool:
    """Whether there is any account."""
    return db.session.scalar(select(User.id).limit(1)) is not None


def _teams_of_users() -> dict[int, list[str]]:
    teams: dict[int, list[str]] = {}
    belonging = select(TeamMember.user_id, Team.name).join(Team, Team.id == TeamMember.team_id)
    for user_id, name in db.session.execute(belonging.order_by(func.lower(Team.name))):
        teams.setdefault(user_id, []).append(name)
    return teams


def _tools_by_owner() -> dict[str, int]:
    owned = select(func.lower(Tool.owner), func.count()).where(
        Tool.organisation == SHARED, Tool.is_latest, Tool.deleted_at.is_(None), Tool.owner.is_not(None)
    )
    return _counts(db.session.execute(owned.group_by(func.lower(Tool.owner))).all())


def _good_tokens() -> dict[int, int]:
    good = ApiToken.revoked_at.is_(None), (ApiToken.expires_at.is_(None) | (ApiToken.expires_at > func.now()))
    counted = select(ApiToken.user_id, func.count()).where(*good).group_by(ApiToken.user_id)
    return _counts(db.session.execute(counted).all())


def _counts(rows: Sequence[Any]) -> dict[Any, int]:
    return dict(map(tuple, rows))
