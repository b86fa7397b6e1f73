"""One act on many tools: all of them or none, in one transaction, by whoever may."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import changes as accounts
from app.actor import Actor, Role, command_actor
from app.catalog import bulk
from app.catalog.bulk import MOST_TAGS, MOST_TOOLS, Act
from app.catalog.models import AuditEntry
from app.errors import BadRequest, Conflict, Forbidden, NotFound
from app.extensions import db
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition
from tests.people import somebody

ME = command_actor("me")
NAMES = ["grep", "sed", "awk"]


@pytest.fixture
def three(noise: Caller) -> Caller:
    """A catalog with three tools to change, and others that are beside the point."""
    for name in NAMES:
        noise.create(name)
    return noise


def since(revision: int) -> list[tuple[int | None, str, str | None]]:
    """What the audit log has after a revision."""
    found = select(AuditEntry).where(AuditEntry.revision > revision).order_by(AuditEntry.revision)
    return [(entry.revision, entry.action, entry.tool_name) for entry in db.session.scalars(found)]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (Act.DISABLE, {"enabled": False, "status": "active"}),
        (Act.DEPRECATE, {"enabled": True, "status": "deprecated"}),
    ],
)
def test_an_act_changes_all_of_them_and_nothing_else(three: Caller, act: Act, told: dict[str, object]) -> None:
    before = three.read("find")
    done = bulk.apply(NAMES, act, actor=ME)
    assert done.tools == NAMES
    for name in NAMES:
        assert told.items() <= three.read(name).items()
        assert three.versions(name) == ["1.0"]
    assert three.read("find") == before


def test_every_tool_has_its_entry_and_its_revision_one_after_the_other(three: Caller) -> None:
    now = three.read("awk")["revision"]
    done = bulk.apply(NAMES, Act.DISABLE, actor=ME)
    assert (done.first, done.last) == (now + 1, now + 3)
    assert since(now) == [(now + 1 + place, "disabled", name) for place, name in enumerate(NAMES)]


def test_what_is_so_already_is_told_and_not_written(three: Caller) -> None:
    bulk.apply(["sed"], Act.DISABLE, actor=ME)
    now = three.read("sed")["revision"]
    done = bulk.apply(NAMES, Act.DISABLE, actor=ME)
    assert (done.tools, done.unchanged) == (["grep", "awk"], ["sed"])
    assert [name for _, _, name in since(now)] == ["grep", "awk"]
    again = bulk.apply(NAMES, Act.DISABLE, actor=ME)
    assert (again.tools, again.first, again.last) == ([], None, None)


@pytest.mark.parametrize(("act", "back"), [(Act.DISABLE, Act.ENABLE), (Act.DEPRECATE, Act.ACTIVATE)])
def test_each_switch_has_one_back(three: Caller, act: Act, back: Act) -> None:
    bulk.apply(NAMES, act, actor=ME)
    bulk.apply(NAMES, back, actor=ME)
    assert all((three.read(name)["enabled"], three.read(name)["status"]) == (True, "active") for name in NAMES)


def test_tags_are_added_in_a_new_version_and_only_where_they_lack(three: Caller) -> None:
    three.patch("sed", metadata={"tags": ["text", "stream"]})
    done = bulk.apply(["grep", "sed"], Act.TAG, actor=ME, tags=["stream", " stream ", ""])
    assert (done.tools, done.unchanged) == (["grep"], ["sed"])
    assert three.read("grep")["metadata"]["tags"] == ["text", "stream"]
    assert three.versions("grep") == ["1.1", "1.0"]
    assert three.latest("grep") == ["1.1"]


def test_tags_are_taken_away(three: Caller) -> None:
    bulk.apply(NAMES, Act.UNTAG, actor=ME, tags=["text"])
    assert [three.read(name)["metadata"]["tags"] for name in NAMES] == [[], [], []]


def test_deleting_hides_every_version_of_all_of_them(three: Caller) -> None:
    three.update("sed")
    bulk.apply(NAMES, Act.DELETE, actor=ME)
    assert not set(NAMES) & set(three.names())
    assert "find" in three.names()


@pytest.mark.parametrize(
    ("name", "act"), [("nothing", Act.DISABLE), ("half-done", Act.DEPRECATE), ("half-done", Act.ACTIVATE)]
)
def test_one_that_stands_against_it_stops_all_and_is_named(three: Caller, name: str, act: Act) -> None:
    before = contents()
    with pytest.raises(Conflict) as refusal:
        bulk.apply([*NAMES, name], act, actor=ME)
    assert name in refusal.value.detail
    assert [told["tool_name"] for told in refusal.value.members["refused"]] == [name]
    assert contents() == before


def test_a_draft_can_be_disabled_and_tagged_and_stays_a_draft(three: Caller) -> None:
    bulk.apply(["half-done"], Act.DISABLE, actor=ME)
    bulk.apply(["half-done"], Act.TAG, actor=ME, tags=["later"])
    told = three.read("half-done")
    assert (told["status"], told["enabled"], told["metadata"]["tags"]) == ("draft", False, ["text", "later"])


def test_a_single_tool_is_refused_as_by_itself(three: Caller) -> None:
    with pytest.raises(NotFound, match="Did you mean grep"):
        bulk.apply(["grpe"], Act.DISABLE, actor=ME)


def test_an_author_changes_their_own_and_their_teams_and_nobody_elses(app: Flask, three: Caller) -> None:
    somebody(app, "ada", "author")
    accounts.create_team("ops", actor=ME)
    for name, owner in (("grep", "ada"), ("sed", "ops")):
        three.patch(name, owner=owner)
    ada = Actor("ada", "api", role=Role.AUTHOR, teams=frozenset({"ops"}))
    assert bulk.apply(["grep", "sed"], Act.DISABLE, actor=ada).tools == ["grep", "sed"]
    with pytest.raises(Conflict) as refusal:
        bulk.apply(NAMES, Act.ENABLE, actor=ada)
    assert [told["tool_name"] for told in refusal.value.members["refused"]] == ["awk"]
    assert three.read("grep")["enabled"] is False
    with pytest.raises(Forbidden):
        bulk.apply(["awk"], Act.ENABLE, actor=ada)
    with pytest.raises(Forbidden):
        bulk.apply(NAMES, Act.ENABLE, actor=Actor("ada", "api"))


def test_a_name_given_twice_counts_once_whatever_its_case(three: Caller) -> None:
    assert bulk.apply(["grep", "GREP", "grep"], Act.DISABLE, actor=ME).tools == ["grep"]


@pytest.mark.parametrize("names", [[], [f"tool-{number}" for number in range(MOST_TOOLS + 1)]])
def test_there_is_at_least_one_name_and_at_most_so_many(three: Caller, names: list[str]) -> None:
    with pytest.raises(BadRequest):
        bulk.apply(names, Act.DISABLE, actor=ME)


@pytest.mark.parametrize("tags", [[], [" "], ["x" * 101], [str(number) for number in range(MOST_TAGS + 1)]])
def test_tags_are_some_and_short(three: Caller, tags: list[str]) -> None:
    with pytest.raises(BadRequest):
        bulk.apply(NAMES, Act.TAG, actor=ME, tags=tags)


def test_the_most_tools_at_once_are_no_matter_of_the_write_timeout(three: Caller) -> None:
    """Who waits for the database at most 700 ms could otherwise not tag 60 tools."""
    names = [f"tool-{number}" for number in range(60)]
    three.ok("POST", "/import", json=[definition(name) for name in names])
    done = three.ok("POST", "/bulk", json={"names": names, "act": "tag", "tags": ["new"]})
    assert len(done["tools"]) == 60


def test_json_does_it_once_for_a_key(three: Caller) -> None:
    body = {"names": NAMES, "act": "disable", "reason": "broken on NFS"}
    first = three.ok("POST", "/bulk", json=body, headers={"Idempotency-Key": "one"})
    assert three.ok("POST", "/bulk", json=body, headers={"Idempotency-Key": "one"}) == first
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.revision == first["last"])).one()
    assert (entry.reason, entry.source) == ("broken on NFS", "api")


def test_commands_do_it_too(app: Flask, three: Caller) -> None:
    run = app.test_cli_runner().invoke
    done = run(args=["catalog", "disable", "grep", "sed"])
    assert (done.exit_code, done.stdout) == (0, "grep: disabled\nsed: disabled\n")
    first, last = done.stderr.split()[-2:]
    assert run(args=["catalog", "undo", first, last]).stdout == "grep: as before\nsed: as before\n"
    assert run(args=["catalog", "tag", "grep", "--add", "old"]).exit_code == 0
    assert run(args=["catalog", "tag", "grep"]).exit_code == 2
    assert run(args=["catalog", "delete", "grep", "--yes"]).exit_code == 0
    failed = run(args=["catalog", "disable", "grep", "sed"])
    assert (failed.exit_code, three.read("sed")["enabled"]) == (1, True)
    assert "grep" in failed.stderr
