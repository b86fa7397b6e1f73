"""The pages of saved cases: all of them with how they stand now, and the form of one."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.answers import NoParameters
from app.errors import BadRequest, CatalogError, Conflict
from app.extensions import csrf
from app.permissions import Permission, requires, why_not
from app.selection import cases
from app.selection.cases import CaseContent, check_all, expected_of
from app.selection.live_index import indexed
from app.selection.request import LONGEST_INTENT
from app.selection.request_text import NAMES, InvalidRequest, read_request, request_of, texts_of
from app.web import current_actor, page_or_fragment, read_query

pages = Blueprint("case_pages", __name__)
pages.before_request(csrf.protect)


@pages.get("/select/cases")
@requires(Permission.READ)
def index() -> ResponseReturnValue:
    """Every saved case, and whether it holds now."""
    read_query(NoParameters)
    now = indexed()
    found = check_all(now.index)
    return render_template(
        "selection/cases.html",
        cases=[{"one": one, "texts": _texts(one.case.request)} for one in found],
        broken=[one for one in found if not one.verdict.holds],
        why_no_edit=why_not(current_actor(), Permission.CREATE),
        most=cases.MOST_CASES,
    )


@pages.post("/select/cases")
@requires(Permission.CREATE)
def save() -> ResponseReturnValue:
    """Save a case, or change the one that the form names."""
    form, replaced = request.form, request.form.get("replaces", "")
    try:
        content, actor = _content(form), current_actor(form.get("reason") or None)
        case = cases.change(replaced, content, actor=actor) if replaced else cases.save(content, actor=actor)
    except (BadRequest, Conflict) as refusal:
        return _form_page(form, {name: form[name] for name in NAMES if form.get(name)}, refusal)
    flash(f"The case {case.name} is saved.")
    return redirect(url_for(".index"), 303)


@pages.get("/select/cases/new")
@requires(Permission.CREATE)
def new() -> ResponseReturnValue:
    """The form of a new case; what its address says of the request stands in it already."""
    return _form_page(request.args, {name: request.args[name] for name in NAMES if request.args.get(name)})


@pages.get("/select/cases/<name>/edit")
@requires(Permission.CREATE)
def edit(name: str) -> ResponseReturnValue:
    """The form of a case that is there."""
    read_query(NoParameters)
    case = cases.case_named(name)
    form = {"name": case.name, "expected": case.expected, "note": case.note, "replaces": case.name}
    return _form_page({**form, "must_hold": "yes" if case.must_hold else ""}, _texts(case.request))


@pages.get("/select/cases/<name>/delete")
@requires(Permission.CREATE)
def ask_delete(name: str) -> ResponseReturnValue:
    """Ask once more, since deleting cannot be undone."""
    read_query(NoParameters)
    case, question = cases.case_named(name), "selection/_delete_case.html"
    return page_or_fragment("selection/ask.html", question, question=question, case=case)


@pages.post("/select/cases/<name>/delete")
@requires(Permission.CREATE)
def delete(name: str) -> ResponseReturnValue:
    """Remove a case."""
    cases.delete(name, actor=current_actor(request.form.get("reason") or None))
    flash(f"The case {name} is deleted. The audit log keeps what it was.")
    return redirect(url_for(".index"), 303)


def _content(form: Mapping[str, str]) -> CaseContent:
    """What a form says.

    Raises:
        BadRequest: its request, or what it expects, is none.
    """
    try:
        asked = request_of({name: form[name] for name in NAMES if name in form})
    except InvalidRequest as invalid:
        raise BadRequest(f"The request cannot be kept: {invalid}") from None
    expected = expected_of(form.get("expected", ""), indexed().index)
    return CaseContent(form.get("name", ""), asked, expected, form.get("must_hold") == "yes", form.get("note", ""))


def _form_page(
    form: Mapping[str, str], texts: Mapping[str, str], refusal: CatalogError | None = None
) -> ResponseReturnValue:
    page = render_template(
        "selection/case.html",
        form={name: form.get(name, "") for name in ("name", "expected", "must_hold", "note", "replaces")},
        texts=texts,
        longest_intent=LONGEST_INTENT,
        refusal=refusal.detail if refusal else "",
    )
    return page, 200 if refusal is None else refusal.status


def _texts(kept: Any) -> dict[str, str]:
    """A kept request as parameters of an address; one that is none any more has none."""
    try:
        return texts_of(read_request(kept))
    except InvalidRequest:
        return {}
