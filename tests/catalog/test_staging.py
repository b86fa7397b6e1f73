"""Files kept between the dry run and the import: whose they are, how long, and that they are imported once."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from app.actor import Actor, Role
from app.catalog import staging
from app.catalog.imports import ImportBlocked, OnConflict
from app.catalog.staging import MOST_BATCHES, MOST_FILES, Upload
from app.catalog.versions import versions_of
from app.definitions.documents import write_yaml
from app.errors import BadRequest, Conflict, Forbidden, NotFound
from app.extensions import db
from tests.catalog.caller import Caller
from tests.definition import definition

ADA = Actor("ada", "page", role=Role.AUTHOR)
BOB = Actor("bob", "page", role=Role.ADMIN)


def upload(name: str = "grep", **changes: object) -> Upload:
    """A file with one definition."""
    return f"{name}.yaml", write_yaml(definition(name, **changes)).encode()


def kept(table: str = "import_batches") -> int:
    """How many rows a table has."""
    with db.engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM tool_catalog.{table}")) or 0)


def run(statement: str) -> None:
    """Change something past every function."""
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_dry_run_stores_nothing_and_can_be_run_again_with_another_choice(app: Flask, caller: Caller) -> None:
    caller.create()
    number = staging.stage([upload(description="Other"), upload("sed")], actor=BOB)
    skipped = staging.dry_run(number, OnConflict.SKIP, actor=BOB)
    versioned = staging.dry_run(number, OnConflict.NEW_VERSION, actor=BOB)
    assert [entry.outcome.value for entry in skipped.entries] == ["skipped", "created"]
    assert [entry.outcome.value for entry in versioned.entries] == ["new_version", "created"]
    assert caller.names() == ["grep"]


def test_a_dry_run_says_in_words_what_is_other_than_in_the_catalog(app: Flask, caller: Caller) -> None:
    caller.create()
    number = staging.stage([upload(description="Other", version="7.0")], actor=BOB)
    for choice in (OnConflict.SKIP, OnConflict.NEW_VERSION, OnConflict.FAIL):
        (entry,) = staging.dry_run(number, choice, actor=BOB).entries
        assert entry.changes == ["description: “What grep does” → Other"]


def test_an_import_leaves_its_report_and_no_files(app: Flask) -> None:
    number = staging.stage([upload()], actor=ADA)
    report = staging.import_batch(number, OnConflict.SKIP, actor=ADA)
    assert (report["created"], report["dry_run"]) == (1, False)
    assert staging.batch_of(number, ADA).report == report
    assert kept("import_files") == 0
    assert [tool.created_by for tool in versions_of("grep")] == ["ada"]


def test_a_batch_that_is_imported_again_answers_with_its_report_and_stores_nothing(app: Flask, caller: Caller) -> None:
    caller.create()
    number = staging.stage([upload(description="Other")], actor=BOB)
    first = staging.import_batch(number, OnConflict.NEW_VERSION, actor=BOB)
    assert staging.import_batch(number, OnConflict.NEW_VERSION, actor=BOB) == first
    assert caller.versions() == ["1.1", "1.0"]


def test_a_form_sent_twice_imports_once(app: Flask) -> None:
    number = staging.stage([upload()], actor=ADA)
    run("UPDATE tool_catalog.import_batches SET begun_at = now()")
    with pytest.raises(Conflict, match="under way already"):
        staging.import_batch(number, OnConflict.SKIP, actor=ADA)
    assert versions_of("grep") == []


def test_an_import_that_died_with_its_process_can_be_begun_again(app: Flask) -> None:
    number = staging.stage([upload()], actor=ADA)
    run("UPDATE tool_catalog.import_batches SET begun_at = now() - interval '16 minutes'")
    assert staging.import_batch(number, OnConflict.SKIP, actor=ADA)["created"] == 1


def test_a_blocked_import_stores_nothing_and_can_be_tried_otherwise(app: Flask, caller: Caller) -> None:
    caller.create()
    number = staging.stage([upload(description="Other"), upload("sed")], actor=BOB)
    with pytest.raises(ImportBlocked):
        staging.import_batch(number, OnConflict.FAIL, actor=BOB)
    assert caller.names() == ["grep"]
    assert staging.progress_of(number, BOB) is None
    assert staging.import_batch(number, OnConflict.SKIP, actor=BOB)["created"] == 1


def test_nobody_else_sees_imports_or_discards_a_batch(app: Flask) -> None:
    number = staging.stage([upload()], actor=ADA)
    for reach in (
        lambda: staging.batch_of(number, BOB),
        lambda: staging.dry_run(number, OnConflict.SKIP, actor=BOB),
        lambda: staging.import_batch(number, OnConflict.SKIP, actor=BOB),
        lambda: staging.progress_of(number, BOB),
    ):
        with pytest.raises(NotFound):
            reach()
    staging.discard(number, actor=BOB)
    assert staging.batch_of(number, ADA).id == number


def test_a_batch_lasts_a_day_and_the_next_one_sweeps_it_away(app: Flask) -> None:
    number = staging.stage([upload()], actor=ADA)
    run("UPDATE tool_catalog.import_batches SET expires_at = now() - interval '1 second'")
    with pytest.raises(NotFound, match="not kept any more"):
        staging.batch_of(number, ADA)
    staging.stage([upload()], actor=BOB)
    assert (kept(), kept("import_files")) == (1, 1)


def test_somebody_keeps_a_few_batches_the_oldest_goes_first(app: Flask) -> None:
    others = staging.stage([upload()], actor=BOB)
    numbers = [staging.stage([upload()], actor=ADA) for _ in range(MOST_BATCHES + 1)]
    with pytest.raises(NotFound):
        staging.batch_of(numbers[0], ADA)
    assert [staging.batch_of(number, ADA).id for number in numbers[1:]] == numbers[1:]
    assert staging.batch_of(others, BOB).id == others


def test_a_discarded_batch_is_gone_with_its_files(app: Flask) -> None:
    number = staging.stage([upload()], actor=ADA)
    staging.discard(number, actor=ADA)
    staging.discard(number, actor=ADA)
    assert (kept(), kept("import_files")) == (0, 0)


@pytest.mark.parametrize("count", [0, MOST_FILES + 1])
def test_no_file_and_too_many_are_refused(app: Flask, count: int) -> None:
    with pytest.raises(BadRequest):
        staging.stage([upload()] * count, actor=ADA)
    assert kept() == 0


def test_a_viewer_keeps_nothing(app: Flask) -> None:
    with pytest.raises(Forbidden):
        staging.stage([upload()], actor=Actor("eve", "page"))
    assert kept() == 0


def test_what_belongs_to_others_is_refused_tool_by_tool(app: Flask, caller: Caller) -> None:
    caller.create(owner="bob")
    number = staging.stage([upload(description="Other"), upload("sed")], actor=ADA)
    report = staging.import_batch(number, OnConflict.NEW_VERSION, actor=ADA)
    assert [entry["outcome"] for entry in report["results"]] == ["refused", "created"]


def test_progress_is_told_while_files_are_read_and_by_no_other_transaction(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "TELL_EVERY_S", -1)
    number = staging.stage([upload("a"), upload("b"), upload("c")], actor=ADA)
    assert staging.progress_of(number, ADA) is None
    seen = []
    reading = staging.upload_sources

    def watched(files: Iterator[Upload]) -> list[staging.Source]:
        def spied(source: staging.Source) -> staging.Source:
            def read():  # type: ignore[no-untyped-def]
                seen.append(staging.progress_of(number, ADA))
                return source.read()

            return staging.Source(source.name, read)

        return [spied(source) for source in reading(files)]

    monkeypatch.setattr(staging, "upload_sources", watched)
    staging.import_batch(number, OnConflict.SKIP, actor=ADA)
    assert seen == [(0, 3), (1, 3), (2, 3)]
    assert staging.progress_of(number, ADA) == (3, 3)


def test_a_name_is_kept_as_far_as_the_database_can(app: Flask) -> None:
    number = staging.stage([("a\x00b" + "x" * 1000, b""), ("", b"")], actor=ADA)
    first, second = staging.batch_of(number, ADA).files
    assert (first.name[:3], len(first.name), second.name) == ("abx", staging.LONGEST_NAME, "upload")
