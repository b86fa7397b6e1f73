"""The playground's form: what its fields say, and where its sliders stand."""

import pytest

from app.selection.engine import Selection, select
from app.selection.index import Index
from app.selection.live_index import Proposed
from app.selection.playground_form import (
    field_of,
    is_form,
    sliders_of,
    sliders_typed,
    texts_in,
    typed_variables,
    variable_rows,
)
from app.selection.request import Preference, SelectionRequest, Weights
from app.selection.request_text import InvalidRequest, request_of, texts_of
from app.selection.scoring import weights_of
from tests.definition import PATTERN, definition


def test_rows_of_variables_become_one_text_and_empty_ones_none() -> None:
    fields = {"intent": " restart ", "variable_N": "40", "variable_pages": " ", "variables": "count=2"}
    assert texts_in(fields) == {"intent": "restart", "variables": "count=2,N=40"}


def test_sliders_count_when_the_goal_is_own_and_only_then() -> None:
    sliders = {"weight_time": "80", "weight_cost": "20"}
    assert texts_in({"intent": "a", "preference": "own", **sliders}) == {"intent": "a", "weights": "time=80,cost=20"}
    assert texts_in({"intent": "a", "preference": "fast", **sliders}) == {"intent": "a", "preference": "fast"}
    assert texts_in({"intent": "a", "preference": "", **sliders}) == {"intent": "a"}


def test_an_own_goal_without_sliders_weighs_all_alike() -> None:
    texts = texts_in({"intent": "a", "preference": "own"})
    weights = request_of(texts).weights
    assert weights == Weights(time=20, cost=20, complexity=20, accuracy=20, completeness=20)


def test_an_address_says_weights_and_variables_itself() -> None:
    texts = {"intent": "a", "variables": "N=40", "weights": "time=2"}
    assert texts_in(texts) == texts
    assert texts_in(texts_of(request_of(texts))) == texts


def test_a_value_with_a_comma_is_refused_at_its_variable() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        texts_in({"intent": "a", "variable_N": "1,000"})
    assert refusal.value.errors == [("/variables/N", "“1,000” is no number")]


@pytest.mark.parametrize(
    ("fields", "is_so"),
    [
        ({"intent": "a", "variables": "N=40"}, False),
        ({"intent": "a", "platform": ""}, True),
        ({"intent": "a", "variable_N": "4"}, True),
        ({"intent": "a", "weight_time": "4"}, True),
        ({}, False),
    ],
)
def test_only_what_a_form_sends_has_a_shorter_address(fields: dict[str, str], is_so: bool) -> None:
    assert is_form(fields) is is_so


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("", ""),
        ("/intent", "intent"),
        ("/variables/N", "variable_N"),
        ("/variables", "variables"),
        ("/limits/max_cost", "max_cost"),
        ("/max_cost", "max_cost"),
        ("/capabilities/0", "capabilities"),
        ("/weights/speed", "weights"),
        ("/nonsense", "nonsense"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(place: str, field: str) -> None:
    assert field_of(place) == field


def test_sliders_stand_as_they_were_left_else_at_the_shares() -> None:
    fast = weights_of(Preference.FAST)
    assert sliders_of(None, fast) == {"time": 40, "cost": 15, "complexity": 15, "accuracy": 15, "completeness": 15}
    left = Weights(time=80, cost=20, complexity=0, accuracy=20, completeness=0)
    assert sliders_of(left, {})["time"] == 80
    shares = {"time": 2 / 3, "cost": 1 / 3, "complexity": 0.0, "accuracy": 0.0, "completeness": 0.0}
    assert sliders_of(Weights(time=2, cost=1), shares)["time"] == 67
    assert sliders_of(Weights(time=2000, cost=1000), shares)["cost"] == 33


@pytest.mark.parametrize("fields", [{"weight_time": "80", "weight_cost": "x"}, {"weights": "time=80,cost=1e9"}])
def test_sliders_of_what_cannot_be_read_stay_where_they_were(fields: dict[str, str]) -> None:
    assert sliders_typed(fields) == {"time": 80, "cost": 0, "complexity": 0, "accuracy": 0, "completeness": 0}
    assert set(sliders_typed({}).values()) == {20}


def selected(request: SelectionRequest, **policy: float) -> Selection:
    pattern = {**PATTERN, "policy": {"production_safe": True, **policy}}
    tool = definition(capabilities={"text_search": {"patterns": {"search_files": pattern}}})
    return select(Index.of([Proposed(tool)]), request)


def test_a_row_for_each_variable_that_is_used_and_each_that_was_typed() -> None:
    rows = variable_rows([selected(SelectionRequest(intent="search"))], {"pages": "3"}, 10)
    assert [(row.name, row.text, row.is_used) for row in rows] == [("N", "", True), ("pages", "3", False)]
    assert rows[0].unit == "items"
    assert rows[0].usual


def test_where_all_are_excluded_their_variables_can_be_said() -> None:
    (row,) = variable_rows([selected(SelectionRequest(intent="search"), max_cost=0)], {}, 10)
    assert row.name == "N"


def test_what_was_typed_is_kept_though_it_cannot_be_read() -> None:
    assert typed_variables({"variables": "N=x, pages=2", "variable_count": "y"}, None) == {
        "N": "x",
        "pages": "2",
        "count": "y",
    }
    request = SelectionRequest(intent="a", variables={"N": 40, "pages": 0.5})
    assert typed_variables({}, request) == {"N": "40", "pages": "0.5"}
