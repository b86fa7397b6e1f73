"""The tables of drafts. A draft is its author's alone; each of its steps is the whole definition as it then was."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, String, Text, func
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import SCHEMA, Base


class Draft(Base):
    """A definition under way: of a new tool, or of the next version of one."""

    __tablename__ = "drafts"
    __table_args__ = (Index("ix_drafts_author", "author"), Index("ix_drafts_tool", func.lower("tool_name")))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    author: Mapped[str] = mapped_column(String(200))
    tool_name: Mapped[str | None] = mapped_column(String(100))
    """The tool it is to be a version of; None: of a new one."""
    base_version: Mapped[str | None] = mapped_column(String(20))
    base_tag: Mapped[str | None] = mapped_column(String(80))
    base: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """What it was made from: the latest version's number, entity tag and definition."""
    step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    """When its author last had it open."""
    discarded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DraftStep(Base):
    """A draft as it was after one act. Steps are only ever added: undoing is a step too."""

    __tablename__ = "draft_steps"

    draft_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.drafts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The definition in its canonical form; of a text that cannot be read, as it was before."""
    text: Mapped[str | None] = mapped_column(Text)
    """What was written as text, until the form writes again."""
    ids: Mapped[list[Any]] = mapped_column(JSON)
    """The ids of its capabilities and patterns, in their order: `[[id, [id, …]], …]`."""
    unread: Mapped[dict[str, str]] = mapped_column(JSON)
    """What was typed into fields and could not be taken over, by node and field."""
    what: Mapped[str] = mapped_column(String(300))
    """What was done, in words; typing on in one field is one act."""
    before: Mapped[int | None] = mapped_column(BigInteger)
    """The step that undoing leads to."""
    after: Mapped[int | None] = mapped_column(BigInteger)
    """The step that redoing leads to."""
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
