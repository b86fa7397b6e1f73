"""What the audit log tells of accounts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.audit import log
from app.audit.chain import verify
from app.catalog.models import AuditEntry, CatalogState
from app.extensions import db


@dataclass(frozen=True, slots=True)
class Told:
    """One entry: who did what to whom, from where."""

    action: str
    subject: str | None
    by: str
    address: str | None
    source: str
    reason: str | None
    changes: Any


def entries(*actions: str) -> list[Told]:
    """The entries of the audit log, oldest first; those of these actions, when some are named."""
    with db.engine.connect() as connection:
        columns = (
            *(AuditEntry.action, AuditEntry.subject, AuditEntry.changed_by, AuditEntry.ip_address),
            *(AuditEntry.source, AuditEntry.reason, AuditEntry.changes),
        )
        rows = connection.execute(select(*columns).order_by(AuditEntry.number)).all()
    told = [Told(row[0], row[1], row[2], str(row[3]) if row[3] else None, *row[4:]) for row in rows]
    return [one for one in told if not actions or one.action in actions]


def actions() -> list[str]:
    """What was done, oldest first."""
    return [entry.action for entry in entries()]


def chain_holds() -> bool:
    """Whether the chain of entries holds."""
    with db.engine.connect() as connection:
        revision = connection.scalar(select(CatalogState.revision)) or 0
    with log.links() as links:
        return verify(links, [], revision).broken is None
