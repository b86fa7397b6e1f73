"""What a process does that starts on a database where nobody has an account yet."""

from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from app.accounts.links import first_link
from app.config import Settings
from app.factory import create_app


def ask_for_the_first_link(settings: Settings, start: Barrier, answer: Connection) -> None:
    """Ask for the first administrator's link, at the moment the others do; send the address, or None."""
    app = create_app(replace(settings, rate_limit_enabled=False))
    start.wait(timeout=30)
    with app.app_context():
        answer.send(first_link())
