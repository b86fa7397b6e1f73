"""The client against the running product: current within a change, honest while it waits, and gone when closed."""

import math
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_client import CatalogClient, Change, NoSnapshot, Snapshot, Tool, UnknownRevision
from tests.catalog_client.author import Author
from tests.catalog_client.wire import Wire
from tests.parallel import until
from tests.served import Served

PATIENCE_S = 20
ClientOf = Callable[..., CatalogClient]


def follows(client: CatalogClient, revision: int) -> None:
    assert client.wait_for(revision, PATIENCE_S), client.error


def following_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "catalog-follower"]


def pulse(author: Author, name: str, times: int) -> int:
    return [author.update(name, description=f"Pulse {number}") for number in range(times)][-1]


def names(tools: tuple[Tool, ...]) -> list[str]:
    return [tool.name for tool in tools]


# Lookups


def test_the_snapshot_is_what_the_catalog_answers(client: CatalogClient, author: Author) -> None:
    assert {tool.name: tool.whole() for tool in client} == author.tools()
    assert client.revision == author.revision


def test_lookups_agree_with_the_servers_own(client: CatalogClient, author: Author) -> None:
    listed = author.ask("GET", "/api/v1/tools?platform=linux&category=system&page_size=100")["tools"]
    assert [tool.name for tool in client.list(platform="linux", category="system")] == [t["tool_name"] for t in listed]
    capabilities = {one["name"]: one for one in author.ask("GET", "/api/v1/capabilities")["capabilities"]}
    assert client.capabilities().keys() == capabilities.keys()
    name = max(client.capabilities(), key=lambda one: client.capabilities()[one])
    having = author.ask("GET", f"/api/v1/capabilities/{name}/tools")["tools"]
    assert [tool.name for tool in client.by_capability(name, only_offered=False)] == [t["tool_name"] for t in having]


def test_the_client_answers_as_its_snapshot_does(client: CatalogClient) -> None:
    snapshot = client.snapshot
    assert client.get("GREP") is snapshot.get("grep")
    assert client.list(platform="linux", enabled=True) == snapshot.list(platform="linux", enabled=True)
    assert (client.facets(), client.capabilities()) == (snapshot.facets(), snapshot.capabilities())
    assert (len(client), list(client), "Grep" in client) == (len(snapshot), list(snapshot), True)


# Keeping current


def test_a_change_is_known_soon(client: CatalogClient, author: Author) -> None:
    follows(client, author.create("client-update"))
    follows(client, author.update("client-update", description="Changed"))
    tool = client.get("client-update")
    assert tool is not None
    assert (tool.version, tool.description) == ("1.1", "Changed")


def test_a_promoted_version_is_the_one_that_is_known(client: CatalogClient, author: Author) -> None:
    author.create("client-promote")
    author.update("client-promote", description="Changed")
    follows(client, author.promote("client-promote", "1.0"))
    tool = client.get("client-promote")
    assert tool is not None
    assert (tool.version, tool.description) == ("1.0", "What client-promote does")


def test_a_disabled_tool_is_no_longer_on_offer(client: CatalogClient, author: Author) -> None:
    follows(client, author.create("client-disabled"))
    assert "client-disabled" in names(client.by_capability("text_search"))
    follows(client, author.disable("client-disabled"))
    assert "client-disabled" not in names(client.by_capability("text_search"))
    assert "client-disabled" in names(client.by_capability("text_search", only_offered=False))


def test_a_deleted_tool_is_gone_from_every_lookup(client: CatalogClient, author: Author) -> None:
    follows(client, author.create("client-delete", metadata={"tags": ["doomed"]}))
    assert client.facets()["tag"]["doomed"] == 1
    follows(client, author.delete("client-delete"))
    assert client.get("client-delete") is None
    assert client.list(tag="doomed") == ()
    assert "doomed" not in client.facets()["tag"]


def test_a_tool_that_comes_back_written_otherwise_is_there_once(client: CatalogClient, author: Author) -> None:
    follows(client, author.create("client-case"))
    author.delete("client-case")
    follows(client, author.create("Client-CASE", version="2.0"))
    assert [tool.name for tool in client if tool.key == "client-case"] == ["Client-CASE"]


def test_after_many_changes_the_snapshot_is_the_same_as_one_loaded_afresh(
    client: CatalogClient, author: Author
) -> None:
    for number in range(8):
        author.create(f"client-many-{number}")
    for number in range(8):
        author.update(f"client-many-{number}", description="Changed")
        author.disable(f"client-many-{7 - number}")
    follows(client, author.delete("client-many-3"))
    assert {tool.name: tool.whole() for tool in client} == author.tools()


def test_readers_never_see_a_mixture(client: CatalogClient, author: Author) -> None:
    """Two tools change in turn: in no snapshot is either more than one step ahead, or younger than the snapshot."""
    author.create("client-left", description="Step 0")
    follows(client, author.create("client-right", description="Step 0"))
    done = threading.Event()
    faults: list[str] = []
    seen: set[int] = set()

    def read() -> None:
        while not done.is_set():
            snapshot = client.snapshot
            seen.add(snapshot.revision)
            faults.extend(mixture_in(snapshot))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for step in range(1, 31):
        for name in ("client-left", "client-right"):
            revision = author.update(name, description=f"Step {step}")
    follows(client, revision)
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert len(seen) > 2


def mixture_in(snapshot: Snapshot) -> Iterator[str]:
    left, right = snapshot.get("client-left"), snapshot.get("client-right")
    assert left is not None
    assert right is not None
    ahead = int(left.description.split()[1]) - int(right.description.split()[1])
    if ahead not in {0, 1} or max(left.revision, right.revision) != snapshot.revision:
        yield f"{snapshot}: {left.description} of {left.revision}, {right.description} of {right.revision}"
    if left not in snapshot.by_capability("text_search") or snapshot.facets()["capability"]["text_search"] < 2:
        yield f"{snapshot}: its index is of another"


def test_following_goes_on_over_a_wire_that_breaks(served: Served, author: Author, client_of: ClientOf) -> None:
    author.create("client-wire")
    wire = Wire(served.port, 5_000, None, 40, None, 900, None)
    try:
        client = client_of(wire.url, wait_s=1).start()
        for _ in range(5):
            wire.cut()
            follows(client, pulse(author, "client-wire", 2))
        assert wire.connections > 4
        assert {tool.name: tool.whole() for tool in client} == author.tools()
    finally:
        client.close()
        wire.close()


# How current it is


def test_an_age_is_confirmed_again_and_again_while_nothing_changes(served: Served, client_of: ClientOf) -> None:
    client = client_of(served.url, wait_s=0.3).start()
    assert client.wait_until_current(PATIENCE_S)
    for _ in range(3):
        assert until(lambda: client.age > 0.1)
        assert until(lambda: client.age < 0.1)


def test_a_request_that_waits_confirms_nothing(served: Served, client_of: ClientOf) -> None:
    wire = Wire(served.port)
    client = client_of(wire.url, wait_s=60, stale_after_s=120).start()
    try:
        assert client.wait_until_current(PATIENCE_S)
        assert until(lambda: client.age > 0.5)
        before = client.age
        assert until(lambda: client.age > before + 0.2)
    finally:
        client.close()
        wire.close()


def test_a_request_may_wait_longer_than_an_answer_may_take(
    served: Served, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(served.url, wait_s=60, stale_after_s=120, timeout_s=0.5).start()
    assert client.wait_until_current(PATIENCE_S)
    caplog.clear()
    assert until(lambda: client.age > 1.2 or bool(caplog.records))
    assert not caplog.records


def test_a_client_asks_often_enough_not_to_call_itself_stale(served: Served, client_of: ClientOf) -> None:
    client = client_of(served.url, wait_s=60, stale_after_s=2).start()
    assert client.wait_until_current(PATIENCE_S)
    assert until(lambda: client.age > 0.3)
    assert until(lambda: client.age < 0.3)
    assert not client.stale


def test_without_a_snapshot_lookups_say_how_to_mend_that(client_of: ClientOf) -> None:
    client = client_of("http://127.0.0.1:9", timeout_s=0.5)
    with pytest.raises(NoSnapshot, match="call start"):
        client.get("grep")
    client.start()
    assert until(lambda: client.error is not None)
    with pytest.raises(NoSnapshot, match=r"Connection refused.*wait_until_current.*cache"):
        len(client)
    assert (client.age, client.stale, bool(client)) == (math.inf, True, True)
    assert not client.wait_until_current(0)
    assert not client.wait_for(0, 0)


def test_waiting_for_a_revision_that_never_comes_ends(client: CatalogClient) -> None:
    assert client.wait_for(client.revision, 0)
    assert not client.wait_for(client.revision + 1_000_000, 0.01)


@pytest.mark.parametrize(
    "settings", [{"wait_s": -1}, {"wait_s": 61}, {"stale_after_s": 0}, {"timeout_s": 0}, {"token": ""}]
)
def test_senseless_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"wait_s|stale_after_s|timeout_s|token"):
        CatalogClient("http://a", **settings)


def test_senseless_waits_are_refused(client: CatalogClient) -> None:
    with pytest.raises(ValueError, match="timeout"):
        client.wait_for(1, -1)
    with pytest.raises(ValueError, match="timeout"):
        client.wait_until_current(float("nan"))
    with pytest.raises(ValueError, match="revision"):
        client.changes(-1)
    with pytest.raises(ValueError, match="wait_s"):
        client.changes(0, wait_s=100)


# Start and close


def test_close_ends_the_thread_while_nobody_answers() -> None:
    before = len(following_threads())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = CatalogClient(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=60).start()
        with silent.accept()[0] as line:
            assert line.recv(10) == b"GET /api/v"
            client.close()
    assert len(following_threads()) == before


def test_close_ends_the_thread_amid_a_request_that_waits(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    before = len(following_threads())
    client = CatalogClient(served.url, wait_s=60, stale_after_s=600).start()
    assert client.wait_until_current(PATIENCE_S)
    assert until(lambda: client.age > 0.3)
    client.close()
    assert len(following_threads()) == before
    assert client.get("grep") is not None
    assert not caplog.records
    client.close()


def test_a_client_is_started_once(served: Served) -> None:
    with CatalogClient(served.url) as client, pytest.raises(RuntimeError, match="once"):
        client.start()
    with pytest.raises(RuntimeError, match="once"):
        client.start()


def test_the_copy_is_written_soon_and_at_close(served: Served, author: Author, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    author.create("client-copied")
    with CatalogClient(served.url, cache=copy) as client:
        assert until(copy.exists)
        revision = author.update("client-copied", description="Just before the end")
        follows(client, revision)
    assert "Just before the end" in copy.read_text()
    assert f'"revision": {revision}' in copy.read_text()


# Changes as they come


def collect(client: CatalogClient, since: int, until_revision: int) -> list[Change]:
    found = []
    for change in client.changes(since, wait_s=2):
        found.append(change)
        if change.revision >= until_revision:
            break
    return found


def test_changes_come_in_order_each_once(author: Author, client_of: ClientOf, served: Served) -> None:
    last = author.revision
    everything = collect(client_of(served.url), 0, last)
    assert [change.revision for change in everything] == list(range(1, last + 1))


def test_changes_come_through_faults_each_once(author: Author, client_of: ClientOf, served: Served) -> None:
    since = author.create("client-faults")
    wire = Wire(served.port, 2_000, 0, 5_000, 150, 700, 40)
    client = client_of(wire.url)
    found: list[Change] = []
    author.update("client-faults", description="Pulse")
    try:
        for change in client.changes(since, wait_s=1):
            found.append(change)
            if len(found) == 15:
                break
            if len(found) % 3 == 0:
                wire.cut()
            author.update("client-faults", description=f"Pulse {len(found)}")
    finally:
        client.close()
        wire.close()
    assert [change.revision for change in found] == list(range(since + 1, since + 16))
    assert {(change.tool_name, change.action) for change in found} == {("client-faults", "updated")}
    assert wire.connections > 4


def test_changes_are_resumed_where_they_were_left(author: Author, client_of: ClientOf, served: Served) -> None:
    since = author.create("client-resume")
    last = pulse(author, "client-resume", 6)
    client = client_of(served.url)
    first = collect(client, since, since + 2)
    rest = collect(client, first[-1].revision, last)
    assert [change.revision for change in [*first, *rest]] == list(range(since + 1, last + 1))


def test_changes_end_when_the_client_is_closed(client_of: ClientOf, served: Served, author: Author) -> None:
    client = client_of(served.url)
    found: list[Change] = []
    reading = threading.Thread(target=lambda: found.extend(client.changes(author.revision, wait_s=60)))
    reading.start()
    author.create("client-ends")
    client.close()
    reading.join(PATIENCE_S)
    assert not reading.is_alive()


def test_changes_after_a_revision_that_never_was_are_refused(client: CatalogClient) -> None:
    with pytest.raises(UnknownRevision):
        next(client.changes(client.revision + 1_000_000))
