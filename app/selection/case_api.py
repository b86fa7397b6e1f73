"""The JSON face of saved cases and of impact."""

from typing import Any

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from app.answers import NoParameters
from app.catalog.idempotency import Answer
from app.catalog.repeats import answer_once
from app.catalog.schemas import DefinitionOrPatch, RepeatHeaders
from app.definitions.documents import UnreadableDocument
from app.errors import BadRequest
from app.openapi import documented
from app.permissions import Permission, requires
from app.selection import cases
from app.selection.case_schemas import CaseIn, CaseOut, CaseRest, CasesOut, ImpactOut, ImpactQuery
from app.selection.cases import CaseContent, Checked, usable_expected
from app.selection.impact import impact, promoted, proposed
from app.selection.live_index import indexed
from app.selection.models import SelectionCase
from app.selection.request_text import InvalidRequest, read_request
from app.web import checked, current_actor, dumps, json_response, read_body, read_query, sent_document

api = Blueprint("case_api", __name__, url_prefix="/api/v1")


@api.get("/select/cases")
@documented((200, CasesOut), refuses=(400, 503))
@requires(Permission.READ)
def index() -> ResponseReturnValue:
    """List every saved case, and whether it holds now."""
    read_query(NoParameters)
    now = indexed()
    found = cases.check_all(now.index)
    broken = sum(not one.verdict.holds for one in found)
    counts = {"revision": now.revision, "total": len(found), "broken": broken}
    return json_response(dumps({**counts, "cases": [_told(one) for one in found]}))


@api.post("/select/cases")
@documented((201, CaseOut), headers=RepeatHeaders, body=CaseIn, refuses=(400, 409, 415, 422, 503))
@requires(Permission.CREATE)
def create() -> ResponseReturnValue:
    """Save a case: a request with the choice that is expected of it."""
    read_query(NoParameters)
    content, reason = _sent()

    def act() -> Answer:
        case = cases.save(content, actor=current_actor(reason))
        return Answer(201, {"Location": url_for(".show", name=case.name)}, dumps(_checked(case)))

    return answer_once(act)


@api.get("/select/cases/<name>")
@documented((200, CaseOut), refuses=(400, 404, 503))
@requires(Permission.READ)
def show(name: str) -> ResponseReturnValue:
    """Read a saved case, and whether it holds now."""
    read_query(NoParameters)
    return json_response(dumps(_checked(cases.case_named(name))))


@api.put("/select/cases/<name>")
@documented((200, CaseOut), body=CaseIn, refuses=(400, 404, 409, 415, 503))
@requires(Permission.CREATE)
def update(name: str) -> ResponseReturnValue:
    """Change a saved case; another name in the body renames it."""
    read_query(NoParameters)
    content, reason = _sent()
    return json_response(dumps(_checked(cases.change(name, content, actor=current_actor(reason)))))


@api.delete("/select/cases/<name>")
@documented((204, None), refuses=(400, 404, 503))
@requires(Permission.CREATE)
def delete(name: str) -> ResponseReturnValue:
    """Remove a saved case. The audit log keeps what it was."""
    read_query(NoParameters)
    cases.delete(name, actor=current_actor())
    return Response(status=204)


@api.post("/tools/<name>/impact")
@documented((200, ImpactOut), query=ImpactQuery, body=DefinitionOrPatch, refuses=(400, 404, 415, 422, 503))
@requires(Permission.READ)
def preview(name: str) -> ResponseReturnValue:
    """Preview what orchestrators would choose differently, were this published, or a version promoted.

    The body is as for PUT: a whole definition, or one that is merged into the latest. Nothing is changed.
    """
    version = read_query(ImpactQuery).version
    definition = promoted(name, version) if version is not None else proposed(name, sent_document())
    return json_response(dumps(impact(definition, str(definition["tool_name"])).as_json()))


def _sent() -> tuple[CaseContent, str | None]:
    """The case in the body, and why it is saved.

    Raises:
        BadRequest: it holds something unknown or out of bounds.
    """
    try:
        body = read_body().data
    except UnreadableDocument as unreadable:
        raise BadRequest(unreadable.findings[0].message) from unreadable
    rest = checked(CaseRest, {key: value for key, value in body.items() if key != "request"})
    try:
        request = read_request(body.get("request"))
    except InvalidRequest as invalid:
        errors = [{"path": f"/request{place}", "message": told} for place, told in invalid.errors[:20]]
        raise BadRequest(f"request: {invalid}", errors=errors) from None
    expected = usable_expected(rest.expected.tool_name, rest.expected.pattern_name)
    return CaseContent(rest.name, request, expected, rest.must_hold, rest.note), rest.reason


def _checked(case: SelectionCase) -> dict[str, Any]:
    return _told(Checked(case, cases.check(case, indexed().index)))


def _told(one: Checked) -> dict[str, Any]:
    case = one.case
    return {
        "name": case.name,
        "request": case.request,
        "expected": {"tool_name": case.tool_name, "pattern_name": case.pattern_name},
        "must_hold": case.must_hold,
        "note": case.note,
        "holds": one.verdict.holds,
        "first": one.verdict.first,
        "sentence": one.verdict.sentence,
        "created_by": case.created_by,
        "created_at": case.created_at,
        "updated_by": case.updated_by,
        "updated_at": case.updated_at,
    }
