"""The OpenAPI document against thousands of generated requests: what it does not tell of does not happen.

Schemathesis makes the requests, valid ones and others, from the document alone. No answer is above 499, and each has a
status, a media type and a content the document has for that operation.
"""

import contextvars
import math
from collections import Counter
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from tests.catalog.caller import Caller
from tests.people import HEADERS

DEFAULT_REQUESTS, SOAK_REQUESTS = 600, 10_000
# Of answers; what a request should have been refused for is tested where the rule is.
WANTED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
# A stream has no end by itself, and Schemathesis reads answers to their end.
ENDLESS = {"/api/v1/changes/stream"}
# Making up a whole definition takes a second: such requests are fewer.
HEAVY_SHARE = 0.1
# Names that are there, so that more is reached than “not found”.
STORED = {"name": "grep", "version": "1.0", "capability": "text_search", "platform": "linux", "category": "system"}


@pytest.fixture
def answering(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application, which answers errors as it does to anybody."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    return app


def contract(app: Flask, client: FlaskClient, requests: int) -> Counter[int]:
    """Send so many requests, about as many to each operation, and return how often each status was answered.

    Raises:
        FailureGroup: an answer is not as described.
    """
    load_all_checks()
    checks = CHECKS.get_by_names(list(WANTED))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=HEADERS)
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    asked = [operation for operation in operations if operation.path not in ENDLESS]
    assert len(asked) > 20
    share = math.ceil(requests / sum(weight(operation) for operation in asked))
    answered: Counter[int] = Counter()
    for number, operation in enumerate(asked):
        stock(client)

        @seed(number)
        @settings(
            max_examples=max(1, math.ceil(share * weight(operation))),
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), is_known=st.booleans())
        def send(case: Case, is_known: bool) -> None:
            prepare(case, is_known=is_known)
            answered[case.call_and_validate(checks=checks).status_code] += 1

        # Requests to a server know nothing of the test's own application context.
        contextvars.Context().run(send)
    return answered


def weight(operation: Any) -> float:
    """Of the requests to an operation with small parameters, how many this one gets."""
    if not operation.query and not operation.path_parameters and not operation.body:
        return 0
    bodies = [one.definition for one in operation.body if one.media_type == "application/json"]
    return HEAVY_SHARE if any("preference_match" in str(one) for one in bodies) else 1


def stock(client: FlaskClient) -> None:
    """See that what half of the requests are about is there; the ones before may have deleted it."""
    caller = Caller(client)
    if caller.send("GET", "/grep").status_code == 404:
        caller.create()
        caller.update(description="Other")


def prepare(case: Case, *, is_known: bool) -> None:
    """All are the administrator's, half about what is there, and none waits for a change that does not come."""
    case.headers.update(HEADERS)
    if is_known:
        case.path_parameters = {name: STORED.get(name, value) for name, value in (case.path_parameters or {}).items()}
    if case.query:
        case.query.pop("wait", None)


def test_what_is_answered_is_as_described(answering: Flask, client: FlaskClient) -> None:
    answered = contract(answering, client, DEFAULT_REQUESTS)
    assert answered.total() >= DEFAULT_REQUESTS
    assert answered.keys() >= {200, 400, 404}


@pytest.mark.soak
def test_what_is_answered_to_ten_thousand_requests_is_as_described(answering: Flask, client: FlaskClient) -> None:
    assert contract(answering, client, SOAK_REQUESTS).total() >= SOAK_REQUESTS
