"""The accounts' blueprint, with its pages, those of signing in, and its JSON inside."""

from flask import Blueprint

from app.accounts.api import api
from app.accounts.pages import pages
from app.accounts.sign_in_pages import pages as sign_in

accounts = Blueprint("accounts", __name__)
accounts.register_blueprint(sign_in)
accounts.register_blueprint(pages)
accounts.register_blueprint(api)
