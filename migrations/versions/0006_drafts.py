"""Drafts: what is written before it is published, with every step."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "tool_catalog"


# The rights of the role that serves come with the default privileges of migration 0003.
def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "drafts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("tool_name", sa.String(100)),
        sa.Column("base_version", sa.String(20)),
        sa.Column("base_tag", sa.String(80)),
        sa.Column("base", postgresql.JSON()),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("seen_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("discarded_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        schema=SCHEMA,
    )
    op.create_index("ix_drafts_author", "drafts", ["author"], schema=SCHEMA)
    op.create_index("ix_drafts_tool", "drafts", [sa.text("lower(tool_name)")], schema=SCHEMA)
    op.create_table(
        "draft_steps",
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("document", postgresql.JSON(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("ids", postgresql.JSON(), nullable=False),
        sa.Column("unread", postgresql.JSON(), nullable=False),
        sa.Column("what", sa.String(300), nullable=False),
        sa.Column("before", sa.BigInteger()),
        sa.Column("after", sa.BigInteger()),
        sa.Column("made_at", moment, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "number", name="pk_draft_steps"),
        sa.ForeignKeyConstraint(
            ["draft_id"], [f"{SCHEMA}.drafts.id"], name="fk_draft_steps_draft_id_drafts", ondelete="CASCADE"
        ),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.drop_table("draft_steps", schema=SCHEMA)
    op.drop_table("drafts", schema=SCHEMA)
