"""`flask accounts …`: what each command does and prints, and one clear line for what it cannot do."""

import re

import pytest
from flask import Flask

from app.accounts.tokens import is_token
from tests.accounts.browser import Browser, give_password, run
from tests.accounts.conftest import Flask_
from tests.accounts.told import entries
from tests.contents import contents
from tests.people import Somebody, nobodys_client, somebody

LINK = re.compile(r"http://127\.0\.0\.1:8080(/sign-in/link/[\w-]{43})")


def last_line(output: str) -> str:
    """The last line that was printed."""
    return output.splitlines()[-1]


def test_a_token_is_the_last_line_and_the_only_one_for_programs(app: Flask, flask: Flask_) -> None:
    done = flask("token", "create", "--name", "ci", "--role", "author")
    assert (done.exit_code, done.stdout.count("\n")) == (0, 1)
    token = done.stdout.strip()
    assert is_token(token)
    assert token not in done.stderr
    assert re.fullmatch(r"Token \d+ for read and write, good until it is revoked:\n", done.stderr)
    client = nobodys_client(app)
    client.token = token  # type: ignore[attr-defined]
    told = client.get("/api/v1/accounts/me").json
    assert (told["name"], told["role"], told["scopes"]) == ("ci", "author", ["read", "write"])


def test_a_token_may_be_a_persons_for_a_while_and_for_some_scopes(app: Flask, ada: Somebody, flask: Flask_) -> None:
    done = flask(
        *["token", "create", "--name", "laptop", "--role", "author", "--user", "ada", "--scope", "read", "--days", "90"]
    )
    assert done.exit_code == 0
    assert re.fullmatch(r"Token \d+ for read, good until \d+ \w{3} \d{4}:\n", done.stderr)
    ((user, scopes, days),) = run(
        "SELECT u.name, scopes, round(extract(epoch FROM expires_at - now()) / 86400) "
        "FROM tool_catalog.api_tokens AS t JOIN tool_catalog.users AS u ON u.id = user_id WHERE t.name = 'laptop'"
    )
    assert (user, scopes, days) == ("ada", ["read"], 90)


def test_a_person_gets_in_by_the_link_on_the_last_line(app: Flask, flask: Flask_) -> None:
    done = flask("user", "create", "bob@example.org", "--role", "author")
    assert (done.exit_code, done.stdout.count("\n")) == (0, 1)
    assert done.stderr == "bob@example.org is an author. This link signs in once, within 15 minutes:\n"
    assert enters(app, done.stdout) == "bob@example.org"


@pytest.mark.parametrize(("more", "name"), [([], "admin"), (["--user", "admin"], "admin"), (["--user", "new"], "new")])
def test_a_link_signs_an_administrator_in(app: Flask, flask: Flask_, more: list[str], name: str) -> None:
    done = flask("sign-in-link", "--role", "admin", *more)
    assert (done.exit_code, done.stdout.count("\n")) == (0, 1)
    assert done.stderr == f"Signs in once as {name}, within 15 minutes:\n"
    assert enters(app, done.stdout) == name


def enters(app: Flask, link: str) -> str:
    """Sign in by a link that was printed; as whom."""
    found = LINK.fullmatch(last_line(link))
    assert found is not None, link
    browser = Browser(app)
    assert browser.send(found[1], page=found[1]).status_code == 303
    who = re.search(r"<h1>(.*?)</h1>", browser.get("/account").text)
    assert who is not None
    return who[1]


def test_accounts_are_listed(app: Flask, ada: Somebody, flask: Flask_) -> None:
    flask("team", "create", "ops")
    flask("team", "add", "ops", "ada")
    flask("token", "create", "--name", "ci", "--role", "viewer")
    flask("user", "disable", "ci")
    give_password("ada")
    Browser(app).sign_in()
    done = flask("user", "list")
    assert [line.split()[:4] for line in done.stdout.splitlines()] == [
        ["ada", "author", "person", "ops"],
        ["admin", "admin", "person", "–"],
        ["ci", "viewer", "disabled", "–"],
    ]
    ada_line, admin_line, ci_line = done.stdout.splitlines()
    assert "signed in" in ada_line
    assert admin_line.endswith("never signed in")
    assert ci_line.endswith("1 tokens")
    assert done.stderr == "3 accounts\n"


def test_tokens_are_listed_without_what_opens_anything(app: Flask, flask: Flask_) -> None:
    made = [flask("token", "create", "--name", "ci", "--role", "viewer").stdout.strip() for _ in range(3)]
    first, second = (number for (number,) in run("SELECT id FROM tool_catalog.api_tokens ORDER BY id LIMIT 2 OFFSET 1"))
    flask("token", "revoke", str(first))
    run("UPDATE tool_catalog.api_tokens SET expires_at = now() - interval '1 s' WHERE id = :id", id=second)
    done = flask("token", "list")
    assert (done.exit_code, done.stderr) == (0, "4 tokens\n")
    states = {line.split()[0]: line.split()[2] for line in done.stdout.splitlines()}
    assert (states[str(first)], states[str(second)], list(states.values()).count("good")) == ("revoked", "expired", 2)
    assert all(token not in done.output for token in made)
    assert all(token[:11] + "…" in done.stdout for token in made)


def test_teams_are_listed(app: Flask, ada: Somebody, flask: Flask_) -> None:
    flask("team", "create", "ops")
    flask("team", "create", "net")
    flask("team", "add", "ops", "ada")
    done = flask("team", "list")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["net", "0", "tools", "nobody"],
        ["ops", "0", "tools", "ada"],
    ]
    assert done.stderr == "2 teams\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("user set-role ada admin", "ada is an admin."),
        ("user set-role ADA viewer", "ada is a viewer."),
        ("user disable ada", "ada is disabled."),
        ("user enable ada", "ada is enabled."),
        ("user sign-out ada", "1 sessions ended."),
        ("user reset-second-factor ada", "ada signs in with the password only."),
        ("team create net", "The team net is there."),
        ("team add ops ada", "ada belongs to ops."),
        ("team remove ops ada", "ada does not belong to ops any more."),
        ("team delete ops --yes", "The team ops is removed."),
        ("rotate-keys", "0 secrets are encrypted with the newest key."),
    ],
)
def test_what_was_done_is_told_in_a_line(app: Flask, ada: Somebody, flask: Flask_, arguments: str, told: str) -> None:
    flask("team", "create", "ops")
    done = flask(*arguments.split())
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{told}\n", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            "user create ada --role author",
            "ada is the name of an account already; accounts and teams share",
        ),
        ("user create ops --role author", "ops is the name of a team already; accounts and teams share their names."),
        ("user create a/b --role author", "“a/b” is no name: 1 to 100 letters, digits and . _ @ -, the first a letter"),
        ("user set-role adda admin", "No account is called “adda”. Did you mean ada?"),
        ("user set-role admin viewer", "This is the last administrator. Make another one first."),
        ("user disable admin", "This is the last administrator. Make another one first."),
        ("user disable nobody-at-all", "No account is called “nobody-at-all”."),
        ("user enable nobody-at-all", "No account is called “nobody-at-all”."),
        ("user sign-out adda", "No account is called “adda”. Did you mean ada?"),
        ("user reset-second-factor adda", "No account is called “adda”. Did you mean ada?"),
        ("team create ada", "ada is the name of an account already"),
        ("team delete opps --yes", "No team is called “opps”. Did you mean ops?"),
        ("team add opps ada", "No team is called “opps”. Did you mean ops?"),
        ("team remove ops adda", "No account is called “adda”. Did you mean ada?"),
        (
            "token create --name ada --role author",
            "ada is a person; name the token otherwise",
        ),
        ("token create --name robot --role admin", "robot has the role viewer, not admin."),
        ("token create --name x --role admin --user ada", "ada has the role author, not admin."),
        ("token create --name x --role admin --user adda", "No account is called “adda”."),
        ("token create --name a/b --role admin", "“a/b” is no name"),
        ("token revoke 0", "There is no token 0."),
        ("token revoke 99999999999999999999", "There is no token 99999999999999999999."),
        ("sign-in-link --role admin --user ada", "ada has the role author, not admin."),
        ("sign-in-link --role viewer --user robot", "robot is a service; it gets in by a token."),
        (
            "sign-in-link --role viewer --user gone",
            "gone is disabled; `flask accounts user enable gone`",
        ),
        ("sign-in-link --role viewer --user ops", "ops is the name of a team already"),
        ("sign-in-link --role viewer --user a/b", "“a/b” is no name"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(
    app: Flask, ada: Somebody, flask: Flask_, arguments: str, told: str
) -> None:
    somebody(app, "robot", "viewer", kind="service")
    somebody(app, "gone", "viewer")
    flask("team", "create", "ops")
    flask("user", "disable", "gone")
    before = contents()
    done = flask(*arguments.split())
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"Error: {told}")
    assert contents() == before


NO_COMMANDS = [
    "user create ada",
    "user create --role author",
    "user create new --role boss",
    "user set-role ada boss",
    "user set-role ada",
    "token create --name x",
    "token create --role author",
    "token create --name x --role author --scope everything",
    "token create --name x --role author --days 0",
    "token create --name x --role author --days 3651",
    "token create --name x --role author --days soon",
    "token revoke first",
    "sign-in-link",
    "sign-in-link --role boss",
    "team delete",
    "no-such-command",
]


def test_what_is_no_command_of_ours_is_told_with_how_to_ask(flask: Flask_, app: Flask) -> None:
    before = contents()
    for arguments in NO_COMMANDS:
        done = flask(*arguments.split())
        assert (done.exit_code, done.stdout) == (2, ""), arguments
        assert done.stderr.startswith("Usage: ")
        assert "Traceback" not in done.stderr
    assert contents() == before


def test_a_team_is_not_removed_without_being_asked(app: Flask, flask: Flask_) -> None:
    flask("team", "create", "ops")
    assert flask("team", "delete", "ops").exit_code == 1
    assert run("SELECT name FROM tool_catalog.teams") == [("ops",)]


def test_help_is_shown_when_nothing_is_asked(flask: Flask_, app: Flask) -> None:
    for group in ([], ["user"], ["team"], ["token"]):
        assert "Commands:" in flask(*group).output


COMMANDS = [
    *("user create", "user list", "user set-role", "user disable", "user enable", "user sign-out"),
    *("user reset-second-factor", "team create", "team delete", "team add", "team remove", "team list"),
    *("token create", "token list", "token revoke", "sign-in-link", "rotate-keys"),
]


def test_help_gives_an_example(flask: Flask_, app: Flask) -> None:
    for command in COMMANDS:
        told = " ".join(flask(*command.split(), "--help").stdout.split())
        assert f"Example: flask --app wsgi accounts {command}" in told


def test_a_command_is_told_as_such_by_who_ran_it(app: Flask, flask: Flask_, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.accounts.commands.getuser", lambda: "olga")
    flask("team", "create", "ops")
    (told,) = entries()
    assert (told.by, told.source, told.address) == ("olga", "command", None)
