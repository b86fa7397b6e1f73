"""The pages of the catalog: the list of tools, and the frame of them all. A tool's own page is in `tool_pages.py`."""

from typing import Any

from flask import Blueprint, g, redirect, url_for
from flask.typing import ResponseReturnValue

from app.catalog.lists import list_tools
from app.catalog.live import snapshot
from app.catalog.schemas import ListQuery
from app.catalog.snapshot import Query
from app.errors import Unavailable
from app.extensions import csrf
from app.permissions import Permission, requires
from app.web import page_or_fragment, read_query

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

# The tabs above the list: their label, the filters they stand for, and the figure that counts them.
VIEWS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("All", {}, "total"),
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
    query = read_query(ListQuery)
    current = snapshot()
    found = list_tools(current, Query(**query.model_dump(exclude={"q"})), query.q)
    page, figures = found.listing, current.figures()
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
        },
        figures=figures,
        tabs=_tabs(figures, query),
    )


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


def _tabs(figures: dict[str, int], query: ListQuery) -> list[tuple[str, int, str, bool]]:
    """The views above the list: label, count, address, and whether it is the one shown."""
    now = {key: value for key, value in (("status", query.status), ("enabled", query.enabled)) if value is not None}
    return [(label, figures[figure], url_for(".index", **filters), filters == now) for label, filters, figure in VIEWS]
