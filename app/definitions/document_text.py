"""The text of a document before it is read: its size, its encoding and the characters it may not hold."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.definitions.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text; both counts begin at 1 and count characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one document.

    Attributes:
        bytes: size in UTF-8.
        events: keys, values, and beginnings and ends of maps and lists.
        depth: maps and lists within one another.
        scalar, key: characters of one value, of one key.
    """

    bytes: int
    events: int
    depth: int
    scalar: int
    key: int


DOCUMENT_LIMITS = Limits(bytes=256 * 1024, events=20_000, depth=32, scalar=64 * 1024, key=256)


class UnreadableDocument(ValueError):
    """The text is no document we can read in only one way; `findings`, at least one, say where and why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(f"{first.line}:{first.column}: {first.message}")


# Control characters (a carriage return only before a newline), byte order mark, noncharacters, lone surrogates, and the
# marks that make a text look different from what it is.
_HIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff"
)
HIDDEN = re.compile(rf"[{_HIDDEN}]|\r(?!\n)")
# YAML 1.1 programs begin a new line at U+2028 and U+2029, YAML 1.2 programs do not.
HIDDEN_IN_YAML = re.compile(rf"[{_HIDDEN}\u2028\u2029]|\r(?!\n)")
MOST_HIDDEN = 20


def hidden_character(text: str) -> str | None:
    """Name the first character of `text` that may stand nowhere; None when there is none."""
    found = HIDDEN.search(text)
    return _named(found.group()) if found else None


def readable_text(source: str | bytes, limits: Limits, hidden: re.Pattern[str]) -> str:
    """Return the text without its byte order mark, once size, encoding and characters are found good.

    Raises:
        UnreadableDocument: too-large, not-utf8 or control-character.
    """
    # A short cut for the longest texts; a character has at least one byte.
    if len(source) > limits.bytes:
        raise _unreadable("too-large", _too_large(limits), Position(1, 1))
    text = _decoded(source) if isinstance(source, bytes) else source
    if isinstance(source, str) and len(source.encode("utf-8", "surrogatepass")) > limits.bytes:
        raise _unreadable("too-large", _too_large(limits), Position(1, 1))
    text = text.removeprefix("\ufeff")
    if hidden.search(text):
        raise UnreadableDocument(_hidden_characters(text, hidden))
    return text


def _too_large(limits: Limits) -> str:
    return f"The document is larger than {limits.bytes // 1024:,} KiB: split it"


def _decoded(source: bytes) -> str:
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8")
        message = f"The byte 0x{source[error.start]:02x} is not UTF-8: save the file in that encoding"
        raise _unreadable("not-utf8", message, _position_at(before, len(before))) from error


def _hidden_characters(text: str, hidden: re.Pattern[str]) -> list[Finding]:
    found = [(_named(match.group()), _position_at(text, match.start())) for match in _first(hidden, text)]
    return [_finding("control-character", f"The text holds {name}: remove it", at) for name, at in found]


def _first(hidden: re.Pattern[str], text: str) -> Iterable[re.Match[str]]:
    return (match for match, _ in zip(hidden.finditer(text), range(MOST_HIDDEN), strict=False))


def _named(character: str) -> str:
    name = unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} ({name.lower()})"


def _position_at(text: str, offset: int) -> Position:
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _finding(code: str, message: str, at: Position) -> Finding:
    return Finding(Severity.ERROR, code, (), message, line=at.line, column=at.column)


def _unreadable(code: str, message: str, at: Position) -> UnreadableDocument:
    return UnreadableDocument([_finding(code, message, at)])
