"""The audit log as a chain: every entry carries the hash of the one before, and none can be changed or removed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = "tool_catalog"
LOG = f"{SCHEMA}.tool_audit_log"

# What is hashed, and how, is told in app/audit/chain.py, which computes the same in Python.
HASH = f"""
CREATE FUNCTION {SCHEMA}.audit_hash(entry {LOG}) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(json_build_array(
        entry.number, entry.previous_hash, entry.organisation, entry.tool_id, entry.tool_name, entry.version,
        entry.subject, entry.action, entry.changes::text, entry.changed_by,
        (extract(epoch FROM entry.changed_at) * 1000000)::bigint, entry.reason, host(entry.ip_address), entry.source,
        entry.request_id, entry.revision
    )::text, 'UTF8')), 'hex')
$$"""

# Writers queue on the lock, so that no two entries follow the same one.
APPEND = f"""
CREATE FUNCTION {SCHEMA}.audit_append() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(x'61756469'::int);
    SELECT number, hash INTO last FROM {LOG} ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.previous_hash := coalesce(last.hash, repeat('0', 64));
    NEW.hash := {SCHEMA}.audit_hash(NEW);
    RETURN NEW;
END
$$"""

REFUSE = f"""
CREATE FUNCTION {SCHEMA}.audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: no entry is ever changed or removed.' USING ERRCODE = '42501';
END
$$"""

BACKFILL = f"""
DO $$
DECLARE
    entry {LOG};
    last_number bigint := 0;
    last_hash text := repeat('0', 64);
BEGIN
    FOR entry IN SELECT * FROM {LOG} ORDER BY revision, id LOOP
        entry.number := last_number + 1;
        entry.previous_hash := last_hash;
        entry.hash := {SCHEMA}.audit_hash(entry);
        UPDATE {LOG} SET number = entry.number, previous_hash = entry.previous_hash, hash = entry.hash
        WHERE id = entry.id;
        last_number := entry.number;
        last_hash := entry.hash;
    END LOOP;
END
$$"""


ROLE = "tool_catalog_serving"
# Roles belong to the whole server: another database of it may have made this one already. Whoever may not make roles
# gets none; docs/audit.md says how to ask for it.
MAKE_ROLE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN;
    END IF;
    GRANT {ROLE} TO CURRENT_USER;
EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN
    RAISE NOTICE 'No role {ROLE}: the serving processes keep the rights of %.', current_user;
END
$$"""
GRANTS = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA {SCHEMA} TO {ROLE};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {ROLE};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {ROLE};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT USAGE ON SEQUENCES TO {ROLE};
    REVOKE UPDATE, DELETE ON {LOG} FROM {ROLE};
    REVOKE INSERT, UPDATE, DELETE ON {SCHEMA}.alembic_version FROM {ROLE};
END
$$"""
UNGRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} REVOKE ALL ON TABLES FROM {ROLE};
        ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} REVOKE ALL ON SEQUENCES FROM {ROLE};
        REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {ROLE};
        REVOKE ALL ON ALL SEQUENCES IN SCHEMA {SCHEMA} FROM {ROLE};
        REVOKE ALL ON SCHEMA {SCHEMA} FROM {ROLE};
    END IF;
END
$$"""


def upgrade() -> None:
    with op.batch_alter_table("tool_audit_log", schema=SCHEMA) as table:
        table.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("previous_hash", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("subject", sa.String(length=200), nullable=True))
        # JSON, not JSONB: its text is hashed, and must stay as it was written.
        table.alter_column(
            "changes", type_=postgresql.JSON(), postgresql_using="changes::json", server_default=sa.text("'[]'::json")
        )
        for name in ("tool_name", "version", "revision"):
            table.alter_column(name, nullable=True)
    op.execute(HASH)
    op.execute(BACKFILL)
    for name in ("number", "previous_hash", "hash"):
        op.alter_column("tool_audit_log", name, nullable=False, schema=SCHEMA)
    op.create_index("uq_tool_audit_log_number", "tool_audit_log", ["number"], unique=True, schema=SCHEMA)
    op.create_index("ix_tool_audit_log_name", "tool_audit_log", [sa.text("lower(tool_name)")], schema=SCHEMA)
    op.execute(APPEND)
    op.execute(REFUSE)
    op.execute(
        f"CREATE TRIGGER audit_append BEFORE INSERT ON {LOG} FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.audit_append()"
    )
    op.execute(
        f"CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE ON {LOG} "
        f"FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.audit_refuse()"
    )
    op.execute(
        f"CREATE TRIGGER audit_refuse_all BEFORE TRUNCATE ON {LOG} EXECUTE FUNCTION {SCHEMA}.audit_refuse()"
    )
    op.execute(MAKE_ROLE)
    op.execute(GRANTS)


def downgrade() -> None:
    op.execute(UNGRANT)
    for trigger in ("audit_refuse_all", "audit_refuse", "audit_append"):
        op.execute(f"DROP TRIGGER {trigger} ON {LOG}")
    for function in ("audit_refuse()", "audit_append()", f"audit_hash({LOG})"):
        op.execute(f"DROP FUNCTION {SCHEMA}.{function}")
    op.execute(f"DELETE FROM {LOG} WHERE revision IS NULL")
    op.drop_index("ix_tool_audit_log_name", "tool_audit_log", schema=SCHEMA)
    op.drop_index("uq_tool_audit_log_number", "tool_audit_log", schema=SCHEMA)
    with op.batch_alter_table("tool_audit_log", schema=SCHEMA) as table:
        for name in ("tool_name", "version", "revision"):
            table.alter_column(name, nullable=False)
        table.alter_column(
            "changes", type_=postgresql.JSONB(), postgresql_using="changes::jsonb", server_default=sa.text("'[]'::jsonb")
        )
        for name in ("subject", "hash", "previous_hash", "number"):
            table.drop_column(name)
