"""Following the feed: what was the last change is asked again after every break, so that another history is noticed."""

import pytest

from catalog_client import Refused, UnknownRevision, Unreachable
from catalog_client.change import Change
from catalog_client.feed import Feed
from catalog_client.server import Server
from tests.catalog_client.odd_server import OddServer, Reply
from tests.catalog_client.tools import change, told

UNKNOWN = Reply({"type": "urn:x:unknown-revision", "detail": "restored"}, 410)


def asked(odd: OddServer) -> list[tuple[str, str]]:
    """What was asked: since, wait."""
    pairs = [dict(part.split("=") for part in path.split("?")[1].split("&")) for path in odd.asked]
    return [(pair["since"], pair["wait"]) for pair in pairs]


def test_the_first_reading_asks_from_one_earlier_and_does_not_wait() -> None:
    with OddServer(changes=[Reply(told(2, change(3), change(4))), Reply(told(4, change(5)))]) as odd:
        feed = Feed(Server(odd.url), 3)
        assert [one.revision for one in feed.read(20).changes] == [4]
        assert [one.revision for one in feed.read(20).changes] == [5]
    assert asked(odd) == [("2", "0.000"), ("4", "20.000")]
    assert (feed.revision, feed.last) == (5, Change.of(change(5)))


def test_the_change_that_made_the_revision_is_learned() -> None:
    with OddServer(changes=[Reply(told(2, change(3)))]) as odd:
        feed = Feed(Server(odd.url), 3)
        assert feed.read(20).changes == ()
    assert (feed.revision, feed.last) == (3, Change.of(change(3)))


def test_an_empty_catalog_is_followed_from_its_beginning() -> None:
    with OddServer(changes=[Reply(told(0)), Reply(told(0, change(1)))]) as odd:
        feed = Feed(Server(odd.url), 0)
        assert feed.read(20).changes == ()
        assert [one.revision for one in feed.read(20).changes] == [1]
    assert asked(odd) == [("0", "0.000"), ("0", "20.000")]


def test_after_an_error_the_last_change_is_checked_again() -> None:
    replies = [Reply(told(2, change(3))), Reply(status=503), Reply(told(2, change(3), change(4)))]
    with OddServer(changes=replies) as odd:
        feed = Feed(Server(odd.url), 3)
        feed.read(20)
        with pytest.raises(Refused):
            feed.read(20)
        assert [one.revision for one in feed.read(20).changes] == [4]
    assert asked(odd) == [("2", "0.000"), ("3", "20.000"), ("2", "0.000")]


@pytest.mark.parametrize(
    "other", [[change(3, version="9.9"), change(4)], [change(3, changed_at="2026-02-01T00:00:00+00:00")], [change(4)]]
)
def test_a_history_that_was_rewritten_is_noticed(other: list[dict[str, object]]) -> None:
    with OddServer(changes=[Reply(told(2, *other))]) as odd:
        feed = Feed(Server(odd.url), 3, Change.of(change(3)))
        with pytest.raises(UnknownRevision, match="another change"):
            feed.read(20)


def test_a_history_that_ends_right_before_ours_is_noticed() -> None:
    with OddServer(changes=[Reply(told(2)), UNKNOWN]) as odd, pytest.raises(UnknownRevision, match="restored"):
        Feed(Server(odd.url), 3).read(20)


def test_a_process_that_is_a_step_behind_is_no_other_history() -> None:
    replies = [Reply(told(2)), Reply(told(3)), Reply(told(2, change(3), change(4)))]
    with OddServer(changes=replies) as odd:
        feed = Feed(Server(odd.url), 3, Change.of(change(3)))
        with pytest.raises(Unreachable, match="did not have revision 3 yet"):
            feed.read(20)
        assert [one.revision for one in feed.read(20).changes] == [4]
    assert asked(odd) == [("2", "0.000"), ("3", "0.000"), ("2", "0.000")]
