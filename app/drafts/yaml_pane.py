"""A draft as YAML, line by line: coloured words, what is found at each line, what differs from where it began."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from app.catalog.checks import check
from app.catalog.live import snapshot
from app.definitions.documents import read_yaml, write_yaml
from app.definitions.findings import Finding, Severity
from app.definitions.legacy import tools_in
from app.drafts.service import State, reading_findings

# Longest first: a quoted text may hold anything, and a key ends at its colon.
WORD = re.compile(
    r"""(?P<comment>(?:^|(?<=\s))\#.*$)|(?P<key>^\s*(?:-\s+)*[^\s"'#:][^#:]*?(?=:(?:\s|$)))|(?P<text>"(?:[^"\\]|\\.)*"|'[^']*')"""
    r"""|(?P<number>(?<=[\s\[,])-?\d+(?:\.\d+)?(?=\s*(?:$|[,\]\}])))|(?P<word>\b(?:true|false|null)\b(?=\s*(?:$|[,\]\}])))"""
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text: its words with their kinds, its mark (added, changed or nothing) and its findings."""

    number: int
    words: tuple[tuple[str, str], ...]
    mark: str
    findings: tuple[Finding, ...]

    @property
    def look(self) -> str:
        """The worst finding's severity; empty for none."""
        for severity in Severity:
            if any(finding.severity is severity for finding in self.findings):
                return severity.value
        return ""


def text_of(state: State) -> str:
    """The draft as text: as it was written, or as the form writes it."""
    return state.text if state.text is not None else write_yaml(state.work.document)


def findings_of(text: str) -> list[Finding]:
    """Every finding of a text, with its line."""
    if unreadable := reading_findings(text):
        return list(unreadable)
    document = read_yaml(text)
    return check(tools_in(document)[0], document, known=snapshot().names)


def lines_of(text: str, base: Any) -> list[Line]:
    """The lines of a text; `base` is the definition it was made from, None for a new tool."""
    at_line: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings_of(text):
        at_line[finding.line or 1].append(finding)
    lines = text.rstrip("\n").split("\n")
    marks = _marks(write_yaml(base).rstrip("\n").split("\n"), lines) if base else {}
    return [
        Line(number, tuple(_words(line)), marks.get(number, ""), tuple(at_line[number]))
        for number, line in enumerate(lines, 1)
    ]


def _marks(before: Sequence[str], after: Sequence[str]) -> dict[int, str]:
    marks = {}
    for kind, _, _, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind in {"insert", "replace"}:
            marks.update(dict.fromkeys(range(start + 1, end + 1), "added" if kind == "insert" else "changed"))
        elif kind == "delete" and start < len(after):
            marks.setdefault(start + 1, "removed")
    return marks


def _words(line: str) -> Iterator[tuple[str, str]]:
    end = 0
    for found in WORD.finditer(line):
        if found.start() > end:
            yield "", line[end : found.start()]
        yield found.lastgroup or "", found.group()
        end = found.end()
    if end < len(line):
        yield "", line[end:]
