"""The definitions that ship are good: valid, honest, different where they differ, and a choice to make."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest
import re2
from rapidfuzz import fuzz

from app.definitions.validation import validate
from tests.seed.definitions import FILES, FOLDER, STEPS, Seed, by_capability, read, seeds

LEAST = {
    "linux": 70,
    "windows": 50,
    "network": 30,
    "database": 15,
    "cloud": 15,
    "monitoring": 10,
    "scheduler": 8,
    "custom": 5,
}
# Variables that say how fast work goes, not how much of it there is.
CAPACITY = re.compile(r"bandwidth|parallel|forks|workers|per_second|rate$")
# What must never pass where a value goes to a shell.
INJECTIONS = ("a; reboot", "a && b", "a | b", "$(reboot)", "a$(reboot)", "`reboot`", "a > /tmp/x", "a\nreboot")
# Values that go to a query language or a message, never to a shell; their definitions say so.
NOT_FOR_A_SHELL = re.compile(
    r"query|sql|statement|expression|message|text|filter|pattern|script|body|comment|content|value"
)


def test_there_are_enough_of_every_platform() -> None:
    counts = {platform: len(list((FOLDER / platform).glob("*.yaml"))) for platform in LEAST}
    assert {platform: n for platform, n in counts.items() if n < LEAST[platform]} == {}
    assert len([*(FOLDER / "container").glob("*.yaml"), *(FOLDER / "kubernetes").glob("*.yaml")]) >= 20
    assert len(FILES) >= 220


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_definition_has_no_error_and_no_warning(path: Path) -> None:
    document, tool = read(path)
    assert [finding.message for finding in validate(tool, document) if finding.severity.value != "hint"] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_named_and_placed_as_its_tool(path: Path) -> None:
    definition = read(path)[1].definition
    assert (definition["tool_name"], definition["platform"]) == (path.stem, path.parent.name)


def test_every_name_is_used_once() -> None:
    names = [path.stem.lower() for path in FILES]
    assert sorted(names) == sorted(set(names))


def test_capabilities_are_those_of_the_list() -> None:
    rows = (FOLDER / "CAPABILITIES.md").read_text().splitlines()
    listed = {row.split("|")[1].strip() for row in rows if row.startswith("| ") and "---" not in row} - {"capability"}
    assert set(by_capability()) <= listed
    assert listed <= set(by_capability()), "listed, but offered by no tool"


def test_most_capabilities_offer_a_choice_between_tools() -> None:
    shared = [name for name, offered in by_capability().items() if len({seed.tool for seed in offered}) > 1]
    assert len(shared) / len(by_capability()) >= 0.6


def test_no_two_patterns_of_a_capability_are_alike_on_all_scores() -> None:
    alike = [
        f"{one} = {other}"
        for offered in by_capability().values()
        for one, other in combinations(offered, 2)
        if one.pattern["preference_match"] == other.pattern["preference_match"]
    ]
    assert alike == []


@pytest.mark.parametrize("key", ["time_estimate_ms", "cost_estimate"])
def test_more_work_never_takes_less(key: str) -> None:
    assert [str(seed) for seed in seeds() if falls(seed, key)] == []


def falls(seed: Seed, key: str) -> bool:
    """Whether an estimate gets smaller anywhere while one of its kinds of work grows, the others being usual."""
    expression = seed.estimate(key)
    usual = {name: seed.range_of(name)[1] for name in expression.variables}
    for name in (name for name in expression.variables if not CAPACITY.search(name)):
        least, _, most = seed.range_of(name)
        values = [
            expression.evaluate({**usual, name: least + (most - least) * step / STEPS}) for step in range(STEPS + 1)
        ]
        if any(later < earlier - 1e-9 for earlier, later in pairwise(values)):
            return True
    return False


def test_usual_work_is_within_the_pattern_s_own_policy() -> None:
    beyond = []
    for seed in seeds():
        policy = seed.pattern["policy"]
        for key, limit in (
            ("time_estimate_ms", 1000 * policy["max_execution_time"]),
            ("cost_estimate", policy["max_cost"]),
        ):
            expression = seed.estimate(key)
            usual = {name: seed.range_of(name)[1] for name in expression.variables}
            if expression.evaluate(usual) > limit:
                beyond.append(f"{seed}: {key}")
    assert beyond == []


def test_what_changes_things_for_good_needs_approval() -> None:
    destructive = re.compile(r"\b(delete|remove|destroy|terminate|drop|purge|wipe|format|kill)s?\b", re.IGNORECASE)
    unguarded = [
        str(seed)
        for seed in seeds()
        if destructive.match(seed.pattern["description"])
        and not (seed.pattern["policy"]["requires_approval"] and not seed.pattern["policy"]["production_safe"])
    ]
    assert unguarded == []


def test_no_use_case_stands_twice_in_a_capability() -> None:
    twice = []
    for offered in by_capability().values():
        seen: dict[tuple[str, ...], str] = {}
        for seed in offered:
            for case in seed.pattern["typical_use_cases"]:
                meaning = meaning_of(case)
                if meaning in seen:
                    twice.append(f"{seed}: “{case}” as in {seen[meaning]}")
                seen[meaning] = str(seed)
    assert twice == []


def meaning_of(case: str) -> tuple[str, ...]:
    """The words that matter in a use case, whatever their order and number."""
    idle = {"a", "an", "the", "of", "in", "on", "for", "to", "is", "are", "my", "this", "that", "all", "with"}
    words = re.findall(r"[a-z0-9]+", case.lower())
    return tuple(sorted({word.removesuffix("s") for word in words if word not in idle}))


def test_no_text_is_copied_between_tools() -> None:
    """Sentences of five words and more that are nearly the same in two tools."""
    texts: dict[str, list[tuple[str, str]]] = {}
    for seed in seeds():
        for text in [seed.pattern["description"], *seed.pattern.get("limitations", [])]:
            if len(text.split()) >= 5:
                texts.setdefault(text.split()[0].lower(), []).append((seed.tool, text))
    copied = [
        f"{tool}: “{text}” ~ {other}: “{other_text}”"
        for group in texts.values()
        for (tool, text), (other, other_text) in combinations(group, 2)
        if tool != other and fuzz.ratio(text, other_text) >= 90
    ]
    assert copied == []


def test_regular_expressions_are_linear_and_refuse_what_a_shell_would_run() -> None:
    accepted = []
    for seed in seeds():
        for entry in seed.inputs():
            rule = entry.get("validation")
            if rule is None or NOT_FOR_A_SHELL.search(entry["name"]):
                continue
            regex = re2.compile(rule)
            accepted += [f"{seed} {entry['name']}: {probe!r}" for probe in INJECTIONS if regex.search(probe)]
    assert accepted == []


def test_every_text_input_is_checked() -> None:
    unchecked = [
        f"{seed} {entry['name']}"
        for seed in seeds()
        for entry in seed.inputs()
        if entry["type"] == "string" and "validation" not in entry and "allowed_values" not in entry
    ]
    assert unchecked == []


def test_examples_name_inputs_that_exist_and_cost_what_the_expressions_say() -> None:
    wrong = []
    for seed in seeds():
        names = {entry["name"] for entry in seed.inputs()}
        for example in seed.pattern.get("examples", []):
            wrong += [f"{seed}: {name}" for name in example["inputs"] if name not in names]
    assert wrong == []
