"""Logs: one line per request, with an id that the caller may choose."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from flask.testing import FlaskClient

from app.config import PROJECT

ASK = """
from pathlib import Path
from app import create_app
from app.config import Settings
app = create_app(Settings(data_dir=Path({directory!r}), log_format="json", database_url="unused"))
app.test_client().get("/health/live", headers={{"X-Request-ID": "r-7"}})
"""


@pytest.mark.parametrize("given", ["deploy-7", "A.b_c-1", "x" * 64])
def test_a_harmless_request_id_is_taken_over(client: FlaskClient, given: str) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "a;b", "é"])
def test_any_other_is_replaced(client: FlaskClient, given: str) -> None:
    answered = client.get("/health/live", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert answered != given
    assert len(answered) == 32


def test_requests_have_different_ids(client: FlaskClient) -> None:
    assert len({client.get("/health/live").headers["X-Request-ID"] for _ in range(5)}) == 5


def test_a_request_is_one_line_of_json_for_machines(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK.format(directory=str(tmp_path))]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, check=True, timeout=60)
    (line,) = done.stderr.splitlines()
    told = orjson.loads(line)
    assert (told["event"], told["method"], told["path"], told["status"]) == ("answered", "GET", "/health/live", 200)
    assert (told["request_id"], told["level"]) == ("r-7", "info")
    assert told["ms"] >= 0
