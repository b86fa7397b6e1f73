"""What is in the database, all of it: to see that a refused request left nothing behind."""

from sqlalchemy import text

from app.extensions import SCHEMA, db

# What processes note by themselves, whatever is asked of them: tables, columns, and entries of the audit log.
OF_PROCESSES = {"reload_events", "selections", "serving_processes"}
NOTED = {"api_tokens": "{last_used_at,last_used_from}", "sign_ins": "{seen_at}"}
USES = "WHERE action <> 'token_used'"
TABLES = f"SELECT tablename FROM pg_tables WHERE schemaname = '{SCHEMA}' ORDER BY tablename"


def contents() -> dict[str, list[str]]:
    """Every row of every table with every column, as PostgreSQL writes it, by table.

    Sequences are left out: they count on even when a transaction is rolled back, and nobody sees them.
    """
    with db.engine.connect() as connection:
        found = {name: [] for name in connection.scalars(text(TABLES)) if name not in OF_PROCESSES}
        # One question for all: some tests ask a thousand times.
        for name, row in connection.execute(text(" UNION ALL ".join(map(rows_of, found)))):
            found[name].append(row)
    return {name: sorted(rows) for name, rows in found.items()}


def rows_of(table: str) -> str:
    """What selects every row of a table as text."""
    row = f"(to_jsonb(t) - '{NOTED[table]}'::text[])::text" if table in NOTED else "t::text"
    condition = USES if table == "tool_audit_log" else ""
    return f"SELECT '{table}', {row} FROM {SCHEMA}.\"{table}\" AS t {condition}"
