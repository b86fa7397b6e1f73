"""The pages that make a draft a version: what would change, and what to do when somebody was faster."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.answers import etag_of
from app.catalog import done
from app.catalog.done import Done, Undo
from app.catalog.mapping import tool_json
from app.catalog.models import Tool
from app.definitions.documents import write_yaml
from app.definitions.merge import in_words
from app.drafts import publishing, service
from app.drafts.models import Draft
from app.drafts.pages import pages
from app.drafts.view import EditorView
from app.errors import Conflict, InvalidDefinition, StaleChange
from app.permissions import Permission, requires
from app.web import current_actor


@pages.get("/drafts/<int:number>/publish")
@requires(Permission.CREATE)
def publish(number: int) -> ResponseReturnValue:
    """What publishing would do: changes, findings, number, and whom it reaches."""
    return _publish_page(service.find(number, current_actor()))


@pages.post("/drafts/<int:number>/publish")
@requires(Permission.CREATE)
def publish_now(number: int) -> ResponseReturnValue:
    """Make the draft the next version of its tool."""
    actor = current_actor(request.form.get("reason") or None)
    former = service.find(number, actor).base_version
    try:
        tool = publishing.publish(number, actor, request.form.get("version") or None)
    except StaleChange:
        return redirect(url_for(".conflict", number=number), 303)
    except (InvalidDefinition, Conflict) as refused:
        return _publish_page(service.find(number, actor), refused.detail, refused.status)
    done.tell(Done(f"{tool.tool_name} {tool.version} is published.", tool.revision, _undo(tool, former)))
    return redirect(url_for("catalog.pages.show", name=tool.tool_name), 303)


@pages.get("/drafts/<int:number>/conflict")
@requires(Permission.CREATE)
def conflict(number: int) -> ResponseReturnValue:
    """Theirs, yours and the result, when somebody published a version since."""
    return _conflict_page(service.find(number, current_actor()))


@pages.post("/drafts/<int:number>/conflict")
@requires(Permission.CREATE)
def resolve(number: int) -> ResponseReturnValue:
    """Take the newer version over, with what was chosen."""
    chosen = {key.removeprefix("at:"): value for key, value in request.form.items() if key.startswith("at:")}
    try:
        publishing.take_over(number, current_actor(), chosen, request.form.get("etag", ""))
    except Conflict as refused:
        return _conflict_page(service.find(number, current_actor()), refused.detail, refused.status)
    flash("Both are brought together in your draft. Undo takes it back.")
    return redirect(url_for(".show", number=number), 303)


def _undo(tool: Tool, former: str | None) -> Undo | None:
    """The form that makes the former version the latest again; None for a new tool."""
    if former is None:
        return None
    back = url_for("catalog.pages.promote", name=tool.tool_name, version=former)
    return Undo(back, {"based_on": etag_of(tool_json(tool)), "reason": f"Undone: {former} was the latest before"})


def _publish_page(draft: Draft, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    now, summary = service.state(draft), publishing.summary(draft)
    page = render_template(
        "drafts/publish.html",
        draft=draft,
        summary=summary,
        impact=None if summary.hindrance else publishing.consequences(draft),
        view=EditorView(draft, now, "basics"),
        refusal=refusal,
        version=request.form.get("version", ""),
        reason=request.form.get("reason", ""),
        waiver=request.form.get("waive", ""),
        rows=publishing.text_changes(draft, now),
    )
    return page, status


def _conflict_page(draft: Draft, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    try:
        merged, latest = publishing.merging(draft)
    except Conflict:
        return redirect(url_for(".show", number=draft.id), 303)
    page = render_template(
        "drafts/conflict.html",
        draft=draft,
        view=EditorView(draft, service.state(draft), "basics"),
        merged=merged,
        latest=latest,
        etag=etag_of(tool_json(latest)),
        theirs=publishing.changes_since(draft, latest),
        result=write_yaml(merged.document),
        told=in_words,
        refusal=refusal,
    )
    return page, status
