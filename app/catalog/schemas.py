"""The shapes of the JSON face: query parameters, small bodies and answers. OpenAPI is made from them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from app.answers import Answered, FindingOut, Parameters
from app.catalog.export_formats import Format
from app.catalog.exports import Selection
from app.catalog.imports import OnConflict
from app.catalog.snapshot import SORTS
from app.definitions.vocabulary import CATEGORIES, PLATFORMS, STATUSES, closest


def known(words: Sequence[str]) -> Callable[[str], str]:
    """A check that a value is one of these words; the refusal lists them and names the nearest."""

    def check(value: str) -> str:
        if value in words:
            return value
        near = closest(value, words)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(f"“{value}” is not known.{hint} Known are {', '.join(words)}.")

    return check


def enum(words: Sequence[str]) -> Any:
    """The JSON Schema of one of these words."""
    return Field(json_schema_extra={"enum": list(words)})


SORT_WORDS = (*SORTS, *(f"-{word}" for word in SORTS))
PlatformWord = Annotated[str, AfterValidator(known(PLATFORMS)), enum(PLATFORMS)]
CategoryWord = Annotated[str, AfterValidator(known(CATEGORIES)), enum(CATEGORIES)]
StatusWord = Annotated[str, AfterValidator(known(STATUSES)), enum(STATUSES)]
SortWord = Annotated[str, AfterValidator(known(SORT_WORDS)), enum(SORT_WORDS)]


class Paging(Parameters):
    """Which part of a list."""

    page: int = Field(1, ge=1, le=1_000_000, description="1 is the first")
    page_size: int = Field(50, ge=1, le=100, description="tools on a page")


class LookupQuery(Paging):
    """A list whose platform or category is in its path."""

    status: StatusWord | None = None
    enabled: bool | None = None
    tag: str | None = Field(None, max_length=200)
    capability: str | None = Field(None, max_length=100)
    owner: str | None = Field(None, max_length=100)
    q: str | None = Field(None, max_length=200, description="words to search for; half-typed ones match")
    sort: SortWord | None = Field(None, description="a leading - is descending; by default name, or rank with q")


class PlatformQuery(LookupQuery):
    """A list of one platform."""

    category: CategoryWord | None = None


class CategoryQuery(LookupQuery):
    """A list of one category."""

    platform: PlatformWord | None = None


class ListQuery(PlatformQuery, CategoryQuery):
    """The list of tools."""


class SearchQuery(Paging):
    """A text search."""

    q: str = Field(min_length=1, max_length=200, description="words to search for; half-typed ones match")


class CapabilityQuery(Parameters):
    """Who has a capability: by default what orchestrators may choose, that is active and enabled."""

    platform: PlatformWord | None = None
    status: StatusWord | None = Field(None, description="default: active")
    enabled: bool | None = Field(None, description="default: true")


class BasisHeaders(BaseModel):
    """What a change may say of the version it was made from."""

    if_match: str | None = Field(None, alias="If-Match", description="the ETag the change is based on; stale: 412")


class RepeatHeaders(BaseModel):
    """What makes a POST safe to repeat."""

    idempotency_key: str | None = Field(
        None, alias="Idempotency-Key", max_length=200, description="a repeat gets the same answer and does nothing"
    )


class VersionQuery(Parameters):
    """One version, by its number; the latest when none is given."""

    version: str | None = Field(None, max_length=20)


class ExportQuery(VersionQuery):
    """Which version to export, and how."""

    format: Literal["json", "yaml"] = "yaml"


class DiffQuery(Parameters):
    """Two versions to compare."""

    from_: str = Field(alias="from", max_length=20)
    to: str = Field(max_length=20)


class ImportQuery(Parameters):
    """How to import."""

    dry_run: bool = Field(False, description="report what would happen, and change nothing")
    on_conflict: OnConflict = Field(OnConflict.SKIP, description="what to do with a name that exists")


class Reason(Parameters):
    """Why something is changed, for the audit log."""

    reason: str | None = Field(None, max_length=1000)


class ExportOptions(Parameters):
    """What to export, and how: the tools that are named, or all, that pass every filter."""

    names: list[str] = Field(default=[], max_length=10_000, description="tools by name; none: all")
    platform: PlatformWord | None = None
    category: CategoryWord | None = None
    status: StatusWord | None = None
    tag: str | None = Field(None, max_length=200)
    owner: str | None = Field(None, max_length=100)
    all_versions: bool = Field(False, description="every version, not only the latest and newer drafts")
    format: Format = Field(Format.JSON, description="`zip` holds a YAML file for each tool; `csv` is a table of them")

    @property
    def selection(self) -> Selection:
        """Which tools these options select."""
        return Selection(**self.model_dump(exclude={"format"}))


class Definition(Answered):
    """A definition, in the form its author chose."""


class DefinitionOrPatch(Answered):
    """A whole definition, or — without `capabilities` — what of it changes (RFC 7396)."""


class ImportBody(Answered):
    """Many definitions; options may stand beside them. A list, one definition or uploaded files will do as well."""

    tools: list[dict[str, Any]]
    dry_run: bool = False
    on_conflict: OnConflict = OnConflict.SKIP


class ToolOut(Answered):
    """A whole tool: its definition, and what the server says about it."""

    id: int
    tool_name: str
    version: str
    status: str
    enabled: bool
    is_latest: bool
    revision: int
    owner: str | None
    created_at: datetime
    updated_at: datetime
    created_by: str
    updated_by: str


class ToolSummary(Answered):
    """A tool's line in a list."""

    id: int
    tool_name: str
    version: str
    description: str
    platform: str | None
    category: str | None
    status: str
    enabled: bool
    owner: str | None
    tags: list[str]
    capabilities: list[str]
    pattern_count: int
    revision: int


class FacetValue(BaseModel):
    """How many tools of the list a value would keep."""

    value: str | bool
    count: int


class Links(BaseModel):
    """The pages of a list."""

    self: str
    first: str
    prev: str | None
    next: str | None
    last: str


class ToolList(Answered):
    """A page of tools."""

    tools: list[ToolSummary]
    total: int
    page: int
    page_size: int
    pages: int
    links: Links
    facets: dict[str, list[FacetValue]]
    suggestions: list[str] = Field(default=[], description="names near a search that found nothing")
    revision: int


class SearchResults(Answered):
    """What a search found, best first."""

    query: str
    results: list[ToolSummary]
    total: int
    page: int
    page_size: int
    suggestions: list[str]
    revision: int


class VersionOut(Answered):
    """One version of a tool."""

    version: str
    is_latest: bool
    status: str
    enabled: bool
    created_at: datetime
    created_by: str
    reason: str | None


class VersionList(Answered):
    """A tool's versions, newest first."""

    tool_name: str
    versions: list[VersionOut]
    total_versions: int


class ChangeOut(BaseModel):
    """One difference between two versions."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any
    text: str


class DiffOut(Answered):
    """Two versions compared."""

    tool_name: str
    from_: str = Field(alias="from")
    to: str
    changes: list[ChangeOut]


class FindingsOut(BaseModel):
    """What validation says: valid means without an error."""

    valid: bool
    findings: list[FindingOut]


class CapabilityOut(BaseModel):
    """One capability and how many tools have it."""

    name: str
    tools: int
    offered_tools: int


class CapabilityList(Answered):
    """Every capability, by name."""

    capabilities: list[CapabilityOut]
    total: int
    revision: int


class CapabilityTools(Answered):
    """Who has a capability."""

    capability: str
    tools: list[ToolSummary]
    total: int
    revision: int


class ImportEntry(Answered):
    """What became of one definition."""

    source: str
    outcome: Literal["created", "new_version", "unchanged", "skipped", "conflict", "refused"]
    tool_name: str | None
    version: str | None
    status: str | None
    detail: str | None
    findings: list[FindingOut]
    changes: list[str] = Field(description="in words, what is other than in the catalog")


class ImportReport(Answered):
    """What an import did, or would do."""

    dry_run: bool
    on_conflict: str
    total: int
    results: list[ImportEntry]


class ExportOut(BaseModel):
    """Documents as their authors wrote them."""

    tools: list[dict[str, Any]]
    total: int
