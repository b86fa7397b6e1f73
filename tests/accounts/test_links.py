"""Sign-in links: good once, for a while; the first of them, and how it is given."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from psycopg.conninfo import make_conninfo

from app.accounts import changes, links, people
from app.accounts.changes import LINK_MIN, create_link
from app.accounts.tokens import digest
from app.actor import command_actor
from app.config import Settings
from app.envelope import shown_path
from app.errors import BadRequest, Conflict
from app.extensions import db
from app.factory import create_app
from app.schema import upgrade
from app.serve import invite_first_administrator
from tests.accounts.browser import Browser, csrf_token, run, words
from tests.accounts.starting import ask_for_the_first_link
from tests.accounts.told import Told, chain_holds, entries
from tests.contents import contents
from tests.faults.crew import FORKING, Crew
from tests.parallel import at_once
from tests.people import Somebody

ROOT = command_actor("root")


@pytest.fixture
def secret(ada: Somebody) -> str:
    """The secret of a link for Ada."""
    return create_link("author", actor=ROOT, name="ada")


def path(secret: str) -> str:
    """Where a link leads."""
    return f"/sign-in/link/{secret}"


def use(browser: Browser, secret: str) -> int:
    """Press the button of a link's page; the status of the answer."""
    form = {"csrf_token": csrf_token(browser.get("/sign-in").text)}
    return browser.post(path(secret), form).status_code


def used() -> list[bool]:
    """Which links were used, the oldest first."""
    return [
        is_used for (is_used,) in run("SELECT used_at IS NOT NULL FROM tool_catalog.sign_in_links ORDER BY created_at")
    ]


def test_reading_the_page_uses_nothing_up(browser: Browser, secret: str) -> None:
    for _ in range(3):
        page = browser.get(path(secret))
        assert page.status_code == 200
        assert "Sign in as ada" in page.text
    assert browser.client.head(path(secret)).status_code == 200
    assert used() == [False]
    assert not browser.is_in
    assert entries("signed_in") == []


def test_the_page_tells_nobody_its_address(browser: Browser, secret: str) -> None:
    headers = browser.get(path(secret)).headers
    assert headers.getlist("Referrer-Policy") == ["no-referrer"]
    assert headers.getlist("Cache-Control") == ["no-store"]
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]


def test_other_pages_keep_the_usual_policy(browser: Browser) -> None:
    assert browser.get("/sign-in").headers.getlist("Referrer-Policy") == ["same-origin"]


def test_the_button_signs_in_once(app: Flask, browser: Browser, secret: str) -> None:
    answer = browser.send(path(secret), page=path(secret))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.is_in
    assert used() == [True]
    other = Browser(app)
    again = other.get(path(secret))
    assert again.status_code == 404
    assert "This sign-in link was used already." in words(again.text)
    assert use(other, secret) == 404
    assert not other.is_in


def test_behind_tls_the_button_works_though_its_page_tells_no_referrer(app: Flask, secret: str) -> None:
    browser, tls = Browser(app), "https://tools.example"
    page = browser.client.get(path(secret), base_url=tls)
    answer = browser.client.post(path(secret), data={"csrf_token": csrf_token(page.text)}, base_url=tls)
    assert (answer.status_code, answer.headers.get("Location")) == (303, "/account")


@pytest.mark.parametrize("form", [{}, {"csrf_token": "made up"}])
def test_without_the_pages_token_the_button_does_nothing(browser: Browser, secret: str, form: dict[str, str]) -> None:
    browser.get(path(secret))
    assert browser.post(path(secret), form).status_code == 400
    assert used() == [False]


def test_a_link_ends_by_itself(browser: Browser, secret: str) -> None:
    ((minutes,),) = run("SELECT extract(epoch FROM expires_at - created_at) / 60 FROM tool_catalog.sign_in_links")
    assert round(minutes, 1) == LINK_MIN == 15
    run("UPDATE tool_catalog.sign_in_links SET expires_at = now() - interval '1 s'")
    assert browser.get(path(secret)).status_code == 404
    assert use(browser, secret) == 404
    assert not browser.is_in


@pytest.mark.parametrize("other", ["x", "a" * 43, "%00", "..%2f..", "é" * 43])
def test_a_link_nobody_made_signs_nobody_in(browser: Browser, secret: str, other: str) -> None:
    assert browser.get(path(other)).status_code in {400, 404}
    assert use(browser, other) in {400, 404}
    assert not browser.is_in


def test_of_sixteen_that_press_the_button_at_once_one_is_signed_in(app: Flask, secret: str) -> None:
    browsers = [Browser(app) for _ in range(16)]
    forms = [{"csrf_token": csrf_token(browser.get(path(secret)).text)} for browser in browsers]

    def press(browser: Browser, form: dict[str, str]) -> Callable[[], int]:
        return lambda: browser.post(path(secret), form).status_code

    statuses = at_once([press(*pair) for pair in zip(browsers, forms, strict=True)])
    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 404, 503}
    assert [browser.is_in for browser in browsers].count(True) == 1
    assert len(entries("signed_in")) == 1


def test_the_secret_is_in_no_table(browser: Browser, secret: str) -> None:
    browser.send(path(secret), page=path(secret))
    assert secret not in "".join(row for rows in contents().values() for row in rows)
    assert run("SELECT count(*) FROM tool_catalog.sign_in_links WHERE hash = :hash", hash=digest(secret)) == [(1,)]


def test_using_a_link_is_audited(app: Flask, secret: str) -> None:
    browser = Browser(app, REMOTE_ADDR="192.0.2.9")
    browser.send(path(secret), page=path(secret))
    made, signed_in = entries()
    assert (made.action, made.subject, made.by) == ("sign_in_link_created", "ada", "root")
    assert signed_in == Told("signed_in", "ada", "ada", "192.0.2.9", "page", "link", [])
    assert chain_holds()


def test_a_link_may_be_for_somebody_who_is_not_there_yet(browser: Browser, app: Flask) -> None:
    secret = create_link("author", actor=ROOT, name="new.one@example.org")
    assert not run("SELECT FROM tool_catalog.users WHERE name = 'new.one@example.org'")
    assert browser.send(path(secret), page=path(secret)).status_code == 303
    assert run("SELECT role, kind FROM tool_catalog.users WHERE name = 'new.one@example.org'") == [("author", "person")]
    assert [told.action for told in entries()][1:] == ["account_created", "signed_in"]


def test_without_a_name_a_link_is_for_the_account_called_like_the_role(browser: Browser) -> None:
    secret = create_link("viewer", actor=ROOT)
    browser.send(path(secret), page=path(secret))
    assert "<h1>viewer</h1>" in browser.get("/account").text


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda: changes.set_role("ada", "viewer", actor=ROOT), "ada has the role viewer, not author."),
        (lambda: changes.set_disabled("ada", True, actor=ROOT), "ada is disabled"),
        (lambda: run("UPDATE tool_catalog.users SET kind = 'service' WHERE name = 'ada'"), "ada is a service"),
    ],
)
def test_an_account_that_changed_meanwhile_is_not_signed_in(
    browser: Browser, secret: str, *, spoil: Callable[[], object], words: str
) -> None:
    spoil()
    with pytest.raises(Conflict, match=re.escape(words)):
        create_link("author", actor=ROOT, name="ada")
    db.session.remove()
    assert use(browser, secret) == 409
    assert not browser.is_in
    assert used() == [False]


def test_no_link_is_made_for_a_name_that_is_a_teams(app: Flask) -> None:
    changes.create_team("ops", actor=ROOT)
    with pytest.raises(Conflict, match="ops is the name of a team already"):
        create_link("author", actor=ROOT, name="Ops")


@pytest.mark.parametrize(("role", "name"), [("owner", "ada"), ("author", "no name"), ("author", "x" * 101)])
def test_no_link_is_made_for_what_is_no_role_or_name(app: Flask, role: str, name: str) -> None:
    with pytest.raises(BadRequest):
        create_link(role, actor=ROOT, name=name)
    assert used() == []


def test_links_nobody_can_use_are_forgotten_after_a_day(browser: Browser, secret: str, ada: Somebody) -> None:
    run("UPDATE tool_catalog.sign_in_links SET expires_at = now() - interval '25 h'")
    fresh = create_link("author", actor=ROOT, name="ada")
    browser.send(path(fresh), page=path(fresh))
    assert used() == [True]


# Where a link leads.


@pytest.mark.parametrize(
    ("places", "beginning"),
    [
        ({"host": "127.0.0.1", "port": 8123}, "http://127.0.0.1:8123/sign-in/link/"),
        ({"public_url": "https://tools.example/"}, "https://tools.example/sign-in/link/"),
    ],
)
def test_a_link_leads_to_where_people_reach_the_catalog(
    app_with: Callable[..., Flask], *, places: dict[str, object], beginning: str
) -> None:
    with app_with(**places).app_context():
        assert links.address_of_link("abc") == f"{beginning}abc"


# The first administrator.


@pytest.fixture
def nobody_yet(app: Flask) -> None:
    """A database without accounts."""
    run("DELETE FROM tool_catalog.users")


def test_the_first_link_makes_the_administrator(app: Flask, nobody_yet: None) -> None:
    address = links.first_link()
    assert address is not None
    browser = Browser(app)
    answer = browser.send(
        address.removeprefix("http://127.0.0.1:8080"), page=address.removeprefix("http://127.0.0.1:8080")
    )
    assert answer.status_code == 303
    assert browser.get("/accounts").status_code == 200
    assert run("SELECT name, role, created_by FROM tool_catalog.users") == [("admin", "admin", "system")]


def test_there_is_no_first_link_while_one_is_out(app: Flask, nobody_yet: None) -> None:
    assert links.first_link() is not None
    assert links.first_link() is None
    run("UPDATE tool_catalog.sign_in_links SET expires_at = now() - interval '1 s'")
    assert links.first_link() is not None


def test_there_is_no_first_link_when_somebody_has_an_account(app: Flask) -> None:
    assert people.is_anybody()
    assert links.first_link() is None
    assert used() == []


@pytest.fixture
def empty_database(settings: Settings) -> Iterator[Settings]:
    """Settings with another database, that has the tables and nobody in them."""
    name = f"first_link_{os.getpid()}"
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        other = replace(settings, database_url=make_conninfo(settings.database_url, dbname=name))
        try:
            with create_app(other).app_context():
                upgrade()
                db.engine.dispose()
            yield other
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_of_four_processes_that_start_at_once_one_makes_the_first_link(empty_database: Settings) -> None:
    crew, start = Crew(), FORKING.Barrier(4)
    try:
        answers = []
        for _ in range(4):
            receiving, sending = FORKING.Pipe(duplex=False)
            crew.start(ask_for_the_first_link, empty_database, start, sending)
            answers.append(receiving)
        assert all(answer.poll(60) for answer in answers)
        told = [answer.recv() for answer in answers]
    finally:
        crew.close()
    assert told.count(None) == 3
    with psycopg.connect(empty_database.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM tool_catalog.sign_in_links").fetchall() == [(1,)]


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    """Settings with a data directory of the test's own."""
    return Settings(data_dir=tmp_path / "data")


def test_on_a_terminal_the_link_is_printed(kept: Settings) -> None:
    told = links.hand_over("http://h/sign-in/link/s", kept, is_terminal=True)
    assert told.endswith("\n  http://h/sign-in/link/s")
    assert not kept.data_dir.exists()


def test_without_a_terminal_the_link_is_in_a_file_only_its_owner_reads(kept: Settings) -> None:
    kept.data_dir.mkdir()
    file = kept.data_dir / links.FILE
    file.write_text("an older one")
    file.chmod(0o666)
    before = os.umask(0)
    try:
        told = links.hand_over("http://h/sign-in/link/s", kept, is_terminal=False)
    finally:
        os.umask(before)
    assert "link/s" not in told
    assert str(file) in told
    assert file.read_text() == "http://h/sign-in/link/s\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_somebody_left_in_the_way_is_not_written_through(kept: Settings, tmp_path: Path) -> None:
    kept.data_dir.mkdir()
    (tmp_path / "elsewhere").write_text("untouched")
    (kept.data_dir / links.FILE).symlink_to(tmp_path / "elsewhere")
    links.hand_over("http://h/sign-in/link/s", kept, is_terminal=False)
    assert (tmp_path / "elsewhere").read_text() == "untouched"


def test_the_file_goes_when_there_are_accounts(app: Flask, kept: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    links.hand_over("http://h/sign-in/link/s", kept, is_terminal=False)
    invite_first_administrator(kept)
    assert not (kept.data_dir / links.FILE).exists()
    assert capsys.readouterr().out == ""


def test_a_start_says_where_the_link_is_and_the_next_one_that_it_is_out(
    app: Flask, nobody_yet: None, kept: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    invite_first_administrator(kept)
    told = capsys.readouterr().out
    secret = (kept.data_dir / links.FILE).read_text().strip().rsplit("/", 1)[1]
    assert str(kept.data_dir / links.FILE) in told
    assert secret not in told
    invite_first_administrator(kept)
    assert capsys.readouterr().out.startswith("A sign-in link is out already")
    assert (kept.data_dir / links.FILE).exists()


# The log: what it shows of a path. That nothing else of it is there, tests/hostile/test_secrets.py sees.


@pytest.mark.parametrize("path", ["/sign-in/link/abc", "/sign-in/link/abc/def", "/sign-in/link/"])
def test_the_log_shows_no_secret_of_a_link(path: str) -> None:
    assert shown_path(path) == "/sign-in/link/…"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/tools/sign-in/link/abc"])
def test_the_log_shows_every_other_path(path: str) -> None:
    assert shown_path(path) == path
