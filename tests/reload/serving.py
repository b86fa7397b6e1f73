"""An application that serves, and the reload events of it."""

import threading
from collections.abc import Callable

from flask import Flask

from app.catalog import live
from app.reload import feed, service
from app.reload.events import ReloadEvent
from tests.catalog.caller import Caller
from tests.parallel import until
from tests.reload.cut import settings_of

LISTENER, RECORDER = "reload-listener", "reload-recorder"
NEVER_MS = 600_000
"""A check that no test waits for."""
PATIENCE_MS = 10_000
"""A wait that no test is about."""


class Serving:
    """One application as a serving process has it, with a handler that keeps every event."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.service = service.of(app)
        self.live = live.of(app)
        self.feed: feed.Feed = app.extensions["reload.feed"]
        self.client = app.test_client()
        self.caller = Caller(self.client)
        self.events: list[ReloadEvent] = []
        self.service.register_handler("tests", self.events.append)

    def start(self) -> "Serving":
        """Begin to serve, and to follow the catalog."""
        self.caller.names()
        assert until(self.follows)
        return self

    def follows(self) -> bool:
        """Whether it has looked at the catalog once; from then on only news, or the time, make it look again."""
        listener = self.service._listener
        return listener is not None and listener._request is not None

    @property
    def revision(self) -> int:
        """The revision it serves."""
        return self.service.revision or 0

    def reaches(self, revision: int) -> bool:
        """Wait until it serves this revision; whether it did."""
        return until(lambda: self.revision == revision)

    def event(self, is_wanted: Callable[[ReloadEvent], bool] = lambda _: True) -> ReloadEvent:
        """The first such event, as soon as there is one."""
        assert until(lambda: any(map(is_wanted, self.events))), self.events
        return next(filter(is_wanted, self.events))

    def triggers(self) -> list[str]:
        """What made it reload so far."""
        return [event.trigger for event in self.events]

    def has_waiting_readers(self, number: int) -> bool:
        """Whether so many readers wait for a change now."""
        return settings_of(self.app).waiting_readers - self.feed._room._value == number


def threads(name: str) -> list[threading.Thread]:
    """The threads of this name that run now."""
    return [thread for thread in threading.enumerate() if thread.name == name]
