"""What can go wrong for a client of the catalog."""


class CatalogError(Exception):
    """The base of them all. `retry_after_s`: how long the server asked to be left alone, when it did."""

    retry_after_s: float | None = None


class Unreachable(CatalogError):
    """Nobody answers at the address, or the connection broke off."""


class Refused(CatalogError):
    """The server answered, and said no.

    Attributes:
        status: of HTTP.
        detail: the server's words.
    """

    def __init__(self, status: int, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s


class UnknownRevision(CatalogError):
    """The catalog's history is not the one this revision belongs to: it was restored from a copy.

    Nothing can be told from there on. Load the snapshot anew, and go on from its revision.
    """


class Garbled(CatalogError):
    """Whatever answered does not speak as the catalog does."""


class NoSnapshot(CatalogError):
    """There is no snapshot to look anything up in: none was loaded yet, and there is no copy on disk."""


class UnreadableDefinition(CatalogError):
    """A file of definitions cannot be read; the message begins with file:line:column."""
