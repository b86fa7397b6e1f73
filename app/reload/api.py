"""The JSON face of reloads and of the change feed, at /api/v1."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import orjson
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.answers import NoParameters, read_headers
from app.catalog.live import snapshot
from app.catalog.snapshot import Snapshot
from app.errors import BadRequest
from app.openapi import documented
from app.permissions import Permission, requires
from app.reload import history, processes
from app.reload.feed import Change, Feed, Told, feed, states
from app.reload.history import HistoryQuery, Statistics
from app.reload.processes import Serving, Spread
from app.reload.schemas import (
    ChangesOut,
    ChangesQuery,
    HistoryOut,
    HistoryParameters,
    ReloadEventOut,
    ReloadQuery,
    SnapshotOut,
    StatisticsOut,
    StatisticsParameters,
    StreamHeaders,
    StreamQuery,
    WebhookBody,
    WebhookHeaders,
)
from app.reload.service import hot_reload
from app.reload.webhook import check_signature
from app.web import checked, current_actor, dumps, json_response, read_options, read_query, settings, still_good

api = Blueprint("api", __name__, url_prefix="/api/v1")

RETRY_S = 1
HEARTBEAT_S = 15.0
HEARTBEATS = 20
"""How many of them in a row end a stream: the browser comes back by itself, and nobody holds a thread for ever."""
EVENT_STREAM = "text/event-stream"


@api.get("/snapshot")
@documented((200, SnapshotOut), (304, None), refuses=(400, 503))
@requires(Permission.READ)
def whole() -> ResponseReturnValue:
    """Read the whole catalog as this process serves it: the latest version of every tool, whole."""
    read_query(NoParameters)
    current = snapshot()
    etag = f"{current.content_hash}-{current.revision}"
    if request.if_none_match.contains_weak(etag):
        return Response(status=304, headers=read_headers(etag))
    return Response(_whole(current), headers=read_headers(etag), content_type="application/json")


@api.get("/changes")
@documented((200, ChangesOut), query=ChangesQuery, refuses=(400, 410, 503))
@requires(Permission.READ)
def changes() -> ResponseReturnValue:
    """Read the changes after a revision, in order; wait for the next one when there is none yet."""
    query = read_query(ChangesQuery)
    told = feed().wait_after(query.since, query.wait, query.limit)
    headers = {"Cache-Control": "no-store"}
    if told.is_crowded:
        headers["Retry-After"] = str(RETRY_S)
    return json_response(_told(told, with_tools=query.tools), headers=headers)


@api.get("/changes/stream")
@documented((200, None), query=StreamQuery, headers=StreamHeaders, refuses=(400, 410, 503), text=(EVENT_STREAM,))
@requires(Permission.READ)
def stream() -> ResponseReturnValue:
    """Follow the changes as server-sent events, each with its revision as id."""
    since = _resumed_at(read_query(StreamQuery))
    first = feed().after(snapshot().revision if since is None else since)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(_events(feed(), first, still_good()), headers=headers, content_type=EVENT_STREAM)


@api.post("/tools/reload")
@documented((200, ReloadEventOut), query=ReloadQuery, refuses=(400, 503))
@requires(Permission.RELOAD)
def reload() -> ResponseReturnValue:
    """Read a tool again, or the whole catalog, in every serving process; answers with the event of this one."""
    query = read_query(ReloadQuery)
    by = query.triggered_by or current_actor().name
    service = hot_reload()
    act = service.trigger_reload_everywhere if query.processes == "all" else service.trigger_reload
    return json_response(dumps(act(query.tool_name, "manual", by).as_json()))


@api.post("/tools/reload/webhook")
@documented((200, ReloadEventOut), headers=WebhookHeaders, body=WebhookBody, refuses=(400, 401, 404, 415, 503))
@requires(Permission.PUBLIC)
def webhook() -> ResponseReturnValue:
    """Do the same for another system that signs its calls, as https://www.standardwebhooks.com says."""
    read_query(NoParameters)
    check_signature(settings().reload_webhook_secret, dict(request.headers), request.get_data(cache=True))
    body = read_options(WebhookBody)
    sender = f"webhook {request.headers['Webhook-Id']}"[:200]
    event = hot_reload().trigger_reload_everywhere(body.tool_name, "webhook", sender)
    return json_response(dumps(event.as_json()))


@api.get("/tools/reload/history")
@documented((200, HistoryOut), query=HistoryParameters, refuses=(400, 503))
@requires(Permission.READ)
def events() -> ResponseReturnValue:
    """List reload events of every process, newest first."""
    asked = read_query(HistoryParameters)
    query = HistoryQuery(asked.trigger_type, asked.tool_name, asked.process, asked.success, limit=asked.limit)
    told = [event.as_json() for event in history.events(query)]
    return json_response(dumps({"history": told, "total": history.count(query)}))


@api.get("/tools/reload/statistics")
@documented((200, StatisticsOut), query=StatisticsParameters, refuses=(400, 503))
@requires(Permission.READ)
def statistics() -> ResponseReturnValue:
    """Read what the kept reload events amount to, of one process or of all, and which processes serve."""
    process = read_query(StatisticsParameters).process
    told = _statistics(hot_reload().get_statistics(process), processes.spread())
    return json_response(dumps({**told, "configuration": asdict(hot_reload().configuration)}))


def _whole(current: Snapshot) -> Iterator[bytes]:
    """The snapshot as JSON, tool by tool: nobody needs all of it in one piece."""
    counts = {"revision": current.revision, "content_hash": current.content_hash, "total": len(current)}
    yield dumps(counts)[:-1] + b',"tools":['
    for number, tool in enumerate(current):
        yield b"," + tool.json if number else tool.json
    yield b"]}"


def _told(told: Told, *, with_tools: bool) -> bytes:
    answer: dict[str, Any] = {
        "revision": told.revision,
        "latest": told.snapshot.revision,
        "changes": told.changes,
    }
    if with_tools:
        answer["tools"] = {name: body and orjson.Fragment(body) for name, body in states(told).items()}
    return dumps(answer)


def _resumed_at(query: StreamQuery) -> int | None:
    """Where a stream goes on: where the browser says it was, or where the address says."""
    last = request.headers.get("Last-Event-ID", "")
    if not last:
        return query.since
    try:
        return checked(StreamQuery, {"since": last}).since
    except BadRequest:
        raise BadRequest("Last-Event-ID is no revision: it is the id of the last event.") from None


def _events(feed: Feed, told: Told, may_go_on: Callable[[], bool]) -> Iterator[bytes]:
    """Server-sent events: first what is there already, then what comes, with a sign of life in between.

    They end when the reader's token or session does.
    """
    with feed.room() as has_room:
        yield b"retry: %d\n\n" % (1000 * RETRY_S if has_room else 5000)
        quiet = 0
        while True:
            for change in told.changes:
                yield _event(change)
            if not told.changes:
                yield b"id: %d\n: still here\n\n" % told.revision
            quiet = 0 if told.changes else quiet + 1
            if not has_room or feed.is_closing or quiet > HEARTBEATS:
                return
            told = feed.wait_in_room(told.revision, HEARTBEAT_S)
            if not may_go_on():
                return


def _event(change: Change) -> bytes:
    return b"event: change\nid: %d\ndata: %b\n\n" % (change.revision, dumps(change))


def _statistics(found: Statistics, spread: Spread) -> dict[str, Any]:
    return {
        "total_reloads": found.total,
        "successful_reloads": found.successful,
        "failed_reloads": found.failed,
        "success_rate": found.success_rate,
        "average_duration_ms": found.durations.average,
        "p50_duration_ms": found.durations.p50,
        "p95_duration_ms": found.durations.p95,
        "by_trigger": found.by_trigger,
        "last_reload": found.last and found.last.as_json(),
        "revision": spread.revision,
        "live_processes": spread.live,
        "processes": [_serving(one, spread.revision) for one in spread.processes],
    }


def _serving(one: Serving, revision: int) -> dict[str, Any]:
    return {
        **asdict(one.process),
        "revision": one.revision,
        "content_hash": one.content_hash,
        "is_live": one.revision >= revision and not one.is_silent,
        "is_listening": one.is_listening,
        "is_silent": one.is_silent,
        "seen_at": one.seen_at,
    }
