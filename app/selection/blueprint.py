"""Selection's blueprint, with its JSON inside."""

from flask import Blueprint

from app.selection.api import api

selection = Blueprint("selection", __name__)
selection.register_blueprint(api)
