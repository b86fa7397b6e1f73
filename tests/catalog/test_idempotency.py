"""`Idempotency-Key`: the same request twice is one change and the same answer."""

import io
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from app.catalog.models import AuditEntry, IdempotencyKey
from app.extensions import SCHEMA, db
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition
from tests.parallel import at_once
from tests.people import somebody

KEY = {"Idempotency-Key": "deploy-42"}


def said(answer: TestResponse) -> tuple[int, dict[str, str], bytes]:
    """What an answer says, but for the id every request has of its own."""
    headers = {name: value for name, value in answer.headers if name != "X-Request-ID"}
    return answer.status_code, headers, answer.data


def count(model: type[AuditEntry] | type[IdempotencyKey]) -> int | None:
    """How many rows there are."""
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", definition("sed")),
        ("/import", [definition("sed"), definition("awk")]),
        ("/grep/versions/1.0/promote", {"reason": "slower"}),
    ],
)
def test_a_repeat_gets_the_same_answer_and_does_nothing(app: Flask, noise: Caller, path: str, body: object) -> None:
    noise.create()
    noise.update()
    first = said(noise.send("POST", path, json=body, headers=KEY))
    before = contents()
    assert said(noise.send("POST", path, json=body, headers=KEY)) == first
    assert contents() == before


def test_the_repeat_is_answered_even_when_the_world_has_moved_on(caller: Caller) -> None:
    first = said(caller.send("POST", json=definition(), headers=KEY))
    caller.ok("DELETE", "/grep")
    assert said(caller.send("POST", json=definition(), headers=KEY)) == first
    assert caller.names() == []


def test_another_body_under_the_same_key_is_refused(caller: Caller) -> None:
    caller.ok("POST", json=definition(), headers=KEY)
    answer = caller.send("POST", json=definition("find"), headers=KEY)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["type"].endswith("idempotency-key-reused")
    assert caller.names() == ["grep"]


def test_another_address_under_the_same_key_is_refused(caller: Caller) -> None:
    caller.ok("POST", json=definition(), headers=KEY)
    assert caller.send("POST", "/import", json=definition(), headers=KEY).status_code == 422


def test_another_key_is_another_request(caller: Caller) -> None:
    caller.ok("POST", json=definition(), headers=KEY)
    assert caller.send("POST", json=definition(), headers={"Idempotency-Key": "other"}).status_code == 409


def test_a_refused_request_keeps_no_key(app: Flask, caller: Caller) -> None:
    assert caller.send("POST", json=definition(platform="linuks"), headers=KEY).status_code == 422
    assert count(IdempotencyKey) == 0
    assert caller.send("POST", json=definition(), headers=KEY).status_code == 201


def test_repeats_at_the_same_time_make_one_tool_and_get_one_answer(app: Flask, app_with: Callable[..., Flask]) -> None:
    crowd = Caller(
        app_with(pool_size=12, pool_timeout_s=30, lock_timeout_ms=30_000, write_timeout_ms=30_000).test_client()
    )
    answers = at_once([partial(crowd.send, "POST", json=definition(), headers=KEY)] * 8)
    assert len({(status, body) for status, _, body in map(said, answers)}) == 1
    assert (answers[0].status_code, count(AuditEntry), count(IdempotencyKey)) == (201, 1, 1)


def test_the_key_is_written_in_the_transaction_of_the_change(app: Flask, caller: Caller) -> None:
    caller.ok("POST", json=definition(), headers=KEY)
    writers = f"SELECT xmin FROM {SCHEMA}.idempotency_keys UNION SELECT xmin FROM {SCHEMA}.tool_audit_log"
    assert len(db.session.execute(text(writers)).all()) == 1


def test_a_key_that_is_too_long_is_refused(caller: Caller) -> None:
    assert caller.send("POST", json=definition(), headers={"Idempotency-Key": "k" * 201}).status_code == 400
    assert caller.ok("POST", json=definition(), headers={"Idempotency-Key": "k" * 200})["version"] == "1.0"


def test_an_empty_key_is_refused_since_everybody_would_share_it(caller: Caller) -> None:
    assert caller.send("POST", json=definition(), headers={"Idempotency-Key": ""}).status_code == 400


def uploaded(caller: Caller, name: str) -> TestResponse:
    """Upload one definition under the key."""
    content = f"tool_name: {name}\nstatus: draft\n".encode()
    return caller.send("POST", "/import", data={"file": (io.BytesIO(content), "a.yaml")}, headers=KEY)


def test_an_upload_is_the_same_request_when_its_files_are(caller: Caller) -> None:
    first = said(uploaded(caller, "sed"))
    assert said(uploaded(caller, "sed")) == first
    assert uploaded(caller, "awk").status_code == 422
    assert caller.names() == ["sed"]


def test_a_key_of_one_person_answers_nobody_else(app: Flask, caller: Caller) -> None:
    caller.ok("POST", json=definition("sed"), headers=KEY)
    ada = Caller(somebody(app, "ada", "author").client(app))
    answer = ada.send("POST", json=definition("sed"), headers=KEY)
    assert (answer.status_code, answer.get_json()["type"].rsplit(":", 1)[1]) == (422, "idempotency-key-reused")
