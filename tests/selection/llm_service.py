"""An LLM service on a port of this machine, speaking OpenAI's chat completions; it can be told to misbehave."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "a-secret-of-the-service"


@dataclass(slots=True)
class Misbehaviour:
    """What the service does wrong: another status; text in place of its answer; silence, or drops, until let go."""

    status: int = 200
    body: bytes | None = None
    is_silent: bool = False
    drips: bool = False
    let_go: threading.Event = field(default_factory=threading.Event)


class LlmService(ThreadingHTTPServer):
    """Chooses what `choice` says. `asked` holds the body of every request, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        self.content = '{"choice": "B", "reason": "It is the\\n one that was asked for."}'
        self.wrong = Misbehaviour()
        self.asked: list[dict[str, Any]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """End it, and whatever it keeps waiting."""
        self.wrong.let_go.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A client that went away is none of its business."""

    def options(self) -> dict[str, Any]:
        """The job and the two options, as the last request told them."""
        told: dict[str, Any] = json.loads(self.asked[-1]["messages"][-1]["content"])
        return told


class _Handler(BaseHTTPRequestHandler):
    server: LlmService
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service, wrong = self.server, self.server.wrong
        if self.path != "/v1/chat/completions" or self.headers["Authorization"] != f"Bearer {KEY}":
            return self.answer(401, b'{"error": {"message": "Incorrect API key provided"}}')
        service.asked.append(asked)
        if wrong.is_silent:
            wrong.let_go.wait(30)
            return None
        if wrong.drips:
            return self.drip()
        message = {"role": "assistant", "content": service.content}
        completion = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": asked["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        return self.answer(wrong.status, wrong.body if wrong.body is not None else json.dumps(completion).encode())

    def answer(self, status: int, body: bytes) -> None:
        """Answer with JSON, or what passes for it."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self) -> None:
        """Answer a byte at a time, never to the end."""
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.server.wrong.let_go.wait(0.02):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""
