"""The page of the audit log."""

import re
from html import unescape

from flask import Flask

from app.actor import command_actor
from app.catalog import changes
from tests.catalog.caller import Caller
from tests.people import somebody


def shown(page: str) -> list[int]:
    """The numbers of the entries in the table."""
    return [int(number) for number in re.findall(r'id="entry-(\d+)"', page)]


def words(page: str) -> str:
    """The page's text, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_an_empty_log_says_what_will_be_there(caller: Caller) -> None:
    assert "Nothing was changed yet" in caller.client.get("/audit").text


def test_the_page_tells_who_did_what_and_why(history: Caller) -> None:
    page = history.client.get("/audit").text
    assert shown(page) == [5, 4, 3, 2, 1]
    told = words(page)
    for part in ("5 entries", "Disabled find 1.0", "=1+1 too slow", "admin", "api 127.0.0.1", "description:"):
        assert part in told


def test_filters_are_in_the_address_and_go_along_to_exports(history: Caller) -> None:
    page = history.client.get("/audit?tool=grep&action=updated").text
    assert shown(page) == [2]
    assert 'href="/api/v1/audit?format=csv&amp;action=updated&amp;tool=grep"' in page
    assert 'href="/audit"' in page


def test_filters_that_leave_nothing_can_be_cleared(history: Caller) -> None:
    page = history.client.get("/audit?who=eve").text
    assert "No entry matches" in page
    assert "Clear filters" in page


def test_a_wrong_filter_is_told_on_a_page(history: Caller) -> None:
    answer = history.client.get("/audit?since=yesterday")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_older_entries_are_a_page_further(caller: Caller) -> None:
    caller.ok("POST", "/import", json=[{"tool_name": f"tool-{number}", "status": "draft"} for number in range(60)])
    first = caller.client.get("/audit?source=api").text
    (older,) = set(re.findall(r'id="page-older" href="([^"]+)"', first))
    second = caller.client.get(unescape(older)).text
    assert shown(first) + shown(second) == list(range(60, 0, -1))
    assert "page-older" not in second
    assert 'id="page-newest" href="/audit?source=api"' in second


def test_what_people_wrote_is_shown_as_text(caller: Caller) -> None:
    caller.create(description="<script>alert(1)</script>")
    changes.set_enabled("grep", False, actor=command_actor("<b>eve</b>", "<img src=x>"))
    page = caller.client.get("/audit").text
    assert "<script>alert" not in page
    assert "&lt;b&gt;eve&lt;/b&gt;" in page
    assert "&lt;img src=x&gt;" in page


def test_htmx_gets_the_results_with_their_filters(history: Caller) -> None:
    fragment = history.client.get("/audit?tool=grep", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert 'id="facets" hx-swap-oob="morph"' in fragment
    assert shown(fragment) == [5, 2, 1]


def test_a_tools_own_tab_shows_what_happened_to_it_and_nothing_else(history: Caller) -> None:
    history.create()
    page = history.client.get("/tools/find/audit").text
    assert shown(page) == [4, 3]
    for part in ("2 entries", "Disabled find 1.0", "=1+1 too slow"):
        assert part in words(page)
    assert 'href="/audit?tool=find"' in page
    assert 'href="/tools/find?tab=versions"' in page


def test_a_tab_has_its_older_entries_a_page_further(caller: Caller) -> None:
    caller.create()
    for number in range(55):
        caller.patch("grep", description=f"Number {number}")
    first = caller.client.get("/tools/grep/audit").text
    (older,) = re.findall(r'href="(/tools/grep/audit\?before=[0-9]+)"', first)
    assert shown(first) + shown(caller.client.get(older).text) == list(range(56, 0, -1))


def test_a_tool_that_is_not_there_has_no_tab(history: Caller) -> None:
    assert history.client.get("/tools/grep/audit").status_code == 404
    assert history.client.get("/tools/find/audit?x=1").status_code == 400


def test_only_administrators_see_from_where_people_work(app: Flask, history: Caller) -> None:
    assert "127.0.0.1" in history.client.get("/tools/find/audit").text
    assert "127.0.0.1" not in somebody(app, "eve", "viewer").client(app).get("/tools/find/audit").text


def test_an_entry_that_made_or_chose_a_version_leads_to_what_that_changed(caller: Caller) -> None:
    caller.create()
    caller.update(description="Other")
    caller.ok("POST", "/grep/versions/1.0/promote")
    caller.ok("PATCH", "/grep/disable", json={})
    page = unescape(caller.client.get("/audit").text)
    assert re.findall(r'href="(/tools/grep/compare[^"]+)"', page) == [
        "/tools/grep/compare?from=1.1&to=1.0",
        "/tools/grep/compare?from=1.0&to=1.1",
    ]


def test_administrators_get_from_an_entry_to_the_account(app: Flask, caller: Caller) -> None:
    caller.create()
    assert 'href="/accounts#account-admin"' in caller.client.get("/audit").text
    assert 'id="account-admin"' in caller.client.get("/accounts").text
    assert "/accounts#" not in somebody(app, "eve", "viewer").client(app).get("/audit").text


def test_a_command_is_nobodys_account(caller: Caller) -> None:
    caller.create()
    changes.set_enabled("grep", False, actor=command_actor("root"))
    assert "#account-root" not in caller.client.get("/audit").text
