"""Changes made in the tables themselves, that no process is told of."""

from sqlalchemy import JSON, Text, Update, cast, delete, func, insert, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.catalog.models import AuditEntry, CatalogState, Tool
from app.extensions import db
from tests.owner import owning


def describe(name: str, description: str) -> int:
    """Change a tool's description as a change does, with its revision and its audit entry, but tell nobody."""
    with db.engine.begin() as connection:
        connection.execute(_described(name, description))
        moved = update(CatalogState).values(revision=CatalogState.revision + 1).returning(CatalogState.revision)
        revision: int = connection.execute(moved).scalar_one()
        entry = {"tool_name": name, "version": "1.0", "action": "updated", "changed_by": "sql", "source": "command"}
        connection.execute(insert(AuditEntry).values(**entry, revision=revision))
    return revision


def describe_silently(name: str, description: str) -> None:
    """Change a tool's description and nothing else: not even the revision says so."""
    with db.engine.begin() as connection:
        connection.execute(_described(name, description))


def remove_silently(name: str) -> None:
    """Take a tool's rows out of the catalog, and nothing else."""
    with db.engine.begin() as connection:
        connection.execute(update(Tool).where(Tool.tool_name == name).values(deleted_at=func.now()))


def restore(revision: int) -> None:
    """Bring the catalog to what a copy of it holds that was made at this revision: no tool, no later change."""
    with owning() as connection:
        connection.execute(update(Tool).values(deleted_at=func.now()))
        connection.execute(delete(AuditEntry).where(AuditEntry.revision > revision))
        connection.execute(update(CatalogState).values(revision=revision))


def _described(name: str, description: str) -> Update:
    document = func.jsonb_set(
        cast(Tool.document, JSONB), cast(["description"], ARRAY(Text)), func.to_jsonb(cast(description, Text))
    )
    return (
        update(Tool)
        .where(Tool.tool_name == name, Tool.is_latest)
        .values(description=description, document=cast(document, JSON))
    )
