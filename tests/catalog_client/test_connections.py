"""Cutting connections off: those there are, and those that are just being made."""

import socket

import pytest
from urllib3.exceptions import ProtocolError
from urllib3.util import Timeout, parse_url

from catalog_client.connections import Cutter, pool_for


def test_a_cut_wakes_who_reads() -> None:
    near, far = socket.socketpair()
    with near, far:
        cutter = Cutter()
        cutter.opened(near)
        cutter.cut()
        near.settimeout(5)
        assert near.recv(1) == b""


def test_a_connection_that_is_made_during_the_cut_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        cutter = Cutter()
        url = parse_url(f"http://127.0.0.1:{server.getsockname()[1]}")
        pool = pool_for(url, cutter, Timeout(5), 1)
        cutter.cut()
        with pytest.raises(ProtocolError, match="closed"):
            pool.urlopen("GET", "/")


def test_a_socket_that_is_closed_already_hinders_no_cut() -> None:
    cutter, (near, far) = Cutter(), socket.socketpair()
    with near, far:
        cutter.opened(near)
        near.close()
        cutter.opened(far)
        cutter.cut()
        assert far.recv(1) == b""
