"""The page of reloads."""

from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.answers import Parameters
from app.extensions import csrf
from app.reload import history, processes
from app.reload.history import BOUNDS_MS, HistoryQuery
from app.reload.schemas import TRIGGERS, TriggerWord
from app.reload.service import hot_reload
from app.web import current_actor, page_or_fragment, read_query

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

SHOWN = 100


class PageQuery(Parameters):
    """Which reload events the table shows."""

    trigger: TriggerWord | None = None
    tool: str | None = Field(None, max_length=100)
    process: str | None = Field(None, max_length=32)
    success: bool | None = None
    request: int | None = Field(None, description="only those that answer one “Reload all”")


@pages.get("/reloads")
def index() -> ResponseReturnValue:
    """How processes kept up with the catalog."""
    query = read_query(PageQuery)
    wanted = HistoryQuery(query.trigger, query.tool, query.process, query.success, query.request, limit=SHOWN)
    statistics = hot_reload().get_statistics(query.process)
    return page_or_fragment(
        "reload/index.html",
        "reload/_results.html",
        events=hot_reload().get_reload_history(wanted),
        total=history.count(wanted),
        statistics=statistics,
        bars=bars(statistics.histogram),
        spread=processes.spread(),
        triggers=TRIGGERS,
        query=query.model_dump(),
        shown=SHOWN,
    )


@pages.post("/reloads")
def reload() -> ResponseReturnValue:
    """Reload everything in every process, and show how it spreads."""
    event = hot_reload().trigger_reload_everywhere(None, "manual", current_actor().name)
    return redirect(url_for(".index", request=event.request), 303)


def bars(histogram: tuple[int, ...]) -> list[dict[str, Any]]:
    """The histogram as its bars: what each counts, in words, how many, and its share of the highest."""
    highest = max((*histogram, 1))
    labels = [f"≤ {bound}" for bound in BOUNDS_MS] + [f"> {BOUNDS_MS[-1]}"]
    return [
        {"label": label, "count": number, "share": number / highest}
        for label, number in zip(labels, histogram, strict=True)
    ]
