"""A request as flat text — query parameters, form fields, options of a command — and back, so that it can be shared.

Lists are parted by commas, pairs written `name=value`: `variables=N=40,pages=2`. A list that commas cannot tell (a name
with a comma in it, none at all) is written as JSON: `permissions=[]`.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from app.definitions.vocabulary import closest
from app.selection.request import RequestLimits, SelectionRequest, Weights

LISTS = ("capabilities", "permissions")
PAIRS = ("variables", "weights")
LIMITS = ("max_cost", "max_time_ms")
NAMES = (*(name for name in SelectionRequest.model_fields if name != "limits"), *LIMITS)


class InvalidRequest(ValueError):
    """A request that cannot be answered as it is. `errors`: each place in it (JSON Pointer) and what is wrong there."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        place, message = errors[0]
        super().__init__(f"{place.lstrip('/')}: {message}" if place else message)
        self.errors = errors


def read_request(values: object) -> SelectionRequest:
    """Make a request of JSON-like data.

    Raises:
        InvalidRequest: it holds something unknown or out of bounds; says all of it.
    """
    try:
        return SelectionRequest.model_validate(values)
    except ValidationError as error:
        raise InvalidRequest([_told(one) for one in error.errors(include_url=False)]) from None


def request_of(texts: Mapping[str, str]) -> SelectionRequest:
    """Make a request of texts by name; empty ones are as good as none.

    Raises:
        InvalidRequest: as `read_request`.
    """
    given = {name: text.strip() for name, text in texts.items() if text.strip()}
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name in LISTS:
            values[name] = _list(text)
        elif name in PAIRS:
            values[name] = _pairs(name, text)
        elif name in LIMITS:
            values.setdefault("limits", {})[name] = _number(name, text)
        elif name == "limit":
            values[name] = _number(name, text)
        else:
            values[name] = text
    return read_request(values)


def texts_of(request: SelectionRequest) -> dict[str, str]:
    """A request as texts by name, without what is as usual; `request_of` makes the same request of them."""
    said = request.model_dump(mode="json", exclude_defaults=True)
    limits = said.pop("limits", None) or {}
    texts: dict[str, str] = {}
    for name, value in {**said, **limits}.items():
        if value is None:
            continue
        if name in LISTS:
            plain = ",".join(value)
            texts[name] = plain if value and _list(plain) == value else to_json(value).decode()
        elif name in PAIRS:
            texts[name] = ",".join(f"{key}={_plain(number)}" for key, number in value.items())
        else:
            texts[name] = value if isinstance(value, str) else _plain(value)
    return texts


def _list(text: str) -> list[Any]:
    if text.startswith("["):
        with suppress(ValueError):
            listed: list[Any] = from_json(text)
            return listed
    return [part.strip() for part in text.split(",") if part.strip()]


def _pairs(name: str, text: str) -> dict[str, float | str]:
    pairs: dict[str, float | str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, is_pair, value = part.partition("=")
        if not is_pair:
            raise InvalidRequest([(f"/{name}", f"Write name=value, with commas between: {name}=N=40,pages=2")])
        pairs[key.strip()] = _number(f"{name}/{key.strip()}", value.strip())
    return pairs


def _number(name: str, text: str) -> float:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        raise InvalidRequest([(f"/{name}", f"“{text[:40]}” is no number")]) from None


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))


def _told(error: ErrorDetails) -> tuple[str, str]:
    """Where something is wrong, and what, in words that tell how to mend it."""
    place = "".join(f"/{step}" for step in error["loc"] if step != "[key]")
    if error["type"] == "extra_forbidden":
        return place, _unknown(error["loc"])
    return place, error["msg"].removeprefix("Value error, ")


def _unknown(place: tuple[int | str, ...]) -> str:
    models: dict[str, type[BaseModel]] = {"weights": Weights, "limits": RequestLimits}
    model: type[BaseModel] = models.get(str(place[0]), SelectionRequest) if len(place) > 1 else SelectionRequest
    known = list(model.model_fields)
    near = closest(str(place[-1]), known, limit=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"There is no “{str(place[-1])[:40]}”. {meant}Known are {', '.join(known)}."
