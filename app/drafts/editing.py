"""What a sent form changes in a definition, and what is done to the rows of its lists. Everything here is pure.

A form comes with the step it was made from. Only what differs from that step was meant; it is applied to the draft as
it is now, so that two windows, or an answer that never arrived, undo nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from app.definitions.validation.parts import listed, mapped
from app.drafts.fields import Group, Keys, Name, NamedRows, Rows, Switch, ValueField
from app.drafts.forms import EditorForm, form_for, unknown_in
from app.drafts.nodes import SECTIONS, Work, free_name, part_at, with_part
from app.errors import Conflict

Sent = MultiDict[str, str]
MOST_ROWS = 200
NEW_ROWS: Mapping[str, Mapping[str, Any]] = {
    "required_inputs": {"name": "new_input", "type": "string", "description": ""},
    "optional_inputs": {"name": "new_input", "type": "string", "description": ""},
    "expected_outputs": {"name": "new_output", "type": "string", "description": ""},
    "dependencies": {"name": "new_dependency", "type": "binary", "required": True},
    "examples": {"name": "New example", "inputs": {}},
    "variables": {"unit": "items", "minimum": 1, "default": 10, "maximum": 1000},
}
NEW_VARIABLE = "new_variable"
MOVED_ON = "This list was changed in another window. Load the page again; what you typed is kept here until then."


@dataclass(slots=True)
class Saved:
    """A draft with a form's changes in it.

    Attributes:
        work: the definition.
        unread: what was typed and cannot be taken over yet, by field name.
        labels: the fields that changed, as they are called on screen.
    """

    work: Work
    unread: dict[str, str]
    labels: list[str] = field(default_factory=list)


def shown_form(work: Work, node: str, unread: Mapping[str, str]) -> EditorForm:
    """The form of a part, with what stands in it, and what was typed into it and is still unread."""
    path = work.path_of(node)
    part = part_at(work.document, path)
    form = form_for(path, node)(data={**part, "part_name": path[-1]} if path else part)
    for one in fields_in(form):
        if one.name in unread:
            one.text = unread[one.name]
            one.unread = why_unread(work, node, one)
    return form


def fields_in(form: EditorForm) -> Iterator[ValueField]:
    """Every field of a form that holds one value, those of its rows and groups too."""
    for one in form.fields():
        if isinstance(one, Group):
            yield from fields_in(one.form)
        elif isinstance(one, Rows):
            for entry in one.entries:
                yield from fields_in(entry.form)
        else:
            yield one


def why_unread(work: Work, node: str, one: ValueField) -> str:
    """Why what stands in a field cannot be taken over."""
    if isinstance(one, Name):
        return "Write a name." if not one.text.strip() else f"“{one.text}” is the name of another one here."
    try:
        one.meant(one.text, None)
    except ValueError as error:
        return str(error)
    return ""


def save_form(base: Work, now: Work, node: str, sent: Sent, unread: Mapping[str, str]) -> Saved:
    """Apply to the draft as it is `now` what a form, made from `base`, changed.

    Raises:
        NotFound: the part is there no longer. Conflict: a row that was typed in is there no longer.
    """
    path = now.path_of(node)
    was_at = base.path_of(node) if base.has(node) else path
    before = part_at(base.document if base.has(node) else now.document, was_at)
    kind = form_for(path, node)
    shown, typed = kind(data={**before, "part_name": was_at[-1]} if was_at else before), kind(formdata=sent)
    change = _FormChange(sent, dict(unread))
    part = change.applied(typed, shown, part_at(now.document, path))
    work = with_part(now, node, part) if part != part_at(now.document, path) or not path else now
    if path:
        work = change.renamed(work, node, typed, shown)
    return Saved(work, change.unread, change.labels)


@dataclass(slots=True)
class _FormChange:
    """One walk through a form as it was shown and as it came back."""

    sent: Sent
    unread: dict[str, str]
    labels: list[str] = field(default_factory=list)

    def applied(self, typed: EditorForm, shown: EditorForm, part: Mapping[str, Any]) -> dict[str, Any]:
        """The part with everything that was changed in the form."""
        result = dict(part)
        order = list(typed.model.model_fields)
        for one in typed.fields():
            was = shown.field(one.short_name)
            key = one.short_name
            if was.is_foreign or (isinstance(one, Name) and key == "part_name"):
                continue
            if isinstance(one, Keys):
                result = self._other(one, was, result, typed.model)
            elif isinstance(one, Group):
                inner = self.applied(one.form, was.form, mapped(result.get(key)))
                result = _with(result, key, inner, order) if inner or key in result else result
            elif isinstance(one, Rows):
                result = self._rows(one, was, result, order)
            elif self._is_changed(one, was):
                result = self._value(one, result, order)
        return result

    def renamed(self, work: Work, node: str, typed: EditorForm, shown: EditorForm) -> Work:
        """The work with the part under the name that was typed, where no sibling has it."""
        one, was = typed.field("part_name"), shown.field("part_name")
        if not self._is_changed(one, was):
            return work
        path, name = work.path_of(node), one.text.strip()
        siblings = part_at(work.document, path[:-1])
        if not name or (name in siblings and name != path[-1]):
            self.unread[one.name] = one.text
            return work
        self.unread.pop(one.name, None)
        self.labels.append(one.label.text)
        return with_part(work, node, part_at(work.document, path), name)

    def _is_changed(self, one: ValueField, was: ValueField) -> bool:
        is_sent = one.name in self.sent or isinstance(one, Switch)
        return is_sent and (not was.says_the_same(one.text) or one.name in self.unread)

    def _value(self, one: ValueField, part: dict[str, Any], order: Sequence[str]) -> dict[str, Any]:
        key = one.short_name
        try:
            value = one.meant(one.text, part.get(key))
        except ValueError:
            self.unread[one.name] = one.text
            self.labels.append(one.label.text)
            return part
        self.unread.pop(one.name, None)
        self.labels.append(one.label.text)
        if value is None:
            return {name: other for name, other in part.items() if name != key}
        return _with(part, key, value, order)

    def _other(self, one: Keys, was: Keys, part: dict[str, Any], model: Any) -> dict[str, Any]:
        if not self._is_changed(one, was):
            return part
        found = self._value(one, {"other": unknown_in(part, model)}, ())
        if one.name in self.unread:
            return part
        keys = {key: value for key, value in mapped(found.get("other")).items() if key not in model.model_fields}
        known = {key: value for key, value in part.items() if key in model.model_fields or key in keys}
        return {**known, **keys}

    def _rows(self, one: Rows, was: Rows, part: dict[str, Any], order: Sequence[str]) -> dict[str, Any]:
        key = one.short_name
        if isinstance(one, NamedRows):
            named = self._named_rows(one, was, mapped(part.get(key)))
            return _with(part, key, named, order) if named != mapped(part.get(key)) else part
        rows = list(listed(part.get(key)))
        for entry, shown, before in _pairs(one, was):
            after = self.applied(entry.form, shown.form, before)
            if after != before:
                rows[_place_of(rows, before, _index(entry))] = after
        return _with(part, key, rows, order) if rows != listed(part.get(key)) else part

    def _named_rows(self, one: Rows, was: Rows, rows: Mapping[str, Any]) -> dict[str, Any]:
        result = dict(rows)
        for entry, shown, before in _pairs(one, was):
            own = {key: value for key, value in before.items() if key != "part_name"}
            name, wanted = before["part_name"], entry.form["part_name"]
            after = self.applied(entry.form, shown.form, own)
            is_renamed = self._is_changed(wanted, shown.form["part_name"])
            if after == own and not is_renamed:
                continue
            if name not in result:
                raise Conflict(MOVED_ON)
            new = wanted.text.strip() if is_renamed else name
            if is_renamed and (not new or (new in result and new != name)):
                self.unread[wanted.name], new = wanted.text, name
            elif is_renamed:
                self.unread.pop(wanted.name, None)
                self.labels.append(wanted.label.text)
            result = {(new if key == name else key): (after if key == name else row) for key, row in result.items()}
        return result


def _pairs(one: Rows, was: Rows) -> Iterator[tuple[Group, Group, dict[str, Any]]]:
    """Each row that was sent, with the same as it was shown; a row that was not shown says nothing."""
    for entry in one.entries:
        if _index(entry) < len(was.entries):
            shown = was.entries[_index(entry)]
            yield entry, shown, shown.object_data


def _index(entry: Group) -> int:
    return int(entry.name.rsplit("-", 1)[1])


def _place_of(rows: Sequence[Any], row: Mapping[str, Any], index: int) -> int:
    """Where a row is now that stood at this index: there, or where the same or one of its name stands.

    Raises:
        Conflict: it is nowhere.
    """
    if index < len(rows) and rows[index] == row:
        return index
    if row in rows:
        return list(rows).index(row)
    named = [place for place, other in enumerate(rows) if row.get("name") and mapped(other).get("name") == row["name"]]
    if len(named) != 1:
        raise Conflict(MOVED_ON)
    return named[0]


def _with(part: Mapping[str, Any], key: str, value: Any, order: Sequence[str]) -> dict[str, Any]:
    """The part with a value at a key; a new key comes after those that the schema names before it."""
    if key in part or key not in order:
        return {**part, key: value}
    earlier = set(order[: order.index(key)])
    place = max((index for index, name in enumerate(part, 1) if name in earlier), default=0)
    entries = list(part.items())
    return dict([*entries[:place], (key, value), *entries[place:]])


def rows_changed(work: Work, node: str, key: str, act: str, index: int) -> tuple[Work, int]:
    """Add, remove, duplicate or move a row of one of a part's lists. Returns the work and the row to go to (-1: none).

    Raises:
        Conflict: there is no such row, or no room for more.
    """
    path = work.path_of(node)
    part = part_at(work.document, path)
    if isinstance(part.get(key), dict) and key == "variables":
        named = [{"part_name": name, "row": row} for name, row in part[key].items()]
        rows, place = _rows_after(named, act, index, {"part_name": "", "row": dict(NEW_ROWS[key])})
        value: Any = {}
        for row in rows:
            value[free_name(row["part_name"] or NEW_VARIABLE, value)] = row["row"]
    elif key == "variables":
        value, place = {NEW_VARIABLE: dict(NEW_ROWS[key])}, 0
    else:
        taken = {str(mapped(row).get("name")): row for row in listed(part.get(key))}
        new = dict(NEW_ROWS[key])
        new["name"] = free_name(new["name"], taken)
        value, place = _rows_after(listed(part.get(key)), act, index, new)
    model = form_for(path, node).model
    return with_part(work, node, _with(part, key, value, list(model.model_fields))), place


def _rows_after(rows: Sequence[Any], act: str, index: int, new: Any) -> tuple[list[Any], int]:
    after = list(rows)
    if act == "add":
        if len(after) >= MOST_ROWS:
            raise Conflict(f"A list has at most {MOST_ROWS} rows here; edit it as text.")
        return [*after, new], len(after)
    if not 0 <= index < len(after):
        raise Conflict(MOVED_ON)
    row = after.pop(index)
    if act == "remove":
        return after, min(index, len(after) - 1)
    if act == "duplicate":
        again = dict(row)
        if "name" in row:
            again["name"] = free_name(str(row["name"]), {str(mapped(one).get("name")): one for one in rows})
        return [*after[:index], row, again, *after[index:]], index + 1
    place = max(0, min(len(after), index + (-1 if act == "up" else 1)))
    after.insert(place, row)
    return after, place


def name_of(work: Work, node: str) -> str:
    """What a part is called on screen."""
    return SECTIONS[node] if node in SECTIONS else str(work.path_of(node)[-1])
