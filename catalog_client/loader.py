"""Loading the catalog once: from its server or, where there is none, from a copy or from files."""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from catalog_client.definition_files import snapshot_of_files
from catalog_client.disk_copy import DiskCopy
from catalog_client.errors import CatalogError, NoSnapshot
from catalog_client.moment import Moment
from catalog_client.replica import Held
from catalog_client.server import Server, Whole
from catalog_client.snapshot import Snapshot

log = logging.getLogger("catalog_client")

DEFAULT_URL = "http://127.0.0.1:8080"

Source: TypeAlias = Literal["catalog", "copy", "yaml"]


@dataclass(frozen=True, slots=True)
class _Loaded:
    snapshot: Snapshot
    source: Source


@dataclass(frozen=True, slots=True)
class _Files:
    """Definitions on disk."""

    path: Path

    def load(self) -> _Loaded:
        return _Loaded(snapshot_of_files(self.path), "yaml")


@dataclass(slots=True)
class _Catalog:
    """A server, and what to do without it."""

    server: Server
    copy: DiskCopy | None
    files: _Files | None
    known: Whole | None = None

    def load(self) -> _Loaded:
        try:
            return _Loaded(self._from_server(), "catalog")
        except CatalogError as error:
            loaded = self._from_copy() or self._from_files(error)
            log.warning("%s: %s; loaded %s from %s", self.server.url, error, loaded.snapshot, loaded.source)
            return loaded

    def _from_server(self) -> Snapshot:
        # What is known need not be sent again; it is confirmed just the same.
        whole = self.known and self.server.whole_unless(self.known.etag)
        at = Moment.now()
        self.known = whole or self.known or self.server.whole()
        if self.copy is not None:
            self.copy.save(Held(self.known.snapshot, at, None))
        return self.known.snapshot

    def _from_copy(self) -> _Loaded | None:
        held = None if self.copy is None else self.copy.load()
        return None if held is None else _Loaded(held.snapshot, "copy")

    def _from_files(self, error: CatalogError) -> _Loaded:
        if self.files is None:
            because = f"{self.server.url}: {error}; there is no copy on disk, and no yaml_path to load from"
            raise NoSnapshot(because) from error
        return self.files.load()


class ProfileLoader:
    """Loads the whole catalog and keeps it until told otherwise; the same snapshot whatever it comes from.

    Args:
        use_database: from the catalog's server; when it does not answer, from the copy on disk, else from the files.
            Otherwise from the files alone.
        yaml_path: a file of definitions, or a folder of them.
        url, token, cache: as those of `CatalogClient`.

    Raises:
        ValueError: an argument makes no sense, or there is nothing to load from.
    """

    def __init__(
        self,
        use_database: bool = True,
        yaml_path: Path | str | None = None,
        *,
        url: str | None = None,
        token: str | None = None,
        cache: Path | str | None = None,
    ) -> None:
        files = None if yaml_path is None else _Files(Path(yaml_path))
        origin = _catalog(url or DEFAULT_URL, token, cache, files) if use_database else files
        if origin is None:
            raise ValueError("without the database, there must be a yaml_path")
        self._origin = origin
        self._loaded: _Loaded | None = None
        self._loading = threading.Lock()

    def load(self) -> Snapshot:
        """The catalog, loaded at the first call.

        Raises:
            NoSnapshot: nothing could be loaded from anywhere; its cause says why the server did not do.
            UnreadableDefinition: a file cannot be read.
        """
        loaded = self._loaded
        if loaded is None:
            with self._loading:
                loaded = self._loaded = self._loaded or self._origin.load()
        return loaded.snapshot

    def reload(self) -> Snapshot:
        """The catalog, loaded afresh; raises as `load` does, and what was loaded before stays then."""
        with self._loading:
            self._loaded = loaded = self._origin.load()
        return loaded.snapshot

    def invalidate_cache(self) -> None:
        """Make the next `load` load afresh."""
        self._loaded = None

    @property
    def source(self) -> Source | None:
        """Where the loaded catalog comes from: the server, its copy on disk, or files. None: it is not loaded."""
        loaded = self._loaded
        return None if loaded is None else loaded.source


def _catalog(url: str, token: str | None, cache: Path | str | None, files: _Files | None) -> _Catalog:
    server = Server(url, token)
    return _Catalog(server, None if cache is None else DiskCopy(Path(cache), server.url), files)
