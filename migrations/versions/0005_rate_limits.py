"""What is counted for rate limits and throttled attempts. Unlogged: counting waits for no disk, a crash empties it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = "tool_catalog"


# The rights of the role that serves come with the default privileges of migration 0003.
def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_limits"),
        schema=SCHEMA,
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_rate_limits_ends_at", "rate_limits", ["ends_at"], schema=SCHEMA)


def downgrade() -> None:
    op.drop_table("rate_limits", schema=SCHEMA)
