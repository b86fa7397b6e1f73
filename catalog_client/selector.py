"""Selecting from the client's own snapshot, with the catalog's engine: the same answer as the server's, without it."""

import threading
from typing import Any

from app.selection.answer import answer
from app.selection.engine import select
from app.selection.index import Index
from app.selection.request_text import read_request
from catalog_client.snapshot import Snapshot


class Selector:
    """Keeps the index of the last snapshot it was asked about, and carries it on to the next."""

    def __init__(self) -> None:
        self._last: tuple[Snapshot, Index] | None = None
        self._carrying_on = threading.Lock()

    def select(self, snapshot: Snapshot, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, as `POST /api/v1/select` gives it.

        Raises:
            ValueError: the request is not one. LookupError: it names a capability that no tool has.
        """
        asked = read_request(request)
        return answer(select(self._index(snapshot), asked), snapshot.revision)

    def _index(self, snapshot: Snapshot) -> Index:
        last = self._last
        if last is not None and last[0] is snapshot:
            return last[1]
        with self._carrying_on:
            last = self._last
            if last is None or last[0] is not snapshot:
                last = (snapshot, Index.of(snapshot) if last is None else last[1].following(snapshot))
                self._last = last
            return last[1]
