"""The pages of the catalog: the list of tools, and the frame of them all. A tool's own page is in `tool_pages.py`."""

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.catalog.bulk import MOST_TOOLS
from app.catalog.list_query import COLUMNS, PAGE_SIZES, USUAL_COLUMNS, ToolsQuery
from app.catalog.lists import facet_values, list_tools
from app.catalog.live import snapshot
from app.errors import Unavailable
from app.extensions import csrf
from app.permissions import Permission, may, requires
from app.web import current_actor, page_or_fragment, read_query

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

# The tabs above the list: their label, the filters they stand for, and the figure that counts them.
VIEWS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("All", {}, "total"),
    ("Mine", {"mine": True}, "mine"),
    ("Drafts", {"status": "draft"}, "drafts"),
    ("Disabled", {"enabled": False}, "disabled"),
    ("Deprecated", {"status": "deprecated"}, "deprecated"),
)


@pages.get("/")
@requires(Permission.READ)
def home() -> ResponseReturnValue:
    """The catalog begins with its tools."""
    return redirect(url_for(".index"))


@pages.get("/tools")
@requires(Permission.READ)
def index() -> ResponseReturnValue:
    """The list of tools; every filter is in the address."""
    query, actor = read_query(ToolsQuery), current_actor()
    current = snapshot()
    found = list_tools(current, query.filters(actor), query.q)
    page = found.listing
    figures = {**current.figures(), "mine": len(current.owned_by(actor.owner_names))}
    return page_or_fragment(
        "catalog/index.html",
        "catalog/_results.html",
        listing={
            "tools": page.tools,
            "total": page.total,
            "page": page.page,
            "page_size": page.page_size,
            "pages": page.pages,
            "facets": page.facets,
            "query": query.model_dump(),
            "suggestions": found.suggestions,
            "columns": query.shown_columns,
        },
        figures=figures,
        tabs=_tabs(figures, query),
        all_columns=COLUMNS,
        usual_columns=USUAL_COLUMNS,
        page_sizes=PAGE_SIZES,
        most_selected=MOST_TOOLS,
        may_change=may(actor, Permission.EDIT),
        may_create=may(actor, Permission.CREATE),
    )


class FacetQuery(ToolsQuery):
    """Which values of a facet to offer, beside the filters of the list."""

    contains: str | None = Field(None, max_length=200)


@pages.get("/tools/facets/<facet>")
@requires(Permission.READ)
def facet(facet: str) -> ResponseReturnValue:
    """The values of a facet that contain what was typed; for the list only, which is where others are sent."""
    asked = read_query(FacetQuery)
    query = ToolsQuery(**asked.model_dump(exclude={"contains"}))
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".index", **query.address()))
    values = facet_values(snapshot(), query.filters(current_actor()), facet, asked.contains or "", query.q)
    listing = {"query": query.model_dump()}
    return Response(render_template("catalog/_facet_values.html", facet=facet, values=values, listing=listing))


@pages.app_context_processor
def frame() -> dict[str, Any]:
    """What every page's frame shows to those who are signed in; nothing while there is no snapshot, so that the error
    page still works."""
    if g.get("actor") is None:
        return {}
    try:
        current = snapshot()
    except Unavailable:
        return {"nav": {"tools": 0, "capabilities": 0}, "revision": 0, "may_create": False}
    counts = {"tools": len(current), "capabilities": len(current.values("capability"))}
    return {"nav": counts, "revision": current.revision, "may_create": may(g.actor, Permission.CREATE)}


def _tabs(figures: dict[str, int], query: ToolsQuery) -> list[tuple[str, int, str, bool]]:
    """The views above the list: label, count, address, and whether it is the one shown."""
    shown = {"mine": query.mine or None, "status": query.status, "enabled": query.enabled}
    now = {key: value for key, value in shown.items() if value is not None}
    # How a list is shown stays from one view to the next.
    kept = {"sort": query.sort, "columns": query.columns, "page_size": query.page_size}

    def address(filters: dict[str, Any]) -> str:
        return url_for(".index", **ToolsQuery(**filters, **kept).address())

    return [(label, figures[figure], address(filters), filters == now) for label, filters, figure in VIEWS]
