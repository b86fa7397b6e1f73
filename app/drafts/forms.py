"""The forms of the editor, one for each kind of part; their fields are named and explained after the schema.

What a value may be, validation decides: a form only says how each is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeAlias, cast

from pydantic import BaseModel
from wtforms import Form

from app.definitions.model import (
    Capability,
    DeclaredVariable,
    Defaults,
    Dependency,
    Example,
    Input,
    Metadata,
    Output,
    Part,
    Pattern,
    Policy,
    PreferenceMatch,
    ToolDefinition,
)
from app.definitions.validation.parts import mapped
from app.definitions.vocabulary import (
    ACCURACY_LEVELS,
    CATEGORIES,
    DATA_SOURCES,
    DEPENDENCY_TYPES,
    FRESHNESS,
    INPUT_TYPES,
    PLATFORMS,
    STANDARD_COMPLETENESS,
    STANDARD_SCOPES,
)
from app.drafts.fields import (
    Choice,
    Estimate,
    Group,
    Keys,
    Line,
    Lines,
    Name,
    NamedRows,
    Number,
    Prose,
    Rows,
    Share,
    Suggested,
    Switch,
    Value,
    ValueField,
    Values,
    Yaml,
)

AnyField: TypeAlias = ValueField | Group | Rows


def unknown_in(part: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """What a part holds beyond the keys its schema names."""
    return {key: value for key, value in part.items() if key not in model.model_fields and key != "part_name"}


def _hint(model: type[BaseModel], field: str) -> str:
    return model.model_fields[field].description or ""


def _said(model: type[BaseModel], field: str) -> dict[str, Any]:
    """What the schema says of a field: its hint, and whether it may be left out."""
    return {"hint": _hint(model, field), "optional": not model.model_fields[field].is_required()}


class EditorForm(Form):
    """A form whose fields are the keys of a part of a definition.

    Attributes:
        model: the schema of the part.
        common: of a row, the fields that are always shown.
    """

    model: ClassVar[type[Part]] = ToolDefinition
    common: ClassVar[tuple[str, ...]] = ()

    def fields(self) -> Iterator[AnyField]:
        """The form's own fields, groups and rows, in their order."""
        return iter(cast("Iterable[AnyField]", self))

    def field(self, key: str) -> Any:
        """The field for a key."""
        return self._fields[key]


class PartForm(EditorForm):
    """A form that also has the keys of its part that the schema does not name, together in `other`."""

    other = Keys("Other keys", hint="Keys the schema does not name, as YAML; kept as they are", optional=True)

    def process(
        self, formdata: Any = None, obj: Any = None, data: Any = None, extra_filters: Any = None, **rest: object
    ) -> None:
        """Take the part, and its keys beyond the schema together."""
        part = mapped(data)
        super().process(formdata, obj, {**part, "other": unknown_in(part, self.model)}, extra_filters, **rest)


class BasicsForm(EditorForm):
    """What a tool is."""

    tool_name = Name("Name", mono=True, **_said(ToolDefinition, "tool_name"))
    description = Prose("What it is for", **_said(ToolDefinition, "description"))
    platform = Choice("Platform", words=PLATFORMS, **_said(ToolDefinition, "platform"))
    category = Choice("Category", words=CATEGORIES, **_said(ToolDefinition, "category"))
    execution_location = Line("Runs at", mono=True, **_said(ToolDefinition, "execution_location"))


class DefaultsValues(PartForm):
    model = Defaults
    accuracy_level = Suggested("Accuracy", words=ACCURACY_LEVELS, **_said(Defaults, "accuracy_level"))
    freshness = Suggested("Freshness", words=FRESHNESS, **_said(Defaults, "freshness"))
    data_source = Suggested("Data source", words=DATA_SOURCES, **_said(Defaults, "data_source"))


class DefaultsForm(EditorForm):
    """What patterns inherit."""

    defaults = Group(DefaultsValues, "Defaults", hint=_hint(ToolDefinition, "defaults"))


class MetadataValues(PartForm):
    model = Metadata
    tags = Lines("Tags", **_said(Metadata, "tags"))
    documentation_url = Line("Manual", **_said(Metadata, "documentation_url"))
    source_code_url = Line("Source code", **_said(Metadata, "source_code_url"))
    related_tools = Lines("Related tools", mono=True, **_said(Metadata, "related_tools"))
    author = Line("Author", **_said(Metadata, "author"))
    created = Line("Written", **_said(Metadata, "created"))
    updated = Line("Changed", **_said(Metadata, "updated"))


class AboutForm(EditorForm):
    """How a tool is found."""

    metadata = Group(MetadataValues, "Tags and docs", hint=_hint(ToolDefinition, "metadata"))


class DependencyRow(PartForm):
    model = Dependency
    common = ("name", "type", "version", "required")
    name = Line("Name", mono=True, **_said(Dependency, "name"))
    type = Suggested("Kind", words=DEPENDENCY_TYPES, **_said(Dependency, "type"))
    version = Line("Versions", mono=True, **_said(Dependency, "version"))
    required = Switch("Required", usual=True, **_said(Dependency, "required"))
    description = Line("What for", **_said(Dependency, "description"))


class DependenciesForm(EditorForm):
    """What must be there first."""

    dependencies = Rows(DependencyRow, "Dependencies", hint=_hint(ToolDefinition, "dependencies"), one="dependency")


class VariableRow(PartForm):
    model = DeclaredVariable
    common = ("part_name", "unit", "minimum", "default", "maximum")
    part_name = Name("Name", mono=True, hint="What expressions call it")
    unit = Line("Unit", **_said(DeclaredVariable, "unit"))
    meaning = Line("Meaning", **_said(DeclaredVariable, "meaning"))
    minimum = Number("Least", **_said(DeclaredVariable, "minimum"))
    default = Number("Usual", **_said(DeclaredVariable, "default"))
    maximum = Number("Most", **_said(DeclaredVariable, "maximum"))


class VariablesForm(EditorForm):
    """Variables of one's own."""

    variables = NamedRows(VariableRow, "Variables", hint=_hint(ToolDefinition, "variables"), one="variable")


class ExampleRow(PartForm):
    model = Example
    common = ("name", "description", "inputs")
    name = Line("Name", **_said(Example, "name"))
    description = Line("What is done", **_said(Example, "description"))
    inputs = Yaml("Inputs", **_said(Example, "inputs"))
    expected_output = Yaml("Comes back", **_said(Example, "expected_output"))
    expected_time_ms = Number("Takes", unit="ms", **_said(Example, "expected_time_ms"))
    expected_cost = Number("Costs", **_said(Example, "expected_cost"))


class ExamplesForm(EditorForm):
    """Real uses of the tool."""

    examples = Rows(ExampleRow, "Examples", hint=_hint(ToolDefinition, "examples"), one="example")


class OtherForm(PartForm):
    """Keys of the tool that the schema does not name."""


class CapabilityForm(PartForm):
    """What a tool can do."""

    model = Capability
    part_name = Name("Name", mono=True, hint="What requests call it, such as text_search")
    description = Prose("What it can do", **_said(Capability, "description"))


class InputRow(PartForm):
    model = Input
    common = ("name", "type", "description", "default")
    name = Line("Name", mono=True, **_said(Input, "name"))
    type = Suggested("Type", words=INPUT_TYPES, **_said(Input, "type"))
    description = Line("Description", **_said(Input, "description"))
    default = Value("Default", **_said(Input, "default"))
    validation = Line("Must match", mono=True, **_said(Input, "validation"))
    allowed_values = Values("Allowed values", **_said(Input, "allowed_values"))
    examples = Values("Examples", **_said(Input, "examples"))
    minimum = Number("Least", **_said(Input, "minimum"))
    maximum = Number("Most", **_said(Input, "maximum"))


class OutputRow(PartForm):
    model = Output
    common = ("name", "type", "description")
    name = Line("Name", mono=True, **_said(Output, "name"))
    type = Suggested("Type", words=INPUT_TYPES, **_said(Output, "type"))
    description = Line("Description", **_said(Output, "description"))


class PolicyValues(PartForm):
    model = Policy
    production_safe = Switch("Safe in production", **_said(Policy, "production_safe"))
    requires_approval = Switch("Needs approval", **_said(Policy, "requires_approval"))
    max_cost = Number("Cost ceiling", **_said(Policy, "max_cost"))
    max_execution_time = Number("Time ceiling", unit="s", **_said(Policy, "max_execution_time"))
    max_N_immediate = Number("Most N at once", **_said(Policy, "max_N_immediate"))  # noqa: N815 - the document's name
    requires_background_if = Line("Background if", mono=True, **_said(Policy, "requires_background_if"))
    allowed_environments = Lines("Environments", mono=True, **_said(Policy, "allowed_environments"))
    required_permissions = Lines("Permissions", mono=True, **_said(Policy, "required_permissions"))


class PreferenceValues(PartForm):
    model = PreferenceMatch
    speed = Share("Speed", **_said(PreferenceMatch, "speed"))
    accuracy = Share("Accuracy", **_said(PreferenceMatch, "accuracy"))
    cost = Share("Cost", **_said(PreferenceMatch, "cost"))
    complexity = Share("Simplicity", **_said(PreferenceMatch, "complexity"))
    completeness = Share("Completeness", **_said(PreferenceMatch, "completeness"))


class PatternForm(PartForm):
    """One way to use a capability."""

    model = Pattern
    part_name = Name("Pattern name", mono=True, hint="What answers call it, such as search_files")
    description = Prose("What it does", **_said(Pattern, "description"))
    typical_use_cases = Lines("Use cases", **_said(Pattern, "typical_use_cases"))
    scope = Suggested("Scope", words=STANDARD_SCOPES, **_said(Pattern, "scope"))
    completeness = Suggested("Completeness", words=STANDARD_COMPLETENESS, **_said(Pattern, "completeness"))
    time_estimate_ms = Estimate("Time estimate", unit="ms", mono=True, **_said(Pattern, "time_estimate_ms"))
    cost_estimate = Estimate("Cost estimate", mono=True, **_said(Pattern, "cost_estimate"))
    complexity_score = Share("Complexity", **_said(Pattern, "complexity_score"))
    preference_match = Group(PreferenceValues, "Preference match", hint="How well this pattern serves each wish")
    policy = Group(PolicyValues, "Policy", hint=_hint(Pattern, "policy"))
    required_inputs = Rows(InputRow, "Required inputs", hint=_hint(Pattern, "required_inputs"), one="required input")
    optional_inputs = Rows(InputRow, "Optional inputs", hint=_hint(Pattern, "optional_inputs"), one="optional input")
    expected_outputs = Rows(OutputRow, "Outputs", hint=_hint(Pattern, "expected_outputs"), one="output")
    limitations = Lines("Limitations", **_said(Pattern, "limitations"))
    examples = Rows(ExampleRow, "Examples", hint=_hint(Pattern, "examples"), one="example")


SECTION_FORMS: Mapping[str, type[EditorForm]] = {
    "basics": BasicsForm,
    "defaults": DefaultsForm,
    "variables": VariablesForm,
    "dependencies": DependenciesForm,
    "about": AboutForm,
    "examples": ExamplesForm,
    "other": OtherForm,
}


def form_for(path: tuple[str | int, ...], node: str) -> type[EditorForm]:
    """The form of a part, told from its place; of a section, from its name."""
    if not path:
        return SECTION_FORMS[node]
    return CapabilityForm if len(path) == 2 else PatternForm
