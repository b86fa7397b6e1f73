"""Measurements of what fills the catalog: importing definitions, and building the snapshot from the database."""

from collections.abc import Iterator

from app import database
from app.catalog import live
from app.web import settings
from bench.clock import in_turns
from bench.stage import TOOLS, Stage
from bench.table import Row, Target


def import_definitions(stage: Stage) -> Iterator[Row]:
    """Every definition from YAML into the database, in one transaction; measured once, on an empty catalog."""
    checked_only = stage.timed_import(dry_run=True)
    stored = stage.import_seconds
    what = f"import of {TOOLS:,} definitions"
    yield Row(what, stored, "s", checked_only, "dry run", stored / checked_only, Target(5))


def snapshot_build(stage: Stage) -> Iterator[Row]:
    """The whole snapshot, beside reading no more than the documents out of the database."""
    with stage.filled_app().app_context(), database.connect(settings()) as connection:
        figure, baseline, ratio = in_turns(
            lambda: live.load(connection), lambda: _documents(connection), stage.effort.rounds
        )
    what = f"snapshot build of {TOOLS:,} tools"
    yield Row(what, 1000 * figure, "ms", 1000 * baseline, "SELECT document", ratio, Target(400))


def _documents(connection: live.Database) -> int:
    return len(connection.execute("SELECT document FROM tool_catalog.tools WHERE is_latest").fetchall())
