"""A caller of one real serving process, who measures what each request costs it: seconds, and memory at its peak."""

import http.client
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from tests.parallel import until
from tests.served import Served

JSON, YAML = "application/json", "application/yaml"
BOUNDARY = "a-boundary-that-no-sample-holds"
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and what it cost.

    Attributes:
        seconds: until the last byte was there. mebibytes: how far the process grew beyond what it had before.
    """

    status: int
    body: bytes
    seconds: float
    mebibytes: float

    @property
    def json(self) -> Any:
        """The body, read."""
        return orjson.loads(self.body)


class Asking:
    """Speaks to a served catalog that has one worker."""

    def __init__(self, served: Served) -> None:
        # Beside the one that serves, one keeps the database running; and for a moment one says that it is ready.
        assert until(lambda: len(served.workers()) == 2)
        self.worker = max(served.workers(), key=lambda pid: psutil.Process(pid).memory_info().rss)
        self._host, self._port = "127.0.0.1", served.port
        # Whatever a request needs beside what it is about.
        cookie = served.cookie()
        self._headers = {"Authorization": f"Bearer {served.token}", "Cookie": f"{cookie['name']}={cookie['value']}"}

    def send(self, method: str, path: str, body: bytes | None = None, content_type: str = JSON) -> Answer:
        """Make one request, and see what it costs."""
        before = self._begin()
        headers = {**self._headers, **({"Content-Type": content_type} if body is not None else {})}
        started = time.perf_counter()
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        seconds = time.perf_counter() - started
        return Answer(response.status, content, seconds, (self._memory("VmHWM") - before) / 1024)

    def _begin(self) -> int:
        """Forget the peak of the worker's memory, and return how much it has now, in KiB."""
        Path(f"/proc/{self.worker}/clear_refs").write_text("5")
        return self._memory("VmRSS")

    def _memory(self, what: str) -> int:
        found = re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{self.worker}/status").read_text())
        assert found is not None
        return int(found[1])


def uploaded(name: str, content: bytes) -> tuple[bytes, str]:
    """A file as a form sends it: the body and its type."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


def ways_in(asking: Asking, body: bytes, content_type: str) -> dict[str, Callable[[], Answer]]:
    """Every way a definition comes in; `basis` has to be a tool."""
    file, form = uploaded("sample.json" if content_type == JSON else "sample.yaml", body)
    tools = "/api/v1/tools"
    return {
        "validate": lambda: asking.send("POST", f"{tools}/validate", body, content_type),
        "validate a tool": lambda: asking.send("POST", f"{tools}/basis/validate", body, content_type),
        "create": lambda: asking.send("POST", tools, body, content_type),
        "put": lambda: asking.send("PUT", f"{tools}/basis", body, content_type),
        "patch": lambda: asking.send("PATCH", f"{tools}/basis", body, content_type),
        "import": lambda: asking.send("POST", f"{tools}/import?on_conflict=new_version", body, content_type),
        "upload": lambda: asking.send("POST", f"{tools}/import?on_conflict=new_version", file, form),
    }
