"""What is shown of an expression: three values, a curve, a sentence."""

import re
from itertools import pairwise
from pathlib import Path as FilePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from app.definitions.curves import HEIGHT, WIDTH, Curve, curve
from app.definitions.vocabulary import VARIABLES, Variable
from app.quantities import compact

TEMPLATES = FilePath(__file__).parents[2] / "templates"


def drawn(text: str, *declared: Variable) -> Curve:
    shown = curve(text, {**VARIABLES, **{variable.name: variable for variable in declared}})
    assert shown is not None
    return shown


def points(shown: Curve) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", shown.line)]


def heights(shown: Curve) -> list[float]:
    """From the ground upwards."""
    return [HEIGHT - y for _, y in points(shown)]


def test_an_expression_is_shown_at_the_least_usual_and_most_of_its_variable():
    shown = drawn("2000 + 0.5 * N")
    assert shown.variable == "N"
    assert [(sample.at, sample.where, sample.value, sample.words) for sample in shown.samples] == [
        (1, "N = 1", 2000.5, "2 s"),
        (100, "N = 100", 2050, "2 s"),
        (1_000_000, "N = 1,000,000", 502_000, "8.4 min"),
    ]


def test_a_sample_that_is_another_too_is_shown_once():
    assert [sample.at for sample in drawn("pages * 10").samples] == [1, 10_000]


def test_a_constant_has_one_sample_and_a_flat_line():
    shown = drawn("1500")
    assert (shown.variable, shown.sentence) == (None, "Always 1.5 s")
    assert [sample.where for sample in shown.samples] == ["always"]
    assert len(set(heights(shown))) == 1


def test_a_cost_is_said_as_a_number():
    shown = curve("ceil(N / 100)", VARIABLES, compact)
    assert shown is not None
    assert [sample.words for sample in shown.samples] == ["1", "1", "10,000"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("10 * N", "Grows with N: 10 ms at 1, 2.8 h at 1,000,000"),
        ("1000 / parallelism", "Falls with parallelism: 1 s at 1, 1 ms at 1,000"),
        ("abs(N - 1000)", "Goes up and down with N: 999 ms at 1, 17 min at 1,000,000"),
        ("5 + 0 * N", "Always 5 ms, whatever N is"),
        ("N * pages", "Grows with N: 1 ms at 1, 17 min at 1,000,000, with pages = 1"),
    ],
)
def test_a_sentence_says_what_the_curve_shows(text, sentence):
    assert drawn(text).sentence == sentence


def test_the_variable_that_moves_the_value_most_is_the_one_drawn():
    assert drawn("N + 100000 * pages").variable == "pages"
    assert drawn("N + pages").variable == "N"


def test_declared_variables_are_drawn_over_their_own_range():
    shown = drawn("crates * 10", Variable("crates", "crates", 4, 2, 8, ""))
    assert [sample.at for sample in shown.samples] == [2, 4, 8]


@pytest.mark.parametrize("text", ["", "1 +", "unheard_of * 2", "N - 5", "1 / 0", "N > 5", "10 / delay"])
def test_what_has_no_value_everywhere_is_not_drawn(text):
    assert curve(text, VARIABLES) is None


def test_a_line_is_higher_where_the_value_is_larger():
    assert heights(drawn("10 * N")) == sorted(heights(drawn("10 * N")))
    falling = heights(drawn("1000 / parallelism"))
    assert falling == sorted(falling, reverse=True)
    assert len(set(falling)) == len(falling)


def test_a_power_is_a_straight_line_and_a_small_change_looks_small():
    rises = heights(drawn("N ** 2"))
    steps = [later - earlier for earlier, later in pairwise(rises)]
    assert max(steps) - min(steps) < 0.2
    nearly_flat = heights(drawn("1000 + 100 * N / 1000000"))
    assert 0 < max(nearly_flat) - min(nearly_flat) < HEIGHT / 4


@pytest.mark.parametrize("text", ["delay * 1000", "0 * N", "N - 1"])
def test_a_value_of_nothing_is_drawn_on_the_ground(text):
    assert min(heights(drawn(text))) == heights(drawn(text))[0]


RANGES = st.floats(-1e15, 1e15) | st.sampled_from([0.0, 1.0, 1e-300, 100.0])


@settings(max_examples=100)
@given(RANGES, RANGES, RANGES, st.sampled_from(["abs(v)", "v * v", "abs(v) ** 0.5", "abs(v) + N", "1 / v", "exp(v)"]))
def test_whatever_the_range_the_line_stays_inside(least, usual, most, text):
    shown = curve(text, {"v": Variable("v", "", usual, least, most, ""), "N": VARIABLES["N"]})
    if shown is not None:
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points(shown))


def test_the_drawing_says_its_sentence():
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters["compact"] = compact
    shown = drawn("10 * N")
    html = str(environment.get_template("macros/charts.html").module.curve(shown))  # type: ignore[attr-defined]
    assert 'role="img" aria-label="Grows with N: 10 ms at 1, 2.8 h at 1,000,000"' in html
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in html
    assert f'<path d="{shown.line}"/>' in html
