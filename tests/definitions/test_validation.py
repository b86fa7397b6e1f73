"""What validation says about a definition, where, and how it would be mended."""

import copy
import json
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.definitions.documents import Document, read_json, read_yaml, write_yaml
from app.definitions.findings import Finding, Severity, has_errors
from app.definitions.legacy import source_tool, tools_in
from app.definitions.model import Part, ToolDefinition
from app.definitions.validation import MOST_FINDINGS, validate
from app.definitions.validation.parts import parts_of
from app.definitions.validation.variables import MOST_SAMPLES, known_variables, samples
from app.definitions.vocabulary import VARIABLES, Variable
from tests.definition import PATTERN, definition

SAMPLES = FilePath(__file__).parents[2].parent / "shared" / "samples"
PATTERN_PATH = ("capabilities", "text_search", "patterns", "search_files")
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not beside the project")


def with_pattern(**changes: Any) -> dict[str, Any]:
    """A definition whose one pattern has keys replaced."""
    whole = definition()
    whole["capabilities"]["text_search"]["patterns"]["search_files"].update(copy.deepcopy(changes))
    return whole


def with_input(key: str = "required_inputs", **entry: Any) -> dict[str, Any]:
    """A definition whose pattern has one input."""
    return with_pattern(**{"required_inputs": [], key: [{"name": "host", "type": "string", **entry}]})


def found(data: dict[str, Any], **options: Any) -> list[Finding]:
    return validate(source_tool(data), **options)


def told(data: dict[str, Any], **options: Any) -> list[tuple[str, str, str]]:
    """Severity, code and last step of the path of every finding."""
    return [
        (finding.severity.value, finding.code, str(finding.path[-1]) if finding.path else "")
        for finding in found(data, **options)
    ]


def only(data: dict[str, Any], **options: Any) -> Finding:
    [finding] = found(data, **options)
    return finding


def test_a_good_definition_has_no_findings():
    assert found(definition()) == []


# The schema in plain words


@pytest.mark.parametrize(
    ("data", "code", "path", "suggestion"),
    [
        (definition(version=1.1), "type", ("version",), '"1.1"'),
        (definition(version="1" * 21), "too-long", ("version",), None),
        (definition(description=" "), "missing", ("description",), None),
        (definition(description=["x"]), "type", ("description",), None),
        (definition(enabled="True"), "type", ("enabled",), "true"),
        (definition(metadata={"tags": "text"}), "type", ("metadata", "tags"), '["text"]'),
        (definition(dependencies=["grep"]), "type", ("dependencies", 0), None),
        (definition(platform="windws"), "vocabulary", ("platform",), "windows"),
        (definition(category="zzz"), "vocabulary", ("category",), None),
        (definition(status="inactive"), "vocabulary", ("status",), "disabled"),
        (definition("search"), "reserved-name", ("tool_name",), "search-tool"),
        (definition(".."), "reserved-name", ("tool_name",), None),
        (definition("two words"), "invalid-name", ("tool_name",), "two-words"),
        (definition(variables={"a-b": {"default": 1, "minimum": 1, "maximum": 1}}), "invalid-name", None, "a_b"),
        (definition(variables={"ab": {"default": 3, "minimum": 1, "maximum": 2}}), "range", ("variables", "ab"), None),
        (definition(capabilities={}), "missing", ("capabilities",), None),
        (with_pattern(complexity_score=85), "range", (*PATTERN_PATH, "complexity_score"), "0.85"),
        (with_pattern(complexity_score=-1), "range", (*PATTERN_PATH, "complexity_score"), "0"),
        (with_pattern(complexity_score="0.5"), "type", (*PATTERN_PATH, "complexity_score"), "0.5"),
        (with_pattern(complexity_score=float("nan")), "range", (*PATTERN_PATH, "complexity_score"), None),
        (with_pattern(policy={"max_cost": float("inf")}), "range", (*PATTERN_PATH, "policy", "max_cost"), None),
        (
            with_pattern(policy={"max_execution_time": 0}),
            "range",
            (*PATTERN_PATH, "policy", "max_execution_time"),
            None,
        ),
        (with_pattern(policy=None), "type", (*PATTERN_PATH, "policy"), None),
        (with_pattern(time_estimate_ms=True), "type", (*PATTERN_PATH, "time_estimate_ms"), None),
        (with_pattern(limitations=[3]), "type", (*PATTERN_PATH, "limitations", 0), '"3"'),
    ],
)
def test_what_does_not_fit_the_schema_is_one_error(data, code, path, suggestion):
    finding = only(data)
    assert (finding.severity, finding.code, finding.suggestion) == (Severity.ERROR, code, suggestion)
    assert path in {None, finding.path}


def test_a_missing_key_is_explained_by_the_schema():
    data = definition()
    del data["capabilities"]["text_search"]["patterns"]["search_files"]["scope"]
    finding = only(data)
    assert finding.path == (*PATTERN_PATH, "scope")
    assert finding.message == "`scope` is missing or empty: how much of the world one use touches"


def test_a_preference_score_out_of_range_and_a_missing_one_are_errors():
    scores = {**PATTERN["preference_match"], "speed": 1.5}
    del scores["cost"]
    assert told(with_pattern(preference_match=scores)) == [("error", "missing", "cost"), ("error", "range", "speed")]


def test_an_error_names_the_types_in_words():
    assert only(with_pattern(complexity_score="high")).message == "`complexity_score` must be a number, not a text"


# Keys and words


def test_an_unknown_key_is_kept_and_remarked_with_what_was_perhaps_meant():
    data = definition(dependancies=[])
    assert only(data) == Finding(
        Severity.WARNING,
        "unknown-key",
        ("dependancies",),
        "The catalog does not know the key `dependancies` here: it is kept, but has no effect",
        "dependencies",
    )


def test_an_unknown_key_is_not_taken_for_one_that_is_there():
    assert only(with_pattern(scop="x")).suggestion is None


@pytest.mark.parametrize(
    ("data", "suggestion"),
    [
        (definition(dependancies="grep"), None),
        (definition(dependancies=["grep"]), "dependencies"),
        (definition(enabld="yes"), None),
        (definition(ownr=None), "owner"),
        (definition(default=[]), None),
        (definition(default={}), "defaults"),
    ],
)
def test_an_unknown_key_is_not_taken_for_one_that_its_value_cannot_have(data, suggestion):
    assert next(finding for finding in found(data) if finding.code == "unknown-key").suggestion == suggestion


def test_a_pattern_without_a_policy_is_offered_one_without_rules():
    data = definition()
    del data["capabilities"]["text_search"]["patterns"]["search_files"]["policy"]
    assert (only(data).code, only(data).suggestion) == ("missing", "{}")


@pytest.mark.parametrize(
    "data",
    [
        definition(metadata={"anything": {"goes": 1}}),
        definition(defaults={"protocol": "http"}),
        definition(examples=[{"name": "a", "inputs": {"what": "ever"}}]),
        with_input(examples=[{"what": "ever"}]),
    ],
)
def test_keys_of_free_form_parts_are_no_findings(data):
    assert found(data) == []


@pytest.mark.parametrize(
    ("data", "suggestion"),
    [
        (with_pattern(scope="exhaustiv"), "exhaustive"),
        (with_pattern(completeness="compleet"), "complete"),
        (with_input(type="int"), "integer"),
        (with_pattern(expected_outputs=[{"name": "x", "type": "list"}]), "array"),
        (definition(dependencies=[{"name": "x", "type": "pakage"}]), "package"),
    ],
)
def test_words_outside_the_advised_ones_are_warnings(data, suggestion):
    finding = only(data)
    assert (finding.severity, finding.code, finding.suggestion) == (Severity.WARNING, "vocabulary", suggestion)


def test_the_words_of_older_files_are_no_findings():
    assert found(with_pattern(scope="multiple_items", completeness="full")) == []


def test_placeholders_are_errors_and_nothing_else_is_said_about_them():
    data = with_pattern(complexity_score="<0.0-1.0>", scope="<SCOPE>", policy={"<RULE>": True})
    assert told(data) == [
        ("error", "template", "complexity_score"),
        ("error", "template", "scope"),
        ("error", "template", "<RULE>"),
    ]


def test_markup_in_values_is_no_placeholder():
    data = with_input(examples=["<html>"], validation="<a>|<html>", default="<a>")
    data["description"] = "Finds <tags> in text"
    assert found(data) == []


# Expressions


@pytest.mark.parametrize(
    ("estimate", "code", "suggestion"),
    [
        ("", "empty", None),
        ("ceil(N / 100", "syntax", "ceil(N / 100)"),
        ("foo(N)", "function", "floor(N)"),
        ("N.real", "node", None),
        ("200 + 2 * num_file", "name", "200 + 2 * num_files"),
        ("xyzzy * 2", "name", None),
        ("50 - N", "range", None),
        (-3, "range", None),
        ("1 / (N - 100)", "domain", None),
        ("10 / delay", "domain", None),
        ("exp(N)", "range", None),
        ("log(N - 100)", "domain", None),
    ],
)
@pytest.mark.parametrize("key", ["time_estimate_ms", "cost_estimate"])
def test_an_estimate_that_gives_no_value_is_an_error(key, estimate, code, suggestion):
    finding = only(with_pattern(**{key: estimate}))
    assert (finding.severity, finding.path) == (Severity.ERROR, (*PATTERN_PATH, key))
    assert finding.code == code
    assert suggestion in {None, finding.suggestion}


def test_a_failing_estimate_names_the_values_it_fails_for():
    assert only(with_pattern(time_estimate_ms="50 - N")).message == "The value -50 is negative when N = 100"


def test_an_unknown_variable_can_be_declared():
    data = with_pattern(time_estimate_ms="2 * crates")
    assert "declare it under `variables`" in only(data).message
    data["variables"] = {"crates": {"unit": "crates", "default": 5, "minimum": 1, "maximum": 9}}
    assert found(data) == []


def test_numeric_inputs_are_variables_of_their_pattern():
    retries = {"name": "retries", "type": "integer", "default": 3, "minimum": 1, "maximum": 5}
    assert found(with_pattern(time_estimate_ms="100 / retries", optional_inputs=[retries])) == []
    told_at_zero = only(with_pattern(time_estimate_ms="100 / retries", optional_inputs=[{**retries, "minimum": 0}]))
    assert told_at_zero.code == "domain"
    assert "retries = 0" in told_at_zero.message
    text = {**retries, "type": "string"}
    assert only(with_pattern(time_estimate_ms="100 / retries", optional_inputs=[text])).code == "name"


@pytest.mark.parametrize(
    ("condition", "code"),
    [("N > 100", None), ("N >", "syntax"), ("M > 100", "name"), ("1 / (N - 1) > 2", "domain"), ("N + 1", "node")],
)
def test_the_condition_for_the_background_is_checked(condition, code):
    findings = found(with_pattern(policy={"requires_background_if": condition}))
    assert [finding.code for finding in findings] == ([code] if code else [])
    assert all(finding.path == (*PATTERN_PATH, "policy", "requires_background_if") for finding in findings)


@pytest.mark.parametrize(
    ("estimate", "policy", "suggestion"),
    [
        ({"cost_estimate": "5 + N"}, {"max_cost": 5}, "6"),
        ({"cost_estimate": 5}, {"max_cost": 4.5}, "5"),
        ({"time_estimate_ms": "61000 + N"}, {"max_execution_time": 61}, "62"),
    ],
)
def test_a_limit_that_every_estimate_exceeds_is_a_contradiction(estimate, policy, suggestion):
    finding = only(with_pattern(**estimate, policy=policy))
    assert (finding.severity, finding.code) == (Severity.WARNING, "policy-contradiction")
    assert (finding.path, finding.suggestion) == ((*PATTERN_PATH, "policy", *policy), suggestion)


def test_a_limit_that_the_least_estimate_keeps_is_fine():
    assert found(with_pattern(cost_estimate="5 + N", policy={"max_cost": 6})) == []


def test_samples_are_the_usual_values_first_then_every_mix_of_ends_and_never_many():
    three = [Variable(name, "", 2, 1, 3, "") for name in "abc"]
    assert next(samples(three)) == {"a": 2, "b": 2, "c": 2}
    mixes = [tuple(values.values()) for values in samples(three)]
    assert len(mixes) == len(set(mixes)) == 27
    many = [Variable(f"v{index}", "", 2, 1, 3, "") for index in range(40)]
    tried = list(samples(many))
    assert len(tried) <= MOST_SAMPLES
    assert {1} in [set(values.values()) for values in tried]


def test_a_declared_variable_goes_before_the_catalogs_and_that_before_an_input():
    data = definition(variables={"N": {"default": 7, "minimum": 7, "maximum": 7}})
    pattern = {"required_inputs": [{"name": name, "type": "integer", "default": 5} for name in ("N", "pages", "own")]}
    known = known_variables(data, pattern)
    assert (known["N"].default, known["pages"], known["own"].default) == (7, VARIABLES["pages"], 5)


# Inputs and examples


def test_a_broken_regular_expression_is_an_error():
    finding = only(with_input(validation="^[a-z"))
    assert (finding.severity, finding.code, finding.path[-1]) == (Severity.ERROR, "regex", "validation")


@pytest.mark.parametrize("regex", [r"^(?!-).*$", r"(a)\1"])
def test_a_regular_expression_only_other_engines_know_is_a_warning(regex):
    finding = only(with_input(validation=regex, examples=["whatever"]))
    assert (finding.severity, finding.code) == (Severity.WARNING, "regex-unsupported")


def test_a_regular_expression_that_never_ends_elsewhere_is_quick_here():
    assert only(with_input(validation="^(a+)+$", examples=["a" * 3_000 + "!"])).code == "regex-example"


def test_trying_examples_ends_when_enough_effort_is_spent():
    findings = found(with_input(validation="^(.{0,30}){30}!$", examples=["x" * 4_000] * 100))
    assert 0 < len(findings) < 10


def test_an_example_that_its_own_validation_refuses_is_a_warning():
    finding = only(with_input(validation="^[0-9]+$", type="integer", examples=[80, "90", "many"]))
    assert (finding.severity, finding.code, finding.path[-3:]) == (
        Severity.WARNING,
        "regex-example",
        (0, "examples", 2),
    )


def test_examples_of_a_tool_are_checked_against_the_inputs_they_name():
    data = with_input(validation="^[a-z]+$")
    data["examples"] = [{"name": "one", "inputs": {"host": "web", "port": 1}}, {"name": "two", "inputs": {"host": "1"}}]
    assert only(data).path == ("examples", 1, "inputs", "host")


def test_an_example_needs_to_fit_one_pattern_only():
    data = with_input(validation="^[a-z]+$")
    patterns = data["capabilities"]["text_search"]["patterns"]
    patterns["other"] = copy.deepcopy(patterns["search_files"])
    patterns["other"]["required_inputs"][0]["validation"] = "^[0-9]+$"
    data["examples"] = [{"name": "one", "inputs": {"host": "1"}}]
    assert found(data) == []
    patterns["search_files"]["examples"] = data.pop("examples")
    assert only(data).path == (*PATTERN_PATH, "examples", 0, "inputs", "host")


def test_a_default_outside_the_allowed_values_is_a_warning():
    finding = only(with_input("optional_inputs", default="tcpp", allowed_values=["tcp", "udp"]))
    assert (finding.severity, finding.code, finding.suggestion) == (Severity.WARNING, "default", "tcp")
    assert found(with_input("optional_inputs", type="boolean", default="false", enum=[True, False])) == []
    assert found(with_input("optional_inputs", default=None, allowed_values=["tcp"])) == []


def test_an_input_that_disagrees_with_its_list_is_a_hint():
    finding = only(with_input("optional_inputs", required=True))
    assert (finding.severity, finding.code, finding.suggestion) == (Severity.HINT, "required-mismatch", "false")
    assert only(with_input(required=False)).suggestion == "true"
    assert found(with_input(required=True)) == []


# Names


def test_two_inputs_of_one_name_are_an_error_wherever_they_stand():
    data = with_input()
    data["capabilities"]["text_search"]["patterns"]["search_files"]["optional_inputs"] = [{"name": "host"}]
    finding = only(data)
    assert (finding.severity, finding.code) == (Severity.ERROR, "duplicate-name")
    assert finding.path == (*PATTERN_PATH, "optional_inputs", 0, "name")


@pytest.mark.parametrize(
    "data",
    [
        definition(dependencies=[{"name": "x", "type": "package"}, {"name": "x", "type": "package"}]),
        definition(examples=[{"name": "x"}, {"name": "x"}]),
        with_pattern(examples=[{"name": "x"}, {"name": "x"}]),
        with_pattern(expected_outputs=[{"name": "x"}, {"name": "x"}]),
        with_pattern(typical_use_cases=["find text", "Find  text"]),
        definition(capabilities={name: definition()["capabilities"]["text_search"] for name in ("a", "A")}),
    ],
)
def test_other_things_that_are_there_twice_are_a_warning(data):
    finding = only(data)
    assert (finding.severity, finding.code) == (Severity.WARNING, "duplicate-name")


def test_a_package_and_a_service_may_share_a_name():
    assert found(definition(dependencies=[{"name": "x", "type": "package"}, {"name": "x", "type": "service"}])) == []


@pytest.mark.parametrize("cases", [[], ["  "]])
def test_a_pattern_nobody_asks_for_is_a_warning(cases):
    finding = only(with_pattern(typical_use_cases=cases))
    assert (finding.severity, finding.code) == (Severity.WARNING, "use-cases")


def test_a_dependency_on_a_tool_is_looked_up_where_the_catalog_is_known():
    data = definition(dependencies=[{"name": "grp", "type": "tool"}, {"name": "grp", "type": "package"}])
    assert found(data) == []
    finding = only(data, known_tools=["grep", "find"])
    assert (finding.severity, finding.code, finding.suggestion) == (Severity.WARNING, "unknown-tool", "grep")
    assert finding.path == ("dependencies", 0, "name")
    assert found(data, known_tools={"grp"}) == []


@pytest.mark.parametrize(
    ("address", "suggestion"),
    [("example.org/grep", "https://example.org/grep"), ("javascript:alert(1)", None), ("https://", None)],
)
def test_an_address_has_to_be_one_of_the_web(address, suggestion):
    finding = only(definition(metadata={"documentation_url": address}))
    assert (finding.severity, finding.code, finding.suggestion) == (Severity.WARNING, "url", suggestion)


# Places, order, numbers


def test_findings_have_lines_and_stand_in_the_order_of_the_text():
    data = with_pattern(scope="wide", time_estimate_ms="1 +")
    text = write_yaml({**data, "platform": "linx"})
    document = read_yaml(text)
    findings = validate(tools_in(document)[0], document)
    lines = text.splitlines()
    assert [lines[finding.line - 1].split(":")[0].strip() for finding in findings] == [
        "platform",
        "time_estimate_ms",
        "scope",
    ]
    assert [finding.column for finding in findings] == [1, 9, 9]


def test_findings_stand_in_the_order_of_the_text_without_lines_too():
    data = {"zeta": 1, **definition(version=1), "alpha": 2}
    assert [finding.path for finding in found(data)] == [("zeta",), ("version",), ("alpha",)]


def test_findings_point_into_the_older_forms_as_they_are_written():
    pattern = {"pattern_name": "search_files", **PATTERN, "time_estimate_ms": "1 +"}
    data = {**definition(), "capabilities": [{"capability_name": "text_search", "patterns": [pattern]}]}
    [finding] = [finding for finding in found(data) if finding.severity is Severity.ERROR]
    assert finding.path == ("capabilities", 0, "patterns", 0, "time_estimate_ms")


def test_findings_point_into_documents_of_many_tools():
    document = read_yaml(write_yaml({"tools": {"one": definition("one"), "two": definition("two", platform="linx")}}))
    one, two = tools_in(document)
    assert not has_errors(validate(one, document))
    [error] = [finding for finding in validate(two, document) if finding.severity is Severity.ERROR]
    assert error.path == ("tools", "two", "platform")
    assert error.line == document.position_of(error.path).line


def test_a_name_the_form_remarked_is_not_remarked_again():
    assert [finding.code for finding in found({**definition(), "tool_name": "two words"})] == ["invalid-name"]
    nameless = definition()
    del nameless["tool_name"]
    assert [finding.code for finding in found(nameless)] == ["missing-name"]


def test_a_document_without_a_tool_is_said_once():
    document = read_json(b"[]", root_may_be_list=True)
    assert [finding.code for finding in validate(tools_in(document)[0], document)] == ["no-tool"]


def test_many_findings_are_bounded_and_warnings_never_hide_an_error():
    data = definition(**{f"key{index}": 1 for index in range(2 * MOST_FINDINGS)})
    assert len(found(data)) == MOST_FINDINGS
    outputs = [{"name": "same"}] * (2 * MOST_FINDINGS)
    patterns = {"first": {**PATTERN, "expected_outputs": outputs}}
    patterns["last"] = {**PATTERN, "required_inputs": [{"name": "twice"}, {"name": "twice"}]}
    assert has_errors(found(definition(capabilities={"text_search": {"patterns": patterns}})))


# Whatever is given

FIELDS = sorted({name for part in parts_of(definition(variables={"x": {}})) for name in part.model.model_fields})
WORDS = st.sampled_from([*FIELDS, "(?=x)", "N + ", "N > 2", "linux", "string", "integer", "<X>", "grep"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=200)
@given(st.dictionaries(WORDS | st.text(max_size=4), JSON, max_size=6))
def test_whatever_is_given_there_are_findings_and_never_an_exception(data):
    findings = found(data, known_tools={"grep"})
    assert has_errors(findings) == any(finding.severity is Severity.ERROR for finding in findings)
    assert len({(finding.path, finding.code, finding.message) for finding in findings}) == len(findings)


@settings(max_examples=300)
@given(st.data())
def test_whatever_stands_in_the_place_of_a_value_there_is_never_an_exception(data):
    """One value of a good definition, at any depth, becomes something else."""
    whole = definition(
        examples=[{"name": "one", "inputs": {"host": "a"}}], dependencies=[{"name": "x", "type": "tool"}]
    )
    part: Any = whole
    for _ in range(data.draw(st.integers(0, 6))):
        inner = [
            value for value in (part.values() if isinstance(part, dict) else part) if isinstance(value, dict | list)
        ]
        if not inner:
            break
        part = data.draw(st.sampled_from(inner))
    if isinstance(part, dict):
        part[data.draw(st.sampled_from([*part, *FIELDS]))] = data.draw(JSON)
    else:
        part.append(data.draw(JSON))
    assert all(finding.message and finding.code for finding in found(whole, known_tools={"grep"}))


def test_half_characters_from_data_are_findings_too():
    data = with_input(validation="\ud800", examples=["\udfff"])
    assert has_errors(found(data))


def test_every_part_of_the_schema_is_walked():
    def models_below(model: type[Part]) -> set[type[Part]]:
        return {model}.union(*(models_below(below) for below in model.__subclasses__()))

    whole = definition(defaults={}, dependencies=[{}], examples=[{}], variables={"x": {}})
    pattern = whole["capabilities"]["text_search"]["patterns"]["search_files"]
    pattern["expected_outputs"] = [{}]
    assert {part.model for part in parts_of(whole)} == models_below(Part) - {Part}
    assert next(parts_of(whole)).model is ToolDefinition


# Real files

FULL = [
    "cloud/aws_ec2",
    "container/crictl",
    "container/podman_ps",
    "custom/asset_query",
    "custom/sendmail",
    "database/mongodump",
    "database/sqlite3",
    "linux/crontab",
    "linux/df",
    "linux/find",
    "linux/grep",
    "linux/systemctl",
    "linux/tail",
    "linux/whoami",
    "monitoring/alertmanager",
    "network/nmap",
    "network/tcpdump",
    "network/vapix/io/axis_vapix_io_ports",
    "prometheus",
    "windows/get_eventlog",
    "windows/powershell",
]
PARTIAL = [
    "network/vapix/device-config/axis_vapix_network_settings",
    "templates/tool_template",
    "tool_optimization_profiles",
    "windows/add_content",
    "windows/copy_item",
    "windows/get_ciminstance",
    "windows/netstat",
    "windows/restart_service",
]


def sample(name: str) -> Document:
    return read_yaml((SAMPLES / "profiles" / f"{name}.yaml").read_bytes())


@needs_samples
def test_the_table_names_every_real_profile():
    names = {str(path.relative_to(SAMPLES / "profiles").with_suffix("")) for path in SAMPLES.glob("profiles/**/*.yaml")}
    assert names == {*FULL, *PARTIAL}


@needs_samples
@pytest.mark.parametrize("name", FULL)
def test_a_full_real_profile_has_no_error(name):
    document = sample(name)
    [tool] = tools_in(document)
    assert not has_errors(validate(tool, document, known_tools={"grep"}))


@needs_samples
@pytest.mark.parametrize("name", PARTIAL)
def test_a_real_profile_that_lacks_something_has_errors_with_lines(name):
    document = sample(name)
    for tool in tools_in(document):
        findings = validate(tool, document)
        assert has_errors(findings)
        assert all(finding.line and finding.column for finding in findings)


@needs_samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("other-formats/*.yaml")), ids=lambda path: path.stem)
def test_a_document_in_another_format_has_errors(path):
    [tool] = tools_in(read_yaml(path.read_bytes()))
    assert has_errors(validate(tool))


@needs_samples
def test_findings_can_be_told_as_json():
    document = sample("templates/tool_template")
    [tool] = tools_in(document)
    findings = [finding.as_json() for finding in validate(tool, document)]
    assert json.loads(json.dumps(findings)) == findings


@pytest.mark.parametrize("kind", [[], {}, None, 7, True])
def test_an_input_whose_type_is_no_text_is_a_finding(kind):
    findings = found(with_input(type=kind))
    assert [finding.path[-1] for finding in findings if finding.severity is Severity.ERROR] == ["type"]
