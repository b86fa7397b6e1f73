"""The JSON face of accounts: what it answers, what it refuses, and that nothing is changed then."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import changes, sign_in
from app.accounts.tokens import is_token
from app.actor import command_actor
from tests.accounts.browser import Browser, give_password, run
from tests.accounts.told import Told, actions, chain_holds, entries
from tests.contents import contents
from tests.definition import definition
from tests.people import Somebody, nobodys_client

ROOT = command_actor("root")
AT = "/api/v1/accounts"
TOKEN = {"name": "nightly", "user": "ada", "scopes": ["read"]}


def ask(client: FlaskClient, method: str, path: str, body: Any = None, **more: Any) -> Any:
    """Ask for something that must be done; the JSON of the answer."""
    answer = client.open(AT + path, method=method, json=body, **more)
    assert answer.status_code in {200, 201, 204}, answer.text
    assert answer.status_code == 204 or answer.headers["Cache-Control"] == "no-store"
    return answer.get_json(silent=True)


def test_everybody_learns_who_they_are(app: Flask, client: FlaskClient, ada: Somebody) -> None:
    changes.create_team("ops", actor=ROOT)
    changes.add_member("ops", "ada", actor=ROOT)
    assert ask(ada.client(app), "GET", "/me") == {
        "name": "ada",
        "role": "author",
        "scopes": ["read", "write", "admin"],
        "teams": ["ops"],
    }


def test_an_account_is_made_changed_and_listed(client: FlaskClient, app: Flask) -> None:
    made = ask(client, "POST", "/users", {"name": "bob", "role": "author"})
    assert {key: made[key] for key in ("name", "kind", "role", "teams", "tools", "tokens", "is_disabled")} == {
        "name": "bob",
        "kind": "person",
        "role": "author",
        "teams": [],
        "tools": 0,
        "tokens": 0,
        "is_disabled": False,
    }
    assert (made["has_password"], made["has_second_factor"], made["last_sign_in_at"]) == (False, False, None)
    assert ask(client, "PATCH", "/users/BOB", {"role": "viewer"})["role"] == "viewer"
    assert ask(client, "PATCH", "/users/bob", {"is_disabled": True})["is_disabled"] is True
    assert ask(client, "PATCH", "/users/bob", {}) == ask(client, "GET", "/users")["accounts"][1]
    assert ask(client, "POST", "/users", {"name": "ci", "role": "viewer", "kind": "service"})["kind"] == "service"
    listed = ask(client, "GET", "/users")
    assert ([one["name"] for one in listed["accounts"]], listed["total"]) == (["admin", "bob", "ci"], 3)
    assert actions() == ["account_created", "role_changed", "account_disabled", "account_created"]
    assert {(told.by, told.source, told.address) for told in entries()} == {("admin", "api", "127.0.0.1")}


def test_an_account_tells_how_many_tools_and_tokens_it_has(client: FlaskClient, app: Flask, ada: Somebody) -> None:
    ada.client(app).post("/api/v1/tools", json=definition())
    ada.client(app).post("/api/v1/tools", json=definition("find"))
    client.delete("/api/v1/tools/find")
    changes.revoke_token(ask(client, "POST", "/tokens", TOKEN)["id"], actor=ROOT)
    (told,) = (one for one in ask(client, "GET", "/users")["accounts"] if one["name"] == "ada")
    assert (told["tools"], told["tokens"]) == (1, 1)


def test_nothing_that_opens_anything_is_listed(client: FlaskClient, app: Flask, ada: Somebody) -> None:
    give_password("ada")
    token = ask(client, "POST", "/tokens", TOKEN)["token"]
    secret = changes.create_link("author", actor=ROOT, name="ada")
    told = "".join(client.get(AT + path).text for path in ("/users", "/tokens", "/teams", "/me"))
    for hidden in (token, ada.token, ada.key, secret, "argon2", "hash", "totp"):
        assert hidden not in told


def test_a_link_signs_a_person_in_once(client: FlaskClient, app: Flask, ada: Somebody) -> None:
    made = ask(client, "POST", "/users/ADA/sign-in-link")
    assert (made["user"], made["minutes"]) == ("ada", 15)
    path = made["url"].removeprefix("http://localhost")
    browser = Browser(app)
    assert browser.send(path, page=path).status_code == 303
    assert "<h1>ada</h1>" in browser.get("/account").text


def test_an_account_is_signed_out_everywhere(client: FlaskClient, app: Flask, ada: Somebody) -> None:
    browser = Browser(app, ada)
    assert browser.is_in
    ask(client, "POST", "/users/ada/sign-out")
    assert not browser.is_in
    assert Browser(app).with_cookie(admins_cookie(client)).is_in
    assert ada.client(app).get("/api/v1/tools").status_code == 200
    assert entries() == [Told("signed_out", "ada", "admin", "127.0.0.1", "api", "1 session", [])]


def admins_cookie(client: FlaskClient) -> str:
    """The cookie the administrator's client has."""
    found = client.get_cookie("tool_catalog")
    assert found is not None
    return str(found.value)


def test_a_tokens_text_is_in_the_answer_that_made_it_only(client: FlaskClient, app: Flask, ada: Somebody) -> None:
    made = ask(client, "POST", "/tokens", {**TOKEN, "days": 7})
    assert is_token(made["token"])
    assert made["prefix"] == made["token"][:11]
    assert (made["user"], made["scopes"], made["created_by"], made["last_used_at"]) == ("ada", ["read"], "admin", None)
    listed = ask(client, "GET", "/tokens")["tokens"][0]
    assert listed == {key: value for key, value in made.items() if key != "token"}
    program = nobodys_client(app)
    program.token = made["token"]  # type: ignore[attr-defined]
    assert program.get("/api/v1/tools").status_code == 200
    ask(client, "DELETE", f"/tokens/{made['id']}")
    assert program.get("/api/v1/tools").status_code == 401
    assert [one["name"] for one in ask(client, "GET", "/tokens")["tokens"]][-1] == "nightly"
    ask(client, "DELETE", f"/tokens/{made['id']}")
    assert actions() == ["token_created", "token_revoked"]


def test_a_team_is_made_filled_and_removed(client: FlaskClient, ada: Somebody) -> None:
    assert ask(client, "POST", "/teams", {"name": "ops"}) == {"name": "ops", "members": [], "tools": 0}
    for _ in range(2):
        assert ask(client, "PUT", "/teams/OPS/members/ADA")["members"] == ["ada"]
    assert ask(client, "GET", "/teams")["teams"][0]["members"] == ["ada"]
    for _ in range(2):
        assert ask(client, "DELETE", "/teams/ops/members/ada")["members"] == []
    ask(client, "DELETE", "/teams/ops")
    assert ask(client, "GET", "/teams") == {"teams": [], "total": 0}
    assert chain_holds()


WRONG: list[tuple[str, str, Any, int, str]] = [
    ("POST", "/users", {}, 400, "name: Field required"),
    ("POST", "/users", {"name": "new"}, 400, "role: Field required"),
    ("POST", "/users", {"name": "new", "role": "boss"}, 400, "role: Input should be 'viewer', 'author' or 'admin'"),
    ("POST", "/users", {"name": "new", "role": "author", "kind": "robot"}, 400, "kind: Input should be"),
    ("POST", "/users", {"name": "new", "role": "author", "password": "x"}, 400, "Unknown parameter “password”."),
    ("POST", "/users", {"name": "a b", "role": "author"}, 400, "“a b” is no name"),
    ("POST", "/users", {"name": "a\0", "role": "author"}, 400, ""),
    ("POST", "/users", {"name": 7, "role": "author"}, 400, "name: Input should be a valid string"),
    ("POST", "/users", {"name": "x" * 101, "role": "author"}, 400, "name: String should have at most 100"),
    ("POST", "/users", {"name": "ADA", "role": "author"}, 409, "ada is the name of an account already"),
    ("POST", "/users", {"name": "ops", "role": "author"}, 409, "ops is the name of a team already"),
    ("POST", "/users", [], 400, ""),
    ("POST", "/users", "new", 400, ""),
    ("PATCH", "/users/ada", {"role": "boss"}, 400, "role: Input should be"),
    ("PATCH", "/users/ada", {"is_disabled": "perhaps"}, 400, "is_disabled: Input should be a valid boolean"),
    ("PATCH", "/users/ada", {"name": "eve"}, 400, "Unknown parameter “name”."),
    ("PATCH", "/users/adda", {"role": "viewer"}, 404, "No account is called “adda”. Did you mean ada?"),
    ("PATCH", "/users/admin", {"role": "viewer"}, 409, "This is the last administrator."),
    ("PATCH", "/users/admin", {"is_disabled": True}, 409, "This is the last administrator."),
    ("PATCH", "/users/admin", {"role": "admin", "is_disabled": True}, 409, "This is the last administrator."),
    ("POST", "/users/adda/sign-in-link", None, 404, "No account is called “adda”"),
    ("POST", "/users/ci/sign-in-link", None, 409, "ci is a service"),
    ("POST", "/users/gone/sign-in-link", None, 409, "gone is disabled"),
    ("POST", "/users/adda/sign-out", None, 404, "No account is called “adda”"),
    ("POST", "/tokens", {}, 400, "name: Field required"),
    ("POST", "/tokens", {**TOKEN, "name": " "}, 400, "A token has a name"),
    ("POST", "/tokens", {**TOKEN, "scopes": []}, 400, "Name at least one scope"),
    ("POST", "/tokens", {**TOKEN, "scopes": ["all"]}, 400, "scopes: Input should be"),
    ("POST", "/tokens", {**TOKEN, "days": 0}, 400, "days: Input should be greater than or equal to 1"),
    ("POST", "/tokens", {**TOKEN, "days": 3651}, 400, "days: Input should be less than or equal to 3650"),
    ("POST", "/tokens", {**TOKEN, "user": "adda"}, 404, "No account is called “adda”"),
    ("DELETE", "/tokens/0", None, 404, "There is no token 0."),
    ("DELETE", "/tokens/99999999999999999999", None, 404, "There is no token 99999999999999999999."),
    ("DELETE", "/tokens/first", None, 404, ""),
    ("POST", "/teams", {}, 400, "name: Field required"),
    ("POST", "/teams", {"name": "a/b"}, 400, "“a/b” is no name"),
    ("POST", "/teams", {"name": "ada"}, 409, "ada is the name of an account already"),
    ("DELETE", "/teams/opps", None, 404, "No team is called “opps”. Did you mean ops?"),
    ("PUT", "/teams/opps/members/ada", None, 404, "No team is called “opps”"),
    ("PUT", "/teams/ops/members/adda", None, 404, "No account is called “adda”"),
    ("DELETE", "/teams/ops/members/adda", None, 404, "No account is called “adda”"),
    ("GET", "/users?role=admin", None, 400, "Unknown parameter “role”. There are none here."),
    ("GET", "/tokens?user=ada", None, 400, "Unknown parameter “user”."),
    ("GET", "/teams?x=1", None, 400, "Unknown parameter “x”."),
    ("GET", "/me?x=1", None, 400, "Unknown parameter “x”."),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "told"), WRONG)
def test_what_cannot_be_done_is_a_problem_and_changes_nothing(
    client: FlaskClient, ada: Somebody, *, method: str, path: str, body: Any, status: int, told: str
) -> None:
    changes.create_team("ops", actor=ROOT)
    changes.create_service_token("ci", "viewer", actor=ROOT)
    changes.create_user("gone", "viewer", actor=ROOT)
    changes.set_disabled("gone", True, actor=ROOT)
    before = contents()
    answer = client.open(AT + path, method=method, json=body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert told in answer.json["detail"]
    assert contents() == before


@pytest.mark.parametrize("path", ["/users", "/tokens", "/teams"])
def test_a_body_that_is_missing_is_told(client: FlaskClient, path: str) -> None:
    answer = client.post(AT + path)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json["detail"] == "name: Field required"


def test_a_body_that_is_no_json_is_told(client: FlaskClient) -> None:
    for sent, kind, status in (
        (b"{", "application/json", 400),
        (b"<a/>", "text/xml", 415),
        (b"\xff", "application/json", 400),
    ):
        answer = client.post(f"{AT}/teams", data=sent, content_type=kind)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert run("SELECT count(*) FROM tool_catalog.teams") == [(0,)]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_cookie_changes_nothing_through_json(client: FlaskClient, app: Flask, method: str) -> None:
    client.token = None  # type: ignore[attr-defined]
    path = {"POST": "/teams", "PATCH": "/users/admin", "DELETE": "/teams/ops"}[method]
    changes.create_team("ops", actor=ROOT)
    before = contents()
    answer = client.open(AT + path, method=method, json={"name": "new"} if method == "POST" else None)
    assert answer.status_code == 401
    assert contents() == before


def test_a_cookie_reads_through_json(client: FlaskClient) -> None:
    client.token = None  # type: ignore[attr-defined]
    assert client.get(f"{AT}/me").json["name"] == "admin"
    assert client.get(f"{AT}/users").json["total"] == 1


def test_a_refusal_of_what_is_not_ones_own_is_audited(app: Flask, ada: Somebody) -> None:
    client = ada.client(app)
    answer = client.get(f"{AT}/users?secret=1", environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
    assert (answer.status_code, answer.json["type"]) == (403, "urn:tool-catalog:problem:forbidden")
    assert "ada is an author; managing accounts needs the role admin." in answer.json["detail"]
    assert entries() == [Told("refused", f"GET {AT}/users", "ada", "192.0.2.9", "api", None, [])]
    assert chain_holds()


def test_who_says_nothing_is_refused_and_not_audited(nobody: FlaskClient) -> None:
    answer = nobody.get(f"{AT}/users")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="tool-catalog"')
    assert entries() == []


def test_the_answer_to_a_session_that_ended_is_401(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, ada)
    assert browser.get(f"{AT}/me").status_code == 200
    sign_in.end_all(changes.user_named("ada"), actor=ROOT)
    assert browser.get(f"{AT}/me").status_code == 401
