"""The one schema of a tool definition: ToolDefinition › Capability › Pattern, and what they are made of.

JSON Schema, forms and OpenAPI derive from these models. Keys they do not name are kept everywhere. Rules that need more
than one value (expressions against policy, examples against regular expressions) are in `validation`.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.definitions.vocabulary import (
    CATEGORIES,
    DEPENDENCY_TYPES,
    INPUT_TYPES,
    PLATFORMS,
    RESERVED_NAMES,
    STANDARD_COMPLETENESS,
    STANDARD_SCOPES,
    STATUSES,
)

FreeForm: TypeAlias = Any
"""Whatever an author may write: a text, a number, true or false, nothing, or lists and maps of these."""


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    known = frozenset(words)

    def check(word: str) -> str:
        if word not in known:
            raise PydanticCustomError("vocabulary", "Not one of the known words")
        return word

    return check


def _free_name(name: str) -> str:
    if name.lower() in RESERVED_NAMES:
        raise PydanticCustomError("reserved-name", "The catalog needs this name for its own addresses")
    return name


def _text_or_number(value: object) -> object:
    # Ahead of the union, whose own refusal would be one error for each of its members.
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PydanticCustomError("estimate", "An estimate is an expression or a number")
    return value


ToolName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$"), AfterValidator(_free_name)]
# A version is a step of an address (`/versions/1.0`): no slash, no white space.
Version = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^/\s]+$")]
PartName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
VariableName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Prose = Annotated[str, Field(max_length=10_000)]
Description = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
Phrase = Annotated[str, Field(max_length=1_000)]
Score = Annotated[float, Field(ge=0, le=1)]
Estimate = Annotated[str | int | float, BeforeValidator(_text_or_number)]
Platform = Annotated[str, AfterValidator(_one_of(PLATFORMS)), Field(json_schema_extra={"enum": list(PLATFORMS)})]
Category = Annotated[str, AfterValidator(_one_of(CATEGORIES)), Field(json_schema_extra={"enum": list(CATEGORIES)})]
Status = Annotated[str, AfterValidator(_one_of(STATUSES)), Field(json_schema_extra={"enum": list(STATUSES)})]


class Part(BaseModel):
    """A part of a definition: types are taken as written (`"1"` is no number, `1` no text), unknown keys are kept."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False, frozen=True)


class Defaults(Part):
    """What patterns inherit when they do not say it themselves. Further keys are the author's own."""

    accuracy_level: Phrase | None = Field(None, description="How exact answers are", examples=["real-time"])
    freshness: Phrase | None = Field(None, description="How recent the data is", examples=["live"])
    data_source: Phrase | None = Field(None, description="Where the data comes from", examples=["filesystem"])


class Metadata(Part):
    """Who wrote a definition and how to find it. Further keys are the author's own."""

    author: Phrase | None = Field(None, description="Who wrote the definition")
    created: Phrase | None = Field(None, description="The day it was written, as text", examples=["2025-01-15"])
    updated: Phrase | None = Field(None, description="The day it was last changed, as text")
    tags: list[Phrase] = Field([], description="Words to find the tool by")
    documentation_url: Phrase | None = Field(None, description="The address (http or https) of the tool's manual")
    source_code_url: Phrase | None = Field(None, description="The address of the tool's source code")
    related_tools: list[Phrase] = Field([], description="Tools for similar jobs")


class Dependency(Part):
    """Something a tool needs before it works."""

    name: PartName = Field(description="What is needed")
    type: Phrase | None = Field(None, description="The kind of thing it is", examples=list(DEPENDENCY_TYPES))
    required: bool = Field(True, description="Whether the tool is useless without it")
    version: Phrase | None = Field(None, description="Which versions will do", examples=[">=3.0"])
    description: Prose = Field("", description="What it is needed for")


class DeclaredVariable(Part):
    """A variable of expressions that the catalog's own vocabulary lacks, or means differently."""

    unit: Phrase = Field("", description="In words, plural", examples=["items", "milliseconds"])
    default: float = Field(description="Taken when a request does not say; within the range")
    minimum: float = Field(description="The least plausible value; expressions are tried from here")
    maximum: float = Field(description="The greatest plausible value; expressions are tried up to here")
    meaning: Phrase = Field("", description="What is counted or measured")

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if not self.minimum <= self.default <= self.maximum:
            raise PydanticCustomError("variable-range", "The default is not between the minimum and the maximum")
        return self


class Input(Part):
    """A value a pattern is given."""

    name: PartName = Field(description="How requests name the value")
    type: Phrase = Field("string", description="The kind of value", examples=list(INPUT_TYPES))
    description: Prose = Field("", description="What the value is for")
    required: bool | None = Field(None, description="Said by the list it stands in; older files say it here too")
    default: FreeForm = Field(None, description="Taken when a request does not say")
    validation: Phrase | None = Field(None, description="A regular expression (RE2) that every value matches")
    allowed_values: list[FreeForm] | None = Field(None, description="All values that are accepted")
    enum: list[FreeForm] | None = Field(None, description="Another word for `allowed_values`")
    examples: list[FreeForm] = Field([], description="Values as they really occur")
    minimum: float | None = Field(None, description="The least value of a number")
    maximum: float | None = Field(None, description="The greatest value of a number")


class Output(Part):
    """A value a pattern gives back."""

    name: PartName = Field(description="How answers name the value")
    type: Phrase = Field("string", description="The kind of value", examples=list(INPUT_TYPES))
    description: Prose = Field("", description="What the value says")
    required: bool | None = Field(None, description="Whether every answer has it")


class Example(Part):
    """One real use, with what it is given and what it takes."""

    name: Phrase | None = Field(None, description="What is done, in a few words")
    description: Prose = Field("", description="What is done, in a sentence")
    inputs: dict[str, FreeForm] = Field({}, description="The inputs' values, by input name")
    expected_output: FreeForm = Field(None, description="What comes back")
    expected_time_ms: Annotated[float, Field(ge=0)] | None = Field(None, description="Milliseconds it takes")
    expected_cost: Annotated[float, Field(ge=0)] | None = Field(None, description="What it costs, in the unit of costs")


class Policy(Part):
    """When a pattern may be used. A rule that is not said does not restrict, except `production_safe`."""

    max_cost: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Not used when it would cost more, in the unit of `cost_estimate`"
    )
    requires_approval: bool = Field(False, description="Whether a person must agree before each use")
    production_safe: bool = Field(False, description="Whether it may be used in production; not said means no")
    max_execution_time: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Not used when it would take longer, in seconds"
    )
    max_N_immediate: Annotated[float, Field(ge=0)] | None = Field(  # noqa: N815 - the name existing files have
        None, description="The greatest N that is still done while somebody waits"
    )
    requires_background_if: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="A condition under which it runs in the background", examples=["N > 100"]
    )
    allowed_environments: list[Phrase] | None = Field(
        None, description="The only environments it may be used in", examples=[["staging", "production"]]
    )
    required_permissions: list[Phrase] | None = Field(None, description="Permissions whoever asks must have")


class PreferenceMatch(Part):
    """How well a pattern serves each wish, from 0 (badly) to 1 (as well as can be)."""

    speed: Score = Field(description="1 is very fast")
    accuracy: Score = Field(description="1 is exact")
    cost: Score = Field(description="1 is very cheap")
    complexity: Score = Field(description="1 is very simple")
    completeness: Score = Field(description="1 leaves nothing out")


class Pattern(Part):
    """One way to use a capability."""

    description: Description = Field(description="What it does, in a sentence")
    typical_use_cases: list[Phrase] = Field([], description="What people ask for, in their words; requests match these")
    time_estimate_ms: Estimate = Field(
        description="Milliseconds it takes: an expression over variables, or a number", examples=["200 + 0.5 * N"]
    )
    cost_estimate: Estimate = Field(
        description="What it costs, 0 to 10 usual: an expression over variables, or a number",
        examples=["ceil(N / 100)"],
    )
    complexity_score: Score = Field(description="How hard it is to use right, from 0 (trivial) to 1")
    scope: Phrase = Field(description="How much of the world one use touches", examples=list(STANDARD_SCOPES))
    completeness: Phrase = Field(
        description="How much of what was asked the answer holds", examples=list(STANDARD_COMPLETENESS)
    )
    limitations: list[Phrase] = Field([], description="What a user must know before relying on it")
    policy: Policy = Field(description="When it may be used")
    preference_match: PreferenceMatch = Field(description="How well it serves each wish")
    required_inputs: list[Input] = Field([], description="The values it cannot do without")
    optional_inputs: list[Input] = Field([], description="The values it can do without")
    expected_outputs: list[Output] = Field([], description="The values it gives back")
    examples: list[Example] = Field([], description="Real uses of this pattern")


class Capability(Part):
    """Something a tool can do."""

    description: Prose = Field("", description="What can be done, in a sentence")
    patterns: dict[PartName, Pattern] = Field(min_length=1, description="The ways to do it, by name")


class ToolDefinition(Part):
    """One version of a tool, as its author describes it."""

    tool_name: ToolName = Field(description="Letters, digits, . _ and -; unique whatever the case of its letters")
    version: Version = Field("1.0", description="In quotes, as text")
    description: Description = Field(description="What the tool is for, in a sentence")
    platform: Platform = Field(description="Where it runs")
    category: Category = Field(description="What it is about")
    status: Status = Field("active", description="Where it stands in its life")
    enabled: bool = Field(True, description="Whether orchestrators may use it")
    execution_location: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="The service that runs it", examples=["automation-service"]
    )
    owner: Annotated[str, Field(max_length=100)] | None = Field(None, description="Who answers for it")
    defaults: Defaults = Field(Defaults(), description="What patterns inherit when they do not say it themselves")
    variables: dict[VariableName, DeclaredVariable] = Field(
        {}, description="Variables of its expressions that the catalog does not know, by name"
    )
    dependencies: list[Dependency] = Field([], description="What must be there before it works")
    metadata: Metadata = Field(Metadata(), description="Who wrote the definition and how to find it")
    capabilities: dict[PartName, Capability] = Field(min_length=1, description="What it can do, by name")
    examples: list[Example] = Field([], description="Real uses of the tool")
