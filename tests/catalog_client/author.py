"""Someone who changes a running catalog, through its JSON."""

import json
from typing import Any
from urllib.request import Request, urlopen

from tests.definition import definition
from tests.people import HEADERS


class Author:
    """Changes tools of the catalog at an address; every change answers the revision it made."""

    def __init__(self, url: str) -> None:
        self._url = url

    def create(self, name: str, **changes: Any) -> int:
        """A new tool, from the small definition that tests start from."""
        return self._changed("POST", "", definition(name, **changes))

    def update(self, name: str, **changes: Any) -> int:
        """A new version of a tool."""
        return self._changed("PUT", f"/{name}", changes)

    def disable(self, name: str) -> int:
        """Take a tool off offer."""
        return self._changed("PATCH", f"/{name}/disable")

    def promote(self, name: str, version: str) -> int:
        """Make another version the latest."""
        return self._changed("POST", f"/{name}/versions/{version}/promote", {"reason": "better"})

    def delete(self, name: str) -> int:
        """Delete a tool."""
        self.ask("DELETE", f"/api/v1/tools/{name}")
        return self.revision

    @property
    def revision(self) -> int:
        """The catalog's revision."""
        revision: int = self.ask("GET", "/api/v1/snapshot")["revision"]
        return revision

    def tools(self) -> dict[str, dict[str, Any]]:
        """Every tool, whole, by name."""
        return {tool["tool_name"]: tool for tool in self.ask("GET", "/api/v1/snapshot")["tools"]}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask for anything."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, {"Content-Type": "application/json", **HEADERS}, method=method)
        with urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _changed(self, method: str, path: str, body: object = None) -> int:
        revision: int = self.ask(method, f"/api/v1/tools{path}", body)["revision"]
        return revision
