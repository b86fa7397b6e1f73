"""YAML text to a document, read from libyaml's events: strict, bounded, and with the place of every value.

Composing is left to DocumentBuilder: PyYAML's own composer crashes the process on deep nesting, lets duplicate keys win
silently and follows aliases without a bound.
"""

from typing import Protocol

import yaml

from app.definitions.document_builder import START, Document, DocumentBuilder
from app.definitions.document_text import (
    DOCUMENT_LIMITS,
    HIDDEN_IN_YAML,
    Limits,
    Position,
    UnreadableDocument,
    readable_text,
)
from app.definitions.plain_scalars import Doubt, plain_value, quoted

LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mark(Protocol):
    """A place as PyYAML's two parsers tell it; counts begin at 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


# What libyaml says, in words that tell how to mend it.
ADVICE = {
    "found character that cannot start any token": "a tab, “@”, “`” and “%” begin no value: quote it",
    "mapping values are not allowed in this context": "“: ” cannot stand here: quote the text",
    "could not find expected ':'": "a key needs “:” after it: check the indentation and the quotes",
    "did not find expected key": "a key is expected here: check the indentation and the quotes",
    "found unexpected end of stream": "this quote is never closed",
    "found incompatible YAML document": "this version of YAML is not known: remove the %YAML line",
    "found undefined tag handle": "tags (“!”) are not allowed: quote the text or remove the tag",
}


def read_yaml(text: str | bytes, limits: Limits = DOCUMENT_LIMITS) -> Document:
    """Read one YAML document whose root is a map.

    Anchors, aliases, tags, directives, merge keys, duplicate keys and words that programs read differently are refused.
    Dates stay text.

    Raises:
        UnreadableDocument: the text is not such a document; every finding has a line and a column.
    """
    builder = DocumentBuilder(limits)
    _feed_all(builder, readable_text(text, limits, HIDDEN_IN_YAML))
    return builder.finish()


def _feed_all(builder: DocumentBuilder, text: str) -> None:
    documents = 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                _check_start(builder, event, documents)
            else:
                _feed(builder, event)
    except UnreadableDocument:
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML's pure parser lets ValueError and OverflowError of int() and chr() through.
        code = "tag" if "tag handle" in str(error) else "syntax"
        builder.refuse(code, _explained(error), _place_of(error, builder.last))


def _check_start(builder: DocumentBuilder, event: yaml.DocumentStartEvent, documents: int) -> None:
    at = _position(event.start_mark)
    if documents > 1:
        builder.refuse("multiple-documents", "A second document begins here: one file holds one document", at)
    if event.version or event.tags:
        builder.refuse("directive", "Directives (lines beginning with “%”) are not allowed: remove it", at)


def _feed(builder: DocumentBuilder, event: yaml.Event) -> None:
    if isinstance(event, yaml.ScalarEvent):
        at = _checked(builder, event)
        _scalar(builder, event.value, at, is_plain=event.implicit[0])
    elif isinstance(event, yaml.MappingStartEvent):
        builder.open({}, _checked(builder, event))
    elif isinstance(event, yaml.SequenceStartEvent):
        builder.open([], _checked(builder, event))
    elif isinstance(event, yaml.CollectionEndEvent):
        builder.close()
    elif isinstance(event, yaml.AliasEvent):
        message = f"Aliases (“*{event.anchor}”) are not allowed: write the value out"
        builder.refuse("alias", message, _position(event.start_mark))


def _checked(builder: DocumentBuilder, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> Position:
    at = _position(event.start_mark)
    if event.anchor is not None:
        builder.refuse("anchor", f"Anchors (“&{event.anchor}”) are not allowed: remove it", at)
    if event.tag is not None:
        builder.refuse("tag", "Tags (“!”) are not allowed: remove it, or quote the text", at)
    return at


def _scalar(builder: DocumentBuilder, text: str, at: Position, *, is_plain: bool) -> None:
    value = plain_value(text) if is_plain else text
    if is_plain and text == "<<" and builder.expects_key:
        builder.remark("merge-key", "Merge keys (“<<”) are not allowed: write the entries out", at, text=text)
    if isinstance(value, Doubt):
        suggestion = quoted(text) if builder.expects_key else value.suggestion
        builder.remark(value.code, value.message, at, text=text, suggestion=suggestion)
        value = text
    builder.scalar(value, text, at)


def _position(mark: Mark | None) -> Position:
    return Position(mark.line + 1, mark.column + 1) if mark else START


def _place_of(error: Exception, last: Position) -> Position:
    if not isinstance(error, yaml.MarkedYAMLError):
        return last
    # A text that ends too early is mended where the open quote or bracket stands, not at the end.
    ended = error.problem == "found unexpected end of stream"
    if ended and error.context_mark:
        return _position(error.context_mark)
    return _position(error.problem_mark) if error.problem_mark else last


def _explained(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    advice = ADVICE.get(problem) or (f"{context}, {problem}" if context else problem)
    return f"This is not valid YAML: {advice}"
