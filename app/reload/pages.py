"""The page of reloads."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.answers import Parameters
from app.catalog.live import snapshot
from app.definitions.vocabulary import closest
from app.extensions import csrf
from app.permissions import Permission, requires
from app.reload import history, processes, requests
from app.reload.history import BOUNDS_MS, HistoryQuery
from app.reload.processes import Serving, Spread
from app.reload.schemas import TRIGGERS, TriggerWord
from app.reload.service import hot_reload
from app.web import current_actor, page_or_fragment, read_query

pages = Blueprint("pages", __name__)
pages.before_request(csrf.protect)

SHOWN = 100
MOST_ANSWERS = 1_000
PATIENCE = timedelta(minutes=1)
"""How long after it was asked for a “Reload all” is worth watching closely."""
LOOK_MS, SLOW_LOOK_MS = 300, 2_000
QUICK_LOOKS, MOST_LOOKS = 20, 50
"""A change usually arrives within 50 ms; after a minute of looking, a person looks at the page of reloads instead."""
REFRESHER = "refresher"
"""The id of the element that keeps the page current. What it asks for leaves the filters alone."""


class PageQuery(Parameters):
    """Which reload events the table shows, and whether the page keeps itself current."""

    trigger: TriggerWord | None = None
    tool: str | None = Field(None, max_length=100)
    process: str | None = Field(None, max_length=32)
    success: bool | None = None
    request: int | None = Field(None, ge=1, le=2**63 - 1, description="only those that answer one “Reload all”")
    live: bool = True


class StandingQuery(Parameters):
    """Of which change to tell how far it has come, and how often that was asked before."""

    revision: int = Field(ge=0, le=2**63 - 1)
    look: int = Field(0, ge=0, le=1_000)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the histogram.

    Attributes:
        bound: where it ends, short enough for an axis; words: the same in words.
        share: its height, of the highest bar's, 0 to 1.
    """

    bound: str
    words: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one “Reload all” has come.

    Attributes:
        done, failed: how many processes have answered, with and without success.
        waiting: processes that serve and have recorded no answer yet.
        is_filling: whether more answers are to be expected soon.
    """

    done: int
    failed: int
    waiting: tuple[Serving, ...]
    is_filling: bool

    @property
    def total(self) -> int:
        """How many processes were asked, as far as anybody knows now."""
        return self.done + self.failed + len(self.waiting)


@pages.get("/reloads")
@requires(Permission.READ)
def index() -> ResponseReturnValue:
    """How processes kept up with the catalog."""
    query = read_query(PageQuery)
    wanted = HistoryQuery(query.trigger, query.tool, query.process, query.success, query.request, limit=SHOWN)
    statistics = hot_reload().get_statistics(query.process)
    spread = processes.spread()
    total = history.count(wanted)
    return page_or_fragment(
        "reload/index.html",
        "reload/_results.html",
        events=hot_reload().get_reload_history(wanted),
        total=total,
        suggestions=closest(query.tool, snapshot().names) if query.tool and not total else [],
        statistics=statistics,
        bars=bars(statistics.histogram),
        spread=spread,
        progress=None if query.request is None else progress_of(query.request, spread.processes),
        triggers=TRIGGERS,
        query=query.model_dump(),
        shown=SHOWN,
        now=datetime.now(UTC),
        refresher=REFRESHER,
        is_refresh=request.headers.get("HX-Trigger") == REFRESHER,
    )


@pages.get("/reloads/standing")
@requires(Permission.READ)
def standing() -> ResponseReturnValue:
    """How far one change has come: a line that asks again until every process serves it."""
    query = read_query(StandingQuery)
    spread = processes.spread(query.revision)
    return page_or_fragment(
        "reload/standing.html",
        "reload/_line.html",
        spread=spread,
        look=query.look,
        wait_ms=next_look(spread, query.look),
    )


@pages.post("/reloads")
@requires(Permission.RELOAD)
def reload() -> ResponseReturnValue:
    """Reload everything in every process, and show how it spreads."""
    event = hot_reload().trigger_reload_everywhere(None, "manual", current_actor().name)
    return redirect(url_for(".index", request=event.request), 303)


def next_look(spread: Spread, look: int) -> int | None:
    """After how many milliseconds looking again is worth it; None: what is to come has come, or is not coming soon."""
    is_coming = spread.live + spread.silent < len(spread.processes) if spread.processes else True
    if not is_coming or look >= MOST_LOOKS:
        return None
    return LOOK_MS if look < QUICK_LOOKS else SLOW_LOOK_MS


def bars(histogram: tuple[int, ...]) -> list[Bar]:
    """The histogram as its bars."""
    highest = max((*histogram, 1))
    bounds = [f"{bound}" if bound < 1000 else f"{bound // 1000} s" for bound in BOUNDS_MS]
    labels = [(bound, f"up to {milliseconds} ms") for bound, milliseconds in zip(bounds, BOUNDS_MS, strict=True)]
    labels.append(("more", f"over {BOUNDS_MS[-1]} ms"))
    return [
        Bar(bound, words, number, number / highest) for (bound, words), number in zip(labels, histogram, strict=True)
    ]


def progress_of(number: int, serving: tuple[Serving, ...]) -> Progress | None:
    """How far the “Reload all” of this number has come; None when nobody knows of it any more.

    A process that started later was never asked: it has read everything anyway.
    """
    asked_at = requests.asked_at(number)
    if asked_at is None:
        return None
    answers = history.events(HistoryQuery(request=number, limit=MOST_ANSWERS))
    answered = {answer.process.id: answer.success for answer in answers}
    waiting = tuple(one for one in serving if one.process.id not in answered and one.process.started_at <= asked_at)
    is_awaited = any(not one.is_silent for one in waiting) and datetime.now(UTC) - asked_at < PATIENCE
    done = sum(answered.values())
    return Progress(done, len(answered) - done, waiting, is_awaited)
