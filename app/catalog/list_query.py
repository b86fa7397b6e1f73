"""What the page of tools reads from its address, and how the address of a list is written again."""

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field

from app.actor import Actor
from app.catalog.schemas import ListQuery
from app.catalog.snapshot import Query
from app.definitions.vocabulary import closest
from app.errors import BadRequest
from app.web import checked

# The columns beside the tool's name, in their order; those shown unless the address chooses.
COLUMNS = ("status", "platform", "category", "capabilities", "patterns", "owner", "version", "updated")
USUAL_COLUMNS = tuple(column for column in COLUMNS if column not in {"category", "patterns"})
PAGE_SIZES = (25, 50, 100)
# The order in which addresses name their parameters, as templates/macros/links.html does.
IN_ADDRESS = (
    *("q", "mine", "platform", "category", "status", "enabled", "tag", "capability", "owner"),
    *("sort", "columns", "page", "page_size"),
)
# Only the page knows these; the list itself does not.
OF_THE_PAGE = {"q", "mine", "columns"}


def known_columns(value: str) -> str:
    """Check a list of columns with commas between them, and put it in order."""
    wanted = value.split(",")
    for column in wanted:
        if column not in COLUMNS:
            near = closest(column, COLUMNS)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ValueError(f"“{column}” is no column.{hint} Known are {', '.join(COLUMNS)}.")
    return ",".join(column for column in COLUMNS if column in wanted)


class ToolsQuery(ListQuery):
    """The page of tools: its filters, whether only the reader's own, and the columns shown."""

    mine: bool = False
    columns: Annotated[str, AfterValidator(known_columns)] | None = Field(None, max_length=200)

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The columns to show."""
        return USUAL_COLUMNS if self.columns is None else tuple(self.columns.split(","))

    def filters(self, actor: Actor, **more: Any) -> Query:
        """The list this asks for, when `actor` asks; `more` replaces parts of it."""
        owners = actor.owner_names if self.mine else None
        return Query(**{**self.model_dump(exclude=OF_THE_PAGE), "owners": owners, **more})

    def address(self) -> dict[str, Any]:
        """The parameters of its address; what is usual is left out."""
        told = self.model_dump(exclude_defaults=True)
        said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in told.items()}
        return {name: said[name] for name in IN_ADDRESS if name in said}


def query_of(address: str | None) -> ToolsQuery:
    """What an address of the list asks for; everything, when it is none."""
    try:
        return checked(ToolsQuery, {name: value for name, value in parse_qsl(urlsplit(address or "").query) if value})
    except (BadRequest, ValueError):
        return ToolsQuery()
