"""The drafts' blueprint, with its pages inside. A draft has no JSON: programs send whole definitions."""

from flask import Blueprint

from app.drafts.pages import pages

drafts = Blueprint("drafts", __name__)
drafts.register_blueprint(pages)
