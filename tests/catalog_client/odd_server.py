"""A server that answers what a test tells it to: for answers that the real one gives rarely, or never."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer: data becomes JSON, bytes are sent as they are."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class OddServer(ThreadingHTTPServer):
    """Answers the requests for a path with the replies there are for it, in turn; the last one for ever."""

    daemon_threads = True

    def __init__(self, **replies: Sequence[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self._replies: dict[str, list[Reply]] = {}
        self.answer(**replies)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> "OddServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def answer(self, **replies: Sequence[Reply]) -> None:
        """From now on give these replies."""
        self._replies.update({f"/api/v1/{name}": list(some) for name, some in replies.items()})

    def next_reply(self, path: str) -> Reply:
        """What to answer now."""
        replies = self._replies.get(path.partition("?")[0], [Reply(status=404)])
        return replies.pop(0) if len(replies) > 1 else replies[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, OddServer)
        self.server.asked.append(self.path)
        self.server.headers_seen.append(dict(self.headers))
        reply = self.server.next_reply(self.path)
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
