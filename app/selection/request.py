"""The request: what is asked for, within bounds. One model for the JSON face, the page, the command and the client."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.definitions.model import PartName, Platform, VariableName

LONGEST_INTENT = 2_000
MOST_CAPABILITIES = 20
MOST_VARIABLES = 100
LARGEST = 1e15
MOST_CANDIDATES = 50


class Preference(StrEnum):
    """What matters most. `balanced` gives all five axes the same weight."""

    BALANCED = "balanced"
    FAST = "fast"
    CHEAP = "cheap"
    SIMPLE = "simple"
    ACCURATE = "accurate"
    THOROUGH = "thorough"


class Explain(StrEnum):
    """How much of the reasons an answer tells."""

    FULL = "full"
    BRIEF = "brief"
    NONE = "none"


def _without_edges(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


# Text as a person types it: the space around it says nothing, and an address or a form would not keep it.
Typed = BeforeValidator(_without_edges)
Amount = Annotated[float, Field(strict=True, ge=0, le=LARGEST)]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


class _Asked(BaseModel):
    """Bounded, and nothing unknown: a misspelt key is refused rather than overlooked."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Weights(_Asked):
    """How much each axis counts. They are brought to a sum of 1; what is not said counts nothing."""

    time: Amount = Field(0, description="Being quick")
    cost: Amount = Field(0, description="Being cheap")
    complexity: Amount = Field(0, description="Being simple")
    accuracy: Amount = Field(0, description="Being exact")
    completeness: Amount = Field(0, description="Leaving nothing out")

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        if not any((self.time, self.cost, self.complexity, self.accuracy, self.completeness)):
            raise PydanticCustomError("weights", "At least one weight is more than 0")
        return self


class RequestLimits(_Asked):
    """What a candidate may take at most, beside its own policy."""

    max_cost: Amount | None = Field(None, description="In the unit of `cost_estimate`")
    max_time_ms: Amount | None = Field(None, description="Milliseconds")


class SelectionRequest(_Asked):
    """What is asked: an intent in words, capabilities by name, or both."""

    intent: Annotated[str, Field(max_length=LONGEST_INTENT), Typed] = Field(
        "", description="What is to be done, in free text", examples=["restart nginx on web-01"]
    )
    capabilities: Annotated[list[PartName], Field(max_length=MOST_CAPABILITIES)] = Field(
        [], description="Patterns of these capabilities, and no others", examples=[["service_control"]]
    )
    platform: Platform | None = Field(None, description="Where it must run; tools of `multi-platform` run everywhere")
    environment: Annotated[Word, Typed] | None = Field(None, description="Where it is used", examples=["production"])
    variables: Annotated[dict[VariableName, Amount], Field(max_length=MOST_VARIABLES)] = Field(
        {}, description="Values of the variables of estimates; others take their usual value", examples=[{"N": 40}]
    )
    preference: Preference | None = Field(None, description="What matters most; not said: found in the intent's words")
    weights: Weights | None = Field(None, description="Instead of a preference")
    limits: RequestLimits = Field(RequestLimits(), description="What it may take at most")
    permissions: Annotated[list[Word], Field(max_length=100)] | None = Field(
        None, description="What whoever asks may do; not said: rules about it are not evaluated"
    )
    limit: Annotated[int, Field(ge=1, le=MOST_CANDIDATES)] = Field(10, description="How many candidates are told")
    explain: Explain = Field(Explain.FULL, description="How much of the reasons is told")

    @model_validator(mode="after")
    def _ask_for_something(self) -> Self:
        if not self.intent and not self.capabilities:
            raise PydanticCustomError("nothing-asked", "Say an intent, capabilities, or both")
        if self.preference is not None and self.weights is not None:
            raise PydanticCustomError("two-preferences", "Say a preference or weights, not both")
        return self
