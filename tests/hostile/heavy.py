"""Documents within every limit that make as much work as one can: wide, deep, long, and full of things to compare.

Each is sized to just fit: 256 KiB, 20,000 events, 32 levels.
"""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from tests.definition import PATTERN, definition

BYTES, EVENTS, DEPTH = 256 * 1024, 20_000, 32
Definition = dict[str, Any]


def fitting(make: Callable[[int], Definition], most: int = EVENTS) -> bytes:
    """The largest of these documents that is within the limits; they grow with the number."""
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        whole = make(middle)
        if len(orjson.dumps(whole)) <= BYTES - 100 and events_of(whole) <= EVENTS - 10:
            low = middle
        else:
            high = middle - 1
    return orjson.dumps(make(low))


def events_of(value: object) -> int:
    """How many keys, values and beginnings and ends of maps and lists a value has."""
    if isinstance(value, dict):
        return 2 + sum(1 + events_of(inner) for inner in value.values())
    if isinstance(value, list):
        return 2 + sum(events_of(inner) for inner in value)
    return 1


def with_pattern(**changes: Any) -> Definition:
    """A definition of one pattern, with some of it replaced."""
    patterns = {"one": {**PATTERN, **changes}}
    return definition("heavy", capabilities={"work": {"description": "Work", "patterns": patterns}})


def with_patterns(patterns: dict[str, Definition]) -> Definition:
    """A definition with these patterns."""
    return definition("heavy", capabilities={"work": {"description": "Work", "patterns": patterns}})


def inputs(count: int, rule: Callable[[int], str], **more: Any) -> Definition:
    """Inputs, each with a regular expression of its own."""
    return with_pattern(
        required_inputs=[
            {"name": f"i{number}", "description": "d", "validation": rule(number), **more} for number in range(count)
        ]
    )


def trials(count: int, rule: Callable[[int], str]) -> Definition:
    """Inputs whose examples are tried on regular expressions that are slow to search."""
    return inputs(count, rule, examples=["a" * 300])


def same_input_everywhere(count: int) -> Definition:
    """One input in many patterns, each with another rule, and many examples of the tool to try on all of them."""
    patterns = {
        f"p{number}": {"required_inputs": [{"name": "host", "validation": f"({number}|a?){{100}}b"}]}
        for number in range(count)
    }
    return {**with_patterns(patterns), "examples": [{"inputs": {"host": "a" * 100}} for _ in range(count)]}


def expressions(count: int, text: Callable[[int], str], *keys: str) -> Definition:
    """Patterns, each with expressions of its own."""
    return with_patterns(
        {f"p{number}": {key: text(number) for key in keys or ("time_estimate_ms",)} for number in range(count)}
    )


def conditions(count: int, text: Callable[[int], str]) -> Definition:
    """Patterns, each with a condition of its own."""
    return with_patterns(
        {f"p{number}": {"policy": {"requires_background_if": text(number)}} for number in range(count)}
    )


def nested(depth: int, bottom: object) -> object:
    """Something at the bottom of maps of maps."""
    for _ in range(depth):
        bottom = {"n": bottom}
    return bottom


def long_keys(count: int) -> Definition:
    """Keys as long as can be, each in the one before: their paths are longer than the document."""
    branch: Definition = {f"{number}": 1 for number in range(count)}
    for _ in range(DEPTH - 3):
        branch = {"k" * 250: branch}
    return definition("heavy", extra=branch)


def declared(count: int) -> Definition:
    """Many variables that are declared, and as many patterns that look for one that is not."""
    variable = {"default": 1, "minimum": 0, "maximum": 2}
    variables = {f"some_variable_{number}": variable for number in range(count)}
    patterns = {f"p{number}": {"time_estimate_ms": f"some_variable{number}"} for number in range(count)}
    return {**with_patterns(patterns), "variables": variables}


def used_variables(count: int) -> Definition:
    """As many patterns as variables, each using one."""
    variable = {"default": 1, "minimum": 0, "maximum": 2}
    patterns = {f"p{number}": {"time_estimate_ms": f"own{number}"} for number in range(count)}
    return {**with_patterns(patterns), "variables": {f"own{number}": variable for number in range(count)}}


def numeric_inputs(count: int) -> Definition:
    """Expressions over as many inputs as fit, which are tried at their ends."""
    names = [f"v{number}" for number in range(count)]
    text = "+".join(names[:50])
    return with_pattern(
        required_inputs=[{"name": name, "type": "number", "minimum": 1, "maximum": 9} for name in names],
        time_estimate_ms=text,
        cost_estimate=text,
    )


def sized(text: str, length: int = 480) -> Callable[[int], str]:
    """Expressions that differ in a number and repeat a text up to a length."""
    return lambda number: f"{number}{text * ((length - 6) // len(text))}"


def unknown_names(number: int) -> str:
    """An expression of many names that nobody knows but that are near some."""
    return "+".join(f"num_file{number}_{part}" for part in range(25))


REGEX = "(?:[a-z0-9]+@?){1,40}x"
MAKERS: dict[str, Callable[[int], Definition]] = {
    "regular expressions that grow": lambda n: inputs(n, lambda i: f"{i}(a?){{1000}}"),
    "regular expressions of a thousand characters": lambda n: inputs(n, lambda i: f"{i:04}" + "[a-z0-9]?" * 110),
    "regular expressions of nested repetitions": lambda n: inputs(n, lambda i: f"{i}((a{{1,10}}){{1,10}}){{1,10}}"),
    "regular expressions of classes of letters": lambda n: inputs(n, lambda i: f"{i}" + r"(?i)\pL{0,90}"),
    "regular expressions of negated classes": lambda n: inputs(n, lambda i: f"{i}" + r"[^\pL\pN]\PL" * 80),
    "regular expressions of many letters": lambda n: inputs(n, lambda i: f"{i}" + r"\pL{0,20}"),
    "regular expressions of all letters": lambda n: inputs(n, lambda i: f"{i}" + r"\PL{0,40}"),
    "regular expressions of sets of classes": lambda n: inputs(n, lambda i: f"{i}" + r"[\pL\pN\pP]|" * 70),
    "regular expressions of long texts": lambda n: inputs(
        n, lambda i: f"{i}(?i)" + "".join(map(chr, range(0x400, 0x600)))
    ),
    "regular expressions and examples": lambda n: trials(n, lambda i: f"{i}" + r"\pL{0,9}"),
    "regular expressions nobody compiles": lambda n: inputs(n, lambda i: f"{i}(" + "[a-z" * 20),
    "regular expressions only others know": lambda n: inputs(n, lambda i: f"(?={i})" + "(a|b)?" * 30),
    "regular expressions of many groups, for others": lambda n: inputs(
        n, lambda i: f"(?={i})" + "(?:a|[b-z]|c{2,9})*" * 50
    ),
    "short regular expressions": lambda n: inputs(n, lambda i: f"{i}{{{i % 900}}}"),
    "slow searches": lambda n: trials(n, lambda i: f"{i}?(a?){{500}}b"),
    "one input everywhere": same_input_everywhere,
    "many rules and long examples": lambda n: trials(n, lambda i: f"{i}?" + "(x+x+)+y" * 20),
    "expressions of additions": lambda n: expressions(n, sized("+N"), "time_estimate_ms", "cost_estimate"),
    "expressions of powers": lambda n: expressions(n, sized("**N", 140)),
    "expressions of brackets": lambda n: expressions(n, lambda i: "(" * 45 + f"{i}" + ")" * 45),
    "expressions of open brackets": lambda n: expressions(n, lambda i: "(" * 240 + f"{i}"),
    "expressions of unknown names": lambda n: expressions(n, unknown_names),
    "expressions of unknown functions": lambda n: expressions(n, lambda i: f"cel({i})+" * 30 + "1"),
    "expressions of other signs": lambda n: expressions(n, lambda i: f"{i}^N" * 60),
    "short expressions": lambda n: expressions(n, lambda i: f"{i}+N+pages+count"),
    "expressions of many variables": lambda n: expressions(
        n, lambda i: f"{i}+N*pages+num_files*count+delay+iterations"
    ),
    "expressions that miss a sign": lambda n: expressions(n, lambda i: f"{i} N " * 40),
    "conditions": lambda n: conditions(n, lambda i: f"N>{i}" + " and N > 1" * 12),
    "conditions that are none": lambda n: conditions(n, lambda i: f"N>{i}" + " && N > 1" * 30),
    "short conditions": lambda n: conditions(n, lambda i: f"N>{i}+pages"),
    "unknown variables near known ones": declared,
    "declared variables in many patterns": used_variables,
    "inputs that are numbers": numeric_inputs,
    "unknown keys": lambda n: definition("heavy", **{f"descriptio{i}": 1 for i in range(n)}),
    "unknown keys in many patterns": lambda n: with_patterns(
        {f"p{i}": {"time_estimates": 1, "cost": 2} for i in range(n)}
    ),
    "keys unknown and long": lambda n: definition("heavy", **{f"{'k' * 30}{i}": 1 for i in range(n)}),
    "empty patterns": lambda n: with_patterns({f"p{i}": {} for i in range(n)}),
    "empty capabilities": lambda n: definition("heavy", capabilities={f"c{i}": {} for i in range(n)}),
    "empty inputs": lambda n: with_pattern(required_inputs=[{} for _ in range(n)]),
    "wrong types": lambda n: with_pattern(required_inputs=list(range(n))),
    "wrong words": lambda n: with_pattern(expected_outputs=[{"name": f"o{i}", "type": "strnig"} for i in range(n)]),
    "dependencies": lambda n: definition("heavy", dependencies=[{"name": f"tol{i}", "type": "tool"} for i in range(n)]),
    "use cases": lambda n: with_pattern(typical_use_cases=[f"use {i}" for i in range(n)]),
    "the same use case": lambda n: with_pattern(typical_use_cases=["use"] * n),
    "tags": lambda n: definition("heavy", metadata={"tags": [f"t{i}" for i in range(n)]}),
    "long texts": lambda n: with_pattern(limitations=["x" * 990 for _ in range(n)]),
    "one long text": lambda n: definition("heavy", notes="x" * min(n * 16, 65_000), more="y" * min(n * 16, 65_000)),
    "deep": lambda n: definition("heavy", extra=[nested(DEPTH - 4, i) for i in range(n)]),
    "deep and wide": lambda n: definition("heavy", extra=nested(DEPTH - 3, {f"k{i}": 1 for i in range(n)})),
    "long keys above many values": long_keys,
    "lists of lists": lambda n: definition("heavy", extra=[[] for _ in range(n)]),
    "numbers": lambda n: definition("heavy", extra=list(range(n))),
    "placeholders": lambda n: with_pattern(limitations=[f"<FILL_{i}>" for i in range(n)]),
    "nearly placeholders": lambda n: with_pattern(limitations=["<" * 900 for _ in range(n)]),
    "allowed values": lambda n: with_pattern(
        required_inputs=[{"name": "a", "default": "valu", "allowed_values": [f"value{i}" for i in range(n)]}]
    ),
    "many defaults and allowed values": lambda n: with_pattern(
        required_inputs=[
            {"name": f"a{i}", "default": "valu", "allowed_values": [f"value{j}" for j in range(100)]} for i in range(n)
        ]
    ),
    "names that differ in case": lambda n: with_patterns(
        {f"{i:b}".replace("1", "a").replace("0", "A"): {} for i in range(n)}
    ),
    "lists of patterns": lambda n: definition(
        "heavy", capabilities=[{"capability_name": "c", "patterns": [{"pattern_name": "p"} for _ in range(n)]}]
    ),
    "lists of capabilities": lambda n: definition("heavy", capabilities=[{"capability_name": "c"} for _ in range(n)]),
    "addresses": lambda n: definition("heavy", metadata={"documentation_url": "a." * min(n, 32_000) + "!"}),
    "letters that fold": lambda n: with_pattern(typical_use_cases=["ﬃ" * 300 + str(i) for i in range(n)]),
    "letters of other scripts": lambda n: with_pattern(typical_use_cases=["\u1e9e" * 300 + str(i) for i in range(n)]),
    "bundle of tools": lambda n: {"note": "w" * 30_000, "tools": {f"t{i}": {} for i in range(n)}},
    "bundle with much beside": lambda n: {
        "wrap": {f"k{i}": 1 for i in range(n)},
        "tools": [{"tool_name": f"t{i}"} for i in range(n)],
    },
    "bundle in bundles": lambda n: {"tools": [{"tools": [{"a": 1} for _ in range(50)]} for _ in range(n)]},
}


def heavy_documents() -> Iterator[tuple[str, bytes]]:
    """Every document with what it is full of."""
    for name, make in MAKERS.items():
        yield name, fitting(make)
