"""What the page that compares two versions shows: what changed in words, and then line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.catalog.checks import current_definition
from app.catalog.history import Comparison, reasons
from app.catalog.models import Tool
from app.catalog.toolpage import move_of
from app.catalog.versions import latest_of
from app.definitions.diff import Change
from app.definitions.documents import write_yaml
from app.definitions.text_diff import Stretch, text_diff

NUMBER = ("version",)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions: who made it, when and why."""

    version: str
    status: str
    is_latest: bool
    move: str
    created_at: datetime
    created_by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Two versions side by side. Their numbers differ anyway, and are no change in words."""

    tool_name: str
    old: Side
    new: Side
    changes: list[Change]
    stretches: list[Stretch]


def compared(comparison: Comparison, versions: Sequence[Tool]) -> ComparisonPage:
    """A comparison as its page shows it."""
    old, new, latest = comparison.old, comparison.new, latest_of(versions)
    why = reasons([old, new])
    changes = without_number(comparison.changes)
    return ComparisonPage(
        comparison.tool_name,
        _side(old, latest, why.get(old.id)),
        _side(new, latest, why.get(new.id)),
        changes,
        text_diff(_yaml(old), _yaml(new)) if changes else [],
    )


def without_number(changes: Sequence[Change]) -> list[Change]:
    """What changed but for the version's number."""
    return [change for change in changes if change.path != NUMBER]


def usual_pair(versions: Sequence[Tool], old: str | None, new: str | None) -> tuple[str, str]:
    """The two versions to compare, where one or both are not said: the latest, with the one made before it.

    Args:
        versions: newest first.
    """
    to = new or latest_of(versions).version
    numbers = [version.version for version in versions]
    before = numbers[numbers.index(to) + 1 :] if to in numbers else []
    return old or (before[0] if before else to), to


def _side(tool: Tool, latest: Tool, reason: str | None) -> Side:
    move = move_of(tool, latest)
    return Side(tool.version, tool.status, tool.is_latest, move, tool.created_at, tool.created_by, reason)


def _yaml(tool: Tool) -> str:
    """The canonical definition: an author's other form of the same is no difference."""
    return write_yaml(current_definition(tool))
