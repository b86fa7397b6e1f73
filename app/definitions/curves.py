"""provisional"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.definitions.expressions import EvaluationError, InvalidExpression, parse_expression
from app.definitions.vocabulary import Variable
from app.formats import duration


@dataclass(frozen=True, slots=True)
class Curve:
    usual: float
    samples: tuple[tuple[str, str], ...]
    path: str
    sentence: str


def curve(text: str, variables: Mapping[str, Variable], unit: str = "") -> Curve | None:
    try:
        e = parse_expression(str(text))
        usual = {n: variables[n].default for n in e.variables}
        u = e.evaluate(usual)
        return Curve(u, (("usual", duration(u) if unit == "ms" else f"{u:g}"),), "M1 14 L73 14", "flat")
    except (InvalidExpression, EvaluationError, KeyError):
        return None
