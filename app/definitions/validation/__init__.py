"""A definition → its findings: everything that is wrong, doubtful or could be better, each at its place in the text.

One module for each kind of check. They speak of places in the canonical form; here those become places in what the
author wrote, with lines. Nothing here needs a database: names of other tools are given.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from app.definitions.documents import Document
from app.definitions.findings import Finding, Path, Severity
from app.definitions.legacy import SourceTool
from app.definitions.validation.estimates import estimate_findings
from app.definitions.validation.inputs import Regexes, example_findings, input_findings
from app.definitions.validation.names import dependency_findings, name_findings
from app.definitions.validation.parts import Found, leads_on, parts_of
from app.definitions.validation.placeholders import placeholders
from app.definitions.validation.schema import advised_words, schema_findings, unknown_keys

__all__ = ["MOST_FINDINGS", "validate"]

MOST_FINDINGS = 200
"""So many findings of one severity each kind of check tells; it bounds the work a hostile document makes."""

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


def validate(
    tool: SourceTool, document: Document | None = None, *, known_tools: Container[str] | None = None
) -> list[Finding]:
    """Return every finding about a tool, those about its form too, in the order of the document, none twice.

    Args:
        tool: as read from a document or data; whatever it holds, nothing is raised.
        document: the whole document the tool stands in; gives findings their line and column.
        known_tools: the names of the catalog's tools; None leaves dependencies on tools unchecked.
    """
    found = list(tool.findings)
    if not any(finding.code == "no-tool" for finding in found):
        found += [_at_source(finding, tool) for finding in _canonical_findings(tool, known_tools)]
    distinct = {(finding.path, finding.code, finding.message): finding for finding in reversed(found)}
    ordered = sorted(distinct.values(), key=_DocumentOrder(tool))
    return [_with_line(finding, document) for finding in ordered] if document else ordered


def _canonical_findings(tool: SourceTool, known_tools: Container[str] | None) -> list[Finding]:
    definition = tool.definition
    told = {finding.path for finding in tool.findings if finding.code == "template"}
    unfilled = [
        finding
        for finding in islice(placeholders(definition), MOST_FINDINGS)
        if tool.source_path(finding.path) not in told
    ]
    # A placeholder is worth no further remark about its type or words; nor is a name the form's findings deal with.
    settled = {finding.path for finding in unfilled} | ({("tool_name",)} if tool.name is None else set())
    parts = list(parts_of(definition))
    unfit = islice(schema_findings(definition, {part.path: part for part in parts}), MOST_FINDINGS)
    unfit_here = [finding for finding in unfit if finding.path not in settled]
    # Nor is there more to say about what does not even fit the schema.
    settled.update(finding.path for finding in unfit_here)
    checks = _checks(definition, parts, known_tools)
    return [*unfilled, *unfit_here, *(finding for check in checks for finding in check if finding.path not in settled)]


def _checks(
    definition: Mapping[str, Any], parts: Sequence[Found], known_tools: Container[str] | None
) -> Iterator[Iterable[Finding]]:
    regexes = Regexes()
    yield islice(unknown_keys(parts), MOST_FINDINGS)
    yield islice(advised_words(parts), MOST_FINDINGS)
    yield islice(example_findings(parts, regexes), MOST_FINDINGS)
    yield _first(estimate_findings(definition, parts))
    yield _first(input_findings(parts, regexes))
    yield _first(name_findings(parts))
    if known_tools is not None:
        yield islice(dependency_findings(definition, known_tools), MOST_FINDINGS)


def _first(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the first findings of each severity: many warnings must not hide an error."""
    told: Counter[Severity] = Counter()
    for finding in findings:
        told[finding.severity] += 1
        if told[finding.severity] <= MOST_FINDINGS:
            yield finding
        elif finding.severity is Severity.ERROR:
            return


def _at_source(finding: Finding, tool: SourceTool) -> Finding:
    return replace(finding, path=tool.source_path(finding.path))


def _with_line(finding: Finding, document: Document) -> Finding:
    at = document.position_of(finding.path)
    return replace(finding, line=at.line, column=at.column) if at else finding


class _DocumentOrder:
    """Sorts findings by where they stand in a document, the worst first at one place."""

    def __init__(self, tool: SourceTool) -> None:
        self._root = tool.document
        self._start = len(tool.path)
        self._places: dict[int, dict[str | int, int]] = {}

    def __call__(self, finding: Finding) -> tuple[tuple[int, ...], int, str, str]:
        return self._place(finding.path[self._start :]), _RANK[finding.severity], finding.code, finding.message

    def _place(self, path: Path) -> tuple[int, ...]:
        """Return the path as places among siblings, as far as it leads somewhere."""
        places: list[int] = []
        part: Any = self._root
        for step in path:
            if not leads_on(part, step):
                break
            places.append(self._keys(part)[step] if isinstance(part, dict) else int(step))
            part = part[step]
        return tuple(places)

    def _keys(self, part: dict[str | int, Any]) -> dict[str | int, int]:
        known = self._places.get(id(part))
        if known is None:
            known = self._places[id(part)] = {key: place for place, key in enumerate(part)}
        return known
