"""Accounts: people, services, teams, tokens, and who is signed in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = "tool_catalog"
NOW = sa.text("now()")


def moment(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def of_user() -> sa.Column:
    return sa.Column(
        "user_id", sa.BigInteger(), sa.ForeignKey(f"{SCHEMA}.users.id", ondelete="CASCADE"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("oidc_issuer", sa.String(length=500), nullable=True),
        sa.Column("oidc_subject", sa.String(length=255), nullable=True),
        moment("created_at", server_default=NOW, nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        moment("last_sign_in_at", nullable=True),
        moment("disabled_at", nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'author', 'admin')", name=op.f("ck_users_role_known")),
        sa.CheckConstraint("kind IN ('person', 'service')", name=op.f("ck_users_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        schema=SCHEMA,
    )
    op.create_index("uq_users_name", "users", [sa.text("lower(name)")], unique=True, schema=SCHEMA)
    op.create_index("uq_users_oidc", "users", ["oidc_issuer", "oidc_subject"], unique=True, schema=SCHEMA)
    op.create_table(
        "teams",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        moment("created_at", server_default=NOW, nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        schema=SCHEMA,
    )
    op.create_index("uq_teams_name", "teams", [sa.text("lower(name)")], unique=True, schema=SCHEMA)
    op.create_table(
        "team_members",
        sa.Column(
            "team_id", sa.BigInteger(), sa.ForeignKey(f"{SCHEMA}.teams.id", ondelete="CASCADE"), nullable=False
        ),
        of_user(),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_members")),
        schema=SCHEMA,
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        of_user(),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        moment("created_at", server_default=NOW, nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        moment("expires_at", nullable=True),
        moment("revoked_at", nullable=True),
        moment("last_used_at", nullable=True),
        sa.Column("last_used_from", postgresql.INET(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_tokens_hash")),
        schema=SCHEMA,
    )
    op.create_table(
        "sign_ins",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        of_user(),
        moment("created_at", server_default=NOW, nullable=False),
        moment("seen_at", server_default=NOW, nullable=False),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("browser", sa.String(length=300), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sign_ins")),
        schema=SCHEMA,
    )
    op.create_table(
        "sign_in_links",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        moment("created_at", server_default=NOW, nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        moment("expires_at", nullable=False),
        moment("used_at", nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'author', 'admin')", name=op.f("ck_sign_in_links_role_known")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sign_in_links")),
        schema=SCHEMA,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        of_user(),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_recovery_codes")),
        schema=SCHEMA,
    )
    for table in ("team_members", "api_tokens", "sign_ins", "recovery_codes"):
        op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"], schema=SCHEMA)
    op.create_table(
        "accounts_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_accounts_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_state")),
        schema=SCHEMA,
    )
    op.execute(f"INSERT INTO {SCHEMA}.accounts_state (id, number) VALUES (1, 0)")


def downgrade() -> None:
    for table in (
        *("accounts_state", "recovery_codes", "sign_in_links", "sign_ins", "api_tokens", "team_members"),
        *("teams", "users"),
    ):
        op.drop_table(table, schema=SCHEMA)
