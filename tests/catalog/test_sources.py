"""Where documents to import come from: files, folders, uploads and bodies."""

from pathlib import Path

import pytest

from app.catalog.sources import BULK_LIMITS, body_sources, file_source, files_under, read_named
from app.definitions.documents import DOCUMENT_LIMITS, UnreadableDocument, document_of, read_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with definitions in several depths, and other files."""
    for name in ("b.yaml", "a.yml", "deep/er/c.json", "readme.md", "deep/d.yaml.bak"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"tool_name": "a"}')
    return tmp_path


def test_folders_are_searched_through_in_a_stable_order(folder: Path) -> None:
    assert [path.name for path in files_under([folder])] == ["a.yml", "b.yaml", "c.json"]


def test_a_file_named_twice_is_read_once(folder: Path) -> None:
    found = files_under([folder / "b.yaml", folder, folder / "b.yaml"])
    assert [path.name for path in found] == ["b.yaml", "a.yml", "c.json"]


def test_a_file_named_itself_is_read_whatever_its_ending(folder: Path) -> None:
    assert files_under([folder / "readme.md"]) == [folder / "readme.md"]


def test_a_path_that_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files_under([folder / "nothing"])


def test_a_file_is_read_when_its_turn_comes(folder: Path) -> None:
    source = file_source(folder / "b.yaml")
    (folder / "b.yaml").write_text("tool_name: changed\n")
    assert source.read().data == {"tool_name": "changed"}


def test_the_ending_tells_json_from_yaml() -> None:
    assert read_named("a.JSON", b'{"a": 1}').data == read_named("a.yaml", b"a: 1").data
    with pytest.raises(UnreadableDocument):
        read_named("a.json", b"a: 1")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[{"tool_name": "a"}, {"tool_name": "b"}]', ["tools[0]", "tools[1]"]),
        ('{"tools": [{"tool_name": "a"}]}', ["tools[0]"]),
        ('{"tool_name": "a"}', ["body"]),
        ('{"tools": {"a": {}}}', ["body"]),
        ("[]", []),
    ],
)
def test_a_body_holds_one_definition_or_many(text: str, names: list[str]) -> None:
    body = read_json(text, BULK_LIMITS, root_may_be_list=True)
    assert [source.name for source in body_sources(body)] == names


def test_what_is_no_definition_in_a_list_is_refused_by_itself() -> None:
    first, second = body_sources(read_json('[1, {"tool_name": "a"}]', root_may_be_list=True))
    with pytest.raises(UnreadableDocument) as refusal:
        first.read()
    assert refusal.value.findings[0].code == "root-not-mapping"
    assert second.read().data == {"tool_name": "a"}


def test_each_of_many_is_as_small_as_it_would_have_to_be_alone() -> None:
    large = {"tool_name": "a", "notes": "x" * DOCUMENT_LIMITS.bytes}
    (source,) = body_sources(document_of({"tools": [large]}))
    with pytest.raises(UnreadableDocument) as refusal:
        source.read()
    assert refusal.value.findings[0].code == "too-large"
