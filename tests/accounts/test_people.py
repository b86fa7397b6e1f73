"""Reading accounts: what is counted, what comes first, and what is left out."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.accounts import changes, people
from app.actor import command_actor
from tests.accounts.browser import run
from tests.definition import definition
from tests.people import Somebody, somebody

ROOT = command_actor("root")


def line(name: str) -> Any:
    """What is told of an account."""
    (found,) = (one for one in people.all_accounts() if one.name == name)
    return found


def test_accounts_come_by_name_whatever_the_case(app: Flask) -> None:
    for name in ("Zoe", "bob", "Ada", "carl"):
        changes.create_user(name, "viewer", actor=ROOT)
    assert [one.name for one in people.all_accounts()] == ["Ada", "admin", "bob", "carl", "Zoe"]


def test_tools_are_counted_for_who_owns_them_now(app: Flask, ada: Somebody, client: FlaskClient) -> None:
    changes.create_team("ops", actor=ROOT)
    owners = {"one": "ada", "two": "ADA", "three": "ops", "four": "ada", "five": "nobody-here"}
    for name, owner in owners.items():
        assert client.post("/api/v1/tools", json=definition(name, owner=owner)).status_code == 201
    client.put("/api/v1/tools/one", json=definition("one", version="2.0"))
    client.delete("/api/v1/tools/four")
    (ops,) = people.all_teams()
    assert (line("ada").tools, line("admin").tools, ops.tools) == (2, 0, 1)


def test_only_good_tokens_are_counted(app: Flask, ada: Somebody) -> None:
    made = [changes.create_token("x", actor=ROOT, user_name="ada", scopes=["read"])[0].id for _ in range(3)]
    changes.revoke_token(made[0], actor=ROOT)
    run("UPDATE tool_catalog.api_tokens SET expires_at = now() - interval '1 s' WHERE id = :id", id=made[1])
    assert line("ada").tokens == 2


def test_good_tokens_come_first_then_the_newest(app: Flask, ada: Somebody) -> None:
    made = [changes.create_token(f"t{n}", actor=ROOT, user_name="ada", scopes=["read"])[0].id for n in range(4)]
    changes.revoke_token(made[3], actor=ROOT)
    run("UPDATE tool_catalog.api_tokens SET expires_at = now() - interval '1 s' WHERE id = :id", id=made[0])
    names = [token.name for token in people.tokens("ADA")]
    assert names == ["t2", "t1", "of a test", "t3", "t0"]
    assert {token.user for token in people.tokens()} == {"ada", "admin"}


def test_this_session_comes_first_then_the_last_seen(app: Flask, ada: Somebody) -> None:
    somebody(app, "bob", "author")
    run(
        "INSERT INTO tool_catalog.sign_ins (hash, user_id, browser, seen_at) "
        "SELECT sha256(b::bytea), id, b, now() - age FROM tool_catalog.users, "
        "(VALUES ('old', interval '2 h'), ('new', interval '1 h')) AS s(b, age) WHERE name = 'ada'"
    )
    run("UPDATE tool_catalog.sign_ins SET seen_at = now() - interval '9 h' WHERE browser = ''")
    listed = people.sessions(changes.user_named("ada"), ada.key)
    assert [(one.browser, one.is_this) for one in listed] == [("", True), ("new", False), ("old", False)]
    assert not any(one.is_this for one in people.sessions(changes.user_named("ada"), None))


def test_members_come_by_name_and_teams_too(app: Flask, ada: Somebody) -> None:
    somebody(app, "Bob", "author")
    for team in ("ops", "Net"):
        changes.create_team(team, actor=ROOT)
    for name in ("Bob", "ada"):
        changes.add_member("ops", name, actor=ROOT)
    changes.add_member("net", "ada", actor=ROOT)
    assert [(team.name, team.members) for team in people.all_teams()] == [("Net", ["ada"]), ("ops", ["ada", "Bob"])]
    assert line("ada").teams == ["Net", "ops"]


def test_there_is_somebody_as_soon_as_there_is_an_account(app: Flask) -> None:
    assert people.is_anybody()
    run("DELETE FROM tool_catalog.users")
    assert not people.is_anybody()
