"""The pages of drafts: beginning one, the editor, editing as text, publishing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.catalog.live import snapshot
from app.definitions.tool_templates import TOOL_TEMPLATES
from app.drafts import publishing, service, starts, yaml_pane
from app.drafts.acts import Act, performed
from app.drafts.editing import save_form
from app.drafts.models import Draft
from app.drafts.service import State
from app.drafts.view import EditorView, check_draft
from app.errors import BadRequest, CatalogError, Conflict
from app.extensions import csrf
from app.permissions import Permission, requires
from app.web import current_actor

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

LARGEST_TEXT = 1024 * 1024
"""Characters of a definition that is pasted or dropped; reading it is held to less, and says so."""


@pages.get("/drafts")
@requires(Permission.CREATE)
def index() -> ResponseReturnValue:
    """The drafts of whoever asks."""
    return render_template("drafts/index.html", drafts=[_listed(draft) for draft in service.mine(current_actor())])


@pages.get("/tools/new")
@requires(Permission.CREATE)
def new() -> ResponseReturnValue:
    """What a new tool can begin with."""
    return _new_page(request.args.get("duplicate", ""))


@pages.post("/drafts")
@requires(Permission.CREATE)
def begin() -> ResponseReturnValue:
    """Begin the draft of a new tool."""
    actor, form = current_actor(), request.form
    start, name = form.get("start", "blank"), form.get("name", "").strip()[:100]
    try:
        draft = _begun(start, name, form.get("description", "").strip()[:10_000])
    except CatalogError as refused:
        return _new_page(form.get("original", ""), refused.detail, form.get("text", "")), refused.status
    if service.reading_findings(service.state(draft).text):
        return redirect(url_for(".text", number=draft.id), 303)
    return redirect(url_for(".show", number=service.find(draft.id, actor).id), 303)


@pages.get("/tools/<name>/edit")
@requires(Permission.EDIT)
def edit(name: str) -> ResponseReturnValue:
    """The draft of a tool's next version: mine, or a new one."""
    draft = service.of_tool(name, current_actor())
    return redirect(url_for(".show", number=draft.id), 303)


@pages.get("/drafts/<int:number>")
@requires(Permission.CREATE)
def show(number: int) -> ResponseReturnValue:
    """The editor, with one part of the draft open."""
    draft = service.find(number, current_actor())
    now = service.state(draft)
    node = now.work.node_at(request.args.get("node", "basics")) or "basics"
    return render_template("drafts/show.html", view=EditorView(draft, now, node))


@pages.post("/drafts/<int:number>/<node>")
@requires(Permission.CREATE)
def save(number: int, node: str) -> ResponseReturnValue:
    """Take over what was typed into a part's form, then do what was asked: add, remove, move, undo, mend …

    Typing alone is answered with what stands around the fields; an act with the whole editor anew.
    """
    actor = current_actor()
    act = Act.named(request.form.get("act", ""))
    draft, now = service.save(number, actor, _typed_into(node), _from_step())
    view = EditorView(draft, now, node)
    if act is not None:
        view = performed(act, view, actor)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(url_for(".show", number=number, node=view.node), 303)
    if act is None:
        filled = request.form.get("filled", "").split()
        return _told(render_template("drafts/_saved.html", view=view, filled=filled), {"HX-Reswap": "none"})
    address = url_for(".show", number=number, node=view.node)
    return _told(
        render_template("drafts/_editor.html", view=view),
        {"HX-Push-Url" if act.verb == "go" else "HX-Replace-Url": address},
    )


@pages.get("/drafts/<int:number>/yaml")
@requires(Permission.CREATE)
def yaml(number: int) -> ResponseReturnValue:
    """The draft as YAML, with marks, for the pane beside the form."""
    draft = service.find(number, current_actor())
    text = yaml_pane.text_of(service.state(draft))
    return render_template("drafts/_yaml.html", lines=yaml_pane.lines_of(text, draft.base), draft=draft)


@pages.get("/drafts/<int:number>/presence")
@requires(Permission.CREATE)
def presence(number: int) -> ResponseReturnValue:
    """Who else has the same tool open, and whether somebody published a version meanwhile."""
    draft = service.find(number, current_actor())
    service.note_seen(draft)
    others = service.others_at(draft)
    return render_template("drafts/_presence.html", draft=draft, others=others, newer=publishing.newer_version(draft))


@pages.get("/drafts/<int:number>/text")
@requires(Permission.CREATE)
def text(number: int) -> ResponseReturnValue:
    """The draft as one text to edit."""
    draft = service.find(number, current_actor())
    return _text_page(draft, service.state(draft))


@pages.post("/drafts/<int:number>/text")
@requires(Permission.CREATE)
def save_text(number: int) -> ResponseReturnValue:
    """Take over the whole text. Where the draft was changed elsewhere since, both are shown."""
    typed = request.form.get("text", "").replace("\r\n", "\n")
    if len(typed) > LARGEST_TEXT:
        raise BadRequest("This text is larger than a definition may be (256 KiB).")
    is_meant = request.form.get("act") == "keep-mine"

    def written(was: State, now: State) -> tuple[State, str]:
        if yaml_pane.text_of(now) in {typed, yaml_pane.text_of(was)} or is_meant:
            return service.with_text(now, typed), "Edited as text"
        raise Conflict("This draft was changed in another window since you opened the text here.")

    try:
        draft, now = service.save(number, current_actor(), written, _from_step())
    except Conflict as refused:
        draft = service.find(number, current_actor())
        return _text_page(draft, service.state(draft), typed=typed, refusal=refused.detail, status=409)
    if not request.htmx:  # type: ignore[attr-defined]
        wanted = (
            url_for(".show", number=number) if request.form.get("act") == "form" else url_for(".text", number=number)
        )
        return redirect(wanted, 303)
    found = yaml_pane.findings_of(yaml_pane.text_of(now))
    return _told(render_template("drafts/_text_saved.html", draft=draft, findings=found))


@pages.post("/drafts/<int:number>/discard")
@requires(Permission.CREATE)
def discard(number: int) -> ResponseReturnValue:
    """Put a draft away."""
    draft = service.discard(number, current_actor())
    return redirect(url_for(".index", discarded=draft.id), 303)


@pages.post("/drafts/<int:number>/restore")
@requires(Permission.CREATE)
def restore(number: int) -> ResponseReturnValue:
    """Have a discarded draft back."""
    service.restore(number, current_actor())
    return redirect(url_for(".show", number=number), 303)


def _new_page(duplicate: str, refusal: str = "", text: str = "") -> str:
    return render_template(
        "drafts/new.html",
        templates=TOOL_TEMPLATES,
        names=snapshot().names,
        duplicate=duplicate,
        refusal=refusal,
        text=text,
    )


def _begun(start: str, name: str, description: str) -> Draft:
    actor = current_actor()
    if start == "text":
        file = request.files.get("file")
        typed = file.read(LARGEST_TEXT).decode("utf-8", "replace") if file else ""
        return starts.from_text(actor, typed or request.form.get("text", "").replace("\r\n", "\n"))
    if start == "duplicate":
        return starts.from_tool(actor, request.form.get("original", ""), name)
    return starts.from_template(actor, start, name, description)


def _typed_into(node: str) -> Callable[[State, State], tuple[State, str]]:
    sent = request.form

    def change(was: State, now: State) -> tuple[State, str]:
        saved = save_form(was.work, now.work, node, sent, now.unread_at(node))
        labels = " and ".join([", ".join(saved.labels[:-1]), *saved.labels[-1:]]).removeprefix(" and ")
        where = EditorView(Draft(), replace(now, work=saved.work), node).title
        return service.after_form(now, node, saved), f"{labels} of {where}"

    return change


def _from_step() -> int | None:
    step = request.form.get("step", "")
    return int(step) if step.isascii() and step.isdigit() and len(step) < 19 else None


def _told(body: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that also tells the pane beside the form to follow."""
    return Response(body, headers={"HX-Trigger": "saved", **(headers or {})})


def _listed(draft: Draft) -> dict[str, Any]:
    now = service.state(draft)
    name = draft.tool_name or now.work.document.get("tool_name") or "New tool"
    errors = sum(finding.severity == "error" for finding in check_draft(now)) + len(now.unread)
    return {"draft": draft, "name": name, "errors": errors}


def _text_page(
    draft: Draft, now: State, *, typed: str = "", refusal: str = "", status: int = 200
) -> ResponseReturnValue:
    stored = yaml_pane.text_of(now)
    page = render_template(
        "drafts/text.html",
        draft=draft,
        name=EditorView(draft, now, "basics").name,
        text=typed or stored,
        theirs=stored if refusal else "",
        findings=yaml_pane.findings_of(typed or stored),
        refusal=refusal,
    )
    return page, status
