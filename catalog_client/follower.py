"""The thread that keeps a local snapshot current: first the whole catalog, then one change after the other."""

import logging
import threading
from collections.abc import Mapping

from catalog_client.disk_copy import Saver
from catalog_client.errors import CatalogError, Garbled, UnknownRevision
from catalog_client.feed import Feed
from catalog_client.replica import Held, Replica
from catalog_client.server import Server, Told
from catalog_client.tool import Tool
from catalog_client.trouble import Trouble

log = logging.getLogger("catalog_client")

CLOSES_WITHIN_S = 2.0


class Follower:
    """Follows the server until it is ended, whatever happens on the way."""

    def __init__(self, server: Server, replica: Replica, saver: Saver | None, wait_s: float) -> None:
        self.trouble = Trouble(server.url)
        self._server = server
        self._replica = replica
        self._saver = saver
        self._wait_s = wait_s
        self._feed: Feed | None = None
        # States of tools that belong to a snapshot of which not all changes are told yet.
        self._coming: dict[str, Tool | None] = {}
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catalog-follower", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own, from what the replica holds.

        Raises:
            RuntimeError: it was begun before.
        """
        held = self._replica.held
        # A copy that does not know its last change could belong to another history: then the whole catalog is loaded.
        if held is not None and held.last is not None:
            self._feed = self._feed_after(held)
        self._thread.start()

    def end(self) -> None:
        """End the thread, and every request to the server, so that nobody waits for an answer."""
        self._is_ending.set()
        self._server.close()
        if self._thread.ident is not None:
            self._thread.join(CLOSES_WITHIN_S)

    def _run(self) -> None:
        while not self._is_ending.is_set():
            self._is_ending.wait(self._follow_on())

    def _follow_on(self) -> float:
        """One step; returns how many seconds to rest before the next."""
        try:
            return self._step()
        except CatalogError as error:
            if self._is_ending.is_set():
                return 0.0
            self._replica.doubt()
            if isinstance(error, UnknownRevision):
                self._feed = None
            return self.trouble.met(error)

    def _step(self) -> float:
        feed = self._feed or self._load()
        told = feed.read(self._patience_s())
        try:
            self._coming.update(_states(told))
        except Garbled:
            self._feed = None
            raise
        self.trouble.over()
        if told.revision >= told.latest:
            self._take_over(told, feed)
        self._save_if_due()
        return told.rest_s

    def _load(self) -> Feed:
        whole = self._server.whole()
        held = Held(whole.snapshot, whole.at, None)
        self._coming.clear()
        # It is confirmed, but only the first reading of the feed tells that it can be followed.
        self._replica.replace(held, is_current=False)
        log.info("%s: loaded %s", self._server.url, whole.snapshot)
        self._feed = self._feed_after(held)
        return self._feed

    def _feed_after(self, held: Held) -> Feed:
        return Feed(self._server, held.snapshot.revision, held.last, with_tools=True)

    def _take_over(self, told: Told, feed: Feed) -> None:
        """Swap the snapshot, now that all of its changes are told: no reader ever sees a part of them."""
        held = self._replica.held
        if held is None:
            raise RuntimeError("changes are followed before there is a snapshot")
        snapshot = held.snapshot
        if told.revision != snapshot.revision:
            snapshot = snapshot.with_changes(told.revision, self._coming)
        self._coming.clear()
        self._replica.replace(Held(snapshot, told.at, feed.last), is_current=True)

    def _patience_s(self) -> float:
        """How long to wait for a change: no longer than until the copy is due."""
        held = self._replica.held
        due_s = self._saver.due_s(held) if self._saver and held else None
        return self._wait_s if due_s is None else max(0.1, min(self._wait_s, due_s))

    def _save_if_due(self) -> None:
        if self._saver and self._replica.held:
            self._saver.save_if_due(self._replica.held)


def _states(told: Told) -> Mapping[str, Tool | None]:
    """What became of every tool that the changes name, by its name in lower case.

    Raises:
        Garbled: the server does not say, so that only the whole catalog will do.
    """
    states = {name.lower(): tool for name, tool in told.tools.items()}
    for change in told.changes:
        if change.tool_name.lower() not in states:
            raise Garbled(f"the server does not say how {change.tool_name} is after revision {change.revision}")
    return states
