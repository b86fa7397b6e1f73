"""The pages of selection: the playground, where people ask what orchestrators ask and see why."""

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.definitions.vocabulary import PLATFORMS
from app.errors import BadRequest
from app.extensions import csrf
from app.permissions import Permission, requires, why_not
from app.selection.call_texts import as_curl, as_python
from app.selection.playground import Play, play, stacked
from app.selection.playground_form import is_form
from app.selection.request import Preference
from app.selection.scoring import AXES
from app.web import current_actor, is_htmx, page_or_fragment, settings

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

ENVIRONMENTS = ("development", "testing", "staging", "production")
EXAMPLES = (
    "restart nginx on web-01 quickly",
    "find the biggest files in /var/log",
    "search log files for errors thoroughly",
    "check the certificate of example.com",
    "why is the disk full?",
)


@pages.get("/select")
@requires(Permission.READ)
def show() -> ResponseReturnValue:
    """The playground. The whole request is in the address, which a form's fields are made shorter to."""
    fields, actor = _fields(), current_actor()
    shown = play(fields, actor)
    address = f"{url_for('.show')}?{urlencode(shown.texts)}".removesuffix("?")
    if shown.request is not None and is_form(fields) and not is_htmx():
        return redirect(address, 303)
    page = page_or_fragment(
        "selection/show.html",
        "selection/_answered.html",
        play=shown,
        calls=_calls(shown),
        share=f"{_root()}{address}",
        axes=AXES,
        stacked=stacked,
        goals=[goal.value for goal in Preference],
        platforms=PLATFORMS,
        environments=ENVIRONMENTS,
        examples=EXAMPLES,
        why_no_case=why_not(actor, Permission.CREATE),
    )
    return _noted(page, shown, address)


def _noted(page: Response, shown: Play, address: str) -> Response:
    """The answer, which says whether it could be given, and — to htmx — under which address it is had again."""
    if shown.errors:
        page.status_code = 422
    elif is_htmx():
        page.headers["HX-Replace-Url"] = address
    return page


def _fields() -> dict[str, str]:
    """The fields in the address, each once."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise BadRequest(f"The parameter {twice[0]} is given more than once.", parameter=twice[0])
    return request.args.to_dict()


def _calls(shown: Play) -> dict[str, str]:
    """The request as programs send it, by what they send it with."""
    if shown.request is None:
        return {}
    return {
        "curl": as_curl(shown.request, f"{_root()}{url_for('selection.api.select')}"),
        "Python": as_python(shown.request, _root()),
    }


def _root() -> str:
    """Where the catalog is reached."""
    return (settings().public_url or request.url_root).rstrip("/")
