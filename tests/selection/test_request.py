"""The request: within bounds, nothing unknown in it, and something asked."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from app.selection.request import (
    LARGEST,
    LONGEST_INTENT,
    MOST_CANDIDATES,
    MOST_CAPABILITIES,
    MOST_VARIABLES,
    Explain,
    SelectionRequest,
    Weights,
)
from app.selection.request_text import InvalidRequest, read_request


def refused(**said: Any) -> list[str]:
    """The places of what is wrong with a request."""
    with pytest.raises(InvalidRequest) as refusal:
        read_request({"intent": "restart nginx", **said})
    assert all(message for _, message in refusal.value.errors)
    return [place for place, _ in refusal.value.errors]


def messages(values: object) -> list[str]:
    """What is wrong with a request, in words."""
    with pytest.raises(InvalidRequest) as refusal:
        read_request(values)
    return [message for _, message in refusal.value.errors]


def test_an_intent_alone_is_a_request_and_the_rest_is_as_usual() -> None:
    request = read_request({"intent": "restart nginx"})
    assert request.model_dump(exclude_defaults=True) == {"intent": "restart nginx"}
    assert (request.limit, request.explain) == (10, Explain.FULL)


def test_a_capability_alone_is_a_request() -> None:
    assert read_request({"capabilities": ["service_control"]}).capabilities == ["service_control"]


@pytest.mark.parametrize(
    "nothing", [{}, {"intent": ""}, {"intent": " \n "}, {"capabilities": []}, {"platform": "linux"}]
)
def test_a_request_that_asks_for_nothing_is_refused(nothing: dict[str, Any]) -> None:
    assert messages(nothing) == ["Say an intent, capabilities, or both"]


@pytest.mark.parametrize("values", [None, 3, "restart", ["restart"], True])
def test_what_is_no_map_is_refused(values: object) -> None:
    assert messages(values)


def test_a_preference_and_weights_are_not_both_said() -> None:
    assert messages({"intent": "x", "preference": "fast", "weights": {"time": 1}}) == [
        "Say a preference or weights, not both"
    ]


def test_weights_weigh_something() -> None:
    assert refused(weights={}) == ["/weights"]
    assert refused(weights={"time": 0, "cost": 0}) == ["/weights"]
    assert read_request({"intent": "x", "weights": {"time": 5e-324}}).weights == Weights(time=5e-324)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -1, -1e-9, 1.01 * LARGEST, "many", None, [1]])
def test_a_number_beyond_bounds_is_refused_wherever_it_stands(number: object) -> None:
    assert refused(variables={"N": number}) == ["/variables/N"]
    assert refused(weights={"time": number}) == ["/weights/time"]
    if number is not None:
        assert refused(limits={"max_cost": number, "max_time_ms": number}) == [
            "/limits/max_cost",
            "/limits/max_time_ms",
        ]


def test_a_number_at_its_bounds_is_taken() -> None:
    request = read_request({"intent": "x", "variables": {"N": 0, "pages": LARGEST}, "limits": {"max_cost": 0}})
    assert request.variables == {"N": 0, "pages": LARGEST}
    assert request.limits.max_cost == 0


@pytest.mark.parametrize("limit", [0, -1, MOST_CANDIDATES + 1, 1.5, math.nan, math.inf, None])
def test_a_count_of_candidates_beyond_bounds_is_refused(limit: object) -> None:
    assert refused(limit=limit) == ["/limit"]


def test_a_long_intent_is_refused() -> None:
    assert read_request({"intent": "x" * LONGEST_INTENT}).intent
    assert refused(intent="x" * (LONGEST_INTENT + 1)) == ["/intent"]
    assert refused(intent="restart " * 1_280) == ["/intent"]


def test_too_many_variables_are_refused() -> None:
    most = {f"v{number}": 1 for number in range(MOST_VARIABLES)}
    assert MOST_VARIABLES == 100
    assert len(read_request({"intent": "x", "variables": most}).variables) == 100
    assert refused(variables={**most, "N": 1}) == ["/variables"]


def test_too_many_capabilities_and_permissions_are_refused() -> None:
    assert refused(capabilities=["x"] * (MOST_CAPABILITIES + 1)) == ["/capabilities"]
    assert refused(permissions=["x"] * 101) == ["/permissions"]


@pytest.mark.parametrize("name", ["", "N M", "1N", "N" * 65, "ñ", "__import__('os')"])
def test_a_variable_is_called_as_expressions_call_them(name: str) -> None:
    assert [place.startswith("/variables") for place in refused(variables={name: 1})] == [True]


@pytest.mark.parametrize("word", ["", " ", "\t", "x" * 101, 3])
def test_names_say_something_and_are_short(word: object) -> None:
    assert refused(environment=word) == ["/environment"]
    assert refused(permissions=[word]) == ["/permissions/0"]
    assert refused(capabilities=[word]) == ["/capabilities/0"]


@pytest.mark.parametrize("said", [{"platform": "lunix"}, {"preference": "quick"}, {"explain": "some"}])
def test_a_word_that_is_none_of_the_known_is_refused(said: dict[str, str]) -> None:
    assert refused(**said) == [f"/{name}" for name in said]


@pytest.mark.parametrize(
    ("said", "place", "meant"),
    [
        ({"variabels": {"N": 1}}, "/variabels", "variables"),
        ({"preferences": "fast"}, "/preferences", "preference"),
        ({"limits": {"maxcost": 1}}, "/limits/maxcost", "max_cost"),
        ({"weights": {"tme": 1}}, "/weights/tme", "time"),
    ],
)
def test_an_unknown_key_is_refused_with_the_one_that_was_meant(said: dict[str, Any], place: str, meant: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_request({"intent": "x", **said})
    told = dict(refusal.value.errors)[place]
    assert f"Did you mean {meant}?" in told


def test_an_unknown_key_like_no_other_is_told_what_is_known() -> None:
    (told,) = messages({"intent": "x", "zzz": 1})
    assert "Did you mean" not in told
    assert "Known are intent, capabilities, " in told


def test_a_key_of_any_length_is_told_in_short() -> None:
    (told,) = messages({"intent": "x", "y" * 100_000: 1})
    assert len(told) < 400


def test_everything_wrong_is_told_at_once() -> None:
    assert refused(limit=0, environment="", platform="lunix") == ["/platform", "/environment", "/limit"]


def test_a_request_cannot_be_changed() -> None:
    request = SelectionRequest(intent="restart nginx")
    with pytest.raises(ValidationError):
        request.limit = 3  # type: ignore[misc]
