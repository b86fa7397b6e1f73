"""The chain: an untouched log holds; each way to tamper with one is found, and where."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.chain import BEGINNING, Anchor, Link, hash_of, verify


def sealed(link: Link) -> Link:
    """The link with the hash it must have."""
    return replace(link, hash=hash_of(link))


def log(length: int) -> list[Link]:
    """A log of so many entries."""
    links: list[Link] = []
    for number in range(1, length + 1):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        before = links[-1].hash if links else BEGINNING
        said = ("shared", 7, "grep", "1.0", None, "updated", "[]", "ann", at, None, "192.0.2.7", "api", "r-1", number)
        links.append(sealed(Link(number, before, *said, hash="")))
    return links


def rewritten(links: list[Link], first: int) -> list[Link]:
    """The log with one entry changed, and every hash from there on made to fit."""
    links = [replace(link, changed_by="eve") if link.number == first else link for link in links]
    for at in range(first - 1, len(links)):
        before = links[at - 1].hash if at else BEGINNING
        links[at] = sealed(replace(links[at], previous_hash=before))
    return links


def test_an_untouched_log_holds() -> None:
    links = log(9)
    verdict = verify(links, [Anchor(4, links[3].hash, "then"), Anchor(9, links[8].hash, "now")], revision=9)
    assert (verdict.entries, verdict.head, verdict.anchors, verdict.broken) == (9, links[8].hash, 2, None)


def test_an_empty_log_holds() -> None:
    assert verify([]).broken is None


FIELDS = {
    "organisation": "other",
    "tool_id": 8,
    "tool_name": "find",
    "version": None,
    "subject": "x",
    "action": "deleted",
    "changes": "[ ]",
    "changed_by": "eve",
    "changed_at": datetime(2026, 1, 1, tzinfo=UTC),
    "reason": "",
    "ip_address": None,
    "source": "page",
    "request_id": None,
    "revision": 99,
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_an_entry_is_covered(field: str) -> None:
    links = log(3)
    links[1] = replace(links[1], **{field: FIELDS[field]})
    broken = verify(links).broken
    assert broken is not None
    assert (broken.number, broken.what.split(" (")[0]) == (2, "its content is not what was recorded")


def test_fields_cannot_be_pushed_into_one_another() -> None:
    link = log(1)[0]
    one = replace(link, tool_name="a", version="b, c")
    other = replace(link, tool_name="a, b", version="c")
    assert hash_of(one) != hash_of(other)


def test_a_changed_entry_with_a_hash_that_fits_breaks_the_next_one() -> None:
    links = log(5)
    links[2] = sealed(replace(links[2], changed_by="eve"))
    broken = verify(links).broken
    assert broken is not None
    assert broken.number == 4
    assert "does not follow" in broken.what


@pytest.mark.parametrize(("gone", "told"), [([3], "missing"), ([3, 4], "up to 4"), ([1], "missing")])
def test_a_removed_entry_is_missed(gone: list[int], told: str) -> None:
    broken = verify(link for link in log(6) if link.number not in gone).broken
    assert broken is not None
    assert broken.number == gone[0]
    assert told in broken.what


def test_entries_that_changed_places_are_found() -> None:
    links = log(4)
    links[1], links[2] = replace(links[2], number=2), replace(links[1], number=3)
    broken = verify(links).broken
    assert broken is not None
    assert broken.number == 2


def test_an_entry_put_in_between_is_found() -> None:
    links = log(4)
    forged = sealed(replace(links[1], number=3, previous_hash=links[1].hash, changed_by="eve"))
    later = [sealed(replace(link, number=link.number + 1)) for link in links[2:]]
    broken = verify([*links[:2], forged, *later]).broken
    assert broken is not None
    assert broken.number == 4


def test_an_end_that_was_cut_off_is_missed_beside_an_anchor() -> None:
    links = log(6)
    assert verify(links[:4]).broken is None
    broken = verify(links[:4], [Anchor(6, links[5].hash, "noon")]).broken
    assert broken is not None
    assert (broken.number, broken.what) == (5, "the end is missing: entry 6 was anchored at noon")


def test_an_end_that_was_cut_off_is_missed_beside_the_revision() -> None:
    broken = verify(log(4), revision=6).broken
    assert broken is not None
    assert "the catalog is at revision 6" in broken.what


def test_a_log_that_was_written_anew_is_found_beside_an_anchor() -> None:
    links = log(6)
    anchors = [Anchor(2, links[1].hash, "ten"), Anchor(5, links[4].hash, "noon")]
    anew = rewritten(links, 4)
    assert verify(anew).broken is None
    broken = verify(anew, anchors).broken
    assert broken is not None
    assert (broken.number, "rewritten" in broken.what) == (5, True)


@given(length=st.integers(1, 12), data=st.data())
def test_no_change_of_one_entry_goes_unseen_beside_an_anchor_of_the_head(length: int, data: st.DataObject) -> None:
    links = log(length)
    first = data.draw(st.integers(1, length))
    assert verify(rewritten(links, first), [Anchor(length, links[-1].hash, "now")]).broken is not None
