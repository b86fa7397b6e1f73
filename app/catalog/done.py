"""Telling, on the page that comes next, what was done — with how far it has spread, and the way back."""

from dataclasses import asdict, dataclass
from typing import Any

from flask import flash, get_flashed_messages

DONE = "done"
"""The kind of message that is no plain text, which the tool's page shows by itself."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The form that takes an act back: where it goes, and what it says."""

    address: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, as a sentence; at which revision; and how to take it back, where that can be."""

    text: str
    revision: int
    undo: Undo | None = None


def tell(done: Done) -> None:
    """Tell it on the next page of a tool that this person opens."""
    # Kept in the session as JSON, which a message may be though its type says text.
    flash(asdict(done), DONE)  # type: ignore[arg-type]


def told() -> list[Any]:
    """What is to be told on this page."""
    return list(get_flashed_messages(category_filter=[DONE]))
