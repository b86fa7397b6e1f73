"""What the editor shows of a draft: its outline with marks, one part's form with findings at its fields, its problems.

Validation is the catalog's own `check`, on the definition without its text, which is five times faster; the lines of
the text are told apart, by `yaml_pane`, which nobody waits for while typing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.catalog.checks import check
from app.catalog.live import snapshot
from app.definitions.change_words import subject_of
from app.definitions.curves import Curve, curve
from app.definitions.findings import Finding, Path, Severity, pointer
from app.definitions.fixes import in_words
from app.definitions.legacy import source_tool
from app.definitions.validation.parts import mapped
from app.definitions.validation.variables import known_variables
from app.drafts.editing import fields_in, name_of, shown_form
from app.drafts.fields import Estimate, Group, Rows
from app.drafts.forms import EditorForm
from app.drafts.models import Draft
from app.drafts.nodes import SECTIONS, Work, parent_of, part_at, patterns_of
from app.drafts.service import State, can, reading_findings
from app.quantities import compact, duration

SECTION_OF: Mapping[str | int, str] = {
    "tool_name": "basics",
    "description": "basics",
    "platform": "basics",
    "category": "basics",
    "execution_location": "basics",
    "capabilities": "basics",
    "defaults": "defaults",
    "variables": "variables",
    "dependencies": "dependencies",
    "metadata": "about",
    "examples": "examples",
}
GOALS: Mapping[str, str] = {
    "Fast": "speed",
    "Cheap": "cost",
    "Simple": "complexity",
    "Accurate": "accuracy",
    "Thorough": "completeness",
}
OWN_WEIGHT, OTHER_WEIGHT = 0.4, 0.15
"""The weights of a goal's own axis and of each of the other four; together 1 (product.md, “Selection”)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a part stands: its worst findings, counted."""

    errors: int = 0
    warnings: int = 0

    @property
    def words(self) -> str:
        """The mark, read aloud."""
        for count, word in ((self.errors, "error"), (self.warnings, "warning")):
            if count:
                return f"{count} {word}{'s' if count > 1 else ''}"
        return "no findings"

    @property
    def look(self) -> str:
        """bad, warn or ok."""
        return "bad" if self.errors else "warn" if self.warnings else "ok"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outline."""

    node: str
    name: str
    kind: str
    mark: Mark
    is_shown: bool
    patterns: tuple["Entry", ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding as the list of problems tells it; `fix` says what one click would do, empty for nothing."""

    finding: Finding
    node: str
    place: str
    key: str
    fix: str


def check_draft(state: State) -> list[Finding]:
    """Every finding about a draft; those of a text that cannot be read are all there are."""
    if unreadable := reading_findings(state.text):
        return list(unreadable)
    return check(source_tool(state.work.document), None, known=snapshot().names)


@dataclass
class EditorView:
    """A draft, with one of its parts open."""

    draft: Draft
    state: State
    node: str
    focus: str = ""
    said: str = ""
    _marks: dict[str, Counter[Severity]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def work(self) -> Work:
        """The definition and the ids of its parts."""
        return self.state.work

    @property
    def name(self) -> str:
        """What the tool is called so far."""
        name = self.draft.tool_name or self.work.document.get("tool_name")
        return name if isinstance(name, str) and name else "New tool"

    @property
    def title(self) -> str:
        """What the open part is called."""
        return name_of(self.work, self.node)

    @property
    def kind(self) -> str:
        """section, capability or pattern."""
        return {0: "section", 2: "capability"}.get(len(self.path), "pattern")

    @cached_property
    def path(self) -> Path:
        """Where the open part is."""
        return self.work.path_of(self.node)

    @cached_property
    def capability(self) -> str:
        """The open capability, or the one the open pattern stands in."""
        return parent_of(self.work, self.node)

    @cached_property
    def capability_name(self) -> str:
        """Its name."""
        return str(self.path[1])

    @cached_property
    def form(self) -> EditorForm:
        """The open part's form."""
        return shown_form(self.work, self.node, self.state.unread_at(self.node))

    @cached_property
    def is_locked(self) -> bool:
        """Whether the text cannot be read, so that only the text can be edited."""
        return bool(reading_findings(self.state.text))

    @cached_property
    def findings(self) -> list[Finding]:
        """Every finding of the draft."""
        return check_draft(self.state)

    @cached_property
    def problems(self) -> list[Problem]:
        """The findings, worst first, each with the part it is at."""
        rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
        told = sorted(self.findings, key=lambda finding: rank[finding.severity])
        return [self._problem(finding) for finding in told]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity, those unread included."""
        found = Counter(finding.severity.value for finding in self.findings)
        return {"error": found["error"] + len(self.state.unread), "warning": found["warning"], "hint": found["hint"]}

    @cached_property
    def can(self) -> tuple[str, str]:
        """What can be undone and redone."""
        return can(self.draft)

    @cached_property
    def sections(self) -> list[Entry]:
        """The outline's parts of the tool itself."""
        return [self._entry(node, name, node, ()) for node, name in SECTIONS.items()]

    @cached_property
    def capabilities(self) -> list[Entry]:
        """The outline's capabilities, with their patterns."""
        entries = []
        held = mapped(self.work.document.get("capabilities"))
        for (name, capability), (own, ids) in zip(held.items(), self.work.ids, strict=False):
            inner = zip(patterns_of(capability), ids, strict=False)
            patterns = tuple(self._entry(node, pattern, "pattern", ()) for pattern, node in inner)
            entries.append(self._entry(own, name, "capability", patterns))
        return entries

    @cached_property
    def slots(self) -> dict[str, list[Problem]]:
        """The findings of the open part by the field they stand at."""
        names = self._field_names()
        found: dict[str, list[Problem]] = defaultdict(list)
        for problem in self.problems:
            if problem.node == self.node:
                found[_nearest(self._relative(problem.finding.path), names)].append(problem)
        return found

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """What each estimate of the open part comes to, by field."""
        if self.kind != "pattern":
            return {}
        variables = known_variables(self.work.document, part_at(self.work.document, self.path))
        drawn = {
            one.name: curve(one.text, variables, duration if one.short_name == "time_estimate_ms" else compact)
            for one in fields_in(self.form)
            if isinstance(one, Estimate) and not one.is_foreign
        }
        return {name: one for name, one in drawn.items() if one is not None}

    @cached_property
    def variables(self) -> list[str]:
        """The names an estimate may use."""
        return sorted(known_variables(self.work.document, part_at(self.work.document, self.path)))

    @cached_property
    def goals(self) -> list[tuple[str, float]]:
        """How well the open pattern serves each goal, by its sliders alone: Σ weight × value, from 0 to 1."""
        match = mapped(part_at(self.work.document, self.path).get("preference_match"))
        values = {axis: _share(match.get(axis)) for axis in GOALS.values()}
        whole = sum(values.values())
        own = OWN_WEIGHT - OTHER_WEIGHT
        return [(goal, OTHER_WEIGHT * whole + own * values[axis]) for goal, axis in GOALS.items()]

    @cached_property
    def summaries(self) -> dict[str, list[str]]:
        """Each pattern of the open capability in brief: its time, cost and complexity, by id."""
        return {entry.node: self._brief(entry) for entry in self.shown_patterns}

    @cached_property
    def shown_patterns(self) -> Sequence[Entry]:
        """The patterns of the open capability."""
        return next((one.patterns for one in self.capabilities if one.node == self.capability), ())

    def _brief(self, entry: Entry) -> list[str]:
        pattern = part_at(self.work.document, self.work.path_of(entry.node))
        known = known_variables(self.work.document, pattern)
        time = curve(str(pattern.get("time_estimate_ms", "")), known)
        cost = curve(str(pattern.get("cost_estimate", "")), known, compact)
        complexity = pattern.get("complexity_score")
        told = [_usual(time)] if time is not None else []
        told += [f"cost {_usual(cost)}"] if cost is not None else []
        return told + ([f"complexity {complexity:g}"] if isinstance(complexity, int | float) else [])

    def _problem(self, finding: Finding) -> Problem:
        node = self._node_of(finding.path)
        place = subject_of(finding.path) if finding.path else "the definition"
        return Problem(finding, node, place, f"{finding.code}:{pointer(finding.path)}", in_words(finding))

    def _node_of(self, path: Path) -> str:
        by_path = self._by_path
        for length in (4, 2):
            if len(path) >= length and path[:length] in by_path:
                return by_path[path[:length]]
        return SECTION_OF.get(path[0], "other") if path else "basics"

    @cached_property
    def _by_path(self) -> dict[Path, str]:
        return self.work.by_path()

    @cached_property
    def _counted(self) -> dict[str, Counter[Severity]]:
        counted: dict[str, Counter[Severity]] = defaultdict(Counter)
        for problem in self.problems:
            counted[problem.node][problem.finding.severity] += 1
        for name in self.state.unread:
            counted[name.split("/", 1)[0]][Severity.ERROR] += 1
        return counted

    def _entry(self, node: str, name: str, kind: str, patterns: tuple[Entry, ...]) -> Entry:
        found = self._counted[node]
        inside = [pattern.mark for pattern in patterns]
        mark = Mark(
            found[Severity.ERROR] + sum(one.errors for one in inside),
            found[Severity.WARNING] + sum(one.warnings for one in inside),
        )
        return Entry(node, name, kind, mark, node == self.node, patterns)

    def _relative(self, path: Path) -> Path:
        """A finding's path as the open form counts it: rows by their place, also those of a map."""
        inner = path[len(self.path) :]
        if inner[:1] == ("variables",) and len(inner) > 1:
            names = list(mapped(self.work.document.get("variables")))
            return ("variables", names.index(str(inner[1])) if inner[1] in names else 0, *inner[2:])
        return inner

    def slots_to_tell(self, filled: Iterable[str]) -> list[str]:
        """The places for findings that have something in them now, or had before, as the page says."""
        told = {*filled, *self.slots, *self.curves}
        return [name for name in self._slot_names() if name in told]

    def _slot_names(self) -> list[str]:
        rows = [entry.name for one in self.form.fields() if isinstance(one, Rows) for entry in one.entries]
        outer = [one.name for one in self.form.fields() if isinstance(one, Rows | Group)]
        return [*(one.name for one in fields_in(self.form) if not one.is_foreign), *rows, *outer]

    def _field_names(self) -> set[str]:
        return {one.name for one in fields_in(self.form)} | {one.name for one in self.form.fields()}


def _nearest(path: Path, names: Iterable[str]) -> str:
    """The field a finding belongs to: the one at its path, or at what that stands in; empty for the part itself."""
    known = set(names)
    for length in range(len(path), 0, -1):
        name = "-".join(map(str, path[:length]))
        if name in known:
            return name
        outer = "-".join(map(str, [*path[: length - 1], "other"]))
        if length == len(path) and outer in known and "-".join(map(str, path[: length - 1])) not in known:
            return outer
    return "part_name" if "part_name" in known else ""


def _usual(drawn: Curve) -> str:
    """The value at the usual input, in words."""
    return drawn.samples[len(drawn.samples) // 2].words


def _share(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return min(1.0, max(0.0, float(value))) if is_number else 0.0  # type: ignore[arg-type]
