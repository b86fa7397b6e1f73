"""Reads that were answered before, answered again without Flask.

A snapshot never changes, so neither does what was answered from it: whole tools, and the lists it remembers. Measured,
Flask's part of such a read is nine tenths of its time.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from app.answers import read_headers
from app.catalog.live import Live

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TOOL = "/api/v1/tools/"
JSON = "application/json"


class Remembered:
    """A WSGI application that answers from the current snapshot what it can, and asks ours for the rest.

    Conditional requests are among the rest: there is little to send, and Flask knows the rules.
    """

    def __init__(
        self, application: "WSGIApplication", live: Live, may_read: Callable[["WSGIEnvironment"], bool]
    ) -> None:
        """Stand in front of an application.

        Args:
            may_read: whether who asks may read the catalog; when it says no, the application decides, and says why.
        """
        self._application = application
        self._live = live
        self._may_read = may_read

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET" and "HTTP_IF_NONE_MATCH" not in environ:
            found = self._find(environ["PATH_INFO"], environ["QUERY_STRING"])
            if found is not None and self._may_read(environ):
                body, etag = found
                start_response("200 OK", headers_of(body, etag))
                return (body,)
        return self._application(environ, start_response)

    def _find(self, path: str, query: str) -> tuple[bytes, str] | None:
        """The bytes and entity tag that this address was, or would be, answered with."""
        current = self._live.current
        if current is None or not path.startswith("/api/v1/"):
            return None
        if not query and path.startswith(TOOL) and (tool := current.tool(path[len(TOOL) :])) is not None:
            return tool.json, tool.etag
        answer: tuple[bytes, str] | None = current.remembered((path, query.encode("latin-1")))
        return answer


def headers_of(body: bytes, etag: str) -> list[tuple[str, str]]:
    """The headers of a read, as Flask would send them."""
    return [*read_headers(etag).items(), ("Content-Type", JSON), ("Content-Length", str(len(body)))]
