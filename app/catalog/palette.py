"""What the palette finds: tools, capabilities, pages and acts, best first. From a snapshot alone: it is asked while
somebody types."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from app.actor import Actor
from app.catalog.snapshot import Snapshot, Tool
from app.definitions.vocabulary import closest
from app.permissions import Permission, may

MOST_TOOLS = 6
MOST_OTHERS = 4
MOST_RECENT = 6
ENOUGH = 2
"""A search for one letter is for names only: nearly every description holds it."""
_BREAKS = re.compile(r"[\s._-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to go to, or to do.

    Attributes:
        address: where it is; for an act that changes something, where its form goes.
        detail: what it is, beside its title.
        is_act: whether it is done by sending a form, not by going there.
    """

    title: str
    address: str
    icon: str
    detail: str = ""
    is_name: bool = False
    is_act: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of one kind, best first."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A page, or a general act, that is always there."""

    title: str
    address: str
    icon: str
    words: str
    permission: Permission = Permission.READ


PAGES = (
    Place("Tools", "/tools", "tools", "list catalog home"),
    Place("Capabilities", "/capabilities", "bolt", "abilities"),
    Place("Playground", "/select", "player-play", "selection choose rank ask try why"),
    Place("Reloads", "/reloads", "activity", "processes live speed"),
    Place("Audit log", "/audit", "history", "changes who entries"),
    Place("API", "/api/docs", "api", "documentation openapi json curl"),
    Place("Your account", "/account", "user", "password tokens sessions profile"),
    Place("Accounts", "/accounts", "users", "people teams roles services", Permission.MANAGE_ACCOUNTS),
    Place("Style guide", "/styleguide", "palette", "components design"),
    Place("Drafts", "/tools?status=draft", "pencil", "unpublished tools"),
    Place("Disabled tools", "/tools?enabled=false", "eye-off", "switched off"),
)
ACTS = (
    Place("New tool", "/tools/new", "plus", "create add author", Permission.CREATE),
    Place("Import", "/import", "upload", "upload yaml zip files", Permission.CREATE),
    Place("Export", "/export", "download", "download yaml zip csv"),
)


def find(current: Snapshot, words: str, actor: Actor, recent: Sequence[str] = ()) -> list[Group]:
    """What these words may mean, by kind; without words, what somebody may want to go on with.

    Args:
        recent: names of tools that were looked at last, newest first.
    """
    wanted = words.strip().lower()
    if not wanted:
        return _grouped(_beginning(current, actor, recent))
    tools = tools_for(current, wanted)
    near = [] if tools else [tool for name in closest(wanted, current.names) if (tool := current.tool(name))]
    acts = [*_places(ACTS, wanted, actor), *_acts_on((tools or near)[:1], actor)]
    return _grouped(
        {
            "Tools": map(_tool, tools),
            "Did you mean": map(_tool, near),
            "Actions": acts,
            "Capabilities": _capabilities(current, wanted),
            "Pages": _places(PAGES, wanted, actor),
        }
    )


def tools_for(current: Snapshot, wanted: str) -> list[Tool]:
    """The best tools for words in lower case: the name itself, names that begin so, names with a word that does, names
    that hold it, then tools that say all of the words anywhere."""
    each = _words((wanted,)).split()
    ranked: list[tuple[int, bool, str, Tool]] = []
    for key, said, tool in _said(current):
        rank = _rank(key, wanted)
        if rank is None and len(wanted) >= ENOUGH and all(f" {word}" in said for word in each):
            rank = 4
        if rank is not None:
            ranked.append((rank, not tool.is_offered, key, tool))
    ranked.sort(key=lambda found: found[:3])
    return [tool for *_, tool in ranked[:MOST_TOOLS]]


def _rank(name: str, wanted: str) -> int | None:
    """How well a name fits what is wanted, 0 being best; both in lower case."""
    if name == wanted:
        return 0
    place = name.find(wanted)
    if place == 0:
        return 1
    if place > 0:
        return 2 if _BREAKS.match(name[place - 1]) else 3
    return None


def _said(current: Snapshot) -> list[tuple[str, str, Tool]]:
    """Each tool with its key and the words it says in short; made once per snapshot."""

    def make() -> list[tuple[str, str, Tool]]:
        return [
            (tool.key, _words((tool.name, tool.description, *tool.capabilities, *tool.tags)), tool) for tool in current
        ]

    return current.memo("palette", make)


def _beginning(current: Snapshot, actor: Actor, recent: Sequence[str]) -> Mapping[str, Iterable[Entry]]:
    seen = [tool for name in dict.fromkeys(recent) if (tool := current.tool(name)) is not None]
    newest = sorted(current, key=lambda tool: tool.revision, reverse=True) if not seen else []
    return {
        "Recent": map(_tool, seen[:MOST_RECENT]),
        "Changed last": map(_tool, newest[:MOST_OTHERS]),
        "Actions": _places(ACTS, "", actor),
        "Pages": list(_places(PAGES, "", actor))[: MOST_OTHERS + 2],
    }


def _tool(tool: Tool) -> Entry:
    return Entry(tool.name, f"/tools/{quote(tool.name)}", "tools", _first_line(tool.description), is_name=True)


def _capabilities(current: Snapshot, wanted: str) -> Iterator[Entry]:
    plain = _BREAKS.sub("_", wanted)
    ranked = sorted(
        (rank, name)
        for name in current.values("capability")
        if (rank := _rank(_BREAKS.sub("_", name.lower()), plain)) is not None
    )
    for _, name in ranked[:MOST_OTHERS]:
        count = len(current.having(name))
        yield Entry(
            name, f"/capabilities/{quote(name)}", "bolt", f"{count} tool{'s' if count != 1 else ''}", is_name=True
        )


def _places(places: Iterable[Place], wanted: str, actor: Actor) -> Iterator[Entry]:
    """The places whose title, or a word for it, begins with each word that is wanted."""
    for place in places:
        told = f"{place.title} {place.words}".lower().split()
        fits = all(any(one.startswith(word) for one in told) for word in wanted.split())
        if fits and may(actor, place.permission):
            yield Entry(place.title, place.address, place.icon)


def _acts_on(tools: Iterable[Tool], actor: Actor) -> Iterator[Entry]:
    """What somebody may do with these tools."""
    for tool in tools:
        at = f"/tools/{quote(tool.name)}"
        if may(actor, Permission.EDIT, tool):
            yield Entry(f"Edit {tool.name}", f"{at}/edit", "pencil")
            switch, icon = ("Disable", "eye-off") if tool.enabled else ("Enable", "eye")
            yield Entry(f"{switch} {tool.name}", f"{at}/{switch.lower()}", icon, is_act=True)
        if may(actor, Permission.CREATE):
            yield Entry(f"Duplicate {tool.name}", f"/tools/new?duplicate={quote(tool.name)}", "copy")
        yield Entry(f"Versions of {tool.name}", f"{at}?tab=versions", "git-compare")
        yield Entry(f"Changes of {tool.name}", f"/audit?tool={quote(tool.name)}", "history")


def _grouped(found: Mapping[str, Iterable[Entry]]) -> list[Group]:
    """The groups that hold anything."""
    groups = (Group(title, tuple(entries)) for title, entries in found.items())
    return [group for group in groups if group.entries]


def _words(texts: Iterable[str]) -> str:
    """Words in lower case, each after one blank, so that ` sys` finds the beginning of one."""
    return _BREAKS.sub(" ", f" {' '.join(texts)}".lower())


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:120]
