"""The words of definitions, and guessing which of them somebody meant."""

import re
from pathlib import Path

import pytest

from app.definitions.vocabulary import (
    CATEGORIES,
    COMPLETENESS,
    DEPENDENCY_TYPES,
    INPUT_TYPES,
    PLATFORMS,
    RESERVED_NAMES,
    SCOPES,
    STATUSES,
    VARIABLES,
    Variable,
    closest,
)

PROFILES = Path(__file__).parents[2] / ".." / "shared" / "samples" / "profiles"
TOOLS = ("find", "grep", "systemctl", "tail", "whoami", "docker")


@pytest.mark.parametrize(
    "words", [PLATFORMS, CATEGORIES, STATUSES, SCOPES, COMPLETENESS, INPUT_TYPES, DEPENDENCY_TYPES]
)
def test_no_list_names_a_word_twice(words: tuple[str, ...]) -> None:
    assert len(set(words)) == len(words)


def test_the_standard_scopes_and_degrees_of_completeness_come_first() -> None:
    assert SCOPES[:3] == ("single_item", "batch", "exhaustive")
    assert COMPLETENESS[:3] == ("complete", "partial", "summary")


@pytest.mark.parametrize(("key", "words"), [("scope", SCOPES), ("status", STATUSES)])
def test_the_words_of_real_profiles_are_known(key: str, words: tuple[str, ...]) -> None:
    if not PROFILES.is_dir():
        pytest.skip("the samples are not beside the project")
    written = re.compile(rf"^\s+(?:- )?{key}: ['\"]?([a-z_]+)['\"]?\s*$", re.MULTILINE)
    used = {word for file in PROFILES.rglob("*.yaml") for word in written.findall(file.read_text(encoding="utf-8"))}
    assert used <= set(words)


def test_no_real_profile_has_a_reserved_name() -> None:
    if not PROFILES.is_dir():
        pytest.skip("the samples are not beside the project")
    assert not {file.stem for file in PROFILES.rglob("*.yaml")} & RESERVED_NAMES


@pytest.mark.parametrize(
    "name", ["new", "search", "import", "export", "reload", "validate", "platform", "category", ".."]
)
def test_steps_of_the_catalogs_own_addresses_are_reserved(name: str) -> None:
    assert name in RESERVED_NAMES


def test_reserved_names_are_in_lower_case() -> None:
    assert all(name == name.lower() for name in RESERVED_NAMES)


def test_every_variable_of_existing_files_is_known() -> None:
    assert set(VARIABLES) >= {
        "N",
        "pages",
        "p95_latency",
        "packet_count",
        "num_files",
        "num_entries",
        "file_size_kb",
        "dns_latency",
        "num_directories",
        "num_processes",
        "duration_ms",
        "duration_seconds",
        "network_latency",
        "count",
        "delay",
        "response_time",
        "num_filesystems",
        "iterations",
        "command_complexity",
    }


def test_a_variable_is_found_by_its_own_name() -> None:
    assert all(variable.name == name for name, variable in VARIABLES.items())


@pytest.mark.parametrize("variable", VARIABLES.values(), ids=VARIABLES.keys())
def test_a_variable_has_a_plausible_default_a_unit_and_a_meaning(variable: Variable) -> None:
    assert 0 <= variable.minimum <= variable.default <= variable.maximum < 1e15
    assert variable.unit
    assert variable.meaning


@pytest.mark.parametrize("name", [name for name in VARIABLES if name != "delay"])
def test_dividing_by_a_variable_is_safe_over_its_whole_range(name: str) -> None:
    assert VARIABLES[name].minimum >= 1


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("systemctrl", TOOLS, "systemctl"),
        ("gerp", TOOLS, "grep"),
        ("DOKCER", TOOLS, "docker"),
        ("lunux", PLATFORMS, "linux"),
        ("Linux", PLATFORMS, "linux"),
        ("cross-platform", PLATFORMS, "multi-platform"),
        ("multi_platform", PLATFORMS, "multi-platform"),
        ("k8s", PLATFORMS, "kubernetes"),
        ("net", PLATFORMS, "network"),
        ("network_device_configuration", CATEGORIES, "network"),
        ("processing", CATEGORIES, "text-processing"),
        ("single item", SCOPES, "single_item"),
        ("str", INPUT_TYPES, "string"),
        ("num_file", VARIABLES, "num_files"),
        ("n", VARIABLES, "N"),
    ],
)
def test_the_word_meant_comes_first(word: str, known: tuple[str, ...], meant: str) -> None:
    assert closest(word, known)[0] == meant


@pytest.mark.parametrize("word", ["frobnicate", "", "   ", "xyzzy", "l" * 200_000])
def test_nothing_is_guessed_when_nothing_is_near(word: str) -> None:
    assert closest(word, (*PLATFORMS, *CATEGORIES)) == []


def test_a_synonym_is_guessed_only_where_its_word_is_known() -> None:
    assert closest("k8s", CATEGORIES) == []


def test_at_most_as_many_words_as_asked_for_are_guessed() -> None:
    known = [f"tool-{number}" for number in range(20)]
    assert closest("tool", known, limit=2) == ["tool-0", "tool-1"]


def test_equally_near_words_keep_their_order_and_are_guessed_once() -> None:
    assert closest("cap", ["cat", "cap-b", "cap-a", "cap-b"]) == ["cap-b", "cap-a"]
