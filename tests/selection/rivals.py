"""Two tools that do the same: grep is better, until a version of it is worse. And a case that expects grep."""

from typing import Any

from app.selection.cases import CaseContent, Expected
from app.selection.request import SelectionRequest
from tests.definition import PATTERN, definition

INTENT = "find text in files"
CASES = "/api/v1/select/cases"
GREP, SED = "grep.search_files", "sed.search_files"
NAME = "Find text"


def rival(name: str, **pattern: Any) -> dict[str, Any]:
    """A definition without a version, with keys of its pattern replaced."""
    patterns = {"search_files": {**PATTERN, **pattern}}
    whole = definition(name, capabilities={"text_search": {"description": "Search text", "patterns": patterns}})
    del whole["version"]
    return whole


def grep() -> dict[str, Any]:
    """Quick and cheap."""
    return rival("grep")


def sed() -> dict[str, Any]:
    """Not as quick, and dearer."""
    return rival("sed", time_estimate_ms=3_000, cost_estimate=3)


def worse_grep() -> dict[str, Any]:
    """What makes sed the first choice."""
    return rival("grep", time_estimate_ms=50_000, cost_estimate=5)


def content(name: str = NAME, expected: str = GREP, **more: Any) -> CaseContent:
    """A case about what finds text."""
    request = SelectionRequest.model_validate(more.pop("request", {"intent": INTENT}))
    return CaseContent(name, request, Expected(*expected.split(".")), **more)


def body(name: str = NAME, expected: str = GREP, **more: Any) -> dict[str, Any]:
    """The same in JSON."""
    tool_name, pattern_name = expected.split(".")
    pattern = {"tool_name": tool_name, "pattern_name": pattern_name}
    return {"name": name, "request": {"intent": INTENT}, "expected": pattern, **more}
