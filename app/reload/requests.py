"""Asking every process to reload. The listener of each finds the request, as it finds changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, text

from app.catalog.live import Database
from app.catalog.transaction import CHANNEL, transaction
from app.database import reading
from app.extensions import SCHEMA, db
from app.reload.models import ReloadRequestRow

REQUEST_LOCK = 0x72656C64
KEPT_H = 24


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked every process for."""

    number: int
    tool_name: str | None
    trigger: str
    triggered_by: str


_BETWEEN = f"""
    SELECT id, tool_name, trigger, triggered_by FROM {SCHEMA}.reload_requests WHERE id > %s AND id <= %s ORDER BY id
"""  # noqa: S608


def between(after: int, upto: int, connection: Database) -> list[Request]:
    """The requests after this one, up to that one, in order."""
    return [Request(*row) for row in connection.execute(_BETWEEN, (after, upto))]


def asked_at(number: int) -> datetime | None:
    """When a request was made; None when there is none of that number, or it is long ago."""
    with reading(db.engine).connect() as connection:
        return connection.scalar(select(ReloadRequestRow.requested_at).where(ReloadRequestRow.id == number))


def ask(tool_name: str | None, trigger: str, triggered_by: str, note: Callable[[int], object]) -> int:
    """Ask every process to reload a tool, or everything, and return the request's number.

    `note` is given the number before anybody else can see it.
    """
    with transaction():
        session = db.session
        # One after the other: a number that came late would be missed by who has seen a later one.
        session.execute(select(func.pg_advisory_xact_lock(REQUEST_LOCK)))
        old = ReloadRequestRow.requested_at < func.now() - text(f"interval '{KEPT_H} hours'")
        session.execute(delete(ReloadRequestRow).where(old))
        row = {"tool_name": tool_name, "trigger": trigger, "triggered_by": triggered_by}
        number: int = session.execute(insert(ReloadRequestRow).values(row).returning(ReloadRequestRow.id)).scalar_one()
        note(number)
        session.execute(select(func.pg_notify(CHANNEL, "reload")))
        return number
