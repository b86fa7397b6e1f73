"""Tokens at work: who is known in this process and in others, for how long, and what was written down of it."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import changes, directory
from app.accounts.directory import Accounts
from app.actor import command_actor
from app.database import connect
from app.extensions import db
from tests.accounts.browser import run
from tests.accounts.conftest import Serve
from tests.accounts.told import Told, chain_holds, entries
from tests.definition import definition
from tests.parallel import until
from tests.people import TOKEN, Somebody, nobodys_client, somebody
from tests.reload.cut import Cut
from tests.reload.serving import NEVER_MS

ROOT = command_actor("root")
TOOLS, GREP, ME = "/api/v1/tools", "/api/v1/tools/grep", "/api/v1/accounts/me"
SOON_S = 1.0


def client_with(app: Flask, token: str) -> FlaskClient:
    """A program that sends this token, and no cookie."""
    client = nobodys_client(app)
    client.token = token  # type: ignore[attr-defined]
    return client


def new_token(user_name: str, *scopes: str, days: int | None = None) -> tuple[int, str]:
    """A token of somebody: its number and its text."""
    made, text = changes.create_token(
        "of a test", actor=ROOT, user_name=user_name, scopes=scopes or ["read"], days=days
    )
    return made.id, text


def test_a_token_that_cannot_be_one_is_refused_without_asking_the_database() -> None:
    def engine() -> None:
        raise AssertionError("asked")

    assert Accounts(engine).token(TOKEN[:-1] + "x") is None  # type: ignore[arg-type]


def test_a_token_that_was_never_made_is_refused(nobody: FlaskClient) -> None:
    answer = nobody.get(TOOLS, headers={"Authorization": "Bearer tcat_0123456789abcdefghijklmnopqrstuvwxyz0PlPES"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="tool-catalog"')
    assert answer.json["detail"].startswith("This token is not good")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", TOKEN, f"Token {TOKEN}", "Bearer é"])
def test_any_other_authorization_is_refused(app: Flask, client: FlaskClient, header: str) -> None:
    client.get(TOOLS)
    assert client.get(TOOLS, headers={"Authorization": header}).status_code == 401


def test_a_wrong_token_is_refused_also_of_who_is_signed_in(app: Flask, client: FlaskClient) -> None:
    assert client.get(TOOLS, headers={"Authorization": f"Bearer {TOKEN[:-1]}x"}).status_code == 401


def test_a_revoked_token_is_refused_at_once_in_the_process_that_revoked_it(app: Flask, ada: Somebody) -> None:
    number, text = new_token("ada")
    program = client_with(app, text)
    assert program.get(ME).status_code == 200
    changes.revoke_token(number, actor=ROOT)
    assert program.get(ME).status_code == 401
    assert client_with(app, ada.token).get(ME).status_code == 200


@pytest.mark.parametrize("following", [{"revision_check_ms": NEVER_MS}, {"listen_dsn": "none"}])
def test_a_revoked_token_is_refused_in_every_other_process_within_a_second(
    app: Flask, ada: Somebody, serving: Serve, following: dict[str, object]
) -> None:
    number, text = new_token("ada")
    program = client_with(serving(**following).app, text)
    assert program.get(TOOLS).status_code == 200
    changes.revoke_token(number, actor=ROOT)
    assert until(lambda: program.get(TOOLS).status_code == 401, SOON_S)


def test_a_revoked_token_is_refused_also_for_answers_that_are_remembered(
    ada: Somebody, client: FlaskClient, serving: Serve
) -> None:
    number, text = new_token("ada")
    client.post(TOOLS, json=definition())
    program = client_with(serving().app, text)
    assert [program.get(GREP).status_code for _ in range(3)] == [200] * 3
    changes.revoke_token(number, actor=ROOT)
    assert until(lambda: program.get(GREP).status_code == 401, SOON_S)


def test_a_new_token_is_known_in_every_other_process_within_a_second(app: Flask, ada: Somebody, serving: Serve) -> None:
    other = serving().app
    _, text = new_token("ada")
    assert until(lambda: client_with(other, text).get(TOOLS).status_code == 200, SOON_S)


def test_what_changes_about_an_account_changes_for_its_tokens_everywhere(
    app: Flask, ada: Somebody, serving: Serve
) -> None:
    other = serving().app
    clients = [client_with(one, ada.token) for one in (app, other)]

    def both(path: str, key: str, value: object) -> bool:
        return until(lambda: all(one.get(path).get_json().get(key) == value for one in clients), SOON_S)

    assert both(ME, "role", "author")
    changes.set_role("ada", "viewer", actor=ROOT)
    assert both(ME, "role", "viewer")
    assert [one.post(TOOLS, json=definition()).status_code for one in clients] == [403, 403]
    changes.create_team("ops", actor=ROOT)
    changes.add_member("ops", "ada", actor=ROOT)
    assert both(ME, "teams", ["ops"])
    changes.remove_member("ops", "ada", actor=ROOT)
    assert both(ME, "teams", [])
    changes.set_disabled("ada", True, actor=ROOT)
    assert both(ME, "status", 401)
    changes.set_disabled("ada", False, actor=ROOT)
    assert both(ME, "role", "viewer")


def test_a_change_through_json_holds_at_once_in_the_process_that_made_it(
    client: FlaskClient, app: Flask, ada: Somebody
) -> None:
    # Nothing that is asked here needs a snapshot, so nothing listens in this process yet.
    program = client_with(app, ada.token)
    assert program.get(ME).status_code == 200
    client.patch("/api/v1/accounts/users/ada", json={"is_disabled": True})
    assert program.get(ME).status_code == 401
    client.patch("/api/v1/accounts/users/ada", json={"is_disabled": False, "role": "viewer"})
    assert program.get(ME).json["role"] == "viewer"


def test_a_change_that_was_not_made_is_not_taken_over(app: Flask, ada: Somebody, client: FlaskClient) -> None:
    program = client_with(app, ada.token)
    assert program.get(ME).status_code == 200
    assert client.patch("/api/v1/accounts/users/admin", json={"role": "admin", "is_disabled": True}).status_code == 409
    assert client.get(ME).status_code == 200


def test_an_expired_token_is_refused(app: Flask, ada: Somebody) -> None:
    number, text = new_token("ada", days=1)
    assert client_with(app, text).get(TOOLS).status_code == 200
    run("UPDATE tool_catalog.api_tokens SET expires_at = now() - interval '1 s' WHERE id = :id", id=number)
    directory.of(app).refresh()
    assert client_with(app, text).get(TOOLS).status_code == 401


def test_a_token_expires_without_anybody_telling_its_process(
    app: Flask, ada: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = new_token("ada", days=1)
    program, then = client_with(app, text), time.time() + 86_401
    assert program.get(TOOLS).status_code == 200
    monkeypatch.setattr(directory.time, "time", lambda: then)
    assert program.get(TOOLS).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (["read"], (200, 403, 403)),
        (["write"], (403, 201, 403)),
        (["admin"], (403, 403, 200)),
        (["read", "write", "admin"], (200, 201, 200)),
    ],
)
def test_a_token_is_good_for_its_scopes_only(app: Flask, scopes: list[str], statuses: tuple[int, int, int]) -> None:
    _, text = new_token("admin", *scopes)
    program = client_with(app, text)
    asked = (
        program.get(TOOLS),
        program.post(TOOLS, json=definition()),
        program.get("/api/v1/accounts/users"),
    )
    assert tuple(answer.status_code for answer in asked) == statuses


def test_a_token_without_the_scope_reads_no_remembered_answer_either(client: FlaskClient, serving: Serve) -> None:
    client.post(TOOLS, json=definition())
    _, text = new_token("admin", "write")
    other = serving().app
    assert [client_with(other, TOKEN).get(GREP).status_code for _ in range(2)] == [200, 200]
    assert client_with(other, text).get(GREP).status_code == 403


def test_a_scope_gives_nobody_more_than_the_role_does(app: Flask, ada: Somebody) -> None:
    _, text = new_token("ada", "read", "write", "admin")
    assert client_with(app, text).get("/api/v1/accounts/users").status_code == 403


@pytest.mark.parametrize("path", ["/account", "/accounts", "/tools", "/audit"])
def test_a_token_opens_no_page(app: Flask, path: str) -> None:
    answer = nobodys_client(app).get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.headers["Location"][:9]) == (303, "/sign-in?")


def test_a_token_sets_no_password_at_a_page(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        sent = {"Authorization": f"Bearer {TOKEN}"}
        form = {"password": "wooden trams sing eleven plums", "name": "x", "scopes": "read"}
        for path in ("/account/password", "/account/tokens", "/account/second-factor"):
            assert nobodys_client(app).post(path, data=form, headers=sent).status_code == 303
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert run("SELECT count(*) FROM tool_catalog.users WHERE password_hash IS NOT NULL") == [(0,)]
    assert run("SELECT count(*) FROM tool_catalog.api_tokens") == [(1,)]


def test_an_authors_token_makes_no_further_token(app: Flask, ada: Somebody) -> None:
    body = {"name": "more", "user": "ada", "scopes": ["read"]}
    assert client_with(app, ada.token).post("/api/v1/accounts/tokens", json=body).status_code == 403


def test_reads_go_on_while_the_database_is_away(
    cut: Cut, app: Flask, ada: Somebody, client: FlaskClient, serving: Serve
) -> None:
    client.post(TOOLS, json=definition())
    other = serving().app
    clients = [client_with(other, token) for token in (ada.token, TOKEN)]
    assert [one.get(GREP).status_code for one in clients] == [200, 200]
    cut.off(other)
    for one in clients:
        assert [one.get(path).status_code for path in (GREP, TOOLS, ME)] == [200] * 3
        refused = one.patch(f"{GREP}/disable")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert client_with(other, TOKEN[:-1] + "x").get(GREP).status_code == 401


def test_a_process_that_knows_nobody_yet_says_that_the_database_is_away(
    cut: Cut, app_with: Callable[..., Flask]
) -> None:
    other = app_with()
    cut.off(other)
    answer = client_with(other, TOKEN).get(TOOLS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


# What tokens were used for is written down now and then, by the thread that follows the catalog.


@pytest.fixture
def written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Told]]:
    """Writes down what tokens were used for so far, and returns what the audit log tells of it."""
    monkeypatch.setattr(directory, "WRITE_USE_EVERY_S", 0)

    def write() -> list[Told]:
        with connect(app.extensions["settings"]) as connection:
            connection.autocommit = True
            directory.of(app).look(connection)
        return entries("token_used")

    return write


def use(app: Flask, token: str, address: str) -> None:
    """Use a token from somewhere, for what needs no snapshot: nothing begins to follow the catalog in its process."""
    answer = client_with(app, token).get(ME, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 200


def last_used(token_id: int) -> tuple[str | None, bool]:
    """From where a token was used last, and whether that was just now."""
    ((address, is_recent),) = run(
        "SELECT host(last_used_from), coalesce(last_used_at > now() - interval '20 s', false) "
        "FROM tool_catalog.api_tokens WHERE id = :id",
        id=token_id,
    )
    return address, is_recent


def test_when_and_from_where_a_token_was_used_last_is_written_down(
    app: Flask, ada: Somebody, written: Callable[[], list[Told]]
) -> None:
    number, text = new_token("ada")
    unused, _ = new_token("ada")
    use(app, text, "192.0.2.1")
    use(app, text, "2001:db8::7")
    assert last_used(number) == (None, False)
    written()
    assert last_used(number) == ("2001:db8::7", True)
    assert last_used(unused) == (None, False)


def test_a_serving_process_writes_it_down_by_itself(
    app: Flask, ada: Somebody, serving: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "WRITE_USE_EVERY_S", 0.02)
    number, text = new_token("ada")
    other = serving(revision_check_ms=20).app
    use(other, text, "192.0.2.1")
    assert until(lambda: last_used(number) == ("192.0.2.1", True))


def test_a_remembered_answer_counts_as_a_use(
    client: FlaskClient, ada: Somebody, serving: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "WRITE_USE_EVERY_S", 0.02)
    client.post(TOOLS, json=definition())
    number, text = new_token("ada")
    program = client_with(serving(revision_check_ms=20).app, text)
    assert program.get(GREP).status_code == 200
    assert until(lambda: last_used(number)[0] == "127.0.0.1")
    program.get(GREP, environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
    assert until(lambda: last_used(number)[0] == "192.0.2.9")


def test_an_administrators_token_is_audited_when_it_is_used(app: Flask, written: Callable[[], list[Told]]) -> None:
    use(app, TOKEN, "192.0.2.1")
    (told,) = written()
    assert (told.by, told.subject, told.address, told.source) == ("admin", "token of a test", "192.0.2.1", "api")
    assert chain_holds()


def test_a_use_is_audited_once_an_hour_for_each_address(app: Flask, written: Callable[[], list[Told]]) -> None:
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2", "192.0.2.1"):
        use(app, TOKEN, address)
        written()
    assert [told.address for told in written()] == ["192.0.2.1", "192.0.2.2"]


def test_every_address_is_audited_also_when_another_one_uses_the_token_all_the_time(
    app: Flask, written: Callable[[], list[Told]]
) -> None:
    for address in ("192.0.2.1", "203.0.113.66", "192.0.2.1"):
        use(app, TOKEN, address)
    assert sorted(told.address or "" for told in written()) == ["192.0.2.1", "203.0.113.66"]


def test_after_an_hour_a_use_is_audited_again(
    app: Flask, written: Callable[[], list[Told]], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, TOKEN, "192.0.2.1")
    written()
    then = time.time() + directory.USED_AGAIN_AFTER_S + 1
    monkeypatch.setattr(directory.time, "time", lambda: then)
    use(app, TOKEN, "192.0.2.1")
    assert len(written()) == 2


def test_what_one_process_told_another_does_not_tell_again(
    app: Flask, app_with: Callable[..., Flask], written: Callable[[], list[Told]]
) -> None:
    use(app, TOKEN, "192.0.2.1")
    written()
    other = app_with()
    use(other, TOKEN, "192.0.2.1")
    with connect(other.extensions["settings"]) as connection:
        connection.autocommit = True
        directory.of(other).look(connection)
    assert len(written()) == 1


@pytest.mark.parametrize(("role", "scopes"), [("author", ["read", "write", "admin"]), ("admin", ["read", "write"])])
def test_other_tokens_are_not_audited(
    app: Flask, role: str, scopes: list[str], written: Callable[[], list[Told]]
) -> None:
    somebody(app, "eve", role)
    _, text = new_token("eve", *scopes)
    use(app, text, "192.0.2.1")
    assert written() == []


def test_what_could_not_be_written_is_written_later(app: Flask, written: Callable[[], list[Told]]) -> None:
    use(app, TOKEN, "192.0.2.1")
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({directory.AUDIT_LOCK})")
        assert written() == []
    assert len(written()) == 1
