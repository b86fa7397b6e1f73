"""What the list of tools does to many at once, and taking it back."""

from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.catalog import bulk, export_formats, exports, undo
from app.catalog.bulk import MOST_TOOLS, Act, Done
from app.catalog.list_query import ToolsQuery, query_of
from app.catalog.lists import list_tools
from app.catalog.live import snapshot
from app.catalog.undo import Undone
from app.errors import BadRequest, CatalogError
from app.extensions import csrf
from app.permissions import Permission, requires
from app.web import current_actor, toast

pages = Blueprint("bulk_pages", __name__)
pages.before_request(csrf.protect)


@pages.post("/tools/bulk")
@requires(Permission.EDIT)
def apply() -> ResponseReturnValue:
    """Do one thing to the selected tools; deleting is asked about first."""
    query = query_of(request.form.get("back"))
    try:
        act = _act(request.form.get("act", ""))
        names = _selected(query)
        if act is Act.DELETE and "confirmed" not in request.form:
            return render_template("catalog/confirm_delete.html", names=names, back=_list(query))
        tags = request.form.get("tags", "").split(",")
        _tell(bulk.apply(names, act, actor=current_actor(request.form.get("reason") or None), tags=tags))
    except CatalogError as refusal:
        toast("Nothing was changed", refusal.detail.removeprefix("Nothing was changed. "), is_bad=True)
    return redirect(_list(query), 303)


@pages.post("/tools/export")
@requires(Permission.READ)
def export() -> ResponseReturnValue:
    """Download the selected tools as their authors wrote them, in one YAML document."""
    query = query_of(request.form.get("back"))
    try:
        file = export_formats.export(exports.Selection(names=_selected(query)), export_formats.Format.YAML)
    except CatalogError as refusal:
        toast("Nothing was exported", refusal.detail, is_bad=True)
        return redirect(_list(query), 303)
    headers = {"Content-Disposition": 'attachment; filename="tools.yaml"'}
    return Response(file.content, content_type=file.media_type, headers=headers)


@pages.post("/undo")
@requires(Permission.EDIT)
def take_back() -> ResponseReturnValue:
    """Take back what a change did, and go back to the list, or to the page of the tool it was about."""
    try:
        _tell_undone(undo.undo(_revision("first"), _revision("last"), actor=current_actor()))
    except CatalogError as refusal:
        toast("Nothing was taken back", refusal.detail, is_bad=True)
    back = request.form.get("back", "")
    tool = snapshot().tool(unquote(urlsplit(back).path.removeprefix("/tools/")))
    if tool is not None:
        return redirect(url_for("catalog.pages.show", name=tool.name), 303)
    return redirect(_list(query_of(back)), 303)


@pages.app_context_processor
def here() -> dict[str, str]:
    """The address of this page, to which the Undo of a toast leads back."""
    return {"here": request.full_path.rstrip("?")}


def _act(word: str) -> Act:
    try:
        return Act(word)
    except ValueError:
        raise BadRequest("Choose what to do with the selected tools.") from None


def _revision(name: str) -> int:
    given = request.form.get(name, "")
    if not given.isascii() or not given.isdecimal() or len(given) > 18:
        raise BadRequest(f"{name} is the number of a revision.")
    return int(given)


def _selected(query: ToolsQuery) -> list[str]:
    """The names that were ticked; all that match the list's filters when that was ticked."""
    if "all_matching" in request.form:
        wanted = query.filters(current_actor(), page=1, page_size=MOST_TOOLS + 1)
        names = [tool.name for tool in list_tools(snapshot(), wanted, query.q).listing.tools]
    else:
        names = request.form.getlist("names")
    if not names:
        raise BadRequest("No tool was selected.")
    return names


def _list(query: ToolsQuery) -> str:
    return url_for("catalog.pages.index", **query.address())


def _counted(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} tools"


def _tell(done: Done) -> None:
    so_already = f"{_counted(done.unchanged)} {'was' if len(done.unchanged) == 1 else 'were'} so already."
    if done.first is None or done.last is None:
        toast("Nothing to change", so_already)
        return
    can_be_undone = done.act is not Act.DELETE
    toast(
        f"{_counted(done.tools)} {done.act.told}",
        so_already if done.unchanged else "",
        undo=(done.first, done.last) if can_be_undone else None,
    )


def _tell_undone(undone: Undone) -> None:
    left = f"{len(undone.left)} left as they are: {undone.left[0].detail}" if undone.left else ""
    toast(f"{_counted(undone.tools)} as before", left)
