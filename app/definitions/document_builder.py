"""What reading a document means: its values, where each stands, and the bounds no text may cross.

Both readers feed a `DocumentBuilder` one event at a time, so limits, duplicate keys and positions are checked in one
place, before anything is composed, and nothing here is recursive. The syntaxes are read in yaml_reader and json_reader.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

from app.definitions.document_text import Limits, Position, UnreadableDocument, hidden_character
from app.definitions.findings import Finding, Path, Severity

Scalar: TypeAlias = str | int | float | bool | None

MOST_FINDINGS = 20
START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read.

    Attributes:
        data: the root, a dict; a list only where the reader was asked to allow one.
        positions: where each value stands (an entry of a map: its key); empty for data that never was text.
    """

    data: Any
    positions: Mapping[Path, Position]

    def position_of(self, path: Path) -> Position | None:
        """Return where `path`, or else its nearest ancestor, is written; None when there was no text."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path)


def document_of(data: dict[str, Any]) -> Document:
    """Make a document of data that is parsed already; it has no positions."""
    return Document(data, {})


@dataclass(slots=True)
class _Frame:
    """An open map or list; `key` is the key whose value comes next, None while a key is awaited."""

    container: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


@dataclass(slots=True)
class DocumentBuilder:
    """Builds a document from events, refusing what crosses a limit or what programs read in different ways.

    What leaves the rest readable is remarked and reading goes on; the remarks are raised by `finish`.
    """

    limits: Limits
    last: Position = START
    _events: int = 0
    _root: Any = None
    _frames: list[_Frame] = field(default_factory=list)
    _positions: dict[Path, Position] = field(default_factory=dict)
    _findings: list[Finding] = field(default_factory=list)

    @property
    def expects_key(self) -> bool:
        """Tell whether the next event is a key of a map."""
        return bool(self._frames) and self._frames[-1].key is None and isinstance(self._frames[-1].container, dict)

    def open(self, container: dict[str, Any] | list[Any], at: Position) -> None:
        """Begin an (empty) map or list."""
        self._count(at)
        if self.expects_key:
            self.refuse("non-string-key", "A list or map cannot be a key: keys are text", at)
        if len(self._frames) >= self.limits.depth:
            self.refuse("too-deep", f"Nested deeper than {self.limits.depth} levels: flatten the document", at)
        self._frames.append(_Frame(container, self._place(container, at)))

    def close(self) -> None:
        """End the innermost map or list."""
        self._count(self.last)
        self._frames.pop()

    def scalar(self, value: Scalar, text: str, at: Position) -> None:
        """Take a key or a single value; `text` is how it was written, which only matters for keys."""
        self._count(at)
        if self.expects_key:
            self._take_key(value, text, at)
            return
        if isinstance(value, str):
            self._check_text(value, self.limits.scalar, "scalar-too-long", at)
        self._place(value, at)

    def remark(self, code: str, message: str, at: Position, *, text: str = "", suggestion: str | None = None) -> None:
        """Note an error about the key (written `text`) or value that comes next; reading goes on.

        Raises:
            UnreadableDocument: there are as many remarks as anybody wants to read.
        """
        path = self._next_path(text)
        self._findings.append(Finding(Severity.ERROR, code, path, message, suggestion, at.line, at.column))
        if len(self._findings) >= MOST_FINDINGS:
            raise UnreadableDocument(self._findings)

    def refuse(self, code: str, message: str, at: Position) -> NoReturn:
        """Give up: what follows cannot be read safely.

        Raises:
            UnreadableDocument: always.
        """
        path = self._frames[-1].path if self.expects_key else self._next_path()
        finding = Finding(Severity.ERROR, code, path, message, line=at.line, column=at.column)
        raise UnreadableDocument([*self._findings, finding])

    def finish(self, *, root_may_be_list: bool = False) -> Document:
        """Return the document.

        Raises:
            UnreadableDocument: something was remarked, nothing was read, or the root is not a map.
        """
        if self._root is None:
            self.refuse("empty", "The document is empty", self._positions.get((), START))
        if not isinstance(self._root, (dict, list) if root_may_be_list else dict):
            self.remark("root-not-mapping", "The document must be a map of keys and values", self._positions[()])
        if self._findings:
            raise UnreadableDocument(_in_order(self._findings))
        return Document(self._root, self._positions)

    def _count(self, at: Position) -> None:
        self.last = at
        self._events += 1
        if self._events > self.limits.events:
            self.refuse("too-many-events", f"More than {self.limits.events:,} values: split the document", at)

    def _next_path(self, text: str = "") -> Path:
        if not self._frames:
            return ()
        frame = self._frames[-1]
        if isinstance(frame.container, list):
            return (*frame.path, len(frame.container))
        return (*frame.path, text if frame.key is None else frame.key)

    def _place(self, value: Any, at: Position) -> Path:
        path = self._next_path()
        self._positions.setdefault(path, at)
        if not self._frames:
            self._root = value
            return path
        frame = self._frames[-1]
        if isinstance(frame.container, list):
            frame.container.append(value)
        elif frame.key is not None:
            frame.container[frame.key] = value
            frame.key = None
        return path

    def _take_key(self, value: Scalar, text: str, at: Position) -> None:
        frame = self._frames[-1]
        if not isinstance(value, str):
            message = f"The key “{text}” means {_meaning(value)}, not text: quote it"
            self.remark("non-string-key", message, at, text=text, suggestion=f'"{text}"')
        self._check_text(text, self.limits.key, "key-too-long", at)
        if text in frame.container:
            first = self._positions[(*frame.path, text)]
            message = f"The key “{text}” stands here a second time (first in line {first.line}): rename or remove one"
            self.remark("duplicate-key", message, at, text=text)
        self._positions.setdefault((*frame.path, text), at)
        frame.key = text

    def _check_text(self, text: str, limit: int, code: str, at: Position) -> None:
        if len(text) > limit:
            self.remark(code, f"{len(text):,} characters, and at most {limit:,} are allowed: shorten it", at)
        if hidden := hidden_character(text):
            self.remark("control-character", f"The text holds {hidden}: remove it", at)


def _meaning(value: Scalar) -> str:
    if value is None:
        return "nothing (null)"
    return "true or false" if isinstance(value, bool) else "a number"


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.line or 0, finding.column or 0))
