"""The playground's form: a field for each variable, a slider for each weight, and what they say. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.definitions.vocabulary import VARIABLES
from app.quantities import compact
from app.selection.engine import Selection
from app.selection.request import Preference, SelectionRequest, Weights
from app.selection.request_text import LIMITS, NAMES, InvalidRequest
from app.selection.scoring import AXES, weights_of

VARIABLE, WEIGHT = "variable_", "weight_"
OWN = "own"
"""What the goal is when sliders say it."""
FULL = 100
FIELDS = (*(name for name in NAMES if name not in {"variables", "explain"}), "against")
"""The fields that have a place of their own for what is wrong with them."""


@dataclass(frozen=True, slots=True)
class VariableRow:
    """A variable to say.

    Attributes:
        text: what was typed; empty: the usual value. usual: that, in words.
        is_used: whether an estimate of a candidate needs it.
    """

    name: str
    text: str
    usual: str
    unit: str
    meaning: str
    is_used: bool


def is_form(fields: Mapping[str, str]) -> bool:
    """Whether these are a form's fields, whose request has a shorter address."""
    return any(name.startswith((VARIABLE, WEIGHT)) or not text.strip() for name, text in fields.items())


def texts_in(fields: Mapping[str, str]) -> dict[str, str]:
    """The texts of a request — as `request_of` reads them — that a form's fields say.

    Raises:
        InvalidRequest: a variable's value is none.
    """
    texts = {name: text.strip() for name, text in fields.items() if text.strip()}
    rows = {name: texts.pop(name) for name in list(texts) if name.startswith(VARIABLE)}
    sliders = {name: texts.pop(name) for name in list(texts) if name.startswith(WEIGHT)}
    if pairs := list(filter(None, [texts.get("variables"), *_pairs(rows)])):
        texts["variables"] = ",".join(pairs)
    if texts.get("preference") == OWN:
        del texts["preference"]
        said = [f"{axis}={sliders[WEIGHT + axis]}" for axis in AXES if WEIGHT + axis in sliders]
        texts["weights"] = ",".join(said) or texts.get("weights", "") or _usual_weights()
    return texts


def _pairs(rows: Mapping[str, str]) -> Iterator[str]:
    for name, text in rows.items():
        if "," in text:
            raise InvalidRequest([(f"/variables/{name.removeprefix(VARIABLE)}", f"“{text[:40]}” is no number")])
        yield f"{name.removeprefix(VARIABLE)}={text}"


def _usual_weights() -> str:
    return ",".join(f"{axis}={value}" for axis, value in sliders_of(None, weights_of(Preference.BALANCED)).items())


def field_of(place: str) -> str:
    """The field that shows what is wrong at a place of a request (JSON Pointer); empty for the request as a whole."""
    first, _, rest = place.strip("/").partition("/")
    if first == "variables" and rest:
        return f"{VARIABLE}{rest}"
    return rest if first == "limits" and rest in LIMITS else first


def sliders_of(weights: Weights | None, effective: Mapping[str, float]) -> dict[str, int]:
    """Where each slider stands, from 0 to FULL: as it was left, else at the share that its axis has."""
    given = weights.model_dump() if weights is not None else {}
    is_as_left = given and max(given.values()) <= FULL <= 2 * sum(given.values())
    shares = given if is_as_left else {axis: share * FULL for axis, share in effective.items()}
    return {axis: round(shares[axis]) for axis in AXES}


def sliders_typed(fields: Mapping[str, str]) -> dict[str, int]:
    """Where the sliders of a request that cannot be read stand: as they were left, as far as that can be told."""
    usual = sliders_of(None, weights_of(Preference.BALANCED))
    left = {axis: fields[WEIGHT + axis] for axis in AXES if WEIGHT + axis in fields} or _paired(fields, "weights")
    if not left:
        return usual
    return {axis: int(text) if (text := left.get(axis, "")).isdecimal() and int(text) <= FULL else 0 for axis in AXES}


def variable_rows(selections: Iterable[Selection], typed: Mapping[str, str], limit: int) -> list[VariableRow]:
    """A row for each variable that the candidates shown use — where none may be used, those that may not — and for
    each other that was typed.

    Args:
        typed: text by name.
    """
    usual: dict[str, set[float]] = {}
    for selection in selections:
        shown = selection.ranked[:limit] or selection.excluded[:limit]
        for one in shown:
            for name, value in one.candidate.formulas.defaults.items():
                usual.setdefault(name, set()).add(value)
    names = [*sorted(usual), *(name for name in typed if name not in usual)]
    return [_row(name, typed.get(name, ""), usual.get(name, set())) for name in names]


def _row(name: str, text: str, usual: set[float]) -> VariableRow:
    known = VARIABLES.get(name)
    values = " or ".join(compact(value) for value in sorted(usual))
    return VariableRow(
        name, text, values, known.unit if known else "", known.meaning if known else "", is_used=bool(usual)
    )


def typed_variables(fields: Mapping[str, str], request: SelectionRequest | None) -> dict[str, str]:
    """What was typed for each variable, also of a request that cannot be read."""
    if request is not None:
        return {name: _plain(value) for name, value in request.variables.items()}
    rows = {name.removeprefix(VARIABLE): text for name, text in fields.items() if name.startswith(VARIABLE) and text}
    return _paired(fields, "variables") | rows


def _paired(fields: Mapping[str, str], name: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in fields.get(name, "").split(","))
    return {key.strip(): text.strip() for key, _, text in pairs if key.strip()}


def _plain(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
