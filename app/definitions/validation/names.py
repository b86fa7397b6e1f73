"""Names and words of a definition: said twice, said to nobody, leading nowhere."""

import re
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from app.definitions.findings import Finding, Path, Severity
from app.definitions.model import Capability, Metadata, Part, Pattern, ToolDefinition
from app.definitions.validation.parts import Found, listed, mapped
from app.definitions.validation.variables import INPUT_LISTS
from app.definitions.vocabulary import closest

_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")
_BARE_ADDRESS = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/\S*)?")
# So many unknown tools are compared with all that the catalog has.
_MOST_GUESSES = 10
_ADDRESSES = ("documentation_url", "source_code_url")


def name_findings(parts: Iterable[Found]) -> Iterator[Finding]:
    """Check the names and words of every part."""
    for part in parts:
        for check in _CHECKS.get(part.model, ()):
            yield from check(part)


def dependency_findings(definition: Mapping[str, Any], known_tools: Container[str]) -> Iterator[Finding]:
    """Remark dependencies on tools the catalog does not have."""
    guesses = _MOST_GUESSES
    for index, entry in enumerate(listed(definition.get("dependencies"))):
        name = mapped(entry).get("name")
        if mapped(entry).get("type") == "tool" and isinstance(name, str) and name not in known_tools:
            near = closest(name, known_tools, limit=1) if isinstance(known_tools, Iterable) and guesses > 0 else []
            guesses -= 1
            message = f"The catalog has no tool “{name[:100]}”"
            path = ("dependencies", index, "name")
            yield Finding(Severity.WARNING, "unknown-tool", path, message, near[0] if near else None)


def _use_cases(part: Found) -> Iterator[Finding]:
    path = (*part.path, "typical_use_cases")
    cases = part.data.get("typical_use_cases", [])
    if cases == []:
        message = "Say what people ask for in `typical_use_cases`: without them no request in words finds this pattern"
        yield Finding(Severity.WARNING, "use-cases", path, message)
    texts = [(index, case) for index, case in enumerate(listed(cases)) if isinstance(case, str)]
    for index, case in texts:
        if not case.strip():
            yield Finding(Severity.WARNING, "use-cases", (*path, index), "This use case is blank")
    spoken = [((*path, index), " ".join(case.split()).casefold(), case) for index, case in texts if case.strip()]
    yield from _twice(spoken, Severity.WARNING, "The use case")


def _twice(things: Iterable[tuple[Path, Hashable, str]], severity: Severity, what: str) -> Iterator[Finding]:
    """Remark the later of two things that are the same: each its path, what makes it the same, and its name."""
    seen: set[Hashable] = set()
    for path, same, name in things:
        if same in seen:
            yield Finding(severity, "duplicate-name", path, f"{what} “{name[:100]}” is there twice")
        seen.add(same)


def _named(part: Found, key: str) -> Iterator[tuple[Path, Hashable, str]]:
    for index, entry in enumerate(listed(part.data.get(key))):
        name = mapped(entry).get("name")
        if isinstance(name, str):
            yield (*part.path, key, index, "name"), name, name


def _inputs(part: Found) -> Iterator[Finding]:
    names = [name for key in INPUT_LISTS for name in _named(part, key)]
    yield from _twice(names, Severity.ERROR, "The input")


def _outputs(part: Found) -> Iterator[Finding]:
    yield from _twice(_named(part, "expected_outputs"), Severity.WARNING, "The output")


def _example_names(part: Found) -> Iterator[Finding]:
    yield from _twice(_named(part, "examples"), Severity.WARNING, "The example")


def _dependencies(part: Found) -> Iterator[Finding]:
    entries = [mapped(entry) for entry in listed(part.data.get("dependencies"))]
    # A package and a service may well have one name.
    things = [
        (("dependencies", index, "name"), (entry["name"], str(entry.get("type"))), entry["name"])
        for index, entry in enumerate(entries)
        if isinstance(entry.get("name"), str)
    ]
    yield from _twice(things, Severity.WARNING, "The dependency")


def _same_but_for_case(key: str, what: str) -> Callable[[Found], Iterator[Finding]]:
    def check(part: Found) -> Iterator[Finding]:
        first: dict[str, str] = {}
        for name in mapped(part.data.get(key)):
            other = first.setdefault(name.casefold(), name)
            if other != name:
                message = f"The {what} names “{other[:100]}” and “{name[:100]}” differ only in the case of letters"
                yield Finding(Severity.WARNING, "duplicate-name", (*part.path, key, name), message)

    return check


def _addresses(part: Found) -> Iterator[Finding]:
    for key in _ADDRESSES:
        address = part.data.get(key)
        if isinstance(address, str) and not _WEB_ADDRESS.fullmatch(address):
            suggestion = f"https://{address}" if _BARE_ADDRESS.fullmatch(address) else None
            message = "This is no address of the web: it should begin with https:// or http://"
            yield Finding(Severity.WARNING, "url", (*part.path, key), message, suggestion)


_CHECKS: Mapping[type[Part], tuple[Callable[[Found], Iterator[Finding]], ...]] = MappingProxyType(
    {
        ToolDefinition: (_dependencies, _example_names, _same_but_for_case("capabilities", "capability")),
        Metadata: (_addresses,),
        Capability: (_same_but_for_case("patterns", "pattern"),),
        Pattern: (_use_cases, _inputs, _outputs, _example_names),
    }
)
