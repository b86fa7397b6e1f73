"""Where a fault test happens: an empty catalog on a cluster, its serving and writing processes, and a look inside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from app.extensions import db
from app.factory import create_app
from tests.faults.authors import Authors
from tests.faults.cluster import Cluster
from tests.faults.crew import Crew
from tests.faults.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Ground:
    """One catalog and everybody who works on it; nobody does yet."""

    cluster: Cluster
    settings: Settings
    crew: Crew
    fleet: Fleet
    authors: Authors


@contextmanager
def prepared(cluster: Cluster, folder: Path, data: Path | None = None) -> Iterator[Ground]:
    """A ground for the block, with `db` as its database. After it no process of it is left, and the database runs.

    Args:
        data: where the catalog's data are to be, when not with all others of the cluster.
    """
    settings, crew = cluster.catalog(data), Crew()
    try:
        with create_app(settings).app_context():
            yield Ground(cluster, settings, crew, Fleet(settings, crew, folder), Authors(settings, crew, folder))
            db.engine.dispose()
    finally:
        crew.close()
        cluster.restart()
        if data is not None:
            cluster.drop(settings, data)
