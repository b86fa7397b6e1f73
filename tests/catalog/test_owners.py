"""Owners of tools: who gets a new one, who may hand one over, and what goes on from version to version."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import changes as accounts
from app.actor import Actor, Role, command_actor
from app.audit import log
from app.audit.log import AuditQuery
from app.catalog.changes import create_tool, set_owner
from app.catalog.models import AuditEntry
from app.catalog.owners import check_named_owner, check_owner, owner_names, owner_when_made
from app.definitions.documents import document_of
from app.errors import BadRequest, Forbidden
from app.extensions import db
from tests.catalog.caller import Caller
from tests.definition import definition
from tests.people import somebody

ROOT = command_actor("root")
ADA = Actor("ada", "api", role=Role.AUTHOR, teams=frozenset({"ops"}))
BOSS = Actor("boss", "api", role=Role.ADMIN)


@pytest.fixture
def ada(app: Flask) -> Caller:
    """Ada, an author in the team ops; Bob is another author, and in the team net."""
    found = somebody(app, "ada", "author")
    bob = somebody(app, "bob", "author")
    for team, name in (("ops", found.name), ("net", bob.name)):
        accounts.create_team(team, actor=ROOT)
        accounts.add_member(team, name, actor=ROOT)
    return Caller(found.client(app))


def owner(caller: Caller, name: str = "grep") -> Any:
    """Who owns a tool, as everybody reads it."""
    return caller.read(name)["owner"]


def transfers() -> list[tuple[str, str, Any, Any]]:
    """Of every transfer: by whom, of which tool, from whom, to whom."""
    found = log.entries(AuditQuery(action="owner_changed"))
    return [
        (entry.changed_by, str(entry.tool_name), entry.changes[0]["before"], entry.changes[0]["after"])
        for entry in reversed(found)
    ]


def test_who_makes_a_tool_owns_it(app: Flask, ada: Caller) -> None:
    ada.create()
    assert owner(ada) == "ada"
    assert transfers() == []


def test_what_a_command_makes_belongs_to_nobody(app: Flask, client: FlaskClient) -> None:
    create_tool(document_of(definition()), actor=ROOT)
    assert owner(Caller(client)) is None
    assert owner_when_made(ROOT) is None
    assert owner_when_made(ADA) == "ada"


@pytest.mark.parametrize(("named", "status"), [("ada", 201), ("ADA", 201), ("ops", 201), ("net", 403), ("bob", 403)])
def test_an_author_makes_tools_for_oneself_and_ones_teams(ada: Caller, named: str, status: int) -> None:
    answer = ada.send("POST", json=definition(owner=named))
    assert answer.status_code == status
    if status == 201:
        assert answer.json["owner"] == named
    else:
        assert answer.json["detail"].startswith(f"The definition says owner: {named}, and ada does not belong to it.")
        assert ada.names() == []


def test_an_administrator_makes_tools_for_anybody_also_for_who_is_not_here(caller: Caller, ada: Caller) -> None:
    caller.create("grep", owner="bob")
    caller.create("find", owner="the old team")
    assert (owner(caller), owner(caller, "find")) == ("bob", "the old team")


def test_authors_change_their_own_and_their_teams_tools_only(caller: Caller, ada: Caller) -> None:
    for number, who in enumerate(("ada", "ops", "net", "bob", None)):
        create_tool(document_of(definition(f"t{number}", **({"owner": who} if who else {}))), actor=ROOT)
    requests = [
        ("PATCH", "", {"description": "x"}),
        ("PATCH", "/disable", None),
        ("PATCH", "", {"owner": "ada"}),
        ("POST", "/versions/1.0/promote", None),
        ("DELETE", "", None),
    ]
    for number, is_hers in enumerate((True, True, False, False, False)):
        for method, path, body in requests:
            answer = ada.send(method, f"/t{number}{path}", json=body)
            assert (answer.status_code != 403) == is_hers, (number, method, path, answer.text)
    assert sorted(caller.names()) == ["t2", "t3", "t4"]


def test_who_leaves_a_team_loses_its_tools(caller: Caller, ada: Caller) -> None:
    caller.create(owner="ops")
    assert ada.send("PATCH", "/grep/disable").status_code == 200
    accounts.remove_member("ops", "ada", actor=ROOT)
    assert ada.send("PATCH", "/grep/enable").status_code == 403


@pytest.mark.parametrize(
    ("named", "known"), [("bob", "bob"), ("BOB", "bob"), ("net", "net"), ("Ops", "ops"), ("admin", "admin")]
)
def test_a_tool_is_handed_over_to_a_person_or_a_team(caller: Caller, ada: Caller, named: str, known: str) -> None:
    ada.create()
    ada.patch("grep", owner=named)
    assert owner(ada) == known
    assert transfers() == [("ada", "grep", "ada", known)]
    assert ada.versions() == ["1.0"]
    assert ada.send("PATCH", "/grep/disable").status_code == (200 if known == "ops" else 403)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("bobb", "No person and no team is called “bobb”. Did you mean bob?"),
        ("", "No person and no team is called “”."),
        (5, "No person and no team is called “5”."),
        (["bob"], "No person and no team is called"),
        ("x" * 5000, "No person and no team is called"),
    ],
)
def test_nobody_hands_a_tool_over_to_who_is_not_there(ada: Caller, named: Any, told: str) -> None:
    ada.create()
    answer = ada.send("PATCH", "/grep", json={"owner": named})
    assert answer.status_code == 400
    assert told in answer.json["detail"]
    assert owner(ada) == "ada"
    assert transfers() == []


def test_what_is_near_is_told_for_programs_too(ada: Caller) -> None:
    ada.create()
    assert ada.send("PATCH", "/grep", json={"owner": "bobb"}).json["suggestions"] == ["bob"]


def test_only_administrators_take_an_owner_away(caller: Caller, ada: Caller) -> None:
    ada.create()
    answer = ada.send("PATCH", "/grep", json={"owner": None})
    assert (answer.status_code, owner(ada)) == (403, "ada")
    caller.patch("grep", owner=None)
    assert owner(ada) is None
    assert transfers() == [("admin", "grep", "ada", None)]


def test_handing_over_what_is_so_already_is_no_transfer(ada: Caller) -> None:
    ada.create()
    ada.patch("grep", owner="ada")
    assert transfers() == []


def test_a_new_version_keeps_the_owner_unless_it_says_otherwise(caller: Caller, ada: Caller) -> None:
    ada.create()
    caller.update(description="by the administrator")
    assert owner(ada) == "ada"
    ada.update(description="Second", owner="ops")
    assert owner(ada) == "ops"
    assert transfers() == [("ada", "grep", "ada", "ops")]
    refused = ada.send("PUT", "/grep", json=definition(version="9.0", owner="bob"))
    assert (refused.status_code, owner(ada)) == (403, "ops")


def test_an_older_version_that_becomes_the_latest_takes_the_owner_over(caller: Caller, ada: Caller) -> None:
    ada.create()
    ada.update(description="Second")
    ada.patch("grep", owner="ops")
    ada.ok("POST", "/grep/versions/1.0/promote")
    assert owner(ada) == "ops"
    ada.ok("POST", "/grep/versions/1.1/promote")
    ada.patch("grep", owner="bob")
    caller.ok("DELETE", "/grep?version=1.1")
    assert owner(ada) == "bob"
    assert ada.send("PATCH", "/grep/disable").status_code == 403


def test_a_draft_that_is_published_does_not_bring_its_former_owner_back(caller: Caller, ada: Caller) -> None:
    ada.create()
    ada.update(description="Draft", status="draft")
    caller.patch("grep", owner="bob")
    caller.ok("POST", "/grep/versions/1.1/promote")
    assert owner(caller) == "bob"


def test_an_import_refuses_what_is_others_one_by_one(caller: Caller, ada: Caller) -> None:
    for name, who in (("hers", "ada"), ("theirs", "ops"), ("his", "bob"), ("nobodys", None)):
        create_tool(document_of(definition(name, **({"owner": who} if who else {}))), actor=ROOT)
    sent = [
        definition(name, version="2.0", description="New") for name in ("hers", "theirs", "his", "nobodys", "fresh")
    ]
    sent += [definition("for-bob", owner="bob"), definition("for-ops", owner="ops")]
    report = ada.ok("POST", "/import?on_conflict=new_version", json=sent)
    outcomes = {entry["tool_name"]: entry["outcome"] for entry in report["results"]}
    refused = {name for name, outcome in outcomes.items() if outcome == "refused"}
    assert refused == {"his", "nobodys", "for-bob"}
    owners = {name: owner(caller, name) for name in caller.names()}
    assert owners == {"hers": "ada", "theirs": "ops", "his": "bob", "nobodys": None, "fresh": "ada", "for-ops": "ops"}
    assert caller.versions("his") == ["1.0"]


def test_an_import_by_an_administrator_keeps_the_owners_there_are(caller: Caller, ada: Caller) -> None:
    ada.create()
    caller.ok("POST", "/import?on_conflict=new_version", json=[definition(version="2.0", description="New")])
    assert owner(ada) == "ada"
    caller.ok("POST", "/import?on_conflict=new_version", json=[definition(version="3.0", owner="bob")])
    assert owner(ada) == "bob"
    assert transfers() == [("admin", "grep", "ada", "bob")]


def test_a_page_hands_a_tool_over(app: Flask, ada: Caller) -> None:
    ada.create()
    found = re.search(r'name="csrf_token" value="([^"]+)"', ada.client.get("/tools/grep").text)
    assert found is not None
    refused = (("bobb", 400, "Did you mean bob?"), ("", 403, "Hand it over to somebody"))
    for who, status, told in (*refused, ("ops", 303, "")):
        answer = ada.client.post("/tools/grep/owner", data={"csrf_token": found[1], "owner": who})
        assert answer.status_code == status
        assert told in answer.text
    assert owner(ada) == "ops"


def test_a_command_hands_a_tool_over(app: Flask, ada: Caller) -> None:
    ada.create()
    runner = app.test_cli_runner()
    done = runner.invoke(args=["catalog", "hand-over", "grep", "OPS", "--reason", "reorganised"])
    assert (done.exit_code, done.stdout) == (0, "grep belongs to ops now.\n")
    (entry,) = log.entries(AuditQuery(action="owner_changed"))
    assert (entry.reason, entry.source) == ("reorganised", "command")
    for arguments, told in (
        (("grep", "opps"), "Error: No person and no team is called “opps”. Did you mean ops?\n"),
        (("gerp", "ops"), "Error: "),
    ):
        failed = runner.invoke(args=["catalog", "hand-over", *arguments])
        assert (failed.exit_code, failed.stdout) == (1, "")
        assert failed.stderr.startswith(told)
        assert failed.stderr.count("\n") == 1


def test_people_services_and_teams_may_own(app: Flask, ada: Caller) -> None:
    accounts.create_service_token("ci", "author", actor=ROOT)
    assert sorted(owner_names()) == ["ada", "admin", "bob", "ci", "net", "ops"]


def test_who_may_own_is_found_whatever_the_case(app: Flask, ada: Caller) -> None:
    assert check_named_owner(ADA, "BoB") == "bob"
    assert check_named_owner(BOSS, None) is None
    with pytest.raises(BadRequest):
        check_named_owner(BOSS, "bobb")
    with pytest.raises(Forbidden):
        check_named_owner(ADA, None)


@pytest.mark.parametrize(
    ("who", "owner", "is_refused"),
    [(ADA, "ada", False), (ADA, "OPS", False), (ADA, "net", True), (ADA, None, True), (BOSS, "net", False)],
)
def test_a_definition_names_its_author_or_a_team_of_theirs(who: Actor, owner: str | None, is_refused: bool) -> None:
    if not is_refused:
        check_owner(who, owner)
        return
    with pytest.raises(Forbidden, match="Leave the owner out, store it, and then hand it over"):
        check_owner(who, owner)


def test_what_a_removed_team_owned_is_for_administrators_to_hand_over(app: Flask, ada: Caller, caller: Caller) -> None:
    caller.create(owner="ops")
    accounts.delete_team("ops", actor=ROOT)
    assert owner(caller) == "ops"
    assert ada.send("PATCH", "/grep/disable").status_code == 403
    caller.patch("grep", owner="ada")
    assert ada.send("PATCH", "/grep/disable").status_code == 200


def test_the_same_owner_spelled_otherwise_is_no_transfer(app: Flask) -> None:
    somebody(app, "Ada", "author")
    create_tool(document_of(definition(owner="Ada")), actor=ROOT)
    set_owner("grep", "ADA", actor=ROOT)
    assert db.session.scalars(select(AuditEntry.action).where(AuditEntry.tool_name.is_not(None))).all() == ["created"]
