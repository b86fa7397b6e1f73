"""The JSON face of the audit log, at /api/v1/audit."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.audit.log import AuditQuery, Entry, all_entries, count, csv_lines, entries, json_lines
from app.audit.schemas import EntriesOut, EntriesQuery
from app.openapi import documented
from app.permissions import Permission, may, requires
from app.web import current_actor, dumps, json_response, read_query

api = Blueprint("api", __name__, url_prefix="/api/v1")

JSON_LINES, CSV = "application/jsonl", "text/csv"
CSV_TYPE = f"{CSV}; charset=utf-8; header=present"


@api.get("/audit")
@documented((200, EntriesOut), query=EntriesQuery, refuses=(400, 503), text=(JSON_LINES, CSV))
@requires(Permission.READ)
def index() -> ResponseReturnValue:
    """List who changed what, newest first; as JSON Lines or CSV, all of it in one answer.

    Entries about accounts, and the addresses of people, are for administrators.
    """
    asked = read_query(EntriesQuery)
    is_trusted = may(current_actor(), Permission.MANAGE_ACCOUNTS)
    query = AuditQuery(**asked.model_dump(exclude={"format"}), tells_of_people=is_trusted)
    if asked.format == "jsonl":
        return _file(Response(json_lines(all_entries(query)), content_type=JSON_LINES), "jsonl")
    if asked.format == "csv":
        return _file(Response(csv_lines(all_entries(query)), content_type=CSV_TYPE), "csv")
    found = entries(query)
    return json_response(dumps({"entries": found, "total": count(query), "next": _next(found, asked.limit)}))


def _file(response: Response, ending: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="audit.{ending}"'
    return response


def _next(found: list[Entry], limit: int) -> str | None:
    if len(found) < limit:
        return None
    return f"{request.path}?{urlencode({**request.args, 'before': found[-1].number})}"
