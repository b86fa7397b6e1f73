"""The page of reloads: what it says for which events and processes, its filters, and “Reload all”."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.extensions import db
from app.reload.history import BOUNDS_MS
from app.reload.models import ReloadEventRow
from app.reload.pages import bars
from tests.definition import definition
from tests.parallel import until
from tests.reload.told import FAILED, NOW, OTHER, WEB, WORKED, ask, reach, record, serve


@pytest.fixture
def idle(app: Flask) -> FlaskClient:
    """A client of an application that follows nothing, so that the page shows only what a test puts there."""
    app.extensions["catalog.live"].when_read_first = lambda: None
    app.extensions["catalog.live"].when_refreshed = lambda _: None
    return app.test_client()


def words(html: str) -> str:
    """A page's or fragment's text, its blanks as one."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def rows(html: str) -> list[str]:
    """The rows of the table of events, as text."""
    return [words(row) for row in re.findall(r'<tr id="event-.*?</tr>', html, re.DOTALL)]


def token(html: str) -> str:
    """The token a form carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def test_an_event_shows_what_happened_where_and_by_whom(idle: FlaskClient) -> None:
    record(replace(WORKED, triggered_by="anna", trigger="manual"))
    (row,) = rows(idle.get("/reloads").text)
    for part in ("5 h ago", "grep", "Manual", "6 → to 7", "1.2 ms", "Worked", "anna", "web-1 · 101"):
        assert part in row


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tool_name": None, "tool_names": None, "tool_count": 262}, "Everything (262 tools)"),
        ({"tool_name": None, "tool_names": ("a1", "b2", "c3"), "tool_count": 3}, "a1 , b2 , c3"),
        ({"tool_name": None, "tool_names": ("a1", "b2", "c3", "d4"), "tool_count": 4}, "a1 , b2 and 2 more tools"),
        ({"tool_name": None, "tool_names": (), "tool_count": 0, "success": False}, "What had changed"),
        ({"from_revision": None}, " 7 1.2 ms"),
        ({"duration_ms": 1234.0}, "1.2 s"),
    ],
)
def test_what_was_reloaded_is_told_in_words(idle: FlaskClient, changes: dict[str, Any], told: str) -> None:
    record(replace(WORKED, **changes))
    (row,) = rows(idle.get("/reloads").text)
    assert told in row


def test_a_tool_of_an_event_is_a_link_unless_it_is_unknown(idle: FlaskClient) -> None:
    record(WORKED, replace(FAILED, tool_name="gerp"))
    page = idle.get("/reloads").text
    assert 'href="/tools/grep"' in page
    assert 'href="/tools/gerp"' not in page


def test_errors_of_reloads_and_handlers_are_shown_as_text(idle: FlaskClient) -> None:
    evil = "<script>alert(1)</script>"
    record(replace(FAILED, error=evil), replace(WORKED, handler_errors={"prices": f"ValueError: {evil}"}))
    page = idle.get("/reloads").text
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    newest, oldest = rows(page)
    assert "Handler prices : ValueError" in newest
    assert "1 handler failed" in newest
    assert "Failed" in oldest


@pytest.mark.parametrize("evil", ["<b>x</b>", '"><img src=x>', "'"])
def test_texts_from_outside_never_become_markup(idle: FlaskClient, evil: str) -> None:
    record(replace(WORKED, triggered_by=evil, tool_name=None, tool_names=(evil,) * 5, tool_count=5))
    serve(replace(WEB, host=evil), 0)
    page = idle.get("/reloads", query_string={"tool": evil}).text + idle.get("/reloads").text
    assert evil == "'" or evil not in page


def test_figures_count_failures_and_never_round_them_away(idle: FlaskClient) -> None:
    record(*[replace(WORKED, duration_ms=2.0)] * 3000, FAILED)
    figures = words(idle.get("/reloads").text)
    for part in ("Reloads 3,001", "99.9 %", "1 failed", "2.0 ms p95 2.0 ms", "grep , failed"):
        assert part in figures


def test_figures_of_one_process_leave_the_others_out(idle: FlaskClient) -> None:
    record(WORKED, WORKED, FAILED)
    figures = words(idle.get(f"/reloads?process={WEB.id}").text)
    assert "Reloads 2 of the chosen process" in figures
    assert "100 % none failed" in figures


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["second", "third", "fourth", "first"]),
        ("?trigger=manual", ["second"]),
        ("?tool=GREP", ["fourth", "first"]),
        (f"?process={OTHER.id}", ["third"]),
        ("?success=false", ["third"]),
        ("?success=true&tool=grep", ["fourth", "first"]),
        ("?request=5", ["second"]),
        ("?trigger=&tool=&process=&success=", ["second", "third", "fourth", "first"]),
    ],
)
def test_each_filter_keeps_its_events(idle: FlaskClient, query: str, shown: list[str]) -> None:
    record(
        replace(WORKED, triggered_by="first"),
        replace(WORKED, triggered_by="fourth", tool_name=None, tool_names=("awk", "grep"), tool_count=2),
        replace(FAILED, triggered_by="third", tool_name="find", tool_names=("find",)),
        replace(WORKED, triggered_by="second", trigger="manual", tool_name=None, tool_names=None, request=5),
    )
    found = rows(idle.get(f"/reloads{query}").text)
    assert [next(word for word in shown if word in row) for row in found] == shown
    assert words(idle.get(f"/reloads{query}").text).count("Paused") == 0


@pytest.mark.parametrize(
    "query",
    [
        *("trigger=x", "success=perhaps", "request=x", "request=0", f"request={10**30}", "live=x"),
        *("unknown=1", "process=" + "a" * 33, "tool=" + "a" * 101, "tool=%00", "tool=a&tool=b"),
    ],
)
def test_a_wrong_filter_is_a_page_that_says_so(idle: FlaskClient, query: str) -> None:
    page = idle.get(f"/reloads?{query}")
    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert "<h1" in page.text


def test_filters_stay_chosen_and_can_be_cleared(idle: FlaskClient) -> None:
    record(WORKED)
    serve(WEB, 0)
    page = idle.get(f"/reloads?trigger=notification&process={WEB.id}&success=true&tool=grep&request=3").text
    for value in ("notification", WEB.id, "true"):
        assert f'<option value="{value}" selected>' in page
    assert 'name="tool" type="search" value="grep"' in page
    assert 'name="request" value="3"' in page
    assert '<a id="clear" href="/reloads">' in page


def test_an_ended_process_stays_chosen(idle: FlaskClient) -> None:
    record(WORKED)
    assert f'<option value="{WEB.id}" selected>web-1 · 101, ended' in idle.get(f"/reloads?process={WEB.id}").text


def test_more_events_than_are_shown_are_counted(idle: FlaskClient) -> None:
    record(*[WORKED] * 101)
    page = idle.get("/reloads").text
    assert len(rows(page)) == 100
    assert "101 reloads, the newest 100 shown" in page


def test_before_the_first_event_the_page_says_when_there_will_be_one(idle: FlaskClient) -> None:
    page = words(idle.get("/reloads").text)
    assert "No reload yet" in page
    assert "No process has told yet that it serves" in page


def test_no_match_offers_to_clear_the_filters(idle: FlaskClient) -> None:
    record(WORKED)
    page = idle.get("/reloads?success=false").text
    assert "No reload matches" in words(page)
    assert '<a class="button" href="/reloads">Clear filters</a>' in page


def test_a_tool_that_is_begun_or_misspelt_is_offered_whole(idle: FlaskClient) -> None:
    idle.post("/api/v1/tools", json=definition("systemctl"))
    page = idle.get("/reloads?tool=systemclt&success=true").text
    assert 'href="/reloads?tool=systemctl&amp;success=true"' in page


def test_live_everywhere_is_said_with_its_revision(idle: FlaskClient) -> None:
    reach(7)
    serve(WEB, 7)
    serve(OTHER, 7, is_listening=False)
    page = idle.get("/reloads").text
    assert "Live on 2 of 2 processes at revision 7" in page
    assert 'id="late"' not in page
    assert "listening" in page
    assert "only looking" in page


def test_who_is_behind_and_who_is_silent_is_said_in_words(idle: FlaskClient) -> None:
    reach(7)
    serve(WEB, 5)
    serve(OTHER, 7, seen_at=datetime.now(UTC) - timedelta(seconds=50))
    page = words(idle.get("/reloads").text)
    assert "Live on 0 of 2 processes at revision 7" in page
    assert "web-1, process 101 is 2 changes behind: it served revision 5" in page
    assert re.search(r"web-2, process 202 has been silent for 5\d s: it was at revision 7", page)


def test_the_page_asks_more_often_while_a_change_spreads(idle: FlaskClient) -> None:
    reach(7)
    serve(WEB, 7)
    assert "every 10s" in idle.get("/reloads").text
    reach(8)
    assert "every 1s" in idle.get("/reloads").text


def test_a_silent_process_is_not_waited_for(idle: FlaskClient) -> None:
    reach(7)
    serve(WEB, 5, seen_at=datetime.now(UTC) - timedelta(seconds=50))
    assert "every 10s" in idle.get("/reloads?request=3").text


def test_a_paused_page_stays_as_it_is(idle: FlaskClient) -> None:
    record(WORKED)
    page = idle.get("/reloads?live=false&success=true").text
    assert "data-follow" not in page
    assert "Paused" in page
    assert 'name="live" value="false"' in page
    assert 'id="pause" href="/reloads?success=true"' in page
    assert '<a id="clear" href="/reloads?live=false">' in page
    assert 'id="pause" href="/reloads?live=false"' in idle.get("/reloads").text


def test_progress_counts_those_that_answered_failed_and_have_not_yet(idle: FlaskClient) -> None:
    third = replace(WEB, id="c" * 32, pid=303)
    for process in (WEB, OTHER, third):
        serve(process, 0)
    ask(3, datetime.now(UTC))
    record(replace(WORKED, request=3), replace(FAILED, request=3), WORKED)
    page = idle.get("/reloads?request=3").text
    assert "1 of 3 processes has reloaded; 1 tried without success." in words(page)


def test_before_the_first_answer_the_page_waits(idle: FlaskClient) -> None:
    serve(WEB, 0)
    ask(3, datetime.now(UTC))
    page = words(idle.get("/reloads?request=3").text)
    assert "0 of 1 process has reloaded." in page
    assert "Waiting for the first answer" in page


def test_a_process_that_started_later_was_not_asked(idle: FlaskClient) -> None:
    serve(WEB, 0)
    serve(replace(OTHER, started_at=NOW), 0)
    ask(3, WORKED.timestamp)
    record(replace(WORKED, request=3))
    assert "1 of 1 process has reloaded." in words(idle.get("/reloads?request=3").text)


def test_who_does_not_answer_is_named_when_waiting_makes_no_sense(idle: FlaskClient) -> None:
    serve(WEB, 0)
    serve(OTHER, 0)
    ask(3, WORKED.timestamp)
    record(replace(WORKED, request=3))
    page = idle.get("/reloads?request=3").text
    assert "1 of 2 processes has reloaded. No answer from web-2, process 202." in words(page)
    assert "every 10s" in page


def test_a_reload_all_that_nobody_asked_for_is_not_waited_for(idle: FlaskClient) -> None:
    serve(WEB, 0)
    page = idle.get("/reloads?request=3").text
    assert "reloaded" not in words(page)
    assert "every 10s" in page


def test_reload_all_without_its_token_is_refused(client: FlaskClient) -> None:
    client.get("/reloads")
    assert client.post("/reloads").status_code == 400
    assert client.post("/reloads", data={"csrf_token": "wrong"}).status_code == 400
    with db.engine.connect() as connection:
        assert connection.scalar(select(ReloadEventRow.id).where(ReloadEventRow.trigger == "manual")) is None


def test_reload_all_reloads_every_process_and_shows_how_it_spreads(app: Flask, app_with: Any) -> None:
    other, client = app_with(), app.test_client()
    other.test_client().get("/tools")
    page = client.get("/reloads")
    assert until(lambda: "of 2 processes" in client.get("/reloads").text)
    answer = client.post("/reloads", data={"csrf_token": token(page.text)})
    assert answer.status_code == 303
    assert re.fullmatch(r"/reloads\?request=\d+", answer.headers["Location"])
    assert until(lambda: "2 of 2 processes have reloaded." in words(client.get(answer.headers["Location"]).text))
    assert len(rows(client.get(answer.headers["Location"]).text)) == 2


def test_htmx_gets_the_results_and_what_stands_above_them(idle: FlaskClient) -> None:
    record(WORKED)
    fragment = idle.get("/reloads?success=true", headers={"HX-Request": "true", "HX-Trigger": "filters"})
    assert "<html" not in fragment.text
    assert len(rows(fragment.text)) == 1
    assert fragment.text.count("hx-swap-oob") == 3
    assert "HX-Request" in fragment.headers["Vary"]


def test_a_live_refresh_leaves_the_filters_alone_and_says_nothing_aloud(idle: FlaskClient) -> None:
    record(WORKED)
    fragment = idle.get("/reloads", headers={"HX-Request": "true", "HX-Trigger": "refresher"}).text
    assert 'id="facets"' not in fragment
    assert '<p class="visually-hidden" id="found" role="status"></p>' in fragment
    assert 'id="standing" hx-swap-oob' in fragment


def test_bars_are_read_aloud_with_their_numbers(idle: FlaskClient) -> None:
    record(replace(WORKED, duration_ms=1.5), replace(WORKED, duration_ms=1.6), replace(WORKED, duration_ms=5000))
    page = words(idle.get("/reloads").text)
    for told in ("up to 2 ms: 2 reloads", "up to 5 ms: 0 reloads", "over 1000 ms: 1 reload"):
        assert told in page


def test_the_highest_bar_is_full_and_an_empty_histogram_has_none() -> None:
    many = bars((4, *(0,) * (len(BOUNDS_MS) - 1), 2))
    assert [bar.share for bar in many if bar.count] == [1, 0.5]
    assert {bar.share for bar in bars((0,) * (len(BOUNDS_MS) + 1))} == {0}


def line(client: FlaskClient, look: int = 0) -> str:
    """The line about how far revision 3 has come."""
    return client.get(f"/reloads/standing?revision=3&look={look}", headers={"HX-Request": "true"}).text


def test_the_line_asks_again_until_a_change_is_live_everywhere(idle: FlaskClient) -> None:
    reach(4)
    serve(WEB, 3)
    serve(OTHER, 2)
    told = line(idle)
    assert words(told) == "Live on 1 of 2 processes at revision 3"
    assert 'hx-get="/reloads/standing?revision=3&amp;look=1" hx-trigger="every 300ms"' in told
    reach(3)
    serve(replace(OTHER, id="c" * 32), 4)
    assert words(line(idle)) == "Live on 2 of 3 processes at revision 3"


@pytest.mark.parametrize(("processes", "told"), [((WEB,), "the only process"), ((WEB, OTHER), "all 2 processes")])
def test_the_line_asks_no_more_when_a_change_is_live_everywhere(
    idle: FlaskClient, processes: tuple[Any, ...], told: str
) -> None:
    for process in processes:
        serve(process, 3)
    assert (words(line(idle)), "hx-get" in line(idle)) == (f"Live on {told}", False)


def test_the_line_waits_for_no_silent_process_and_says_so(idle: FlaskClient) -> None:
    serve(WEB, 3)
    serve(OTHER, 2, seen_at=datetime.now(UTC) - timedelta(minutes=1))
    assert words(line(idle)) == "Live on 1 of 2 processes at revision 3; 1 is silent"
    assert "hx-get" not in line(idle)
    assert 'href="/reloads"' in line(idle)


def test_the_line_asks_more_seldom_after_a_while_and_in_the_end_no_more(idle: FlaskClient) -> None:
    serve(WEB, 2)
    assert [re.findall(r'hx-trigger="([^"]+)"', line(idle, look)) for look in (19, 20, 49, 50)] == [
        ["every 300ms"],
        ["every 2000ms"],
        ["every 2000ms"],
        [],
    ]


def test_where_no_process_has_told_that_it_serves_the_line_says_so(idle: FlaskClient) -> None:
    assert words(line(idle)) == "No process has told yet that it serves"


def test_without_script_the_line_is_on_a_page(idle: FlaskClient) -> None:
    serve(WEB, 3)
    page = idle.get("/reloads/standing?revision=3").text
    assert "<html" in page
    assert "Live on the only process" in words(page)


@pytest.mark.parametrize("query", ["", "?revision=x", "?revision=-1", "?revision=1&look=1001", f"?revision={2**63}"])
def test_a_line_of_no_revision_is_refused(idle: FlaskClient, query: str) -> None:
    assert idle.get(f"/reloads/standing{query}").status_code == 400
