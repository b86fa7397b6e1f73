"""What the catalog promises, checked against the database itself once everything is quiet again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.answers import etag_of
from app.audit.chain import verify
from app.audit.log import links
from app.catalog.mapping import definition_of, patterns_of
from app.catalog.models import AuditEntry, CatalogState, Tool, ToolCapability, ToolPattern
from app.extensions import db
from tests.faults.authors import Acknowledged

STORES_A_VERSION = {"created", "updated"}


def audit_log() -> Sequence[AuditEntry]:
    """What the audit log tells of changes to tools, by revision."""
    with reading() as session:
        return session.scalars(
            select(AuditEntry).where(AuditEntry.revision.is_not(None)).order_by(AuditEntry.revision)
        ).all()


def rows() -> Sequence[Tool]:
    """Every version there ever was, deleted ones too."""
    with reading() as session:
        return session.scalars(select(Tool).order_by(Tool.id)).all()


def reading() -> Session:
    """A session that ends with its block: none may be left open when the database crashes."""
    return Session(db.engine)


def assert_acknowledged_changes_are_there(acknowledged: Sequence[Acknowledged], entries: Sequence[AuditEntry]) -> None:
    """Each has its entry in the audit log, once, and the version it stored has its content."""
    logged = {entry.reason: entry for entry in entries}
    assert len(logged) == len(entries), "a change was made twice"
    lost = [change.token for change in acknowledged if change.token not in logged]
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged changes are lost: {lost[-5:]}"
    contents = {row.id: (row.tool_name, row.version, row.description) for row in rows()}
    for change in acknowledged:
        entry = logged[change.token]
        assert (entry.action, entry.tool_name, entry.version) == (change.action, change.tool_name, change.version)
        if change.action in STORES_A_VERSION:
            assert entry.tool_id is not None
            assert contents[entry.tool_id] == (change.tool_name, change.version, change.token)


def assert_revisions_have_no_gap(entries: Sequence[AuditEntry]) -> None:
    """The audit log holds every revision once, and the catalog is at the last one."""
    assert_seen_once_and_in_order([entry.revision for entry in entries], range(1, len(entries) + 1))
    with reading() as session:
        assert session.scalar(select(CatalogState.revision)) == len(entries)


def assert_seen_once_and_in_order(seen: Sequence[int], numbers: Iterable[int]) -> None:
    """A reader saw each of these numbers, once, and each after those before it."""
    expected = list(numbers)
    missed = sorted(set(expected) - set(seen))
    assert not missed, f"{len(missed)} of {len(expected)} were missed: {missed[:10]}"
    assert list(seen) == expected, "seen twice, or out of order"


def assert_chain_verifies() -> None:
    """The audit log is what was written, all of it."""
    with reading() as session:
        revision = session.scalar(select(CatalogState.revision)) or 0
    with links() as found:
        assert verify(found, revision=revision).broken is None


def assert_no_version_is_partial(entries: Sequence[AuditEntry]) -> None:
    """Every version has all its capabilities and patterns, and its entry in the audit log."""
    stored: dict[int, set[tuple[str, str]]] = defaultdict(set)
    patterns = select(ToolCapability.tool_id, ToolCapability.capability_name, ToolPattern.pattern_name)
    with reading() as session:
        for row in session.execute(patterns.join(ToolPattern)):
            stored[row.tool_id].add((row.capability_name, row.pattern_name))
    for tool in rows():
        written = {(capability, pattern) for capability, pattern, _ in patterns_of(definition_of(tool))}
        assert stored.pop(tool.id) == written
        assert len(written) == 4
    assert not stored, "patterns of no version"
    logged = [entry.tool_id for entry in entries if entry.action in STORES_A_VERSION]
    assert sorted(tool_id or 0 for tool_id in logged) == [tool.id for tool in rows()]


@dataclass(slots=True)
class Replayed:
    """A tool as the audit log tells it: its versions, whether each is enabled, and which is the latest."""

    latest: str = ""
    revision: int = 0
    versions: dict[str, bool] = field(default_factory=dict)

    def take(self, entry: AuditEntry) -> None:
        """Take one entry over."""
        match entry.action:
            case "created" | "updated" | "promoted":
                self.versions[entry.version] = self.versions.get(self.latest, True)
                self.latest = entry.version
            case "enabled" | "disabled":
                self.versions[entry.version] = entry.action == "enabled"
            case "deleted":
                self.latest, self.versions = "", {}
        self.revision = entry.revision


def assert_log_and_tables_agree(entries: Iterable[AuditEntry]) -> None:
    """Replaying the audit log gives the versions that are there; each tool that is there has one latest."""
    replayed: dict[str, Replayed] = defaultdict(Replayed)
    for entry in entries:
        replayed[entry.tool_name].take(entry)
    there = {name: tool for name, tool in replayed.items() if tool.versions}
    alive = sorted((row for row in rows() if row.deleted_at is None), key=lambda row: row.tool_name)
    found = {name: _as_replayed(list(versions)) for name, versions in groupby(alive, key=lambda row: row.tool_name)}
    assert found == there


def _as_replayed(versions: Sequence[Tool]) -> Replayed:
    (latest,) = (row for row in versions if row.is_latest)
    return Replayed(latest.version, latest.revision, {row.version: row.enabled for row in versions})


def hashes_by_revision(acknowledged: Iterable[Acknowledged]) -> Mapping[int, str]:
    """The content hash of the catalog at every revision there was, by what authors were told; all of it was told."""
    etags = {change.token: change.etag for change in acknowledged}
    tools: dict[str, str] = {}
    hashes = {0: _hash(tools)}
    for entry in audit_log():
        etag = etags[entry.reason or ""]
        tools.pop(entry.tool_name, None)
        if etag is not None:
            tools[entry.tool_name] = etag
        hashes[entry.revision] = _hash(tools)
    return hashes


def _hash(tools: Mapping[str, str]) -> str:
    return etag_of("\n".join(tools[name] for name in sorted(tools)).encode())


def tell_of(entry: AuditEntry, contents: Mapping[int, str]) -> tuple[int, str, str, str]:
    """What readers see of a tool from a revision on: the revision, its name, version and description."""
    return entry.revision, entry.tool_name, entry.version, contents[entry.tool_id or 0]


def committed_states() -> set[tuple[int, str, str, str]]:
    """Every state in which a tool was ever committed: revision, name, version and description."""
    contents = {row.id: row.description for row in rows()}
    return {tell_of(entry, contents) for entry in audit_log()}
