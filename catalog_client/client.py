"""The client of the catalog: lookups in memory, kept current by a thread, and honest about how current they are."""

import math
import threading
from collections.abc import Hashable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from catalog_client.change import Change
from catalog_client.disk_copy import DiskCopy, Saver
from catalog_client.errors import CatalogError, NoSnapshot, UnknownRevision
from catalog_client.feed import Feed
from catalog_client.follower import Follower
from catalog_client.replica import Held, Replica
from catalog_client.selector import Selector
from catalog_client.server import LONGEST_WAIT_S, Server
from catalog_client.snapshot import Snapshot
from catalog_client.tool import Tool
from catalog_client.trouble import Trouble


class CatalogClient:
    """Holds the catalog in memory and follows it, from `start()` to `close()`; or as a context manager.

    Any number of threads may look things up; none ever waits for the network or for a lock. A process that forks starts
    a client in each child.

    Args:
        url: where the catalog is, as `http://127.0.0.1:8080`.
        token: sent as `Authorization: Bearer`; None: what the environment variable CATALOG_TOKEN holds.
        cache: a file for the copy on disk; with it a restart works while the server is down.
        wait_s: how long one request waits for a change, 0 to 60 s. A quiet catalog is confirmed about this often.
        timeout_s: how long the server may take to connect or, beyond `wait_s`, to answer.
        stale_after_s: from which age on the snapshot is called stale; the server is asked at least twice in that time.

    Raises:
        ValueError: an argument makes no sense.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        cache: Path | str | None = None,
        wait_s: float = 20.0,
        timeout_s: float = 5.0,
        stale_after_s: float = 60.0,
    ) -> None:
        if not stale_after_s > 0:
            raise ValueError(f"stale_after_s is more than 0 seconds, not {stale_after_s}")
        self._wait_s = min(_checked_wait(wait_s), stale_after_s / 2)
        self._stale_after_s = stale_after_s
        self._server = Server(url, token, timeout_s)
        self._copy = None if cache is None else DiskCopy(Path(cache), self._server.url)
        self._replica = Replica()
        self._selector = Selector()
        self._saver: Saver | None = None
        self._follower: Follower | None = None
        self._is_closed = threading.Event()

    def start(self) -> "CatalogClient":
        """Load the copy on disk, if there is one, and begin to follow the server. Does not wait for it.

        Raises:
            RuntimeError: it was started before.
        """
        if self._follower is not None or self._is_closed.is_set():
            raise RuntimeError("a client is started once; make another one")
        if self._copy is not None:
            self._saver = Saver(self._copy, self._begin_with(self._copy))
        self._follower = Follower(self._server, self._replica, self._saver, self._wait_s)
        self._follower.start()
        return self

    def _begin_with(self, copy: DiskCopy) -> Held | None:
        held = copy.load()
        if held is not None:
            self._replica.replace(held, is_current=False)
        return held

    def close(self) -> None:
        """End the thread, even amid a request, and write the copy. Lookups go on with the last snapshot."""
        if self._is_closed.is_set():
            return
        self._is_closed.set()
        if self._follower is not None:
            self._follower.end()
        self._server.close()
        if self._saver and self._replica.held:
            self._saver.save(self._replica.held)

    def __enter__(self) -> "CatalogClient":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Lookups

    @property
    def snapshot(self) -> Snapshot:
        """The catalog as it is known now. Keep it for several lookups that must agree with one another.

        Raises:
            NoSnapshot: nothing was loaded yet. So do all lookups.
        """
        return self._held().snapshot

    def get(self, name: str) -> Tool | None:
        """The tool of this name, ignoring case; None when there is none."""
        return self.snapshot.get(name)

    def by_capability(self, name: str, *, only_offered: bool = True) -> tuple[Tool, ...]:
        """The tools that have a capability, by name; unless told otherwise, only those that are enabled and active."""
        return self.snapshot.by_capability(name, only_offered=only_offered)

    def list(
        self,
        *,
        platform: str | None = None,
        category: str | None = None,
        status: str | None = None,
        enabled: bool | None = None,
        tag: str | None = None,
        owner: str | None = None,
        capability: str | None = None,
    ) -> tuple[Tool, ...]:
        """The tools that have all these values, by name; None does not ask."""
        return self.snapshot.list(
            platform=platform,
            category=category,
            status=status,
            enabled=enabled,
            tag=tag,
            owner=owner,
            capability=capability,
        )

    def facets(self) -> dict[str, dict[Hashable, int]]:
        """Facet → its values → how many tools have each, most first."""
        return self.snapshot.facets()

    def capabilities(self) -> dict[str, int]:
        """Every capability by name, and how many of the tools that have it are on offer."""
        return self.snapshot.capabilities()

    # Selection

    def select(self, **request: Any) -> dict[str, Any]:
        """Ask the server what could do a job: `select(intent="restart nginx", environment="staging")`.

        Takes the fields of `POST /api/v1/select`, and returns its answer: ranked candidates, with reasons. Needs no
        `start()`.

        Raises:
            Refused: the request is not one (400), or names a capability that no tool has (404); says what is wrong.
            CatalogError: the server cannot be asked. `select_locally` needs no server.
        """
        return self._server.select(request)

    def select_locally(self, **request: Any) -> dict[str, Any]:
        """The same, from the snapshot in memory and with the same engine: as fast as a lookup, also while the server is
        down. At one revision both answer the same; only the server asks a judge.

        Raises:
            ValueError: the request is not one. LookupError: it names a capability that no tool has.
            NoSnapshot: nothing was loaded yet.
        """
        return self._selector.select(self.snapshot, request)

    def __len__(self) -> int:
        return len(self.snapshot)

    def __bool__(self) -> bool:
        """True: a client without tools is one, too."""
        return True

    def __iter__(self) -> Iterator[Tool]:
        return iter(self.snapshot)

    def __contains__(self, name: object) -> bool:
        """Whether a tool has this name, ignoring case."""
        return name in self.snapshot

    # How current it is

    @property
    def revision(self) -> int:
        """The number of the last change that lookups know of."""
        return self.snapshot.revision

    @property
    def age(self) -> float:
        """Seconds since the server last confirmed that the snapshot is current; infinite when it never did.

        A request that waits for a change confirms nothing until it is answered: while nothing changes and all is well,
        the age goes up to `wait_s` and back to 0. It goes on counting over restarts, by the wall clock.
        """
        held = self._replica.held
        return math.inf if held is None else held.confirmed.age_s

    @property
    def stale(self) -> bool:
        """Whether the age is beyond `stale_after_s`."""
        return self.age > self._stale_after_s

    @property
    def error(self) -> CatalogError | None:
        """Why the server could not be followed at the last attempt; None when it could."""
        return None if self._follower is None else self._follower.trouble.error

    def wait_until_current(self, timeout: float) -> bool:
        """Wait until the server, since the start and since any failure, confirmed the snapshot; whether it did.

        Raises:
            ValueError: the timeout is negative.
        """
        return self._replica.wait_until(lambda: self._replica.is_current, _checked_timeout(timeout))

    def wait_for(self, revision: int, timeout: float) -> bool:
        """Wait until a change — yours, say — is in the snapshot; whether it is.

        Raises:
            ValueError: the timeout is negative.
        """

        def is_there() -> bool:
            held = self._replica.held
            return held is not None and held.snapshot.revision >= revision

        return self._replica.wait_until(is_there, _checked_timeout(timeout))

    # Changes as they come

    def changes(self, since: int, wait_s: float | None = None) -> Iterator[Change]:
        """Every change after a revision, in order, each once, as they come; goes on through errors until `close()`.

        Needs no `start()`. To resume, ask again with the revision of the last change you have dealt with.

        Raises:
            ValueError: the revision is negative, or the wait is not within 0 to 60 s.
            UnknownRevision: while iterating: the catalog was restored from a copy. Look at the snapshot anew.
        """
        if since < 0:
            raise ValueError(f"a revision is 0 or more, not {since}")
        return self._changes(Feed(self._server, since), self._wait_s if wait_s is None else _checked_wait(wait_s))

    def _changes(self, feed: Feed, wait_s: float) -> Iterator[Change]:
        trouble = Trouble(self._server.url)
        while not self._is_closed.is_set():
            try:
                told = feed.read(wait_s)
            except UnknownRevision:
                raise
            except CatalogError as error:
                rest_s = 0.0 if self._is_closed.is_set() else trouble.met(error)
            else:
                trouble.over()
                rest_s = told.rest_s
                yield from told.changes
            self._is_closed.wait(rest_s)

    def _held(self) -> Held:
        held = self._replica.held
        if held is None:
            raise NoSnapshot(self._what_is_missing())
        return held

    def _what_is_missing(self) -> str:
        if self._follower is None:
            return "Nothing is loaded yet: call start(), or use the client in a with statement."
        because = f" ({self.error})" if self.error else ""
        return (
            f"Nothing is loaded from {self._server.url} yet{because}. Call wait_until_current() after start(); "
            "give the client a `cache`, so that it can begin from its copy on disk."
        )


def _checked_wait(wait_s: float) -> float:
    if not 0 <= wait_s <= LONGEST_WAIT_S:
        raise ValueError(f"wait_s is 0 to {LONGEST_WAIT_S:g} seconds, not {wait_s}")
    return wait_s


def _checked_timeout(timeout: float) -> float:
    if not timeout >= 0:
        raise ValueError(f"a timeout is 0 seconds or more, not {timeout}")
    return timeout
