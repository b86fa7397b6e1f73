"""Selecting through the client: at the server, and from the snapshot in memory with the same engine."""

import threading
from collections.abc import Callable

import pytest

from catalog_client import CatalogClient, NoSnapshot, Refused, Unreachable
from tests.catalog_client.author import Author
from tests.served import Served

REQUESTS = (
    {"intent": "restart nginx on web-01"},
    {"intent": "find large files under /var", "platform": "linux", "preference": "fast"},
    {"intent": "who is logged in", "environment": "production", "explain": "brief"},
    {"intent": "tail a log", "variables": {"num_lines": 5}, "weights": {"time": 2, "cost": 1}, "limit": 3},
    {"capabilities": ["service_control"], "limits": {"max_time_ms": 5000}, "permissions": []},
    {"intent": "wubble", "explain": "none"},
)


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_the_client_selects_from_its_snapshot_as_the_server_does(client: CatalogClient, number: int) -> None:
    request = REQUESTS[number]
    at_server = client.select(**request)
    assert client.wait_for(at_server["revision"], 10)
    assert {**client.select_locally(**request), "judge": None} == at_server


def test_a_change_is_selected_from_as_soon_as_it_is_in_the_snapshot(client: CatalogClient, author: Author) -> None:
    before = client.select_locally(intent="polish the brass lamp")
    assert "polish" in before["not_understood"]
    revision = author.create("lamp-polisher", description="Polish the brass lamp")
    assert client.wait_for(revision, 10)
    assert client.select_locally(intent="polish the brass lamp")["candidates"][0]["tool_name"] == "lamp-polisher"
    assert client.wait_for(author.delete("lamp-polisher"), 10)
    assert client.select_locally(intent="polish the brass lamp") == {**before, "revision": client.revision}


def test_threads_may_select_at_once(client: CatalogClient) -> None:
    expected = client.select_locally(intent="restart nginx")
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.select_locally(intent="restart nginx"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [expected] * 8


def test_what_is_wrong_is_told_by_either(client: CatalogClient) -> None:
    with pytest.raises(Refused, match="Did you mean intent"):
        client.select(intnet="restart")
    with pytest.raises(ValueError, match="Did you mean intent"):
        client.select_locally(intnet="restart")
    with pytest.raises(Refused, match="No tool has the capability"):
        client.select(capabilities=["teleport"])
    with pytest.raises(LookupError, match="teleport"):
        client.select_locally(capabilities=["teleport"])


def test_the_server_is_asked_without_a_start_and_the_snapshot_needs_one(
    served: Served, client_of: Callable[..., CatalogClient]
) -> None:
    client = client_of(served.url)
    assert client.select(intent="restart nginx")["candidates"]
    with pytest.raises(NoSnapshot):
        client.select_locally(intent="restart nginx")


def test_a_server_that_is_away_is_told(client_of: Callable[..., CatalogClient]) -> None:
    with pytest.raises(Unreachable):
        client_of("http://127.0.0.1:9").select(intent="restart nginx")
