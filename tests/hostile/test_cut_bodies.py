"""A body that broke off is not taken for the whole: what an author wrote would be stored without its end."""

import socket
from collections.abc import Iterator

import pytest

from tests.faults.writers import served_empty
from tests.served import Served

BODY = b"tool_name: cut\nplatform: linux\ncategory: system\nstatus: draft\ndescription: The beginning, and the end\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty catalog."""
    served = served_empty(tmp_path_factory.mktemp("cut"))
    try:
        yield served.start()
    finally:
        served.stop()


def send(served: Served, length: int, body: bytes) -> bytes:
    """Send a body, say that it is so long, and send no more; the beginning of the answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        head = f"POST /api/v1/tools HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {served.token}\r\n"
        head += f"Content-Type: application/yaml\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)
        if len(body) < length:
            connection.shutdown(socket.SHUT_WR)
        return connection.recv(100)


def test_a_body_that_broke_off_is_refused_and_a_whole_one_stored(served: Served) -> None:
    answer = send(served, len(BODY), BODY[:-20])
    assert not answer or answer.startswith(b"HTTP/1.1 4")
    with served.database() as connection:
        assert connection.execute("SELECT FROM tool_catalog.tools").rowcount == 0
    assert send(served, len(BODY), BODY).startswith(b"HTTP/1.1 201")
