"""Version numbers, and the rows that bear them: which is the latest, which comes next."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.sql import ColumnElement

from app.catalog.models import SHARED, Tool
from app.definitions.version_numbers import LONGEST_VERSION, number_after
from app.definitions.vocabulary import closest
from app.errors import Conflict, NotFound
from app.extensions import db

FIRST_VERSION = "1.0"


def named(name: str) -> ColumnElement[bool]:
    """The condition that a row is of this tool, whatever the case."""
    return (Tool.organisation == SHARED) & (func.lower(Tool.tool_name) == name.lower())


def versions_of(name: str) -> Sequence[Tool]:
    """Every version of a tool that is not deleted, oldest first."""
    query = select(Tool).where(named(name), Tool.deleted_at.is_(None)).order_by(Tool.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def known_versions(name: str) -> Sequence[Tool]:
    """Every version of a tool that is not deleted, oldest first.

    Raises:
        NotFound: no tool has that name; says which are near.
    """
    versions = versions_of(name)
    if not versions:
        raise no_such_tool(name, all_names())
    return versions


def latest_of(versions: Sequence[Tool]) -> Tool:
    """The latest of a tool's versions: one of them always is."""
    return next(version for version in versions if version.is_latest)


def version_of(versions: Sequence[Tool], number: str) -> Tool:
    """The version with a number.

    Raises:
        NotFound: the tool has no such version; lists those it has.
    """
    for version in versions:
        if version.version == number:
            return version
    known = [version.version for version in versions]
    raise NotFound(f"{versions[0].tool_name} has no version {number}; it has {', '.join(known)}.", known=known)


def next_number(versions: Sequence[Tool]) -> str:
    """The number after the newest version's, skipping numbers that were ever used since the oldest living version.

    Raises:
        Conflict: the next number would be longer than a version may be.
    """
    taken = set(db.session.scalars(select(Tool.version).where(named(versions[0].tool_name), Tool.id >= versions[0].id)))
    number = versions[-1].version
    while number in taken:
        number = number_after(number)
    if len(number) > LONGEST_VERSION:
        raise Conflict(f"The version after {versions[-1].version} would be longer than {LONGEST_VERSION}: name one.")
    return number


def all_names() -> list[str]:
    """The name of every tool that is not deleted."""
    return list(db.session.scalars(select(Tool.tool_name).where(Tool.is_latest, Tool.deleted_at.is_(None))))


def no_such_tool(name: str, names: Sequence[str]) -> NotFound:
    """The error for a name nothing has, with the nearest names."""
    near = closest(name, names)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return NotFound(f"No tool is called “{name}”.{hint}", suggestions=near)


def make_latest(new: Tool, old: Tool) -> None:
    """Move *latest* from one version to another; flushed in between, because the index allows one at any moment."""
    old.is_latest = False
    db.session.flush()
    new.is_latest = True


def newest(versions: Sequence[Tool]) -> Tool:
    """The newest published version; the newest draft when all are drafts."""
    return max(versions, key=lambda tool: (tool.status != "draft", tool.id))
