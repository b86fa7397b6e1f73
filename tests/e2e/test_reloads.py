"""The page of reloads in a real browser, on two serving processes: it keeps itself current and disturbs nobody."""

import json
import re
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.e2e.conftest import axe_findings
from tests.people import HEADERS
from tests.served import Served, wait_until

SOON_MS = 15_000
"""Longer than the page ever waits before it asks again by itself."""
ADDRESSES = ["/reloads", "/reloads?success=false", "/reloads?tool=grpe", "/reloads?trigger=manual&live=false"]
IN_ONE_THEME = pytest.mark.parametrize("page", ["light"], indirect=True)
WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog of this module's own, to change, served by two processes, with a reload that failed."""
    served = Served(tmp_path_factory.mktemp("e2e-reloads"), {"WORKERS": "2"}).start()
    wait_until(lambda: json.loads(served.get("/api/v1/tools/reload/statistics"))["live_processes"] == 2)
    send(served, "POST", "/api/v1/tools/reload?tool_name=nosuchtool")
    yield served
    served.stop()


def send(served: Served, method: str, path: str) -> None:
    """Make a request that must succeed."""
    request = Request(
        served.url + path, method=method, headers={"Content-Type": "application/json", **HEADERS}, data=b"{}"
    )
    with urlopen(request, timeout=10) as answer:
        assert json.load(answer)


def change(served: Served, name: str = "systemctl") -> None:
    """Change a tool, twice, so that it is in the end as it was."""
    send(served, "PATCH", f"/api/v1/tools/{name}/disable")
    send(served, "PATCH", f"/api/v1/tools/{name}/enable")


def revision(page: Page) -> int:
    """The revision that the page says is live."""
    told = re.search(r"at revision ([\d,]+)", page.locator("#spread").inner_text())
    assert told is not None
    return int(told[1].replace(",", ""))


def expect_revision(page: Page, number: int) -> None:
    """Wait for the page to say that a revision is live everywhere."""
    expect(page.locator("#spread")).to_have_text(f"Live on 2 of 2 processes at revision {number:,}", timeout=SOON_MS)


def opened(page: Page, address: str = "/reloads") -> int:
    """Open the page, wait until nothing is spreading any more, and return its revision."""
    page.goto(address)
    expect(page.locator("#spread")).to_contain_text("Live on 2 of 2", timeout=SOON_MS)
    return revision(page)


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_and_nothing_sticks_out(page: Page, address: str) -> None:
    page.goto(address)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        assert axe_findings(page) == [], size
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_change_appears_by_itself(page: Page, served: Served) -> None:
    before = opened(page)
    page.evaluate("window.wasNotLoadedAgain = true")
    change(served)
    expect_revision(page, before + 2)
    expect(page.locator("#revision")).to_have_text(f"Revision {before + 2:,}")
    expect(page.locator(".event-table tbody tr").first).to_contain_text("systemctl")
    assert page.evaluate("window.wasNotLoadedAgain")


@IN_ONE_THEME
def test_the_stream_brings_a_change_without_waiting_for_the_next_look(page: Page, served: Served) -> None:
    before = opened(page)
    page.evaluate("document.addEventListener('refresh', () => { window.wasTold = true; })")
    change(served)
    page.wait_for_function("() => window.wasTold")
    expect_revision(page, before + 2)


@IN_ONE_THEME
def test_looking_now_and_then_suffices_when_there_is_no_stream(page: Page, served: Served) -> None:
    page.route("**/api/v1/changes/stream*", lambda route: route.fulfill(status=204))
    before = opened(page)
    change(served)
    expect_revision(page, before + 2)


@IN_ONE_THEME
def test_typing_focus_and_scroll_survive_a_refresh(page: Page, served: Served) -> None:
    before = opened(page)
    page.set_viewport_size({"width": 1280, "height": 500})
    field = page.get_by_role("searchbox")
    field.focus()
    page.evaluate("document.getElementById('tool').value = 'half a na'; scrollTo(0, 300)")
    change(served)
    expect_revision(page, before + 2)
    expect(field).to_have_value("half a na")
    expect(field).to_be_focused()
    assert page.evaluate("scrollY") == 300


@IN_ONE_THEME
@pytest.mark.parametrize("table", ["#processes", "#rows"])
def test_focus_and_what_is_selected_survive_a_refresh(page: Page, served: Served, table: str) -> None:
    before = opened(page)
    page.get_by_role("button", name="Reload all").focus()
    page.evaluate(f"getSelection().selectAllChildren(document.querySelector('{table} thead th'))")
    selected = page.evaluate("getSelection().toString()")
    change(served)
    expect_revision(page, before + 2)
    expect(page.get_by_role("button", name="Reload all")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == selected != ""


def test_filters_are_in_the_address_and_stay_through_a_refresh(page: Page, served: Served) -> None:
    before = opened(page)
    page.get_by_label("Outcome").select_option("false")
    expect(page).to_have_url(re.compile(r"/reloads\?success=false$"))
    expect(page.locator("#rows")).to_contain_text("There is no tool named “nosuchtool”.")
    page.get_by_role("searchbox").fill("nosuchtool")
    expect(page).to_have_url(re.compile(r"tool=nosuchtool"))
    change(served)
    expect_revision(page, before + 2)
    expect(page.locator("#rows")).not_to_contain_text("Worked")
    page.get_by_role("link", name="Clear filters").click()
    expect(page).to_have_url(re.compile(r"/reloads$"))
    expect(page.locator("#rows")).to_contain_text("Worked")


@IN_ONE_THEME
def test_a_paused_page_follows_nothing(page: Page, served: Served) -> None:
    before = opened(page)
    page.get_by_role("link", name="Pause").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    change(served)
    page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    assert revision(page) == before
    page.get_by_role("link", name="Go on").click()
    assert [url for url in asked if "stream" in url or "live=false" in url] == []
    expect_revision(page, before + 2)


@IN_ONE_THEME
def test_a_hidden_page_lets_its_stream_go_and_catches_up_when_seen(page: Page, served: Served) -> None:
    before = opened(page)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    with page.expect_event("requestfailed", lambda request: "stream" in request.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    change(served)
    page.evaluate("document.addEventListener('refresh', () => { window.wasTold = true; })")
    with page.expect_request("**/api/v1/changes/stream*"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("window.wasTold")
    expect_revision(page, before + 2)


def test_reload_all_shows_every_process_answering(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Reload all").click()
    expect(page).to_have_url(re.compile(r"\?request=\d+$"))
    expect(page.locator("#progress")).to_contain_text("2 of 2 processes have reloaded.", timeout=SOON_MS)
    expect(page.locator(".event-table tbody tr")).to_have_count(2, timeout=SOON_MS)
    expect(page.locator(".event-table tbody")).to_contain_text("Everything")


def test_the_page_filters_and_reloads_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    context.add_cookies([served.cookie()])
    page = context.new_page()
    page.goto("/reloads")
    page.get_by_label("Outcome").select_option("false")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".event-table tbody tr").first).to_contain_text("nosuchtool")
    expect(page.get_by_text("Updates by itself")).to_be_hidden()
    page.get_by_role("button", name="Reload all").click()
    expect(page).to_have_url(re.compile(r"\?request=\d+$"))
    expect(page.locator("#progress")).to_contain_text("of 2 processes")
    context.close()


def test_a_failed_refresh_is_told_and_the_next_one_takes_it_back(browser: Browser, served: Served) -> None:
    page = browser.new_page(base_url=served.url)
    page.context.add_cookies([served.cookie()])
    opened(page)

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/reloads*", refuse)
    page.evaluate("htmx.trigger('#refresher', 'refresh')")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("The server does not answer", timeout=SOON_MS)
    page.unroute("**/reloads*", refuse)
    page.evaluate("htmx.trigger('#refresher', 'refresh')")
    expect(toast).to_have_count(0, timeout=SOON_MS)
    page.close()


@IN_ONE_THEME
def test_slash_reaches_the_filter(page: Page) -> None:
    opened(page)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
