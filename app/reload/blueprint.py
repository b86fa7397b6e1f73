"""The reloads' blueprint, with its pages and its JSON inside."""

from flask import Blueprint

from app.reload.api import api
from app.reload.pages import pages

reload = Blueprint("reload", __name__)
reload.register_blueprint(pages)
reload.register_blueprint(api)
