"""What is asked of the server, and what its answers mean — odd ones, too."""

import gzip
import json
import socket

import pytest

from catalog_client import CatalogError, Garbled, Refused, UnknownRevision, Unreachable
from catalog_client.server import HASTY_REST_S, Server
from tests.catalog_client.odd_server import OddServer, Reply
from tests.catalog_client.tools import change, told, whole

SNAPSHOT = {"revision": 3, "content_hash": "x", "total": 1, "tools": [whole()]}


def test_every_request_says_who_asks_and_may_be_answered_packed() -> None:
    packed = Reply(gzip.compress(json.dumps(SNAPSHOT).encode()), headers={"Content-Encoding": "gzip"})
    with OddServer(snapshot=[packed]) as odd:
        found = Server(odd.url, "s3cret").whole()
    assert found.snapshot.revision == 3
    assert odd.headers_seen[0]["Authorization"] == "Bearer s3cret"
    assert odd.headers_seen[0]["User-Agent"].startswith("tool-catalog-client/")
    assert odd.headers_seen[0]["Accept-Encoding"] == "gzip"


def test_without_a_token_nothing_is_said_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATALOG_TOKEN")
    with OddServer(snapshot=[Reply(SNAPSHOT)]) as odd:
        Server(odd.url).whole()
    assert "Authorization" not in odd.headers_seen[0]


def test_a_token_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_TOKEN", "tcat_kept")
    with OddServer(snapshot=[Reply(SNAPSHOT), Reply(SNAPSHOT)]) as odd:
        Server(odd.url).whole()
        Server(odd.url, "tcat_given").whole()
    assert [seen["Authorization"] for seen in odd.headers_seen] == ["Bearer tcat_kept", "Bearer tcat_given"]


def test_a_catalog_may_be_anywhere_below_an_address() -> None:
    with OddServer(snapshot=[Reply(SNAPSHOT)]) as odd:
        with pytest.raises(Refused, match="404"):
            Server(f"{odd.url}/tools/catalog/").whole()
        assert odd.asked == ["/tools/catalog/api/v1/snapshot"]


def test_what_is_known_by_its_tag_is_not_sent_again() -> None:
    with OddServer(snapshot=[Reply(SNAPSHOT, headers={"ETag": '"abc"'}), Reply(status=304)]) as odd:
        server = Server(odd.url)
        first = server.whole()
        assert server.whole_unless(first.etag) is None
    assert odd.headers_seen[1]["If-None-Match"] == '"abc"'


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>Welcome to the airport</html>"),
        Reply([]),
        Reply({"revision": 3}),
        Reply({**SNAPSHOT, "revision": "3"}),
        Reply({**SNAPSHOT, "tools": [{"tool_name": "x"}]}),
        Reply(b"[" * 100_000),
    ],
)
def test_an_answer_that_is_not_the_catalogs_is_said_to_be_none(reply: Reply) -> None:
    with OddServer(snapshot=[reply]) as odd, pytest.raises(Garbled):
        Server(odd.url).whole()


@pytest.mark.parametrize(
    "answer",
    [
        told(3, change(5), change(4)),
        told(3, change(4), change(4)),
        told(3, change(3)),
        told(3, change(4), revision=6),
        told(3, change(4, changed_at="yesterday")),
        told(3, change(4), tools={"grep": {}}),
    ],
)
def test_changes_out_of_order_are_not_believed(answer: dict[str, object]) -> None:
    with OddServer(changes=[Reply(answer)]) as odd, pytest.raises(Garbled):
        Server(odd.url).changes(3, 0)


def test_a_refusal_carries_the_servers_words_and_the_rest_it_asks_for() -> None:
    reply = Reply({"detail": "The database does not answer."}, 503, {"Retry-After": "7"})
    with OddServer(changes=[reply]) as odd, pytest.raises(Refused) as caught:
        Server(odd.url).changes(3, 0)
    assert (caught.value.status, caught.value.detail) == (503, "The database does not answer.")
    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(("value", "rest_s"), [("99999", 60), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)])
def test_odd_rests_are_bounded_or_ignored(value: str, rest_s: float | None) -> None:
    with OddServer(snapshot=[Reply(b"no", 503, {"Retry-After": value})]) as odd, pytest.raises(Refused) as caught:
        Server(odd.url).whole()
    assert caught.value.retry_after_s == rest_s


def test_a_redirect_is_not_followed_but_told() -> None:
    with OddServer(snapshot=[Reply(status=301, headers={"Location": "https://else.where/"})]) as odd:
        with pytest.raises(Refused, match=r"301: .*https://else\.where/"):
            Server(odd.url).whole()
        assert len(odd.asked) == 1


def test_only_the_catalogs_own_410_means_an_unknown_revision() -> None:
    known = Reply({"type": "urn:tool-catalog:problem:unknown-revision", "detail": "restored"}, 410)
    with OddServer(changes=[known, Reply(b"gone", 410)]) as odd:
        server = Server(odd.url)
        with pytest.raises(UnknownRevision, match="restored"):
            server.changes(3, 0)
        with pytest.raises(Refused, match="410"):
            server.changes(3, 0)


def test_a_crowded_servers_wish_is_kept() -> None:
    with OddServer(changes=[Reply(told(), headers={"Retry-After": "1"})]) as odd:
        assert Server(odd.url).changes(3, 20).rest_s == 1


def test_a_server_that_does_not_wait_is_left_alone_for_a_while() -> None:
    with OddServer(changes=[Reply(told()), Reply(told(3, change(4)))]) as odd:
        server = Server(odd.url)
        assert server.changes(3, 20).rest_s == HASTY_REST_S
        assert server.changes(3, 20).rest_s == 0


def test_nobody_there_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        Server(f"http://127.0.0.1:{port}").whole()
    assert str(caught.value) == "no answer: Connection refused"


def test_somebody_who_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.05)
        with pytest.raises(Unreachable, match=r"longer than 0\.05 s"):
            server.whole()


def test_an_answer_that_breaks_off_is_none() -> None:
    short = Reply(b'{"revision": 3', headers={"Content-Length": "1000", "Connection": "close"})
    with OddServer(snapshot=[short]) as odd, pytest.raises(CatalogError):
        Server(odd.url, timeout_s=0.5).whole()


def test_after_close_nothing_is_asked() -> None:
    with OddServer(snapshot=[Reply(SNAPSHOT)]) as odd:
        server = Server(odd.url)
        server.close()
        with pytest.raises(Unreachable, match="closed"):
            server.whole()
        assert odd.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8080",
        "ftp://catalog",
        "http://",
        "",
        "http://a?b",
        "http://a#b",
        "http://me:pw@a",
        "http://a:99999999",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Server(url)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Admin: 1", "é"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        Server("http://a", token)


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan")])
def test_what_is_no_timeout_is_refused(timeout_s: float) -> None:
    with pytest.raises(ValueError, match="timeout_s"):
        Server("http://a", timeout_s=timeout_s)
