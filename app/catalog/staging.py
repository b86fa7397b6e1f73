"""Files brought to import at a page: kept for whoever brought them while they look at the dry run, then imported.

A batch is its account's alone, lasts a day, and is small: a body of a request. What is imported leaves its report.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select, update

from app.actor import Actor
from app.catalog.imports import OnConflict, Report, Source, import_tools
from app.catalog.models import ImportBatch, ImportFile
from app.catalog.sources import upload_sources
from app.catalog.transaction import transaction
from app.database import reading
from app.errors import BadRequest, Conflict, NotFound
from app.extensions import db
from app.permissions import Permission, require

KEPT_FOR = timedelta(hours=24)
# Somebody may look at several imports side by side; the oldest makes room for the next.
MOST_BATCHES = 3
MOST_FILES = 1_000
LARGEST_NUMBER = 2**63 - 1
LONGEST_NAME = 300
# An import that began longer ago has died with its process.
LONGEST_IMPORT = timedelta(minutes=15)
TELL_EVERY_S = 0.25

Upload = tuple[str, bytes]


def stage(files: Sequence[Upload], *, actor: Actor) -> int:
    """Keep files, by name and content, for a day; the number of their batch.

    Raises:
        BadRequest: there is none, or more than an import takes. Forbidden: the actor may not create tools.
    """
    require(actor, Permission.CREATE)
    if not files:
        raise BadRequest("There is nothing to import: choose files, or paste a definition.")
    if len(files) > MOST_FILES:
        raise BadRequest(f"An import takes {MOST_FILES:,} files at once. Bring fewer, or a zip archive.")
    with transaction():
        _make_room(actor)
        batch = ImportBatch(account=actor.name, expires_at=func.now() + KEPT_FOR)
        batch.files = [
            ImportFile(position=position, name=_without_nothing(name)[:LONGEST_NAME] or "upload", content=content)
            for position, (name, content) in enumerate(files)
        ]
        db.session.add(batch)
        db.session.flush()
        return batch.id


def batch_of(number: int, actor: Actor) -> ImportBatch:
    """A batch of this actor's.

    Raises:
        NotFound: there is none of that number, or none any more.
    """
    batch: ImportBatch | None = db.session.scalars(_living(number, actor)).one_or_none()
    if batch is None:
        raise NotFound(
            "These files are not kept any more: they are for whoever brought them, for a day. Bring them again."
        )
    return batch


def dry_run(number: int, on_conflict: OnConflict, *, actor: Actor) -> Report:
    """What importing a batch would do.

    Raises:
        NotFound: see `batch_of`.
    """
    return import_tools(_sources(batch_of(number, actor)), actor=actor, on_conflict=on_conflict, dry_run=True)


def import_batch(number: int, on_conflict: OnConflict, *, actor: Actor) -> dict[str, Any]:
    """Import a batch, and keep its report in place of its files. What was imported already is not imported again.

    Raises:
        NotFound: see `batch_of`. Conflict: its import is under way already.
        ImportBlocked: `on_conflict` is FAIL, and something cannot be stored.
    """
    batch = batch_of(number, actor)
    if batch.report is not None:
        return batch.report
    _begin(number)
    try:
        report = import_tools(
            _sources(batch), actor=actor, on_conflict=on_conflict, progress=_telling(number)
        ).as_json()
    except BaseException:
        _note(number, begun_at=None, done=0, total=0)
        raise
    with transaction():
        db.session.execute(update(ImportBatch).where(ImportBatch.id == number).values(report=report))
        db.session.execute(delete(ImportFile).where(ImportFile.batch_id == number))
    return report


def progress_of(number: int, actor: Actor) -> tuple[int, int] | None:
    """How many files the import of a batch has read, of how many; None while none is under way.

    Raises:
        NotFound: see `batch_of`.
    """
    columns = (ImportBatch.begun_at, ImportBatch.done, ImportBatch.total)
    told = _living(number, actor).with_only_columns(*columns)
    with reading(db.engine).connect() as connection:
        row = connection.execute(told).first()
    if row is None:
        raise NotFound("This import is not kept any more.")
    return None if row.begun_at is None else (row.done, row.total)


def discard(number: int, *, actor: Actor) -> None:
    """Forget a batch; one that is gone already is forgotten too."""
    with transaction():
        db.session.execute(delete(ImportBatch).where(_is_mine(number, actor)))


def _living(number: int, actor: Actor) -> Select[Any]:
    living = ImportBatch.expires_at > func.now()
    return select(ImportBatch).where(_is_mine(number, actor), living)


def _is_mine(number: int, actor: Actor) -> ColumnElement[bool]:
    # An address may hold any number; none that the database cannot hold is a batch's.
    return (ImportBatch.id == min(number, LARGEST_NUMBER)) & (ImportBatch.account == actor.name)


def _make_room(actor: Actor) -> None:
    """Forget what has expired, anybody's, and the oldest of the actor's own."""
    own = select(ImportBatch.id).where(ImportBatch.account == actor.name).order_by(ImportBatch.id.desc())
    surplus = ImportBatch.id.in_(own.offset(MOST_BATCHES - 1))
    db.session.execute(delete(ImportBatch).where((ImportBatch.expires_at < func.now()) | surplus))


def _sources(batch: ImportBatch) -> list[Source]:
    return upload_sources((file.name, file.content) for file in batch.files)


def _begin(number: int) -> None:
    """Make sure that a form that is sent twice imports once.

    Raises:
        Conflict: its import is under way, or just ended.
    """
    is_free = ImportBatch.begun_at.is_(None) | (ImportBatch.begun_at < func.now() - LONGEST_IMPORT)
    taken = update(ImportBatch).where(ImportBatch.id == number, is_free, ImportBatch.report.is_(None))
    with transaction():
        if db.session.execute(taken.values(begun_at=func.now()).returning(ImportBatch.id)).first() is None:
            raise Conflict("This import is under way already. Load the page again to see what came of it.")


def _telling(number: int) -> Callable[[Iterable[Source]], Iterator[Source]]:
    """What tells all processes, now and then, how many of the sources were read."""

    def pass_on(sources: Iterable[Source]) -> Iterator[Source]:
        waiting = list(sources)
        told_at = 0.0
        for done, source in enumerate(waiting):
            if time.monotonic() - told_at > TELL_EVERY_S:
                _note(number, done=done, total=len(waiting))
                told_at = time.monotonic()
            yield source
        _note(number, done=len(waiting), total=len(waiting))

    return pass_on


def _note(number: int, **values: Any) -> None:
    # On a connection of its own: what the import itself does is seen by nobody until all of it is done.
    with reading(db.engine).connect() as connection:
        connection.execute(update(ImportBatch).where(ImportBatch.id == number).values(**values))


def _without_nothing(name: str) -> str:
    """A name the database can hold: no character of it is the one numbered 0."""
    return name.replace("\0", "")
