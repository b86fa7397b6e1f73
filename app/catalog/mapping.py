"""Rows ↔ definitions: reading a definition's columns out of its document, and showing a row as the whole tool.

Lenient on purpose: a draft may lack anything or hold the wrong type of thing; what does not fit a column stays in the
document and leaves the column empty. No session is used here.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.catalog.models import Tool, ToolCapability, ToolPattern
from app.definitions.legacy import SourceTool, source_tool
from app.definitions.model import Capability, Pattern, ToolDefinition
from app.definitions.vocabulary import CATEGORIES, PLATFORMS, STATUSES

# What the server says about a tool, beside what its author wrote.
SERVER_KEYS = ("id", "is_latest", "revision", "created_at", "updated_at", "created_by", "updated_by")
LIFECYCLE_KEYS = frozenset({"status", "enabled", "owner"})
LONGEST_OWNER = 100

Definition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What is beside a tool's versions: it goes on from one to the next, unless a definition says otherwise."""

    status: str
    enabled: bool
    owner: str | None


def wanted_lifecycle(definition: Mapping[str, Any], otherwise: Lifecycle) -> Lifecycle:
    """The lifecycle a definition asks for, and `otherwise` where it does not say."""
    return Lifecycle(
        wanted_status(definition, otherwise.status),
        wanted_enabled(definition, otherwise.enabled),
        wanted_owner(definition, otherwise.owner),
    )


def wanted_status(definition: Mapping[str, Any], otherwise: str = "active") -> str:
    """The lifecycle status a definition asks for; `otherwise` when it names none of the vocabulary."""
    return word(definition.get("status"), STATUSES) or otherwise


def wanted_enabled(definition: Mapping[str, Any], otherwise: bool = True) -> bool:
    """Whether a definition asks to be enabled; `otherwise` when it does not say."""
    enabled = definition.get("enabled")
    return enabled if isinstance(enabled, bool) else otherwise


def wanted_owner(definition: Mapping[str, Any], otherwise: str | None = None) -> str | None:
    """Whom a definition names as its owner; `otherwise` when it names nobody."""
    return text(definition.get("owner"))[:LONGEST_OWNER] or otherwise


def authored(document: Mapping[str, Any]) -> Definition:
    """A document as its author means it: one read from the API and sent back loses what the server said beside it."""
    if not document.keys() >= set(SERVER_KEYS):
        return dict(document)
    said = {*SERVER_KEYS, *LIFECYCLE_KEYS}
    return {key: value for key, value in document.items() if key not in said}


def row_of(source: SourceTool, name: str, version: str) -> Tool:
    """Make the row of one tool version, with its capability and pattern rows, from a definition as read."""
    definition = source.definition
    return Tool(
        tool_name=name,
        version=version,
        description=text(definition.get("description")),
        platform=word(definition.get("platform"), PLATFORMS),
        category=word(definition.get("category"), CATEGORIES),
        execution_location=text(definition.get("execution_location"))[:100] or None,
        owner=wanted_owner(definition),
        defaults=mapping(definition.get("defaults")),
        dependencies=listing(definition.get("dependencies")),
        metadata_=mapping(definition.get("metadata")),
        document=source.document,
        form=source.form,
        bundle=_bundle(source),
        content_hash=content_hash(source.document),
        search_text=search_text(name, definition),
        capabilities=[
            _capability_row(position, capability_name, mapping(capability))
            for position, (capability_name, capability) in enumerate(mapping(definition.get("capabilities")).items())
            if len(capability_name) <= 100
        ],
    )


def _bundle(source: SourceTool) -> dict[str, Any] | None:
    """Where in a document of many tools this one stood, so that an export can put it there again."""
    if source.bundle is None:
        return None
    is_list = bool(source.path) and isinstance(source.path[-1], int)
    return {"wrapper": source.bundle.wrapper, "position": source.bundle.position, "is_list": is_list}


def _capability_row(position: int, name: str, capability: Mapping[str, Any]) -> ToolCapability:
    return ToolCapability(
        capability_name=name,
        description=text(capability.get("description")),
        position=position,
        patterns=[
            _pattern_row(place, pattern_name, mapping(pattern))
            for place, (pattern_name, pattern) in enumerate(mapping(capability.get("patterns")).items())
            if len(pattern_name) <= 100
        ],
    )


def _pattern_row(position: int, name: str, pattern: Mapping[str, Any]) -> ToolPattern:
    return ToolPattern(
        pattern_name=name,
        position=position,
        description=text(pattern.get("description")),
        typical_use_cases=listing(pattern.get("typical_use_cases")),
        time_estimate_ms=_estimate(pattern.get("time_estimate_ms")),
        cost_estimate=_estimate(pattern.get("cost_estimate")),
        complexity_score=_score(pattern.get("complexity_score")),
        scope=text(pattern.get("scope"))[:100] or None,
        completeness=text(pattern.get("completeness"))[:100] or None,
        limitations=listing(pattern.get("limitations")),
        policy=mapping(pattern.get("policy")),
        preference_match=mapping(pattern.get("preference_match")),
        required_inputs=listing(pattern.get("required_inputs")),
        optional_inputs=listing(pattern.get("optional_inputs")),
        expected_outputs=listing(pattern.get("expected_outputs")),
        examples=listing(pattern.get("examples")),
        extra=unknown_keys(pattern, Pattern),
    )


def unknown_keys(
    part: Mapping[str, Any], model: type[ToolDefinition] | type[Capability] | type[Pattern]
) -> dict[str, Any]:
    """What a part of a definition holds beyond the keys its schema names."""
    return {key: value for key, value in part.items() if key not in model.model_fields}


def definition_of(row: Any) -> Definition:
    """The canonical map form of a row's document."""
    if row.form == "map":
        document: Definition = row.document
        return document
    return source_tool(
        {"tool_name": row.tool_name, **row.document} if row.form == "bundle" else row.document
    ).definition


def whole_tool(row: Any) -> Definition:
    """Show a row as the whole tool: its definition, and what the server says about it.

    Args:
        row: a `Tool`, or a result row with its columns.
    """
    definition = definition_of(row)
    server = {
        "id": row.id,
        "status": row.status,
        "enabled": row.enabled,
        "is_latest": row.is_latest,
        "revision": row.revision,
        "owner": row.owner,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "created_by": row.created_by,
        "updated_by": row.updated_by,
    }
    return {"tool_name": row.tool_name, "version": row.version, **_without_names(definition), **server}


def _without_names(definition: Definition) -> Definition:
    return {key: value for key, value in definition.items() if key not in {"tool_name", "version"}}


def tool_json(row: Any) -> bytes:
    """The whole tool as JSON."""
    return orjson.dumps(whole_tool(row))


def content_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def tags_of(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags of a definition, each once, in the author's order."""
    tags = listing(mapping(definition.get("metadata")).get("tags"))
    return tuple(dict.fromkeys(tag for tag in tags if isinstance(tag, str)))


def patterns_of(definition: Mapping[str, Any]) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
    """Every (capability name, pattern name, pattern) of a definition."""
    for capability_name, capability in mapping(definition.get("capabilities")).items():
        for pattern_name, pattern in mapping(mapping(capability).get("patterns")).items():
            yield capability_name, pattern_name, mapping(pattern)


def search_text(name: str, definition: Mapping[str, Any]) -> dict[str, str]:
    """What full text search finds a tool by, by weight from A (its name) to D (its descriptions)."""
    capabilities = mapping(definition.get("capabilities"))
    patterns = list(patterns_of(definition))
    described = [definition, *(mapping(c) for c in capabilities.values()), *(pattern for *_, pattern in patterns)]
    use_cases = [case for *_, pattern in patterns for case in listing(pattern.get("typical_use_cases"))]
    return {
        "A": words_of(name),
        "B": " ".join(map(words_of, [*capabilities, *(pattern for _, pattern, _ in patterns), *tags_of(definition)])),
        "C": " ".join(case for case in use_cases if isinstance(case, str)),
        "D": " ".join(text(part.get("description")) for part in described),
    }


def words_of(name: str) -> str:
    """A name, and the words in it: `Get-CimInstance` → `Get-CimInstance Get Cim Instance`."""
    apart = re.sub(r"[._\-]+|(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return f"{name} {apart}"


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def word(value: object, known: Iterable[str]) -> str | None:
    return value if isinstance(value, str) and value in known else None


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _estimate(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value) if len(str(value)) <= 500 else None


def _score(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value <= 1 else None
