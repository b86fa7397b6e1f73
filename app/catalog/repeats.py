"""What every POST of a face does with an `Idempotency-Key`: reads it, and answers a repeat as the first time."""

from collections.abc import Callable, Iterator

from flask import Response, request

from app.catalog.idempotency import Answer, fingerprint, once
from app.web import current_actor, json_response


def answer_once(act: Callable[[], Answer]) -> Response:
    """Answer a POST; with an `Idempotency-Key`, a repeat gets the same answer and does nothing."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return response_of(act())
    who = current_actor().name.encode()
    asked = fingerprint(who, request.method.encode(), request.full_path.encode(), *_sent_parts())
    return response_of(once(key, asked, act))


def _sent_parts() -> Iterator[bytes]:
    """What the body says: its bytes, or its files, since every upload parts them with a boundary of its own."""
    if not request.files:
        yield request.get_data(cache=True)
    for name, file in request.files.items(multi=True):
        file.stream.seek(0)
        yield from (name.encode(), (file.filename or "").encode(), file.stream.read())


def response_of(answer: Answer) -> Response:
    """Make a response of an answer."""
    return json_response(answer.body, answer.status, answer.headers)
