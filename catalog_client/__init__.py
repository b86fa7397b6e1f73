"""The catalog's client for orchestrators: lookups in memory, kept current, that go on while the server is down.

Importing it starts nothing, and needs no web framework and no database driver.
"""

from catalog_client.change import Change
from catalog_client.client import CatalogClient
from catalog_client.errors import (
    CatalogError,
    Garbled,
    NoSnapshot,
    Refused,
    UnknownRevision,
    Unreachable,
    UnreadableDefinition,
)
from catalog_client.loader import ProfileLoader
from catalog_client.server import VERSION
from catalog_client.snapshot import Snapshot
from catalog_client.tool import Tool

__all__ = [
    "VERSION",
    "CatalogClient",
    "CatalogError",
    "Change",
    "Garbled",
    "NoSnapshot",
    "ProfileLoader",
    "Refused",
    "Snapshot",
    "Tool",
    "UnknownRevision",
    "Unreachable",
    "UnreadableDefinition",
]
