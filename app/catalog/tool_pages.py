"""A tool's own page: what it is, what it can do, and everything one may do to it. Its versions: `version_pages.py`."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.catalog import changes, done, history
from app.catalog.done import Done, Undo
from app.catalog.models import Tool
from app.catalog.owners import owner_names
from app.catalog.pages import pages
from app.catalog.schemas import Reason, VersionQuery
from app.catalog.toolpage import Heading, basis, heading, move_of, tool_page
from app.catalog.versions import latest_of
from app.errors import BadRequest, CasesBroken, CatalogError, Conflict, InvalidDefinition, StaleChange
from app.permissions import Permission, may, require, requires
from app.web import LONGEST_WAIVER, checked, current_actor, page_or_fragment, read_query

SHOWN_IN_PLACE = (BadRequest, Conflict, InvalidDefinition, StaleChange)
"""What an act is refused for that the tool's page itself can say: the rest needs a page of its own."""

TABS = ("overview", "capabilities", "versions", "audit")

Form = TypeVar("Form", bound="ActForm")


class PageQuery(VersionQuery):
    """Which version of a tool to show, and which of its tabs."""

    tab: Literal["overview", "capabilities", "versions"] = "overview"


class ActForm(Reason):
    """What every act on a tool's page sends: why, what it is based on, and the tab to come back to.

    `waive`, why saved cases may break, is read where the actor is.
    """

    waive: str | None = Field(None, max_length=LONGEST_WAIVER)
    based_on: str | None = Field(None, max_length=100)
    tab: Literal["overview", "capabilities", "versions", "audit"] = "overview"


class StatusForm(ActForm):
    """A status to give a tool."""

    status: str = Field(max_length=20)


class OwnerForm(ActForm):
    """Whom to hand a tool over to; nobody: administrators."""

    owner: str | None = Field(None, max_length=200)


class DeleteForm(ActForm):
    """The name, typed once more."""

    typed: str = Field("", max_length=200)


@pages.get("/tools/<name>")
@requires(Permission.READ)
def show(name: str) -> ResponseReturnValue:
    """One version of a tool: what it is, what it can do, and its other versions."""
    query = read_query(PageQuery)
    return tool_tab(name, query.tab, query.version)


@pages.post("/tools/<name>/owner")
@requires(Permission.EDIT)
def hand_over(name: str) -> ResponseReturnValue:
    """Hand a tool over to a person or a team."""

    def act(form: OwnerForm) -> Done:
        former, actor = history.version(name, None).owner, current_actor(form.reason)
        tool = changes.set_owner(name, form.owner, actor=actor, based_on=form.based_on)
        undo = None
        if may(actor, Permission.EDIT, tool) and former != tool.owner:
            undo = undo_by(tool, url_for(".hand_over", name=tool.tool_name), owner=former or "")
        return Done(f"{tool.tool_name} belongs to {tool.owner or 'administrators only'} now.", tool.revision, undo)

    return acted(name, OwnerForm, act)


@pages.post("/tools/<name>/enable")
@requires(Permission.EDIT)
def enable(name: str) -> ResponseReturnValue:
    """Offer a tool to orchestrators."""
    return _switched(name, enabled=True)


@pages.post("/tools/<name>/disable")
@requires(Permission.EDIT)
def disable(name: str) -> ResponseReturnValue:
    """Stop offering a tool to orchestrators."""
    return _switched(name, enabled=False)


@pages.post("/tools/<name>/status")
@requires(Permission.EDIT)
def set_status(name: str) -> ResponseReturnValue:
    """Deprecate a tool, or make it active again."""

    def act(form: StatusForm) -> Done:
        former = history.version(name, None).status
        tool = changes.set_status(name, form.status, actor=current_actor(form.reason), based_on=form.based_on)
        # What was published is no draft again.
        can_go_back = former not in {"draft", tool.status}
        undo = undo_by(tool, url_for(".set_status", name=tool.tool_name), status=former) if can_go_back else None
        return Done(f"{tool.tool_name} is {tool.status} now.", tool.revision, undo)

    return acted(name, StatusForm, act)


@pages.get("/tools/<name>/delete")
@requires(Permission.EDIT)
def ask_delete(name: str) -> ResponseReturnValue:
    """Ask for the name once more, since deleting cannot be undone."""
    return asked("catalog/_delete.html", name)


@pages.post("/tools/<name>/delete")
@requires(Permission.EDIT)
def delete(name: str) -> ResponseReturnValue:
    """Delete a tool with all its versions."""
    shown = to_act_on(name)
    form = read_form(DeleteForm)
    if form.typed.strip().lower() != shown.name.lower():
        return asked("catalog/_delete.html", name, BadRequest(f"Type the name, {shown.name}, to delete it."))
    try:
        versions = changes.delete_tool(name, actor=current_actor(form.reason), based_on=form.based_on)
    except SHOWN_IN_PLACE as refusal:
        return asked("catalog/_delete.html", name, refusal)
    many = f"all its {len(versions)} versions" if len(versions) > 1 else "its only version"
    flash(f"{shown.name} is deleted, with {many}. The audit log keeps what it was.")
    return redirect(url_for(".index"), 303)


def tool_tab(
    name: str, tab: str = "overview", version: str | None = None, refusal: CatalogError | None = None
) -> ResponseReturnValue:
    """One tab of a tool's page; with what an act was refused for."""
    versions = history.versions(name)
    shown, actor = history.one_of(versions, version), current_actor()
    reasons = history.reasons(versions)
    above = heading(versions, shown, actor)
    page = render_template(
        "catalog/show.html",
        heading=above,
        tool=tool_page(shown),
        versions=[_version(tool, above, latest_of(versions), reasons.get(tool.id)) for tool in versions],
        tab=tab,
        owners=[] if above.why_no_edit else sorted(owner_names(), key=str.lower),
        refusal=refusal,
        done=done.told(),
    )
    return page, 200 if refusal is None else refusal.status


def acted(name: str, model: type[Form], act: Callable[[Form], Done]) -> ResponseReturnValue:
    """Do something to a tool and go back to its page, which tells what was done; or say there why it was not."""
    # Who may not act on it is told that, whatever their form says.
    to_act_on(name)
    try:
        done.tell(act(read_form(model)))
    except CasesBroken:
        # What breaks saved cases is asked about, not only told.
        raise
    except SHOWN_IN_PLACE as refusal:
        return tool_tab(name, _tab(), refusal=refusal)
    if _tab() == "audit":
        return redirect(url_for("audit.pages.of_tool", name=name), 303)
    return redirect(url_for(".show", name=name, tab=None if _tab() == "overview" else _tab()), 303)


def undo_by(tool: Tool, address: str, **fields: str) -> Undo:
    """The form that takes back what was just done to a tool, unless somebody else changes it before."""
    return Undo(address, {"tab": _tab(), "based_on": basis(tool), **fields})


def read_form(model: type[Form]) -> Form:
    """The form that was sent; an empty field is as good as none.

    Raises:
        BadRequest: it holds an unknown field or a wrong value.
    """
    return checked(model, {field: value for field, value in request.form.items() if value and field != "csrf_token"})


def to_act_on(name: str, version: str | None = None) -> Heading:
    """A version that is to be acted on, by somebody who may.

    Raises:
        NotFound: no such tool or version. Forbidden: it is somebody else's.
    """
    versions = history.versions(name)
    require(current_actor(), Permission.EDIT, latest_of(versions))
    return heading(versions, history.one_of(versions, version), current_actor())


def asked(
    question: str, name: str, refusal: CatalogError | None = None, version: str | None = None, **more: Any
) -> ResponseReturnValue:
    """Ask something before an act: htmx shows it in a dialog, and without script it is a page."""
    response = page_or_fragment(
        "catalog/ask.html",
        question,
        question=question,
        heading=to_act_on(name, version),
        refusal=refusal,
        tab=request.args.get("tab"),
        **more,
    )
    response.status_code = 200 if refusal is None else refusal.status
    return response


def _tab() -> str:
    """The tab an act was made on."""
    tab = request.form.get("tab", "")
    return tab if tab in TABS else "overview"


def _switched(name: str, *, enabled: bool) -> ResponseReturnValue:
    def act(form: ActForm) -> Done:
        actor = current_actor(form.reason)
        tool = changes.set_enabled(name, enabled, actor=actor, based_on=form.based_on)
        back = url_for(".disable" if enabled else ".enable", name=tool.tool_name)
        told = f"{tool.tool_name} is {'enabled' if enabled else 'disabled'}."
        return Done(told, tool.revision, undo_by(tool, back))

    return acted(name, ActForm, act)


def _version(tool: Tool, above: Heading, latest: Tool, reason: str | None) -> dict[str, Any]:
    return {
        "version": tool.version,
        "is_latest": tool.is_latest,
        "status": tool.status,
        "enabled": above.enabled if tool.is_latest else True,
        "created_at": tool.created_at,
        "created_by": tool.created_by,
        "reason": reason,
        "move": move_of(tool, latest),
        "url": url_for(".show", name=tool.tool_name, version=tool.version),
    }
