"""Version numbers: which comes next, and which one is suggested for what a version changes."""

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.definitions.diff import Change, diff
from app.definitions.version_numbers import LONGEST_VERSION, number_after, suggested_version
from tests.definition import PATTERN, definition

HOST: dict[str, Any] = {"name": "host", "type": "string"}
PORT: dict[str, Any] = {"name": "port", "type": "integer"}


def patterns(**named: dict[str, Any]) -> dict[str, Any]:
    return definition(capabilities={"text_search": {"patterns": named}})


def suggested(latest: str, before: dict[str, Any], after: dict[str, Any], *taken: str) -> tuple[str, str]:
    suggestion = suggested_version(latest, diff(before, after), taken)
    return suggestion.version, suggestion.why


BASE = patterns(one=PATTERN, two=PATTERN)
ADDED = patterns(one=PATTERN, two=PATTERN, three=PATTERN)
REMOVED = patterns(one=PATTERN)
RENAMED = patterns(one=PATTERN, second=PATTERN)
REWORDED = patterns(one={**PATTERN, "description": "Other words"}, two={**PATTERN, "time_estimate_ms": "N"})


@pytest.mark.parametrize(
    ("number", "following"),
    [
        ("1.0", "1.1"),
        ("1.9", "1.10"),
        ("2.3.0", "2.3.1"),
        ("beta", "beta.1"),
        ("1.0-rc", "1.0-rc.1"),
        ("v09", "v10"),
        ("2025-10-03", "2025-10-4"),
    ],
)
def test_a_number_is_one_up_in_its_last_part(number: str, following: str) -> None:
    assert number_after(number) == following


@given(st.text(min_size=1, max_size=20))
def test_a_number_is_never_its_own_successor(number: str) -> None:
    assert number_after(number) != number


@pytest.mark.parametrize(
    ("latest", "removed", "added", "reworded"),
    [
        ("1.4", "2.0", "1.5", "1.5"),
        ("1.4.2", "2.0.0", "1.5.0", "1.4.3"),
        ("1.9.9", "2.0.0", "1.10.0", "1.9.10"),
        ("v1.4", "v2.0", "v1.5", "v1.5"),
        ("1.4.2.1", "2.0.0.0", "1.5.0.0", "1.4.2.2"),
        ("3", "4", "4", "4"),
        ("beta", "beta.1", "beta.1", "beta.1"),
        ("1.0-rc", "1.0-rc.1", "1.0-rc.1", "1.0-rc.1"),
    ],
)
def test_what_can_break_others_is_a_bigger_step_than_what_is_new(latest, removed, added, reworded):
    assert suggested(latest, BASE, REMOVED)[0] == removed
    assert suggested(latest, BASE, RENAMED)[0] == removed
    assert suggested(latest, BASE, ADDED)[0] == added
    assert suggested(latest, BASE, REWORDED)[0] == reworded
    assert suggested(latest, BASE, BASE)[0] == reworded


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([HOST], [HOST, PORT]),
        ([], [PORT]),
        (None, [PORT]),
        ([HOST], [PORT]),
        ([HOST, {"type": "string"}], [{**HOST, "name": "target"}, {"type": "string"}]),
    ],
)
def test_an_input_that_is_now_needed_is_a_bigger_step(before, after):
    earlier, later = ({**PATTERN, "required_inputs": inputs} for inputs in (before, after))
    if before is None:
        del earlier["required_inputs"]
    assert suggested("1.4.2", patterns(one=earlier), patterns(one=later))[0] == "2.0.0"


@pytest.mark.parametrize(
    "after",
    [
        {**PATTERN, "required_inputs": []},
        {**PATTERN, "required_inputs": [{**HOST, "description": "Where"}]},
        {**PATTERN, "optional_inputs": [PORT]},
        {key: value for key, value in PATTERN.items() if key != "required_inputs"},
    ],
)
def test_an_input_that_nobody_has_to_give_is_a_small_step(after):
    assert suggested("1.4.2", patterns(one=PATTERN), patterns(one=after))[0] == "1.4.3"


@pytest.mark.parametrize(
    ("before", "after", "version"),
    [
        (definition(), definition(capabilities={}), "2.0.0"),
        (definition(), {key: value for key, value in definition().items() if key != "capabilities"}, "2.0.0"),
        (definition(capabilities={"text_search": {}}), definition(), "1.5.0"),
        (definition(), definition(platform="windows", owner="ada"), "1.4.3"),
        # A capability's description is no capability.
        (definition(), definition(capabilities={"text_search": {"patterns": {"search_files": PATTERN}}}), "1.4.3"),
    ],
)
def test_whole_capabilities_count_as_their_patterns_do(before, after, version):
    assert suggested("1.4.2", before, after)[0] == version


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (REMOVED, "pattern text_search › two is removed or renamed: whoever relied on it has to change"),
        (patterns(), "pattern text_search › one and 1 more are removed or renamed: whoever relied on it has to change"),
        (ADDED, "pattern text_search › three is new, and all there was is still there"),
        (REWORDED, "nothing was added or taken away that others use"),
        (BASE, "nothing changed"),
    ],
)
def test_the_suggestion_says_why(after, why):
    assert suggested("1.4", BASE, copy.deepcopy(after))[1] == why


def test_a_number_that_was_used_before_is_passed_over_and_this_is_said():
    version, why = suggested("1.4", BASE, REMOVED, "2.0", "2.1")
    assert version == "2.2"
    assert why.endswith("; 2.0 was used before or is too long")


@pytest.mark.parametrize(("latest", "suggestion"), [("9" * 20, "9" * 18 + ".1"), ("a" * 20, "a" * 18 + ".1")])
def test_a_suggestion_is_never_too_long(latest, suggestion):
    assert suggested(latest, BASE, BASE)[0] == suggestion


KINDS = st.sampled_from(["added", "removed", "changed"])
CHANGES = st.builds(Change, st.just(("capabilities", "a", "patterns", "b")), KINDS, st.none(), st.just("x"))
NUMBERS = st.from_regex(r"[^/\s]{1,20}", fullmatch=True) | st.from_regex(
    r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}", fullmatch=True
)


@given(NUMBERS, st.lists(CHANGES, max_size=2), st.sets(NUMBERS, max_size=3))
def test_whatever_the_latest_is_the_suggestion_is_a_free_number(latest, changes, taken):
    version = suggested_version(latest, changes, taken).version
    assert version not in {latest, *taken}
    assert re.fullmatch(rf"[^/\s]{{1,{LONGEST_VERSION}}}", version)
    assert suggested_version(latest, changes, {*taken, version}).version != version
