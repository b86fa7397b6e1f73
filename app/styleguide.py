"""Every component in every state, on one page: to look things up, and to see at once what a change of style does."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.definitions.curves import curve
from app.definitions.diff import diff
from app.definitions.text_diff import text_diff
from app.definitions.vocabulary import PLATFORMS, STATUSES, VARIABLES
from app.permissions import Permission, requires

bp = Blueprint("styleguide", __name__)


@bp.get("/styleguide")
@requires(Permission.READ)
def show() -> ResponseReturnValue:
    """Show every component."""
    return render_template(
        "styleguide/index.html",
        statuses=(*STATUSES, None),
        platforms=PLATFORMS,
        drawn=curve("2000 + 0.5 * N", VARIABLES),
        changes=diff({"tool_name": "grep", "description": "Find"}, {"tool_name": "grep", "description": "Find text"}),
        stretches=text_diff("tool_name: grep\ndescription: Find\n", "tool_name: grep\ndescription: Find text\n"),
        moments=[datetime.now(UTC) - timedelta(seconds=ago) for ago in (5, 300, 9_000, 200_000, 9_000_000)],
    )
