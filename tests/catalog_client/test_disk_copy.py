"""The copy on disk: written all at once, read only when it is whole and of the same server."""

import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from catalog_client.change import Change
from catalog_client.disk_copy import DiskCopy, Saver
from catalog_client.moment import Moment
from catalog_client.replica import Held
from tests.catalog_client.tools import change, snapshot

URL = "http://catalog:8080"


@pytest.fixture
def copy(tmp_path: Path) -> DiskCopy:
    """Where a copy may be."""
    return DiskCopy(tmp_path / "folder" / "catalog.json", URL)


def held(revision: int = 3) -> Held:
    return Held(snapshot(revision), Moment.now(), Change.of(change(revision)))


def test_a_copy_holds_everything(copy: DiskCopy) -> None:
    saved = held()
    assert copy.save(saved)
    loaded = copy.load()
    assert loaded is not None
    assert (loaded.snapshot.revision, list(loaded.snapshot)) == (3, list(saved.snapshot))
    assert loaded.last == saved.last
    assert loaded.confirmed.wall == saved.confirmed.wall


def test_a_copy_goes_on_ageing(copy: DiskCopy) -> None:
    copy.save(Held(snapshot(), Moment.remembered(time.time() - 3600), None))
    loaded = copy.load()
    assert loaded is not None
    assert loaded.confirmed.age_s == pytest.approx(3600, abs=30)


def test_a_copy_is_its_owners_alone_and_leaves_nothing_beside_it(copy: DiskCopy) -> None:
    copy.save(held())
    copy.save(held(4))
    assert [file.name for file in copy.path.parent.iterdir()] == ["catalog.json"]
    assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600


def test_no_copy_is_no_snapshot_and_no_warning(copy: DiskCopy, caplog: pytest.LogCaptureFixture) -> None:
    assert copy.load() is None
    assert not caplog.records


def _changed(**keys: Any) -> Any:
    def damage(text: str) -> str:
        return json.dumps({**json.loads(text), **keys})

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"tool_name"', '"name"', 1),
        lambda text: "[" * 100_000,
        lambda text: "[]",
        _changed(format="tool-catalog-copy-2"),
        _changed(url="http://other:8080"),
        _changed(revision=-1),
        _changed(revision=True),
        _changed(confirmed_at=None),
        _changed(last_change={"revision": 3}),
        _changed(tools=None),
        _changed(tools=[1]),
    ],
)
def test_a_damaged_or_foreign_copy_is_ignored_with_a_warning(
    copy: DiskCopy, damage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    copy.save(held())
    copy.path.write_text(damage(copy.path.read_text()))
    assert copy.load() is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(copy.path) in caplog.text


def test_bytes_that_are_no_text_are_ignored(copy: DiskCopy) -> None:
    copy.path.parent.mkdir()
    copy.path.write_bytes(b"\xff\xfe\x00")
    assert copy.load() is None


def test_a_folder_in_its_place_is_a_warning_not_an_exception(copy: DiskCopy, caplog: pytest.LogCaptureFixture) -> None:
    (copy.path / "inside").mkdir(parents=True)
    assert not copy.save(held())
    assert copy.load() is None
    assert len(caplog.records) == 2
    assert [file.name for file in copy.path.parent.iterdir()] == ["catalog.json"]


def test_the_first_snapshot_is_due_at_once_and_the_next_a_little_later(copy: DiskCopy) -> None:
    saver, first, second = Saver(copy, None), held(), held(4)
    assert saver.due_s(first) == 0
    saver.save_if_due(first)
    assert saver.due_s(first) is None
    due_s = saver.due_s(second)
    assert due_s is not None
    assert 0 < due_s <= Saver.CHANGED_S
    saver.save_if_due(second)
    assert json.loads(copy.path.read_text())["revision"] == 3


def test_a_newer_confirmation_alone_is_written_rarely(copy: DiskCopy) -> None:
    saver, first = Saver(copy, None), held()
    saver.save(first)
    due_s = saver.due_s(Held(first.snapshot, Moment.now(), first.last))
    assert due_s is not None
    assert Saver.CHANGED_S < due_s <= Saver.CONFIRMED_S


def test_a_failed_write_is_tried_again_but_not_at_once(copy: DiskCopy) -> None:
    copy.path.parent.write_text("a file where the folder should be")
    saver, first = Saver(copy, None), held()
    saver.save_if_due(first)
    due_s = saver.due_s(first)
    assert due_s is not None
    assert due_s > 0
    copy.path.parent.unlink()
    saver.save(first)
    assert copy.load() is not None


def test_what_came_from_the_copy_need_not_be_written_again(copy: DiskCopy) -> None:
    copy.save(held())
    loaded = copy.load()
    assert loaded is not None
    assert Saver(copy, loaded).due_s(loaded) is None
