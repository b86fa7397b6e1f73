"""Files of definitions as a snapshot."""

import json
from pathlib import Path

import pytest

from catalog_client import UnreadableDefinition
from catalog_client.definition_files import snapshot_of_files
from tests.seed.definitions import FOLDER


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_definitions_that_ship_are_all_on_offer() -> None:
    snapshot = snapshot_of_files(FOLDER)
    assert len(snapshot) == len(list(FOLDER.rglob("*.yaml")))
    assert all(tool.is_offered and tool.capabilities for tool in snapshot)


def test_real_files_of_every_form_are_read(samples: Path, caplog: pytest.LogCaptureFixture) -> None:
    snapshot = snapshot_of_files(samples / "profiles")
    assert {"grep", "copy-item", "axis-vapix-io-ports", "info_display", "prometheus"} <= {t.key for t in snapshot}
    assert snapshot.get("tcpdump") in snapshot.by_capability("packet_capture")
    assert "tool_template.yaml is a template, and left out" in caplog.text
    asset_query = snapshot.get("asset-query")
    assert asset_query is not None
    assert asset_query.version == "1.1"


def test_a_tool_of_a_file_has_what_the_server_would_say(tmp_path: Path) -> None:
    path = write(tmp_path, "x.yaml", "tool_name: X\nplatform: linux\nmetadata: {tags: [a]}\nnote: kept\n")
    (tool,) = snapshot_of_files(path)
    assert (tool.name, tool.version, tool.status, tool.enabled) == ("X", "1.0", "active", True)
    assert (tool.revision, tool.owner, tool.tags) == (0, None, ("a",))
    assert tool.definition["note"] == "kept"
    assert tool.definition["id"] is None
    assert snapshot_of_files(path).revision == 0


@pytest.mark.parametrize(
    ("line", "status", "enabled"),
    [("status: deprecated", "deprecated", True), ("status: odd", "active", True), ("enabled: false", "active", False)],
)
def test_a_file_may_say_status_and_enabled(tmp_path: Path, line: str, status: str, enabled: bool) -> None:
    (tool,) = snapshot_of_files(write(tmp_path, "x.yaml", f"tool_name: x\n{line}\n"))
    assert (tool.status, tool.enabled) == (status, enabled)


def test_folders_are_searched_and_other_files_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "a/b/one.yml", "tool_name: one\n")
    write(tmp_path, "two.JSON", json.dumps({"tool_name": "two"}))
    write(tmp_path, "read.md", "no definition: {")
    assert [tool.name for tool in snapshot_of_files(tmp_path)] == ["one", "two"]


@pytest.mark.parametrize("first", ["1.9", "1.10"])
def test_of_several_versions_the_highest_stays(tmp_path: Path, first: str, caplog: pytest.LogCaptureFixture) -> None:
    second = {"1.9": "1.10", "1.10": "1.9"}[first]
    write(tmp_path, "a.yaml", f"tool_name: x\nversion: '{first}'\n")
    write(tmp_path, "b.yaml", f"tool_name: X\nversion: '{second}'\n")
    (tool,) = snapshot_of_files(tmp_path)
    assert tool.version == "1.10"
    assert "defined more than once; 1.10 stays" in caplog.text


def test_a_draft_never_takes_the_place_of_a_published_version(tmp_path: Path) -> None:
    write(tmp_path, "x.yaml", "tool_name: x\nversion: '1.0'\n")
    write(tmp_path, "x@1.1.yaml", "tool_name: x\nversion: '1.1'\nstatus: draft\n")
    (tool,) = snapshot_of_files(tmp_path)
    assert (tool.version, tool.status) == ("1.0", "active")


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("x.yaml", "tool_name: x\nversion: [1\n", ":3:1: "),
        ("x.json", '{"tool_name": "x",\n "tool_name": "y"}', ":2:2: "),
        ("x.json", '{"tool_name": "x",}', ":1:19: "),
        ("x.yaml", "tool_name: x\nversion: '1.0'\nversion: '1.1'\n", ":3:1: "),
        ("x.yaml", "description: nobody\nplatform: linux\n", ":1:1: "),
        ("x.yaml", "description: x\ntool_name: no good\n", ":2:1: "),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path: Path, name: str, text: str, place: str) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(UnreadableDefinition) as caught:
        snapshot_of_files(tmp_path)
    assert str(caught.value).startswith(f"{path}{place}")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDefinition, match=r"none:1:1: No such file"):
        snapshot_of_files(tmp_path / "none")
