"""The page of the audit log, and the tab of a tool's page with the entries of that tool."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.answers import Parameters
from app.audit import log
from app.audit.log import AuditQuery, Entry
from app.audit.schemas import LARGEST_NUMBER, Filters
from app.catalog import done, history
from app.catalog.toolpage import heading
from app.catalog.versions import latest_of
from app.extensions import csrf
from app.permissions import Permission, may, requires
from app.web import current_actor, page_or_fragment, read_query

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

SHOWN = 50


class OfToolQuery(Parameters):
    """Which entries of one tool: those older than an entry."""

    before: int | None = Field(None, ge=1, le=LARGEST_NUMBER)


class PageQuery(Filters):
    """Which entries the table shows."""

    before: int | None = Field(None, ge=1, le=LARGEST_NUMBER)


@pages.get("/audit")
@requires(Permission.READ)
def index() -> ResponseReturnValue:
    """Who changed what, newest first; every filter is in the address."""
    asked = read_query(PageQuery)
    is_trusted = may(current_actor(), Permission.MANAGE_ACCOUNTS)
    query = AuditQuery(**asked.model_dump(), limit=SHOWN, tells_of_people=is_trusted)
    found = log.entries(query)
    filters = asked.model_dump(exclude={"before"}, exclude_none=True, mode="json")
    return page_or_fragment(
        "audit/index.html",
        "audit/_results.html",
        entries=found,
        total=log.count(query),
        choices={name: log.counts(name, query) for name in ("action", "who", "source")},
        query=asked.model_dump(mode="json"),
        filters=filters,
        older=_older(found, filters),
    )


@pages.get("/tools/<name>/audit")
@requires(Permission.READ)
def of_tool(name: str) -> ResponseReturnValue:
    """Who changed one tool, as a tab of its page."""
    before = read_query(OfToolQuery).before
    versions = history.versions(name)
    actor, latest = current_actor(), latest_of(versions)
    is_trusted = may(actor, Permission.MANAGE_ACCOUNTS)
    query = AuditQuery(tool=latest.tool_name, before=before, limit=SHOWN, tells_of_people=is_trusted)
    found = log.entries(query)
    return render_template(
        "audit/of_tool.html",
        heading=heading(versions, latest, actor),
        entries=found,
        total=log.count(query),
        before=before,
        older=found[-1].number if len(found) == SHOWN else None,
        done=done.told(),
    )


def _older(found: list[Entry], filters: dict[str, Any]) -> str | None:
    if len(found) < SHOWN:
        return None
    return url_for(".index", **filters, before=found[-1].number)
