"""Connections to one server that another thread can cut off, even while an answer is awaited."""

import contextlib
import socket
import threading
from typing import Any
from weakref import WeakSet

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Timeout, Url


class Cutter:
    """Knows every open socket, and shuts them all when told to."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self.has_cut = False

    def opened(self, opened: socket.socket) -> None:
        """Take note of a socket.

        Raises:
            ConnectionAbortedError: all were cut before.
        """
        with self._lock:
            self._sockets.add(opened)
            if self.has_cut:
                raise ConnectionAbortedError("the client was closed")

    def cut(self) -> None:
        """Shut them all: who reads from one is told at once that there is no more. Those to come are refused."""
        with self._lock:
            self.has_cut = True
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    # Not the method of a TLS socket, which would take the cipher from under the reading thread.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)


class _Http(HTTPConnection):
    def __init__(self, *args: Any, cutter: Cutter, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._cutter = cutter

    def connect(self) -> None:
        super().connect()
        self._cutter.opened(self.sock)


class _Https(_Http, HTTPSConnection):
    """The same over TLS."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


def pool_for(url: Url, cutter: Cutter, timeout: Timeout, most: int) -> HTTPConnectionPool:
    """A pool that keeps up to so many connections to the server of an address, certificates checked."""
    kind = _HttpsPool if url.scheme == "https" else _HttpPool
    return kind(str(url.host), url.port, timeout=timeout, maxsize=most, retries=False, cutter=cutter)
