"""The history of the tables: linear, reversible, and what the models say."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import Insert, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from app.catalog.models import CatalogState, Organisation, Tool
from app.config import PROJECT
from app.definitions.vocabulary import CATEGORIES, PLATFORMS, STATUSES
from app.extensions import SCHEMA, Base, db
from app.schema import (
    BEHIND,
    CURRENT,
    EMPTY,
    ensure_schema,
    know_migrations,
    migration_state,
    newest_migration,
    upgrade,
)
from tests.owner import owning

KNOWN_TABLES = {
    "tools": "id tool_name version description platform category status enabled defaults dependencies metadata "
    "parent_version_id is_latest created_at updated_at created_by updated_by",
    "tool_capabilities": "id tool_id capability_name description created_at",
    "tool_patterns": "id capability_id pattern_name description typical_use_cases time_estimate_ms cost_estimate "
    "complexity_score scope completeness limitations policy preference_match required_inputs expected_outputs "
    "examples created_at updated_at",
    "tool_telemetry": "id tool_id capability_id pattern_id execution_id user_id environment actual_time_ms actual_cost "
    "success error_message context_variables executed_at",
    "tool_ab_tests": "id test_name description tool_a_id tool_b_id traffic_split target_environment target_users "
    "status winner_tool_id results started_at completed_at created_by",
    "tool_audit_log": "id tool_id action changes changed_by changed_at reason ip_address",
}


@pytest.fixture
def migrated(app: Flask) -> Iterator[Flask]:
    """The application; whatever a test does to the tables, they are there again afterwards."""
    know_migrations(app)
    yield app
    upgrade()
    reconnect()


def reconnect() -> None:
    """Forget every connection, as another process would: what they may do was decided when they were made."""
    db.session.remove()
    db.engine.dispose()


def tables() -> set[str]:
    """The tables of the product's schema."""
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names(schema=SCHEMA))


def structure() -> list[str]:
    """Every column, constraint and index of the schema, as PostgreSQL describes it."""
    queries = [
        "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length "
        f"FROM information_schema.columns WHERE table_schema = '{SCHEMA}'",
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        f"WHERE connamespace = '{SCHEMA}'::regnamespace",
        f"SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = '{SCHEMA}'",
    ]
    with db.engine.connect() as connection:
        return sorted(str(tuple(row)) for query in queries for row in connection.execute(text(query)))


def test_the_history_is_one_line_of_numbers() -> None:
    scripts = ScriptDirectory(str(PROJECT / "migrations"))
    history = [script.revision for script in scripts.walk_revisions()]
    assert history == sorted(history, reverse=True)
    assert scripts.get_heads() == [newest_migration()]
    assert all(re.fullmatch(r"\d{4}", revision) for revision in history)


def test_every_migration_goes_down_and_up_again(migrated: Flask) -> None:
    scripts = ScriptDirectory(str(PROJECT / "migrations"))
    before = structure()
    for _ in scripts.walk_revisions():
        downgrade(revision="-1")
    assert tables() == {"alembic_version"}
    upgrade()
    assert structure() == before


def test_models_and_migrations_agree(app: Flask) -> None:
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, _: name == SCHEMA if kind == "schema" else name != "alembic_version",
        "compare_type": True,
    }
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("table", KNOWN_TABLES)
def test_the_tables_have_the_columns_existing_sql_knows(app: Flask, table: str) -> None:
    with db.engine.connect() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns(table, schema=SCHEMA)}
    assert set(KNOWN_TABLES[table].split()) <= columns


def test_a_catalog_begins_with_its_revision_and_its_organisation(migrated: Flask) -> None:
    downgrade(revision="base")
    upgrade()
    assert [(state.id, state.revision) for state in db.session.query(CatalogState)] == [(1, 0)]
    assert [organisation.name for organisation in db.session.query(Organisation)] == ["shared"]


@pytest.mark.parametrize(("column", "words"), [("platform", PLATFORMS), ("category", CATEGORIES), ("status", STATUSES)])
def test_the_database_checks_the_words_of_the_vocabulary(app: Flask, column: str, words: tuple[str, ...]) -> None:
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"
    with db.engine.connect() as connection:
        definition = connection.scalar(text(query), {"name": f"ck_tools_{column}_known"})
    assert set(re.findall(r"'([^']*)'", definition or "")) == set(words)


def tool(**columns: object) -> Insert:
    """A statement that writes a row of the tools table."""
    needed = {"tool_name": "grep", "version": "1.0", "document": {}, "content_hash": "0"}
    return insert(Tool).values({**needed, "created_by": "me", "updated_by": "me", **columns})


@pytest.mark.parametrize(
    ("statements", "constraint"),
    [
        ([tool(is_latest=True), tool(version="1.1", is_latest=True)], "uq_tools_latest"),
        ([tool(is_latest=True), tool(tool_name="GREP", version="1.1", is_latest=True)], "uq_tools_latest"),
        ([tool(), tool()], "uq_tools_version"),
        ([tool(), tool(tool_name="Grep")], "uq_tools_version"),
        ([tool(platform="linuks")], "ck_tools_platform_known"),
        ([tool(category="sytem")], "ck_tools_category_known"),
        ([tool(status="retired", platform="linux", category="system")], "ck_tools_status_known"),
        ([tool(status="active")], "ck_tools_complete"),
        ([tool(tool_name="two words")], "ck_tools_name_usable"),
        ([tool(organisation="nobody")], "fk_tools_organisation"),
        ([insert(CatalogState).values(id=2, revision=0)], "ck_catalog_state_one_row"),
    ],
)
def test_the_database_itself_refuses_what_may_never_be(app: Flask, statements: list[Insert], constraint: str) -> None:
    *harmless, forbidden = statements
    with db.engine.connect() as connection:
        for statement in harmless:
            connection.execute(statement)
        with pytest.raises(IntegrityError, match=constraint):
            connection.execute(forbidden)


def test_deleted_rows_stand_in_nobodys_way(app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(tool(is_latest=True, deleted_at=datetime.now(UTC)))
        connection.execute(tool(is_latest=True))
        assert connection.scalar(select(func.count()).select_from(Tool)) == 2


def test_a_database_without_tables_gets_them(migrated: Flask) -> None:
    downgrade(revision="base")
    reconnect()
    with owning() as connection:
        connection.execute(text(f"DROP TABLE {SCHEMA}.alembic_version"))
    assert migration_state() == EMPTY
    ensure_schema()
    assert migration_state() == CURRENT
    assert "tools" in tables()


def test_a_database_of_another_release_is_left_alone(migrated: Flask) -> None:
    downgrade(revision="-1")
    reconnect()
    before = tables()
    assert newest_migration() is not None
    assert migration_state() == BEHIND
    with pytest.raises(Exception, match="db upgrade"):
        ensure_schema()
    assert tables() == before
