"""Data directories that are made once for a run and copied from then on: making one takes seconds, copying does not.

Who wants to see how the product begins with nothing at all, starts it on an empty directory.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from app import create_app, database
from app.config import Settings
from app.extensions import db
from app.schema import upgrade
from app.serve import seed_if_empty

EMPTY, SHIPPED = "empty", "shipped"
"""With the tables and nothing in them; with the definitions that ship besides."""
# The processes that share the tests share the directory that the first of them named here.
_FOLDER = "TOOL_CATALOG_TESTS_MADE_ONCE"


def begin() -> None:
    """Have a place for them, for this run."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="tool-catalog-tests-")


def end() -> None:
    """Throw them away."""
    shutil.rmtree(os.environ.pop(_FOLDER))


def copy(which: str, directory: Path) -> None:
    """Put what a data directory holds after the first start into this one; nothing outside of a run of tests."""
    if _FOLDER not in os.environ:
        return
    made = Path(os.environ[_FOLDER]) / which
    with made.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            # A process of its own: the last to leave the embedded server stops it, and only then it may be copied.
            being_made = made.with_suffix(".being-made")
            subprocess.run([sys.executable, "-m", __name__, which, str(being_made)], check=True)
            being_made.rename(made)
    # The server's files belong to somebody else where root runs the tests.
    subprocess.run(["cp", "-a", f"{made}/.", str(directory)], check=True)


def _make(which: str, directory: Path) -> None:
    settings = Settings(data_dir=directory, log_level="error")
    address = database.address(settings)
    with psycopg.connect(address, autocommit=True) as connection:
        # Nobody's data: they need not survive the machine, so nothing waits for its disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    with create_app(settings).app_context():
        upgrade()
        if which == SHIPPED:
            seed_if_empty(settings.seed_dir)
        db.engine.dispose()


if __name__ == "__main__":
    _make(sys.argv[1], Path(sys.argv[2]))
