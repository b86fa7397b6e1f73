"""`make sbom` and `make audit`: what the product is made of, and what is known of that, where a source answers."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.served import PROJECT, free_port

pytestmark = pytest.mark.soak
HOLE = {
    "id": "TEST-2026-1",
    "summary": "A hole of this test",
    "details": "",
    "aliases": [],
    "modified": "2026-01-01T00:00:00Z",
    "affected": [{"package": {"name": "flask", "ecosystem": "PyPI"}, "ranges": [], "versions": ["3.1.3"]}],
}


class Source(ThreadingHTTPServer):
    """An advisory source that speaks OSV's protocol, and knows holes of these packages."""

    def __init__(self, *known: str) -> None:
        super().__init__(("127.0.0.1", 0), Query)
        self.known, self.asked = known, set[str]()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Query(BaseHTTPRequestHandler):
    """One question."""

    server: Source

    def do_POST(self) -> None:
        """Answer for one package."""
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        self.server.asked.add(name)
        body = json.dumps({"vulns": [HOLE]} if name in self.server.known else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """A source that knows holes of the packages in the parameter."""
    source = Source(*request.param)
    yield source
    source.shutdown()
    source.server_close()


def make(target: str, port: int) -> "subprocess.CompletedProcess[str]":
    """Make a target, with the advisory source on this port only."""
    there = f"-s osv --osv-url http://127.0.0.1:{port}/v1/query"
    environment = {**os.environ, "ADVISORIES": there}
    return subprocess.run(["make", target], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("source", [()], indirect=True)
def test_locked_packages_without_a_known_hole_pass(source: Source) -> None:
    told = make("audit", source.server_address[1])
    assert told.returncode == 0
    assert "NOT CHECKED" not in told.stdout
    locked = (PROJECT / "requirements-dev.lock").read_text().splitlines()
    assert source.asked == {line.split("==")[0] for line in locked}


@pytest.mark.parametrize("source", [("flask",)], indirect=True)
def test_a_known_hole_fails(source: Source) -> None:
    told = make("audit", source.server_address[1])
    assert told.returncode != 0
    assert "TEST-2026-1" in told.stdout


def test_what_could_not_be_checked_is_said(tmp_path: object) -> None:
    told = make("audit", free_port())
    assert told.returncode == 0
    assert [line.split(":")[0] for line in told.stdout.splitlines()] == ["NOT CHECKED"] * 2


def test_the_bill_of_materials_names_every_locked_package() -> None:
    assert make("sbom", free_port()).returncode == 0
    told = json.loads((PROJECT / "sbom.cdx.json").read_text())
    assert told["bomFormat"] == "CycloneDX"
    named = {f"{part['name']}=={part['version']}" for part in told["components"]}
    assert named == set((PROJECT / "requirements.lock").read_text().splitlines())
