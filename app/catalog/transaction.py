"""How every change is written: one transaction that ends with its audit entries, its revisions and its announcement.

`change()` is the only way to write to the catalog. Inside an outer `transaction()` — the one that also keeps the answer
of an `Idempotency-Key` — it joins that one, and all of it is committed together.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app, has_request_context
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.actor import Actor
from app.catalog import guards
from app.catalog.live import live
from app.catalog.models import SHARED, AuditEntry, CatalogState, Tool
from app.config import Settings
from app.deadline import lift, seconds_left, within
from app.definitions.diff import Change
from app.errors import Unavailable
from app.extensions import db

CHANNEL = "tool_catalog"
# Advisory locks: every change shares the catalog's, an import of many holds it alone; a change also holds its tool's.
CATALOG_LOCK = 0x746F6F6C
UNCONFIRMED = (
    "The database broke off while it kept the change, which may or may not be there. Read again before you repeat it."
)


@dataclass(slots=True)
class Recorder:
    """Collects what one change did, to be sealed when it ends well."""

    actor: Actor
    now: datetime
    last: int | None = None
    """The revision of the last thing noted, once sealed."""
    _entries: list[tuple[Tool, str, list[Any], tuple[Tool, ...]]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things were noted so far."""
        return len(self._entries)

    @property
    def first(self) -> int | None:
        """The revision of the first thing noted, once sealed."""
        return None if self.last is None else self.last - len(self._entries) + 1

    def record(self, tool: Tool, action: str, changes: list[Change], touched: tuple[Tool, ...] = ()) -> None:
        """Note that `tool` was changed; `touched` are further rows that readers will see differently."""
        self._entries.append((tool, action, [change.as_json() for change in changes], touched))

    def seal(self) -> None:
        """Give every recorded change its revision and audit entry, and announce the last one.

        The revision row is taken last: from here to the commit, other writers wait.
        """
        if not self._entries:
            return
        db.session.flush()
        published = self._published()
        waived = guards.waived(self.actor, published) if published else []
        self.last = last = self._take_revisions(len(self._entries))
        for revision, (tool, action, changes, touched) in enumerate(self._entries, last - len(self._entries) + 1):
            for row in (*touched, tool):
                row.revision, row.updated_at, row.updated_by = revision, self.now, self.actor.name
            db.session.add(self._entry(tool, action, changes, revision))
        if waived:
            db.session.add(self._waiver(published, waived))
        db.session.flush()
        db.session.execute(select(func.pg_notify(CHANNEL, str(last))))
        live().expect(last, self.actor.name)
        db.session().info["own_change"] = last

    def _published(self) -> list[Tool]:
        """The versions that orchestrators will see from now on in place of others.

        What is switched on or off, deprecated or deleted is not among them: nothing may stand against that.
        """
        rows = {tool.id: tool for tool, action, changes, _ in self._entries if _publishes(action, changes)}
        return [tool for tool in rows.values() if tool.is_latest and tool.enabled and tool.status == "active"]

    def _waiver(self, published: Sequence[Tool], waived: Sequence[Change]) -> AuditEntry:
        """The entry that tells what stood against a change, and why it was made all the same.

        It has no revision: what it tells of the tool itself is in the entries beside it.
        """
        one = published[0] if len(published) == 1 else None
        return AuditEntry(
            tool_id=one and one.id,
            tool_name=one and one.tool_name,
            version=one and one.version,
            subject=f"{len(published)} tools" if one is None else None,
            action="cases_waived",
            changes=[change.as_json() for change in waived],
            changed_by=self.actor.name,
            changed_at=self.now,
            reason=self.actor.waiver,
            ip_address=self.actor.address,
            source=self.actor.source,
            request_id=self.actor.request_id,
        )

    @staticmethod
    def _take_revisions(count: int) -> int:
        """Move the revision on by `count` and return its new value."""
        moved = update(CatalogState).values(revision=CatalogState.revision + count, updated_at=func.now())
        revision: int = db.session.execute(moved.returning(CatalogState.revision)).scalar_one()
        return revision

    def _entry(self, tool: Tool, action: str, changes: list[Any], revision: int) -> AuditEntry:
        return AuditEntry(
            tool_id=tool.id,
            organisation=tool.organisation,
            tool_name=tool.tool_name,
            version=tool.version,
            action=action,
            changes=changes,
            changed_by=self.actor.name,
            changed_at=self.now,
            reason=self.actor.reason,
            ip_address=self.actor.address,
            source=self.actor.source,
            request_id=self.actor.request_id,
            revision=revision,
        )


def _publishes(action: str, changes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what was done makes a version one that orchestrators did not see before."""
    if action == "status_changed":
        return any(change["path"] == "/status" and change["before"] == "draft" for change in changes)
    return action in {"created", "updated", "promoted"}


@contextmanager
def transaction() -> Iterator[None]:
    """Commit when the outermost block ends well; roll everything back when it raises.

    Raises:
        Unavailable: the database fell silent while it committed: nobody knows whether it did.
    """
    session = db.session()
    if session.info.get("is_open"):
        yield
        return
    with punctual():
        session.info["is_open"] = True
        try:
            yield
            session.flush()
            _commit(session)
        except BaseException:
            session.rollback()
            live().forget(session.info.get("own_change"))
            raise
        finally:
            session.info["is_open"] = False
            session.info.pop("own_change", None)
        live().refresh_if_reading()


@contextmanager
def punctual() -> Iterator[None]:
    """Wait for the database no longer than `WRITE_TIMEOUT_MS`, all of the block together, when a request is answered.

    Commands are patient.
    """
    if not has_request_context():
        yield
        return
    settings: Settings = current_app.extensions["settings"]
    with within(settings.write_timeout_ms / 1000):
        yield


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise Unavailable(UNCONFIRMED) from error


@contextmanager
def change(actor: Actor, *names: str) -> Iterator[Recorder]:
    """One change by `actor` to the tools of these names (none named: to any of them, alone).

    Yields the recorder to tell what was done. Leaving the block seals and commits; an exception undoes all of it.
    """
    with transaction():
        _lock(names)
        now = db.session.execute(select(func.clock_timestamp())).scalar_one()
        recorder = Recorder(actor, now)
        yield recorder
        recorder.seal()


def _lock(names: tuple[str, ...]) -> None:
    """Wait for changes under way to the same names. A lock by name also covers names that do not exist yet."""
    if not names:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CATALOG_LOCK})
    else:
        db.session.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": CATALOG_LOCK})
    # All in one order: no two changes of many wait for each other.
    for name in sorted({f"{SHARED}/{name.lower()}" for name in names}):
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
    if len(names) != 1:
        _take_time()


def _take_time() -> None:
    """Who has waited for many names has much to do, and takes its time from then on; only for locks it waits no
    longer."""
    left = seconds_left()
    if left is not None:
        db.session.execute(select(func.set_config("lock_timeout", str(round(left * 1000)), True)))
        lift()
