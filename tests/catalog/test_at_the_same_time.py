"""Several people at once, each with a connection of their own: no promise is broken by it."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.catalog.models import AuditEntry, CatalogState, Tool
from app.extensions import SCHEMA, db
from tests.catalog.caller import Caller
from tests.definition import definition
from tests.parallel import at_once

MANY = 16


@pytest.fixture
def crowd(app_with: Callable[..., Flask]) -> Caller:
    """Speaks to an application with a connection for everybody."""
    roomy = app_with(pool_size=MANY + 4, pool_timeout_s=30, lock_timeout_ms=30_000, write_timeout_ms=30_000)
    return Caller(roomy.test_client())


def latest_rows() -> list[tuple[str, str]]:
    """Name and version of every row that is a latest, from the table itself."""
    query = select(Tool.tool_name, Tool.version).where(Tool.is_latest, Tool.deleted_at.is_(None))
    with db.engine.connect() as connection:
        return [(name, version) for name, version in connection.execute(query.order_by(Tool.tool_name))]


def statuses(crowd: Caller, requests: list[tuple[str, str, object]]) -> Counter[int]:
    """The status of each of these requests, made at the same moment."""
    answers = at_once(partial(crowd.send, method, path, json=body) for method, path, body in requests)
    return Counter(answer.status_code for answer in answers)


def assert_revisions_are_dense() -> None:
    """Revisions, audit entries and the catalog's revision agree, and revision order is commit order."""
    with db.engine.connect() as connection:
        revisions = list(connection.scalars(select(AuditEntry.revision).order_by(AuditEntry.id)))
        state = connection.scalar(select(CatalogState.revision))
    assert sorted(revisions) == list(range(1, len(revisions) + 1))
    assert state == len(revisions)


def test_of_many_creates_of_one_name_one_wins(app: Flask, crowd: Caller) -> None:
    spellings = ["grep", "Grep", "GREP", "gREP"] * (MANY // 4)
    found = statuses(crowd, [("POST", "", definition(name)) for name in spellings])
    assert found == {201: 1, 409: MANY - 1}
    assert len(latest_rows()) == 1
    assert_revisions_are_dense()


def test_creates_of_different_names_all_succeed(app: Flask, crowd: Caller) -> None:
    found = statuses(crowd, [("POST", "", definition(f"tool-{n}")) for n in range(MANY)])
    assert found == {201: MANY}
    assert len(latest_rows()) == MANY
    assert_revisions_are_dense()


def test_updates_of_one_tool_make_as_many_versions_and_one_latest(app: Flask, crowd: Caller) -> None:
    crowd.create()
    found = statuses(crowd, [("PUT", "/grep", {"description": f"Number {n}"}) for n in range(MANY)])
    assert found == {200: MANY}
    assert crowd.versions() == [f"1.{n}" for n in range(MANY, -1, -1)]
    assert latest_rows() == [("grep", f"1.{MANY}")]
    assert_revisions_are_dense()


def test_updates_based_on_the_same_version_have_one_winner(app: Flask, crowd: Caller) -> None:
    crowd.create()
    headers = {"If-Match": crowd.etag()}
    answers = at_once(
        partial(crowd.send, "PUT", "/grep", json={"description": f"Number {n}"}, headers=headers) for n in range(MANY)
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: MANY - 1}
    assert crowd.versions() == ["1.1", "1.0"]


def test_promotes_of_different_versions_leave_one_latest(app: Flask, crowd: Caller) -> None:
    crowd.create()
    numbers = [crowd.update(description=f"Number {n}")["version"] for n in range(7)]
    found = statuses(crowd, [("POST", f"/grep/versions/{number}/promote", None) for number in numbers * 2])
    assert found == {200: 14}
    assert len(latest_rows()) == 1
    assert_revisions_are_dense()


def test_everything_at_once_keeps_every_promise(app: Flask, crowd: Caller) -> None:
    crowd.create()
    crowd.update()
    found = statuses(
        crowd,
        [
            *[("PUT", "/grep", {"description": f"Number {n}"}) for n in range(4)],
            *[("POST", "/grep/versions/1.0/promote", None), ("POST", "/grep/versions/1.1/promote", None)] * 2,
            *[("PATCH", "/grep/disable", None), ("PATCH", "/grep/enable", None)],
            *[("POST", "", definition("grep")), ("POST", "", definition("find"))],
            *[("DELETE", "/grep?version=1.0", None), ("POST", "/import", [definition("grep"), definition("sed")])],
        ],
    )
    assert found.keys() <= {200, 201, 204, 404, 409}
    assert [name for name, _ in latest_rows()] == ["find", "grep", "sed"]
    assert_revisions_are_dense()


def test_a_deleted_and_a_recreated_tool_do_not_meet(app: Flask, crowd: Caller) -> None:
    crowd.create()
    statuses(crowd, [("DELETE", "/grep", None), ("POST", "", definition())] * 6)
    assert len(latest_rows()) <= 1
    assert_revisions_are_dense()


def test_imports_at_once_store_each_tool_once(app: Flask, crowd: Caller) -> None:
    tools = [definition(f"tool-{n}") for n in range(10)]
    found = statuses(crowd, [("POST", "/import", tools)] * 4)
    assert found == {200: 4}
    with db.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Tool)) == 10


def test_a_revision_is_never_seen_before_an_earlier_one(app: Flask, crowd: Caller) -> None:
    """Whoever reads revision r has seen every entry up to r: there are never gaps to be filled later."""
    seen: list[tuple[int, int]] = []

    def watch() -> None:
        with crowd.client.application.app_context(), db.engine.connect() as connection:
            for _ in range(60):
                counted = text(
                    f"SELECT (SELECT revision FROM {SCHEMA}.catalog_state), count(*), "
                    f"coalesce(max(revision), 0) FROM {SCHEMA}.tool_audit_log"
                )
                state, count, highest = connection.execute(counted).one()
                assert highest == state
                seen.append((state, count))
                connection.rollback()

    people: list[Callable[[], object]] = [watch, *(partial(crowd.create, f"tool-{n}") for n in range(12))]
    at_once(people)
    assert all(state == count for state, count in seen)


def test_a_change_that_waits_too_long_for_another_is_told_to_come_back(
    app: Flask, caller: Caller, app_with: Callable[..., Flask]
) -> None:
    caller.create()
    hasty = Caller(app_with(lock_timeout_ms=50).test_client())
    with db.engine.begin() as connection:
        connection.execute(text(f"SELECT 1 FROM {SCHEMA}.catalog_state FOR UPDATE"))
        answer = hasty.send("PATCH", "/grep/disable")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert caller.read()["enabled"] is True
