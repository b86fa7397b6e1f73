"""Acts on many tools, and taking changes back, in the JSON face."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from app.answers import Answered, NoParameters, Parameters
from app.catalog import bulk, undo
from app.catalog.bulk import LONGEST_TAG, MOST_TAGS, MOST_TOOLS, Act
from app.catalog.idempotency import Answer
from app.catalog.repeats import answer_once
from app.catalog.schemas import RepeatHeaders
from app.openapi import documented
from app.permissions import Permission, requires
from app.web import current_actor, dumps, read_options, read_query

api = Blueprint("bulk_api", __name__, url_prefix="/api/v1")
HIGHEST_REVISION = 2**63 - 1


class BulkOptions(Parameters):
    """What to do to which tools."""

    names: list[str] = Field(min_length=1, max_length=MOST_TOOLS, description="tools by name")
    act: Act
    tags: list[str] = Field(default=[], max_length=MOST_TAGS, description=f"of at most {LONGEST_TAG} characters")
    reason: str | None = Field(None, max_length=1000)


class UndoOptions(Parameters):
    """The revisions of the change to take back, as its answer told them."""

    first: int = Field(ge=1, le=HIGHEST_REVISION)
    last: int = Field(ge=1, le=HIGHEST_REVISION)
    reason: str | None = Field(None, max_length=1000)


class BulkDone(Answered):
    """What was done; `first` and `last` are the revisions it took, null when all tools were so already."""

    act: Act
    tools: list[str]
    unchanged: list[str]
    first: int | None
    last: int | None


class LeftOut(BaseModel):
    """A tool that was left as it is, and why."""

    tool_name: str
    detail: str


class UndoDone(Answered):
    """What was taken back, and the revisions that took."""

    tools: list[str]
    left: list[LeftOut]
    first: int | None
    last: int | None


@api.post("/tools/bulk")
@documented((200, BulkDone), headers=RepeatHeaders, body=BulkOptions, refuses=(400, 404, 409, 415, 422, 503))
@requires(Permission.EDIT)
def apply() -> ResponseReturnValue:
    """Do one thing to many tools, in one transaction: all of them, or none."""
    read_query(NoParameters)
    options = read_options(BulkOptions)
    actor = current_actor(options.reason)

    def act() -> Answer:
        return Answer(200, {}, dumps(bulk.apply(options.names, options.act, actor=actor, tags=options.tags)))

    return answer_once(act)


@api.post("/tools/undo")
@documented((200, UndoDone), headers=RepeatHeaders, body=UndoOptions, refuses=(400, 404, 409, 415, 422, 503))
@requires(Permission.EDIT)
def take_back() -> ResponseReturnValue:
    """Take back what a change did, wherever nobody changed the tool since."""
    read_query(NoParameters)
    options = read_options(UndoOptions)
    actor = current_actor(options.reason)
    return answer_once(lambda: Answer(200, {}, dumps(undo.undo(options.first, options.last, actor=actor))))
