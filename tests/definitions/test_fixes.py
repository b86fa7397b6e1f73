"""A finding's one-click fix: applied, the finding is gone."""

import copy
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.definitions.documents import UnreadableDocument, document_of, read_yaml, write_yaml
from app.definitions.findings import Finding, Severity, has_errors
from app.definitions.fixes import fixable, fixed, in_words
from app.definitions.legacy import tools_in
from app.definitions.validation import validate
from tests.definition import PATTERN, definition

SAMPLES = FilePath(__file__).parents[2].parent / "shared" / "samples"
PATTERN_PATH = ("capabilities", "text_search", "patterns", "search_files")
KNOWN_TOOLS = ["grep", "find"]
SCORE = (*PATTERN_PATH, "complexity_score")


def with_pattern(**changes: Any) -> dict[str, Any]:
    """A definition whose one pattern has keys replaced."""
    whole = definition()
    whole["capabilities"]["text_search"]["patterns"]["search_files"].update(copy.deepcopy(changes))
    return whole


def without_policy() -> dict[str, Any]:
    whole = definition()
    del whole["capabilities"]["text_search"]["patterns"]["search_files"]["policy"]
    return whole


def findings_of(data: Any) -> list[Finding]:
    """Every finding about a document, of whichever of its tools."""
    document = document_of(data)
    return [finding for tool in tools_in(document) for finding in validate(tool, document, known_tools=KNOWN_TOOLS)]


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


# (code, document, where the fix is seen, what stands there then)
FIXES: list[tuple[str, dict[str, Any], tuple[str | int, ...], Any]] = [
    ("type", definition(version=1.1), ("version",), "1.1"),
    ("type", definition(enabled="True"), ("enabled",), True),
    ("type", with_pattern(complexity_score="0.5"), SCORE, 0.5),
    ("type", with_pattern(complexity_score="00.5"), SCORE, 0.5),
    ("type", definition(metadata={"tags": "text"}), ("metadata", "tags"), ["text"]),
    ("type", with_pattern(limitations=["a", 3]), (*PATTERN_PATH, "limitations"), ["a", "3"]),
    ("range", with_pattern(complexity_score=85), SCORE, 0.85),
    ("range", with_pattern(complexity_score=-1), SCORE, 0),
    ("missing", without_policy(), (*PATTERN_PATH, "policy"), {}),
    ("vocabulary", definition(platform="windws"), ("platform",), "windows"),
    ("vocabulary", definition(status="inactive"), ("status",), "disabled"),
    ("vocabulary", with_pattern(scope="exhaustiv"), (*PATTERN_PATH, "scope"), "exhaustive"),
    ("unknown-key", definition(dependancies=[]), ("dependencies",), []),
    ("unknown-key", with_pattern(limitation=["slow"]), (*PATTERN_PATH, "limitations"), ["slow"]),
    ("invalid-name", definition("two words"), ("tool_name",), "two-words"),
    ("invalid-name", {"tools": {"two words": definition(tool_name="a b")}}, ("tools", "two words", "tool_name"), "a-b"),
    (
        "invalid-name",
        {"tools": {"two words": {key: value for key, value in definition().items() if key != "tool_name"}}},
        ("tools", "two words", "tool_name"),
        "two-words",
    ),
    (
        "invalid-name",
        definition(variables={"a-b": {"default": 1, "minimum": 1, "maximum": 1}}),
        ("variables",),
        {"a_b": {"default": 1, "minimum": 1, "maximum": 1}},
    ),
    ("reserved-name", definition("search"), ("tool_name",), "search-tool"),
    ("charset", with_pattern(time_estimate_ms="N × 2"), (*PATTERN_PATH, "time_estimate_ms"), "N * 2"),
    ("syntax", with_pattern(time_estimate_ms="ceil(N / 9"), (*PATTERN_PATH, "time_estimate_ms"), "ceil(N / 9)"),
    ("node", with_pattern(time_estimate_ms="1,000"), (*PATTERN_PATH, "time_estimate_ms"), "1000"),
    ("function", with_pattern(cost_estimate="flor(N)"), (*PATTERN_PATH, "cost_estimate"), "floor(N)"),
    ("name", with_pattern(cost_estimate="num_file"), (*PATTERN_PATH, "cost_estimate"), "num_files"),
    (
        "syntax",
        with_pattern(policy={"requires_background_if": "N => 5"}),
        (*PATTERN_PATH, "policy", "requires_background_if"),
        "N >= 5",
    ),
    (
        "policy-contradiction",
        with_pattern(cost_estimate="5 + N", policy={"max_cost": 5}),
        (*PATTERN_PATH, "policy", "max_cost"),
        6,
    ),
    (
        "default",
        with_pattern(optional_inputs=[{"name": "port", "default": "80 ", "allowed_values": [80, 443]}]),
        (*PATTERN_PATH, "optional_inputs", 0, "default"),
        80,
    ),
    (
        "required-mismatch",
        with_pattern(required_inputs=[{"name": "host", "required": False}]),
        (*PATTERN_PATH, "required_inputs", 0, "required"),
        True,
    ),
    (
        "unknown-tool",
        definition(dependencies=[{"name": "grp", "type": "tool"}]),
        ("dependencies", 0, "name"),
        "grep",
    ),
    (
        "url",
        definition(metadata={"documentation_url": "example.org/grep"}),
        ("metadata", "documentation_url"),
        "https://example.org/grep",
    ),
    (
        "duplicate-name",
        with_pattern(typical_use_cases=["find text", "read text", "Find  text"]),
        (*PATTERN_PATH, "typical_use_cases"),
        ["find text", "read text"],
    ),
    (
        "use-cases",
        with_pattern(typical_use_cases=["find text", " "]),
        (*PATTERN_PATH, "typical_use_cases"),
        ["find text"],
    ),
]


@pytest.mark.parametrize(("code", "data", "place", "value"), FIXES)
def test_a_fix_removes_its_finding_and_changes_nothing_else(code, data, place, value):
    given_data = copy.deepcopy(data)
    [finding] = [finding for finding in findings_of(data) if finding.code == code]
    assert fixable(finding)
    mended = fixed(data, finding)
    assert data == given_data
    assert mended is not None
    assert (type(at(mended, place)), at(mended, place)) == (type(value), value)
    assert not has_errors(findings_of(mended))
    assert code not in [finding.code for finding in findings_of(mended)]


def test_a_renamed_key_stays_in_its_place():
    data = {"tool_name": "a", "descripton": "b", "platform": "linux"}
    finding = Finding(Severity.WARNING, "unknown-key", ("descripton",), "", "description")
    assert list((fixed(data, finding) or {}).items()) == [
        ("tool_name", "a"),
        ("description", "b"),
        ("platform", "linux"),
    ]


def test_parts_that_are_not_on_the_way_are_shared():
    data = definition(platform="windws")
    [finding] = findings_of(data)
    mended = fixed(data, finding)
    assert mended is not None
    assert mended["capabilities"] is data["capabilities"]


def test_a_tool_called_variables_is_given_a_name_and_no_key_is_renamed():
    data = {"tools": {"variables": definition(tool_name="two words")}}
    [finding] = [finding for finding in findings_of(data) if finding.code == "invalid-name"]
    mended = fixed(data, finding)
    assert mended is not None
    assert mended["tools"]["variables"]["tool_name"] == "two-words"


def test_a_fix_reaches_into_the_older_forms():
    pattern = {"pattern_name": "search_files", **PATTERN, "scope": "exhaustiv"}
    data = {**definition(), "capabilities": [{"capability_name": "text_search", "patterns": [pattern]}]}
    [finding] = [finding for finding in findings_of(data) if finding.code == "vocabulary"]
    mended = fixed(data, finding)
    assert mended is not None
    assert mended["capabilities"][0]["patterns"][0]["scope"] == "exhaustive"


@pytest.mark.parametrize(
    ("finding", "data"),
    [
        # Nothing is suggested.
        (Finding(Severity.ERROR, "domain", ("a",), ""), {"a": 1}),
        (Finding(Severity.ERROR, "duplicate-name", ("expected_outputs", 0), ""), {"expected_outputs": [1]}),
        # It is the text that would change, or the whole document.
        (Finding(Severity.ERROR, "ambiguous-boolean", ("a",), "", '"no"'), {"a": "no"}),
        (Finding(Severity.ERROR, "vocabulary", (), "", "linux"), {"a": 1}),
        # The document is another one by now.
        (Finding(Severity.ERROR, "vocabulary", ("a",), "", "linux"), {"b": 1}),
        (Finding(Severity.ERROR, "vocabulary", ("a", "b"), "", "linux"), {"a": "b"}),
        (Finding(Severity.ERROR, "vocabulary", ("a", 1), "", "linux"), {"a": ["b"]}),
        (Finding(Severity.ERROR, "vocabulary", ("a", "b", "c"), "", "linux"), {"a": {}}),
        (Finding(Severity.ERROR, "missing", ("a", 0), "", "{}"), {"a": []}),
        (Finding(Severity.WARNING, "unknown-key", ("a",), "", "b"), {"b": 1}),
        (Finding(Severity.WARNING, "use-cases", ("typical_use_cases", 3), ""), {"typical_use_cases": ["a"]}),
        # The name is taken.
        (Finding(Severity.WARNING, "unknown-key", ("a",), "", "b"), {"a": 1, "b": 2}),
    ],
)
def test_what_cannot_be_applied_gives_nothing(finding, data):
    assert fixed(data, finding) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_pattern(complexity_score=85), "Change to 0.85"),
        (definition(dependancies=[]), "Rename to dependencies"),
        (without_policy(), "Add {}"),
        (with_pattern(typical_use_cases=["a", "A"]), "Remove it"),
        (definition(version="1" * 21), ""),
    ],
)
def test_a_fix_says_what_it_does(data, words):
    [finding] = findings_of(data)
    assert in_words(finding) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["<X>", "N +", "a", "85"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PATTERN)), st.sampled_from(sorted(definition())), JSON)
def test_whatever_is_written_a_fix_removes_its_finding(key, top, value):
    for data in (with_pattern(**{key: value}), definition(**{top: value})):
        assert_fixes_work(data)


def assert_fixes_work(data: Any) -> None:
    told = findings_of(data)
    for finding in filter(fixable, told):
        mended = fixed(data, finding)
        if mended is not None:
            assert not {_same(found) for found in findings_of(mended)} & {_same(finding)}


def _same(finding: Finding) -> tuple[Any, ...]:
    return finding.path, finding.code, finding.message


def _sample_paths() -> list[FilePath]:
    return sorted([*SAMPLES.glob("profiles/**/*.yaml"), *SAMPLES.glob("other-formats/*.yaml")])


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not beside the project")
@pytest.mark.parametrize("path", _sample_paths(), ids=lambda path: path.stem)
def test_every_fix_of_a_real_profile_removes_its_finding_and_adds_no_error(path):
    data = read_yaml(path.read_bytes()).data
    told = findings_of(data)
    errors = [finding for finding in told if finding.severity is Severity.ERROR]
    for finding in filter(fixable, told):
        mended = fixed(data, finding)
        assert mended is not None, finding
        after = findings_of(mended)
        assert _same(finding) not in map(_same, after)
        assert len([found for found in after if found.severity is Severity.ERROR]) <= len(errors)


def test_what_keeps_a_text_from_being_read_is_no_matter_of_a_document():
    with pytest.raises(UnreadableDocument) as refusal:
        read_yaml(write_yaml(definition()) + "enabled: no\nowner: 010\n")
    assert not any(map(fixable, refusal.value.findings))
