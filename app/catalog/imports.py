"""Importing many definitions: one transaction, planned first, so that a dry run tells exactly what would happen."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from app.actor import Actor
from app.catalog.changes import add_version, set_lifecycle
from app.catalog.checks import check, current_definition, refuse_excess, usable_name, version_named
from app.catalog.mapping import Lifecycle, content_hash, row_of, wanted_lifecycle, wanted_owner, wanted_status, word
from app.catalog.models import SHARED, Tool
from app.catalog.owners import check_owner, owner_when_made
from app.catalog.transaction import Recorder, change
from app.catalog.versions import FIRST_VERSION, latest_of, versions_of
from app.definitions.diff import diff
from app.definitions.documents import Document, UnreadableDocument
from app.definitions.findings import Finding, has_errors
from app.definitions.legacy import SourceTool, source_tool, tools_in
from app.definitions.version_numbers import number_after
from app.definitions.vocabulary import PLATFORMS
from app.errors import Conflict, Forbidden, InvalidDefinition
from app.extensions import db
from app.permissions import Permission, require


class OnConflict(StrEnum):
    """What to do with a definition whose name the catalog already holds.

    FAIL stores nothing at all; SKIP leaves such definitions out; NEW_VERSION makes each the next version of its tool;
    RENAME does so too, and stores one for another platform under `<name>-<platform>`.
    """

    FAIL = "fail"
    SKIP = "skip"
    NEW_VERSION = "new_version"
    RENAME = "rename"


class Outcome(StrEnum):
    """What became, or would become, of one definition."""

    CREATED = "created"
    NEW_VERSION = "new_version"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    CONFLICT = "conflict"
    REFUSED = "refused"


STORED = {Outcome.CREATED, Outcome.NEW_VERSION}
DIFFERING = {Outcome.NEW_VERSION, Outcome.SKIPPED, Outcome.CONFLICT}


@dataclass(frozen=True, slots=True)
class Source:
    """One document to import: where it came from, for the report, and how to read it."""

    name: str
    read: Callable[[], Document]


@dataclass(slots=True)
class Entry:
    """The report on one definition.

    Attributes:
        detail: says in words why it was not stored.
        changes: in words, what is other than in the catalog.
    """

    source: str
    outcome: Outcome
    tool_name: str | None = None
    version: str | None = None
    status: str | None = None
    detail: str | None = None
    findings: list[Finding] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    tool: SourceTool | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, Any]:
        """The entry as JSON faces tell it."""
        return {
            "source": self.source,
            "outcome": self.outcome.value,
            "tool_name": self.tool_name,
            "version": self.version,
            "status": self.status,
            "detail": self.detail,
            "findings": [finding.as_json() for finding in self.findings],
            "changes": self.changes,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or with `dry_run` would do, definition by definition in the order they were given."""

    entries: list[Entry]
    dry_run: bool
    on_conflict: OnConflict

    def count(self, *outcomes: Outcome) -> int:
        """How many definitions had one of these outcomes."""
        return sum(entry.outcome in outcomes for entry in self.entries)

    @property
    def is_blocked(self) -> bool:
        """Whether something in it stops the whole import."""
        return self.on_conflict is OnConflict.FAIL and self.count(Outcome.CONFLICT, Outcome.REFUSED) > 0

    def as_json(self) -> dict[str, Any]:
        """The report as JSON faces tell it: counts by outcome, then every entry."""
        counts = Counter(entry.outcome for entry in self.entries)
        return {
            "dry_run": self.dry_run,
            "on_conflict": self.on_conflict.value,
            "total": len(self.entries),
            **{outcome.value: counts[outcome] for outcome in Outcome},
            "drafts": sum(entry.outcome in STORED and entry.status == "draft" for entry in self.entries),
            "results": [entry.as_json() for entry in self.entries],
        }


class ImportBlocked(Conflict):
    """An import with ``on_conflict=fail`` met a conflict or an unreadable document; nothing was stored."""

    def __init__(self, report: Report) -> None:
        blocking = report.count(Outcome.CONFLICT, Outcome.REFUSED)
        detail = f"Nothing was imported: {blocking} of {len(report.entries)} definitions cannot be stored as they are."
        super().__init__(detail, report=report.as_json())
        self.report = report


def import_tools(
    sources: Iterable[Source],
    *,
    actor: Actor,
    on_conflict: OnConflict = OnConflict.FAIL,
    dry_run: bool = False,
    progress: Callable[[Iterable[Source]], Iterable[Source]] = iter,
) -> Report:
    """Import every definition in the sources, in one transaction.

    A definition with errors is stored as a draft; one that cannot be read, or has no usable name, is refused and
    told with its findings. Several versions of one tool may come together; complete ones are stored before drafts.

    Args:
        progress: wraps the sources while they are read, to show how far it is.

    Raises:
        ImportBlocked: `on_conflict` is FAIL and something cannot be stored; nothing was.
        Forbidden: the actor may not create tools. Of tools that are others', the report says so, one by one.
    """
    require(actor, Permission.CREATE)
    entries = [entry for source in progress(sources) for entry in _read(source)]
    with change(actor) as recorder:
        to_store = _plan(entries, actor, on_conflict)
        _tell_changes(entries)
        report = Report(entries, dry_run, on_conflict)
        if not dry_run:
            if report.is_blocked:
                raise ImportBlocked(report)
            _store(recorder, to_store)
    return report


def _read(source: Source) -> Iterator[Entry]:
    """The definitions of one source; each CREATED until the plan says otherwise, or REFUSED."""
    try:
        document = source.read()
    except UnreadableDocument as unreadable:
        detail = "The document cannot be read."
        yield Entry(source.name, Outcome.REFUSED, detail=detail, findings=list(unreadable.findings))
        return
    for tool in tools_in(document):
        yield _entry(source.name, tool, document)


def _entry(source: str, tool: SourceTool, document: Document) -> Entry:
    if any(finding.code == "template" for finding in tool.findings) and tool.name is None:
        detail = "This is a template, not a tool."
        return Entry(source, Outcome.SKIPPED, detail=detail, findings=list(tool.findings))
    findings = check(tool, document, known=())
    entry = Entry(source, Outcome.CREATED, tool.name, version_named(tool.definition), findings=findings, tool=tool)
    try:
        usable_name(tool, findings)
        refuse_excess(findings)
    except InvalidDefinition as refusal:
        entry.outcome, entry.detail = Outcome.REFUSED, refusal.detail
        return entry
    entry.status = "draft" if has_errors(findings) else wanted_status(tool.definition)
    return entry


@dataclass(slots=True)
class _Known:
    """One tool as it will be: what the catalog has, and what the import adds, in the order it is decided."""

    in_catalog: bool = False
    owner: str | None = None
    platform: str | None = None
    last: str = FIRST_VERSION
    numbers: set[str] = field(default_factory=set)
    contents: set[str] = field(default_factory=set)

    def next_number(self) -> str:
        number = self.last
        while number in self.numbers:
            number = number_after(number)
        return number

    def add(self, number: str, content: str, platform: str | None) -> None:
        self.last = number
        self.numbers.add(number)
        self.contents.add(content)
        self.platform = self.platform or platform


def _known_tools() -> defaultdict[str, _Known]:
    """Every tool of the catalog by its name in lower case; the numbers of deleted versions stay taken."""
    columns = (
        Tool.tool_name,
        Tool.version,
        Tool.content_hash,
        Tool.platform,
        Tool.deleted_at,
        Tool.owner,
        Tool.is_latest,
    )
    tools: defaultdict[str, _Known] = defaultdict(_Known)
    for row in db.session.execute(select(*columns).where(Tool.organisation == SHARED).order_by(Tool.id)):
        known = tools[row.tool_name.lower()]
        if row.deleted_at is None:
            known.in_catalog = True
            known.owner = row.owner if row.is_latest else known.owner
            known.add(row.version, row.content_hash, row.platform)
        elif known.in_catalog:
            known.numbers.add(row.version)
    return tools


def _plan(entries: Sequence[Entry], actor: Actor, on_conflict: OnConflict) -> list[Entry]:
    """Settle every entry's outcome, name and version, and return those to store, in order: drafts come last."""
    known = _known_tools()
    readable = [entry for entry in entries if entry.tool is not None and entry.outcome is Outcome.CREATED]
    for entry in sorted(readable, key=lambda entry: entry.status == "draft"):
        _decide(entry, known, actor, on_conflict)
    return sorted((e for e in readable if e.outcome in STORED), key=lambda entry: entry.status == "draft")


def _decide(entry: Entry, tools: defaultdict[str, _Known], actor: Actor, on_conflict: OnConflict) -> None:
    platform = word(_read_tool(entry).definition.get("platform"), PLATFORMS)
    known = tools[_name(entry).lower()]
    if platform and known.platform and platform != known.platform:
        other = f"{_name(entry)}-{platform}"
        if on_conflict is not OnConflict.RENAME:
            entry.outcome = Outcome.CONFLICT
            entry.detail = f"{_name(entry)} exists for {known.platform}. Call this one {other}, or import with rename."
            return
        _rename(entry, other)
        known = tools[other.lower()]
    content = content_hash(_read_tool(entry).document)
    if content in known.contents:
        entry.outcome, entry.detail = Outcome.UNCHANGED, "The catalog has it already."
        return
    _number(entry, known, on_conflict)
    _refuse_what_is_others(entry, known, actor)
    if entry.outcome in STORED:
        known.add(_version(entry), content, platform)


def _number(entry: Entry, known: _Known, on_conflict: OnConflict) -> None:
    """Decide between a new tool, a new version and a conflict, and number what will be stored."""
    if not known.numbers:
        entry.version = entry.version or FIRST_VERSION
        return
    is_free = entry.version not in known.numbers
    if known.in_catalog or not is_free:
        entry.outcome, entry.detail = _conflicting(entry, on_conflict)
    else:
        entry.outcome = Outcome.NEW_VERSION
    if entry.outcome is Outcome.NEW_VERSION and (entry.version is None or not is_free):
        entry.version = known.next_number()


def _refuse_what_is_others(entry: Entry, known: _Known, actor: Actor) -> None:
    """Refuse a new version of somebody else's tool, and a tool that says it is somebody else's."""
    if entry.outcome not in STORED:
        return
    owner = wanted_owner(_read_tool(entry).definition)
    try:
        if known.in_catalog:
            require(actor, Permission.EDIT, known)
        if owner is not None and owner != known.owner:
            check_owner(actor, owner)
    except Forbidden as refusal:
        entry.outcome, entry.detail = Outcome.REFUSED, refusal.detail


def _conflicting(entry: Entry, on_conflict: OnConflict) -> tuple[Outcome, str | None]:
    """What becomes of a definition whose name, or version, is there with other content."""
    there = f"{_name(entry)} is in the catalog with other content"
    match on_conflict:
        case OnConflict.FAIL:
            return Outcome.CONFLICT, f"{there}. Import it as a new version, or skip it."
        case OnConflict.SKIP:
            return Outcome.SKIPPED, f"{there}, which was kept."
        case _:
            return Outcome.NEW_VERSION, None


def _rename(entry: Entry, name: str) -> None:
    """Give the entry another name, in its definition too, so that an export of it can be imported."""
    entry.tool_name = name
    entry.tool = source_tool({**_read_tool(entry).definition, "tool_name": name})


def _tell_changes(entries: Sequence[Entry]) -> None:
    """Say how what came differs from what the catalog has, where it has a tool of that name with other content."""
    differing = [entry for entry in entries if entry.tool is not None and entry.outcome in DIFFERING]
    names = {_name(entry).lower() for entry in differing}
    query = select(Tool).where(Tool.organisation == SHARED, Tool.is_latest, Tool.deleted_at.is_(None))
    rows = db.session.scalars(query.where(func.lower(Tool.tool_name).in_(names))) if names else ()
    there = {row.tool_name.lower(): current_definition(row) for row in rows}
    for entry in differing:
        before = there.get(_name(entry).lower())
        if before is not None:
            # Its number is told anyway, and is the import's own choice.
            after = {**_read_tool(entry).definition, "version": before["version"]}
            entry.changes = [told.text for told in diff(before, after)]


def _store(recorder: Recorder, entries: Sequence[Entry]) -> None:
    for entry in entries:
        versions = versions_of(_name(entry)) if entry.outcome is Outcome.NEW_VERSION else []
        tool = row_of(_numbered(entry), _name(entry), _version(entry))
        latest = latest_of(versions) if versions else None
        enabled, owner = (True, owner_when_made(recorder.actor)) if latest is None else (latest.enabled, latest.owner)
        lifecycle = wanted_lifecycle(_read_tool(entry).definition, Lifecycle("draft", enabled, owner))
        set_lifecycle(tool, replace(lifecycle, status=entry.status or "draft"))
        add_version(recorder, tool, versions)


def _numbered(entry: Entry) -> SourceTool:
    """The entry's definition, bearing its number where it named another one."""
    tool = _read_tool(entry)
    named = version_named(tool.definition)
    if named in {None, entry.version}:
        return tool
    return source_tool({**tool.definition, "tool_name": _name(entry), "version": _version(entry)})


def _read_tool(entry: Entry) -> SourceTool:
    if entry.tool is None:
        raise ValueError(f"{entry.source} holds no tool")
    return entry.tool


def _name(entry: Entry) -> str:
    if entry.tool_name is None:
        raise ValueError(f"{entry.source} names no tool")
    return entry.tool_name


def _version(entry: Entry) -> str:
    return entry.version or FIRST_VERSION
