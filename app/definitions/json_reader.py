"""JSON text (RFC 8259) to a document, with the bounds and findings of the YAML reader.

The standard library's parser is recursive, takes the last of two equal keys, reads NaN, and knows no positions.
"""

import json
import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum

from app.definitions.document_builder import Document, DocumentBuilder, Scalar
from app.definitions.document_text import DOCUMENT_LIMITS, HIDDEN, Limits, Position, readable_text
from app.definitions.plain_scalars import MOST_DIGITS, Doubt, not_finite, shortened, too_many_digits

TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<string>"[^"\\\n]*(?:\\.[^"\\\n]*)*")
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
      | (?P<word>-?[A-Za-z]+)
      | (?P<mark>[{}\[\],:])
      | (?P<end>\Z)
      | (?P<other>.)
    )""",
    re.VERBOSE,
)
WORDS = {"true": True, "false": False, "null": None}
NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity", "-NaN"})


class Expected(StrEnum):
    """What may stand next, as a message tells it."""

    VALUE = "a value"
    FIRST_ITEM = "a value or “]”"
    KEY = "a key in double quotes"
    FIRST_KEY = "a key in double quotes or “}”"
    COLON = "“:”"
    MORE = "“,” or the closing bracket"
    NOTHING = "the end of the document"


KEYS = frozenset({Expected.KEY, Expected.FIRST_KEY})
VALUES = frozenset({Expected.VALUE, Expected.FIRST_ITEM})
ENDS = {"}": frozenset({Expected.FIRST_KEY, Expected.MORE}), "]": frozenset({Expected.FIRST_ITEM, Expected.MORE})}


def read_json(text: str | bytes, limits: Limits = DOCUMENT_LIMITS, *, root_may_be_list: bool = False) -> Document:
    """Read one JSON document whose root is an object or, where asked for, an array.

    Raises:
        UnreadableDocument: the text is not such a document; every finding has a line and a column.
    """
    readable = readable_text(text, limits, HIDDEN)
    reading = _Reading(readable, DocumentBuilder(limits))
    reading.read()
    return reading.builder.finish(root_may_be_list=root_may_be_list)


@dataclass(slots=True)
class _Reading:
    """One pass over a text: the brackets that are open, and what may come next."""

    text: str
    builder: DocumentBuilder
    expected: Expected = Expected.VALUE
    open_brackets: list[str] = field(default_factory=list)
    line_starts: list[int] = field(default_factory=list)

    def read(self) -> None:
        """Feed the builder with all of the text."""
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        for token in TOKEN.finditer(self.text):
            kind = token.lastgroup or "end"
            if kind == "end":
                self._end(self._position(token.start(kind)))
                return
            self._take(kind, token[kind], self._position(token.start(kind)))

    def _position(self, offset: int) -> Position:
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def _end(self, at: Position) -> None:
        is_empty = self.expected is Expected.VALUE and not self.open_brackets
        if not is_empty and self.expected is not Expected.NOTHING:
            self.builder.refuse("syntax", f"The document ends too early: expected {self.expected}", at)

    def _take(self, kind: str, token: str, at: Position) -> None:
        if kind == "mark":
            self._mark(token, at)
        elif kind == "string" and self.expected in KEYS:
            text = self._string(token, at)
            self.builder.scalar(text, text, at)
            self.expected = Expected.COLON
        elif kind != "other" and self.expected in VALUES:
            self.builder.scalar(self._value(kind, token, at), token, at)
            self._after_value()
        else:
            self._unexpected(token, at)

    def _mark(self, mark: str, at: Position) -> None:
        if mark in "{[" and self.expected in VALUES:
            self.builder.open({} if mark == "{" else [], at)
            self.open_brackets.append(mark)
            self.expected = Expected.FIRST_KEY if mark == "{" else Expected.FIRST_ITEM
        elif mark == ":" and self.expected is Expected.COLON:
            self.expected = Expected.VALUE
        elif mark == "," and self.expected is Expected.MORE:
            self.expected = Expected.KEY if self.open_brackets[-1] == "{" else Expected.VALUE
        elif self._closes(mark):
            self.open_brackets.pop()
            self.builder.close()
            self._after_value()
        else:
            self._unexpected(mark, at)

    def _closes(self, mark: str) -> bool:
        if mark not in ENDS or not self.open_brackets or self.expected not in ENDS[mark]:
            return False
        return self.open_brackets[-1] + mark in {"{}", "[]"}

    def _after_value(self) -> None:
        self.expected = Expected.MORE if self.open_brackets else Expected.NOTHING

    def _unexpected(self, token: str, at: Position) -> None:
        message = f"This is not valid JSON: expected {self.expected}, found “{shortened(token)}”"
        self.builder.refuse("syntax", message, at)

    def _value(self, kind: str, token: str, at: Position) -> Scalar:
        if kind == "string":
            return self._string(token, at)
        value = _number(token) if kind == "number" else self._word(token, at)
        if isinstance(value, Doubt):
            self.builder.remark(value.code, value.message, at, suggestion=value.suggestion)
            return None
        return value

    def _string(self, token: str, at: Position) -> str:
        if "\\" not in token and "\t" not in token:
            return token[1:-1]
        try:
            return str(json.loads(token))
        except json.JSONDecodeError as error:
            message = f"This is not valid JSON: {error.msg.lower()} in the text"
            self.builder.refuse("syntax", message, Position(at.line, at.column + error.pos))

    def _word(self, token: str, at: Position) -> bool | Doubt | None:
        if token in NOT_FINITE:
            return not_finite(token)
        if token not in WORDS:
            self._unexpected(token, at)
        return WORDS[token]


def _number(token: str) -> int | float | Doubt:
    if token.lstrip("-").isdigit():
        return int(token) if len(token.lstrip("-")) <= MOST_DIGITS else too_many_digits(token)
    number = float(token)
    return number if math.isfinite(number) else not_finite(token)
