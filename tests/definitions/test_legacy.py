"""Every form of definition people have, read as the canonical one, with nothing lost and every place known."""

import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.definitions.documents import Document, Position, document_of, read_json, read_yaml
from app.definitions.findings import Finding, Path, Severity
from app.definitions.legacy import SourceTool, source_tool, tools_in

SAMPLES = FilePath(__file__).parents[2].parent / "shared" / "samples"
FILES = sorted([*SAMPLES.glob("profiles/**/*.yaml"), *SAMPLES.glob("other-formats/*.yaml")])
needs_samples = pytest.mark.skipif(not FILES, reason="the samples are not beside the project")

LIST = {
    "tool_name": "prometheus",
    "capabilities": [
        {
            "capability_name": "monitoring",
            "patterns": [{"pattern_name": "get", "cost_estimate": "1"}, {"name": "push"}],
        },
        {"name": "alerting", "patterns": {"send": {"cost_estimate": 2}}},
    ],
}
NESTED: dict[str, Any] = {
    "tool": {
        "name": "Copy-Item",
        "platform": "windows",
        "capability": {"name": "file_copy", "description": "Copy files"},
        "pattern": {"name": "copy_file", "description": "Copy file, cp command, "},
        "inputs": [{"name": "force", "required": False}, {"name": "host", "required": True}, {"name": "source"}],
        "policy": {"approval_required": True, "timeout_seconds": 300, "production_safe": False},
    }
}
FLAT = {"name": "Add-Content", "platform": "windows", "tags": ["file"], "metadata": {"idempotent": False}}
HEADER = {"metadata": {"name": "axis", "version": "1.0", "category": "network", "tags": ["vapix"]}, "capabilities": []}
SELECTOR = {
    "key": "linux.grep",
    "name": "Linux Grep",
    "short_desc": "Search",
    "platform": ["linux"],
    "meta": {"cmd": "grep"},
}
REGISTRY = {"name": "http_check", "command_template": "curl {url}", "parameters": [{"name": "url"}], "tags": ["http"]}
BUNDLE = {"version": "1.1", "tools": {"ps": {"description": "Processes"}, "top": {"description": "Load"}}}


def one_in(document: Document) -> SourceTool:
    (tool,) = tools_in(document)
    return tool


def the(code: str, tool: SourceTool) -> Finding:
    (finding,) = (finding for finding in tool.findings if finding.code == code)
    return finding


def codes(tool: SourceTool) -> list[str]:
    return [finding.code for finding in tool.findings]


def leaves(data: Any) -> Iterator[str]:
    """Every single value, and every key too, since a name may become a key; empty maps and lists count."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield repr(key)
            yield from leaves(value)
    elif isinstance(data, list) and data:
        for value in data:
            yield from leaves(value)
    else:
        yield repr(data)


def values(data: Any) -> Counter[str]:
    """How often each single value stands in data."""
    if isinstance(data, dict):
        return sum((values(value) for value in data.values()), Counter())
    if isinstance(data, list):
        return sum((values(value) for value in data), Counter())
    return Counter([repr(data)])


# Real files


@needs_samples
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_value_of_a_real_file_is_lost(file):
    document = read_yaml(file.read_bytes())
    tools = tools_in(document)
    assert tools
    for tool in tools:
        assert values(tool.document) <= Counter(leaves(tool.definition))


@needs_samples
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_part_of_a_real_definition_leads_to_the_same_value_in_the_file(file):
    document = read_yaml(file.read_bytes())
    for tool in tools_in(document):
        for path, value in single_values(tool.definition):
            source = tool.source_path(path)
            found = at(document.data, source)
            # Made up from elsewhere: phrases of a description, the name a bundle's tool is keyed by.
            assert found == value or "typical_use_cases" in path or path == ("tool_name",)
            assert document.position_of(source) is not None


def single_values(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, dict | list) and data:
        for step, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from single_values(value, (*path, step))
    else:
        yield path, data


def at(data: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(data, dict | list) or (isinstance(data, dict) and step not in data):
            return None
        data = data[step]
    return data


@needs_samples
def test_all_real_files_give_named_tools_but_the_template():
    tools = [tool for file in FILES for tool in tools_in(read_yaml(file.read_bytes()))]
    nameless = [codes(tool) for tool in tools if tool.name is None]
    assert nameless == [["template"]]
    assert Counter(tool.form for tool in tools) == {
        "map": 20,
        "list": 2,
        "flat": 3,
        "nested": 2,
        "bundle": 8,
        "other": 3,
    }


@needs_samples
def test_reading_a_definition_again_changes_nothing():
    for file in FILES:
        for tool in tools_in(read_yaml(file.read_bytes())):
            again = source_tool(tool.definition)
            assert again.definition == tool.definition


# The map form


def test_a_canonical_definition_is_left_untouched():
    data = {"tool_name": "grep", "tags": ["kept"], "capabilities": {"search": {"patterns": {"find": {}}}}}
    tool = source_tool(data)
    assert tool.definition is data
    assert (tool.name, tool.form, tool.findings, tool.bundle) == ("grep", "map", (), None)
    assert tool.source_path(("capabilities", "search")) == ("capabilities", "search")


@pytest.mark.parametrize("data", [LIST, NESTED, FLAT, HEADER, SELECTOR, REGISTRY])
def test_a_converted_definition_shares_nothing_with_its_document(data):
    before = copy.deepcopy(data)
    tool = source_tool(data)
    for value in tool.definition.values():
        if isinstance(value, dict):
            value.clear()
        elif isinstance(value, list):
            value.append("changed")
    assert tool.document is data
    assert data == before


@pytest.mark.parametrize(("data", "form"), [(LIST, "list"), (NESTED, "nested"), (FLAT, "flat"), (HEADER, "list")])
def test_an_older_form_is_told_as_a_hint_that_says_what_was_read_as_what(data, form):
    tool = source_tool(data)
    hint = the("legacy-form", tool)
    assert (tool.form, hint.severity, hint.path) == (form, Severity.HINT, ())
    assert " as " in hint.message


# Lists


def test_lists_of_capabilities_and_patterns_become_maps_keyed_by_name():
    assert source_tool(LIST).definition == {
        "tool_name": "prometheus",
        "capabilities": {
            "monitoring": {"patterns": {"get": {"cost_estimate": "1"}, "push": {}}},
            "alerting": {"patterns": {"send": {"cost_estimate": 2}}},
        },
    }


def test_places_in_a_list_are_found_again():
    tool = source_tool(LIST)
    path = ("capabilities", "monitoring", "patterns", "get", "time_estimate_ms")
    assert tool.source_path(path) == ("capabilities", 0, "patterns", 0, "time_estimate_ms")
    assert tool.source_path(("capabilities", "alerting", "patterns", "send")) == ("capabilities", 1, "patterns", "send")


def test_a_map_of_capabilities_may_hold_lists_of_patterns():
    tool = source_tool(
        {"tool_name": "a", "capabilities": {"b": {"patterns": [{"pattern_name": "c", "scope": "batch"}]}}}
    )
    assert tool.definition["capabilities"] == {"b": {"patterns": {"c": {"scope": "batch"}}}}
    assert tool.source_path(("capabilities", "b", "patterns", "c")) == ("capabilities", "b", "patterns", 0)


def test_items_without_a_name_or_with_a_taken_one_are_kept_and_told():
    items = [{"name": "a", "x": 1}, {"x": 2}, {"name": "a", "x": 3}, 7, "b"]
    tool = source_tool({"tool_name": "t", "capabilities": items})
    kept = {"a": {"x": 1}, "capability_2": {"x": 2}, "a_2": {"name": "a", "x": 3}, "capability_4": 7, "b": {}}
    assert tool.definition["capabilities"] == kept
    told = [(finding.code, finding.path) for finding in tool.findings if finding.severity is Severity.ERROR]
    assert told == [
        ("missing-name", ("capabilities", 1)),
        ("duplicate-name", ("capabilities", 2)),
        ("missing-name", ("capabilities", 3)),
    ]


def test_a_header_in_metadata_goes_to_the_top():
    tool = source_tool(HEADER)
    top = {key: value for key, value in tool.definition.items() if key != "capabilities"}
    assert top == {"tool_name": "axis", "version": "1.0", "category": "network", "metadata": {"tags": ["vapix"]}}
    assert tool.source_path(("version",)) == ("metadata", "version")
    assert tool.source_path(("metadata", "tags", 0)) == ("metadata", "tags", 0)


def test_metadata_that_is_no_header_stays():
    tool = source_tool({"name": "a", "metadata": {"version": "2.0", "name": "inner"}, "platform": "linux"})
    assert tool.definition == {"tool_name": "a", "metadata": {"version": "2.0", "name": "inner"}, "platform": "linux"}


# Flat and nested


def test_a_flat_definition_gets_its_name_and_its_tags_where_they_belong():
    tool = source_tool(FLAT)
    metadata = {"idempotent": False, "tags": ["file"]}
    assert tool.definition == {"tool_name": "Add-Content", "platform": "windows", "metadata": metadata}
    assert tool.source_path(("tool_name",)) == ("name",)
    assert tool.source_path(("metadata", "tags", 0)) == ("tags", 0)
    assert tool.source_path(("metadata", "idempotent")) == ("metadata", "idempotent")


def test_tags_are_not_mixed_with_those_of_metadata():
    tool = source_tool({"name": "a", "tags": ["x"], "metadata": {"tags": ["y"]}})
    assert tool.definition == {"tool_name": "a", "tags": ["x"], "metadata": {"tags": ["y"]}}


def test_a_nested_tool_gets_one_capability_with_one_pattern():
    pattern = {
        "description": "Copy file, cp command, ",
        "typical_use_cases": ["Copy file", "cp command"],
        "optional_inputs": [{"name": "force", "required": False}],
        "required_inputs": [{"name": "host", "required": True}, {"name": "source"}],
        "policy": {"requires_approval": True, "max_execution_time": 300, "production_safe": False},
    }
    capability = {"description": "Copy files", "patterns": {"copy_file": pattern}}
    definition = {"tool_name": "Copy-Item", "platform": "windows", "capabilities": {"file_copy": capability}}
    assert source_tool(NESTED).definition == definition


@pytest.mark.parametrize(
    ("canonical", "source"),
    [
        ((), ("tool",)),
        (("tool_name",), ("tool", "name")),
        (("platform",), ("tool", "platform")),
        (("capabilities", "file_copy", "description"), ("tool", "capability", "description")),
        (("capabilities", "file_copy", "patterns", "copy_file", "scope"), ("tool", "pattern", "scope")),
        (
            ("capabilities", "file_copy", "patterns", "copy_file", "required_inputs", 1, "name"),
            ("tool", "inputs", 2, "name"),
        ),
        (
            ("capabilities", "file_copy", "patterns", "copy_file", "policy", "max_execution_time"),
            ("tool", "policy", "timeout_seconds"),
        ),
        (
            ("capabilities", "file_copy", "patterns", "copy_file", "policy", "production_safe"),
            ("tool", "policy", "production_safe"),
        ),
    ],
)
def test_places_in_a_nested_tool_are_found_again(canonical, source):
    assert source_tool(NESTED).source_path(canonical) == source


def test_what_stands_beside_a_nested_tool_joins_it_and_displaces_nothing():
    tool = source_tool({"version": "9", "tool": {"name": "a", "version": "1"}, "notes": ["kept"]})
    assert tool.definition == {"tool_name": "a", "version": "1", "version_2": "9", "notes": ["kept"]}
    assert tool.source_path(("notes", 0)) == ("notes", 0)
    assert tool.source_path(("version",)) == ("tool", "version")


def test_a_nested_tool_may_hold_capabilities_in_another_form():
    tool = source_tool({"tool": {"name": "a", "capabilities": [{"name": "b", "patterns": []}]}})
    assert tool.definition == {"tool_name": "a", "capabilities": {"b": {"patterns": {}}}}
    assert tool.source_path(("capabilities", "b", "x")) == ("tool", "capabilities", 0, "x")


# Bundles


def test_every_tool_of_a_bundle_is_named_by_its_key_and_knows_its_wrapper():
    tools = tools_in(document_of(BUNDLE))
    assert [(tool.name, tool.form, tool.path) for tool in tools] == [
        ("ps", "bundle", ("tools", "ps")),
        ("top", "bundle", ("tools", "top")),
    ]
    assert [tool.bundle.position for tool in tools if tool.bundle] == [0, 1]
    assert tools[1].bundle is not None
    assert tools[1].bundle.wrapper == {"version": "1.1"}
    assert tools[1].document == {"description": "Load"}
    assert tools[1].definition == {"tool_name": "top", "description": "Load"}
    assert tools[1].source_path(("description",)) == ("tools", "top", "description")


def test_the_tools_of_a_bundle_may_have_any_form():
    capabilities = [{"name": "b", "patterns": [{"name": "c"}]}]
    tool = one_in(document_of({"tools": {"a": {"capabilities": capabilities}}}))
    assert tool.definition == {"tool_name": "a", "capabilities": {"b": {"patterns": {"c": {}}}}}
    path = ("capabilities", "b", "patterns", "c", "scope")
    assert tool.source_path(path) == ("tools", "a", "capabilities", 0, "patterns", 0, "scope")


def test_a_bundle_may_be_a_list_of_definitions():
    first, second = tools_in(document_of({"tools": [{"tool_name": "a", "capabilities": {}}, {"name": "b"}]}))
    assert (first.name, first.form, first.path) == ("a", "bundle", ("tools", 0))
    assert second.definition == {"tool_name": "b"}
    assert second.source_path(("tool_name",)) == ("tools", 1, "name")


def test_a_json_list_holds_a_tool_in_every_place():
    first, second = tools_in(read_json('[{"tool_name": "a"}, {"name": "b"}]', root_may_be_list=True))
    assert (first.name, first.path, first.bundle) == ("a", (0,), None)
    assert (second.name, second.source_path(("tool_name",))) == ("b", (1, "name"))


@pytest.mark.parametrize("data", [{"tools": {}}, {"tools": []}, {"version": "1", "tools": None}])
def test_a_bundle_without_tools_is_an_error_and_not_nothing(data):
    tool = one_in(document_of(data))
    assert (tool.name, tool.document, codes(tool)) == (None, data, ["no-tool"])


def test_an_entry_that_is_no_map_is_an_error_beside_the_others():
    broken, good = tools_in(document_of({"tools": {"a": 5, "b": {"description": "x"}}}))
    assert (broken.name, codes(broken), broken.document) == (None, ["no-tool"], {"value": 5})
    assert good.name == "b"


def test_a_definition_with_a_key_called_tools_is_one_definition():
    data = {"tool_name": "a", "tools": {"b": {}}, "capabilities": {}}
    assert one_in(document_of(data)).definition is data


# Other formats, templates, names


def test_a_selector_entry_is_named_and_kept_as_far_as_it_goes():
    tool = source_tool(SELECTOR)
    assert tool.definition == {
        "tool_name": "linux.grep",
        "name": "Linux Grep",
        "description": "Search",
        "platform": "linux",
        "meta": {"cmd": "grep"},
    }
    assert (tool.name, tool.form) == ("linux.grep", "other")
    assert tool.source_path(("platform",)) == ("platform", 0)


def test_a_command_registry_entry_is_named_and_kept_as_far_as_it_goes():
    tool = source_tool(REGISTRY)
    assert (tool.name, tool.form) == ("http_check", "other")
    assert tool.definition["parameters"] == [{"name": "url"}]
    assert tool.definition["metadata"] == {"tags": ["http"]}


@pytest.mark.parametrize(
    ("data", "looks"), [(SELECTOR, "selector entry"), (REGISTRY, "command registry entry"), ({"id": "x"}, "other kind")]
)
def test_another_format_is_a_warning_that_names_it_and_what_is_missing(data, looks):
    warning = the("other-format", source_tool(data))
    assert warning.severity is Severity.WARNING
    assert looks in warning.message
    assert "`capabilities`" in warning.message


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ('version: "1"\ntool_name: <TOOL_NAME>\n', ("tool_name",), 2),
        ("tool_name: a\ncapabilities:\n  <capability_name>: {}\n", ("capabilities", "<capability_name>"), 3),
        ("tool_name: a\ncapabilities:\n- name: <CAP>\n", ("capabilities", 0, "name"), 3),
        ("tool:\n  name: <NAME>\n", ("tool", "name"), 2),
    ],
)
def test_a_template_is_an_error_at_its_first_placeholder(text, path, line):
    tool = one_in(read_yaml(text))
    finding = the("template", tool)
    assert (tool.name, tool.form, finding.path, finding.line) == (None, "other", path, line)
    assert finding.severity is Severity.ERROR


def test_placeholders_elsewhere_make_no_template():
    assert source_tool({"tool_name": "a", "description": "replaces <WORD>", "capabilities": {}}).name == "a"


def test_a_display_name_gives_way_to_a_usable_one_and_is_kept():
    tool = source_tool({"name": "Linux Grep", "key": "linux.grep", "id": 7})
    assert (tool.name, tool.definition["tool_name"]) == (None, "Linux Grep")
    tool = source_tool({**SELECTOR, "name": "Linux Grep"})
    assert (tool.name, tool.definition["name"]) == ("linux.grep", "Linux Grep")


@pytest.mark.parametrize(
    ("data", "code", "suggestion"),
    [
        ({"tool_name": "my tool!"}, "invalid-name", "my-tool"),
        ({"tool_name": "a" * 101}, "invalid-name", "a" * 100),
        ({"tool_name": "?"}, "invalid-name", None),
        ({"tool_name": 7}, "invalid-name", "7"),
        ({"description": "x", "capabilities": {}}, "missing-name", None),
        ({}, "missing-name", None),
    ],
)
def test_a_missing_or_unusable_name_is_an_error_where_the_name_belongs(data, code, suggestion):
    tool = source_tool(data)
    finding = the(code, tool)
    assert tool.name is None
    assert (finding.severity, finding.path, finding.suggestion) == (Severity.ERROR, ("tool_name",), suggestion)


def test_an_unnamed_definition_is_no_other_format():
    assert codes(source_tool({"platform": "linux", "description": "x"})) == ["missing-name"]


def test_findings_stand_where_they_are_in_the_text():
    document = read_yaml("version: '1'\ntools:\n  a b:\n    description: x\n")
    finding = the("invalid-name", one_in(document))
    assert (finding.line, finding.column) == (3, 3)
    assert document.position_of(finding.path) == Position(3, 3)


# Any data at all

WORDS = ["tool_name", "name", "tool", "tools", "metadata", "capabilities", "patterns", "capability", "pattern"]
WORDS += ["inputs", "policy", "tags", "key", "meta", "cmd", "platform", "pattern_name", "description", "required"]
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b c", "<X>", "a, b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=15,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(WORDS), DATA, max_size=6))
def test_any_data_gives_tools_with_a_name_or_an_error_and_loses_nothing(data):
    before = copy.deepcopy(data)
    tools = tools_in(document_of(data))
    assert tools
    assert data == before
    for tool in tools:
        assert (tool.name is None) == any(finding.code in NAMELESS for finding in tool.findings if is_of_tool(finding))
        assert values(tool.document) <= Counter(leaves(tool.definition))
        assert source_tool(tool.definition).name == tool.name


NAMELESS = {"missing-name", "invalid-name", "template", "no-tool"}


def is_of_tool(finding: Finding) -> bool:
    """A capability or pattern without a name is another matter."""
    return finding.severity is Severity.ERROR and not (
        "capabilities" in finding.path and finding.code == "missing-name"
    )
