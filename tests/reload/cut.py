"""Cutting an application off from the database, and connecting it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from flask import Flask

from app import database
from app.config import Settings

NOWHERE = "postgresql://127.0.0.1:1/nothing"


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that an application opened: to which address when not `DATABASE_URL`, and its backend."""

    settings: Settings
    url: str | None
    pid: int


class Cut:
    """Cuts applications off from the database; knows every connection they opened since it was made."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._connect = database.connect
        self._opened: list[Opened] = []
        self._off: list[Settings] = []
        patch.setattr(database, "connect", self._connected)

    def opened(self, app: Flask) -> list[Opened]:
        """The connections of an application, also those that ended."""
        return [one for one in self._opened if one.settings is settings_of(app)]

    def off(self, app: Flask) -> None:
        """End every connection of an application; new ones find nobody listening."""
        self._off.append(settings_of(app))
        self.kill(app)

    def on(self) -> None:
        """Let connections succeed again."""
        self._off.clear()

    def kill(self, app: Flask, *, but: Callable[[Opened], bool] = lambda _: False) -> None:
        """End every connection of an application; new ones succeed, unless it is cut off."""
        ended = [one.pid for one in self.opened(app) if not but(one)]
        with self._connect(settings_of(app)) as connection:
            connection.execute("SET LOCAL ROLE NONE")
            connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", (ended,))

    def _connected(self, settings: Settings, url: str | None = None) -> psycopg.Connection[Any]:
        if any(one is settings for one in self._off):
            return psycopg.connect(NOWHERE, connect_timeout=2)
        connection = self._connect(settings, url)
        self._opened.append(Opened(settings, url, connection.info.backend_pid))
        return connection


def settings_of(app: Flask) -> Settings:
    """An application's settings; no two made by `app_with` share theirs."""
    settings: Settings = app.extensions["settings"]
    return settings
