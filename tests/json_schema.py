"""A checker for the part of JSON Schema that the product's answers are described with."""

from collections.abc import Iterator, Mapping
from typing import Any

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
ANNOTATIONS = {"title", "description", "default", "format", "examples"}
CHECKED = {
    "$ref",
    "type",
    "enum",
    "anyOf",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minimum",
    "maximum",
}


def complaints(value: object, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Everything in which a value is not as a schema says; `root` is the document that `$ref` points into."""
    if unforeseen := schema.keys() - CHECKED - ANNOTATIONS:
        yield f"{at}: this checker does not know {sorted(unforeseen)}"
    if "$ref" in schema:
        yield from complaints(value, referred(schema["$ref"], root), root, at)
    if "type" in schema and not is_a(value, schema["type"]):
        yield f"{at}: {value!r} is no {schema['type']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: {value!r} is out of bounds"
    if "anyOf" in schema and all(any(True for _ in complaints(value, one, root)) for one in schema["anyOf"]):
        yield f"{at}: {value!r} fits none of {schema['anyOf']}"
    if isinstance(value, dict):
        yield from _members(value, schema, root, at)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from complaints(item, schema["items"], root, f"{at}/{place}")


def is_a(value: object, kind: str) -> bool:
    """Whether a value is of a JSON type; true and false are no numbers."""
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def referred(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` into the document points at."""
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found  # type: ignore[no-any-return]


def _members(value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}: {key} is missing" for key in schema.get("required", ()) if key not in value)
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key, member in value.items():
        if key in known:
            yield from complaints(member, known[key], root, f"{at}/{key}")
        elif others is False:
            yield f"{at}: {key} is not described"
        elif isinstance(others, dict):
            yield from complaints(member, others, root, f"{at}/{key}")
