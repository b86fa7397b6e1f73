"""The tables of reloads: what happened, what was asked for, and which processes serve."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import big_identity, created
from app.extensions import Base


class ReloadEventRow(Base):
    """The record of one reload in one process."""

    __tablename__ = "reload_events"
    __table_args__ = (Index("ix_reload_events_process_id", "process_id"),)

    id: Mapped[int] = big_identity()
    process_id: Mapped[str] = mapped_column(String(32))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    process_started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    trigger: Mapped[str] = mapped_column(String(20))
    triggered_by: Mapped[str] = mapped_column(String(200))
    tool_name: Mapped[str | None] = mapped_column(String(100))
    tool_names: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    tool_count: Mapped[int] = mapped_column(Integer)
    from_revision: Mapped[int | None] = mapped_column(BigInteger)
    to_revision: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    duration_ms: Mapped[float]
    success: Mapped[bool]
    error: Mapped[str | None] = mapped_column(Text)
    handler_errors: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    request_id: Mapped[int | None] = mapped_column(BigInteger)


class ReloadRequestRow(Base):
    """Somebody asked every serving process to reload. Inserted one after the other, so that no number comes late."""

    __tablename__ = "reload_requests"

    id: Mapped[int] = big_identity()
    tool_name: Mapped[str | None] = mapped_column(String(100))
    trigger: Mapped[str] = mapped_column(String(20))
    triggered_by: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime] = created()


class ServingProcessRow(Base):
    """A process that serves, and the revision it was last known to serve."""

    __tablename__ = "serving_processes"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)
    content_hash: Mapped[str] = mapped_column(String(64))
    is_listening: Mapped[bool]
    seen_at: Mapped[datetime] = created()
