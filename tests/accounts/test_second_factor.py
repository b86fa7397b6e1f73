"""The second factor: set up with a code, asked for after the password, good once, encrypted where it is kept."""

import contextvars
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from click.testing import Result
from cryptography.fernet import Fernet
from flask import Flask

from app.accounts import changes, second_factor, sign_in
from app.accounts.second_factor import RECOVERY_CODES, STEP_S, step_of
from app.accounts.sign_in import ACCOUNT_ATTEMPTS
from app.encryption import FILE, Encryption
from app.errors import BadRequest, Conflict
from app.extensions import db
from tests.accounts.browser import PASSWORD, Browser, alert, csrf_token, give_password, run
from tests.accounts.conftest import Flask_
from tests.accounts.told import chain_holds, entries
from tests.contents import contents
from tests.parallel import at_once
from tests.people import Somebody, somebody

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def ada(ada: Somebody) -> Somebody:
    """An author with a password."""
    give_password("ada")
    return ada


@pytest.fixture
def codes(ada: Somebody) -> list[str]:
    """Ada's recovery codes, after she has set up the second factor a while ago."""
    user = changes.user_named("ada")
    made = second_factor.turn_on(user, SECRET, code(), actor=sign_in.Visitor(None, "", "r").actor("ada"))
    db.session.remove()
    run("UPDATE tool_catalog.users SET totp_step = totp_step - 10 WHERE name = 'ada'")
    return made


def code(steps: int = 0, secret: str = SECRET) -> str:
    """The code that an app shows now, or so many steps later."""
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=steps)


def asked(browser: Browser) -> Browser:
    """A browser that gave name and password, and is asked for the code."""
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/code")
    return browser


def give(browser: Browser, given: str) -> tuple[int, str]:
    """Give a code; the status, and what was said."""
    answer = browser.send("/sign-in/code", {"code": given}, page="/sign-in/code")
    return answer.status_code, alert(answer.text)


WRONG = (422, "This code is not right, or was used before.")


# Codes.


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_is_good_a_step_early_or_late(steps: int) -> None:
    now = int(datetime.now(UTC).timestamp()) // STEP_S
    assert step_of(SECRET, code(steps)) in {now + steps, now + steps + 1}


@pytest.mark.parametrize("given", ["", "000", "abcdef", "１２３４５６", "0" * 1000, "\0"])
def test_anything_else_is_no_code(given: str) -> None:
    assert step_of(SECRET, given) is None


@pytest.mark.parametrize("steps", [-5, -3, 3, 5])
def test_a_code_is_not_good_earlier_or_later_than_that(steps: int) -> None:
    assert step_of(SECRET, code(steps)) is None


def test_a_code_may_be_written_with_blanks() -> None:
    shown = code()
    assert step_of(SECRET, f" {shown[:3]} {shown[3:]} ") is not None


def test_neither_a_used_code_nor_one_before_it_is_good() -> None:
    earlier, used = code(-1), code()
    step = step_of(SECRET, used)
    assert step is not None
    assert step_of(SECRET, used, after=step - 1) == step
    assert step_of(SECRET, used, after=step) is None
    assert step_of(SECRET, earlier, after=step) is None


# Setting it up.


def test_it_is_set_up_with_a_code_of_the_app(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, ada)
    begun = browser.send("/account/second-factor", page="/account")
    assert (begun.status_code, begun.headers["Location"]) == (303, "/account/second-factor")
    page = browser.get("/account/second-factor")
    secret = shown_secret(page.text)
    assert page.headers["Cache-Control"] == "no-store"
    assert '<svg class="qr"' in page.text
    wrong = browser.send("/account/second-factor/confirm", {"code": "000000"}, page="/account")
    assert (wrong.status_code, shown_secret(wrong.text)) == (400, secret)
    assert alert(wrong.text).startswith("This is not the code the app shows now.")
    assert run("SELECT totp_secret FROM tool_catalog.users WHERE name = 'ada'") == [(None,)]
    done = browser.send("/account/second-factor/confirm", {"code": code(secret=secret)}, page="/account")
    recovery = re.findall(r"<li>(\w{5}-\w{5}-\w{5})</li>", done.text)
    assert (done.status_code, len(recovery), len(set(recovery))) == (200, RECOVERY_CODES, RECOVERY_CODES)
    assert done.headers["Cache-Control"] == "no-store"
    assert "2 factors" in Browser(app).with_cookie(somebody_admin(app)).get("/accounts").text
    assert [told.action for told in entries()] == ["second_factor_on"]
    stored = "".join(row for rows in contents().values() for row in rows)
    assert not any(text in stored for text in (secret, *recovery, *(one.replace("-", "") for one in recovery)))


def somebody_admin(app: Flask) -> str:
    """The administrator's cookie."""
    return somebody(app, "root", "admin").cookie(app)[1]


def shown_secret(html: str) -> str:
    """The secret a page shows to be typed."""
    found = re.search(r"<code>([A-Z2-7]{32})</code>", html)
    assert found is not None
    return found[1]


def test_the_code_it_was_set_up_with_does_not_sign_in(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, ada)
    browser.send("/account/second-factor", page="/account")
    secret = shown_secret(browser.get("/account/second-factor").text)
    used = code(secret=secret)
    browser.send("/account/second-factor/confirm", {"code": used}, page="/account")
    assert give(asked(Browser(app)), used) == WRONG


@pytest.mark.parametrize("path", ["/account/second-factor", "/account/second-factor/confirm"])
def test_nothing_is_shown_or_confirmed_that_was_not_begun(app: Flask, ada: Somebody, path: str) -> None:
    browser = Browser(app, ada)
    answer = browser.get(path) if path.endswith("factor") else browser.send(path, {"code": code()}, page="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")


def test_who_found_a_browser_signed_in_does_not_replace_the_factor(app: Flask, ada: Somebody, codes: list[str]) -> None:
    browser = Browser(app, ada)
    begun = browser.send("/account/second-factor", page="/account")
    assert begun.status_code == 409
    assert alert(begun.text) == "The second factor is on already. Turn it off first, then set it up anew."
    user = changes.user_named("ada")
    with pytest.raises(Conflict):
        second_factor.turn_on(user, pyotp.random_base32(), "000000", actor=sign_in.Visitor(None, "", "r").actor("ada"))
    assert give(asked(Browser(app)), code())[0] == 303


def test_a_wrong_code_turns_nothing_on(app: Flask, ada: Somebody) -> None:
    with pytest.raises(BadRequest, match="see that your clock is right"):
        second_factor.turn_on(
            changes.user_named("ada"), SECRET, code(9), actor=sign_in.Visitor(None, "", "r").actor("ada")
        )
    assert give_in(app).status_code == 303


def give_in(app: Flask) -> object:
    """Sign in with the password."""
    return Browser(app).sign_in()


# Signing in with it.


def test_after_the_password_a_code_is_asked_for(browser: Browser, codes: list[str]) -> None:
    asked(browser)
    assert not browser.is_in
    assert entries("signed_in") == []
    assert "One more step, ada" in browser.get("/sign-in/code").text
    assert give(browser, code())[0] == 303
    assert browser.is_in
    assert entries("signed_in")[0].reason == "password and code"


def test_one_lands_where_one_wanted_to_go_also_with_a_code(browser: Browser, codes: list[str]) -> None:
    browser.sign_in(next="/audit?who=ada")
    answer = browser.send("/sign-in/code", {"code": code()}, page="/sign-in/code")
    assert answer.headers["Location"] == "/audit?who=ada"


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example"])
def test_nobody_is_led_to_another_site_also_with_a_code(browser: Browser, codes: list[str], wanted: str) -> None:
    browser.sign_in(next=wanted)
    assert browser.send("/sign-in/code", {"code": code()}, page="/sign-in/code").headers["Location"] == "/tools"


def test_a_wrong_password_is_told_before_any_code_is_asked_for(browser: Browser, codes: list[str]) -> None:
    assert browser.sign_in("ada", "a wrong one").status_code == 422
    assert browser.get("/sign-in/code").status_code == 303


def test_a_code_alone_signs_nobody_in(browser: Browser, codes: list[str]) -> None:
    answer = browser.send("/sign-in/code", {"code": code()})
    assert (answer.status_code, answer.headers["Location"][:8]) == (303, "/sign-in")
    assert not browser.is_in


def test_the_password_waits_five_minutes_for_its_code(
    browser: Browser, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(browser)
    monkeypatch.setattr("app.accounts.sign_in_pages.CODE_WITHIN_S", -1)
    answer = browser.send("/sign-in/code", {"code": code()})
    assert answer.headers["Location"].startswith("/sign-in?")


def test_a_code_is_good_once(app: Flask, codes: list[str]) -> None:
    used = code()
    assert give(asked(Browser(app)), used)[0] == 303
    thief = asked(Browser(app))
    assert give(thief, used) == WRONG
    assert not thief.is_in


def test_of_many_that_give_the_same_code_at_once_one_is_signed_in(app: Flask, codes: list[str]) -> None:
    browsers = [asked(Browser(app)) for _ in range(8)]
    forms = [{"csrf_token": csrf_token(one.get("/sign-in/code").text), "code": code()} for one in browsers]

    def press(browser: Browser, form: dict[str, str]) -> Callable[[], int]:
        return lambda: browser.post("/sign-in/code", form).status_code

    statuses = at_once([press(*pair) for pair in zip(browsers, forms, strict=True)])
    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 422, 503}
    assert len(entries("signed_in")) == 1


def test_a_wrong_code_is_counted_and_audited(browser: Browser, codes: list[str]) -> None:
    asked(browser)
    assert [give(browser, "000000") for _ in range(ACCOUNT_ATTEMPTS)] == [WRONG] * ACCOUNT_ATTEMPTS
    answer = browser.send("/sign-in/code", {"code": code()}, page="/sign-in/code")
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert alert(answer.text).startswith("Too many attempts to sign in.")
    assert [told.reason for told in entries("sign_in_failed")] == ["wrong code"] * ACCOUNT_ATTEMPTS


def test_who_knows_the_password_does_not_guess_codes_for_ever(app: Flask, codes: list[str]) -> None:
    statuses = [
        give(asked(Browser(app, REMOTE_ADDR=f"192.0.2.{number}")), "000000")[0]
        for number in range(ACCOUNT_ATTEMPTS + 1)
    ]
    assert statuses == [422] * ACCOUNT_ATTEMPTS + [429]


def test_a_recovery_code_stands_in_once(app: Flask, codes: list[str]) -> None:
    assert len(codes) == RECOVERY_CODES
    for given, status in ((codes[0], 303), (codes[0], 422), (codes[1].upper().replace("-", " "), 303)):
        assert give(asked(Browser(app)), given)[0] == status
    assert run("SELECT count(*) FROM tool_catalog.recovery_codes") == [(RECOVERY_CODES - 2,)]


def test_a_recovery_code_is_of_no_use_to_others(app: Flask, codes: list[str]) -> None:
    somebody(app, "bob", "author")
    give_password("bob")
    user = changes.user_named("bob")
    second_factor.turn_on(user, SECRET, code(), actor=sign_in.Visitor(None, "", "r").actor("bob"))
    db.session.remove()
    thief = Browser(app)
    thief.sign_in("bob")
    assert give(thief, codes[0]) == WRONG


# Turning it off.


@pytest.mark.parametrize(("now", "status"), [("", 422), ("a wrong one", 422), (PASSWORD, 303)])
def test_turning_it_off_takes_the_password(app: Flask, ada: Somebody, codes: list[str], now: str, status: int) -> None:
    browser = Browser(app, ada)
    answer = browser.send("/account/second-factor/off", {"now": now}, page="/account")
    assert answer.status_code == status
    is_off = status == 303
    assert run("SELECT totp_secret IS NULL, totp_step IS NULL FROM tool_catalog.users WHERE name = 'ada'") == [
        (is_off, is_off)
    ]
    assert run("SELECT count(*) FROM tool_catalog.recovery_codes") == [(0 if is_off else RECOVERY_CODES,)]
    assert ("second_factor_off" in [told.action for told in entries()]) == is_off
    assert (Browser(app).sign_in().headers["Location"] == "/tools") == is_off


def test_an_administrator_turns_it_off_for_who_lost_everything(app: Flask, codes: list[str], flask: Flask_) -> None:
    done = flask("user", "reset-second-factor", "ada")
    assert (done.exit_code, done.stdout) == (0, "ada signs in with the password only.\n")
    assert Browser(app).sign_in().headers["Location"] == "/tools"
    assert chain_holds()


# The secret is encrypted where it is kept, and its keys can be changed.


def kept() -> bytes:
    """Ada's secret, as it is kept."""
    ((secret,),) = run("SELECT totp_secret FROM tool_catalog.users WHERE name = 'ada'")
    return bytes(secret)


def test_the_secret_is_encrypted(app: Flask, codes: list[str]) -> None:
    assert SECRET.encode() not in kept()
    assert second_factor.encryption().read(kept()) == SECRET


def test_keys_in_the_file_are_rotated_and_the_old_one_is_gone(
    app: Flask, codes: list[str], flask: Flask_, data_dir: Path
) -> None:
    old, before = (data_dir / FILE).read_text(), kept()
    done = flask("rotate-keys")
    assert (done.exit_code, done.stdout) == (0, "1 secrets are encrypted with the newest key.\n")
    new = (data_dir / FILE).read_text()
    assert old not in new
    assert len(new.split()) == 1
    assert kept() != before
    assert Fernet(new).decrypt(kept()).decode() == SECRET
    assert give(asked(Browser(app)), code())[0] == 303


def outside(run: Callable[[], Result]) -> Result:
    """Do something that knows nothing of the test's own application."""
    return contextvars.Context().run(run)


def test_keys_in_the_environment_are_rotated_and_the_old_one_can_go(
    app_with: Callable[..., Flask], ada: Somebody
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with app_with(encryption_keys=old).app_context():
        user = changes.user_named("ada")
        second_factor.turn_on(user, SECRET, code(-1), actor=sign_in.Visitor(None, "", "r").actor("ada"))
        db.session.remove()
    both = app_with(encryption_keys=f"{new},{old}")
    done = outside(lambda: both.test_cli_runner().invoke(args=["accounts", "rotate-keys"]))
    assert (done.exit_code, done.stdout) == (0, "1 secrets are encrypted with the newest key.\n")
    assert Fernet(new).decrypt(kept()).decode() == SECRET
    assert give(asked(Browser(app_with(encryption_keys=new))), code())[0] == 303


def test_a_rotation_that_cannot_read_a_secret_says_so_and_loses_no_key(
    app: Flask, codes: list[str], flask: Flask_, data_dir: Path
) -> None:
    before = (data_dir / FILE).read_text()
    foreign = Encryption.encrypted(second_factor.encryption(), SECRET)[:-8] + b"AAAAAAA="
    run("UPDATE tool_catalog.users SET totp_secret = :foreign WHERE name = 'ada'", foreign=foreign)
    done = flask("rotate-keys")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: A secret was encrypted with a key that is not among the encryption keys.\n"
    assert before in (data_dir / FILE).read_text()


def test_a_recovery_code_is_good_also_when_the_key_is_lost(app: Flask, codes: list[str]) -> None:
    run("UPDATE tool_catalog.users SET totp_secret = :foreign WHERE name = 'ada'", foreign=b"of another key")
    assert give(asked(Browser(app)), codes[0])[0] == 303
    assert give(asked(Browser(app)), code()) == WRONG


def test_signing_in_takes_one_connection_at_a_time(app_with: Callable[..., Flask], codes: list[str]) -> None:
    small = app_with(pool_size=1, pool_timeout_s=0.2)
    assert Browser(small).sign_in("ada", "a wrong one").status_code == 422
    browser = asked(Browser(small))
    assert give(browser, "000000") == WRONG
    assert give(browser, code())[0] == 303
