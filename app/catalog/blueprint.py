"""The catalog's blueprint, with its pages and its JSON inside."""

from flask import Blueprint

from app.catalog import transfer_pages  # noqa: F401 - its routes are the pages' too
from app.catalog.api import api
from app.catalog.pages import pages

catalog = Blueprint("catalog", __name__)
catalog.register_blueprint(pages)
catalog.register_blueprint(api)
