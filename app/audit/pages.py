"""The page of the audit log."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.audit import log
from app.audit.log import AuditQuery, Entry
from app.audit.schemas import LARGEST_NUMBER, Filters
from app.extensions import csrf
from app.permissions import Permission, may, requires
from app.web import current_actor, page_or_fragment, read_query

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

SHOWN = 50


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


def _older(found: list[Entry], filters: dict[str, Any]) -> str | None:
    if len(found) < SHOWN:
        return None
    return url_for(".index", **filters, before=found[-1].number)
