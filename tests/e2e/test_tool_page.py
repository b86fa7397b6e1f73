"""What one does to a tool on its page, in a real browser: acts with the way back, the menu, the dialog, who may not."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.definition import definition
from tests.e2e.conftest import axe_findings
from tests.people import HEADERS, Somebody, cookie
from tests.served import Served

IN_ONE_THEME = pytest.mark.parametrize("page", ["light"], indirect=True)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog of this module's own, with nothing in it."""
    directory = tmp_path_factory.mktemp("e2e-tool-page")
    nothing = directory / "nothing"
    nothing.mkdir()
    served = Served(directory / "data", {"WORKERS": "1", "SEED_DIR": str(nothing)}).start()
    create(served, "grep")
    yield served
    served.stop()


def create(served: Served, name: str) -> None:
    """Store a tool."""
    headers = {**HEADERS, "Content-Type": "application/json"}
    with urlopen(
        Request(f"{served.url}/api/v1/tools", json.dumps(definition(name)).encode(), headers), timeout=10
    ) as answer:
        assert json.load(answer)


def test_disabling_is_told_shown_live_and_undone(page: Page) -> None:
    page.goto("/tools/grep")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("grep is disabled.")).to_be_visible()
    expect(page.locator("#live-line")).to_have_text("Live on the only process")
    assert axe_findings(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("grep is enabled.")).to_be_visible()


@IN_ONE_THEME
def test_the_menu_opens_acts_and_closes_by_key_by_click_and_by_leaving(page: Page) -> None:
    page.goto("/tools/grep")
    menu, first = page.locator(".acts summary"), page.get_by_role("link", name="Duplicate")
    menu.focus()
    page.keyboard.press("Enter")
    expect(first).to_be_visible()
    assert axe_findings(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("heading", name="grep", level=1).click()
    expect(first).to_be_hidden()
    menu.click()
    page.get_by_role("button", name="Deprecate").click()
    expect(page.get_by_text("grep is deprecated now.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("grep is active now.")).to_be_visible()


@IN_ONE_THEME
def test_a_definition_is_downloaded_as_a_file(page: Page) -> None:
    page.goto("/tools/grep")
    page.locator(".acts summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as YAML").click()
    assert download.value.suggested_filename == "grep.yaml"
    assert "tool_name: grep" in download.value.path().read_text()


def test_deleting_asks_for_the_name_in_a_dialog(page: Page, served: Served) -> None:
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    name = "gone-at-night" if is_dark else "gone-by-day"
    create(served, name)
    page.goto(f"/tools/{name}")
    page.locator(".acts summary").click()
    page.get_by_role("link", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label(f"Type {name} to delete it")).to_be_focused()
    assert axe_findings(page) == []
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.locator(".acts summary").click()
    page.get_by_role("link", name="Delete…").click()
    dialog.get_by_label(f"Type {name} to delete it").fill(name)
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text(f"{name} is deleted")).to_be_visible()
    expect(page.locator(".tool-row", has_text=name)).to_have_count(0)


def test_who_may_not_change_a_tool_is_told_why(browser: Browser, served: Served) -> None:
    with served.database() as connection:
        eve = Somebody(connection, "eve", "viewer")
    context = browser.new_context(base_url=served.url)
    name, value = cookie((served.data_dir / "secret_key").read_text(), eve.key)
    context.add_cookies([{"name": name, "value": value, "url": served.url}])
    page = context.new_page()
    page.goto("/tools/grep")
    button = page.get_by_role("button", name="Disable (eve is a viewer; changing tools needs the role author")
    expect(button).to_be_disabled()
    assert axe_findings(page) == []
    page.goto("/tools/grep/audit")
    expect(page.locator("#audit tbody tr").first).to_be_visible()
    context.close()


@IN_ONE_THEME
@pytest.mark.parametrize("address", ["/tools/grep", "/tools/grep/audit", "/tools/grep/delete"])
def test_a_phone_needs_no_sideways_scrolling(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe_findings(page) == []
