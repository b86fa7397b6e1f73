"""Hot reload in this process: who is told of reloads, reloads on demand, and the threads behind it all."""

import atexit
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.util import Finalize

import psycopg
from flask import Flask, current_app
from sqlalchemy import Engine

from app import database
from app.catalog import live
from app.catalog.live import Database, Live, Refresh
from app.config import Settings
from app.definitions.vocabulary import closest
from app.errors import Unavailable
from app.reload import history, requests
from app.reload.events import (
    MOST_ERROR,
    MOST_NAME,
    MOST_WHO,
    SYSTEM,
    Process,
    ReloadEvent,
    Trigger,
    event_of,
    storable,
)
from app.reload.history import HistoryQuery, Statistics
from app.reload.listener import Listener
from app.reload.recorder import Handler, Recorder, Standing
from app.reload.webhook import check_secret

NOWHERE = "none"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings that reloads follow."""

    listens: bool
    revision_check_ms: int
    reload_every_s: float
    events_kept: int


class HotReloadService:
    """Keeps one process current, and knows what happened."""

    def __init__(
        self,
        live: Live,
        engine: Callable[[], Engine],
        connect: Callable[[], Database],
        configuration: Configuration,
    ) -> None:
        """Make the service; it does nothing before `start`.

        Args:
            engine: the pool that requests use. connect: opens the listener's own connection.
        """
        self.configuration = configuration
        self._live = live
        self._engine = engine
        self._connect = connect
        self._lock = threading.RLock()
        # A process must not end while another of its threads is stopping this.
        self._ending = threading.Lock()
        self._at_end: Finalize | None = None
        self._handlers: dict[str, Handler] = {}
        self._recorder: Recorder | None = None
        self._listener: Listener | None = None
        self._asked_here: set[int] = set()
        # What else is kept current in this process; it is called on every look, with the listener's connection.
        self.when_looked: Callable[[Database], object] = _nothing
        live.when_read_first = self.start
        live.when_refreshed = self._refreshed

    @property
    def process(self) -> Process:
        """This process."""
        return self._recording().process

    @property
    def revision(self) -> int | None:
        """The revision this process serves; None before the first load."""
        current = self._live.current
        return None if current is None else current.revision

    @property
    def is_stopped(self) -> bool:
        """Whether this process is being stopped."""
        return self._live.is_stopped

    def start(self) -> None:
        """Follow the catalog from now on; does nothing when it does already. Only for a process that serves."""
        with self._lock:
            if self._listener is not None or self._live.is_stopped:
                return
            self._listener = Listener(
                self._connect,
                self,
                listens=self.configuration.listens,
                check_s=self.configuration.revision_check_ms / 1000,
                whole_every_s=self.configuration.reload_every_s,
            )
            self._recording().start()
            self._listener.start()
            # A forked process, as serving ones are, ends without the first of them.
            atexit.register(self.stop)
            self._at_end = Finalize(None, self.stop, exitpriority=10)

    def stop(self) -> None:
        """End the threads, when they were started, and let everybody go who waits for a change."""
        with self._ending:
            self._live.stop()
            with self._lock:
                listener, recorder = self._listener, self._recorder
                self._listener = self._recorder = None
            if listener is not None and recorder is not None:
                listener.stop()
                recorder.stop()
            # Not before: a process that ends meanwhile comes here, and waits.
            atexit.unregister(self.stop)
            if self._at_end is not None:
                self._at_end.cancel()

    def register_handler(self, name: str, handler: Handler) -> None:
        """Call `handler` with the event of every reload from now on, soon after it, on a thread of its own.

        A handler that raises is recorded in the event and stops neither the others nor the reload. A name that was
        registered before gets the new handler.
        """
        self._handlers[name] = handler

    def unregister_handler(self, name: str) -> None:
        """Stop calling a handler; does nothing when there is none of that name."""
        self._handlers.pop(name, None)

    def trigger_reload(
        self,
        tool_name: str | None = None,
        trigger: str = Trigger.MANUAL,
        triggered_by: str = SYSTEM,
        *,
        request: int | None = None,
        connection: Database | None = None,
    ) -> ReloadEvent:
        """Read a tool again, or the whole catalog, in this process now, and return the event that was recorded.

        It does not raise: an unknown tool, or a database that does not answer, gives an event without success.
        """
        tool_name, triggered_by = _asked(tool_name, triggered_by)
        also = () if tool_name is None else (tool_name,)
        kind = Trigger(trigger)
        try:
            refresh = self._live.refresh(
                kind, by=triggered_by, connection=connection, also=also, whole=tool_name is None
            )
        except Unavailable as error:
            event = replace(self._failed(kind, error, triggered_by, request), tool_name=tool_name)
        else:
            event = self._event(refresh, tool_name, request)
            if tool_name is not None and self._live.snapshot().tool(tool_name) is None:
                event = replace(event, success=False, error=unknown_tool(tool_name, self._live.snapshot().names))
        self._recording().record(event)
        return event

    def trigger_reload_everywhere(
        self, tool_name: str | None = None, trigger: str = Trigger.MANUAL, triggered_by: str = SYSTEM
    ) -> ReloadEvent:
        """Reload in this process now, and ask every other one to do the same; returns the event of this one.

        Raises:
            SQLAlchemyError: the database does not answer, so nobody was asked.
        """
        tool_name, triggered_by = _asked(tool_name, triggered_by)
        request = requests.ask(tool_name, Trigger(trigger), triggered_by, note=self._asked_here.add)
        return self.trigger_reload(tool_name, trigger, triggered_by, request=request)

    def get_reload_history(self, query: HistoryQuery | None = None) -> list[ReloadEvent]:
        """The last reload events of all processes, newest first."""
        return history.events(query or HistoryQuery())

    def get_statistics(self, process: str | None = None) -> Statistics:
        """What the kept reload events amount to, of one process or of all."""
        return history.statistics(process)

    def take_over(self, trigger: Trigger, connection: Database, *, whole: bool = False) -> None:
        """Take over what changed, or read everything, on the listener's connection."""
        self._refreshed(self._live.refresh(trigger, connection=connection, whole=whole))

    def perform(self, after: int, upto: int, connection: Database) -> None:
        """Do what every process was asked for after the one request, up to the other."""
        for asked in requests.between(after, upto, connection):
            if asked.number in self._asked_here:
                self._asked_here.discard(asked.number)
            else:
                self.trigger_reload(
                    asked.tool_name, asked.trigger, asked.triggered_by, request=asked.number, connection=connection
                )

    def looked(self, connection: Database) -> None:
        """Let others look as well."""
        self.when_looked(connection)

    def fail(self, trigger: Trigger, error: Exception) -> None:
        """Record that taking over did not work."""
        self._recording().record(self._failed(trigger, error, SYSTEM, None))

    def _refreshed(self, refresh: Refresh) -> None:
        if refresh.names == () and refresh.before == refresh.after:
            return
        self._recording().record(self._event(refresh, None, None))

    def _event(self, refresh: Refresh, asked: str | None, request: int | None) -> ReloadEvent:
        return event_of(refresh, self.process, len(self._live.snapshot()), asked, request)

    def _failed(self, trigger: Trigger, error: Exception, by: str, request: int | None) -> ReloadEvent:
        told = "The database does not answer." if isinstance(error, psycopg.Error) else str(error)
        return ReloadEvent(
            trigger=trigger,
            triggered_by=by,
            timestamp=datetime.now(UTC),
            tool_name=None,
            tool_names=(),
            tool_count=0,
            from_revision=self.revision,
            to_revision=self.revision,
            duration_ms=0.0,
            success=False,
            process=self.process,
            error=storable(told, MOST_ERROR),
            request=request,
        )

    def _recording(self) -> Recorder:
        """The recorder; made when first needed, since only then is it sure which process this is."""
        with self._lock:
            if self._recorder is None:
                self._recorder = Recorder(
                    self._engine, Process.this(), self._standing, self._handlers, self.configuration.events_kept
                )
            return self._recorder

    def _standing(self) -> Standing | None:
        current, listener = self._live.current, self._listener
        if current is None:
            return None
        return Standing(current.revision, current.content_hash, listener is not None and listener.is_listening)


def _nothing(_: Database) -> None:
    """Look at nothing else, until somebody wants to."""


def _asked(tool_name: str | None, triggered_by: str) -> tuple[str | None, str]:
    """What was asked and by whom, as it can be kept: what cannot is nobody's name, so nothing is found less."""
    return None if tool_name is None else storable(tool_name, MOST_NAME), storable(triggered_by, MOST_WHO)


def unknown_tool(name: str, names: list[str]) -> str:
    """That there is no tool of this name, and which are near."""
    near = closest(name, names)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"There is no tool named “{name}”.{hint}"


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its hot reload.

    Raises:
        SettingError: the webhook's secret is none.
    """

    check_secret(settings.reload_webhook_secret)

    def connect() -> Database:
        return database.connect(settings, None if settings.listen_dsn == NOWHERE else settings.listen_dsn)

    app.extensions["reload"] = HotReloadService(
        live.of(app),
        database.engine_of(app),
        connect,
        Configuration(
            listens=settings.listen_dsn != NOWHERE,
            revision_check_ms=settings.revision_check_ms,
            reload_every_s=settings.reload_every_s,
            events_kept=settings.reload_events_kept,
        ),
    )


def of(app: Flask) -> HotReloadService:
    """An application's hot reload."""
    return app.extensions["reload"]  # type: ignore[no-any-return]


def hot_reload() -> HotReloadService:
    """The hot reload of the application at work."""
    return of(current_app)
