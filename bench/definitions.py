"""Measurements of single definitions: reading, checking, and evaluating their expressions."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import cycle
from types import CodeType
from typing import TypeVar

import yaml

from app.definitions.documents import read_yaml
from app.definitions.expressions import Expression, parse_expression
from app.definitions.legacy import source_tool, tools_in
from app.definitions.model import ToolDefinition
from app.definitions.validation import validate
from app.definitions.vocabulary import VARIABLES
from bench import data
from bench.clock import in_turns
from bench.stage import Stage
from bench.table import Row, Target

SAMPLE = 100
VALUES: Mapping[str, float] = {variable.name: variable.default for variable in VARIABLES.values()}
SIMPLE = ("150 + 0.01 * N",)
_NAMES: dict[str, object] = {**VALUES, "ceil": math.ceil, "log2": math.log2, "max": max}

Item = TypeVar("Item")


def reading(stage: Stage) -> Iterator[Row]:
    """Reading YAML with its limits and positions, beside libyaml's own loader, which has neither."""
    texts = stage.texts[:SAMPLE]
    figure, baseline, ratio = in_turns(
        _each(texts, read_yaml), _each(texts, partial(yaml.load, Loader=yaml.CSafeLoader)), stage.effort.rounds
    )
    yield Row("read one definition's YAML", 1000 * figure, "ms", 1000 * baseline, "CSafeLoader", ratio)


def validation(stage: Stage) -> Iterator[Row]:
    """Every check of a definition that was read, beside pydantic's of the model alone."""
    documents = [read_yaml(text) for text in stage.texts[:SAMPLE]]
    read = [(tools_in(document)[0], document) for document in documents]
    models = [source_tool(document.data).definition for document in documents]
    figure, baseline, ratio = in_turns(
        _each(read, lambda pair: validate(*pair)), _each(models, ToolDefinition.model_validate), stage.effort.rounds
    )
    yield Row("validate one definition", 1000 * figure, "ms", 1000 * baseline, "pydantic model", ratio)


def expressions(stage: Stage) -> Iterator[Row]:
    """Evaluating a parsed expression, beside the same text compiled by Python."""
    yield _evaluation(stage, f"evaluate {SIMPLE[0]}", SIMPLE)
    yield _evaluation(stage, "evaluate an estimate of the catalog", sorted(_estimates()))


def _evaluation(stage: Stage, what: str, texts: Sequence[str]) -> Row:
    parsed = [parse_expression(text) for text in texts]
    compiled = [compile(text, "<estimate>", "eval") for text in texts]
    figure, baseline, ratio = in_turns(
        _each(parsed, _evaluate), _each(compiled, _evaluate_plainly), stage.effort.rounds
    )
    return Row(what, 1e6 * figure, "µs", 1e6 * baseline, "plain Python", ratio, Target(3))


def _evaluate(expression: Expression) -> float:
    return expression.evaluate(VALUES)


def _evaluate_plainly(code: CodeType) -> float:
    value: float = eval(code, _NAMES)
    return value


def _estimates() -> set[str]:
    """The time estimates of the sample, each once."""
    capabilities = (data.definition(number)["capabilities"].values() for number in range(SAMPLE))
    patterns = (capability["patterns"].values() for of_tool in capabilities for capability in of_tool)
    return {pattern["time_estimate_ms"] for of_capability in patterns for pattern in of_capability}


def _each(items: Sequence[Item], act: Callable[[Item], object]) -> Callable[[], object]:
    """A call that acts on one of the items, the next one each time."""
    following = cycle(items)
    return lambda: act(next(following))
