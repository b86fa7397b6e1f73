"""The tables of selection: what was asked lately, and the cases that people saved."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, String, Text, UniqueConstraint, false, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import SHARED, big_identity, created
from app.extensions import SCHEMA, Base


def belonging() -> Mapped[str]:
    """The column that says whose a row is."""
    return mapped_column(ForeignKey(f"{SCHEMA}.organisations.name"), server_default=SHARED)


class KeptSelection(Base):
    """A distinct request, without what may be a secret: how often it was asked, and what was answered last."""

    __tablename__ = "selections"
    __table_args__ = (
        UniqueConstraint("organisation", "request_hash"),
        Index("ix_selections_last_at", "last_at"),
    )

    id: Mapped[int] = big_identity()
    organisation: Mapped[str] = belonging()
    request_hash: Mapped[str] = mapped_column(String(64))
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # The first choice; nothing where nothing could be used.
    tool_name: Mapped[str | None] = mapped_column(String(100))
    version: Mapped[str | None] = mapped_column(String(20))
    capability_name: Mapped[str | None] = mapped_column(Text)
    pattern_name: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float | None]
    ambiguous: Mapped[bool] = mapped_column(server_default=false())
    revision: Mapped[int] = mapped_column(BigInteger)
    times: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime] = created()
    last_at: Mapped[datetime] = created()


class SelectionCase(Base):
    """A request with the choice that is expected of it. One that must hold stands against publishing what breaks it."""

    __tablename__ = "selection_cases"
    __table_args__ = (Index("uq_selection_cases_name", "organisation", text("lower(name)"), unique=True),)

    id: Mapped[int] = big_identity()
    organisation: Mapped[str] = belonging()
    name: Mapped[str] = mapped_column(String(100))
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    tool_name: Mapped[str] = mapped_column(String(100))
    pattern_name: Mapped[str] = mapped_column(Text)
    must_hold: Mapped[bool] = mapped_column(server_default=false())
    note: Mapped[str] = mapped_column(Text, server_default="")
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = created()
    updated_by: Mapped[str] = mapped_column(String(200))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    @property
    def expected(self) -> str:
        """What is to be chosen: `tool.pattern`."""
        return f"{self.tool_name}.{self.pattern_name}"
