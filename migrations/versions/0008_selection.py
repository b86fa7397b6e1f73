"""What was asked of selection lately, and the cases that people saved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = "tool_catalog"


# The rights of the role that serves come with the default privileges of migration 0003.
def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "selections",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation", sa.String(100), server_default="shared", nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("tool_name", sa.String(100)),
        sa.Column("version", sa.String(20)),
        sa.Column("capability_name", sa.Text()),
        sa.Column("pattern_name", sa.Text()),
        sa.Column("score", sa.Float()),
        sa.Column("ambiguous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("last_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_selections"),
        sa.UniqueConstraint("organisation", "request_hash", name="uq_selections_organisation_request_hash"),
        sa.ForeignKeyConstraint(
            ["organisation"], [f"{SCHEMA}.organisations.name"], name="fk_selections_organisation_organisations"
        ),
        schema=SCHEMA,
    )
    op.create_index("ix_selections_last_at", "selections", ["last_at"], schema=SCHEMA)
    op.create_table(
        "selection_cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation", sa.String(100), server_default="shared", nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("tool_name", sa.String(100), nullable=False),
        sa.Column("pattern_name", sa.Text(), nullable=False),
        sa.Column("must_hold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_by", sa.String(200), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_selection_cases"),
        sa.ForeignKeyConstraint(
            ["organisation"], [f"{SCHEMA}.organisations.name"], name="fk_selection_cases_organisation_organisations"
        ),
        schema=SCHEMA,
    )
    op.create_index(
        "uq_selection_cases_name",
        "selection_cases",
        ["organisation", sa.text("lower(name)")],
        unique=True,
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("selection_cases", schema=SCHEMA)
    op.drop_table("selections", schema=SCHEMA)
