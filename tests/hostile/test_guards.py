"""Each guard, switched off, lets the attack through that it holds off: so a test that passes shows a guard at work.

Every attack is tried twice: with the product as it is, and with its guard taken out.
"""

import contextvars
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Route
from sqlalchemy import select, text, update

from app import envelope
from app.actor import command_actor
from app.catalog import changes
from app.catalog.changes import set_enabled
from app.catalog.models import AuditEntry, CatalogState
from app.catalog.transaction import Recorder
from app.extensions import db
from tests.catalog.caller import Caller
from tests.parallel import until

SITE = "http://catalog.invalid"
ME = command_actor("ann")


def reload_from_elsewhere(client: FlaskClient) -> int:
    """Send the form another site could have on its page, with the cookies of whoever looks at it."""
    client.get("/reloads")
    return client.post("/reloads", headers={"Origin": "http://evil.invalid"}).status_code


def test_a_form_of_another_site_is_refused(client: FlaskClient) -> None:
    assert reload_from_elsewhere(client) == 400


def test_without_tokens_in_forms_it_would_be_taken(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    assert reload_from_elsewhere(client) == 303


def script_runs(browser: Browser, client: FlaskClient) -> bool:
    """Whether a script that got into a page runs: the page is as the server answers it, but for the script."""

    def with_script(route: Route) -> None:
        if route.request.url != f"{SITE}/tools":
            route.fulfill(status=404)
            return
        answer = client.get("/tools")
        body = answer.text.replace("<head>", "<head><script>window.ran = true</script>")
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
        route.fulfill(status=answer.status_code, headers=headers, body=body)

    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", with_script)
    page.goto(f"{SITE}/tools")
    assert page.get_by_role("heading", level=1).count() == 1
    ran: bool = page.evaluate("window.ran === true")
    context.close()
    return ran


def test_a_script_that_got_into_a_page_does_not_run(browser: Browser, client: FlaskClient) -> None:
    assert not script_runs(browser, client)


def test_without_the_content_security_policy_it_would_run(
    browser: Browser, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tuple(one for one in envelope.SECURITY_HEADERS if one[0] != "Content-Security-Policy")
    assert len(others) == len(envelope.SECURITY_HEADERS) - 1
    monkeypatch.setattr(envelope, "SECURITY_HEADERS", others)
    assert script_runs(browser, client)


def stale_put(client: FlaskClient) -> tuple[int, str]:
    """Change a tool from a version that somebody else has changed meanwhile: the status, and what is there then."""
    caller = Caller(client)
    caller.create()
    basis = caller.etag()
    caller.patch("grep", description="What somebody else wrote")
    answer = caller.send("PUT", "/grep", json={"description": "What I wrote"}, headers={"If-Match": basis})
    return answer.status_code, caller.read()["description"]


def test_a_stale_change_is_refused(client: FlaskClient) -> None:
    assert stale_put(client) == (412, "What somebody else wrote")


def test_without_a_look_at_its_basis_it_would_overwrite(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "check_basis", lambda latest, based_on: None)
    assert stale_put(client) == (200, "What I wrote")


def take_early(count: int) -> int:
    """Take revisions as a sequence gives numbers: at once for everybody, and never held until the commit."""
    with db.engine.connect() as connection:
        moved = update(CatalogState).values(revision=CatalogState.revision + count).returning(CatalogState.revision)
        taken: int = connection.execute(moved).scalar_one()
        connection.commit()
        return taken


def missed_by_a_reader(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, take: Any) -> set[int]:
    """The revisions a reader never hears of, who asks for what came after the last one heard of.

    The first of two writers stops between its number and its commit, until the second is done, or waits for it.
    """
    caller = Caller(client)
    names = ("first", "second")
    for name in names:
        caller.create(name)
    has_number, may_commit = threading.Event(), threading.Event()

    def take_and_wait(count: int) -> int:
        taken: int = take(count)
        if threading.current_thread().name == names[0]:
            has_number.set()
            assert may_commit.wait(10)
        return taken

    monkeypatch.setattr(Recorder, "_take_revisions", staticmethod(take_and_wait))
    writers = [threading.Thread(target=disabling(app, name), name=name) for name in names]
    writers[0].start()
    assert has_number.wait(10)
    writers[1].start()
    assert until(lambda: not writers[1].is_alive() or is_waiting())
    heard = revisions()
    may_commit.set()
    for writer in writers:
        writer.join(10)
    assert not any(writer.is_alive() for writer in writers)
    assert [caller.read(name)["enabled"] for name in names] == [False, False]
    return {number for number in revisions() - heard if number < max(heard)}


def disabling(app: Flask, name: str) -> Callable[[], None]:
    """What disables a tool in a thread of its own."""

    def disable() -> None:
        with app.app_context():
            set_enabled(name, False, actor=ME)

    return lambda: contextvars.Context().run(disable)


def is_waiting() -> bool:
    """Whether somebody in the database waits for somebody else's lock."""
    with db.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def revisions() -> set[int]:
    """The revisions in the audit log now."""
    with db.engine.connect() as connection:
        return {number for number in connection.scalars(select(AuditEntry.revision)) if number is not None}


def test_no_reader_misses_a_change(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missed_by_a_reader(app, client, monkeypatch, Recorder._take_revisions) == set()


def test_with_revisions_nobody_holds_a_reader_would(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert missed_by_a_reader(app, client, monkeypatch, take_early) == {3}
