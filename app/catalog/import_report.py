"""What the page of an import shows: its report, definition by definition, what needs a look first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Told = Mapping[str, Any]
"""A report, or an entry of one, as JSON tells it."""

# So many definitions of a kind are shown at once; a longer list is opened by whoever wants it.
OPEN_UP_TO = 12


@dataclass(frozen=True, slots=True)
class Group:
    """Definitions that share what becomes of them. `look` is the badge's; `icon` stands before each."""

    title: str
    note: str
    look: str
    icon: str
    entries: list[Told]
    is_open: bool


def _is_draft(entry: Told) -> bool:
    return entry["outcome"] in {"created", "new_version"} and any(f["severity"] == "error" for f in entry["findings"])


def _had(outcome: str) -> Callable[[Told], bool]:
    return lambda entry: entry["outcome"] == outcome and not _is_draft(entry)


# Title, note of a dry run, note of an import, look, icon, and which entries: in the order they are shown.
KINDS: tuple[tuple[str, str, str, str, str, Callable[[Told], bool]], ...] = (
    (
        "Refused",
        "These cannot be stored. Mend them and bring them again.",
        "These were not stored. Mend them and bring them again.",
        *("bad", "alert-circle", _had("refused")),
    ),
    (
        "Conflicts",
        "These stand against what the catalog has.",
        "These stand against what the catalog has, and were left out.",
        *("bad", "alert-circle", _had("conflict")),
    ),
    (
        "Drafts with errors",
        "These are kept as drafts, which orchestrators do not see, until their errors are mended.",
        "These are kept as drafts, which orchestrators do not see, until their errors are mended.",
        *("violet", "alert-triangle", _is_draft),
    ),
    (
        "New versions",
        "Each becomes the latest version of its tool.",
        "Each is the latest version of its tool now.",
        *("accent", "history", _had("new_version")),
    ),
    ("New tools", "The catalog has none of these names.", "", "ok", "circle-check", _had("created")),
    (
        "Skipped",
        "These are left out.",
        "These were left out.",
        *("warn", "info-circle", _had("skipped")),
    ),
    (
        "Unchanged",
        "The catalog has these already, just as they are.",
        "The catalog had these already, just as they are.",
        *("", "circle-check", _had("unchanged")),
    ),
)


def grouped(report: Told) -> list[Group]:
    """The report's entries by what becomes of them."""
    groups = []
    for title, before, after, look, icon, belongs in KINDS:
        entries = [entry for entry in report["results"] if belongs(entry)]
        if entries:
            is_open = look in {"bad", "violet"} or (title != "Unchanged" and len(entries) <= OPEN_UP_TO)
            groups.append(Group(title, before if report["dry_run"] else after, look, icon, entries, is_open))
    return groups


def obstacle(report: Told) -> str | None:
    """Why importing this would do nothing, in words; None: it would do something."""
    in_the_way = report["conflict"] + report["refused"]
    if report["on_conflict"] == "fail" and in_the_way:
        return f"{in_the_way} of {report['total']} definitions stand in the way. Mend them, or choose to go on without."
    if report["created"] + report["new_version"] == 0:
        return "There is nothing to store."
    return None
