"""One change of the catalog, as its feed tells it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change.

    Attributes:
        action: created, updated, promoted, deleted, enabled, disabled …
        changed_at: with its time zone.
        source: through which face it came: page, api, command …
    """

    revision: int
    action: str
    tool_name: str
    version: str
    changed_at: datetime
    changed_by: str
    reason: str | None
    source: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Change":
        """Make it of its JSON.

        Raises:
            KeyError, TypeError, ValueError: this is no such thing.
        """
        named = {field.name: told[field.name] for field in fields(cls)}
        if not isinstance(told["revision"], int) or not isinstance(told["tool_name"], str):
            raise ValueError("a change has a revision and names a tool")
        return cls(**{**named, "changed_at": datetime.fromisoformat(told["changed_at"])})

    def as_json(self) -> dict[str, Any]:
        """The same as it was told."""
        return {**asdict(self), "changed_at": self.changed_at.isoformat()}
