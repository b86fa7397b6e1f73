"""The JSON face of selection, at /api/v1/select."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.definitions.documents import UnreadableDocument
from app.errors import BadRequest
from app.openapi import documented
from app.permissions import Permission, requires
from app.selection import service
from app.selection.request import SelectionRequest
from app.selection.request_text import NAMES, InvalidRequest, read_request, request_of
from app.selection.schemas import SelectionOut, SelectionsOut, SelectQuery, SelectRequests
from app.web import dumps, json_response, read_body

api = Blueprint("api", __name__, url_prefix="/api/v1")

Read = TypeVar("Read")


@api.post("/select")
@documented((200, SelectionOut), body=SelectionRequest, refuses=(400, 404, 415, 503))
@requires(Permission.READ)
def select() -> ResponseReturnValue:
    """Rank what could do a job, with reasons. Nothing that may be used is an answer too: it says why."""
    asked = _readable(lambda: read_request(_sent()))
    return json_response(service.choose(asked))


@api.post("/select/batch")
@documented((200, SelectionsOut), body=SelectRequests, refuses=(400, 404, 415, 503))
@requires(Permission.READ)
def select_many() -> ResponseReturnValue:
    """Answer up to a hundred requests from one snapshot."""
    answers = service.choose_all(_readable(lambda: _many(_sent())))
    return json_response(dumps({"revision": answers[0]["revision"], "answers": answers}))


@api.get("/select")
@documented((200, SelectionOut), query=SelectQuery, refuses=(400, 404, 503))
@requires(Permission.READ)
def shared() -> ResponseReturnValue:
    """The same by address, for sharing. Lists are parted by commas, pairs written `N=40,pages=2`."""
    return json_response(service.choose(asked_in_address()))


def asked_in_address() -> SelectionRequest:
    """The request in the parameters of this address.

    Raises:
        BadRequest: one is unknown, given twice, or holds a value it cannot have.
    """
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise BadRequest(f"The parameter {twice[0]} is given more than once.", parameter=twice[0])
    return _readable(lambda: request_of(request.args))


def _sent() -> object:
    try:
        return read_body().data
    except UnreadableDocument as unreadable:
        raise BadRequest(unreadable.findings[0].message) from unreadable


def _many(body: object) -> list[SelectionRequest]:
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not 1 <= len(requests) <= service.MOST_REQUESTS or len(body) > 1:  # type: ignore[arg-type]
        raise BadRequest(f"Send {{“requests”: […]}}, with 1 to {service.MOST_REQUESTS} of them.")
    read = []
    for number, one in enumerate(requests):
        try:
            read.append(read_request(one))
        except InvalidRequest as invalid:
            raise InvalidRequest([(f"/requests/{number}{place}", told) for place, told in invalid.errors]) from None
    return read


def _readable(read: Callable[[], Read]) -> Read:
    """What is read, or a refusal that tells every place that is wrong."""
    try:
        return read()
    except InvalidRequest as invalid:
        errors = [{"path": place, "message": told} for place, told in invalid.errors[:20]]
        raise BadRequest(f"{invalid}.".replace("..", "."), errors=errors, known=list(NAMES)) from None
