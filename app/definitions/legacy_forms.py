"""The older forms of a tool definition: how each is recognised, and the steps that make it the canonical one."""

from collections.abc import Callable
from dataclasses import dataclass

from app.definitions.findings import Path
from app.definitions.legacy_draft import (
    CAPABILITY_NAMES,
    PATTERN_NAMES,
    Definition,
    Draft,
    free_name,
    has_lists,
    lists_to_maps,
    named,
    note,
    only_platform,
    rename,
    tags_to_metadata,
    take_header,
    take_name,
    value_at,
)

# What a definition begins with; a document with some of it is one whose name is still to be written.
EXPECTED = frozenset({"description", "platform", "category", "capabilities"})


@dataclass(frozen=True, slots=True)
class Form:
    """One form of definition, or of document that is none.

    Attributes:
        convert: makes it canonical; None where it is.
        likeness: what a document that is no tool definition looks like.
    """

    name: str
    fits: Callable[[Definition], bool]
    convert: Callable[[Draft], None] | None
    likeness: str | None = None


def form_of(document: Definition) -> Form:
    """Return the form a document has; the last one fits everything."""
    return next(form for form in FORMS if form.fits(document))


# Recognising


def _is_nested(document: Definition) -> bool:
    tool = document.get("tool")
    if not isinstance(tool, dict) or {"tool_name", "capabilities"} & set(document):
        return False
    return bool({"name", "tool_name", "capability", "capabilities"} & set(tool))


def _is_map(document: Definition) -> bool:
    if has_lists(document):
        return False
    return "tool_name" in document or (isinstance(document.get("capabilities"), dict) and not _is_flat(document))


def _is_selector_entry(document: Definition) -> bool:
    return isinstance(document.get("key"), str) and isinstance(value_at(document, ("meta", "cmd")), str)


def _is_registry_entry(document: Definition) -> bool:
    return isinstance(document.get("command_template"), str)


def _is_flat(document: Definition) -> bool:
    has_header = "capabilities" in document and isinstance(value_at(document, ("metadata", "name")), str)
    return isinstance(document.get("name"), str) or has_header


def _is_unnamed(document: Definition) -> bool:
    return bool(EXPECTED & set(document))


# Converting: one function per form


def _from_list(draft: Draft) -> None:
    take_header(draft)
    take_name(draft, ("name",), ("metadata", "name"))
    lists_to_maps(draft)


def _from_flat(draft: Draft) -> None:
    take_header(draft)
    take_name(draft, ("name",), ("metadata", "name"))
    tags_to_metadata(draft)


def _from_nested(draft: Draft) -> None:
    _unwrap(draft)
    take_name(draft, ("name",), ("metadata", "name"))
    tags_to_metadata(draft)
    _capability_to_map(draft)
    lists_to_maps(draft)


def _from_selector_entry(draft: Draft) -> None:
    take_name(draft, ("key",), ("name",))
    rename(draft, (), "short_desc", "description")
    only_platform(draft)
    tags_to_metadata(draft)


def _from_registry_entry(draft: Draft) -> None:
    take_name(draft, ("name",), ("display_name",))
    only_platform(draft)
    tags_to_metadata(draft)


def _from_anything(draft: Draft) -> None:
    take_name(draft, ("name",), ("key",), ("id",), ("metadata", "name"))


FORMS = (
    Form("nested", _is_nested, _from_nested),
    Form("map", _is_map, None),
    Form("list", has_lists, _from_list),
    Form("other", _is_selector_entry, _from_selector_entry, "a selector entry (`key`, `meta.cmd`)"),
    Form("other", _is_registry_entry, _from_registry_entry, "a command registry entry (`command_template`)"),
    Form("flat", _is_flat, _from_flat),
    Form("map", _is_unnamed, None),
    Form("other", lambda _: True, _from_anything, "some other kind of document"),
)


# What stands under `tool:`


def _unwrap(draft: Draft) -> None:
    """Make what stands under `tool` the definition; what stands beside it joins, and never displaces."""
    beside = draft.definition
    draft.definition = beside.pop("tool")
    draft.came_from((), ("tool",))
    draft.notes.append("what stands under `tool` as the definition")
    for key, value in beside.items():
        free = free_name(key, draft.definition)
        draft.definition[free] = value
        draft.came_from((free,), (key,))


def _capability_to_map(draft: Draft) -> None:
    """Make the only `capability`, with the only `pattern`, a map of maps."""
    name, capability = named(draft.definition.get("capability"), CAPABILITY_NAMES[::-1])
    if name is None or "capabilities" in draft.definition:
        return
    source = draft.origin(("capability",))
    del draft.definition["capability"]
    draft.definition["capabilities"] = {name: capability}
    draft.came_from(("capabilities",), source)
    draft.came_from(("capabilities", name), source)
    note(draft, "capability", f"capabilities.{name}")
    _pattern_to_map(draft, name)


def _pattern_to_map(draft: Draft, capability: str) -> None:
    name, pattern = named(draft.definition.get("pattern"), PATTERN_NAMES[::-1])
    at: Path = ("capabilities", capability, "patterns")
    if name is None or "patterns" in draft.definition["capabilities"][capability]:
        return
    source = draft.origin(("pattern",))
    del draft.definition["pattern"]
    draft.definition["capabilities"][capability]["patterns"] = {name: pattern}
    draft.came_from(at, source)
    draft.came_from((*at, name), source)
    note(draft, "pattern", f"patterns.{name}")
    _phrases_to_use_cases(draft, (*at, name))
    _inputs_to_pattern(draft, (*at, name))
    _policy_to_pattern(draft, (*at, name))


def _phrases_to_use_cases(draft: Draft, at: Path) -> None:
    """Take the phrases of a description such as “Copy file, cp command” as use cases too."""
    pattern = value_at(draft.definition, at)
    description = pattern.get("description")
    if isinstance(description, str) and "typical_use_cases" not in pattern:
        pattern["typical_use_cases"] = [phrase.strip() for phrase in description.split(",") if phrase.strip()]
        draft.came_from((*at, "typical_use_cases"), draft.origin((*at, "description")))
        draft.notes.append("the phrases of its description as `typical_use_cases`")


def _inputs_to_pattern(draft: Draft, at: Path) -> None:
    """Sort `inputs` by their `required`, which they keep; one that does not say is required."""
    pattern = value_at(draft.definition, at)
    inputs = draft.definition.get("inputs")
    if not isinstance(inputs, list) or {"required_inputs", "optional_inputs"} & set(pattern):
        return
    source = draft.origin(("inputs",))
    for index, item in enumerate(draft.definition.pop("inputs")):
        key = "optional_inputs" if value_at(item, ("required",)) is False else "required_inputs"
        draft.came_from((*at, key), source)
        draft.came_from((*at, key, len(pattern.setdefault(key, []))), (*source, index))
        pattern[key].append(item)
    draft.notes.append("`inputs` as `required_inputs` and `optional_inputs`")


def _policy_to_pattern(draft: Draft, at: Path) -> None:
    pattern = value_at(draft.definition, at)
    if not isinstance(draft.definition.get("policy"), dict) or "policy" in pattern:
        return
    draft.came_from((*at, "policy"), draft.origin(("policy",)))
    pattern["policy"] = draft.definition.pop("policy")
    draft.notes.append("`policy` as that of the pattern")
    rename(draft, (*at, "policy"), "approval_required", "requires_approval")
    rename(draft, (*at, "policy"), "timeout_seconds", "max_execution_time")
