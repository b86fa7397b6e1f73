"""Whether this process lives, and whether what it needs answers: for load balancers and for `make run`."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.answers import Health
from app.catalog.live import snapshot
from app.errors import CatalogError
from app.openapi import documented
from app.permissions import Permission, requires
from app.schema import CURRENT, migration_state
from app.web import dumps, json_response

health = Blueprint("health", __name__, url_prefix="/health")


@health.get("/live")
@documented((200, Health), is_limited=False)
@requires(Permission.PUBLIC)
def live() -> ResponseReturnValue:
    """Answer while the process lives."""
    return json_response(dumps({"status": "ok"}))


@health.get("/ready")
@documented((200, Health), (503, Health), is_limited=False)
@requires(Permission.PUBLIC)
def ready() -> ResponseReturnValue:
    """Answer 200 when the database answers, its migrations are current and the snapshot is there; 503 before."""
    state: dict[str, object] = {"status": "unavailable", "database": "unavailable", "migrations": None}
    try:
        state["migrations"] = migration_state()
        state["database"] = "ok"
        state["revision"] = snapshot().revision
    except (SQLAlchemyError, CatalogError):
        return json_response(dumps(state), 503, {"Retry-After": "1"})
    if state["migrations"] != CURRENT:
        return json_response(dumps(state), 503, {"Retry-After": "1"})
    return json_response(dumps({**state, "status": "ok"}))
