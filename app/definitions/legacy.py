"""Every tool a document holds, whatever form it is written in, as the one canonical form.

The forms are described in legacy_forms and legacy_draft; here a document is taken apart, and each tool gets its name
and its findings.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.definitions.documents import Document
from app.definitions.findings import Finding, Path, Severity
from app.definitions.legacy_draft import CAPABILITY_NAMES, Draft, is_usable_name, origin, value_at
from app.definitions.legacy_forms import Form, form_of

PLACEHOLDER = re.compile(r"<[^<>]+>")
NAME_PLACES: tuple[Path, ...] = (("tool_name",), ("name",), ("tool", "name"), ("metadata", "name"))
# What makes a document a tool of its own, even where it has a key called `tools`.
OWN_KEYS = frozenset({"tool_name", "capabilities", "tool"})
ONE_TOOL = "A map of keys and values is expected here: one tool"
TEMPLATE = "This is a template: replace its placeholders, which look like <THIS>"
NAME_RULE = "1 to 100 letters, digits, “.”, “_” and “-”"
# What stands beside `tools` is kept with each of them: characters of JSON, times the tools.
MOST_REPEATED = 4 * 1024 * 1024
UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
NEEDED = ("description", "platform", "category", "capabilities")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The document of many tools that one tool came from.

    Attributes:
        wrapper: that document without its `tools`; its tools share it.
        position: the tool's place among them, from 0.
    """

    wrapper: dict[str, Any]
    position: int


@dataclass(frozen=True, slots=True)
class SourceTool:
    """One tool as its author wrote it, and in the canonical form.

    Attributes:
        name: None when no usable one could be found, which a finding says.
        form: map, list, flat, nested, bundle or other.
        document: exactly what the author wrote for this tool; of a bundle, the value under `tools.<name>`.
        definition: the same with `tool_name` and maps keyed by name; `document` itself where it is canonical already.
        path: where `document` stands in the whole document.
        moved: canonical path prefix → path in the whole document, for what moved.
        findings: about the form only.
    """

    name: str | None
    form: str
    document: dict[str, Any]
    definition: dict[str, Any]
    path: Path
    moved: Mapping[Path, Path]
    findings: tuple[Finding, ...]
    bundle: Bundle | None = None

    def source_path(self, canonical: Path) -> Path:
        """Return where a part of `definition` stands in the whole document."""
        return origin(self.moved, canonical)


def tools_in(document: Document) -> list[SourceTool]:
    """Return every tool of a document, never none: what is no tool comes back with an error finding."""
    return [_with_lines(tool, document) for tool in _tools_at(document.data, ())]


def source_tool(data: dict[str, Any]) -> SourceTool:
    """Return the single definition that `data` is."""
    return _tool(data, ())


def _tools_at(data: Any, path: Path) -> Iterator[SourceTool]:
    if isinstance(data, list):
        if not data:
            yield _no_tool({}, path, "The list holds no tool: add one")
        for index, item in enumerate(data):
            yield from _tools_at(item, (*path, index))
    elif not isinstance(data, dict):
        yield _no_tool({"value": data}, path, ONE_TOOL)
    elif _is_bundle(data):
        yield from _bundled(data, path)
    else:
        yield _tool(data, path)


def _is_bundle(data: Mapping[str, Any]) -> bool:
    if "tools" not in data or OWN_KEYS & set(data):
        return False
    tools = data["tools"]
    entries = tools.values() if isinstance(tools, dict) else tools
    return not tools or (isinstance(tools, dict | list) and any(isinstance(entry, dict) for entry in entries))


def _bundled(data: Mapping[str, Any], path: Path) -> Iterator[SourceTool]:
    tools, at = data["tools"], (*path, "tools")
    if not tools:
        yield _no_tool(dict(data), path, "`tools` holds no tool: add one")
        return
    wrapper = {key: value for key, value in data.items() if key != "tools"}
    repeated = len(json.dumps(wrapper)) * len(tools)
    if repeated > MOST_REPEATED:
        message = f"Too much stands beside `tools`, for {len(tools):,} tools: split the document, or leave it out"
        yield _no_tool(dict(data), path, message)
        return
    entries = tools.items() if isinstance(tools, dict) else enumerate(tools)
    for position, (step, entry) in enumerate(entries):
        bundle = Bundle(wrapper, position)
        if isinstance(entry, dict) and _is_bundle(entry):
            yield from _bundled(entry, (*at, step))
        elif isinstance(entry, dict):
            yield _tool(entry, (*at, step), bundle)
        else:
            yield replace(_no_tool({"value": entry}, (*at, step), ONE_TOOL), form="bundle", bundle=bundle)


def _no_tool(document: dict[str, Any], path: Path, message: str) -> SourceTool:
    finding = Finding(Severity.ERROR, "no-tool", path, message)
    return SourceTool(None, "other", document, document, path, {(): path}, (finding,))


def _tool(document: dict[str, Any], path: Path, bundle: Bundle | None = None) -> SourceTool:
    draft = _draft_of(document, path, bundle)
    placeholder = _first_placeholder(draft.definition)
    if placeholder is not None:
        finding = Finding(Severity.ERROR, "template", (*path, *placeholder), TEMPLATE)
        return SourceTool(None, "other", document, document, path, {(): path}, (finding,), bundle)
    form = form_of(draft.definition)
    if form.convert is not None:
        draft.definition = copy.deepcopy(draft.definition)
        form.convert(draft)
    name = draft.definition.get("tool_name")
    findings = (*_form_findings(draft, form), *draft.findings, *_name_findings(draft, name))
    return SourceTool(
        name=name if is_usable_name(name) else None,
        form="bundle" if bundle else form.name,
        document=document,
        definition=draft.definition,
        path=path,
        moved={(): path} | {canonical: (*path, *source) for canonical, source in draft.moved.items()},
        findings=tuple(replace(finding, path=(*path, *finding.path)) for finding in findings),
        bundle=bundle,
    )


def _draft_of(document: dict[str, Any], path: Path, bundle: Bundle | None) -> Draft:
    """Begin a draft; a tool of a bundle gets the name it is keyed by, unless it has one of its own."""
    key = path[-1] if bundle else None
    if not isinstance(key, str) or "tool_name" in document:
        return Draft(document)
    return Draft({"tool_name": key, **copy.deepcopy(document)}, notes=[f"the key `{key}` under `tools` as `tool_name`"])


def _first_placeholder(definition: Mapping[str, Any]) -> Path | None:
    """Return the first place where a template expects a name of its own, None for a definition."""
    names = [place for place in NAME_PLACES if isinstance(value_at(definition, place), str)]
    if names and PLACEHOLDER.search(value_at(definition, names[0])):
        return names[0]
    return next(_placeholder_capabilities(definition.get("capabilities")), None)


def _placeholder_capabilities(capabilities: Any) -> Iterator[Path]:
    if isinstance(capabilities, dict):
        yield from (("capabilities", name) for name in capabilities if PLACEHOLDER.fullmatch(name))
    elif isinstance(capabilities, list):
        for index, item in enumerate(capabilities):
            for key in CAPABILITY_NAMES:
                if PLACEHOLDER.fullmatch(str(value_at(item, (key,)))):
                    yield ("capabilities", index, key)


def _form_findings(draft: Draft, form: Form) -> Iterator[Finding]:
    read = f"read {', '.join(draft.notes)}" if draft.notes else "kept as it is"
    if form.likeness is not None:
        lacking = ", ".join(f"`{key}`" for key in NEEDED if key not in draft.definition) or "nothing"
        message = f"This looks like {form.likeness}, not like a tool definition: it lacks {lacking}; {read}"
        yield Finding(Severity.WARNING, "other-format", (), message)
    elif draft.notes:
        yield Finding(Severity.HINT, "legacy-form", (), f"An older form, understood: {read}")


def _name_findings(draft: Draft, name: object) -> Iterator[Finding]:
    place = draft.origin(("tool_name",))
    if name is None or name == "":
        yield Finding(Severity.ERROR, "missing-name", place, f"The tool has no `tool_name`: give it one of {NAME_RULE}")
    elif not is_usable_name(name):
        shown, mended = str(name)[:100], UNFIT.sub("-", str(name)).strip("-")[:100]
        message = f"“{shown}” cannot be a tool's name: use {NAME_RULE}"
        yield Finding(Severity.ERROR, "invalid-name", place, message, suggestion=mended or None)


def _with_lines(tool: SourceTool, document: Document) -> SourceTool:
    return replace(tool, findings=tuple(_with_line(finding, document) for finding in tool.findings))


def _with_line(finding: Finding, document: Document) -> Finding:
    at = document.position_of(finding.path)
    return replace(finding, line=at.line, column=at.column) if at else finding
