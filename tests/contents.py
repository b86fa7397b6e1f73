"""What is in the database, all of it: to see that a refused request left nothing behind."""

from sqlalchemy import inspect, text

from app.extensions import SCHEMA, db

# What processes say of themselves, by themselves, whatever is asked of them.
OF_PROCESSES = {"reload_events", "serving_processes"}


def contents() -> dict[str, list[str]]:
    """Every row of every table with every column, as PostgreSQL writes it, by table.

    Sequences are left out: they count on even when a transaction is rolled back, and nobody sees them.
    """
    with db.engine.connect() as connection:
        names = inspect(connection).get_table_names(schema=SCHEMA)
        return {
            name: list(connection.scalars(text(f'SELECT t::text FROM {SCHEMA}."{name}" AS t ORDER BY t::text')))
            for name in names
            if name not in OF_PROCESSES
        }
