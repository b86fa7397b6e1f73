"""A caller of the JSON face: makes requests that must succeed, and asks what tests ask most."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.definition import definition

TOOLS = "/api/v1/tools"


class Caller:
    """Speaks to one application over HTTP; every method but `send` expects success."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def send(self, method: str, path: str = "", **request: Any) -> TestResponse:
        """Any request below the tools, whatever the answer."""
        return self.client.open(TOOLS + path, method=method, **request)

    def ok(self, method: str, path: str = "", **request: Any) -> Any:
        """A request that must succeed; its JSON."""
        answer = self.send(method, path, **request)
        assert answer.status_code in {200, 201, 204}, answer.text
        return answer.get_json(silent=True)

    def create(self, name: str = "grep", **changes: Any) -> Any:
        """Create a valid tool, with top-level keys of its definition replaced."""
        return self.ok("POST", json=definition(name, **changes))

    def update(self, name: str = "grep", **changes: Any) -> Any:
        """Put a whole definition that names no version, with top-level keys replaced."""
        whole = definition(name, **changes)
        if "version" not in changes:
            del whole["version"]
        return self.ok("PUT", f"/{name}", json=whole)

    def patch(self, name: str, **changes: Any) -> Any:
        """Merge changes into a tool."""
        return self.ok("PATCH", f"/{name}", json=changes)

    def read(self, name: str = "grep") -> Any:
        """The latest version of a tool, whole."""
        return self.ok("GET", f"/{name}")

    def etag(self, name: str = "grep") -> str:
        """The entity tag of a tool's latest version, as an If-Match header says it."""
        return self.send("GET", f"/{name}").headers["ETag"]

    def versions(self, name: str = "grep") -> list[str]:
        """The numbers of a tool's versions, newest first."""
        return [version["version"] for version in self.ok("GET", f"/{name}/versions")["versions"]]

    def latest(self, name: str = "grep") -> list[str]:
        """The numbers of the versions that are the latest: one, if promises are kept."""
        found = self.ok("GET", f"/{name}/versions")["versions"]
        return [version["version"] for version in found if version["is_latest"]]

    def names(self) -> list[str]:
        """The names in the list of tools."""
        return [tool["tool_name"] for tool in self.ok("GET")["tools"]]
