"""Checking the audit log as it stands, against its anchors and the catalog's revision."""

from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app.audit import anchors, log
from app.audit.chain import Verdict, verify
from app.catalog.models import CatalogState
from app.config import Settings
from app.extensions import db
from app.reload.events import ReloadEvent
from app.reload.service import HotReloadService


def verify_log(anchor_file: Path) -> Verdict:
    """Check the whole log.

    Raises:
        ValueError: a line of the file is no anchor.
    """
    known = anchors.read(anchor_file)
    with db.engine.connect() as connection:
        revision = connection.scalar(select(CatalogState.revision)) or 0
    # The revision and the anchors were read first: a change made meanwhile lengthens the log, and breaks nothing.
    with log.links() as links:
        return verify(links, known, revision)


def anchor_file(settings: Settings) -> Path:
    """Where this installation keeps its anchors."""
    return settings.data_dir / anchors.FILE


def init_app(app: Flask, settings: Settings, hot_reload: HotReloadService) -> None:
    """Anchor the head of the log after every change that a serving process hears of: the first of them does it."""

    def anchor(_: ReloadEvent) -> None:
        with app.app_context():
            head = log.head()
        if head is not None:
            anchors.append(anchor_file(settings), *head)

    hot_reload.register_handler("audit-anchors", anchor)
