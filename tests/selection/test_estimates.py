"""Estimates: what a candidate takes for a request's variables, and usual values for those it does not say."""

from typing import Any

import pytest

from app.definitions.vocabulary import VARIABLES
from app.selection.candidates import candidates_of
from app.selection.estimates import Formulas, NoEstimate, estimate
from tests.selection.tools import pattern, tool


def formulas(**changes: Any) -> Formulas:
    """The formulas of a pattern that says this."""
    return next(candidates_of(tool("grep", search=pattern(**changes))))[0].formulas


def test_time_and_cost_are_those_of_the_variables_said() -> None:
    taken = estimate(
        formulas(time_estimate_ms="200 + 0.5 * N", cost_estimate="ceil(N / 30) * pages"), {"N": 40, "pages": 3}
    )
    assert (taken.time_ms, taken.cost) == (220, 6)
    assert taken.values == {"N": 40, "pages": 3}
    assert taken.defaulted == ()


def test_a_variable_not_said_takes_its_usual_value_and_is_told() -> None:
    taken = estimate(formulas(time_estimate_ms="10 * N", cost_estimate="pages"), {"N": 2})
    pages = VARIABLES["pages"].default
    assert (taken.time_ms, taken.cost) == (20, pages)
    assert taken.values == {"N": 2, "pages": pages}
    assert taken.defaulted == ("pages",)


def test_a_variable_the_tool_declares_takes_the_value_declared() -> None:
    declared = {"hops": {"default": 9, "minimum": 1, "maximum": 30}}
    whole = tool("traceroute", trace=pattern(time_estimate_ms="100 * hops")).but(variables=declared)
    one, _ = next(candidates_of(whole))
    assert estimate(one.formulas, {}).values == {"hops": 9}


def test_a_numeric_input_is_a_variable() -> None:
    retries = {"name": "retries", "type": "integer", "default": 4}
    assert estimate(formulas(time_estimate_ms="100 * retries", optional_inputs=[retries]), {}).time_ms == 400


def test_a_variable_of_the_background_condition_is_told_too() -> None:
    taken = estimate(formulas(policy={"requires_background_if": "num_files > 10"}), {})
    assert taken.defaulted == ("num_files",)


def test_a_variable_that_no_expression_uses_is_not_told() -> None:
    assert estimate(formulas(time_estimate_ms="N"), {"N": 1, "pages": 8}).values == {"N": 1}


def test_numbers_need_no_variables() -> None:
    taken = estimate(formulas(time_estimate_ms=84, cost_estimate=0.5), {"N": 3})
    assert (taken.time_ms, taken.cost, taken.values, taken.defaulted) == (84, 0.5, {}, ())


@pytest.mark.parametrize("key", ["time_estimate_ms", "cost_estimate"])
@pytest.mark.parametrize(
    "text", ["1 / (N - 7)", "N - 8", "log(N - 7)", "10 ** (N * 100)", "unheard_of", "1 +", "", None, [1]]
)
def test_an_expression_without_a_value_is_refused_and_named(key: str, text: object) -> None:
    with pytest.raises(NoEstimate, match=f"^{key}: .+"):
        estimate(formulas(**{key: text}), {"N": 7})
