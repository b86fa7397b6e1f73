"""The state of the database's schema: which migration it is at, and bringing it up to date."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import text

from app.config import PROJECT
from app.errors import Unavailable
from app.extensions import SCHEMA, db

CURRENT, BEHIND, EMPTY = "current", "behind", "empty"


def newest_migration(directory: Path = PROJECT / "migrations") -> str | None:
    """The migration this code expects the database to be at."""
    config = Config()
    config.set_main_option("script_location", str(directory))
    return ScriptDirectory.from_config(config).get_current_head()


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
