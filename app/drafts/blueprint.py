"""The drafts' blueprint, with its pages inside. A draft has no JSON: programs send whole definitions."""

from flask import Blueprint

from app.drafts import publish_pages
from app.drafts.pages import pages

# Its routes are on `pages` by being imported.
__all__ = ["drafts", "publish_pages"]

drafts = Blueprint("drafts", __name__)
drafts.register_blueprint(pages)
