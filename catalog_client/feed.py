"""Following the changes after a revision, and noticing when they are another catalog's."""

from dataclasses import replace

from catalog_client.change import Change
from catalog_client.errors import CatalogError, UnknownRevision, Unreachable
from catalog_client.server import Server, Told


class Feed:
    """Reads the changes after a revision, one answer after the other. Not to be shared by threads.

    A catalog that was restored from a copy counts on from there, and may have come past our revision by the time we ask
    again. So the first reading, and the first after an error, asks from one revision earlier: the change that made our
    revision must be the one we know.

    Attributes:
        revision: the last one read.
        last: the change that made it, once known.
    """

    def __init__(self, server: Server, revision: int, last: Change | None = None, *, with_tools: bool = False) -> None:
        self.revision = revision
        self.last = last
        self._server = server
        self._with_tools = with_tools
        self._is_joined = False

    def read(self, wait_s: float) -> Told:
        """The next changes; when there are none, waits up to so many seconds, but not in a first reading.

        Raises:
            UnknownRevision: our revision belongs to another history. CatalogError: they cannot be had now; ask again.
        """
        try:
            told = self._ask(wait_s) if self._is_joined else self._join()
        except CatalogError:
            self._is_joined = False
            raise
        self._is_joined = True
        self.revision = told.revision
        self.last = told.changes[-1] if told.changes else self.last
        return told

    def _ask(self, wait_s: float) -> Told:
        return self._server.changes(self.revision, wait_s, with_tools=self._with_tools)

    def _join(self) -> Told:
        if self.revision == 0:
            return self._ask(0)
        told = self._server.changes(self.revision - 1, 0, with_tools=self._with_tools)
        if told.latest < self.revision:
            self._refuse_if_unknown()
        ours = next((change for change in told.changes if change.revision == self.revision), None)
        if self.last is not None and ours != self.last:
            raise UnknownRevision(f"Revision {self.revision} is another change than the one it was.")
        self.last = ours
        after = tuple(change for change in told.changes if change.revision > self.revision)
        return replace(told, revision=max(told.revision, self.revision), changes=after, rest_s=0.0)

    def _refuse_if_unknown(self) -> None:
        """Of several serving processes, we met one that is a step behind ours — or there is no such revision.

        Raises:
            CatalogError: in any case; asked for what it does not know, a process looks and catches up.
        """
        self._ask(0)
        raise Unreachable(f"the process that answered did not have revision {self.revision} yet")
