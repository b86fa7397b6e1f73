"""The palette in a real browser: found with the keyboard alone, told to whoever listens, and there without script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.served import Served

IN_ONE_THEME = pytest.mark.parametrize("page", ["light"], indirect=True)
pytestmark = IN_ONE_THEME
CHOSEN = "#palette-results [aria-selected=true]"


def opened(page: Page, address: str = "/tools") -> None:
    """Open the palette over a page."""
    page.goto(address)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search tools, capabilities")).to_be_focused()


def test_a_tool_is_reached_by_a_few_letters_and_enter(page: Page) -> None:
    opened(page, "/audit")
    page.keyboard.type("systemctl", delay=10)
    expect(page.locator(CHOSEN)).to_have_text(re.compile("^systemctl"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/tools/systemctl$"))


def test_enter_before_the_results_are_there_waits_for_them(page: Page) -> None:
    opened(page)
    expect(page.locator(CHOSEN)).to_be_visible()
    page.route("**/palette?q=*", lambda route: (page.wait_for_timeout(200), route.continue_()))
    page.keyboard.type("systemctl")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/tools/systemctl$"))


def test_arrows_move_and_the_field_says_where_they_are(page: Page) -> None:
    opened(page)
    field = page.locator("#palette-words")
    expect(page.locator(CHOSEN)).to_have_count(1)
    first = page.locator(CHOSEN).get_attribute("id")
    page.keyboard.press("ArrowDown")
    expect(field).not_to_have_attribute("aria-activedescendant", first or "")
    page.keyboard.press("ArrowUp")
    expect(field).to_have_attribute("aria-activedescendant", first or "")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette-results [role=option]").last).to_have_attribute("aria-selected", "true")
    expect(field).to_be_focused()


def test_the_number_of_results_is_announced(page: Page) -> None:
    opened(page)
    page.keyboard.type("systemctl")
    expect(page.locator("#palette-count")).to_have_text(re.compile(r"^\d+ results for “systemctl”$"))


def test_nothing_found_leaves_nothing_to_choose(page: Page) -> None:
    opened(page)
    page.keyboard.type("zzzzqqqq")
    expect(page.locator("#palette-count")).to_have_text(re.compile("^0 results"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/tools$"))


def test_what_was_looked_at_last_comes_first(page: Page) -> None:
    page.goto("/tools/grep")
    page.goto("/tools/systemctl")
    opened(page)
    expect(page.locator("[role=option]").nth(0)).to_contain_text("systemctl")
    expect(page.locator("[role=option]").nth(1)).to_contain_text("grep")


def test_escape_closes_it_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/tools")
    opener = page.get_by_role("link", name="Search or jump to")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(opener).to_be_focused()


def test_single_keys_are_letters_there(page: Page) -> None:
    opened(page)
    page.keyboard.type("j/k?")
    expect(page.locator("#palette-words")).to_have_value("j/k?")
    expect(page.locator("#keys")).to_be_hidden()


def test_on_a_phone_the_bar_opens_it_and_the_menu_reaches_every_page(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/tools")
    page.get_by_role("navigation", name="Most used").get_by_role("link", name="Search").click()
    expect(page.locator("#palette-words")).to_be_focused()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Reloads").click()
    expect(page).to_have_url(re.compile("/reloads$"))


def test_without_script_it_is_a_page(browser: Browser, served: Served, page: Page) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    context.add_cookies([served.cookie()])
    plain = context.new_page()
    plain.goto("/tools")
    plain.get_by_role("link", name="Search or jump to").click()
    plain.get_by_role("searchbox").fill("systemctl")
    plain.get_by_role("searchbox").press("Enter")
    plain.locator("main").get_by_role("link", name=re.compile("^systemctl")).first.click()
    expect(plain.get_by_role("heading", name="systemctl", level=1)).to_be_visible()
    context.close()


def test_without_script_a_phone_has_the_menu(browser: Browser, served: Served, page: Page) -> None:
    context = browser.new_context(
        java_script_enabled=False, base_url=served.url, viewport={"width": 390, "height": 844}
    )
    context.add_cookies([served.cookie()])
    plain = context.new_page()
    plain.goto("/tools")
    plain.get_by_role("button", name="Menu").click()
    expect(plain.get_by_role("link", name="Reloads")).to_be_visible()
    context.close()
