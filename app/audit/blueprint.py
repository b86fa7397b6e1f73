"""The audit log's blueprint, with its page and its JSON inside."""

from flask import Blueprint

from app.audit.api import api
from app.audit.pages import pages

audit = Blueprint("audit", __name__)
audit.register_blueprint(pages)
audit.register_blueprint(api)
