"""The pages of capabilities: all of them, and every way to do one thing side by side."""

from typing import Literal

from flask.typing import ResponseReturnValue
from pydantic import Field

from app.answers import Parameters
from app.catalog.capabilities import compare_tools, list_capabilities
from app.catalog.live import snapshot
from app.catalog.pages import pages
from app.catalog.schemas import PlatformWord
from app.permissions import Permission, requires
from app.web import page_or_fragment, read_query


class CapabilitiesQuery(Parameters):
    """Which capabilities to show, in which order."""

    q: str = Field("", max_length=200)
    platform: PlatformWord | None = None
    sort: Literal["name", "tools"] = "name"
    page: int = Field(1, ge=1, le=100_000)


class CapabilityPageQuery(Parameters):
    """Whose ways to show."""

    platform: PlatformWord | None = None


@pages.get("/capabilities")
@requires(Permission.READ)
def capabilities() -> ResponseReturnValue:
    """What can be done with the tools of the catalog."""
    query = read_query(CapabilitiesQuery)
    found = list_capabilities(snapshot(), query.q, query.platform, query.sort, query.page)
    return page_or_fragment(
        "capabilities/index.html", "capabilities/_results.html", found=found, query=query.model_dump()
    )


@pages.get("/capabilities/<path:capability>")
@requires(Permission.READ)
def capability(capability: str) -> ResponseReturnValue:
    """Every way to do one thing: the tools that can, and what each takes."""
    query = read_query(CapabilityPageQuery)
    found = compare_tools(snapshot(), capability, query.platform)
    return page_or_fragment("capabilities/show.html", "capabilities/_ways.html", found=found, query=query.model_dump())
