"""Saved cases: a request with the choice that is expected of it, and whether that still is what is chosen."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text

from app.actor import Actor
from app.catalog.models import SHARED, AuditEntry
from app.catalog.transaction import transaction
from app.definitions.diff import Change
from app.definitions.vocabulary import closest
from app.errors import BadRequest, Conflict, NotFound
from app.extensions import db
from app.permissions import Permission, require
from app.selection.answer import because, name_of
from app.selection.engine import Selection, UnknownCapability
from app.selection.engine import select as ranked
from app.selection.index import Index
from app.selection.models import SelectionCase
from app.selection.request import SelectionRequest
from app.selection.request_text import InvalidRequest, read_request

MOST_CASES = 500
LONGEST_NOTE = 1_000
LONGEST_PATTERN = 100
NAME = re.compile(r"[^\W_][\w .,:;+()'’“”&-]{0,99}")
ACTIONS = ("case_saved", "case_changed", "case_deleted", "cases_waived")
"""What the audit log calls what is done with cases."""
# Whoever saves a case holds this: of two with one name, or of one too many, one is refused in words.
_LOCK = 0x63617365


@dataclass(frozen=True, slots=True)
class Expected:
    """A pattern of a tool."""

    tool_name: str
    pattern_name: str

    def __str__(self) -> str:
        return f"{self.tool_name}.{self.pattern_name}"


@dataclass(frozen=True, slots=True)
class CaseContent:
    """What a case is to say."""

    name: str
    request: SelectionRequest
    expected: Expected
    must_hold: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a case holds. `first` is what is chosen now, as `tool.pattern`; None: nothing can be."""

    holds: bool
    first: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A case, and whether it holds now."""

    case: SelectionCase
    verdict: Verdict


def all_cases(*, must_hold: bool = False) -> Sequence[SelectionCase]:
    """Every saved case by name, or those that must hold."""
    query = select(SelectionCase).where(SelectionCase.organisation == SHARED)
    if must_hold:
        query = query.where(SelectionCase.must_hold)
    return db.session.scalars(query.order_by(func.lower(SelectionCase.name))).all()


def case_named(name: str) -> SelectionCase:
    """One case.

    Raises:
        NotFound: none has that name; says which are near.
    """
    found = _find(name)
    if found is None:
        near = closest(name, [case.name for case in all_cases()])
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise NotFound(f"No saved case is called “{name}”.{hint}", near=near)
    return found


def save(wanted: CaseContent, *, actor: Actor) -> SelectionCase:
    """Save a new case.

    Raises:
        BadRequest: its name is none. Conflict: there is one of that name, or there are too many. Forbidden.
    """
    require(actor, Permission.CREATE)
    with transaction():
        _lock()
        _check_free(_usable(wanted.name))
        if len(all_cases()) >= MOST_CASES:
            raise Conflict(f"There are {MOST_CASES} saved cases, as many as there may be: delete one first.")
        case = SelectionCase(created_by=actor.name)
        _fill(case, wanted, actor)
        db.session.add(case)
        told = [Change((key,), "added", None, value) for key, value in _told(case).items() if value]
        db.session.add(_entry(actor, "case_saved", case.name, told))
        db.session.flush()
        return case


def change(name: str, wanted: CaseContent, *, actor: Actor) -> SelectionCase:
    """Change a case, also its name; saying what is so already changes nothing.

    Raises:
        NotFound: there is none of that name. Conflict: another one has the new name. BadRequest, Forbidden: as `save`.
    """
    require(actor, Permission.CREATE)
    with transaction():
        _lock()
        case = case_named(name)
        if wanted.name.strip().lower() != case.name.lower():
            _check_free(_usable(wanted.name))
        after = SelectionCase()
        _fill(after, wanted, actor)
        before, then = _told(case), _told(after)
        changes = [Change((key,), "changed", before[key], then[key]) for key in then if then[key] != before[key]]
        if changes:
            _fill(case, wanted, actor)
            db.session.add(_entry(actor, "case_changed", case.name, changes))
        return case


def delete(name: str, *, actor: Actor) -> None:
    """Remove a case.

    Raises:
        NotFound: there is none of that name. Forbidden.
    """
    require(actor, Permission.CREATE)
    with transaction():
        _lock()
        case = case_named(name)
        told = [Change((key,), "removed", value, None) for key, value in _told(case).items() if value]
        db.session.add(_entry(actor, "case_deleted", case.name, told))
        db.session.delete(case)


def check(case: SelectionCase, index: Index) -> Verdict:
    """Whether what a case expects is what an index's candidates give."""
    try:
        selection = ranked(index, read_request(case.request))
    except UnknownCapability as unknown:
        return Verdict(False, None, f"No tool has the capability “{unknown.name}”.")
    except InvalidRequest as invalid:
        return Verdict(False, None, f"Its request is none any more: {invalid}.")
    first = name_of(selection.ranked[0]) if selection.ranked else None
    if first == case.expected:
        return Verdict(True, first, f"{first} is first.")
    return Verdict(False, first, _broken(selection, first, case.expected))


def check_all(index: Index) -> list[Checked]:
    """Every case with its verdict."""
    return [Checked(case, check(case, index)) for case in all_cases()]


def expected_of(words: str, index: Index | None = None) -> Expected:
    """The pattern that `tool.pattern` names. Both names may have dots: what the index has goes before.

    Raises:
        BadRequest: it names none.
    """
    known = {str(one): one for one in _patterns(index)} if index is not None else {}
    if words.strip() in known:
        return known[words.strip()]
    tool_name, _, pattern_name = words.strip().partition(".")
    return usable_expected(tool_name, pattern_name)


def usable_expected(tool_name: str, pattern_name: str) -> Expected:
    """These two names as what is expected.

    Raises:
        BadRequest: one of them is no name.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", tool_name):
        raise BadRequest("Say what is expected as tool.pattern: the tool's name is none.", parameter="expected")
    if not pattern_name.strip() or len(pattern_name) > LONGEST_PATTERN or "\0" in pattern_name:
        raise BadRequest("Say what is expected as tool.pattern: the pattern's name is none.", parameter="expected")
    return Expected(tool_name, pattern_name)


def _patterns(index: Index) -> Iterator[Expected]:
    for capability in index.capabilities:
        for candidate in map(index.at, index.having(capability)):
            yield Expected(candidate.tool_name, candidate.pattern_name)


def _broken(selection: Selection, first: str | None, expected: str) -> str:
    """What is chosen in place of what was expected, and why."""
    place = next((rank for rank, one in enumerate(selection.ranked, 1) if name_of(one) == expected), None)
    refused = next((one.remark.detail for one in selection.excluded if name_of(one) == expected), None)
    if first is None:
        why = f"{expected} may not be used: {refused}." if refused else because(selection)
        return f"Nothing can be chosen. {why}"
    if place is not None:
        scores = f"{selection.ranked[place - 1].score:.3f} against {selection.ranked[0].score:.3f}"
        return f"{first} is first; {expected} is number {place}, with a score of {scores}."
    why = f"may not be used: {refused}" if refused else "is not among the candidates"
    return f"{first} is first; {expected} {why}."


def _usable(name: str) -> str:
    if not NAME.fullmatch(name.strip()):
        told = "begins with a letter or digit, and has at most 100 letters, digits, blanks and signs like . , : - + ( )"
        raise BadRequest(f"The name of a case {told}.", parameter="name")
    return name.strip()


def _find(name: str) -> SelectionCase | None:
    wanted = (SelectionCase.organisation == SHARED) & (func.lower(SelectionCase.name) == func.lower(name))
    return db.session.scalars(select(SelectionCase).where(wanted)).one_or_none()


def _check_free(name: str) -> None:
    known = _find(name)
    if known is not None:
        raise Conflict(f"There is a case called “{known.name}”. Change that one, or give this one another name.")


def _lock() -> None:
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _fill(case: SelectionCase, wanted: CaseContent, actor: Actor) -> None:
    if len(wanted.note) > LONGEST_NOTE or "\0" in wanted.note:
        raise BadRequest(f"A note has at most {LONGEST_NOTE:,} characters.", parameter="note")
    case.name = _usable(wanted.name)
    case.request = wanted.request.model_dump(mode="json", exclude_defaults=True)
    case.tool_name, case.pattern_name = wanted.expected.tool_name, wanted.expected.pattern_name
    case.must_hold, case.note = wanted.must_hold, wanted.note.strip()
    case.updated_by, case.updated_at = actor.name, datetime.now(UTC)


def _told(case: SelectionCase) -> dict[str, Any]:
    """A case as the audit log tells it."""
    return {
        "name": case.name,
        "request": case.request,
        "expected": case.expected,
        "must_hold": case.must_hold,
        "note": case.note,
    }


def _entry(actor: Actor, action: str, subject: str, changes: Sequence[Change]) -> AuditEntry:
    return AuditEntry(
        subject=subject,
        action=action,
        changes=[one.as_json() for one in changes],
        changed_by=actor.name,
        changed_at=datetime.now(UTC),
        reason=actor.reason,
        ip_address=actor.address,
        source=actor.source,
        request_id=actor.request_id,
    )
