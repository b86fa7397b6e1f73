"""The catalog's blueprint, with its pages and its JSON inside."""

from flask import Blueprint

from app.catalog import capability_pages, palette_pages, tool_pages, transfer_pages, version_pages
from app.catalog.api import api
from app.catalog.bulk_api import api as bulk_api
from app.catalog.bulk_pages import pages as bulk_pages
from app.catalog.pages import pages

# The routes of these are on `pages` by being imported.
__all__ = ["capability_pages", "catalog", "palette_pages", "tool_pages", "transfer_pages", "version_pages"]

catalog = Blueprint("catalog", __name__)
catalog.register_blueprint(pages)
catalog.register_blueprint(bulk_pages)
catalog.register_blueprint(api)
catalog.register_blueprint(bulk_api)
