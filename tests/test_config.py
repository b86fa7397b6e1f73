"""Settings: read from the environment, checked, and documented."""

import re
import stat
from dataclasses import fields
from pathlib import Path

import pytest

from app.config import DATA_DIR, PROJECT, SEED_DIR, SettingError, Settings, secret_key

README = (PROJECT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def shown(default: object) -> str:
    """A default as the README's table shows it."""
    if default in {DATA_DIR, SEED_DIR}:
        return f"`{Path(str(default)).relative_to(PROJECT)}`"
    if default == "":
        return ""
    return f"`{int(default) if isinstance(default, bool) else default}`"


def test_every_setting_is_in_the_readmes_table_with_its_default_and_meaning() -> None:
    documented = {name: (default.strip(), meaning) for name, default, meaning in ROW.findall(README)}
    declared = {f.name.upper(): (shown(f.default), f.metadata["meaning"]) for f in fields(Settings)}
    assert documented == declared


def test_what_is_not_set_has_its_default() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"PORT": "", "OTHER": "x"}) == Settings()


def test_a_setting_is_the_variable_of_its_name(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": "postgresql://h/d",
        "DATA_DIR": str(tmp_path),
        "PORT": "9000",
        "POOL_TIMEOUT_S": "0.5",
        "REQUIRE_IF_MATCH": "1",
        "LOG_LEVEL": "Warning",
    }
    settings = Settings.from_environment(given)
    read = (settings.database_url, settings.data_dir, settings.port, settings.pool_timeout_s)
    assert read == ("postgresql://h/d", tmp_path, 9000, 0.5)
    assert (settings.require_if_match, settings.log_level) == (True, "warning")


def test_a_switch_is_on_or_off() -> None:
    read = {text: Settings.from_environment({"REQUIRE_IF_MATCH": text}) for text in ("1", "true", "TRUE", "0", "false")}
    assert [text for text, settings in read.items() if settings.require_if_match] == ["1", "true", "TRUE"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "80.5"),
        ("PORT", "0x50"),
        ("WORKERS", "two"),
        ("POOL_TIMEOUT_S", "1s"),
        ("REQUIRE_IF_MATCH", "maybe"),
        ("MAX_BODY_BYTES", "32M"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("THREADS", "-1"),
        ("POOL_SIZE", "0"),
        ("POOL_TIMEOUT_S", "nan"),
        ("REVISION_CHECK_MS", "0"),
        ("STATEMENT_TIMEOUT_MS", "-5"),
        ("RATE_LIMIT_ENABLED", "on"),
        ("RATE_LIMIT_TOKEN", "many"),
        ("RATE_LIMIT_TOKEN", "5 per fortnight"),
        ("RATE_LIMIT_TOKEN", "0 per minute"),
        ("RATE_LIMIT_TOKEN", "9999999999 per minute"),
        ("RATE_LIMIT_ADDRESS", "5 per minute; 50 per hour"),
        ("RATE_LIMIT_ADDRESS", "5 per 2 days"),
        ("RATE_LIMIT_ADDRESS", "300"),
    ],
)
def test_a_value_that_fits_no_setting_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"{name}='{value}'"):
        Settings.from_environment({name: value})


@pytest.mark.parametrize("text", ["300 per minute", "300/minute", "1 per 24 hours", "1000000000 per second"])
def test_a_rate_is_written_as_people_say_it(text: str) -> None:
    assert Settings.from_environment({"RATE_LIMIT_ADDRESS": text}).rate_limit_address == text


def test_what_is_no_address_of_a_redis_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingError, match="RATE_LIMIT_STORAGE") as refused:
        Settings.from_environment({"RATE_LIMIT_STORAGE": "http://:secret@localhost"})
    assert "secret" not in str(refused.value)
    given = Settings.from_environment({"RATE_LIMIT_STORAGE": "rediss://:secret@localhost"})
    assert given.rate_limit_storage == "rediss://:secret@localhost"


def test_a_secret_key_that_is_set_is_used(tmp_path: Path) -> None:
    assert secret_key(Settings(secret_key="given", data_dir=tmp_path)) == "given"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    key = secret_key(settings)
    assert (len(key), secret_key(settings)) == (64, key)
    (file,) = settings.data_dir.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
