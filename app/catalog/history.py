"""Reads that need the database: a tool's versions, two of them compared, and full text search."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, exists, func, select, text

from app.catalog.checks import check, current_definition, stored_source
from app.catalog.models import SHARED, AuditEntry, Tool, ToolAbTest, ToolTelemetry
from app.catalog.transaction import transaction
from app.catalog.versions import known_versions, latest_of, version_of
from app.database import reading
from app.definitions.diff import Change, diff
from app.definitions.findings import Finding
from app.extensions import db

LONGEST_QUERY = 200
MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of one tool, and what changed from the first to the second."""

    tool_name: str
    old: Tool
    new: Tool
    changes: list[Change]


def versions(name: str) -> Sequence[Tool]:
    """Every version of a tool, newest first.

    Raises:
        NotFound: no such tool.
    """
    return known_versions(name)[::-1]


def reasons(versions: Sequence[Tool]) -> dict[int, str]:
    """Why each version was made, by its id, for those whose author said so."""
    made = select(AuditEntry.tool_id, AuditEntry.reason).where(
        AuditEntry.tool_id.in_([tool.id for tool in versions]),
        AuditEntry.action.in_(("created", "updated")),
        AuditEntry.reason.is_not(None),
    )
    return {tool_id: reason for tool_id, reason in db.session.execute(made) if tool_id and reason}


def version(name: str, number: str | None) -> Tool:
    """One version of a tool; its latest when no number is given.

    Raises:
        NotFound: no such tool or version.
    """
    return one_of(known_versions(name), number)


def one_of(found: Sequence[Tool], number: str | None) -> Tool:
    """One of a tool's versions; its latest when no number is given.

    Raises:
        NotFound: it has no such version.
    """
    return latest_of(found) if number is None else version_of(found, number)


def compare(name: str, old: str, new: str) -> Comparison:
    """Two versions of a tool compared.

    Raises:
        NotFound: no such tool or version.
    """
    found = known_versions(name)
    first, second = version_of(found, old), version_of(found, new)
    changes = diff(current_definition(first), current_definition(second))
    return Comparison(first.tool_name, first, second, changes)


def findings(name: str) -> list[Finding]:
    """What validation says of a tool's latest version, as its author wrote it.

    Raises:
        NotFound: no such tool.
    """
    tool = version(name, None)
    return check(stored_source(tool), None)


# What finds a word: its stem, and — where the stem is no beginning of it — the word as the beginning of what was
# written; see models._SEARCH. Nothing for the idle words of English.
_TERMS = text(r"""
    SELECT word, CASE WHEN stem = '' THEN ''
                      WHEN starts_with(word, trim(BOTH '''' FROM stem)) THEN stem || '\:*'
                      ELSE '(' || stem || '\:* | ' || plain || ')' END AS term
    FROM (SELECT word, CAST(to_tsquery('english', word) AS text) AS stem,
                 CAST(to_tsquery('simple', word || '\:*') AS text) AS plain
          FROM unnest(CAST(:words AS text[])) AS word) AS words
""")
_FOUND = text("""
    SELECT array_agg(tool_name ORDER BY lower(tool_name) = :phrase DESC,
                                        ts_rank('{0.05, 0.2, 0.4, 1.0}', search, wanted) DESC,
                                        lower(tool_name))
    FROM tool_catalog.tools, CAST(:wanted AS tsquery) AS wanted
    WHERE organisation = :organisation AND is_latest AND deleted_at IS NULL AND search @@ wanted
""")
# The terms of words asked for before: what a word is found by never changes.
_known_terms: dict[str, str] = {}
MOST_TERMS = 20_000


def search(query: str) -> tuple[str, ...]:
    """The names of the tools that have every word, best first — some of them, when no tool has all.

    Words may be half typed. Names count most, then capabilities and tags, use cases, and descriptions. No words find
    nothing.
    """
    with reading(db.engine).connect() as connection:
        terms = _terms(connection, search_words(query))
        for joined in dict.fromkeys((" & ".join(terms), " | ".join(terms))) if terms else ():
            values = {"wanted": joined, "organisation": SHARED, "phrase": query.strip().lower()}
            if found := connection.scalar(_FOUND, values):
                return tuple(found)
    return ()


def _terms(connection: Connection, words: Sequence[str]) -> list[str]:
    """What to look for, for the words that say something; for all of them as written when none does."""
    if unknown := [word for word in words if word not in _known_terms]:
        if len(_known_terms) > MOST_TERMS:
            _known_terms.clear()
        _known_terms.update((row.word, row.term) for row in connection.execute(_TERMS, {"words": unknown}))
    telling = [term for word in words if (term := _known_terms.get(word, ""))]
    return telling or [f"'{word}':*" for word in words]


def search_words(query: str) -> list[str]:
    """The words of a query, in lower case, each once; what is neither letter nor digit separates them."""
    return list(dict.fromkeys(re.findall(r"\w+", query[:LONGEST_QUERY].lower().replace("_", " "))))[:MOST_WORDS]


def purge(older_than: timedelta) -> list[tuple[str, str]]:
    """Remove versions for good that were deleted longer ago than this, and return (name, version) of each.

    What telemetry or a test refers to stays; the audit log keeps its entries in any case.
    """
    in_use = exists().where(ToolTelemetry.tool_id == Tool.id) | exists().where(
        (ToolAbTest.tool_a_id == Tool.id) | (ToolAbTest.tool_b_id == Tool.id) | (ToolAbTest.winner_tool_id == Tool.id)
    )
    old = (Tool.deleted_at < func.now() - older_than) & ~in_use
    with transaction():
        removed = db.session.execute(delete(Tool).where(old).returning(Tool.tool_name, Tool.version))
        return sorted((row.tool_name, row.version) for row in removed)
