"""What tests of the client share: a running catalog, someone who changes it, and clients that end with the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog_client import CatalogClient
from tests.catalog_client.author import Author
from tests.people import TOKEN
from tests.served import Served


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running catalog with the tools that ship. It goes on from test to test: each has tools of its own."""
    served = Served(tmp_path_factory.mktemp("served") / "data")
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients find their token where programs keep it."""
    monkeypatch.setenv("CATALOG_TOKEN", TOKEN)


@pytest.fixture
def author(served: Served) -> Author:
    """Someone who changes it."""
    return Author(served.url)


@pytest.fixture
def client_of() -> Iterator[Callable[..., CatalogClient]]:
    """Makes clients that are closed after the test: `client_of(url, cache=path)`."""
    clients: list[CatalogClient] = []

    def make(url: str, **settings: Any) -> CatalogClient:
        clients.append(CatalogClient(url, **settings))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(served: Served, client_of: Callable[..., CatalogClient]) -> CatalogClient:
    """A client that follows the catalog, and is current."""
    client = client_of(served.url).start()
    assert client.wait_until_current(10)
    return client
