"""The author's journeys: from nothing to a published tool, mending, two at one tool, keys only, a slow server."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.definition import definition
from tests.people import HEADERS
from tests.served import Served

TOOLS = "/api/v1/tools"
MOST_FROM_BLANK, MOST_FROM_TEMPLATE = 40, 12
KEYS_PER_S, SLOWER_S = 12, 0.6
# Told by the browser of answers that tests provoke, and by htmx of a request that a later one has replaced.
EXPECTED = ("status of", "net::ERR", "htmx:sendAbort", "htmx:afterRequest")
PATTERN = "/capabilities/text_search/patterns/search_files"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog without tools."""
    directory = tmp_path_factory.mktemp("editor")
    (directory / "nothing").mkdir()
    served = Served(directory, {"SEED_DIR": str(directory / "nothing"), "RATE_LIMIT_ENABLED": "0"}).start()
    yield served
    served.stop()


def ask(served: Served, method: str, path: str, body: Any = None) -> Any:
    """A request of a program's that must succeed."""
    headers = {"Content-Type": "application/json", **HEADERS}
    data = json.dumps(body).encode() if body is not None else None
    with urlopen(Request(served.url + path, method=method, headers=headers, data=data), timeout=20) as answer:
        told = answer.read()
        return json.loads(told) if told else None


@pytest.fixture
def tool(served: Served, request: pytest.FixtureRequest) -> Iterator[str]:
    """A tool of the test's own."""
    name = re.sub(r"\W+", "-", request.node.name)[:90]
    ask(served, "POST", TOOLS, definition(name))
    yield name
    ask(served, "DELETE", f"{TOOLS}/{name}")


def signed_in(browser: Browser, served: Served) -> BrowserContext:
    """A new session of the administrator's."""
    context = browser.new_context(base_url=served.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([served.cookie()])
    return context


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page, watched for everything a user should not meet."""
    context = signed_in(browser, served)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [one for one in complaints if not any(word in one for word in EXPECTED)] == []


@dataclass
class Hands:
    """Somebody's hands: every click and every field filled is one interaction."""

    page: Page
    count: int = 0

    def click(self, role: Any, name: str, exact: bool = True) -> None:
        """Press a button or follow a link."""
        self.count += 1
        self.page.get_by_role(role, name=name, exact=exact).first.click()

    def fill(self, label: str, text: str) -> None:
        """Write into a field."""
        self.count += 1
        self.page.get_by_label(label, exact=True).first.fill(text)

    def choose(self, label: str, word: str) -> None:
        """Choose from a list."""
        self.count += 1
        self.page.get_by_label(label, exact=True).first.select_option(word)


def saved(page: Page) -> None:
    """Wait until all that was typed is on the server."""
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")
    page.wait_for_function("() => !document.querySelector('.htmx-request')")


def published(page: Page, name: str) -> None:
    """Wait for the tool's page after publishing."""
    page.wait_for_url(re.compile(rf"/tools/{re.escape(name)}(\?|$)"))


def edit(page: Page, tool: str, node: str = "") -> str:
    """Open a tool's draft at a part; the draft's address."""
    page.goto(f"/tools/{tool}/edit")
    address = page.url.split("?")[0]
    if node:
        page.goto(f"{address}?node={node}")
    return address


def test_a_first_tool_is_made_from_nothing_in_few_steps(page: Page, served: Served) -> None:
    hands = Hands(page)
    page.goto("/tools")
    hands.click("link", "New tool")
    hands.fill("Name", "df-report")
    hands.fill("What it is for", "Tell how full the disks are")
    hands.click("button", "Blank", exact=False)
    hands.choose("Platform", "linux")
    hands.choose("Category", "storage")
    hands.click("link", "first_capability", exact=False)
    # Until the part is there, "Name" is that of the tool.
    expect(page.get_by_label("What it can do", exact=True)).to_be_visible()
    hands.fill("Name", "disk_usage")
    hands.fill("What it can do", "Tell how much room disks have")
    hands.click("link", "first_pattern", exact=False)
    hands.fill("Pattern name", "all_disks")
    hands.fill("What it does", "List every filesystem with its free room")
    hands.fill("Use cases", "is a disk full\nfree space left")
    hands.fill("Time estimate", "200 + 20 * num_filesystems")
    expect(page.locator("#slot-time_estimate_ms")).to_contain_text("num_filesystems")
    hands.fill("Cost estimate", "1")
    hands.count += 1
    page.get_by_label("Safe in production").check()
    hands.click("button", "Add required input", exact=False)
    hands.fill("Name", "host")
    saved(page)
    hands.click("link", "Publish", exact=False)
    hands.fill("Reason", "First")
    hands.click("button", "Publish")
    published(page, "df-report")
    tool = ask(served, "GET", f"{TOOLS}/df-report")
    assert tool["status"] == "active"
    pattern = tool["capabilities"]["disk_usage"]["patterns"]["all_disks"]
    assert pattern["required_inputs"][0]["name"] == "host"
    assert pattern["policy"]["production_safe"] is True
    assert hands.count <= MOST_FROM_BLANK, hands.count


def test_a_tool_is_made_from_a_template_in_very_few_steps(page: Page, served: Served) -> None:
    hands = Hands(page)
    page.goto("/tools")
    hands.click("link", "New tool")
    hands.fill("Name", "my-probe")
    hands.fill("What it is for", "Ask whether the gateway answers")
    hands.click("button", "Network probe", exact=False)
    saved(page)
    hands.click("link", "Publish", exact=False)
    hands.click("button", "Publish")
    published(page, "my-probe")
    assert ask(served, "GET", f"{TOOLS}/my-probe")["status"] == "active"
    assert hands.count <= MOST_FROM_TEMPLATE


def test_a_broken_expression_is_mended_by_its_suggestion(page: Page, served: Served, tool: str) -> None:
    edit(page, tool, PATTERN)
    page.get_by_label("Time estimate").fill("ceil(N / 100")
    slot = page.locator("#slot-time_estimate_ms")
    expect(slot).to_contain_text("is never closed")
    expect(page.get_by_label("Time estimate")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".outline a[aria-current] .tick.bad")).to_be_visible()
    expect(page.locator("#yaml li.error")).to_contain_text("time_estimate_ms")
    slot.get_by_role("button").click()
    expect(page.get_by_label("Time estimate")).to_have_value("ceil(N / 100)")
    expect(page.locator("#slot-time_estimate_ms .found")).to_have_count(0)
    expect(page.locator("#yaml li.error")).to_have_count(0)


def test_two_browsers_conflict_and_nothing_of_either_is_lost(
    page: Page, browser: Browser, served: Served, tool: str
) -> None:
    edit(page, tool)
    page.get_by_label("What it is for").fill("Mine")
    saved(page)
    context = browser.new_context(base_url=served.url)
    other = context.new_page()
    ask(served, "POST", "/api/v1/accounts/users", {"name": "bo", "role": "admin"})
    sign_in(other, served, "bo")
    edit(other, tool)
    expect(other.locator("#presence")).to_contain_text("admin edits")
    other.get_by_label("What it is for").fill("Theirs")
    saved(other)
    other.get_by_label("Category").select_option("security")
    saved(other)
    other.get_by_role("link", name="Publish").click()
    other.get_by_role("button", name="Publish").click()
    published(other, tool)
    context.close()

    page.get_by_role("link", name="Publish").click()
    page.get_by_role("link", name="Bring both together").click()
    expect(page.get_by_role("group", name="description")).to_contain_text("Theirs")
    page.get_by_role("group", name="description").get_by_text("Mine").click()
    page.get_by_role("button", name="Make this my draft").click()
    expect(page.get_by_label("What it is for")).to_have_value("Mine")
    expect(page.get_by_label("Category")).to_have_value("security")
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    published(page, tool)
    merged = ask(served, "GET", f"{TOOLS}/{tool}")
    assert (merged["description"], merged["category"], merged["version"]) == ("Mine", "security", "1.2")


def test_keys_alone_edit_and_publish(page: Page, served: Served, tool: str) -> None:
    page.goto(f"/tools/{tool}")
    tab_to(page, "Edit")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/drafts/"))
    tab_to(page, "search_files")
    page.keyboard.press("Enter")
    page.locator("#f-time_estimate_ms").wait_for()
    tab_to(page, "What it does")
    page.keyboard.press("Control+a")
    page.keyboard.type("Typed by keys alone")
    expect(page.locator("#yaml")).to_contain_text("Typed by keys alone")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile("/publish$"))
    page.keyboard.type("No mouse at hand")
    page.keyboard.press("Enter")
    published(page, tool)
    pattern = ask(served, "GET", f"{TOOLS}/{tool}")["capabilities"]["text_search"]["patterns"]["search_files"]
    assert pattern["description"] == "Typed by keys alone"


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    is_there = """name => {
      const here = document.activeElement;
      const told = here.labels?.length ? here.labels[0].textContent : here.textContent;
      return told.trim().startsWith(name);
    }"""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(is_there, name):
            return
    raise AssertionError(f"Tab does not lead to {name}")


def test_fast_typing_at_a_slow_server_loses_no_key(page: Page, tool: str) -> None:
    edit(page, tool, PATTERN)

    def slowly(route: Route) -> None:
        threading.Event().wait(SLOWER_S)
        route.continue_()

    page.route(re.compile(r"/drafts/\d+/\w+$"), slowly)
    field, text = page.get_by_label("Time estimate"), "150 + 0.25 * N + ceil(pages / 7) * max(N, 3"
    field.fill("")
    field.press_sequentially(text, delay=1000 / KEYS_PER_S)
    assert field.input_value() == text
    expect(page.locator("#slot-time_estimate_ms")).to_contain_text("is never closed", timeout=15_000)
    field.press_sequentially(")", delay=1000 / KEYS_PER_S)
    expect(page.locator("#slot-time_estimate_ms .found")).to_have_count(0, timeout=15_000)
    page.unroute_all(behavior="wait")
    expect(page.locator("#yaml")).to_contain_text(f"time_estimate_ms: {text})")
    assert field.input_value() == f"{text})"


def test_a_click_right_after_typing_is_not_lost_at_a_slow_server(page: Page, tool: str) -> None:
    edit(page, tool)

    def slowly(route: Route) -> None:
        threading.Event().wait(SLOWER_S)
        route.continue_()

    page.route(re.compile(r"/drafts/\d+/\w+$"), slowly)
    page.get_by_label("What it is for").fill("Typed just before the click")
    page.locator("#outline").get_by_role("link", name="text_search").click()
    expect(page.get_by_label("What it can do", exact=True)).to_be_visible()
    page.unroute_all(behavior="wait")
    expect(page.locator("#yaml")).to_contain_text("Typed just before the click")


def test_what_was_typed_outlives_a_server_that_is_down_and_a_closed_page(
    browser: Browser, served: Served, tool: str
) -> None:
    page = signed_in(browser, served).new_page()
    address = edit(page, tool)
    page.route(re.compile(r"/drafts/\d+/basics$"), lambda route: route.abort())
    page.get_by_label("What it is for").fill("Typed while nobody answered")
    expect(page.locator("[data-save-state]")).to_contain_text("Not saved")
    page.unroute_all(behavior="wait")
    again = page.context.new_page()
    again.goto(address)
    expect(again.get_by_label("What it is for")).to_have_value("Typed while nobody answered")
    saved(again)
    again.reload()
    expect(again.get_by_label("What it is for")).to_have_value("Typed while nobody answered")
    page.context.close()


def sign_in(page: Page, served: Served, name: str) -> None:
    """Sign somebody in by a link that was made for them."""
    page.goto(ask(served, "POST", f"/api/v1/accounts/users/{name}/sign-in-link")["url"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/tools|/account"))


def test_what_was_typed_outlives_being_signed_out(browser: Browser, served: Served, tool: str) -> None:
    ask(served, "POST", "/api/v1/accounts/users", {"name": "cy", "role": "admin"})
    context = browser.new_context(base_url=served.url)
    page, elsewhere = context.new_page(), context.new_page()
    sign_in(page, served, "cy")
    address = edit(page, tool)
    elsewhere.goto("/tools")
    elsewhere.get_by_role("button", name="Sign out").click()
    elsewhere.wait_for_url(re.compile("/sign-in"))
    page.get_by_label("What it is for").fill("Typed after being signed out")
    page.wait_for_url(re.compile(r"/sign-in\?next=%2Fdrafts%2F|/sign-in\?next=/drafts/"))
    sign_in(page, served, "cy")
    page.goto(address)
    expect(page.get_by_label("What it is for")).to_have_value("Typed after being signed out")
    saved(page)
    context.close()


def test_acts_keep_the_place_and_give_the_focus_to_what_is_new(page: Page, tool: str) -> None:
    edit(page, tool, PATTERN)
    page.get_by_role("button", name="Add required input").click()
    expect(page.get_by_label("Name", exact=True).nth(1)).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-save-state]")).to_contain_text("Undone")
    expect(page.locator("#rows-required_inputs .row-card")).to_have_count(1)
    page.get_by_role("button", name="Redo").click()
    expect(page.locator("#rows-required_inputs .row-card")).to_have_count(2)


def test_text_and_form_show_the_same_draft(page: Page, tool: str) -> None:
    edit(page, tool)
    page.get_by_role("link", name="Edit as text").first.click()
    content = page.locator("text-editor .cm-content")
    content.wait_for()
    content.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.type(" and more")
    saved(page)
    page.get_by_role("button", name="Back to the form").click()
    expect(page.get_by_label("What it is for")).to_have_value(re.compile("and more$"))


def test_a_tool_page_says_when_it_is_live(page: Page, tool: str) -> None:
    edit(page, tool)
    page.get_by_label("What it is for").fill("Live soon")
    saved(page)
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    published(page, tool)
    expect(page.get_by_text(re.compile("Live on", re.I))).to_be_visible()


def test_without_script_a_tool_is_edited_as_form_and_as_text(browser: Browser, served: Served, tool: str) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    context.add_cookies([served.cookie()])
    page = context.new_page()
    edit(page, tool)
    page.get_by_label("What it is for").fill("Without script")
    page.get_by_role("button", name="Save").last.click()
    page.get_by_role("link", name="Edit as text").first.click()
    text = page.get_by_label("The definition")
    assert "Without script" in text.input_value()
    text.fill(text.input_value().replace("Without script", "Still without"))
    page.get_by_role("button", name="Save").last.click()
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    assert ask(served, "GET", f"{TOOLS}/{tool}")["description"] == "Still without"
    context.close()
