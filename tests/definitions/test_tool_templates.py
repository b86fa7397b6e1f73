"""Starting points for new tools: whatever an author has not to know is filled in already, and well."""

import re
from pathlib import Path as FilePath

import pytest

import app.definitions
from app.definitions.curves import curve
from app.definitions.documents import document_of
from app.definitions.findings import Finding, Severity
from app.definitions.legacy import tools_in
from app.definitions.tool_templates import TOOL_TEMPLATES, ToolTemplate, tool_template
from app.definitions.validation import validate
from app.definitions.validation.variables import known_variables

PROJECT = FilePath(__file__).parents[2]
FOLDER = FilePath(app.definitions.__file__).parent / "tool_templates"
FILLED = {"tool_name": "my-tool", "description": "What it is for"}

each_template = pytest.mark.parametrize("template", TOOL_TEMPLATES, ids=lambda template: template.name)


def findings_of(data: dict[str, object]) -> list[Finding]:
    document = document_of(data)
    [tool] = tools_in(document)
    return validate(tool, document, known_tools=[])


def test_every_file_is_a_template_and_the_other_way_round():
    assert {path.stem for path in FOLDER.iterdir()} == {template.name for template in TOOL_TEMPLATES}


@each_template
def test_only_the_name_and_the_description_keep_a_template_from_being_published(template: ToolTemplate):
    errors = [finding for finding in findings_of(template.document) if finding.severity is Severity.ERROR]
    assert [(finding.path, finding.code) for finding in errors] == [
        (("tool_name",), "missing-name"),
        (("description",), "missing"),
    ]


@each_template
def test_a_template_with_name_and_description_lacks_only_use_cases(template: ToolTemplate):
    findings = findings_of({**template.document, **FILLED})
    assert {finding.code for finding in findings} == {"use-cases"}
    assert not any(finding.severity is Severity.ERROR for finding in findings)


@each_template
def test_a_template_begins_with_what_has_to_be_filled_in(template: ToolTemplate):
    assert list(template.document)[:3] == ["tool_name", "version", "description"]
    assert template.document["tool_name"] == template.document["description"] == ""


@each_template
def test_a_template_shows_one_capability_and_one_or_two_patterns_with_estimates_that_can_be_drawn(
    template: ToolTemplate,
):
    document = template.document
    [capability] = document["capabilities"].values()
    assert 1 <= len(capability["patterns"]) <= 2
    for pattern in capability["patterns"].values():
        for key in ("time_estimate_ms", "cost_estimate"):
            assert curve(str(pattern[key]), known_variables(document, pattern))


@each_template
def test_a_template_names_its_capability_as_other_tools_do(template: ToolTemplate):
    if template.name != "blank":
        known = re.findall(r"^\| (\w+) \|", (PROJECT / "seed_tools/CAPABILITIES.md").read_text(), re.MULTILINE)
        assert set(template.document["capabilities"]) <= set(known)


def test_a_document_is_the_askers_own():
    [template, *_] = TOOL_TEMPLATES
    template.document["capabilities"].clear()
    assert template.document["capabilities"]


def test_a_template_is_found_by_its_name():
    assert tool_template("http-api") in TOOL_TEMPLATES
    assert tool_template("../secrets") is None
