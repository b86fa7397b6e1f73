"""Secrets at rest: which keys encrypt and read them, and where keys are kept."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.config import SettingError, Settings
from app.encryption import FILE, Encryption, NotReadable
from tests.parallel import at_once


def key() -> str:
    """A new key."""
    return Fernet.generate_key().decode()


def with_keys(directory: Path, *keys: str) -> Encryption:
    """Encryption with keys given in the environment; none: with those of a file."""
    return Encryption(Settings(data_dir=directory, encryption_keys=",".join(keys)))


@pytest.fixture
def filed(tmp_path: Path) -> Encryption:
    """Encryption with keys in a file."""
    return with_keys(tmp_path)


def test_a_secret_comes_back(filed: Encryption) -> None:
    kept = filed.encrypted("geheim ☂")
    assert b"geheim" not in kept
    assert filed.read(kept) == "geheim ☂"
    assert filed.encrypted("geheim ☂") != kept


def test_no_key_is_made_before_one_is_needed(filed: Encryption, tmp_path: Path) -> None:
    assert not (tmp_path / FILE).exists()
    filed.encrypted("x")
    assert filed.file == tmp_path / FILE
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_many_that_need_the_first_key_at_once_make_one(tmp_path: Path) -> None:
    for number in range(20):
        directory = tmp_path / str(number)
        kept = at_once([lambda where=directory: with_keys(where).encrypted("x") for _ in range(8)])  # type: ignore[misc]
        assert {with_keys(directory).read(one) for one in kept} == {"x"}
        assert len((directory / FILE).read_text().split()) == 1


def test_given_keys_are_used_instead_of_the_file(tmp_path: Path) -> None:
    given = with_keys(tmp_path, key())
    given.encrypted("x")
    assert given.file is None
    assert not (tmp_path / FILE).exists()


def test_the_newest_key_encrypts_and_all_of_them_read(tmp_path: Path) -> None:
    old, new = key(), key()
    kept = with_keys(tmp_path, old).encrypted("x")
    both = with_keys(tmp_path, new, old)
    assert both.read(kept) == "x"
    assert with_keys(tmp_path, new).read(both.encrypted("y")) == "y"
    with pytest.raises(NotReadable):
        with_keys(tmp_path, old).read(both.encrypted("y"))


@pytest.mark.parametrize("parting", [",", " ", "\n", " , "])
def test_keys_may_be_parted_by_commas_and_blanks(tmp_path: Path, parting: str) -> None:
    old, new = key(), key()
    kept = with_keys(tmp_path, old).encrypted("x")
    assert Encryption(Settings(data_dir=tmp_path, encryption_keys=parting.join((new, old)))).read(kept) == "x"


def test_a_rotated_secret_is_the_same_with_the_newest_key(tmp_path: Path) -> None:
    old, new = key(), key()
    rotated = with_keys(tmp_path, new, old).rotated(with_keys(tmp_path, old).encrypted("x"))
    assert with_keys(tmp_path, new).read(rotated) == "x"


def test_keys_of_the_file_are_added_in_front_and_dropped(filed: Encryption, tmp_path: Path) -> None:
    kept = filed.encrypted("x")
    (first,) = (tmp_path / FILE).read_text().split()
    filed.add_key()
    second, other = (tmp_path / FILE).read_text().split()
    assert other == first
    assert filed.read(kept) == "x"
    rotated = filed.rotated(kept)
    filed.drop_old_keys()
    assert (tmp_path / FILE).read_text() == second
    assert filed.read(rotated) == "x"
    with pytest.raises(NotReadable):
        filed.read(kept)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_other_processes_read_with_a_key_that_was_added(filed: Encryption, tmp_path: Path) -> None:
    other = with_keys(tmp_path)
    other.encrypted("x")
    filed.add_key()
    assert other.read(filed.encrypted("y")) == "y"


def test_a_key_in_the_environment_is_not_added_by_us(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="put a new one before the others there"):
        with_keys(tmp_path, key()).add_key()


def test_a_damaged_secret_is_not_read(filed: Encryption) -> None:
    for damaged in (b"", b"x", filed.encrypted("x")[:-1], b"\xff\xfe"):
        with pytest.raises(NotReadable):
            filed.read(damaged)


@pytest.mark.parametrize("given", ["short", "x" * 44, "é" * 32, "A" * 40])
def test_what_is_no_key_is_refused_at_the_start_and_not_told(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingError, match=r"^ENCRYPTION_KEYS: a key is 32 bytes") as refusal:
        with_keys(tmp_path, given)
    assert given not in str(refusal.value)


def test_a_damaged_file_of_keys_is_told(filed: Encryption, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("damaged")
    with pytest.raises(SettingError, match=FILE):
        filed.encrypted("x")
    (tmp_path / FILE).write_text("")
    with pytest.raises(SettingError, match=FILE):
        filed.encrypted("x")
