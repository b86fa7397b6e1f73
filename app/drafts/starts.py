"""What a new tool can begin with: nothing, a template, another tool, or what somebody pastes."""

from typing import Any

from app.actor import Actor
from app.catalog.checks import current_definition
from app.catalog.live import snapshot
from app.catalog.mapping import LIFECYCLE_KEYS
from app.catalog.versions import known_versions, latest_of
from app.definitions.documents import UnreadableDocument
from app.definitions.tool_templates import template_document
from app.drafts.models import Draft
from app.drafts.nodes import free_name
from app.drafts.service import begin, of_text

BLANK: dict[str, Any] = {
    "tool_name": "",
    "description": "",
    "platform": "linux",
    "category": "system",
    "capabilities": {},
}


def from_blank(actor: Actor, name: str = "", description: str = "") -> Draft:
    """A new tool with nothing said but these."""
    return begin(actor, {**BLANK, "tool_name": name, "description": description})


def from_template(actor: Actor, template: str, name: str = "", description: str = "") -> Draft:
    """A new tool like others of its kind.

    Raises:
        NotFound: there is no such template.
    """
    document = template_document(template)
    own = {key: value for key, value in (("tool_name", name), ("description", description)) if value}
    return begin(actor, {**document, "tool_name": "", **own}, what=f"Begun from the template {template}")


def from_tool(actor: Actor, original: str, name: str = "") -> Draft:
    """A new tool like one that exists.

    Raises:
        NotFound: there is no such tool.
    """
    latest = latest_of(known_versions(original))
    document = {
        key: value for key, value in current_definition(latest).items() if key not in {*LIFECYCLE_KEYS, "version"}
    }
    taken = {one.lower(): one for one in snapshot().names}
    copy = name or free_name(f"{latest.tool_name}_copy".lower(), taken)
    return begin(actor, {**document, "tool_name": copy}, what=f"Begun as a copy of {latest.tool_name}")


def from_text(actor: Actor, text: str) -> Draft:
    """A new tool from a definition as text, YAML or JSON; one that cannot be read is kept to be mended as text."""
    try:
        document = of_text(text)
    except UnreadableDocument:
        document = dict(BLANK)
    return begin(actor, document, text=text, what="Begun from a text")
