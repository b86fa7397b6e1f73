"""Changes to accounts: what each does, what it refuses, and what the audit log tells of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask

from app.accounts import changes
from app.actor import Actor, Role, Scope, command_actor
from app.audit.log import AuditQuery
from app.audit.log import entries as read_log
from app.errors import BadRequest, CatalogError, Conflict, Forbidden, NotFound
from app.extensions import db
from tests.accounts.browser import run
from tests.accounts.told import actions, chain_holds, entries
from tests.contents import contents
from tests.parallel import at_once
from tests.people import Somebody, somebody

ROOT = command_actor("root")
ADMIN = Actor("admin", "page", "192.0.2.7", request_id="r-1", role=Role.ADMIN)
AUTHOR = Actor("ada", "page", role=Role.AUTHOR)
GOOD_NAMES = ["a", "7", "ada", "Ada.Lovelace-1_x@example.org", "x" * 100]
BAD_NAMES = ["", " ", "a b", "-a", ".a", "@a", "_a", "a/b", "a\n", "é", "a\0", "x" * 101, "a,b", "a<b>", "a'b", "ａ"]


def role_of(name: str) -> Any:
    """The role of an account in the database."""
    ((role,),) = run("SELECT role FROM tool_catalog.users WHERE name = :name", name=name)
    return role


def is_disabled(name: str) -> bool:
    """Whether an account is disabled, in the database."""
    ((disabled,),) = run("SELECT disabled_at IS NOT NULL FROM tool_catalog.users WHERE name = :name", name=name)
    return bool(disabled)


def refused(act: Callable[[], object], kind: type[CatalogError], words: str = "") -> CatalogError:
    """Do something that must be refused and change nothing; the refusal."""
    before = contents()
    with pytest.raises(kind) as refusal:
        act()
    db.session.remove()
    assert words in refusal.value.detail
    assert contents() == before
    return refusal.value


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_an_account_is_made_with_its_role(app: Flask, name: str) -> None:
    changes.create_user(name, "viewer", actor=ADMIN)
    assert role_of(name) == "viewer"
    (told,) = entries()
    assert (told.action, told.subject, told.by, told.address, told.source) == (
        *("account_created", name, "admin"),
        *("192.0.2.7", "page"),
    )
    assert told.changes[0]["after"] == "viewer"


@pytest.mark.parametrize(
    "make",
    [
        lambda name: changes.create_user(name, "viewer", actor=ROOT),
        lambda name: changes.create_team(name, actor=ROOT),
        lambda name: changes.create_service_token(name, "viewer", actor=ROOT),
    ],
)
def test_what_is_no_name_is_refused(app: Flask, make: Callable[[str], object]) -> None:
    for name in BAD_NAMES:
        refused(partial(make, name), BadRequest, "is no name")


@pytest.mark.parametrize("taken", ["ada", "ADA", "ops", "Ops", "robot"])
def test_people_services_and_teams_share_their_names(app: Flask, ada: Somebody, taken: str) -> None:
    changes.create_team("ops", actor=ROOT)
    changes.create_service_token("robot", "viewer", actor=ROOT)
    refused(lambda: changes.create_user(taken, "viewer", actor=ROOT), Conflict, "already; accounts and teams share")
    refused(lambda: changes.create_team(taken, actor=ROOT), Conflict, "already; accounts and teams share")


def test_of_many_that_take_one_name_at_once_one_gets_it(app: Flask) -> None:
    def take(number: int) -> str:
        with app.app_context():
            try:
                if number % 2:
                    changes.create_user("new", "viewer", actor=ROOT)
                else:
                    changes.create_team("New", actor=ROOT)
            except Conflict as refusal:
                return refusal.code
            finally:
                db.session.remove()
            return "made"

    told = at_once([lambda number=number: take(number) for number in range(6)])  # type: ignore[misc]
    assert sorted(told) == ["conflict"] * 5 + ["made"]


@pytest.mark.parametrize("role", ["", "Admin", "owner", "admin ", "root"])
def test_what_is_no_role_is_refused(app: Flask, ada: Somebody, role: str) -> None:
    for act in (
        lambda: changes.create_user("new", role, actor=ROOT),
        lambda: changes.set_role("ada", role, actor=ROOT),
        lambda: changes.create_service_token("robot", role, actor=ROOT),
    ):
        assert refused(act, BadRequest, "known are viewer, author, admin").members["known"] == list(Role)


def test_a_role_is_changed_and_told(app: Flask, ada: Somebody) -> None:
    changes.set_role("ADA", "viewer", actor=ADMIN)
    assert role_of("ada") == "viewer"
    (told,) = entries()
    assert (told.action, told.subject, told.by) == ("role_changed", "ada", "admin")
    assert (told.changes[0]["before"], told.changes[0]["after"]) == ("author", "viewer")


@pytest.mark.parametrize(
    "act",
    [
        lambda: changes.set_role("ada", "author", actor=ROOT),
        lambda: changes.set_disabled("ada", False, actor=ROOT),
        lambda: changes.change_user("ada", actor=ROOT),
        lambda: changes.remove_member("ops", "ada", actor=ROOT),
    ],
)
def test_what_is_so_already_is_not_told(app: Flask, ada: Somebody, act: Callable[[], object]) -> None:
    changes.create_team("ops", actor=ROOT)
    act()
    assert actions() == ["team_created"]


def test_a_disabled_account_is_told_and_has_no_sessions(app: Flask, ada: Somebody) -> None:
    somebody(app, "bob", "author")
    changes.set_disabled("ada", True, actor=ADMIN)
    assert is_disabled("ada")
    left = "SELECT name FROM tool_catalog.users AS u JOIN tool_catalog.sign_ins ON user_id = u.id ORDER BY name"
    assert run(left) == [("admin",), ("bob",)]
    changes.set_disabled("ada", False, actor=ADMIN)
    assert not is_disabled("ada")
    assert actions() == ["account_disabled", "account_enabled"]


# Somebody must be left who can manage the rest.

LOSING = [
    lambda name: changes.set_role(name, "author", actor=ROOT),
    lambda name: changes.set_disabled(name, True, actor=ROOT),
    lambda name: changes.change_user(name, actor=ROOT, role="viewer", is_disabled=True),
    lambda name: changes.change_user(name, actor=ROOT, role="admin", is_disabled=True),
]


@pytest.mark.parametrize("lose", LOSING)
def test_the_last_administrator_stays(app: Flask, ada: Somebody, lose: Callable[[str], object]) -> None:
    somebody(app, "robot", "admin", kind="service")
    somebody(app, "gone", "admin")
    changes.set_disabled("gone", True, actor=ROOT)
    db.session.remove()
    refused(lambda: lose("admin"), Conflict, "This is the last administrator. Make another one first.")
    changes.set_role("ada", "admin", actor=ROOT)
    lose("admin")
    refused(lambda: lose("ada"), Conflict, "This is the last administrator")


def test_of_two_administrators_that_demote_each_other_at_once_one_stays(app: Flask) -> None:
    somebody(app, "other", "admin")

    def demote(name: str) -> Callable[[], None]:
        def act() -> None:
            with app.app_context():
                try:
                    changes.set_role(name, "viewer", actor=ROOT)
                except Conflict:
                    pass
                finally:
                    db.session.remove()

        return act

    at_once([demote("admin"), demote("other")])
    assert run("SELECT count(*) FROM tool_catalog.users WHERE role = 'admin'") == [(1,)]


@pytest.mark.parametrize("lose", LOSING)
def test_a_service_is_disabled_also_where_no_person_is_an_administrator(
    app: Flask, lose: Callable[[str], object]
) -> None:
    somebody(app, "robot", "admin", kind="service")
    run("DELETE FROM tool_catalog.users WHERE name = 'admin'")
    lose("robot")
    assert role_of("robot") != "admin" or is_disabled("robot")


def test_several_changes_of_an_account_are_made_together_or_not_at_all(app: Flask, ada: Somebody) -> None:
    changes.change_user("ada", actor=ROOT, role="viewer", is_disabled=True)
    assert (role_of("ada"), is_disabled("ada")) == ("viewer", True)
    db.session.remove()
    refused(lambda: changes.change_user("admin", actor=ROOT, role="admin", is_disabled=True), Conflict)


# Teams.


def test_a_team_is_made_filled_emptied_and_removed(app: Flask, ada: Somebody) -> None:
    changes.create_team("ops", actor=ADMIN)
    for _ in range(2):
        changes.add_member("OPS", "Ada", actor=ADMIN)
    changes.remove_member("ops", "ada", actor=ADMIN)
    changes.add_member("ops", "ada", actor=ADMIN)
    changes.delete_team("Ops", actor=ADMIN)
    assert [(told.action, told.subject) for told in entries()] == [
        *(("team_created", "ops"), ("member_added", "ops"), ("member_removed", "ops")),
        *(("member_added", "ops"), ("team_deleted", "ops")),
    ]
    assert entries()[1].changes[0]["after"] == "ada"
    assert run("SELECT count(*) FROM tool_catalog.team_members") == [(0,)]
    assert role_of("ada") == "author"
    assert chain_holds()


def test_the_name_of_a_removed_team_is_free(app: Flask) -> None:
    changes.create_team("ops", actor=ROOT)
    changes.delete_team("ops", actor=ROOT)
    changes.create_user("ops", "viewer", actor=ROOT)
    assert role_of("ops") == "viewer"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: changes.set_role("adda", "viewer", actor=ROOT), "No account is called “adda”. Did you mean ada?"),
        (lambda: changes.set_disabled("adda", True, actor=ROOT), "No account is called “adda”"),
        (lambda: changes.add_member("opps", "ada", actor=ROOT), "No team is called “opps”. Did you mean ops?"),
        (lambda: changes.add_member("ops", "adda", actor=ROOT), "No account is called “adda”"),
        (lambda: changes.add_member("ops", "ops", actor=ROOT), "No account is called “ops”"),
        (lambda: changes.remove_member("opps", "ada", actor=ROOT), "No team is called “opps”"),
        (lambda: changes.delete_team("opps", actor=ROOT), "No team is called “opps”"),
        (lambda: changes.delete_team("ada", actor=ROOT), "No team is called “ada”"),
        (
            lambda: changes.create_token("x", actor=ROOT, user_name="adda", scopes=["read"]),
            "No account is called “adda”",
        ),
        (lambda: changes.revoke_token(0, actor=ROOT), "There is no token 0."),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(
    app: Flask, ada: Somebody, act: Callable[[], object], words: str
) -> None:
    changes.create_team("ops", actor=ROOT)
    refused(act, NotFound, words)


# Tokens.


def test_a_token_is_told_without_its_text(app: Flask, ada: Somebody) -> None:
    made, text = changes.create_token("nightly", actor=ADMIN, user_name="Ada", scopes=["write", "read"], days=3)
    changes.revoke_token(made.id, actor=ADMIN)
    changes.revoke_token(made.id, actor=ADMIN)
    assert made.scopes == ["read", "write"]
    assert [(told.action, told.subject, told.by) for told in entries()] == [
        ("token_created", "token nightly", "admin"),
        ("token_revoked", "token nightly", "admin"),
    ]
    log = "\n".join(contents()["tool_audit_log"])
    assert "ada" in log
    assert text[: len("tcat_") + 6] not in log
    ((left,),) = run(
        "SELECT extract(epoch FROM expires_at - now()) / 86400 FROM tool_catalog.api_tokens WHERE id = :id", id=made.id
    )
    assert round(left, 2) == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "A token has a name of 1 to 100 characters"),
        ({"name": "   "}, "A token has a name of 1 to 100 characters"),
        ({"name": "x" * 101}, "A token has a name of 1 to 100 characters"),
        ({"scopes": []}, "Name at least one scope; known are read, write, admin."),
        ({"scopes": ["read", "delete"]}, "Name at least one scope; known are read, write, admin."),
        ({"scopes": "read"}, "Name at least one scope"),
        ({"days": 0}, "A token is good for 1 to 3650 days."),
        ({"days": -1}, "A token is good for 1 to 3650 days."),
        ({"days": 3651}, "A token is good for 1 to 3650 days."),
    ],
)
def test_a_token_with_what_it_cannot_have_is_refused(
    app: Flask, ada: Somebody, given: dict[str, Any], words: str
) -> None:
    wanted = {"name": "x", "scopes": ["read"], **given}
    refused(lambda: changes.create_token(actor=ROOT, user_name="ada", **wanted), BadRequest, words)


def test_a_service_is_made_with_its_first_token_and_kept_for_the_next(app: Flask) -> None:
    for _ in range(2):
        made, _ = changes.create_service_token("ci", "author", actor=ROOT)
        assert made.scopes == ["read", "write"]
    assert run("SELECT kind, role FROM tool_catalog.users WHERE name = 'ci'") == [("service", "author")]
    assert actions() == ["account_created", "token_created", "token_created"]


@pytest.mark.parametrize(("role", "scopes"), [("viewer", ["read"]), ("admin", ["read", "write", "admin"])])
def test_a_token_has_the_scopes_of_its_role_unless_it_says(app: Flask, role: str, scopes: list[str]) -> None:
    assert changes.create_service_token("ci", role, actor=ROOT)[0].scopes == scopes
    assert changes.create_service_token("ci", role, actor=ROOT, scopes=["read"])[0].scopes == ["read"]


@pytest.mark.parametrize(
    ("act", "kind", "words"),
    [
        (lambda: changes.create_service_token("ada", "author", actor=ROOT), Conflict, "ada is a person;"),
        (lambda: changes.create_service_token("ops", "author", actor=ROOT), Conflict, "ops is the name of a team"),
        (
            lambda: changes.create_service_token("ci", "admin", actor=ROOT),
            Conflict,
            "ci has the role viewer, not admin",
        ),
        (lambda: changes.create_token_of("ada", "x", "admin", actor=ROOT), Conflict, "ada has the role author, not"),
        (lambda: changes.create_token_of("ada", "x", "boss", actor=ROOT), BadRequest, "“boss” is no role"),
    ],
)
def test_a_token_is_made_for_an_account_of_its_role_only(
    app: Flask, ada: Somebody, act: Callable[[], object], kind: type[CatalogError], words: str
) -> None:
    changes.create_team("ops", actor=ROOT)
    changes.create_service_token("ci", "viewer", actor=ROOT)
    refused(act, kind, words)


def test_one_makes_tokens_of_ones_own_at_a_page_only(app: Flask, ada: Somebody) -> None:
    made, _ = changes.create_token("x", actor=AUTHOR, user_name="ada", scopes=["read"])
    assert made.created_by == "ada"
    leaked = Actor("ada", "api", role=Role.AUTHOR, scopes=frozenset(Scope))
    refused(lambda: changes.create_token("x", actor=leaked, user_name="ada", scopes=["read"]), Forbidden)
    refused(lambda: changes.create_token("x", actor=AUTHOR, user_name="admin", scopes=["read"]), Forbidden)


def test_one_revokes_ones_own_tokens_and_administrators_everybodys(app: Flask, ada: Somebody) -> None:
    mine, _ = changes.create_token("x", actor=AUTHOR, user_name="ada", scopes=["read"])
    others, _ = changes.create_token("x", actor=ROOT, user_name="admin", scopes=["read"])
    numbers = mine.id, others.id
    refused(lambda: changes.revoke_token(numbers[1], actor=AUTHOR), NotFound, f"There is no token {numbers[1]}.")
    changes.revoke_token(numbers[0], actor=AUTHOR)
    changes.revoke_token(numbers[1], actor=ADMIN)
    assert run("SELECT count(*) FROM tool_catalog.api_tokens WHERE revoked_at IS NOT NULL") == [(2,)]


# Who may.


@pytest.mark.parametrize("who", [AUTHOR, Actor("admin", "api", role=Role.ADMIN, scopes=frozenset({Scope.WRITE}))])
@pytest.mark.parametrize(
    "act",
    [
        lambda who: changes.create_user("new", "viewer", actor=who),
        lambda who: changes.set_role("ada", "admin", actor=who),
        lambda who: changes.set_disabled("admin", True, actor=who),
        lambda who: changes.change_user("ada", actor=who, role="admin"),
        lambda who: changes.create_team("new", actor=who),
        lambda who: changes.delete_team("ops", actor=who),
        lambda who: changes.add_member("ops", "ada", actor=who),
        lambda who: changes.remove_member("ops", "ada", actor=who),
        lambda who: changes.create_link("admin", actor=who, name="ada"),
        lambda who: changes.create_service_token("new", "admin", actor=who),
        lambda who: changes.create_token_of("admin", "x", "admin", actor=who),
    ],
)
def test_only_administrators_manage_accounts(
    app: Flask, ada: Somebody, who: Actor, act: Callable[[Actor], object]
) -> None:
    changes.create_team("ops", actor=ROOT)
    refused(lambda: act(who), Forbidden, "managing accounts needs")


# What was done to people is not for everybody to read.


def test_what_was_done_to_accounts_is_told_to_administrators_only(app: Flask, ada: Somebody) -> None:
    changes.create_team("ops", actor=ADMIN)
    assert len(read_log(AuditQuery(tells_of_people=True))) == 1
    assert read_log(AuditQuery(tells_of_people=False)) == []


def test_a_change_that_fails_at_its_end_leaves_nothing(app: Flask, ada: Somebody) -> None:
    def fail() -> None:
        with changes.account_change(ROOT) as recorder:
            changes.create_team("ops", actor=ROOT)
            changes.set_role("ada", "viewer", actor=ROOT)
            recorder.record("x", "x")
            raise Conflict("at the end")

    refused(fail, Conflict, "at the end")
