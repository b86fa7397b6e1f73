"""Requests beyond the limit are refused in words, others never are; and reads go on without the database."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.accounts import directory
from app.accounts.tokens import new_token
from app.catalog import live
from app.config import SettingError, Settings
from app.factory import create_app
from app.rate_limits import service
from tests.catalog.caller import TOOLS, Caller
from tests.parallel import until
from tests.people import nobodys_client, somebody
from tests.rate_limits.table import silent, total
from tests.reload.cut import Cut
from tests.test_errors import assert_is_problem

FIVE = {"rate_limit_enabled": True, "rate_limit_token": "5 per hour", "rate_limit_address": "5 per hour"}


def ask(app: Flask, times: int, path: str = TOOLS, **request: Any) -> list[TestResponse]:
    """Ask for the same again and again as the administrator, of an application that knows the catalog and everybody."""
    know(app)
    client = app.test_client()
    return [client.get(path, **request) for _ in range(times)]


def ask_as_nobody(app: Flask, times: int, path: str = TOOLS, **request: Any) -> list[TestResponse]:
    """The same as somebody who says nothing of who it is."""
    client = nobodys_client(app)
    return [client.get(path, **request) for _ in range(times)]


def know(app: Flask) -> None:
    """Let an application read what it keeps in memory."""
    directory.of(app).directory()
    with app.app_context():
        live.snapshot()


def statuses(answers: list[TestResponse]) -> list[int]:
    """The statuses of answers."""
    return [answer.status_code for answer in answers]


def patient(app: Flask) -> Flask:
    """The application, waiting for every answer: a busy machine must not make it count by itself."""
    service.of(app)._leases._patience_s = 30
    return app


@pytest.fixture
def limited(app_with: Callable[..., Flask]) -> Flask:
    """An application that may be asked five times an hour from an address."""
    return patient(app_with(**FIVE))


def test_a_program_that_asks_too_often_is_answered_with_a_problem(limited: Flask) -> None:
    *within, beyond = ask(limited, 6)
    assert statuses(within) == [200] * 5
    assert_is_problem(beyond, 429)
    seconds = int(beyond.headers["Retry-After"])
    assert 3500 < seconds <= 3600
    assert beyond.json is not None
    assert beyond.json["type"] == "urn:tool-catalog:problem:too-many-requests"
    assert beyond.json["retry_after"] == seconds
    told = f"More than 5 requests per hour came with this token. Come back in {seconds} s."
    assert beyond.json["detail"] == told


def test_people_who_ask_too_often_get_a_page(limited: Flask) -> None:
    *within, beyond = ask(limited, 6, "/tools")
    assert statuses(within) == [200] * 5
    assert (beyond.status_code, beyond.mimetype) == (429, "text/html")
    assert int(beyond.headers["Retry-After"]) > 3500
    assert "More than 5 requests per hour came from you." in beyond.text


def test_changes_and_what_leads_nowhere_are_counted_with_the_reads(limited: Flask) -> None:
    client = limited.test_client()
    know(limited)
    nowhere = "/api/v1/nothing"
    answers = [client.get(TOOLS), client.post(TOOLS, json={}), client.get(nowhere), client.delete(TOOLS)]
    assert 429 not in statuses(answers)
    assert statuses([client.get(TOOLS), client.post(TOOLS, json={}), client.get(nowhere)]) == [200, 429, 429]


def test_who_says_nothing_of_who_it_is_counts_for_its_address(limited: Flask) -> None:
    *within, beyond = ask_as_nobody(limited, 6)
    assert statuses(within) == [401] * 5
    assert beyond.status_code == 429
    assert beyond.json is not None
    assert beyond.json["detail"].startswith("More than 5 requests per hour came from this address.")


def test_each_address_is_counted_for_itself(limited: Flask) -> None:
    ask_as_nobody(limited, 6)
    elsewhere = {"environ_base": {"REMOTE_ADDR": "2001:db8::1"}}
    beside = {"environ_base": {"REMOTE_ADDR": "2001:db8::ffff"}}
    assert statuses(ask_as_nobody(limited, 3, **elsewhere)) == [401] * 3
    assert statuses(ask_as_nobody(limited, 3, **beside)) == [401, 401, 429]
    assert statuses(ask_as_nobody(limited, 1)) == [429]


def test_people_behind_one_address_are_counted_each_for_themselves(limited: Flask) -> None:
    one, other = (somebody(limited, name, "viewer").client(limited) for name in ("ada", "bob"))
    know(limited)
    assert statuses([one.get("/tools") for _ in range(6)]) == [200] * 5 + [429]
    assert statuses([other.get("/tools") for _ in range(5)]) == [200] * 5


def test_a_known_token_has_a_limit_of_its_own(app_with: Callable[..., Flask]) -> None:
    app = patient(app_with(**{**FIVE, "rate_limit_token": "7 per 2 hours"}))
    ask_as_nobody(app, 6)
    *within, beyond = ask(app, 8)
    assert statuses(within) == [200] * 7
    assert beyond.status_code == 429
    assert beyond.json is not None
    assert beyond.json["detail"].startswith("More than 7 requests per 2 hours came with this token.")


def test_a_token_nobody_knows_makes_no_difference(limited: Flask) -> None:
    tokens = [{"Authorization": f"Bearer {new_token()}"} for _ in range(6)]
    answers = [ask_as_nobody(limited, 1, headers=headers)[0] for headers in tokens]
    assert statuses(answers) == [401] * 5 + [429]


def test_reads_that_are_answered_ahead_of_flask_are_counted_once(limited: Flask, app: Flask) -> None:
    Caller(app.test_client()).create()
    assert statuses(ask(limited, 6, f"{TOOLS}/grep")) == [200] * 5 + [429]
    assert total() == 5


def test_processes_count_together(app_with: Callable[..., Flask]) -> None:
    one, other = patient(app_with(**FIVE)), patient(app_with(**FIVE))
    assert statuses([*ask(one, 3), *ask(other, 3)]) == [200] * 5 + [429]


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/static/js/nothing.js"])
def test_health_and_static_files_are_never_refused(limited: Flask, path: str) -> None:
    ask(limited, 6)
    assert 429 not in statuses(ask(limited, 8, path))


def test_the_guard_switched_off_lets_the_same_requests_all_through(app_with: Callable[..., Flask]) -> None:
    on, off = app_with(**FIVE), app_with(**{**FIVE, "rate_limit_enabled": False})
    paths = [TOOLS, "/tools", f"{TOOLS}/search?q=x"]
    assert 429 in [status for path in paths for status in statuses(ask(on, 3, path))]
    assert {status for path in paths for status in statuses(ask(off, 3, path))} == {200}


def test_without_the_database_reads_go_on_and_are_held_to_the_limit_by_each_process(
    cut: Cut, app_with: Callable[..., Flask]
) -> None:
    app = app_with(**FIVE)
    assert statuses(ask(app, 2)) == [200] * 2
    cut.off(app)
    assert statuses(ask(app, 4)) == [200] * 3 + [429]


def test_when_the_database_is_back_what_was_asked_meanwhile_is_counted(
    cut: Cut, app_with: Callable[..., Flask]
) -> None:
    app = app_with(**{**FIVE, "rate_limit_token": "1000 per hour"})
    know(app)
    cut.off(app)
    assert statuses(ask(app, 30)) == [200] * 30
    assert total() == 0
    cut.on()
    assert until(lambda: ask(app, 1)[0].status_code == 200 and total() > 30)


def test_while_the_database_is_silent_no_read_waits(app_with: Callable[..., Flask]) -> None:
    app = app_with(**FIVE)
    know(app)
    with silent():
        for number in range(5):
            started = time.monotonic()
            (answer,) = ask(app, 1)
            (refused,) = ask_as_nobody(app, 1, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"})
            assert (answer.status_code, refused.status_code) == (200, 401)
            assert time.monotonic() - started < 1


def test_a_redis_without_its_package_is_refused_at_the_start_in_words(settings: Settings) -> None:
    counted_there = replace(settings, rate_limit_enabled=True, rate_limit_storage="redis://:secret@localhost:6379")
    with pytest.raises(SettingError, match=r"RATE_LIMIT_STORAGE: .*pip install 'limits\[redis\]'") as refused:
        create_app(counted_there)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("path", [TOOLS, f"{TOOLS}/{{name}}", "/api/v1/changes"])
def test_that_a_route_may_refuse_is_documented_where_it_may(app: Flask, path: str) -> None:
    answer = app.test_client().get("/api/v1/openapi.json").get_json()
    responses = answer["paths"][path]["get"]["responses"]
    assert "application/problem+json" in responses["429"]["content"]
    assert "429" not in answer["paths"]["/health/ready"]["get"]["responses"]
