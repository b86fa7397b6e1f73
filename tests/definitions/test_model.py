"""The schema of definitions: what it demands, what it takes as written, what it keeps."""

import copy
from pathlib import Path as FilePath
from typing import Any

import pytest
from pydantic import ValidationError

from app.definitions.documents import read_yaml
from app.definitions.model import DeclaredVariable, Pattern, Policy, PreferenceMatch, ToolDefinition
from app.definitions.vocabulary import CATEGORIES, PLATFORMS, STATUSES
from tests.definition import PATTERN, definition

PROFILES = FilePath(__file__).parents[2].parent / "shared" / "samples" / "profiles"
SCORES = {"speed": 0.5, "accuracy": 1, "cost": 0.5, "complexity": 0, "completeness": 1.0}


def refused_types(data: dict[str, Any], model: Any = ToolDefinition) -> set[str]:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(data)
    return {error["type"] for error in raised.value.errors()}


def refused_places(data: dict[str, Any], model: Any = ToolDefinition) -> set[tuple[int | str, ...]]:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(data)
    return {error["loc"] for error in raised.value.errors()}


def test_a_small_definition_gets_the_defaults_of_what_it_does_not_say():
    sparse = definition()
    del sparse["version"]
    tool = ToolDefinition.model_validate(sparse)
    assert (tool.version, tool.status, tool.enabled, tool.dependencies) == ("1.0", "active", True, [])


@pytest.mark.parametrize("key", ["tool_name", "description", "platform", "category", "capabilities"])
def test_a_definition_needs(key):
    whole = definition()
    del whole[key]
    assert refused_places(whole) == {(key,)}


@pytest.mark.parametrize(
    "key",
    [
        "description",
        "time_estimate_ms",
        "cost_estimate",
        "complexity_score",
        "scope",
        "completeness",
        "policy",
        "preference_match",
    ],
)
def test_a_pattern_needs(key):
    pattern = copy.deepcopy(PATTERN)
    del pattern[key]
    assert refused_places(pattern, Pattern) == {(key,)}


def test_a_definition_without_capability_and_a_capability_without_pattern_are_refused():
    assert refused_types(definition(capabilities={})) == {"too_short"}
    assert refused_types(definition(capabilities={"text_search": {"patterns": {}}})) == {"too_short"}


@pytest.mark.parametrize("name", ["grep", "Get-CimInstance", "a.b_c-1", "x" * 100])
def test_a_tool_name_is_letters_digits_and_three_signs(name):
    assert ToolDefinition.model_validate(definition(name)).tool_name == name


@pytest.mark.parametrize("name", ["", "x" * 101, "two words", "a/b", "grüße", "grep\n"])
def test_other_tool_names_are_refused(name):
    assert refused_places(definition(name)) == {("tool_name",)}


@pytest.mark.parametrize("name", ["search", "Search", "new", ".."])
def test_a_reserved_tool_name_is_refused_in_any_case(name):
    assert refused_types(definition(name)) == {"reserved-name"}


@pytest.mark.parametrize("key", ["platform", "category", "status"])
def test_words_of_the_vocabulary_are_enforced(key):
    assert refused_types(definition(**{key: "elsewhere"})) == {"vocabulary"}


@pytest.mark.parametrize("version", [1.1, 1, True, None])
def test_a_version_is_text(version):
    assert refused_types(definition(version=version)) == {"string_type"}


@pytest.mark.parametrize("score", [True, "0.5", -0.01, 1.01, float("nan"), float("inf"), 10**400, None])
def test_a_score_is_a_number_from_0_to_1(score):
    assert refused_places({**SCORES, "speed": score}, PreferenceMatch) == {("speed",)}


def test_whole_numbers_are_scores_too():
    assert PreferenceMatch.model_validate(SCORES).complexity == 0


@pytest.mark.parametrize("estimate", ["2 * N", 200, 0.5])
def test_an_estimate_is_kept_as_written(estimate):
    pattern = Pattern.model_validate({**PATTERN, "time_estimate_ms": estimate})
    assert (pattern.time_estimate_ms, type(pattern.time_estimate_ms)) == (estimate, type(estimate))


@pytest.mark.parametrize("estimate", [True, None, ["2"], {"ms": 2}])
def test_an_estimate_of_another_type_is_one_error(estimate):
    pattern = {**PATTERN, "time_estimate_ms": estimate}
    with pytest.raises(ValidationError) as raised:
        Pattern.model_validate(pattern)
    assert [error["type"] for error in raised.value.errors()] == ["estimate"]


def test_a_policy_that_does_not_say_is_not_safe_for_production():
    assert Policy.model_validate({}).production_safe is False


def test_a_declared_variable_has_its_default_within_its_range():
    assert DeclaredVariable.model_validate({"default": 2, "minimum": 1, "maximum": 2}).default == 2
    wrong = {"default": 3, "minimum": 1, "maximum": 2}
    assert refused_types(wrong, DeclaredVariable) == {"variable-range"}


def test_unknown_keys_are_kept_in_every_part():
    whole = definition(colour="red")
    capability = whole["capabilities"]["text_search"]
    pattern = capability["patterns"]["search_files"]
    for part in (capability, pattern, pattern["policy"], pattern["required_inputs"][0], whole["metadata"]):
        part["colour"] = "red"
    written = ToolDefinition.model_validate(whole).model_dump(exclude_unset=True)
    assert written == whole


def test_the_json_schema_offers_the_words_of_the_vocabulary():
    properties = ToolDefinition.model_json_schema()["properties"]
    offered = [properties[key]["enum"] for key in ("platform", "category", "status")]
    assert offered == [list(PLATFORMS), list(CATEGORIES), list(STATUSES)]


def test_every_field_of_the_schema_is_described():
    schema = ToolDefinition.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    silent = [
        (model["title"], name)
        for model in models
        for name, field in model["properties"].items()
        if not (field.get("description") or "$ref" in field)
    ]
    assert silent == []


@pytest.mark.skipif(not PROFILES.exists(), reason="the sample profiles are not beside the project")
def test_a_real_definition_comes_back_as_it_was():
    written = read_yaml((PROFILES / "linux" / "grep.yaml").read_bytes()).data
    assert ToolDefinition.model_validate(written).model_dump(exclude_unset=True) == written
