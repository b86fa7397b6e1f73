"""What a tool's page shows, taken from a stored version: lenient, since a draft may lack anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.actor import Actor
from app.answers import etag_of
from app.catalog.checks import check, current_definition, stored_source
from app.catalog.exports import exported_document
from app.catalog.mapping import listing, mapping, tags_of, text, tool_json, unknown_keys
from app.catalog.models import Tool
from app.catalog.versions import latest_of
from app.definitions.curves import curve
from app.definitions.documents import write_yaml
from app.definitions.findings import Finding
from app.definitions.model import Pattern, ToolDefinition
from app.definitions.vocabulary import VARIABLES
from app.permissions import Permission, why_not

SHOWN_ELSEWHERE = {"status", "enabled", "owner"}


@dataclass(frozen=True, slots=True)
class ToolPage:
    """One version of a tool, ready to be drawn."""

    name: str
    version: str
    description: str
    platform: str | None
    category: str | None
    status: str
    enabled: bool
    owner: str | None
    is_latest: bool
    revision: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    execution_location: str | None
    tags: tuple[str, ...]
    documentation_url: str
    defaults: dict[str, Any]
    dependencies: list[Any]
    examples: list[Any]
    capabilities: list[dict[str, Any]]
    unknown: dict[str, Any]
    findings: list[Finding]
    yaml: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above every tab of a tool's page: which version is shown, and what one may do to the tool.

    Attributes:
        latest_status, enabled, owner: of the latest version, which is the one that acts change.
        based_on: the entity tag of the latest: what an act on this page is based on.
        move: what making this version the latest would be: publish, roll back or promote; empty when it is the latest.
        why_no_edit, why_no_create: why who looks may not; None when they may.
    """

    name: str
    version: str
    description: str
    platform: str | None
    status: str
    is_latest: bool
    latest: str
    latest_status: str
    enabled: bool
    owner: str | None
    capability_count: int
    version_count: int
    based_on: str
    move: str
    why_no_edit: str | None
    why_no_create: str | None


def heading(versions: Sequence[Tool], shown: Tool, actor: Actor) -> Heading:
    """The heading of a version's page, for who looks at it."""
    latest = latest_of(versions)
    return Heading(
        name=shown.tool_name,
        version=shown.version,
        description=shown.description,
        platform=shown.platform,
        status=shown.status,
        is_latest=shown.is_latest,
        latest=latest.version,
        latest_status=latest.status,
        enabled=latest.enabled,
        owner=latest.owner,
        capability_count=len(mapping(current_definition(shown).get("capabilities"))),
        version_count=len(versions),
        based_on=basis(latest),
        move=move_of(shown, latest),
        why_no_edit=why_not(actor, Permission.EDIT, latest),
        why_no_create=why_not(actor, Permission.CREATE),
    )


def basis(latest: Tool) -> str:
    """What a change that is made now is based on."""
    return etag_of(tool_json(latest))


def move_of(tool: Tool, latest: Tool) -> str:
    """What it is to make a version the latest: to publish a draft, to roll back, or to go forward again."""
    if tool.status == "draft":
        return "publish"
    if tool is latest:
        return ""
    return "roll back" if tool.id < latest.id else "promote"


def tool_page(tool: Tool) -> ToolPage:
    """Read a stored version for its page, with what validation says of it."""
    definition = current_definition(tool)
    unknown = unknown_keys(definition, ToolDefinition)
    return ToolPage(
        name=tool.tool_name,
        version=tool.version,
        description=tool.description,
        platform=tool.platform,
        category=tool.category,
        status=tool.status,
        enabled=tool.enabled,
        owner=tool.owner,
        is_latest=tool.is_latest,
        revision=tool.revision,
        created_at=tool.created_at,
        created_by=tool.created_by,
        updated_at=tool.updated_at,
        updated_by=tool.updated_by,
        execution_location=tool.execution_location,
        tags=tags_of(definition),
        documentation_url=_web_address(mapping(definition.get("metadata")).get("documentation_url")),
        defaults=mapping(definition.get("defaults")),
        dependencies=[entry for entry in listing(definition.get("dependencies")) if isinstance(entry, dict)],
        examples=[entry for entry in listing(definition.get("examples")) if isinstance(entry, dict)],
        capabilities=[
            _capability(name, mapping(part)) for name, part in mapping(definition.get("capabilities")).items()
        ],
        unknown={key: value for key, value in unknown.items() if key not in SHOWN_ELSEWHERE},
        findings=check(stored_source(tool), None),
        yaml=write_yaml(exported_document(tool)),
    )


def _web_address(value: object) -> str:
    """An address safe to link to; anything but http and https is shown nowhere."""
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else ""


def _capability(name: str, capability: Mapping[str, Any]) -> dict[str, Any]:
    patterns = mapping(capability.get("patterns"))
    return {
        "name": name,
        "description": text(capability.get("description")),
        "patterns": [_pattern(pattern_name, mapping(pattern)) for pattern_name, pattern in patterns.items()],
    }


def _pattern(name: str, pattern: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "description": text(pattern.get("description")),
        "use_cases": listing(pattern.get("typical_use_cases")),
        "time_estimate": pattern.get("time_estimate_ms"),
        "time_samples": time_samples(pattern.get("time_estimate_ms")),
        "cost_estimate": pattern.get("cost_estimate"),
        "complexity": pattern.get("complexity_score"),
        "scope": pattern.get("scope"),
        "completeness": pattern.get("completeness"),
        "limitations": listing(pattern.get("limitations")),
        "policy": mapping(pattern.get("policy")),
        "preferences": list(mapping(pattern.get("preference_match")).items()),
        "required_inputs": [entry for entry in listing(pattern.get("required_inputs")) if isinstance(entry, dict)],
        "optional_inputs": [entry for entry in listing(pattern.get("optional_inputs")) if isinstance(entry, dict)],
        "expected_outputs": [entry for entry in listing(pattern.get("expected_outputs")) if isinstance(entry, dict)],
        "examples": [entry for entry in listing(pattern.get("examples")) if isinstance(entry, dict)],
        "unknown": unknown_keys(pattern, Pattern),
    }


def time_samples(estimate: object) -> list[tuple[str, str]]:
    """What an estimate in milliseconds comes to, at the least, usual and most of the variable it depends on.

    Empty when it cannot be evaluated, or depends on a variable the vocabulary does not know.
    """
    drawn = curve(str(estimate), VARIABLES)
    return [(sample.where, sample.words) for sample in drawn.samples] if drawn else []
