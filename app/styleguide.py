"""Every component in every state, on one page: to look things up, and to see at once what a change of style does."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.definitions.vocabulary import PLATFORMS, STATUSES
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
        moments=[datetime.now(UTC) - timedelta(seconds=ago) for ago in (5, 300, 9_000, 200_000, 9_000_000)],
    )
