"""The follower and servers that do what the real one does rarely."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog_client import CatalogClient
from catalog_client.change import Change
from catalog_client.disk_copy import DiskCopy
from catalog_client.follower import Follower
from catalog_client.moment import Moment
from catalog_client.replica import Held, Replica
from catalog_client.server import Server
from tests.catalog_client.odd_server import OddServer, Reply
from tests.catalog_client.tools import change, snapshot, told, whole
from tests.parallel import until

ClientOf = Callable[..., CatalogClient]


def catalog(revision: int, *tools: dict[str, object]) -> Reply:
    return Reply({"revision": revision, "content_hash": "x", "total": len(tools), "tools": list(tools)})


AT_3 = catalog(3, whole("grep", 3), whole("awk", 2))
JOINED = Reply(told(2, change(3), tools={"grep": whole("grep", 3)}))


def test_of_changes_that_are_not_all_told_yet_nothing_is_seen(client_of: ClientOf) -> None:
    # The state of a tool is as of revision 5, of which only the change to 4 is told so far.
    first = told(3, change(4), latest=5, tools={"grep": whole("grep", 5, description="As of 5")})
    second = told(4, change(5, "awk"), latest=5, tools={"awk": whole("awk", 5, description="As of 5")})
    again = told(3, change(4), change(5, "awk"), tools=second["tools"] | first["tools"])
    with OddServer(snapshot=[AT_3], changes=[JOINED, Reply(first), Reply(status=503)]) as odd:
        client = client_of(odd.url).start()
        assert until(lambda: client.error is not None)
        grep = client.get("grep")
        assert grep is not None
        assert (client.revision, grep.revision) == (3, 3)
        odd.answer(changes=[Reply(again)])
        assert client.wait_for(5, 10)
        assert [tool.description for tool in client] == ["As of 5", "As of 5"]
        client.close()


def test_a_change_without_its_tool_makes_the_whole_be_loaded(client_of: ClientOf) -> None:
    at_4 = catalog(4, whole("grep", 4, description="New"))
    changes = [JOINED, Reply(told(3, change(4))), Reply(told(3, change(4)))]
    with OddServer(snapshot=[AT_3, at_4], changes=changes) as odd:
        client = client_of(odd.url).start()
        assert client.wait_for(4, 10)
        assert [tool.description for tool in client] == ["New"]
        client.close()
    assert odd.asked.count("/api/v1/snapshot") == 2


def test_what_was_told_of_another_history_is_forgotten(client_of: ClientOf) -> None:
    # One of two changes is told, then the catalog is another: the tool must not come back with the next change.
    half = told(3, change(4, "lost"), latest=5, tools={"lost": whole("lost", 5)})
    gone = Reply({"type": "urn:x:unknown-revision", "detail": "restored"}, 410)
    after = Reply(told(0, change(1), change(2, "sed"), tools={"sed": whole("sed", 2)}))
    with OddServer(snapshot=[AT_3, catalog(1, whole("grep", 1))], changes=[JOINED, Reply(half), gone, after]) as odd:
        client = client_of(odd.url).start()
        assert until(lambda: client.age < 60 and "sed" in client)
        assert [tool.name for tool in client] == ["grep", "sed"]
        client.close()


def test_an_unknown_revision_makes_the_whole_be_loaded(client_of: ClientOf) -> None:
    gone = Reply({"type": "urn:x:unknown-revision", "detail": "restored"}, 410)
    changes = [JOINED, gone, Reply(told(0, change(1), tools={"sed": None}))]
    with OddServer(snapshot=[AT_3, catalog(1, whole("sed", 1))], changes=changes) as odd:
        client = client_of(odd.url).start()
        assert until(lambda: client.age < 60 and "sed" in client)
        assert (client.revision, len(client)) == (1, 1)
        client.close()


def test_a_crowded_server_is_left_alone_as_long_as_it_asks() -> None:
    crowded = Reply(told(3, tools={}), headers={"Retry-After": "30"})
    with OddServer(snapshot=[AT_3], changes=[JOINED, crowded]) as odd:
        follower = Follower(Server(odd.url), Replica(), None, 20)
        assert follower._follow_on() == 0
        assert follower._follow_on() == 30


def test_a_refusal_is_rested_from_and_told(client_of: ClientOf) -> None:
    with OddServer(snapshot=[Reply({"detail": "who are you?"}, 401), AT_3], changes=[JOINED]) as odd:
        client = client_of(odd.url).start()
        assert until(lambda: str(client.error) == "401: who are you?")
        assert client.wait_until_current(10)
        client.close()


def test_what_comes_from_a_copy_is_followed_on_not_loaded_again(client_of: ClientOf, tmp_path: Path) -> None:
    held = Held(snapshot(3), Moment.remembered(time.time() - 100), Change.of(change(3)))
    with OddServer(changes=[JOINED]) as odd:
        DiskCopy(tmp_path / "copy", odd.url).save(held)
        client = client_of(odd.url, cache=tmp_path / "copy").start()
        assert client.wait_until_current(10)
        assert client.age < 50
        client.close()
    assert "/api/v1/snapshot" not in odd.asked


def test_a_copy_that_does_not_know_its_last_change_is_only_for_the_start(client_of: ClientOf, tmp_path: Path) -> None:
    with OddServer(snapshot=[AT_3], changes=[JOINED]) as odd:
        DiskCopy(tmp_path / "copy", odd.url).save(Held(snapshot(3), Moment.now(), None))
        client = client_of(odd.url, cache=tmp_path / "copy").start()
        assert client.wait_until_current(10)
        client.close()
    assert odd.asked[0] == "/api/v1/snapshot"


@pytest.mark.parametrize("at_the_end", [True, False])
def test_a_copy_that_cannot_be_written_hinders_nothing(client_of: ClientOf, tmp_path: Path, at_the_end: bool) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "copy" if at_the_end else tmp_path
    with OddServer(snapshot=[AT_3], changes=[JOINED, Reply(told(3, tools={}))]) as odd:
        client = client_of(odd.url, cache=place).start()
        assert client.wait_until_current(10)
        assert client.get("grep") is not None
        client.close()
