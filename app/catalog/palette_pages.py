"""The palette: one field that finds everything. Over any page with script, a page of its own without."""

from flask.typing import ResponseReturnValue
from pydantic import Field

from app.answers import Parameters
from app.catalog.live import snapshot
from app.catalog.pages import pages
from app.catalog.palette import find
from app.permissions import Permission, requires
from app.web import current_actor, page_or_fragment, read_query


class PaletteQuery(Parameters):
    """What to find."""

    q: str = Field("", max_length=100)
    recent: str = Field("", max_length=1_000, description="names of tools looked at last, newest first, with commas")


@pages.get("/palette")
@requires(Permission.READ)
def palette() -> ResponseReturnValue:
    """Find tools, capabilities, pages and acts."""
    query = read_query(PaletteQuery)
    groups = find(snapshot(), query.q, current_actor(), query.recent.split(","))
    count = sum(len(group.entries) for group in groups)
    return page_or_fragment("catalog/palette.html", "catalog/_palette.html", groups=groups, count=count, words=query.q)
