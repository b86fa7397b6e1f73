"""The Tool Catalog. Its pure rooms, `app.definitions` above all, can be imported without the web application."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.factory import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """`from app import create_app`, loaded when asked for: a client that reads definitions needs no Flask (PEP 562)."""
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("app.factory").create_app
