"""Form fields whose data are values of a definition, and whose text is how people write those.

A field holds a value as it stands in the definition, shows it as text, and takes text back. What stands there and does
not fit the field (a draft may hold anything anywhere) is *foreign*: shown, but only editable as text.
"""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from wtforms import Field, FieldList, Form, FormField
from wtforms.utils import unset_value

from app.definitions.documents import UnreadableDocument, read_yaml, write_yaml

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
MOST_DIGITS = 15


class ValueField(Field):
    """A field for one value at one key. Subclasses say how it is written.

    Attributes:
        kind: the macro that draws it.
        text: what stands in the field.
        is_foreign: what is in the definition does not fit in here.
        unread: why what was typed cannot be taken over; empty when it can.
    """

    kind: ClassVar[str] = "line"
    default_text: ClassVar[str] = ""

    def __init__(self, label: str = "", *, hint: str = "", optional: bool = False, mono: bool = False, **rest: Any):
        super().__init__(label, description=hint, **rest)
        self.hint, self.is_optional, self.is_mono = hint, optional, mono
        self.text, self.is_foreign, self.unread = "", False, ""

    def process_data(self, value: Any) -> None:
        """Take a value of the definition; None is nothing."""
        self.data = value
        self.is_foreign = value is not None and not self.fits(value)
        self.text = "" if self.is_foreign else self.default_text if value is None else self.written(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take what a browser sent."""
        if valuelist:
            self.text = str(valuelist[0]).replace("\r\n", "\n")

    def fits(self, value: Any) -> bool:
        """Whether a value can be shown as this field's text, and read back the same."""
        return isinstance(value, str)

    def written(self, value: Any) -> str:
        """A value as this field's text."""
        return str(value)

    def says_the_same(self, text: str) -> bool:
        """Whether another text means what stands in the field."""
        return text == self.text

    def meant(self, text: str, before: Any) -> Any:
        """The value a text means; None: none. `before` is what stood there.

        Raises:
            ValueError: it means nothing; says why.
        """
        return text or None


class Line(ValueField):
    """A line of text."""


class Prose(ValueField):
    """Some lines of text."""

    kind = "prose"


class Name(ValueField):
    """The name of a part: the key it stands at."""

    kind = "line"


class Number(ValueField):
    """A number; what is none is kept as text, for the finding that says so."""

    kind = "number"

    def __init__(self, label: str = "", *, unit: str = "", **rest: Any) -> None:
        super().__init__(label, **rest)
        self.unit = unit

    def fits(self, value: Any) -> bool:
        return isinstance(value, str | int | float) and not isinstance(value, bool)

    def meant(self, text: str, before: Any) -> Any:
        return number_in(text) if text.strip() else None


class Estimate(Number):
    """An expression or a number, with what it comes to."""

    kind = "estimate"


class Share(Number):
    """A number from 0 to 1, on a slider; any other, or a text, in an ordinary field."""

    kind = "slider"
    default_text = "0.5"

    def says_the_same(self, text: str) -> bool:
        """Browsers write the number of a slider in their own way."""
        return number_in(text) == number_in(self.text)

    @property
    def is_within(self) -> bool:
        """Whether a slider can show it."""
        number = number_in(self.text)
        return not isinstance(number, str) and 0 <= number <= 1


class Choice(ValueField):
    """One of some words; another that stands there can stay."""

    kind = "choice"

    def __init__(self, label: str = "", *, words: Sequence[str] = (), **rest: Any) -> None:
        super().__init__(label, **rest)
        self.words = words

    @property
    def choices(self) -> list[str]:
        """What can be chosen."""
        return [*self.words, *([self.text] if self.text and self.text not in self.words else [])]


class Suggested(Choice):
    """A word of one's own, with some to choose from."""

    kind = "suggested"


class Switch(ValueField):
    """On or off; not said is what `default` says."""

    kind = "switch"

    def __init__(self, label: str = "", *, usual: bool = False, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.usual = usual

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        if value is None and self.usual:
            self.text = "on"

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """A box that is not ticked is not sent."""
        self.text = "on" if valuelist else ""

    def fits(self, value: Any) -> bool:
        return isinstance(value, bool)

    def written(self, value: Any) -> str:
        return "on" if value else ""

    def meant(self, text: str, before: Any) -> Any:
        return bool(text)


class Lines(ValueField):
    """A list of texts, one on each line."""

    kind = "lines"

    def fits(self, value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(one, str) and one and "\n" not in one for one in value)

    def written(self, value: Any) -> str:
        return "\n".join(value)

    def meant(self, text: str, before: Any) -> Any:
        return [line for line in text.split("\n") if line.strip()] or None


class Values(ValueField):
    """A list of texts, numbers and true or false, one on each line."""

    kind = "lines"

    def fits(self, value: Any) -> bool:
        return isinstance(value, list) and all(one is not None and _is_plain(one) for one in value)

    def written(self, value: Any) -> str:
        return "\n".join(map(plain_text, value))

    def meant(self, text: str, before: Any) -> Any:
        known = {plain_text(one): one for one in before} if isinstance(before, list) and self.fits(before) else {}
        lines = (line.strip() for line in text.split("\n") if line.strip())
        return [known[line] if line in known else plain_value(line) for line in lines] or None


class Value(ValueField):
    """A text, a number, or true or false."""

    def fits(self, value: Any) -> bool:
        return _is_plain(value)

    def written(self, value: Any) -> str:
        return plain_text(value)

    def meant(self, text: str, before: Any) -> Any:
        return plain_value(text) if text.strip() else None


class Yaml(ValueField):
    """Anything, as YAML."""

    kind = "yaml"

    def fits(self, value: Any) -> bool:
        return True

    def written(self, value: Any) -> str:
        if isinstance(value, dict):
            return write_yaml(value).rstrip("\n") if value else ""
        return write_yaml({"_": value}).removeprefix("_:").strip("\n") if isinstance(value, list) else plain_text(value)

    def meant(self, text: str, before: Any) -> Any:
        """Read it as the value of a key, so that a single word or list is good too."""
        if not text.strip():
            return None
        indented = "\n".join(f"  {line}" for line in text.split("\n"))
        try:
            return read_yaml(f"_:\n{indented}\n").data["_"]
        except UnreadableDocument as unreadable:
            first = unreadable.findings[0]
            line = f" (line {first.line - 1})" if first.line and first.line > 1 else ""
            raise ValueError(f"This is not YAML yet{line}: {first.message}") from unreadable


class Keys(Yaml):
    """The keys of a part that the schema does not name, with their values, as YAML."""

    def meant(self, text: str, before: Any) -> Any:
        value = super().meant(text, before)
        if value is not None and not isinstance(value, dict):
            raise ValueError("Write keys and values here, such as “team: storage”.")
        return value


class Group(FormField):  # type: ignore[type-arg]
    """A map inside a part, shown with it."""

    kind = "group"

    def __init__(self, form: type[Form], label: str = "", *, hint: str = "", **rest: Any) -> None:
        super().__init__(form, label, description=hint, **rest)
        self.hint, self.is_foreign = hint, False

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take a map of the definition, or what a browser sent. (WTForms itself would hand the keys of the map over as
        arguments, and a definition's keys may be called anything.)"""
        self.is_foreign = data not in (None, unset_value) and not isinstance(data, dict)
        self.object_data = data if isinstance(data, dict) else {}
        self.form = self.form_class(formdata=formdata, prefix=f"{self.name}-", data=self.object_data)


class Rows(FieldList):  # type: ignore[type-arg]
    """A list of maps, each a small form of its own."""

    kind = "rows"

    def __init__(self, form: type[Form], label: str = "", *, hint: str = "", one: str = "row", **rest: Any) -> None:
        super().__init__(Group(form), label, description=hint, **rest)
        self.hint, self.one, self.is_foreign = hint, one, False

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take a list of the definition, or what a browser sent."""
        rows = [] if data in (None, unset_value) else self.rows_of(data)
        self.is_foreign = rows is None
        super().process(formdata, rows or [])

    def rows_of(self, value: Any) -> list[dict[str, Any]] | None:
        """The rows that a value of the definition is; None when it is something else."""
        return value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else None


class NamedRows(Rows):
    """A map of maps: each row has its key as `part_name`."""

    def rows_of(self, value: Any) -> list[dict[str, Any]] | None:
        if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
            return None
        return [{**one, "part_name": name} for name, one in value.items()]


def number_in(text: str) -> int | float | str:
    """The number a text is; the text itself when it is none that a document can hold."""
    stripped = text.strip()
    if not NUMBER.fullmatch(stripped) or len(stripped) > MOST_DIGITS:
        return text
    try:
        return int(stripped)
    except ValueError:
        return float(stripped)


def plain_value(text: str) -> str | int | float | bool:
    """What a single word means: true, false, a number, or itself; in quotes, always itself."""
    words: dict[str, bool] = {"true": True, "false": False}
    if text in words:
        return words[text]
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return number_in(text)


def plain_text(value: Any) -> str:
    """A single value so that `plain_value` gives it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if plain_value(value) == value and value == value.strip() else f'"{value}"'
    return str(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "\n" not in value
    return value is None or isinstance(value, bool | int | float)
