"""Tools, snapshots and changes as the catalog's JSON has them, for tests to start from."""

from typing import Any

from catalog_client import Snapshot, Tool
from tests.definition import definition


def whole(name: str = "grep", revision: int = 1, **changes: Any) -> dict[str, Any]:
    """A tool as `GET /api/v1/tools/<name>` answers it, with top-level keys replaced."""
    server = {
        "id": revision,
        "status": "active",
        "enabled": True,
        "is_latest": True,
        "revision": revision,
        "owner": None,
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-01-01T00:00:00+00:00",
        "created_by": "ann",
        "updated_by": "ann",
    }
    return {**definition(name), **server, **changes}


def snapshot(revision: int = 3, *names: str) -> Snapshot:
    """A snapshot of tools with these names."""
    return Snapshot(revision, [Tool.of(whole(name)) for name in names or ("grep", "awk", "sed")])


def change(revision: int, name: str = "grep", **changes: Any) -> dict[str, Any]:
    """A change as the feed tells it."""
    told = {
        "revision": revision,
        "action": "updated",
        "tool_name": name,
        "version": f"1.{revision}",
        "changed_at": f"2026-01-01T00:00:{revision % 60:02}+00:00",
        "changed_by": "ann",
        "reason": None,
        "source": "api",
    }
    return {**told, **changes}


def told(since: int = 3, *changes: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """An answer of the feed: it knows no more than it tells, unless `keys` say otherwise."""
    revision = changes[-1]["revision"] if changes else since
    return {"revision": revision, "latest": revision, "changes": list(changes), **keys}


def capability(*patterns: str) -> dict[str, Any]:
    """A capability with empty patterns."""
    return {"description": "", "patterns": {name: {} for name in patterns}}
