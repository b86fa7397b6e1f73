"""The client while the server is down, when it comes back, and when it comes back as an older one."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_client import CatalogClient
from tests.catalog_client.author import Author
from tests.definition import definition
from tests.parallel import until
from tests.served import Served

PATIENCE_S = 20


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog that these tests stop and start; running when a test begins."""
    folder = tmp_path_factory.mktemp("outages")
    (folder / "seeds").mkdir()
    (folder / "seeds" / "grep.json").write_text(json.dumps(definition()))
    served = Served(folder / "data", {"SEED_DIR": str(folder / "seeds"), "WORKERS": "1"})
    yield served
    served.stop()


@pytest.fixture
def author(served: Served) -> Author:
    """Someone who changes it, while it runs."""
    if not served.accepts():
        served.start()
    return Author(served.url)


def backup(served: Served, target: Path) -> None:
    """Copy the stopped database, with its owners."""
    subprocess.run(["cp", "-a", served.data_dir / "postgres", target], check=True)


def restore(served: Served, source: Path) -> None:
    """Put a copy in the place of the stopped database."""
    shutil.rmtree(served.data_dir / "postgres")
    subprocess.run(["cp", "-a", source, served.data_dir / "postgres"], check=True)


def is_as_served(client: CatalogClient, author: Author) -> bool:
    return {tool.name: tool.whole() for tool in client} == author.tools()


def test_a_restart_works_without_the_server_and_is_honest_about_it(
    served: Served, author: Author, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.json"
    with CatalogClient(served.url, cache=copy) as client:
        assert client.wait_for(author.create("outage-known"), PATIENCE_S)
        revision = client.revision
    served.stop()
    told = json.loads(copy.read_text())
    copy.write_text(json.dumps({**told, "confirmed_at": told["confirmed_at"] - 7200}))

    with CatalogClient(served.url, cache=copy) as client:
        assert client.get("outage-known") is not None
        assert client.revision == revision
        assert client.age >= 7200
        assert client.stale
        assert until(lambda: client.error is not None)
        assert not client.wait_until_current(0)
        assert client.age >= 7200

        served.start()
        assert client.wait_until_current(PATIENCE_S)
        assert (client.stale, client.error) == (False, None)
        assert client.wait_for(author.create("outage-after"), PATIENCE_S)
        assert is_as_served(client, author)


def test_lookups_go_on_while_the_server_is_away(served: Served, author: Author) -> None:
    with CatalogClient(served.url, wait_s=1) as client:
        assert client.wait_for(author.create("outage-away"), PATIENCE_S)
        served.stop()
        assert until(lambda: client.error is not None, PATIENCE_S)
        assert not client.wait_until_current(0)
        before = client.age
        assert client.get("outage-away") is not None
        assert until(lambda: client.age > before)
        served.start()
        assert client.wait_for(author.create("outage-back"), PATIENCE_S)
        assert is_as_served(client, author)


def test_a_catalog_restored_from_an_older_state_is_loaded_anew(served: Served, author: Author, tmp_path: Path) -> None:
    author.create("outage-old")
    served.stop()
    backup(served, tmp_path / "backup")
    served.start()
    copy = tmp_path / "copy.json"
    with CatalogClient(served.url, wait_s=1) as client, CatalogClient(served.url, cache=copy) as sleeper:
        for number in range(3):
            revision = author.create(f"outage-lost-{number}")
        assert client.wait_for(revision, PATIENCE_S)
        assert sleeper.wait_for(revision, PATIENCE_S)
        sleeper.close()
        served.stop()
        restore(served, tmp_path / "backup")
        served.start()

        assert until(lambda: client.revision < revision, PATIENCE_S)
        assert client.get("outage-lost-0") is None
        assert client.get("outage-old") is not None
        assert client.wait_for(author.create("outage-new"), PATIENCE_S)
        assert is_as_served(client, author)

        for number in range(3):
            overtaking = author.update("outage-new", description=f"Past it {number}")
        assert overtaking > revision

    with CatalogClient(served.url, cache=copy) as woken:
        assert "outage-lost-0" in woken
        assert until(lambda: "outage-lost-0" not in woken, PATIENCE_S), "its revision is known, but of another history"
        assert woken.wait_for(overtaking, PATIENCE_S)
        assert is_as_served(woken, author)
