"""The state of the database's schema: which migration it is at, and bringing it up to date.

Alembic is imported where tables are made: no serving process makes any, and it takes 11 MiB.
"""

from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import text

from app.config import PROJECT
from app.errors import Unavailable
from app.extensions import SCHEMA, db

CURRENT, BEHIND, EMPTY = "current", "behind", "empty"


MIGRATIONS = PROJECT / "migrations"


def newest_migration(directory: Path = MIGRATIONS) -> str:
    """The migration this code expects the database to be at: they are numbered, one after the other."""
    return max(path.name[:4] for path in (directory / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def know_migrations(app: Flask) -> None:
    """Tell `flask db` where the migrations are."""
    from flask_migrate import Migrate  # noqa: PLC0415

    Migrate(app, db, directory=str(MIGRATIONS))


def upgrade() -> None:
    """Make the tables, or bring them up to this release."""
    from flask_migrate import upgrade as run_migrations  # noqa: PLC0415

    know_migrations(current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001
    run_migrations()


def migration_state() -> str:
    """Where the database is: CURRENT, BEHIND, or EMPTY when it never saw a migration."""
    if db.session.scalar(text("SELECT to_regclass(:table)"), {"table": f"{SCHEMA}.alembic_version"}) is None:
        return EMPTY
    at = db.session.scalar(text("SELECT version_num FROM tool_catalog.alembic_version"))
    return CURRENT if at == newest_migration() else BEHIND


def ensure_schema() -> None:
    """Make the tables in a database that has none yet.

    Raises:
        Unavailable: the tables are of another release of the product.
    """
    state = migration_state()
    db.session.rollback()
    if state == EMPTY:
        upgrade()
    elif state == BEHIND:
        raise Unavailable("The database is of another release: run `flask --app wsgi db upgrade` first.")
