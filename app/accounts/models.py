"""The tables of accounts. Nothing in them opens anything by itself: secrets are there as hashes, or encrypted."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import Role
from app.catalog.models import big_identity, created, one_of
from app.extensions import SCHEMA, Base

PERSON, SERVICE = "person", "service"


def moment() -> Mapped[datetime | None]:
    return mapped_column(DateTime(timezone=True))


class User(Base):
    """An account: a person, who signs in, or a service, which has tokens only."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("role", tuple(Role)),
        one_of("kind", (PERSON, SERVICE)),
        Index("uq_users_name", text("lower(name)"), unique=True),
        Index("uq_users_oidc", "oidc_issuer", "oidc_subject", unique=True),
    )

    id: Mapped[int] = big_identity()
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    # Encrypted: whoever reads it could make codes.
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    # The time step of the last code used: none is good twice.
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    oidc_issuer: Mapped[str | None] = mapped_column(String(500))
    oidc_subject: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = created()
    created_by: Mapped[str] = mapped_column(String(200))
    last_sign_in_at: Mapped[datetime | None] = moment()
    disabled_at: Mapped[datetime | None] = moment()


class Team(Base):
    """People and services who own tools together."""

    __tablename__ = "teams"
    __table_args__ = (Index("uq_teams_name", text("lower(name)"), unique=True),)

    id: Mapped[int] = big_identity()
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = created()
    created_by: Mapped[str] = mapped_column(String(200))


class TeamMember(Base):
    """Who belongs to a team."""

    __tablename__ = "team_members"

    team_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.teams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ApiToken(Base):
    """A program's key. Revoked and expired ones stay, so that what they did can be told."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = big_identity()
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    # The first characters, by which people tell tokens apart.
    prefix: Mapped[str] = mapped_column(String(20))
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = created()
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime | None] = moment()
    revoked_at: Mapped[datetime | None] = moment()
    last_used_at: Mapped[datetime | None] = moment()
    last_used_from: Mapped[str | None] = mapped_column(INET)


class SignIn(Base):
    """A session of somebody who signed in at a browser. Signing out removes it."""

    __tablename__ = "sign_ins"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = created()
    seen_at: Mapped[datetime] = created()
    address: Mapped[str | None] = mapped_column(INET)
    browser: Mapped[str] = mapped_column(String(300), server_default="")


class SignInLink(Base):
    """A link that signs in once. The account it names is made when the link is used, if there is none yet."""

    __tablename__ = "sign_in_links"
    __table_args__ = (one_of("role", tuple(Role)),)

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = created()
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = moment()


class RecoveryCode(Base):
    """Stands in for the second factor, once."""

    __tablename__ = "recovery_codes"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), index=True)


class AccountsState(Base):
    """One row: a number that grows with every change to who may do what. Every process looks at it."""

    __tablename__ = "accounts_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
