"""ProfileLoader: the same snapshot from the server and from files, and what it does without the server."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_client import NoSnapshot, ProfileLoader, Snapshot, Unreachable, UnreadableDefinition
from catalog_client.disk_copy import DiskCopy
from tests.catalog_client.author import Author
from tests.catalog_client.odd_server import OddServer, Reply
from tests.catalog_client.tools import whole
from tests.seed.definitions import FOLDER
from tests.served import Served

SNAPSHOT = {"revision": 3, "content_hash": "x", "total": 1, "tools": [whole()]}


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address where nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def seeds(snapshot: Snapshot) -> Snapshot:
    """Only the tools that ship, whatever other tests have made."""
    names = {path.stem.lower() for path in FOLDER.rglob("*.yaml")}
    return Snapshot(0, [tool for tool in snapshot if tool.key in names])


def test_the_tools_that_ship_are_the_same_from_the_server_and_from_files(served: Served) -> None:
    server, files = ProfileLoader(url=served.url), ProfileLoader(False, FOLDER)
    there, here = seeds(server.load()), files.load()
    assert (server.source, files.source) == ("catalog", "yaml")
    assert [tool.name for tool in there] == [tool.name for tool in here]
    assert there.facets() == here.facets()
    assert there.capabilities() == here.capabilities()
    for name in here.capabilities():
        assert [t.name for t in there.by_capability(name)] == [t.name for t in here.by_capability(name)]
    only_the_catalog_knows = {"id", "revision", "created_at", "updated_at", "created_by", "updated_by"}
    for tool, file in zip(there, here, strict=True):
        assert {k: v for k, v in tool.whole().items() if k not in only_the_catalog_knows} == {
            k: v for k, v in file.whole().items() if k not in only_the_catalog_knows
        }
        assert tool.whole().keys() == file.whole().keys()


def test_what_was_loaded_is_kept_until_told_otherwise(served: Served, author: Author) -> None:
    loader = ProfileLoader(url=served.url)
    first = loader.load()
    author.create("loader-kept")
    assert loader.load() is first
    loader.invalidate_cache()
    assert loader.source is None
    assert "loader-kept" in loader.load()


def test_reload_loads_afresh(served: Served, author: Author) -> None:
    loader = ProfileLoader(url=served.url)
    assert "loader-reload" not in loader.load()
    author.create("loader-reload")
    assert "loader-reload" in loader.reload()
    assert "loader-reload" in loader.load()


def test_reload_of_an_unchanged_catalog_sends_nothing_again(tmp_path: Path) -> None:
    with OddServer(snapshot=[Reply(SNAPSHOT, headers={"ETag": '"a"'}), Reply(status=304)]) as odd:
        loader = ProfileLoader(url=odd.url, cache=tmp_path / "copy")
        assert loader.load() is loader.reload()
    assert odd.headers_seen[1]["If-None-Match"] == '"a"'


def test_without_the_server_its_copy_is_loaded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with OddServer(snapshot=[Reply(SNAPSHOT)]) as odd:
        ProfileLoader(url=odd.url, cache=tmp_path / "copy").load()
    loader = ProfileLoader(True, FOLDER, url=odd.url, cache=tmp_path / "copy")
    assert [tool.name for tool in loader.load()] == ["grep"]
    assert loader.source == "copy"
    assert "no answer" in caplog.text
    assert "from copy" in caplog.text


def test_without_server_and_copy_the_files_are_loaded(nowhere: str, caplog: pytest.LogCaptureFixture) -> None:
    loader = ProfileLoader(True, FOLDER, url=nowhere)
    assert "grep" in loader.load()
    assert loader.source == "yaml"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_damaged_copy_is_passed_over(nowhere: str, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("{")
    loader = ProfileLoader(True, FOLDER, url=nowhere, cache=tmp_path / "copy")
    loader.load()
    assert loader.source == "yaml"


def test_the_server_is_preferred_again_as_soon_as_it_answers(served: Served, tmp_path: Path) -> None:
    loader = ProfileLoader(True, FOLDER, url=served.url, cache=tmp_path / "copy")
    assert loader.load().revision > 0
    assert loader.source == "catalog"
    assert DiskCopy(tmp_path / "copy", served.url).load() is not None


def test_with_nothing_to_load_from_the_error_says_why(nowhere: str) -> None:
    with pytest.raises(NoSnapshot, match=r"Connection refused; there is no copy.*no yaml_path") as caught:
        ProfileLoader(url=nowhere).load()
    assert isinstance(caught.value.__cause__, Unreachable)


def test_a_reload_that_fails_leaves_what_was_loaded(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("tool_name: x\n")
    loader = ProfileLoader(False, path)
    first = loader.load()
    path.write_text("tool_name: [\n")
    with pytest.raises(UnreadableDefinition):
        loader.reload()
    assert loader.load() is first


def test_files_are_read_again_by_reload(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("tool_name: x\n")
    loader = ProfileLoader(use_database=False, yaml_path=str(path))
    assert [tool.name for tool in loader.load()] == ["x"]
    path.write_text("tool_name: y\n")
    assert [tool.name for tool in loader.load()] == ["x"]
    assert [tool.name for tool in loader.reload()] == ["y"]


def test_there_must_be_something_to_load_from() -> None:
    with pytest.raises(ValueError, match="yaml_path"):
        ProfileLoader(use_database=False)


def test_an_address_is_checked_at_once() -> None:
    with pytest.raises(ValueError, match="address"):
        ProfileLoader(url="catalog:8080")
