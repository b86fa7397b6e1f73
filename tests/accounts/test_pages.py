"""The pages of accounts: each form's good way, and its refusals with a message and nothing changed."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import changes
from app.accounts.tokens import is_token
from app.actor import command_actor
from tests.accounts.browser import OTHER_PASSWORD, PASSWORD, Browser, alert, give_password, run, words
from tests.accounts.told import actions, entries
from tests.contents import contents
from tests.people import Somebody, somebody

ROOT = command_actor("root")


@pytest.fixture
def boss(app: Flask, client: FlaskClient) -> Browser:
    """The administrator's browser."""
    found = client.get_cookie("tool_catalog")
    assert found is not None
    return Browser(app).with_cookie(str(found.value))


@pytest.fixture
def author(app: Flask, ada: Somebody) -> Browser:
    """Ada's browser."""
    return Browser(app, ada)


def send(browser: Browser, path: str, **form: Any) -> str:
    """Send a form that must be accepted; what the page after it says was done."""
    answer = browser.send(path, form, page="/account")
    assert answer.status_code == 303, (answer.status_code, alert(answer.text))
    return flashed(browser.get(answer.headers["Location"]).text)


def flashed(html: str) -> str:
    """What a page says was done."""
    found = re.search(r'class="notice" role="status">.*?<span>(.*?)</span>', html, re.DOTALL)
    assert found is not None
    return found[1]


# One's own account.


def test_a_new_account_is_told_to_set_a_password(author: Browser) -> None:
    run("DELETE FROM tool_catalog.api_tokens")
    page = author.get("/account").text
    assert "You have no password yet" in page
    assert "Set a password" in page
    assert "Present password" not in page
    assert "No tokens yet." in page
    assert "This one" in page


def test_a_password_is_set_and_changed(author: Browser) -> None:
    assert "The password is set." in send(author, "/account/password", password=PASSWORD)
    page = author.get("/account").text
    assert "Change the password" in page
    assert "You have no password yet" not in page
    assert author.is_in
    send(author, "/account/password", now=PASSWORD, password=OTHER_PASSWORD)
    assert Browser(author.app).sign_in("ada", OTHER_PASSWORD).status_code == 303
    assert actions()[0] == "password_set"


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"password": ""}, 400, "A password has 12 to 128 characters"),
        ({"password": "short"}, 400, "A password has 12 to 128 characters"),
        ({"password": "x" * 129}, 400, "A password has 12 to 128 characters"),
        ({"password": "passwordpassword"}, 400, "Take several words"),
        ({"password": "ada ada ada ada"}, 400, "Take several words"),
        ({}, 400, "A password has 12 to 128 characters"),
    ],
)
def test_a_bad_password_is_told_and_not_set(author: Browser, form: dict[str, str], status: int, told: str) -> None:
    answer = author.send("/account/password", form, page="/account")
    assert answer.status_code == status
    assert told in alert(answer.text)
    assert run("SELECT count(*) FROM tool_catalog.users WHERE password_hash IS NOT NULL") == [(0,)]
    assert not form.get("password") or f'value="{form["password"]}"' not in answer.text


def test_a_token_of_ones_own_is_shown_once(author: Browser) -> None:
    page = author.send(
        "/account/tokens", {"name": "laptop", "scopes": ["read", "write"], "days": "30"}, page="/account"
    )
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    found = re.search(r'value="(tcat_\w+)"', page.text)
    assert found is not None
    assert is_token(found[1])
    own = author.get("/account").text
    assert found[1] not in own
    assert found[1][:11] in own
    ((scopes, days),) = run(
        "SELECT scopes, round(extract(epoch FROM expires_at - now()) / 86400) FROM tool_catalog.api_tokens "
        "WHERE name = 'laptop'"
    )
    assert (scopes, days) == (["read", "write"], 30)


def test_without_days_a_token_is_good_until_it_is_revoked(author: Browser) -> None:
    author.send("/account/tokens", {"name": "laptop", "scopes": "read", "days": ""}, page="/account")
    assert run("SELECT expires_at FROM tool_catalog.api_tokens WHERE name = 'laptop'") == [(None,)]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"name": ""}, "A token has a name"),
        ({"name": "x" * 101}, "A token has a name"),
        ({"scopes": []}, "Name at least one scope"),
        ({"scopes": ["everything"]}, "Name at least one scope"),
        ({"days": "0"}, "A token is good for 1 to 3650 days."),
        ({"days": "4000"}, "A token is good for 1 to 3650 days."),
        ({"days": "soon"}, "Good for days: a whole number"),
        ({"days": "1.5"}, "Good for days: a whole number"),
    ],
)
def test_a_token_with_what_it_cannot_have_is_told_and_not_made(
    author: Browser, form: dict[str, Any], told: str
) -> None:
    before = contents()
    answer = author.send("/account/tokens", {"name": "x", "scopes": "read", "days": "9", **form}, page="/account")
    assert answer.status_code == 400
    assert told in alert(answer.text)
    assert contents() == before


def test_a_token_of_ones_own_is_revoked(author: Browser, boss: Browser) -> None:
    made, _ = changes.create_token("x", actor=ROOT, user_name="ada", scopes=["read"])
    assert "The token x is revoked." in send(author, f"/account/tokens/{made.id}/revoke")
    page = author.get("/account").text
    assert "Revoked" in page
    assert f"/account/tokens/{made.id}/revoke" not in page


def test_somebody_elses_token_is_not_there_for_others(author: Browser) -> None:
    made, _ = changes.create_token("x", actor=ROOT, user_name="admin", scopes=["read"])
    for number in (made.id, 0, 99999999999999999999):
        assert author.send(f"/account/tokens/{number}/revoke", page="/account").status_code == 404
    assert run("SELECT count(*) FROM tool_catalog.api_tokens WHERE revoked_at IS NOT NULL") == [(0,)]


def test_an_administrator_revokes_anybodys_token(boss: Browser, ada: Somebody) -> None:
    made, _ = changes.create_token("x", actor=ROOT, user_name="ada", scopes=["read"])
    answer = boss.send(f"/account/tokens/{made.id}/revoke?back_to=accounts", page="/account")
    assert answer.headers["Location"] == "/accounts"
    assert run("SELECT count(*) FROM tool_catalog.api_tokens WHERE revoked_at IS NOT NULL") == [(1,)]


def test_one_sees_ones_own_teams_tokens_and_sessions_only(app: Flask, author: Browser) -> None:
    changes.create_team("ops", actor=ROOT)
    changes.create_team("net", actor=ROOT)
    changes.add_member("ops", "ada", actor=ROOT)
    changes.create_token("of-admin", actor=ROOT, user_name="admin", scopes=["read"])
    page = words(author.get("/account").text)
    assert "Author · in ops" in page
    assert "of-admin" not in page
    assert page.count(", seen ") == 1


# Everybody's accounts.


def test_without_teams_it_is_said_what_they_are_good_for(boss: Browser) -> None:
    page = boss.get("/accounts").text
    assert "No teams yet." in page
    run("DELETE FROM tool_catalog.api_tokens")
    assert "No tokens yet." in boss.get("/accounts").text


def test_a_person_is_made_with_a_link_shown_once(boss: Browser) -> None:
    page = boss.send("/accounts/users", {"name": "bob", "role": "author"}, page="/account")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    found = re.search(r'value="http://localhost(/sign-in/link/[\w-]{43})"', page.text)
    assert found is not None
    guest = Browser(boss.app)
    assert guest.send(found[1], page=found[1]).status_code == 303
    assert "<h1>bob</h1>" in guest.get("/account").text
    assert run("SELECT role, kind FROM tool_catalog.users WHERE name = 'bob'") == [("author", "person")]


def test_a_service_is_made_with_a_token_shown_once(boss: Browser) -> None:
    page = boss.send("/accounts/users", {"name": "ci", "role": "author", "is_service": "y"}, page="/account")
    found = re.search(r'value="(tcat_\w+)"', page.text)
    assert found is not None
    assert page.headers["Cache-Control"] == "no-store"
    assert found[1] not in boss.get("/accounts").text
    assert run("SELECT role, kind FROM tool_catalog.users WHERE name = 'ci'") == [("author", "service")]


def test_a_link_is_made_for_who_is_there(boss: Browser, ada: Somebody) -> None:
    page = boss.send("/accounts/users/ADA/link", page="/account")
    assert "A link for ada" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert [told.action for told in entries()] == ["sign_in_link_created"]


@pytest.mark.parametrize(
    ("path", "form", "told"),
    [
        ("/accounts/users/ada/role", {"role": "viewer"}, "ada has the role viewer now."),
        ("/accounts/users/ada/disable", {}, "ada is out: no session, no token opens."),
        ("/accounts/users/gone/enable", {}, "gone is let in again."),
        ("/accounts/teams", {"name": "net"}, "The team net is there."),
        ("/accounts/teams/ops/members", {"name": "gone"}, "gone belongs to ops."),
        ("/accounts/teams/ops/members/ada/remove", {}, "ada does not belong to ops any more."),
        ("/accounts/teams/ops/delete", {}, "The team ops is removed. Its tools are for administrators to hand over."),
    ],
)
def test_what_was_done_is_told(
    app: Flask, boss: Browser, ada: Somebody, *, path: str, form: dict[str, str], told: str
) -> None:
    prepare(app)
    before = len(actions())
    assert told in send(boss, path, **form)
    assert len(actions()) == before + 1
    assert entries()[-1].by == "admin"


def prepare(app: Flask) -> None:
    """A team that Ada is in, a service, and somebody who is disabled."""
    changes.create_team("ops", actor=ROOT)
    changes.add_member("ops", "ada", actor=ROOT)
    changes.create_service_token("ci", "viewer", actor=ROOT)
    somebody(app, "gone", "viewer")
    changes.set_disabled("gone", True, actor=ROOT)


@pytest.mark.parametrize(
    ("path", "form", "status", "told"),
    [
        ("/accounts/users", {"name": "", "role": "author"}, 400, "is no name"),
        ("/accounts/users", {"name": "a b", "role": "author"}, 400, "“a b” is no name"),
        ("/accounts/users", {"name": "<b>", "role": "author"}, 400, "“&lt;b&gt;” is no name"),
        ("/accounts/users", {"name": "ada", "role": "author"}, 409, "ada is the name of an account already"),
        ("/accounts/users", {"name": "ops", "role": "author"}, 409, "ops is the name of a team already"),
        ("/accounts/users", {"name": "new", "role": "boss"}, 400, "“boss” is no role"),
        ("/accounts/users", {"name": "ada", "role": "author", "is_service": "y"}, 409, "ada is a person"),
        (
            "/accounts/users",
            {"name": "ci", "role": "admin", "is_service": "y"},
            409,
            "ci has the role viewer, not admin",
        ),
        ("/accounts/users/adda/link", {}, 404, "No account is called “adda”. Did you mean ada?"),
        ("/accounts/users/ci/link", {}, 409, "ci is a service"),
        ("/accounts/users/gone/link", {}, 409, "gone is disabled"),
        ("/accounts/users/ada/role", {"role": "boss"}, 400, "“boss” is no role"),
        ("/accounts/users/ada/role", {}, 400, "“” is no role"),
        ("/accounts/users/adda/role", {"role": "viewer"}, 404, "No account is called “adda”"),
        ("/accounts/users/admin/role", {"role": "viewer"}, 409, "This is the last administrator."),
        ("/accounts/users/admin/disable", {}, 409, "This is the last administrator."),
        ("/accounts/users/adda/disable", {}, 404, "No account is called “adda”"),
        ("/accounts/users/adda/enable", {}, 404, "No account is called “adda”"),
        ("/accounts/teams", {"name": "a/b"}, 400, "“a/b” is no name"),
        ("/accounts/teams", {"name": ""}, 400, "is no name"),
        ("/accounts/teams", {"name": "ADA"}, 409, "ada is the name of an account already"),
        ("/accounts/teams/opps/delete", {}, 404, "No team is called “opps”. Did you mean ops?"),
        ("/accounts/teams/ops/members", {"name": "adda"}, 404, "No account is called “adda”"),
        ("/accounts/teams/ops/members", {}, 404, "No account is called “”"),
        ("/accounts/teams/opps/members", {"name": "ada"}, 404, "No team is called “opps”"),
        ("/accounts/teams/ops/members/adda/remove", {}, 404, "No account is called “adda”"),
    ],
)
def test_what_cannot_be_done_is_told_on_the_page_and_changes_nothing(
    app: Flask, boss: Browser, ada: Somebody, *, path: str, form: dict[str, str], status: int, told: str
) -> None:
    prepare(app)
    before = contents()
    answer = boss.send(path, form, page="/account")
    assert answer.status_code == status
    assert told in alert(answer.text)
    assert "<h1>Accounts</h1>" in answer.text
    assert contents() == before


def test_what_was_typed_is_still_there_after_a_refusal(boss: Browser, ada: Somebody) -> None:
    page = boss.send("/accounts/users", {"name": "a b", "role": "viewer"}, page="/account").text
    assert re.search(r'name="name"[^>]* value="a b"', page)
    assert re.search(r"<option selected[^>]*>viewer|<option[^>]* selected[^>]*>viewer", page)


FORMS = [
    "/account/password",
    "/account/second-factor",
    "/account/second-factor/confirm",
    "/account/second-factor/off",
    "/account/sign-out-everywhere",
    "/account/tokens",
    "/account/tokens/1/revoke",
    "/accounts/users",
    "/accounts/users/ada/link",
    "/accounts/users/ada/role",
    "/accounts/users/ada/disable",
    "/accounts/users/ada/enable",
    "/accounts/teams",
    "/accounts/teams/ops/delete",
    "/accounts/teams/ops/members",
    "/accounts/teams/ops/members/ada/remove",
    "/sign-out",
]


def test_every_form_is_in_the_list_above(app: Flask) -> None:
    rules = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule.startswith(("/account", "/sign-out"))
    }
    named = {"ada": "<name>", "ops": "<team>", "1": "<int:number>"}
    assert rules == {"/".join(named.get(part, part) for part in path.split("/")) for path in FORMS}


def test_a_form_without_its_token_is_refused(app: Flask, boss: Browser, ada: Somebody) -> None:
    prepare(app)
    form = {"name": "new", "role": "admin", "password": PASSWORD, "scopes": "read", "code": "000000"}
    before = contents()
    for path in FORMS:
        for more in ({}, {"csrf_token": "made up"}):
            assert boss.post(path, {**form, **more}).status_code == 400, path
    assert contents() == before
    assert boss.is_in


def test_authors_are_refused_what_administrators_do(author: Browser, app: Flask) -> None:
    changes.create_team("ops", actor=ROOT)
    before = {table: rows for table, rows in contents().items() if table != "tool_audit_log"}
    for path in (path for path in FORMS if path.startswith("/accounts")):
        answer = author.send(path, {"name": "new", "role": "admin"}, page="/account")
        assert answer.status_code == 403, path
        assert "managing accounts needs the role admin" in words(answer.text)
        assert (entries()[-1].action, entries()[-1].subject) == ("refused", f"POST {path}")
    assert {table: rows for table, rows in contents().items() if table != "tool_audit_log"} == before


def test_who_is_not_signed_in_is_led_to_where_one_signs_in(browser: Browser) -> None:
    answers = [browser.get(path) for path in ("/account", "/accounts")] + [browser.send(path) for path in FORMS]
    assert {(answer.status_code, answer.headers["Location"][:9]) for answer in answers} == {(303, "/sign-in?")}


def test_a_name_is_shown_as_it_is_written_and_never_as_html(app: Flask, boss: Browser) -> None:
    run("UPDATE tool_catalog.users SET name = '<img src=x>' WHERE name = 'admin'")
    for path in ("/account", "/accounts"):
        page = boss.get(path).text
        assert "<img src=x>" not in page
    give_password("<img src=x>")
    assert "<img src=x>" not in Browser(app).sign_in("<img src=x>", "no").text
