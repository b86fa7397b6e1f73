"""The pages in a real browser, light and dark: reading, searching, filtering, with and without script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import axe_findings
from tests.served import Served

# With the definitions that ship; test_everywhere looks at every page, with few of them.
ADDRESSES = ["/tools?status=active&platform=linux", "/tools/systemctl", "/tools/systemctl?tab=capabilities"]


def choose(page: Page, facet: str, value: str) -> None:
    """Open the menu of a facet and take a value from it."""
    menu = page.locator(f"#facet-{facet.lower()}")
    menu.get_by_text(facet, exact=True).click()
    menu.get_by_role("link", name=value).click()


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing(page: Page, address: str) -> None:
    page.goto(address)
    assert axe_findings(page) == []


def test_home_is_the_list_of_tools(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/tools$"))
    expect(page.get_by_role("heading", name="Tools", level=1)).to_be_visible()


def test_search_as_you_type_filters_and_keeps_the_field(page: Page) -> None:
    page.goto("/tools")
    search = page.get_by_role("searchbox")
    search.press_sequentially("restart a service", delay=20)
    expect(page.locator("#count")).to_contain_text("for “restart a service”")
    expect(page.locator(".tool-row").first).to_contain_text("service")
    expect(search).to_have_value("restart a service")
    expect(search).to_be_focused()


def test_filters_are_in_the_address_and_come_back_with_it(page: Page) -> None:
    page.goto("/tools")
    choose(page, "Platform", "windows")
    expect(page).to_have_url(re.compile(r"platform=windows"))
    expect(page.locator(".tool-row").first).to_contain_text("windows")
    rows = page.locator(".tool-row").count()
    page.reload()
    expect(page.locator("#facet-platform summary")).to_have_text("Platform: windows")
    expect(page.locator(".tool-row")).to_have_count(rows)


def test_back_returns_to_the_unfiltered_list(page: Page) -> None:
    page.goto("/tools")
    everything = page.locator("#count").inner_text()
    choose(page, "Platform", "windows")
    expect(page.locator("#count")).not_to_have_text(everything)
    page.go_back()
    expect(page.locator("#count")).to_have_text(everything)


def test_a_misspelt_search_offers_the_right_tool(page: Page) -> None:
    page.goto("/tools?q=systemctrl")
    page.get_by_role("link", name="systemctl", exact=True).click()
    expect(page.get_by_role("heading", name="systemctl", level=1)).to_be_visible()


def test_a_row_opens_the_tool_and_its_tabs_are_addresses(page: Page) -> None:
    page.goto("/tools?q=systemctl")
    page.locator(".tool-row").get_by_role("link", name="systemctl", exact=True).click()
    page.get_by_role("link", name=re.compile(r"^Capabilities [0-9]+$")).last.click()
    expect(page).to_have_url(re.compile(r"tab=capabilities"))
    expect(page.get_by_role("heading", name="service_control")).to_be_visible()


def test_an_unknown_tool_says_which_are_near(browser: Browser, served: Served) -> None:
    page = browser.new_page(base_url=served.url)
    page.context.add_cookies([served.cookie()])
    page.goto("/tools/systemctrl")
    page.get_by_role("link", name="systemctl", exact=True).click()
    expect(page.get_by_role("heading", name="systemctl", level=1)).to_be_visible()
    page.close()


def test_keys_reach_the_search_and_move_through_rows(page: Page) -> None:
    page.goto("/tools")
    page.keyboard.press("j")
    expect(page.locator(".tool-row").first.get_by_role("link").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_chosen_theme_lasts(page: Page) -> None:
    page.goto("/tools")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    other = "Light theme" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "Dark theme"
    page.get_by_role("button", name=other).click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    expect(page.get_by_role("button", name=other)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="System theme").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == before


def test_lists_and_tools_are_read_and_searched_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    context.add_cookies([served.cookie()])
    page = context.new_page()
    page.goto("/tools")
    page.get_by_role("searchbox").fill("systemctl")
    page.get_by_role("searchbox").press("Enter")
    page.locator(".tool-row").get_by_role("link", name="systemctl", exact=True).click()
    expect(page.get_by_role("heading", name="systemctl", level=1)).to_be_visible()
    context.close()


@pytest.mark.parametrize("address", ["/tools", "/tools/systemctl", "/tools/systemctl?tab=capabilities"])
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, served: Served, address: str) -> None:
    page = browser.new_page(base_url=served.url, viewport={"width": 390, "height": 844})
    page.context.add_cookies([served.cookie()])
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
