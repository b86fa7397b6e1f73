"""Sessions: a cookie alone opens nothing; how they begin, go on, and end, here and everywhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.accounts import changes, passwords, sign_in
from app.accounts.sign_in import ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS
from app.actor import command_actor
from app.catalog.transaction import transaction
from app.extensions import db
from tests.accounts.browser import (
    OTHER_PASSWORD,
    PASSWORD,
    Browser,
    alert,
    csrf_token,
    give_password,
    run,
    signed_cookie,
)
from tests.accounts.told import Told, actions, chain_holds, entries
from tests.contents import contents
from tests.parallel import at_once
from tests.people import Somebody, somebody
from tests.reload.cut import Cut

ROOT = command_actor("root")
TLS = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "192.0.2.7", "HTTP_X_FORWARDED_HOST": "tools.example"}


@pytest.fixture
def ada(ada: Somebody) -> Somebody:
    """An author with a password, and signed in nowhere."""
    give_password("ada")
    run("DELETE FROM tool_catalog.sign_ins")
    return ada


def sessions() -> list[Any]:
    """Whose sessions there are."""
    joined = "tool_catalog.sign_ins AS s JOIN tool_catalog.users AS u ON u.id = user_id"
    return [name for (name,) in run(f"SELECT name FROM {joined} ORDER BY s.created_at")]


def make_older(**columns: int) -> None:
    """Move what sessions remember back, in minutes."""
    for column, minutes in columns.items():
        run(f"UPDATE tool_catalog.sign_ins SET {column} = now() - make_interval(mins => :minutes)", minutes=minutes)


def test_with_name_and_password_one_is_in(browser: Browser, ada: Somebody) -> None:
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tools")
    assert browser.is_in
    assert sessions() == ["ada"]


def test_names_are_told_apart_ignoring_case(browser: Browser, ada: Somebody) -> None:
    assert browser.sign_in("ADA").status_code == 303
    assert browser.is_in


def test_the_session_tells_where_it_is(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, REMOTE_ADDR="192.0.2.9", HTTP_USER_AGENT="Netscape " + "x" * 400)
    browser.sign_in()
    ((address, agent),) = run("SELECT host(address), browser FROM tool_catalog.sign_ins")
    assert (address, len(agent), agent[:8]) == ("192.0.2.9", 300, "Netscape")
    page = browser.get("/account").text
    assert "Netscape" in page
    assert "This one" in page


def test_a_hash_made_with_other_parameters_is_made_anew_at_sign_in(browser: Browser, ada: Somebody) -> None:
    old = passwords.PasswordHasher(time_cost=1, memory_cost=128, parallelism=1).hash(PASSWORD)
    run("UPDATE tool_catalog.users SET password_hash = :old WHERE name = 'ada'", old=old)
    browser.sign_in()
    ((kept,),) = run("SELECT password_hash FROM tool_catalog.users WHERE name = 'ada'")
    assert kept.split("$")[3] == "m=64,t=1,p=1"
    assert Browser(browser.app).sign_in().status_code == 303


# No enumeration: whatever does not fit, the answer is the same, and costs the same.


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were held against."""
    held: list[str] = []

    class Spying(passwords.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            held.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Spying(time_cost=1, memory_cost=64, parallelism=1))
    return held


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wooden trams sing eleven prunes"),
        ("nobody-has-this-name", PASSWORD),
        ("without", PASSWORD),
        ("without", "nobody has this password"),
        ("gone", PASSWORD),
        ("robot", PASSWORD),
        ("ada\u200b", PASSWORD),
        ("ada' OR '1'='1", PASSWORD),
    ],
)
def test_nobody_learns_what_of_name_and_password_is_wrong(
    app: Flask, browser: Browser, ada: Somebody, hashed: list[str], *, name: str, password: str
) -> None:
    somebody(app, "without", "author")
    somebody(app, "gone", "author")
    somebody(app, "robot", "author", kind="service")
    for one in ("gone", "robot"):
        give_password(one)
    changes.set_disabled("gone", True, actor=ROOT)
    usual, answer = Browser(app).sign_in("ada", "not the password at all"), browser.sign_in(name, password)
    assert len(hashed) == 2
    assert hashed[0].split("$")[:4] == hashed[1].split("$")[:4]
    assert (answer.status_code, alert(answer.text)) == (422, "The name or the password is not right.")
    assert without_typed(answer.text) == without_typed(usual.text)
    assert [k for k, _ in answer.headers] == [k for k, _ in usual.headers]
    assert not browser.is_in


def without_typed(html: str) -> str:
    """A page without what was typed and what is made anew for every form."""
    token = csrf_token(html)
    before, _, after = html.replace(token, "").partition('id="name"')
    return before + after.partition(">")[2]


@pytest.mark.parametrize("missing", ["name", "password"])
def test_an_empty_field_is_pointed_out(browser: Browser, ada: Somebody, missing: str) -> None:
    answer = browser.send("/sign-in", {"name": "ada", "password": PASSWORD, missing: ""})
    assert answer.status_code == 422
    assert "Write something here." in answer.text


def test_a_nul_in_a_name_is_told_and_not_traced(browser: Browser, ada: Somebody) -> None:
    assert browser.sign_in("ada\0").status_code in {400, 422}


def test_the_page_keeps_no_password(browser: Browser, ada: Somebody) -> None:
    assert "a secret typed wrong" not in browser.sign_in("ada", "a secret typed wrong").text


# Too many attempts, for one account or from one address.


def test_who_guesses_waits_also_with_the_right_password(browser: Browser, ada: Somebody) -> None:
    for _ in range(ACCOUNT_ATTEMPTS):
        assert browser.sign_in("ada", "a wrong one").status_code == 422
    answer = browser.sign_in()
    assert (answer.status_code, alert(answer.text)) == (429, "Too many attempts to sign in. Try again in 15 min.")
    assert 800 < int(answer.headers["Retry-After"]) <= 900
    assert not browser.is_in


def test_an_account_is_throttled_wherever_the_attempts_come_from(app: Flask, ada: Somebody) -> None:
    browsers = [Browser(app, REMOTE_ADDR=f"192.0.2.{number}") for number in range(ACCOUNT_ATTEMPTS + 1)]
    statuses = [
        browser.sign_in("Ada" if number % 2 else "ada", "no").status_code for number, browser in enumerate(browsers)
    ]
    assert statuses == [422] * ACCOUNT_ATTEMPTS + [429]


def test_a_name_nobody_has_is_throttled_alike(browser: Browser, ada: Somebody) -> None:
    statuses = [browser.sign_in("nobody-has-this-name", "no").status_code for _ in range(ACCOUNT_ATTEMPTS + 1)]
    assert statuses == [422] * ACCOUNT_ATTEMPTS + [429]


def test_others_sign_in_meanwhile(app: Flask, browser: Browser, ada: Somebody) -> None:
    somebody(app, "bob", "author")
    give_password("bob")
    for _ in range(ACCOUNT_ATTEMPTS + 1):
        browser.sign_in("ada", "a wrong one")
    assert browser.sign_in("bob").status_code == 303


def test_one_address_that_tries_many_names_waits(app: Flask, ada: Somebody) -> None:
    thief, other = Browser(app, REMOTE_ADDR="203.0.113.66"), Browser(app, REMOTE_ADDR="192.0.2.1")
    form = {"csrf_token": csrf_token(thief.get("/sign-in").text), "password": "no"}
    statuses = [
        thief.post("/sign-in", {**form, "name": f"n{number}"}).status_code for number in range(ADDRESS_ATTEMPTS)
    ]
    assert statuses == [422] * ADDRESS_ATTEMPTS
    assert thief.sign_in().status_code == 429
    assert other.sign_in().status_code == 303


def test_a_right_password_begins_the_count_anew(browser: Browser, ada: Somebody) -> None:
    for password in ["no"] * (ACCOUNT_ATTEMPTS - 1) + [PASSWORD] + ["no"] * (ACCOUNT_ATTEMPTS - 1):
        browser.sign_in("ada", password)
    assert Browser(browser.app).sign_in().status_code == 303


# The session is the database's: the cookie alone opens nothing.


def test_a_cookie_opens_nothing_after_signing_out(browser: Browser, ada: Somebody) -> None:
    browser.sign_in()
    thief = browser.with_cookie(browser.cookie)
    assert thief.is_in
    answer = browser.send("/sign-out", page="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert not browser.is_in
    assert not thief.is_in
    assert thief.get("/api/v1/tools").status_code == 401
    assert sessions() == []


def test_a_cookie_opens_nothing_after_signing_out_while_the_database_is_away(
    cut: Cut, app_with: Callable[..., Flask], ada: Somebody
) -> None:
    browser = Browser(app_with())
    browser.sign_in()
    stolen = browser.cookie
    assert browser.is_in
    browser.send("/sign-out", page="/account")
    cut.off(browser.app)
    assert browser.with_cookie(stolen).get("/tools").status_code == 503


@pytest.mark.parametrize("end", ["sign-out-everywhere", "password", "command"])
def test_an_ended_session_is_remembered_nowhere_when_the_database_goes_away(
    cut: Cut, app_with: Callable[..., Flask], ada: Somebody, end: str
) -> None:
    app = app_with()
    browser, other = Browser(app), Browser(app)
    for one in (browser, other):
        one.sign_in()
        assert one.is_in
    if end == "command":
        with app.app_context():
            sign_in.end_all(changes.user_named("ada"), actor=ROOT)
            db.session.remove()
    else:
        browser.send(f"/account/{end}", {"now": PASSWORD, "password": OTHER_PASSWORD}, page="/account")
    cut.off(app)
    assert other.get("/tools").status_code == 503


def test_a_cookie_signed_by_the_server_for_a_session_that_never_was_opens_nothing(app: Flask, browser: Browser) -> None:
    assert not browser.with_cookie(signed_cookie(app, "a key that nobody has")).is_in


def test_a_cookie_signed_with_another_key_opens_nothing(app: Flask, app_with: Callable[..., Flask]) -> None:
    other = app_with(secret_key="another")
    bob = somebody(app, "bob", "author")
    assert Browser(other, bob).is_in
    assert not Browser(app).with_cookie(bob.cookie(other)[1]).is_in


def test_the_cookie_holds_no_name_and_no_account_number(browser: Browser, ada: Somebody) -> None:
    browser.sign_in()
    signing: Any = browser.app.session_interface.get_signing_serializer(browser.app)  # type: ignore[attr-defined]
    held = signing.loads(browser.cookie)
    assert set(held) <= {"_user_id", "_id", "_fresh", "csrf_token", "_flashes"}
    assert len(held["_user_id"]) == 43


def test_the_key_of_a_session_is_in_no_table(browser: Browser, ada: Somebody) -> None:
    browser.sign_in()
    signing: Any = browser.app.session_interface.get_signing_serializer(browser.app)  # type: ignore[attr-defined]
    key = signing.loads(browser.cookie)["_user_id"]
    assert key not in "".join(row for rows in contents().values() for row in rows)


def test_signing_in_begins_anew_so_that_a_cookie_planted_before_is_worthless(browser: Browser, ada: Somebody) -> None:
    page = browser.get("/sign-in").text
    planted, old_form = browser.cookie, csrf_token(page)
    browser.sign_in()
    assert browser.cookie != planted
    assert not browser.with_cookie(planted).is_in
    assert browser.post("/account/sign-out-everywhere", {"csrf_token": old_form}).status_code == 400
    assert browser.is_in


def test_signing_in_again_ends_the_session_before(browser: Browser, ada: Somebody, app: Flask) -> None:
    somebody(app, "bob", "author")
    give_password("bob")
    run("DELETE FROM tool_catalog.sign_ins")
    browser.sign_in()
    before, form = browser.cookie, csrf_token(browser.get("/account").text)
    browser.post("/sign-in", {"csrf_token": form, "name": "bob", "password": PASSWORD})
    assert "<h1>bob</h1>" in browser.get("/account").text
    assert not browser.with_cookie(before).is_in
    assert sessions() == ["bob"]


def test_a_session_nobody_uses_ends(app_with: Callable[..., Flask], ada: Somebody) -> None:
    browser = Browser(app_with(session_idle_min=30))
    browser.sign_in()
    make_older(seen_at=29)
    assert browser.is_in
    make_older(seen_at=31)
    assert not browser.is_in
    make_older(seen_at=0)


def test_a_session_that_is_used_goes_on(app_with: Callable[..., Flask], ada: Somebody) -> None:
    browser = Browser(app_with(session_idle_min=30))
    browser.sign_in()
    make_older(seen_at=20)
    assert browser.is_in
    ((minutes,),) = run("SELECT extract(epoch FROM now() - seen_at) / 60 FROM tool_catalog.sign_ins")
    assert minutes < 1


def test_a_session_that_is_used_goes_on_also_with_the_shortest_limit(
    app_with: Callable[..., Flask], ada: Somebody
) -> None:
    browser = Browser(app_with(session_idle_min=1))
    browser.sign_in()
    run("UPDATE tool_catalog.sign_ins SET seen_at = now() - interval '50 s'")
    assert browser.is_in
    ((seconds,),) = run("SELECT extract(epoch FROM now() - seen_at) FROM tool_catalog.sign_ins")
    assert seconds < 30


def test_a_session_ends_after_its_longest_time_however_much_it_is_used(
    app_with: Callable[..., Flask], ada: Somebody
) -> None:
    browser = Browser(app_with(session_longest_min=60))
    browser.sign_in()
    make_older(created_at=59)
    assert browser.is_in
    make_older(created_at=61)
    assert not browser.is_in


def test_sessions_that_ended_by_themselves_are_forgotten(browser: Browser, ada: Somebody) -> None:
    browser.sign_in()
    make_older(seen_at=121)
    Browser(browser.app).sign_in()
    assert sessions() == ["ada"]


def test_signing_out_everywhere_ends_every_session_of_ones_own(app: Flask, ada: Somebody) -> None:
    bob = somebody(app, "bob", "author")
    browsers = [Browser(app), Browser(app)]
    for browser in browsers:
        browser.sign_in()
    browsers[0].send("/account/sign-out-everywhere", page="/account")
    assert [browser.is_in for browser in browsers] == [False, False]
    assert Browser(app, bob).is_in
    assert entries("signed_out") == [Told("signed_out", "ada", "ada", "127.0.0.1", "page", "2 sessions", [])]


def test_a_new_password_ends_the_other_sessions_and_not_this_one(app: Flask, ada: Somebody) -> None:
    browsers = [Browser(app), Browser(app)]
    for browser in browsers:
        browser.sign_in()
    answer = browsers[0].send("/account/password", {"now": PASSWORD, "password": OTHER_PASSWORD}, page="/account")
    assert answer.status_code == 303
    assert [browser.is_in for browser in browsers] == [True, False]
    assert browsers[1].sign_in().status_code == 422
    assert browsers[1].sign_in("ada", OTHER_PASSWORD).status_code == 303


@pytest.mark.parametrize("now", ["", "a wrong one", OTHER_PASSWORD])
def test_a_new_password_takes_the_present_one(browser: Browser, ada: Somebody, now: str) -> None:
    browser.sign_in()
    answer = browser.send("/account/password", {"now": now, "password": OTHER_PASSWORD}, page="/account")
    assert (answer.status_code, alert(answer.text)) == (422, "The present password is not right.")
    assert Browser(browser.app).sign_in().status_code == 303


def test_who_has_a_session_cannot_guess_the_password_for_ever(browser: Browser, ada: Somebody) -> None:
    browser.sign_in()
    form = {"csrf_token": csrf_token(browser.get("/account").text), "password": OTHER_PASSWORD}
    statuses = [
        browser.post(path, {**form, "now": "a wrong one"}).status_code
        for path in ["/account/password", "/account/second-factor/off"] * (ACCOUNT_ATTEMPTS // 2)
    ]
    assert statuses == [422] * ACCOUNT_ATTEMPTS
    answer = browser.post("/account/password", {**form, "now": PASSWORD})
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert Browser(browser.app).sign_in().status_code == 303


def test_a_disabled_account_is_out_at_once(app: Flask, app_with: Callable[..., Flask], ada: Somebody) -> None:
    browser, elsewhere = Browser(app), Browser(app_with())
    for one in (browser, elsewhere):
        one.sign_in()
        assert one.is_in
    changes.set_disabled("ada", True, actor=ROOT)
    assert not browser.is_in
    assert not elsewhere.is_in
    changes.set_disabled("ada", False, actor=ROOT)
    assert not browser.is_in
    assert browser.sign_in().status_code == 303


def test_an_account_disabled_between_password_and_session_is_not_let_in(app: Flask, ada: Somebody) -> None:
    visitor = sign_in.Visitor("192.0.2.1", "", "r-1")
    user = sign_in.with_password("ada", PASSWORD, visitor)
    changes.set_disabled("ada", True, actor=ROOT)
    key = sign_in.begin(user, visitor, "password")
    assert sign_in.of(app).find(key) is None


def test_a_role_that_changes_changes_for_who_is_signed_in(app: Flask, browser: Browser, ada: Somebody) -> None:
    browser.sign_in()
    assert browser.get("/accounts").status_code == 403
    changes.set_role("ada", "admin", actor=ROOT)
    assert browser.get("/accounts").status_code == 200
    changes.set_role("ada", "author", actor=ROOT)
    assert browser.get("/accounts").status_code == 403


def test_pages_go_on_for_who_is_signed_in_while_the_database_is_away(
    cut: Cut, app_with: Callable[..., Flask], ada: Somebody
) -> None:
    other = app_with()
    browser, stranger = Browser(other), Browser(other)
    browser.sign_in()
    assert browser.get("/tools").status_code == 200
    cut.off(other)
    assert [browser.get("/tools").status_code for _ in range(3)] == [200] * 3
    assert browser.get("/api/v1/tools").status_code == 200
    assert stranger.get("/tools").status_code == 303
    assert stranger.with_cookie(signed_cookie(other, "a key that nobody has")).get("/tools").status_code == 503
    assert stranger.get("/sign-in").status_code == 200
    cut.on()
    browser.send("/sign-out", page="/account")
    assert browser.get("/tools").status_code == 303


def test_a_session_ends_in_time_also_while_the_database_is_away(
    cut: Cut, app_with: Callable[..., Flask], ada: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = app_with(session_idle_min=30)
    browser = Browser(other)
    browser.sign_in()
    make_older(seen_at=29)
    assert browser.get("/tools").status_code == 200
    make_older(seen_at=29)
    cut.off(other)
    monkeypatch.setattr(sign_in.of(other), "idle", sign_in.timedelta(0))
    assert browser.get("/tools").status_code == 303


def test_signing_in_while_the_database_is_away_is_told_as_such(
    cut: Cut, app_with: Callable[..., Flask], ada: Somebody
) -> None:
    browser = Browser(app_with())
    form = {"csrf_token": csrf_token(browser.get("/sign-in").text), "name": "ada", "password": PASSWORD}
    cut.off(browser.app)
    answer = browser.post("/sign-in", form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert PASSWORD not in answer.text


# The cookie, and TLS in front.


def set_cookies(browser: Browser) -> list[str]:
    """Every cookie that is set on the way in."""
    page = browser.get("/sign-in")
    answer = browser.sign_in()
    return page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")


def test_the_cookie_is_for_this_site_and_no_script(browser: Browser, ada: Somebody) -> None:
    cookies = set_cookies(browser)
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("tool_catalog=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert "Domain" not in cookie


@pytest.fixture
def behind_tls(app_with: Callable[..., Flask]) -> Browser:
    """A browser that a proxy in front serves over TLS."""
    return Browser(app_with(trusted_proxies=1), **TLS, HTTP_REFERER="https://tools.example/sign-in")


def test_behind_tls_the_cookie_is_for_tls_only_and_browsers_are_told_to_stay(
    behind_tls: Browser, ada: Somebody
) -> None:
    behind_tls.client.get("/sign-in", base_url="https://tools.example")
    answer = behind_tls.get("/sign-in")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert all("Secure" in cookie.split("; ") for cookie in answer.headers.getlist("Set-Cookie"))
    assert answer.headers.getlist("Set-Cookie")


def test_without_tls_no_browser_is_told_to_use_it(browser: Browser) -> None:
    assert "Strict-Transport-Security" not in browser.get("/sign-in").headers


def test_who_says_to_have_been_forwarded_is_not_believed_without_a_proxy(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, **TLS)
    cookies = set_cookies(browser)
    assert browser.is_in
    assert not any("Secure" in cookie for cookie in cookies)
    assert "Strict-Transport-Security" not in browser.get("/sign-in").headers
    assert entries("signed_in")[-1].address == "127.0.0.1"
    assert "tools.example" not in browser.get("/account").text


# What the audit log tells.


def test_signing_in_and_out_is_audited(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, REMOTE_ADDR="192.0.2.9")
    browser.sign_in("ada", "a wrong one")
    browser.sign_in()
    browser.send("/sign-out", page="/account")
    at = "192.0.2.9", "page"
    assert entries() == [
        Told("sign_in_failed", "ada", "ada", *at, "wrong password", []),
        Told("signed_in", "ada", "ada", *at, "password", []),
        Told("signed_out", "ada", "ada", *at, None, []),
    ]
    assert chain_holds()


def test_a_name_nobody_has_is_not_written_down_since_it_may_be_a_password(app: Flask, browser: Browser) -> None:
    browser.sign_in("my secret password", "x")
    (told,) = entries()
    assert (told.action, told.subject, told.by) == ("sign_in_failed", "an unknown name", "nobody")
    assert "my secret password" not in "".join(row for rows in contents().values() for row in rows)


def test_an_attempt_that_is_not_looked_at_is_not_audited(browser: Browser, ada: Somebody) -> None:
    for _ in range(ACCOUNT_ATTEMPTS + 5):
        browser.sign_in("ada", "no")
    assert actions() == ["sign_in_failed"] * ACCOUNT_ATTEMPTS


def test_sixteen_guesses_at_once_are_no_more_than_one_after_the_other(app: Flask, ada: Somebody) -> None:
    browsers = [Browser(app) for _ in range(16)]
    form = {"name": "ada", "password": "no"}
    tokens = [csrf_token(browser.get("/sign-in").text) for browser in browsers]

    def guess(browser: Browser, token: str) -> Callable[[], int]:
        return lambda: browser.post("/sign-in", {**form, "csrf_token": token}).status_code

    statuses = at_once([guess(*pair) for pair in zip(browsers, tokens, strict=True)])
    assert statuses.count(422) <= ACCOUNT_ATTEMPTS
    assert set(statuses) <= {422, 429, 503}


@pytest.fixture(autouse=True)
def _no_transaction_is_left_open(app: Flask) -> Iterator[None]:
    """Every test ends with a session that could begin anew."""
    yield
    with transaction():
        pass
