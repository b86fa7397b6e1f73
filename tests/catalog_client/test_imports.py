"""The client comes without the web application and the database driver."""

import subprocess
import sys

from tests.served import PROJECT

BLOCKED = """
import sys
from importlib.abc import MetaPathFinder

class Blocks(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {"flask", "sqlalchemy", "psycopg", "flask_sqlalchemy", "werkzeug", "granian"}:
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Blocks())
"""
USES = """
import threading
import catalog_client
assert threading.active_count() == 1
snapshot = catalog_client.ProfileLoader(use_database=False, yaml_path="seed_tools").load()
from catalog_client.selector import Selector
assert Selector().select(snapshot, {"intent": "find text in files"})["candidates"]
assert snapshot.get("grep").is_offered
catalog_client.CatalogClient("http://127.0.0.1:9")
assert threading.active_count() == 1
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_client_needs_neither_flask_nor_a_database_driver_and_starts_no_thread() -> None:
    done = run(BLOCKED + USES)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_block_blocks() -> None:
    assert "flask is not there" in run(BLOCKED + "import app.factory").stderr
