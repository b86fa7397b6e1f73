"""The tables of the catalog.

A tool's `document` is the definition exactly as its author wrote it, and never changes. The other columns and the
capability and pattern rows are read out of it when the version is written, for those who ask in SQL.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import INET, JSON, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.definitions.vocabulary import CATEGORIES, PLATFORMS, STATUSES
from app.extensions import SCHEMA, Base

SHARED = "shared"
"""The one organisation there is until tenancy comes."""

AUDIT_LOCK = 0x61756469
"""The advisory lock under which entries are added to the audit log, one after the other."""

Json = dict[str, Any] | list[Any]


def one_of(column: str, words: Sequence[str]) -> CheckConstraint:
    """A CHECK that a column holds one word of the vocabulary (or nothing)."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def created() -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), server_default=func.now())


def big_identity() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(), primary_key=True)


class Organisation(Base):
    """Whom tools belong to."""

    __tablename__ = "organisations"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    created_at: Mapped[datetime] = created()


class CatalogState(Base):
    """One row: the revision of the last committed change. Writers queue on it, so revision order is commit order."""

    __tablename__ = "catalog_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = created()


# What full text search looks at, by weight: A names, B capabilities and tags, C use cases, D descriptions. Each is
# indexed twice: stemmed ("restarting" finds "restart"), and as written (so that a half-typed word finds its tool).
_SEARCH = " || ".join(
    f"setweight(to_tsvector('{language}'::regconfig, coalesce(search_text ->> '{weight}', '')), '{weight}')"
    for weight in "ABCD"
    for language in ("english", "simple")
)


class Tool(Base):
    """One version of a tool."""

    __tablename__ = "tools"
    __table_args__ = (
        one_of("platform", PLATFORMS),
        one_of("category", CATEGORIES),
        one_of("status", STATUSES),
        CheckConstraint("status = 'draft' OR (platform IS NOT NULL AND category IS NOT NULL)", name="complete"),
        CheckConstraint("tool_name ~ '^[A-Za-z0-9._-]{1,100}$'", name="name_usable"),
        # The catalog's promises of uniqueness. Deleted rows stay for the audit log's sake and stand in nobody's way.
        Index(
            "uq_tools_version",
            "organisation",
            text("lower(tool_name)"),
            "version",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "uq_tools_latest",
            "organisation",
            text("lower(tool_name)"),
            unique=True,
            postgresql_where=text("is_latest AND deleted_at IS NULL"),
        ),
        Index("ix_tools_revision", "revision"),
        Index("ix_tools_metadata", "metadata", postgresql_using="gin"),
        # No list of pending entries: a search after an import would read all of it (measured: 0.64 ms against 0.16).
        Index("ix_tools_search", "search", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index("ix_tools_parent_version_id", "parent_version_id"),
    )

    id: Mapped[int] = big_identity()
    organisation: Mapped[str] = mapped_column(ForeignKey(f"{SCHEMA}.organisations.name"), server_default=SHARED)
    tool_name: Mapped[str] = mapped_column(String(100))
    version: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(Text, server_default="")
    platform: Mapped[str | None] = mapped_column(String(50))
    category: Mapped[str | None] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    enabled: Mapped[bool] = mapped_column(server_default=true())
    execution_location: Mapped[str | None] = mapped_column(String(100))
    owner: Mapped[str | None] = mapped_column(String(100))
    defaults: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    dependencies: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    metadata_: Mapped[Json] = mapped_column("metadata", JSONB, server_default=text("'{}'::jsonb"))
    # JSON, not JSONB: it keeps the order of keys and the difference between 1 and 1.0.
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    form: Mapped[str] = mapped_column(String(20), server_default="map")
    bundle: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    content_hash: Mapped[str] = mapped_column(String(64))
    parent_version_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.tools.id", ondelete="SET NULL"))
    is_latest: Mapped[bool] = mapped_column(server_default=false())
    revision: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = created()
    created_by: Mapped[str] = mapped_column(String(200))
    updated_by: Mapped[str] = mapped_column(String(200))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    search_text: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'::jsonb"), deferred=True)
    search: Mapped[Any] = mapped_column(TSVECTOR, Computed(_SEARCH, persisted=True), deferred=True)

    capabilities: Mapped[list["ToolCapability"]] = relationship(
        cascade="all, delete-orphan", order_by="ToolCapability.position", passive_deletes=True
    )


class ToolCapability(Base):
    """What one version of a tool can do."""

    __tablename__ = "tool_capabilities"
    __table_args__ = (UniqueConstraint("tool_id", "capability_name"),)

    id: Mapped[int] = big_identity()
    tool_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.tools.id", ondelete="CASCADE"))
    capability_name: Mapped[str] = mapped_column(String(100), index=True)
    description: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[datetime] = created()

    patterns: Mapped[list["ToolPattern"]] = relationship(
        cascade="all, delete-orphan", order_by="ToolPattern.position", passive_deletes=True
    )


class ToolPattern(Base):
    """One way to use a capability. Times are expressions in milliseconds, costs in credits."""

    __tablename__ = "tool_patterns"
    __table_args__ = (
        UniqueConstraint("capability_id", "pattern_name"),
        CheckConstraint("complexity_score BETWEEN 0 AND 1", name="complexity_range"),
        Index("ix_tool_patterns_typical_use_cases", "typical_use_cases", postgresql_using="gin"),
    )

    id: Mapped[int] = big_identity()
    capability_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.tool_capabilities.id", ondelete="CASCADE"))
    pattern_name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    typical_use_cases: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    time_estimate_ms: Mapped[str | None] = mapped_column(String(500))
    cost_estimate: Mapped[str | None] = mapped_column(String(500))
    complexity_score: Mapped[float | None]
    scope: Mapped[str | None] = mapped_column(String(100))
    completeness: Mapped[str | None] = mapped_column(String(100))
    limitations: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    policy: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    preference_match: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    required_inputs: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    optional_inputs: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    expected_outputs: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    examples: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    extra: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = created()


class ToolTelemetry(Base):
    """What really happened when a pattern was used. Filled by a later feature."""

    __tablename__ = "tool_telemetry"
    __table_args__ = (Index("ix_tool_telemetry_tool_id_executed_at", "tool_id", "executed_at"),)

    id: Mapped[int] = big_identity()
    tool_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.tools.id"))
    capability_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.tool_capabilities.id"), index=True)
    pattern_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.tool_patterns.id"), index=True)
    execution_id: Mapped[str | None] = mapped_column(String(100))
    user_id: Mapped[str | None] = mapped_column(String(200))
    environment: Mapped[str | None] = mapped_column(String(50))
    actual_time_ms: Mapped[float | None]
    actual_cost: Mapped[float | None]
    success: Mapped[bool]
    error_message: Mapped[str | None] = mapped_column(Text)
    context_variables: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    executed_at: Mapped[datetime] = created()


class ToolAbTest(Base):
    """A comparison of two tools. Filled by a later feature."""

    __tablename__ = "tool_ab_tests"
    __table_args__ = (
        one_of("status", ("draft", "active", "completed", "cancelled")),
        CheckConstraint("tool_a_id <> tool_b_id", name="two_tools"),
        CheckConstraint("traffic_split BETWEEN 0 AND 1", name="split_range"),
    )

    id: Mapped[int] = big_identity()
    test_name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(Text, server_default="")
    tool_a_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.tools.id"), index=True)
    tool_b_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.tools.id"), index=True)
    traffic_split: Mapped[Decimal] = mapped_column(Numeric(4, 3), server_default="0.5")
    target_environment: Mapped[str | None] = mapped_column(String(50))
    target_users: Mapped[Json] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    winner_tool_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.tools.id"), index=True)
    results: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    completed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(String(200))


class AuditEntry(Base):
    """The record of one change. Append-only; with its revision it is the change feed as well.

    The database itself numbers the entries, chains them by their hashes, and refuses to change or remove one.
    """

    __tablename__ = "tool_audit_log"
    __table_args__ = (
        Index("ix_tool_audit_log_tool_id", "tool_id"),
        Index("ix_tool_audit_log_changed_at", "changed_at"),
        Index("uq_tool_audit_log_revision", "revision", unique=True),
        Index("uq_tool_audit_log_number", "number", unique=True),
        Index("ix_tool_audit_log_name", text("lower(tool_name)")),
    )

    id: Mapped[int] = big_identity()
    # No foreign key: `flask catalog purge` removes a tool for good, its history stays.
    tool_id: Mapped[int | None] = mapped_column(BigInteger)
    organisation: Mapped[str] = mapped_column(String(100), server_default=SHARED)
    tool_name: Mapped[str | None] = mapped_column(String(100))
    version: Mapped[str | None] = mapped_column(String(20))
    # What the entry is about, when that is no tool.
    subject: Mapped[str | None] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(50))
    # JSON, not JSONB: its text is hashed, and must stay as it was written.
    changes: Mapped[Json] = mapped_column(JSON, server_default=text("'[]'::json"))
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = created()
    reason: Mapped[str | None] = mapped_column(Text)
    ip_address: Mapped[str | None] = mapped_column(INET)
    source: Mapped[str] = mapped_column(String(20))
    request_id: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    previous_hash: Mapped[str] = mapped_column(String(64), server_default=FetchedValue())
    hash: Mapped[str] = mapped_column(String(64), server_default=FetchedValue())


class IdempotencyKey(Base):
    """The answer once given to a POST that carried an `Idempotency-Key`."""

    __tablename__ = "idempotency_keys"

    organisation: Mapped[str] = mapped_column(String(100), primary_key=True, server_default=SHARED)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(SmallInteger)
    headers: Mapped[Json | None] = mapped_column(JSONB)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = created()


class ImportBatch(Base):
    """Files that somebody brought to import, kept from the dry run until they are imported; then what came of them."""

    __tablename__ = "import_batches"

    id: Mapped[int] = big_identity()
    # Whose they are: nobody else sees them.
    account: Mapped[str] = mapped_column(String(100), index=True)
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    # When an import of it began, and how many definitions that has read so far, of how many.
    begun_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    files: Mapped[list["ImportFile"]] = relationship(
        cascade="all, delete-orphan", order_by="ImportFile.position", passive_deletes=True
    )


class ImportFile(Base):
    """One file of an import, as it was brought."""

    __tablename__ = "import_files"

    batch_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.import_batches.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
