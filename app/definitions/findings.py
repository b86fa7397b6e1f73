"""Findings: the remarks of validation. A finding says what is wrong, where, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys and list indexes from the root; () is the document itself."""


class Severity(StrEnum):
    """How much a finding matters: an error keeps a definition from becoming active."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a document.

    Attributes:
        code: stable and short, in kebab-case; what programs match on.
        path: the place in the document as the author wrote it.
        suggestion: a value that would mend it, ready to be put at `path`.
        line, column: 1-based; None when there was no text to point into.
    """

    severity: Severity
    code: str
    path: Path
    message: str
    suggestion: str | None = None
    line: int | None = None
    column: int | None = None

    def as_json(self) -> dict[str, str | int | None]:
        """Return the finding as the JSON faces tell it; `path` becomes a JSON Pointer (RFC 6901)."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "path": pointer(self.path),
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "suggestion": self.suggestion,
        }


def pointer(path: Path) -> str:
    """Write a path as a JSON Pointer (RFC 6901): `/capabilities/text_search/patterns/0`; the root is ``""``."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
