"""The list of tools in a real browser: selecting, acting on what is selected, Undo, keys, menus."""

import json
import re
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.definition import definition
from tests.e2e.conftest import axe_findings
from tests.people import HEADERS
from tests.served import Served

NAMES = ["awk", "cut", "find", "grep", "sed", "sort"]


def send(served: Served, method: str, path: str, body: object) -> None:
    """A request of a program's that must succeed."""
    headers = {**HEADERS, "Content-Type": "application/json"}
    with urlopen(Request(served.url + path, json.dumps(body).encode(), headers, method=method), timeout=10) as answer:
        assert answer.status < 300


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog of six tools, to be changed."""
    folder = tmp_path_factory.mktemp("list")
    (folder / "nothing").mkdir()
    served = Served(folder / "data", {"SEED_DIR": str(folder / "nothing"), "WORKERS": "1"}).start()
    yield served
    served.stop()


@pytest.fixture
def context(browser: Browser, few: Served) -> Iterator[BrowserContext]:
    """A browser on the six tools as they are at first, watched for what a user should not meet."""
    send(few, "POST", "/api/v1/tools/import?on_conflict=skip", [definition(name) for name in NAMES])
    send(few, "POST", "/api/v1/tools/bulk", {"names": NAMES, "act": "enable"})
    context = browser.new_context(base_url=few.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([few.cookie()])
    complaints: list[str] = []
    context.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert not complaints


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The list."""
    page = context.new_page()
    page.goto("/tools")
    return page


def row(page: Page, name: str) -> Locator:
    """The line of a tool."""
    return page.locator(f"#tool-{name}")


def select(page: Page, *names: str) -> None:
    """Tick tools."""
    for name in names:
        page.get_by_label(f"Select {name}", exact=True).check()


def selected(page: Page) -> list[str]:
    """The names that are ticked."""
    return page.locator("#rows input[name=names]:checked").evaluate_all("boxes => boxes.map(box => box.value)")


def test_several_are_disabled_at_once_and_undo_takes_it_back(page: Page) -> None:
    address = "/tools?platform=linux&sort=-name"
    page.goto(address)
    select(page, "grep", "sed")
    expect(page.locator("#selected")).to_have_text("2 selected")
    page.get_by_role("button", name="Disable").click()
    expect(page.locator(".toast")).to_contain_text("2 tools disabled")
    expect(row(page, "grep")).to_contain_text("Disabled")
    expect(row(page, "find")).not_to_contain_text("Disabled")
    expect(page.locator("#views")).to_contain_text("Disabled 2")
    expect(page).to_have_url(re.compile(re.escape(address) + "$"))
    assert selected(page) == []
    assert axe_findings(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("2 tools as before")
    expect(row(page, "grep")).not_to_contain_text("Disabled")
    expect(page).to_have_url(re.compile(re.escape(address) + "$"))


def test_undo_leaves_alone_what_somebody_changed_since_and_says_so(page: Page, few: Served) -> None:
    select(page, "grep", "sed")
    page.get_by_role("button", name="Disable").click()
    expect(page.locator(".toast")).to_contain_text("2 tools disabled")
    send(few, "PATCH", "/api/v1/tools/sed", {"description": f"Other than {few.port}"})
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("sed was changed since")
    expect(row(page, "sed")).to_contain_text("Disabled")
    expect(row(page, "grep")).not_to_contain_text("Disabled")


def test_shift_click_selects_what_lies_between(page: Page) -> None:
    page.get_by_label("Select cut", exact=True).click()
    page.get_by_label("Select sed", exact=True).click(modifiers=["Shift"])
    assert selected(page) == ["cut", "find", "grep", "sed"]
    assert axe_findings(page) == []
    page.get_by_label("Select all on this page").click()
    assert selected(page) == NAMES
    page.keyboard.press("Escape")
    assert selected(page) == []


def test_keys_move_select_edit_and_create(page: Page) -> None:
    for key in "jxjjx":
        page.keyboard.press(key)
    assert selected(page) == ["awk", "find"]
    page.get_by_label("Select find", exact=True).focus()
    page.keyboard.press("k")
    page.keyboard.press("x")
    assert selected(page) == ["awk", "cut", "find"]
    page.route("**/tools/cut/edit", lambda route: route.fulfill(content_type="text/html", body="The editor"))
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile(r"/tools/cut/edit$"))


def test_c_creates(page: Page) -> None:
    page.route("**/tools/new", lambda route: route.fulfill(content_type="text/html", body="The editor"))
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/tools/new$"))


def test_a_search_keeps_the_selection_of_rows_still_shown(page: Page) -> None:
    select(page, "grep", "sed")
    page.get_by_role("searchbox", name="Search tools").fill("grep")
    expect(row(page, "sed")).to_have_count(0)
    assert selected(page) == ["grep"]
    expect(page.locator("#selected")).to_have_text("1 selected")


def test_deleting_asks_first_with_the_number(page: Page) -> None:
    select(page, "awk", "cut")
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete 2 tools?")
    assert axe_findings(page) == []
    page.get_by_role("button", name="Keep").click()
    assert selected(page) == ["awk", "cut"]
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete 2 tools").click()
    expect(page.locator(".toast")).to_contain_text("2 tools deleted")
    expect(row(page, "awk")).to_have_count(0)


def test_a_refusal_names_the_tool_and_keeps_the_selection(page: Page, few: Served) -> None:
    select(page, "find", "sort")
    send(few, "POST", "/api/v1/tools/bulk", {"names": ["sort"], "act": "delete"})
    page.get_by_role("button", name="Deprecate").click()
    expect(page.locator(".toast")).to_contain_text("Nothing was changed")
    expect(page.locator(".toast")).to_contain_text("sort")
    assert selected(page) == ["find"]


def test_tags_are_added_from_the_bar_with_enter(page: Page) -> None:
    select(page, "find")
    page.get_by_text("Tag…").click()
    # The field is given the focus a moment after the click: what is typed before, it does not get.
    expect(page.locator("#tags")).to_be_focused()
    page.keyboard.type("files")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("find tagged")
    page.locator("#facet-tag summary").click()
    page.get_by_role("link", name="files").click()
    expect(page).to_have_url(re.compile(r"tag=files"))
    expect(page.locator(".tool-row")).to_have_count(1)


def test_the_selected_are_downloaded(page: Page) -> None:
    select(page, "find", "grep")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "tools.yaml"


@pytest.mark.usefixtures("context")
def test_everything_works_without_script(browser: Browser, few: Served) -> None:
    plain = browser.new_context(java_script_enabled=False, base_url=few.url)
    plain.add_cookies([few.cookie()])
    page = plain.new_page()
    page.goto("/tools?sort=-name")
    select(page, "grep", "sed")
    page.get_by_role("button", name="Disable").click()
    expect(row(page, "grep")).to_contain_text("Disabled")
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "grep")).not_to_contain_text("Disabled")
    expect(page).to_have_url(re.compile(r"sort=-name$"))
    page.locator("#facet-status summary").click()
    page.locator("#values-status").get_by_role("link", name="active").click()
    expect(page).to_have_url(re.compile(r"status=active"))
    select(page, "grep")
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", name="Delete grep?")).to_be_visible()
    page.get_by_role("link", name="Keep").click()
    expect(row(page, "grep")).to_be_visible()
    plain.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_a_menu_open_and_tools_selected(browser: Browser, served: Served, scheme: str) -> None:
    context = browser.new_context(base_url=served.url, color_scheme=scheme)  # type: ignore[arg-type]
    context.add_cookies([served.cookie()])
    page = context.new_page()
    page.goto("/tools?platform=linux&page_size=25&columns=status,owner,patterns")
    select(page, "awk")
    page.locator("#facet-capability summary").click()
    expect(page.locator("#find-capability")).to_be_focused()
    page.keyboard.type("disk")
    expect(page.locator("#values-capability li").first).to_contain_text("disk")
    assert axe_findings(page) == []
    context.close()
