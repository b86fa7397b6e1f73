"""Proposals: definitions that are not, or no longer, the latest — what a request is tried against.

A proposal is named by a text: `systemctl@1.1` is a version of a tool. Other kinds, such as `draft:12`, are found by
whoever knows them: they register themselves, since selection is below them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from app.actor import Actor
from app.catalog import history
from app.catalog.mapping import whole_tool
from app.errors import BadRequest
from app.selection.live_index import Proposed

Finder = Callable[[int, Actor], Proposed]
"""Finds the proposal of a number that an actor may see, or raises NotFound."""
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Proposal:
    """A definition to try.

    Attributes:
        label: what it is, in words that go on a sentence: “systemctl 1.1”, “your draft of systemctl”.
    """

    label: str
    tool: Proposed


def init_app(app: Flask) -> None:
    """Know no kind of proposal but versions."""
    app.extensions["selection.proposals"] = {}


def register(app: Flask, kind: str, find: Finder) -> None:
    """Let `kind:NUMBER` name what `find` finds."""
    app.extensions["selection.proposals"][kind] = find


def proposed(text: str, actor: Actor) -> Proposal:
    """What a text names: `tool@version`, or `kind:number`.

    Raises:
        BadRequest: it is neither. NotFound: there is no such version, or none that the actor may see.
    """
    kind, is_numbered, number = text.partition(":")
    finders: dict[str, Finder] = current_app.extensions["selection.proposals"]
    if is_numbered and kind in finders and number.isdecimal() and len(number) <= MOST_DIGITS:
        tool = finders[kind](int(number), actor)
        return Proposal(f"your {kind} of {tool.definition.get('tool_name') or 'a new tool'}", tool)
    name, is_version, version = text.rpartition("@")
    if not (is_version and name and version):
        kinds = "".join(f", or {one}:12" for one in finders)
        raise BadRequest(f"Write a tool and its version, such as systemctl@1.1{kinds}")
    tool = Proposed(whole_tool(history.version(name, version)))
    return Proposal(f"{tool.definition['tool_name']} {tool.definition['version']}", tool)
