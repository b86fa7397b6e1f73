"""What a new tool can begin with: nothing, a template, another tool, or what somebody pastes."""

from collections.abc import Mapping
from typing import Any

from app.actor import Actor
from app.catalog.checks import current_definition
from app.catalog.live import snapshot
from app.catalog.mapping import LIFECYCLE_KEYS
from app.catalog.versions import known_versions, latest_of
from app.definitions.documents import UnreadableDocument
from app.definitions.tool_templates import tool_template
from app.drafts.models import Draft
from app.drafts.nodes import free_name
from app.drafts.service import begin, of_text
from app.errors import NotFound

NOTHING: Mapping[str, Any] = {"tool_name": "", "description": "", "capabilities": {}}


def from_template(actor: Actor, template: str, name: str = "", description: str = "") -> Draft:
    """A new tool like others of its kind.

    Raises:
        NotFound: there is no such template.
    """
    found = tool_template(template)
    if found is None:
        raise NotFound(f"There is no template “{template}”.")
    own = {"tool_name": name, "description": description}
    kept = {key: value for key, value in found.document.items() if key != "version"}
    return begin(actor, {**kept, **own}, what=f"Begun from the template {found.title}")


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
        document = dict(NOTHING)
    return begin(actor, document, text=text, what="Begun from a text")
