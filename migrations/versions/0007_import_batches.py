"""Files brought to import: kept for whoever brought them from the dry run until the import, then its report."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCHEMA = "tool_catalog"


# The rights of the role that serves come with the default privileges of migration 0003.
def upgrade() -> None:
    op.create_table(
        "import_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("report", postgresql.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_import_batches"),
        schema=SCHEMA,
    )
    op.create_index("ix_import_batches_account", "import_batches", ["account"], schema=SCHEMA)
    op.create_index("ix_import_batches_expires_at", "import_batches", ["expires_at"], schema=SCHEMA)
    op.create_table(
        "import_files",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            [f"{SCHEMA}.import_batches.id"],
            name="fk_import_files_batch_id_import_batches",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name="pk_import_files"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    for table in ("import_files", "import_batches"):
        op.drop_table(table, schema=SCHEMA)
