"""The catalog: organisations, tools with their capabilities and patterns, the audit log, and room for what comes later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "tool_catalog"
TABLES = (
    "catalog_state",
    "idempotency_keys",
    "organisations",
    "tool_audit_log",
    "tools",
    "tool_ab_tests",
    "tool_capabilities",
    "tool_patterns",
    "tool_telemetry",
)


def upgrade() -> None:
    op.create_table(
        "catalog_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_catalog_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_state")),
        schema=SCHEMA,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("organisation", sa.String(length=100), server_default="shared", nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "key", name=op.f("pk_idempotency_keys")),
        schema=SCHEMA,
    )
    op.create_table(
        "organisations",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_organisations")),
        schema=SCHEMA,
    )
    op.create_table(
        "tool_audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tool_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation", sa.String(length=100), server_default="shared", nullable=False),
        sa.Column("tool_name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ip_address", postgresql.INET(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_audit_log")),
        schema=SCHEMA,
    )
    op.create_index("ix_tool_audit_log_changed_at", "tool_audit_log", ["changed_at"], unique=False, schema=SCHEMA)
    op.create_index("ix_tool_audit_log_tool_id", "tool_audit_log", ["tool_id"], unique=False, schema=SCHEMA)
    op.create_index("uq_tool_audit_log_revision", "tool_audit_log", ["revision"], unique=True, schema=SCHEMA)
    op.create_table(
        "tools",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation", sa.String(length=100), server_default="shared", nullable=False),
        sa.Column("tool_name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("platform", sa.String(length=50), nullable=True),
        sa.Column("category", sa.String(length=50), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("execution_location", sa.String(length=100), nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("defaults", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("dependencies", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("document", postgresql.JSON(), nullable=False),
        sa.Column("form", sa.String(length=20), server_default="map", nullable=False),
        sa.Column("bundle", postgresql.JSON(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("parent_version_id", sa.BigInteger(), nullable=True),
        sa.Column("is_latest", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search_text", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('english'::regconfig, coalesce(search_text ->> 'A', '')), 'A') || setweight(to_tsvector('simple'::regconfig, coalesce(search_text ->> 'A', '')), 'A') || setweight(to_tsvector('english'::regconfig, coalesce(search_text ->> 'B', '')), 'B') || setweight(to_tsvector('simple'::regconfig, coalesce(search_text ->> 'B', '')), 'B') || setweight(to_tsvector('english'::regconfig, coalesce(search_text ->> 'C', '')), 'C') || setweight(to_tsvector('simple'::regconfig, coalesce(search_text ->> 'C', '')), 'C') || setweight(to_tsvector('english'::regconfig, coalesce(search_text ->> 'D', '')), 'D') || setweight(to_tsvector('simple'::regconfig, coalesce(search_text ->> 'D', '')), 'D')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "category IN ('system', 'network', 'automation', 'monitoring', 'security', 'database', 'cloud', 'container', 'storage', 'filesystem', 'text-processing', 'logging', 'process-management', 'asset', 'communication')",
            name=op.f("ck_tools_category_known"),
        ),
        sa.CheckConstraint(
            "platform IN ('linux', 'windows', 'network', 'scheduler', 'custom', 'multi-platform', 'database', 'cloud', 'container', 'kubernetes', 'monitoring')",
            name=op.f("ck_tools_platform_known"),
        ),
        sa.CheckConstraint(
            "status = 'draft' OR (platform IS NOT NULL AND category IS NOT NULL)", name=op.f("ck_tools_complete")
        ),
        sa.CheckConstraint(
            "status IN ('active', 'deprecated', 'disabled', 'testing', 'draft')", name=op.f("ck_tools_status_known")
        ),
        sa.CheckConstraint("tool_name ~ '^[A-Za-z0-9._-]{1,100}$'", name=op.f("ck_tools_name_usable")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["tool_catalog.organisations.name"], name=op.f("fk_tools_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["parent_version_id"],
            ["tool_catalog.tools.id"],
            name=op.f("fk_tools_parent_version_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tools")),
        schema=SCHEMA,
    )
    op.create_index("ix_tools_metadata", "tools", ["metadata"], unique=False, schema=SCHEMA, postgresql_using="gin")
    op.create_index("ix_tools_parent_version_id", "tools", ["parent_version_id"], unique=False, schema=SCHEMA)
    op.create_index("ix_tools_revision", "tools", ["revision"], unique=False, schema=SCHEMA)
    op.create_index(
        "ix_tools_search",
        "tools",
        ["search"],
        unique=False,
        schema=SCHEMA,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "uq_tools_latest",
        "tools",
        ["organisation", sa.literal_column("lower(tool_name)")],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("is_latest AND deleted_at IS NULL"),
    )
    op.create_index(
        "uq_tools_version",
        "tools",
        ["organisation", sa.literal_column("lower(tool_name)"), "version"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "tool_ab_tests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("test_name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("tool_a_id", sa.BigInteger(), nullable=False),
        sa.Column("tool_b_id", sa.BigInteger(), nullable=False),
        sa.Column("traffic_split", sa.Numeric(precision=4, scale=3), server_default="0.5", nullable=False),
        sa.Column("target_environment", sa.String(length=50), nullable=True),
        sa.Column("target_users", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("winner_tool_id", sa.BigInteger(), nullable=True),
        sa.Column("results", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'active', 'completed', 'cancelled')", name=op.f("ck_tool_ab_tests_status_known")
        ),
        sa.CheckConstraint("tool_a_id <> tool_b_id", name=op.f("ck_tool_ab_tests_two_tools")),
        sa.CheckConstraint("traffic_split BETWEEN 0 AND 1", name=op.f("ck_tool_ab_tests_split_range")),
        sa.ForeignKeyConstraint(["tool_a_id"], ["tool_catalog.tools.id"], name=op.f("fk_tool_ab_tests_tool_a_id")),
        sa.ForeignKeyConstraint(["tool_b_id"], ["tool_catalog.tools.id"], name=op.f("fk_tool_ab_tests_tool_b_id")),
        sa.ForeignKeyConstraint(
            ["winner_tool_id"], ["tool_catalog.tools.id"], name=op.f("fk_tool_ab_tests_winner_tool_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_ab_tests")),
        sa.UniqueConstraint("test_name", name=op.f("uq_tool_ab_tests_test_name")),
        schema=SCHEMA,
    )
    op.create_index(op.f("ix_tool_ab_tests_tool_a_id"), "tool_ab_tests", ["tool_a_id"], unique=False, schema=SCHEMA)
    op.create_index(op.f("ix_tool_ab_tests_tool_b_id"), "tool_ab_tests", ["tool_b_id"], unique=False, schema=SCHEMA)
    op.create_index(
        op.f("ix_tool_ab_tests_winner_tool_id"), "tool_ab_tests", ["winner_tool_id"], unique=False, schema=SCHEMA
    )
    op.create_table(
        "tool_capabilities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tool_id", sa.BigInteger(), nullable=False),
        sa.Column("capability_name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tool_id"], ["tool_catalog.tools.id"], name=op.f("fk_tool_capabilities_tool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_capabilities")),
        sa.UniqueConstraint("tool_id", "capability_name", name=op.f("uq_tool_capabilities_tool_id_capability_name")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_tool_capabilities_capability_name"),
        "tool_capabilities",
        ["capability_name"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "tool_patterns",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("capability_id", sa.BigInteger(), nullable=False),
        sa.Column("pattern_name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("typical_use_cases", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("time_estimate_ms", sa.String(length=500), nullable=True),
        sa.Column("cost_estimate", sa.String(length=500), nullable=True),
        sa.Column("complexity_score", sa.Double(), nullable=True),
        sa.Column("scope", sa.String(length=100), nullable=True),
        sa.Column("completeness", sa.String(length=100), nullable=True),
        sa.Column("limitations", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("policy", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("preference_match", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("required_inputs", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("optional_inputs", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("expected_outputs", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("examples", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("extra", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("complexity_score BETWEEN 0 AND 1", name=op.f("ck_tool_patterns_complexity_range")),
        sa.ForeignKeyConstraint(
            ["capability_id"],
            ["tool_catalog.tool_capabilities.id"],
            name=op.f("fk_tool_patterns_capability_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_patterns")),
        sa.UniqueConstraint("capability_id", "pattern_name", name=op.f("uq_tool_patterns_capability_id_pattern_name")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_tool_patterns_typical_use_cases",
        "tool_patterns",
        ["typical_use_cases"],
        unique=False,
        schema=SCHEMA,
        postgresql_using="gin",
    )
    op.create_table(
        "tool_telemetry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tool_id", sa.BigInteger(), nullable=False),
        sa.Column("capability_id", sa.BigInteger(), nullable=True),
        sa.Column("pattern_id", sa.BigInteger(), nullable=True),
        sa.Column("execution_id", sa.String(length=100), nullable=True),
        sa.Column("user_id", sa.String(length=200), nullable=True),
        sa.Column("environment", sa.String(length=50), nullable=True),
        sa.Column("actual_time_ms", sa.Double(), nullable=True),
        sa.Column("actual_cost", sa.Double(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("context_variables", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("executed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["tool_catalog.tool_capabilities.id"], name=op.f("fk_tool_telemetry_capability_id")
        ),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["tool_catalog.tool_patterns.id"], name=op.f("fk_tool_telemetry_pattern_id")
        ),
        sa.ForeignKeyConstraint(["tool_id"], ["tool_catalog.tools.id"], name=op.f("fk_tool_telemetry_tool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_telemetry")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_tool_telemetry_capability_id"), "tool_telemetry", ["capability_id"], unique=False, schema=SCHEMA
    )
    op.create_index(op.f("ix_tool_telemetry_pattern_id"), "tool_telemetry", ["pattern_id"], unique=False, schema=SCHEMA)
    op.create_index(
        "ix_tool_telemetry_tool_id_executed_at",
        "tool_telemetry",
        ["tool_id", "executed_at"],
        unique=False,
        schema=SCHEMA,
    )
    op.execute("INSERT INTO tool_catalog.organisations (name) VALUES ('shared')")
    op.execute("INSERT INTO tool_catalog.catalog_state (id, revision) VALUES (1, 0)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema=SCHEMA)
