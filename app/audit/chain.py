"""The chain of the audit log, checked: every entry carries the hash of the one before it.

The database makes the chain while it writes (migration 0003); here it is computed again, apart from the database. The
hash is SHA-256, in hex, of a JSON array in UTF-8, written with ", " between its elements and no other spaces or escapes
than JSON must have: number, hash of the entry before, organisation, id of the tool, its name and version, subject,
action, changes (as the JSON text that is stored), who, when (microseconds since 1970), reason, address, source, id of
the request, revision. The first entry follows 64 zeros.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BEGINNING = "0" * 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the log, with all that its hash covers. `changes` is the stored JSON text."""

    number: int
    previous_hash: str
    organisation: str
    tool_id: int | None
    tool_name: str | None
    version: str | None
    subject: str | None
    action: str
    changes: str
    changed_by: str
    changed_at: datetime
    reason: str | None
    ip_address: str | None
    source: str
    request_id: str | None
    revision: int | None
    hash: str

    @property
    def is_about(self) -> str:
        """What the entry tells, in a few words."""
        what = " ".join(filter(None, (self.tool_name, self.version))) or self.subject or ""
        return f"{what} {self.action} by {self.changed_by} at {self.changed_at.isoformat(timespec='seconds')}".strip()


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the log at some moment, kept outside the database."""

    number: int
    hash: str
    at: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the log is not what was written. `number` is the entry's."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking came to: how many entries were read, the head, how many anchors fit, and what is broken."""

    entries: int
    head: str
    anchors: int
    broken: Broken | None


def hash_of(link: Link) -> str:
    """The hash an entry must have."""
    said = [
        *(link.number, link.previous_hash, link.organisation, link.tool_id, link.tool_name, link.version),
        *(link.subject, link.action, link.changes, link.changed_by, _microseconds(link.changed_at)),
        *(link.reason, link.ip_address, link.source, link.request_id, link.revision),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def verify(links: Iterable[Link], anchors: Iterable[Anchor] = (), revision: int = 0) -> Verdict:
    """Check a whole log, in the order of its numbers, and stop at the first entry that is broken.

    Args:
        anchors: heads that were kept outside the database. revision: the catalog's, which the log must reach.
    """
    known = {anchor.number: anchor for anchor in anchors}
    number, head, told, fitting = 0, BEGINNING, 0, 0
    for link in links:
        what = _fault(link, number, head) or _against(link, known.get(link.number))
        if what:
            return Verdict(number, head, fitting, Broken(number + 1, what))
        number, head, told = link.number, link.hash, max(told, link.revision or 0)
        fitting += link.number in known
    return Verdict(number, head, fitting, _cut_off(number, told, known, revision))


def _fault(link: Link, number: int, head: str) -> str | None:
    """What is wrong with an entry that should follow this number and hash."""
    if link.number > number + 1:
        last = link.number - 1
        return "it is missing" if last == number + 1 else f"it is missing, with all others up to {last}"
    if link.number <= number:
        return f"there are two entries of number {link.number}"
    if link.hash != hash_of(link):
        return f"its content is not what was recorded ({link.is_about})"
    if link.previous_hash != head:
        return f"it does not follow the entry before, one of the two was replaced ({link.is_about})"
    return None


def _against(link: Link, anchor: Anchor | None) -> str | None:
    """What is wrong with an entry beside the head that was anchored when it was the last one."""
    if anchor is None or anchor.hash == link.hash:
        return None
    return f"it is not the one that was anchored at {anchor.at}: the log was rewritten from here or before"


def _cut_off(number: int, told: int, anchors: Mapping[int, Anchor], revision: int) -> Broken | None:
    """What is missing at the end of a log whose last number and revision these are."""
    beyond = [anchor for anchor in anchors.values() if anchor.number > number]
    if beyond:
        last = max(beyond, key=lambda anchor: anchor.number)
        return Broken(number + 1, f"the end is missing: entry {last.number} was anchored at {last.at}")
    if told < revision:
        return Broken(number + 1, f"the end is missing: the catalog is at revision {revision}, the log ends at {told}")
    return None


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
