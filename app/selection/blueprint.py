"""Selection's blueprint, with its JSON and its pages inside."""

from flask import Blueprint

from app.selection.api import api
from app.selection.case_api import api as case_api
from app.selection.case_pages import pages as case_pages
from app.selection.pages import pages

selection = Blueprint("selection", __name__)
selection.register_blueprint(pages)
selection.register_blueprint(api)
selection.register_blueprint(case_api)
selection.register_blueprint(case_pages)
