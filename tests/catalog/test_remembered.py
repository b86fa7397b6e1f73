"""Reads that are answered without Flask: the same as with it, and never older than the snapshot."""

import pytest
from flask.testing import FlaskClient

from tests.catalog.caller import TOOLS, Caller

ADDRESSES = [f"{TOOLS}/grep", f"{TOOLS}/GREP", f"{TOOLS}?platform=linux", "/api/v1/capabilities/text_search/tools"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_repeated_read_is_answered_as_the_first(client: FlaskClient, caller: Caller, address: str) -> None:
    caller.create()
    first, second = client.get(address), client.get(address)
    for answer in (first, second):
        answer.headers.pop("X-Request-ID")
    assert (second.status_code, second.data, sorted(second.headers)) == (200, first.data, sorted(first.headers))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_change_is_seen_by_the_next_read(client: FlaskClient, caller: Caller, address: str) -> None:
    caller.create()
    client.get(address)
    client.get(address)
    caller.patch("grep", description="Changed since")
    assert "Changed since" in client.get(address).text


def test_a_deleted_tool_is_gone_for_the_next_read(client: FlaskClient, caller: Caller) -> None:
    caller.create()
    client.get(f"{TOOLS}/grep")
    caller.ok("DELETE", "/grep")
    assert client.get(f"{TOOLS}/grep").status_code == 404


def test_a_reader_that_has_the_bytes_is_told_so(client: FlaskClient, caller: Caller) -> None:
    caller.create()
    etag = client.get(f"{TOOLS}/grep").headers["ETag"]
    assert client.get(f"{TOOLS}/grep", headers={"If-None-Match": etag}).status_code == 304


def test_a_refused_query_is_not_remembered_as_an_answer(client: FlaskClient, caller: Caller) -> None:
    caller.create()
    assert [client.get(f"{TOOLS}?nonsense=1").status_code for _ in range(2)] == [400, 400]


def test_head_answers_the_headers_of_get(client: FlaskClient, caller: Caller) -> None:
    caller.create()
    assert client.head(f"{TOOLS}/grep").headers["ETag"] == client.get(f"{TOOLS}/grep").headers["ETag"]
