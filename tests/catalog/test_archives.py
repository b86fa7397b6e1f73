"""Zip archives: what is read of them, and what bombs, traps and broken ones are refused for."""

import io
import random
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from flask import Flask

from app.actor import command_actor
from app.catalog.archives import MOST_BYTES, MOST_FILES, Room, archive_of, files_in
from app.catalog.imports import OnConflict, Outcome, import_tools
from app.catalog.sources import ENDINGS, archive_sources, file_sources, upload_sources
from app.definitions.documents import DOCUMENT_LIMITS, UnreadableDocument

ME = command_actor("me")
GOOD = "tool_name: good\n"


def zipped(
    files: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """An archive, made as anybody can make one."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(zipfile.ZipInfo(name), text, compress_type=method)
    return content.getvalue()


def names(content: bytes) -> list[str]:
    """The names of the files that would be imported."""
    return [file.name for file in files_in(content, ENDINGS, Room())]


def code_of(content: bytes, room: Room | None = None) -> str:
    """What a whole archive is refused for."""
    with pytest.raises(UnreadableDocument) as refusal:
        files_in(content, ENDINGS, room or Room())
    return refusal.value.findings[0].code


def codes(content: bytes) -> dict[str, str | None]:
    """What each file of an archive is refused for; None: it is read."""
    told: dict[str, str | None] = {}
    for file in files_in(content, ENDINGS, Room()):
        try:
            file.read()
            told[file.name] = None
        except UnreadableDocument as refusal:
            told[file.name] = refusal.findings[0].code
    return told


def test_definitions_are_read_in_the_order_of_their_names() -> None:
    content = zipped({"b.yaml": GOOD, "deep/er/a.yml": "x: 1", "c.JSON": "{}"})
    assert names(content) == ["b.yaml", "c.JSON", "deep/er/a.yml"]
    assert files_in(content, ENDINGS, Room())[0].read() == GOOD.encode()


def test_folders_hidden_files_and_other_files_are_passed_over() -> None:
    others = ["deep/", ".hidden.yaml", ".git/a.yaml", "__MACOSX/._a.yaml", "readme.md", "a.yaml.bak"]
    assert names(zipped({**dict.fromkeys(others, ""), "a.yaml": GOOD})) == ["a.yaml"]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    assert code_of(content) == "archive-broken"


@pytest.mark.parametrize("kept", range(1, 20))
def test_an_archive_that_was_cut_off_is_refused_whole_or_file_by_file(kept: int) -> None:
    whole = zipped({f"{number}.yaml": GOOD * 50 for number in range(5)})
    assert code_of(whole[: len(whole) * kept // 20]) == "archive-broken"


def test_an_archive_without_definitions_says_so() -> None:
    assert code_of(zipped({"readme.md": "Hello"})) == "archive-empty"


def test_a_locked_archive_is_refused() -> None:
    content = bytearray(zipped({"a.yaml": GOOD}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + place
        content[at] |= 1
    assert code_of(bytes(content)) == "archive-encrypted"


def test_as_many_files_as_an_import_takes_are_read_and_one_more_refused() -> None:
    files = {f"{number}.yaml": "" for number in range(MOST_FILES)}
    assert len(names(zipped(files, zipfile.ZIP_STORED))) == MOST_FILES
    assert code_of(zipped({**files, "more.yaml": ""}, zipfile.ZIP_STORED)) == "archive-too-large"


def test_many_thousand_entries_are_refused_before_their_list_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped(((f"{number}.txt", "") for number in range(20_000)), zipfile.ZIP_STORED)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert code_of(content) == "archive-too-large"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped({"bomb.yaml": b"\x00" * (MOST_BYTES // 2)})
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert code_of(content) == "archive-too-large"


def test_more_than_an_import_takes_unpacked_is_refused_however_little_it_shrinks() -> None:
    part = random.Random(1).randbytes(MOST_BYTES // 4)
    content = zipped({f"{number}.yaml": part for number in range(5)}, zipfile.ZIP_STORED)
    assert code_of(content) == "archive-too-large"


def test_an_entry_that_lies_about_its_size_is_read_no_further_than_it_says() -> None:
    content = bytearray(zipped({"a.yaml": b"a" * 200_000}))
    said = struct.pack("<I", 10)
    local, listed = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    content[local + 22 : local + 26], content[listed + 24 : listed + 28] = said, said
    assert codes(bytes(content)) == {"a.yaml": "archive-broken"}


def test_of_a_file_too_large_for_a_definition_no_more_is_unpacked_than_shows_that() -> None:
    (file,) = files_in(zipped({"a.yaml": b"a" * DOCUMENT_LIMITS.bytes * 3}), ENDINGS, Room())
    assert len(file.read()) == DOCUMENT_LIMITS.bytes + 1


def test_archives_of_one_import_share_what_it_takes() -> None:
    room = Room(files=3)
    content = zipped({"a.yaml": GOOD, "b.yaml": GOOD})
    assert len(files_in(content, ENDINGS, room)) == 2
    assert code_of(content, room) == "archive-too-large"


@pytest.mark.parametrize(
    "name",
    ["../../etc/cron.d/a.yaml", "/etc/a.yaml", "a/../../b.yaml", "..\\..\\a.yaml", "a\x1b[2Jb.yaml", "\u202ea.yaml"],
)
def test_a_name_that_leads_elsewhere_is_refused_and_the_rest_is_read(name: str) -> None:
    told = codes(zipped({name: GOOD, "good.yaml": GOOD}))
    assert sorted(told.values(), key=str) == [None, "archive-name"]
    assert all(shown.isprintable() for shown in told)


def test_an_archive_within_an_archive_is_not_opened() -> None:
    inner = zipped({"a.yaml": GOOD})
    assert codes(zipped({"inner.zip": inner, "good.yaml": GOOD})) == {
        "inner.zip": "archive-in-archive",
        "good.yaml": None,
    }


def test_of_files_with_one_name_none_is_chosen(app: Flask) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped([("a.yaml", GOOD), ("a.yaml", "tool_name: other"), ("b.yaml", GOOD)])
    told = [
        (e.source, e.outcome.value)
        for e in import_tools(archive_sources("x.zip", content), actor=ME, on_conflict=OnConflict.SKIP).entries
    ]
    assert told == [("x.zip/a.yaml", "refused"), ("x.zip/a.yaml", "refused"), ("x.zip/b.yaml", "created")]


def test_an_unusual_way_of_packing_is_refused() -> None:
    assert codes(zipped({"a.yaml": GOOD}, zipfile.ZIP_LZMA)) == {"a.yaml": "archive-method"}


def test_a_file_whose_bytes_were_changed_is_refused() -> None:
    content = bytearray(zipped({"a.yaml": GOOD}, zipfile.ZIP_STORED))
    content[content.index(b"good")] ^= 1
    assert codes(bytes(content)) == {"a.yaml": "archive-broken"}


def test_the_same_files_make_the_same_archive() -> None:
    assert archive_of([("a.yaml", GOOD)]) == archive_of([("a.yaml", GOOD)])
    assert names(archive_of([("linux/a.yaml", GOOD)])) == ["linux/a.yaml"]


def test_an_archive_is_imported_with_its_name_before_those_of_its_files(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "tools.zip"
    path.write_bytes(zipped({"linux/good.yaml": GOOD, "bad.yaml": "a: [1\n"}))
    report = import_tools(file_sources([path]), actor=ME, on_conflict=OnConflict.SKIP)
    assert [(entry.source, entry.outcome) for entry in report.entries] == [
        (f"{path}/bad.yaml", Outcome.REFUSED),
        (f"{path}/linux/good.yaml", Outcome.CREATED),
    ]


def test_an_archive_that_cannot_be_opened_is_one_refused_entry(app: Flask) -> None:
    report = import_tools(
        upload_sources([("a.ZIP", b"nothing"), ("b.yaml", GOOD.encode())]), actor=ME, on_conflict=OnConflict.SKIP
    )
    refused, created = report.entries
    assert (refused.source, refused.outcome, refused.findings[0].code) == ("a.ZIP", Outcome.REFUSED, "archive-broken")
    assert created.outcome is Outcome.CREATED


def test_nothing_of_an_archive_reaches_the_disk(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    import_tools(
        upload_sources([("a.zip", zipped({"../a.yaml": GOOD, "b.yaml": GOOD}))]), actor=ME, on_conflict=OnConflict.SKIP
    )
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / "a.yaml").exists()
