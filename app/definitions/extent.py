"""How much one definition may hold, whatever its status and however it came: as a text, in a list, merged by patches.

A text is held to DOCUMENT_LIMITS while it is read; here it is the data, just before it is checked and stored.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.definitions.document_text import DOCUMENT_LIMITS
from app.definitions.findings import Finding, Path, Severity
from app.definitions.validation.parts import mapped

# JSON is longer than the YAML it was written as, by up to about half.
MOST_BYTES = 2 * DOCUMENT_LIMITS.bytes
# Of the keys that an address or a bundle adds to what the author wrote.
MOST_VALUES = DOCUMENT_LIMITS.events + 100
MOST_PARTS = 500
"""Capabilities and patterns together. Each is a row: 6,000 of them took three seconds to store."""

EXCESSIVE = frozenset({"too-deep", "too-many-events", "too-large", "too-many-patterns"})
"""The codes of the findings told here."""


def excess(document: Mapping[str, Any], definition: Mapping[str, Any]) -> Finding | None:
    """Return an error when a definition holds more than any may; None when it is within bounds.

    Args:
        document: as its author wrote it. definition: the same in the canonical form.
    """
    values, depth = _values_and_depth(document)
    if depth > DOCUMENT_LIMITS.depth:
        return _error("too-deep", (), f"Nested deeper than {DOCUMENT_LIMITS.depth} levels: flatten the definition")
    if values > MOST_VALUES:
        return _error("too-many-events", (), f"More than {DOCUMENT_LIMITS.events:,} values: split the definition")
    if len(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return _error("too-large", (), f"The definition is larger than {MOST_BYTES // 1024:,} KiB: split it")
    parts = sum(1 + len(mapped(mapped(one).get("patterns"))) for one in mapped(definition.get("capabilities")).values())
    if parts > MOST_PARTS:
        message = f"{parts:,} capabilities and patterns, and at most {MOST_PARTS} are allowed: split the tool"
        return _error("too-many-patterns", ("capabilities",), message)
    return None


def _error(code: str, path: Path, message: str) -> Finding:
    return Finding(Severity.ERROR, code, path, message)


def _values_and_depth(document: object) -> tuple[int, int]:
    """Count as the readers do: keys, values, and beginnings and ends of maps and lists; and the levels."""
    count, depth, level = 0, 0, [document]
    while level and count <= MOST_VALUES:
        containers = [value for value in level if isinstance(value, dict | list)]
        count += len(level) + len(containers) + sum(len(value) for value in containers if isinstance(value, dict))
        depth += bool(containers)
        level = list(_inside(containers))
    return count, depth


def _inside(containers: list[Any]) -> Iterator[object]:
    for container in containers:
        yield from container.values() if isinstance(container, dict) else container
