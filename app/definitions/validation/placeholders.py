"""What a template left to be filled in: `<TOOL_NAME>` where a real value belongs."""

import re
from collections.abc import Iterator
from typing import Any

from app.definitions.findings import Finding, Path, Severity

PLACEHOLDER = re.compile(r"<[^<>\n]{1,100}>")
# Real values can look so: a pattern that matches a tag, an example of markup.
FREE = frozenset({"allowed_values", "default", "enum", "expected_output", "inputs", "validation"})


def placeholders(value: Any, path: Path = ()) -> Iterator[Finding]:
    """Tell where a whole text, or a key, is a placeholder; each is an error."""
    if isinstance(value, str):
        if PLACEHOLDER.fullmatch(value.strip()):
            yield _finding(path, value.strip())
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from placeholders(entry, (*path, index))
    elif isinstance(value, dict):
        for key, entry in value.items():
            if PLACEHOLDER.fullmatch(key):
                yield _finding((*path, key), key)
            if key not in FREE and not _is_input_example(key, path):
                yield from placeholders(entry, (*path, key))


def _is_input_example(key: str, path: Path) -> bool:
    return key == "examples" and any(step in path for step in ("required_inputs", "optional_inputs"))


def _finding(path: Path, text: str) -> Finding:
    return Finding(Severity.ERROR, "template", path, f"{text} is a placeholder: replace it with a real value")
