"""What WSGI servers and `flask --app wsgi` load."""

from app import create_app
from app.schema import know_migrations

app = create_app()
know_migrations(app)
