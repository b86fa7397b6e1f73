"""Where a sign-in link leads, and the first of them: the one `make run` gives when there is no account yet."""

import os
from pathlib import Path

from flask import request, url_for

from app.accounts import people
from app.accounts.changes import LINK_MIN, create_link, free_of_links
from app.actor import Role, command_actor
from app.catalog.transaction import transaction
from app.config import Settings
from app.web import settings

FILE = "sign-in-link"


def address_of_link(secret: str) -> str:
    """The whole address of a sign-in link, as people reach the catalog: where they are, or as the settings say."""
    now = settings()
    base = now.public_url or (request.url_root if request else f"http://{now.host}:{now.port}")
    with_context = f"/sign-in/link/{secret}" if not request else url_for("accounts.sign_in.link", secret=secret)
    return base.rstrip("/") + with_context


def first_link() -> str | None:
    """The address of the first administrator's link, made once: None when there are accounts, or a link is out.

    Of several processes that start on an empty database, one makes it.
    """
    with transaction():
        if not free_of_links() or people.is_anybody():
            return None
        return address_of_link(create_link(Role.ADMIN, actor=command_actor("system", "first start")))


def hand_over(address: str, settings: Settings, *, is_terminal: bool) -> str:
    """The words that give the first administrator the link: on a terminal itself, else the file it is in."""
    if is_terminal:
        return f"Sign in as the administrator, once, within {LINK_MIN} minutes:\n  {address}"
    path = settings.data_dir / FILE
    _keep_private(path, address)
    return f"A link to sign in as the administrator, once, within {LINK_MIN} minutes, is in {path}"


def _keep_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, also when there was another before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
