"""Reading the audit log: pages of it for people, all of it for exports and for checking its chain."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import ColumnElement, Engine, func, select

from app.audit.chain import Link
from app.catalog.models import AuditEntry
from app.database import driver_connection, reading
from app.extensions import SCHEMA, db
from app.formats import csv_line
from app.selection.cases import ACTIONS as OF_CASES

BATCH = 1_000
MOST_VALUES = 50
"""How many values a filter offers."""
_LINKS = f"""
    SELECT number, previous_hash, organisation, tool_id, tool_name, version, subject, action, changes::text, changed_by,
           changed_at, reason, host(ip_address), source, request_id, revision, hash
    FROM {SCHEMA}.tool_audit_log ORDER BY number
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries: filters left None do not filter.

    Attributes:
        before: the number of an entry: only older ones.
        tells_of_people: whether entries of accounts are among them, and from where people work.
    """

    who: str | None = None
    action: str | None = None
    tool: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50
    tells_of_people: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as people and programs read it."""

    number: int
    revision: int | None
    changed_at: datetime
    changed_by: str
    action: str
    tool_name: str | None
    version: str | None
    subject: str | None
    changes: list[dict[str, Any]]
    reason: str | None
    source: str
    ip_address: str | None
    request_id: str | None
    hash: str

    @property
    def versions(self) -> tuple[str, str] | None:
        """The version before and the one after, when the entry made or chose another one; None when it did not."""
        for change in self.changes:
            before, after = change.get("before"), change.get("after")
            if change.get("path") in {"/version", "/latest"} and isinstance(before, str) and isinstance(after, str):
                return before, after
        return None


_TOLD = (
    *(AuditEntry.number, AuditEntry.revision, AuditEntry.changed_at, AuditEntry.changed_by, AuditEntry.action),
    *(AuditEntry.tool_name, AuditEntry.version, AuditEntry.subject, AuditEntry.changes, AuditEntry.reason),
    *(AuditEntry.source, func.host(AuditEntry.ip_address), AuditEntry.request_id, AuditEntry.hash),
)


def entries(query: AuditQuery) -> list[Entry]:
    """The entries that pass the query, newest first."""
    return _read(query, reading(db.engine))


def all_entries(query: AuditQuery) -> Iterator[Entry]:
    """All entries that pass the query, newest first, read batch by batch — also when the request is over already.

    The first batch is read at once: what cannot be read has to be known before an answer begins.
    """
    engine = reading(db.engine)
    return _batches(_read(replace(query, limit=BATCH), engine), query, engine)


def count(query: AuditQuery) -> int:
    """How many entries pass the query, wherever its cursor stands."""
    filters = _filters(replace(query, before=None))
    with reading(db.engine).connect() as connection:
        return connection.scalar(select(func.count()).select_from(AuditEntry).where(*filters)) or 0


def counts(of: str, query: AuditQuery) -> list[tuple[str, int]]:
    """The values of `who`, `action` or `source` under the query's other filters, with how many entries, most first."""
    column = {"who": AuditEntry.changed_by, "action": AuditEntry.action, "source": AuditEntry.source}[of]
    filters = _filters(replace(query, before=None, **cast("dict[str, Any]", {of: None})))
    number = func.count()
    found = select(column, number).where(*filters).group_by(column).order_by(number.desc(), column).limit(MOST_VALUES)
    with reading(db.engine).connect() as connection:
        return [(value, count) for value, count in connection.execute(found)]


def head() -> tuple[int, str] | None:
    """Number and hash of the last entry; None when there is none."""
    last = select(AuditEntry.number, AuditEntry.hash).order_by(AuditEntry.number.desc()).limit(1)
    with reading(db.engine).connect() as connection:
        row = connection.execute(last).first()
        return None if row is None else (row.number, row.hash)


@contextmanager
def links() -> Iterator[Iterator[Link]]:
    """The whole log in the order of its numbers, read batch by batch, as it was at one moment."""
    with db.engine.connect() as connection, driver_connection(connection).cursor("audit_links") as cursor:
        cursor.itersize = BATCH
        yield (Link(*row) for row in cursor.execute(_LINKS))


def json_lines(found: Iterator[Entry]) -> Iterator[bytes]:
    """Entries as JSON Lines."""
    for entry in found:
        yield orjson.dumps(entry) + b"\n"


COLUMNS = (
    *("number", "revision", "changed_at", "changed_by", "action", "tool_name", "version", "subject", "changes"),
    *("reason", "source", "ip_address", "request_id", "hash"),
)


def csv_lines(found: Iterator[Entry]) -> Iterator[str]:
    """Entries as CSV (RFC 4180), with a heading; the changes in words."""
    yield csv_line(COLUMNS)
    for entry in found:
        changes = "; ".join(str(change.get("text", "")) for change in entry.changes)
        told = {**{name: getattr(entry, name) for name in COLUMNS}, "changes": changes}
        yield csv_line(told[name] for name in COLUMNS)


def _batches(batch: list[Entry], query: AuditQuery, engine: Engine) -> Iterator[Entry]:
    while batch:
        yield from batch
        batch = _read(replace(query, limit=BATCH, before=batch[-1].number), engine)


def _read(query: AuditQuery, engine: Engine) -> list[Entry]:
    found = select(*_TOLD).where(*_filters(query)).order_by(AuditEntry.number.desc()).limit(query.limit)
    with engine.connect() as connection:
        read = [Entry(*row) for row in connection.execute(found)]
    return read if query.tells_of_people else [replace(entry, ip_address=None) for entry in read]


def _filters(query: AuditQuery) -> list[ColumnElement[bool]]:
    wanted = {
        AuditEntry.changed_by: query.who,
        AuditEntry.action: query.action,
        func.lower(AuditEntry.tool_name): query.tool and query.tool.lower(),
        AuditEntry.source: query.source,
    }
    filters = [column == value for column, value in wanted.items() if value is not None]
    if query.since is not None:
        filters.append(AuditEntry.changed_at >= query.since)
    if query.until is not None:
        filters.append(AuditEntry.changed_at < query.until)
    if not query.tells_of_people:
        filters.append(AuditEntry.tool_name.is_not(None) | AuditEntry.action.in_(OF_CASES))
    if query.before is not None:
        filters.append(AuditEntry.number < query.before)
    return filters
