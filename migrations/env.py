"""How Alembic runs here: one transaction for all, alone (an advisory lock), with timeouts, versions in our schema."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.catalog import models as catalog_models  # noqa: F401  (fills the metadata)
from app.drafts import models as drafts_models  # noqa: F401
from app.extensions import SCHEMA, Base
from app.rate_limits import models as rate_limit_models  # noqa: F401
from app.reload import models as reload_models  # noqa: F401
from app.selection import models as selection_models  # noqa: F401

MIGRATION_LOCK = 0x6D696772


def include_name(name, kind, parents):
    """Compare our schema only: other schemas of the database are not ours."""
    return name == SCHEMA if kind == "schema" else True


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.begin() as connection:
        # Tables belong to whoever the address names, not to the role that serves.
        connection.execute(text("SET LOCAL ROLE NONE"))
        # Waiting for tables must not block readers for long; the migrations themselves may take their time.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            version_table_schema=SCHEMA,
            include_schemas=True,
            include_name=include_name,
            compare_type=True,
        )
        context.run_migrations()


run()
