"""A wire to a server that can be bad: it breaks off connections before, amid and after answers."""

import contextlib
import socket
import threading
from collections.abc import Callable
from itertools import cycle

Budget = int | None
"""How many bytes of answers a connection lets through before it breaks; None: all."""


class Wire:
    """Listens at `url`, and hands on to a port of this machine. `budgets`: one a connection, over and over."""

    def __init__(self, port: int, *budgets: Budget) -> None:
        self._port = port
        self._budgets = cycle(budgets or (None,))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.connections = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._ends: list[socket.socket] = []
        self._threads[0].start()

    def close(self) -> None:
        """Break off everything."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def cut(self) -> None:
        """Break off the connections there are."""
        for end in list(self._ends):
            _shut(end)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                near.close()
                continue
            self._ends += [near, far]
            self.connections += 1
            budget = next(self._budgets)
            for carry in (self._carrier(near, far, None), self._carrier(far, near, budget)):
                self._threads.append(threading.Thread(target=carry))
                self._threads[-1].start()

    def _carrier(self, source: socket.socket, target: socket.socket, budget: Budget) -> Callable[[], None]:
        def carry() -> None:
            left = budget
            try:
                while data := source.recv(65536):
                    target.sendall(data[:left])
                    left = None if left is None else left - len(data)
                    if left is not None and left <= 0:
                        break
            except OSError:
                pass
            _shut(source)
            _shut(target)

        return carry


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
