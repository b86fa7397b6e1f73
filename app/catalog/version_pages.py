"""The versions of a tool as pages: compare two of them, make another one the latest, delete one."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.answers import Parameters
from app.catalog import changes, done, history
from app.catalog.comparison import compared, usual_pair, without_number
from app.catalog.done import Done
from app.catalog.pages import pages
from app.catalog.tool_pages import SHOWN_IN_PLACE, ActForm, acted, asked, read_form, to_act_on, undo_by
from app.catalog.toolpage import heading
from app.catalog.versions import latest_of
from app.errors import CasesBroken, CatalogError
from app.permissions import Permission, requires
from app.web import current_actor, page_or_fragment, read_query


class CompareQuery(Parameters):
    """Which two versions to compare; by default the latest with the one before it."""

    from_: str | None = Field(None, alias="from", max_length=20)
    to: str | None = Field(None, max_length=20)


@pages.get("/tools/<name>/compare")
@requires(Permission.READ)
def compare(name: str) -> ResponseReturnValue:
    """Two versions of a tool: what changed in words, then line by line."""
    query = read_query(CompareQuery)
    versions = history.versions(name)
    old, new = usual_pair(versions, query.from_, query.to)
    return page_or_fragment(
        "catalog/compare.html",
        "catalog/_comparison.html",
        heading=heading(versions, latest_of(versions), current_actor()),
        versions=[version.version for version in versions],
        comparison=compared(history.compare(name, old, new), versions),
    )


@pages.get("/tools/<name>/versions/<version>/promote")
@requires(Permission.EDIT)
def ask_promote(name: str, version: str) -> ResponseReturnValue:
    """Ask why a version is to be the latest, and show what that changes for orchestrators."""
    return _ask_promote(name, version)


@pages.post("/tools/<name>/versions/<version>/promote")
@requires(Permission.EDIT)
def promote(name: str, version: str) -> ResponseReturnValue:
    """Make a version the latest: roll back to it, or publish a draft."""

    def act(form: ActForm) -> Done:
        former = history.version(name, None).version
        was_draft = history.version(name, version).status == "draft"
        tool = changes.promote(name, version, actor=current_actor(form.reason), based_on=form.based_on)
        told = "is published, and the latest now" if was_draft else "is the latest again"
        undo = None
        if former != tool.version:
            back = url_for(".promote", name=tool.tool_name, version=former)
            undo = undo_by(tool, back, reason=f"Undone: {former} was the latest before")
        return Done(f"{tool.version} {told}.", tool.revision, undo)

    try:
        return acted(name, ActForm, act)
    except CasesBroken as refusal:
        return _ask_promote(name, version, refusal)


@pages.get("/tools/<name>/versions/<version>/delete")
@requires(Permission.EDIT)
def ask_delete_version(name: str, version: str) -> ResponseReturnValue:
    """Ask once more, since deleting cannot be undone."""
    return asked("catalog/_delete_version.html", name, version=version)


@pages.post("/tools/<name>/versions/<version>/delete")
@requires(Permission.EDIT)
def delete_version(name: str, version: str) -> ResponseReturnValue:
    """Delete one version; of a tool with one version only, the tool."""
    form, shown = read_form(ActForm), to_act_on(name, version)
    try:
        changes.delete_version(name, version, actor=current_actor(form.reason), based_on=form.based_on)
    except SHOWN_IN_PLACE as refusal:
        return asked("catalog/_delete_version.html", name, refusal, version)
    if shown.version_count == 1:
        flash(f"{shown.name} is deleted, with its only version. The audit log keeps what it was.")
        return redirect(url_for(".index"), 303)
    latest = history.version(name, None)
    follows = f" {latest.version} is the latest now." if shown.is_latest else ""
    done.tell(Done(f"{version} is deleted.{follows}", latest.revision))
    return redirect(url_for(".show", name=name, tab="versions"), 303)


def _ask_promote(name: str, version: str, refusal: CatalogError | None = None) -> ResponseReturnValue:
    shown = to_act_on(name, version)
    comparison = history.compare(name, shown.latest, shown.version)
    changes = without_number(comparison.changes)
    return asked("catalog/_promote.html", name, refusal, version, changes=changes)
