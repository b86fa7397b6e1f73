"""The pages of the catalog: the list of tools and a tool's page."""

from typing import Any, Literal

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.catalog import changes, history
from app.catalog.bulk import MOST_TOOLS
from app.catalog.list_query import COLUMNS, PAGE_SIZES, USUAL_COLUMNS, ToolsQuery
from app.catalog.lists import facet_values, list_tools
from app.catalog.live import snapshot
from app.catalog.models import Tool as ToolRow
from app.catalog.owners import owner_names
from app.catalog.schemas import VersionQuery
from app.catalog.toolpage import tool_page
from app.catalog.versions import latest_of
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


class PageQuery(VersionQuery):
    """Which version of a tool to show, and which of its tabs."""

    tab: Literal["overview", "capabilities", "versions"] = "overview"


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


@pages.get("/tools/<name>")
@requires(Permission.READ)
def show(name: str) -> ResponseReturnValue:
    """One version of a tool: what it is, what it can do, and its other versions."""
    query = read_query(PageQuery)
    versions = history.versions(name)
    reasons = history.reasons(versions)
    may_edit = may(current_actor(), Permission.EDIT, latest_of(versions))
    return render_template(
        "catalog/show.html",
        tool=tool_page(history.one_of(versions, query.version)),
        versions=[_version(tool, reasons.get(tool.id)) for tool in versions],
        tab=query.tab,
        may_edit=may_edit,
        owners=sorted(owner_names(), key=str.lower) if may_edit else [],
    )


@pages.post("/tools/<name>/owner")
@requires(Permission.EDIT)
def hand_over(name: str) -> ResponseReturnValue:
    """Hand a tool over to a person or a team."""
    owner = request.form.get("owner") or None
    tool = changes.set_owner(name, owner, actor=current_actor())
    flash(f"{tool.tool_name} belongs to {tool.owner or 'administrators only'} now.")
    return redirect(url_for(".show", name=tool.tool_name), 303)


@pages.app_context_processor
def frame() -> dict[str, Any]:
    """What every page's frame shows to those who are signed in; nothing while there is no snapshot, so that the error
    page still works."""
    if g.get("actor") is None:
        return {}
    try:
        current = snapshot()
    except Unavailable:
        return {"nav": {"tools": 0}, "revision": 0}
    return {"nav": {"tools": len(current)}, "revision": current.revision}


def _tabs(figures: dict[str, int], query: ToolsQuery) -> list[tuple[str, int, str, bool]]:
    """The views above the list: label, count, address, and whether it is the one shown."""
    shown = {"mine": query.mine or None, "status": query.status, "enabled": query.enabled}
    now = {key: value for key, value in shown.items() if value is not None}
    # How a list is shown stays from one view to the next.
    kept = {"sort": query.sort, "columns": query.columns, "page_size": query.page_size}

    def address(filters: dict[str, Any]) -> str:
        return url_for(".index", **ToolsQuery(**filters, **kept).address())

    return [(label, figures[figure], address(filters), filters == now) for label, filters, figure in VIEWS]


def _version(tool: ToolRow, reason: str | None) -> dict[str, Any]:
    return {
        "version": tool.version,
        "is_latest": tool.is_latest,
        "status": tool.status,
        "enabled": tool.enabled,
        "created_at": tool.created_at,
        "created_by": tool.created_by,
        "reason": reason,
        "url": url_for(".show", name=tool.tool_name, version=tool.version),
    }
