"""The JSON face of the catalog, at /api/v1."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from app.answers import NoParameters, etag_of
from app.catalog import changes, export_formats, exports, history, imports
from app.catalog.checks import check, one_tool_in
from app.catalog.idempotency import Answer
from app.catalog.lists import Found, latest_tool, list_tools, tools_with
from app.catalog.live import snapshot
from app.catalog.mapping import tool_json
from app.catalog.models import Tool as ToolRow
from app.catalog.repeats import answer_once, response_of
from app.catalog.schemas import (
    BasisHeaders,
    CapabilityList,
    CapabilityQuery,
    CapabilityTools,
    CategoryQuery,
    Definition,
    DefinitionOrPatch,
    DiffOut,
    DiffQuery,
    ExportOptions,
    ExportOut,
    ExportQuery,
    FindingsOut,
    ImportBody,
    ImportQuery,
    ImportReport,
    ListQuery,
    LookupQuery,
    PlatformQuery,
    Reason,
    RepeatHeaders,
    SearchQuery,
    SearchResults,
    ToolList,
    ToolOut,
    VersionList,
    VersionQuery,
    known,
)
from app.catalog.snapshot import Query, Tool
from app.catalog.sources import BULK_LIMITS, archive_sources, body_sources, upload_sources
from app.definitions.documents import Document, UnreadableDocument, write_yaml
from app.definitions.findings import Finding, has_errors
from app.definitions.model import ToolDefinition
from app.definitions.vocabulary import CATEGORIES, PLATFORMS, closest
from app.errors import BadRequest, InvalidDefinition
from app.openapi import documented
from app.permissions import Permission, requires
from app.web import (
    OF_EVERY_CHANGE,
    checked,
    conditional,
    current_actor,
    dumps,
    if_match,
    json_response,
    read_body,
    read_options,
    read_query,
    sent_document,
    uploads,
)

api = Blueprint("api", __name__, url_prefix="/api/v1")

EXPORTED = ("application/yaml", "application/zip", "text/csv")
# Each key beside the tools of an import is compared with the options; a million of them would take half a minute.
MOST_BESIDE = 1_000


@api.get("/tools")
@documented((200, ToolList), (304, None), query=ListQuery, refuses=(400, 503))
@requires(Permission.READ)
def index() -> ResponseReturnValue:
    """List the latest version of every tool."""
    return listing(lambda: read_query(ListQuery))


@api.get("/tools/platform/<platform>")
@documented((200, ToolList), (304, None), query=PlatformQuery, refuses=(400, 503))
@requires(Permission.READ)
def of_platform(platform: str) -> ResponseReturnValue:
    """List the tools of one platform."""
    return listing(lambda: read_query(PlatformQuery), platform=_word("platform", platform, PLATFORMS))


@api.get("/tools/category/<category>")
@documented((200, ToolList), (304, None), query=CategoryQuery, refuses=(400, 503))
@requires(Permission.READ)
def of_category(category: str) -> ResponseReturnValue:
    """List the tools of one category."""
    return listing(lambda: read_query(CategoryQuery), category=_word("category", category, CATEGORIES))


@api.get("/tools/search")
@documented((200, SearchResults), (304, None), query=SearchQuery, refuses=(400, 503))
@requires(Permission.READ)
def search() -> ResponseReturnValue:
    """Search names, capabilities, tags, use cases and descriptions, best first."""

    def found() -> tuple[bytes, str]:
        query = read_query(SearchQuery)
        result = list_tools(snapshot(), Query(page=query.page, page_size=query.page_size), query.q)
        counts = {
            "query": query.q,
            "total": result.listing.total,
            "page": query.page,
            "page_size": query.page_size,
            "suggestions": result.suggestions,
            "revision": result.revision,
        }
        return _tagged(_with_tools("results", result.listing.tools, counts))

    return conditional(*_once_per_snapshot(found))


@api.get("/tools/<name>")
@documented((200, ToolOut), (304, None), query=VersionQuery, refuses=(400, 404, 503))
@requires(Permission.READ)
def show(name: str) -> ResponseReturnValue:
    """Read a whole tool: its latest version, or the one asked for."""
    if not request.query_string:
        tool = latest_tool(name)
        return conditional(tool.json, tool.etag)
    return conditional(*_tagged(tool_json(history.version(name, read_query(VersionQuery).version))))


@api.post("/tools")
@documented((201, ToolOut), headers=RepeatHeaders, body=ToolDefinition, refuses=(400, 409, 415, 422, 503))
@requires(Permission.CREATE)
def create() -> ResponseReturnValue:
    """Create a tool from a definition."""
    read_query(NoParameters)
    document = sent_document()

    def act() -> Answer:
        tool = changes.create_tool(document, actor=current_actor())
        return _changed(tool, 201, Location=url_for(".show", name=tool.tool_name))

    return answer_once(act)


@api.put("/tools/<name>")
@documented(
    (200, ToolOut), headers=BasisHeaders, body=DefinitionOrPatch, refuses=(400, 404, 409, 412, 415, 422, 428, 503)
)
@requires(Permission.EDIT)
def update(name: str) -> ResponseReturnValue:
    """Make a new version of a tool. Without `capabilities` the body is merged into the latest definition."""
    read_query(NoParameters)
    tool = changes.put_tool(name, sent_document(), actor=current_actor(), based_on=if_match())
    return response_of(_changed(tool))


@api.patch("/tools/<name>")
@documented(
    (200, ToolOut), headers=BasisHeaders, body=DefinitionOrPatch, refuses=(400, 404, 409, 412, 415, 422, 428, 503)
)
@requires(Permission.EDIT)
def patch(name: str) -> ResponseReturnValue:
    """Merge a patch (RFC 7396) into the latest definition, as a new version."""
    read_query(NoParameters)
    tool = changes.merge_tool(name, sent_document().data, actor=current_actor(), based_on=if_match())
    return response_of(_changed(tool))


@api.delete("/tools/<name>")
@documented((204, None), headers=BasisHeaders, query=VersionQuery, refuses=(400, 404, 412, 428, 503))
@requires(Permission.EDIT)
def delete(name: str) -> ResponseReturnValue:
    """Hide a tool, or one version of it. The audit log keeps what it was."""
    version = read_query(VersionQuery).version
    # A script whose variable is empty means one version, not all of them.
    if version is None and "version" in request.args:
        raise BadRequest("version is empty. Name one, or leave it out to delete the whole tool.", parameter="version")
    if version is None:
        changes.delete_tool(name, actor=current_actor(), based_on=if_match())
    else:
        changes.delete_version(name, version, actor=current_actor(), based_on=if_match())
    return Response(status=204)


@api.patch("/tools/<name>/enable")
@documented((200, ToolOut), headers=BasisHeaders, body=Reason, refuses=(400, 404, 412, 415, 428, 503))
@requires(Permission.EDIT)
def enable(name: str) -> ResponseReturnValue:
    """Offer a tool to orchestrators."""
    return _switched(name, enabled=True)


@api.patch("/tools/<name>/disable")
@documented((200, ToolOut), headers=BasisHeaders, body=Reason, refuses=(400, 404, 412, 415, 428, 503))
@requires(Permission.EDIT)
def disable(name: str) -> ResponseReturnValue:
    """Stop offering a tool to orchestrators."""
    return _switched(name, enabled=False)


@api.get("/tools/<name>/versions")
@documented((200, VersionList), refuses=(400, 404, 503))
@requires(Permission.READ)
def versions(name: str) -> ResponseReturnValue:
    """List a tool's versions, newest first."""
    read_query(NoParameters)
    found = history.versions(name)
    reasons = history.reasons(found)
    told = [_version(tool, reasons.get(tool.id)) for tool in found]
    return json_response(dumps({"tool_name": found[0].tool_name, "versions": told, "total_versions": len(told)}))


@api.get("/tools/<name>/versions/<version>")
@documented((200, ToolOut), (304, None), refuses=(400, 404, 503))
@requires(Permission.READ)
def version(name: str, version: str) -> ResponseReturnValue:
    """Read one version of a tool, whole."""
    read_query(NoParameters)
    return conditional(*_tagged(tool_json(history.version(name, version))))


@api.get("/tools/<name>/diff")
@documented((200, DiffOut), query=DiffQuery, refuses=(400, 404, 503))
@requires(Permission.READ)
def diff(name: str) -> ResponseReturnValue:
    """Compare two versions of a tool, field by field and in words."""
    query = read_query(DiffQuery)
    compared = history.compare(name, query.from_, query.to)
    told = [change.as_json() for change in compared.changes]
    return json_response(dumps({"tool_name": compared.tool_name, "from": query.from_, "to": query.to, "changes": told}))


@api.post("/tools/<name>/versions/<version>/promote")
@documented((200, ToolOut), headers=BasisHeaders, body=Reason, refuses=(400, 404, 409, 412, 415, 422, 428, 503))
@requires(Permission.EDIT)
def promote(name: str, version: str) -> ResponseReturnValue:
    """Make another version the latest; rolling back is promoting an older one."""
    read_query(NoParameters)
    reason, based_on = read_options(Reason).reason, if_match()
    return answer_once(lambda: _changed(changes.promote(name, version, actor=current_actor(reason), based_on=based_on)))


@api.post("/tools/validate")
@documented((200, FindingsOut), body=ToolDefinition, refuses=(400, 415))
@requires(Permission.READ)
def validate() -> ResponseReturnValue:
    """Check a definition without storing it."""
    read_query(NoParameters)
    return _findings(_check_sent)


@api.post("/tools/<name>/validate")
@documented((200, FindingsOut), body=ToolDefinition, refuses=(400, 404, 415, 503))
@requires(Permission.READ)
def validate_stored(name: str) -> ResponseReturnValue:
    """Check the latest definition of a tool, or the one sent."""
    read_query(NoParameters)
    if request.get_data(cache=True):
        latest_tool(name)
        return _findings(_check_sent)
    return _findings(lambda: history.findings(name))


@api.post("/tools/import")
@api.post("/tools/bulk-import", endpoint="bulk_import")
@documented(
    (200, ImportReport),
    headers=RepeatHeaders,
    query=ImportQuery,
    body=ImportBody,
    takes=("application/zip",),
    refuses=(400, 409, 415, 422, 503),
)
@requires(Permission.CREATE)
def import_() -> ResponseReturnValue:
    """Import many definitions in one transaction: a list, `{"tools": [...]}`, one YAML document, a zip, or uploads."""
    sources, options = _import_request()
    return answer_once(
        lambda: Answer(
            200,
            {},
            dumps(
                imports.import_tools(
                    sources, actor=current_actor(), on_conflict=options.on_conflict, dry_run=options.dry_run
                ).as_json()
            ),
        )
    )


@api.post("/tools/export")
@documented((200, ExportOut), body=ExportOptions, refuses=(400, 404, 415, 503), text=EXPORTED)
@requires(Permission.READ)
def export() -> ResponseReturnValue:
    """Export definitions as their authors wrote them, as JSON, YAML or a zip archive of it; or a table of them, CSV."""
    read_query(NoParameters)
    options = read_options(ExportOptions)
    file = export_formats.export(options.selection, options.format)
    return Response(file.content, content_type=file.media_type)


@api.get("/tools/<name>/export")
@documented((200, Definition), query=ExportQuery, refuses=(400, 404, 503), text=("application/yaml",))
@requires(Permission.READ)
def export_one(name: str) -> ResponseReturnValue:
    """Export one version of a tool as its author wrote it, as a file to keep."""
    query = read_query(ExportQuery)
    tool = history.version(name, query.version)
    document = exports.exported_document(tool)
    is_json = query.format == "json"
    response = (
        json_response(dumps(document)) if is_json else Response(write_yaml(document), mimetype="application/yaml")
    )
    response.headers.set("Content-Disposition", "attachment", filename=f"{tool.tool_name}.{query.format}")
    return response


@api.get("/capabilities")
@documented((200, CapabilityList), (304, None), refuses=(400, 503))
@requires(Permission.READ)
def capabilities() -> ResponseReturnValue:
    """List every capability and how many tools have it."""

    def all_of_them() -> tuple[bytes, str]:
        read_query(NoParameters)
        current = snapshot()
        told = current.capabilities()
        return _tagged(dumps({"capabilities": told, "total": len(told), "revision": current.revision}))

    return conditional(*_once_per_snapshot(all_of_them))


@api.get("/capabilities/<capability>/tools")
@documented((200, CapabilityTools), (304, None), query=CapabilityQuery, refuses=(400, 404, 503))
@requires(Permission.READ)
def capability_tools(capability: str) -> ResponseReturnValue:
    """List the tools that have a capability; by default those on offer: active and enabled."""

    def having() -> tuple[bytes, str]:
        wanted = read_query(CapabilityQuery)
        found = tools_with(capability, wanted.platform, wanted.status, wanted.enabled)
        counts = {"capability": capability, "total": len(found.tools), "revision": found.revision}
        return _tagged(_with_tools("tools", found.tools, counts))

    return conditional(*_once_per_snapshot(having))


def listing(read: Callable[[], LookupQuery], **fixed: Any) -> Response:
    """Answer with a page of tools; `fixed` are the filters of the path."""

    def page() -> tuple[bytes, str]:
        filters = read().model_dump()
        words = filters.pop("q")
        found = list_tools(snapshot(), Query(**filters, **fixed), words)
        return _tagged(_with_tools("tools", found.listing.tools, _counts(found)))

    return conditional(*_once_per_snapshot(page))


def _once_per_snapshot(make: Callable[[], tuple[bytes, str]]) -> tuple[bytes, str]:
    """The bytes and entity tag of this very request, made once for as long as the catalog does not change."""
    return snapshot().memo((request.path, request.query_string), make)


def _with_tools(key: str, tools: tuple[Tool, ...], rest: dict[str, Any]) -> bytes:
    """A JSON object whose list of tools is put together from what every tool's line already is."""
    return b'{"%b":[%b],%b' % (key.encode(), b",".join(tool.summary for tool in tools), dumps(rest)[1:])


def _counts(found: Found) -> dict[str, Any]:
    page = found.listing
    facets = {
        name: [{"value": value, "count": count} for value, count in counts] for name, counts in page.facets.items()
    }
    return {
        "total": page.total,
        "page": page.page,
        "page_size": page.page_size,
        "pages": page.pages,
        "links": _links(page.page, page.pages),
        "facets": facets,
        "suggestions": found.suggestions,
        "revision": found.revision,
    }


def _links(page: int, pages: int) -> dict[str, str | None]:
    """The addresses of this list's pages."""

    def address(number: int) -> str:
        return f"{request.path}?{urlencode({**request.args, 'page': number})}"

    return {
        "self": address(page),
        "first": address(1),
        "prev": address(min(page - 1, pages)) if page > 1 else None,
        "next": address(page + 1) if page < pages else None,
        "last": address(pages),
    }


def _tagged(body: bytes) -> tuple[bytes, str]:
    return body, etag_of(body)


def _word(parameter: str, value: str, words: tuple[str, ...]) -> str:
    try:
        return known(words)(value)
    except ValueError as error:
        raise BadRequest(str(error), parameter=parameter, known=list(words)) from None


def _changed(tool: ToolRow, status: int = 200, **headers: str) -> Answer:
    body = tool_json(tool)
    return Answer(status, {"ETag": f'"{etag_of(body)}"', **headers}, body)


def _switched(name: str, *, enabled: bool) -> Response:
    read_query(NoParameters)
    actor = current_actor(read_options(Reason).reason)
    return response_of(_changed(changes.set_enabled(name, enabled, actor=actor, based_on=if_match())))


def _version(tool: ToolRow, reason: str | None) -> dict[str, Any]:
    return {
        "id": tool.id,
        "version": tool.version,
        "is_latest": tool.is_latest,
        "status": tool.status,
        "enabled": tool.enabled,
        "parent_version_id": tool.parent_version_id,
        "content_hash": tool.content_hash,
        "revision": tool.revision,
        "created_at": tool.created_at,
        "created_by": tool.created_by,
        "reason": reason,
    }


def _check_sent() -> list[Finding]:
    document = sent_document()
    return check(one_tool_in(document), document, known=snapshot().names)


def _findings(check: Callable[[], list[Finding]]) -> Response:
    """Answer with findings; a document that cannot be read has findings too."""
    try:
        findings = check()
    except InvalidDefinition as refusal:
        findings = list(refusal.findings)
    told = [finding.as_json() for finding in findings]
    return json_response(dumps({"valid": not has_errors(findings), "findings": told}))


def _import_request() -> tuple[list[imports.Source], ImportQuery]:
    """What to import and how; options stand in the query or, for JSON, beside `tools` in the body."""
    if request.files:
        # One field may hold many files.
        files = uploads(file for _, file in request.files.items(multi=True))
        return upload_sources(files), read_query(ImportQuery)
    if request.mimetype == "application/zip":
        return archive_sources("body.zip", request.get_data(cache=True)), read_query(ImportQuery)
    try:
        body = read_body(BULK_LIMITS if request.mimetype == "application/json" else None, root_may_be_list=True)
    except UnreadableDocument as unreadable:
        raise InvalidDefinition("The document cannot be read.", unreadable.findings) from unreadable
    return body_sources(_without_options(body)), _import_options(body.data)


def _import_options(body: Any) -> ImportQuery:
    _refuse_misspelt_options(body)
    beside = {key: body[key] for key in ImportQuery.model_fields if key in body} if _is_bulk(body) else {}
    return checked(
        ImportQuery, {**beside, **{key: value for key, value in request.args.items() if key not in OF_EVERY_CHANGE}}
    )


def _refuse_misspelt_options(body: Any) -> None:
    """A `dryrun` beside the tools must not become an import in earnest."""
    if _is_bulk(body) and len(body) > MOST_BESIDE:
        raise BadRequest(f"More than {MOST_BESIDE} keys stand beside `tools`: leave them out.")
    for key in body if _is_bulk(body) else ():
        near = closest(key, ImportQuery.model_fields)
        if near and key not in ImportQuery.model_fields:
            raise BadRequest(f"Unknown option “{key}”. Did you mean {near[0]}?", known=list(ImportQuery.model_fields))


def _without_options(body: Document) -> Document:
    """The body as it is imported: the options beside `tools` are no part of it."""
    if not _is_bulk(body.data):
        return body
    return replace(body, data={key: part for key, part in body.data.items() if key not in ImportQuery.model_fields})


def _is_bulk(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("tools"), list | dict)
