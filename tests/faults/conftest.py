"""What tests of faults share: a cluster, and for each test an empty catalog on it, with processes that end with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.authors import Authors
from tests.faults.cluster import Cluster
from tests.faults.fleet import Fleet
from tests.faults.ground import Ground, prepared


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL for all of these tests."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def ground(cluster: Cluster, tmp_path: Path) -> Iterator[Ground]:
    """An empty catalog."""
    with prepared(cluster, tmp_path) as ground:
        yield ground


@pytest.fixture
def fleet(ground: Ground) -> Fleet:
    """Serving processes of the catalog; none yet."""
    return ground.fleet


@pytest.fixture
def authors(ground: Ground) -> Authors:
    """Writing processes of the catalog; none yet."""
    return ground.authors
