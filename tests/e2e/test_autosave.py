"""Forms that save themselves, on a server that fails: what was typed is there, and arrives."""

import socket
from collections.abc import Callable, Iterator

import pytest
from flask import Response, request
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.text_page import TEXT, TextPage
from tests.served import wait_until

KEY = "draft:draft-1:node-1"
FAILING = "Not saved: the server does not answer. Trying again…"


@pytest.fixture
def text_page() -> Iterator[TextPage]:
    """The page, served."""
    page = TextPage().start()
    yield page
    page.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, text_page: TextPage) -> Page:
    """The page, ready."""
    page = context.new_page()
    visit(page, text_page)
    return page


def visit(page: Page, text_page: TextPage) -> None:
    page.goto(text_page.url)
    expect(page.locator("text-editor .cm-content")).to_be_visible()


def close_unheard(page: Page, text_page: TextPage) -> None:
    """Close it while nobody hears what it sends on its way out."""
    text_page.stop()
    page.close()
    text_page.start()


def state(page: Page) -> Locator:
    return page.locator("[data-save-state]")


def remembered(page: Page) -> str | None:
    told: str | None = page.evaluate("key => localStorage.getItem(key)", KEY)
    return told


def answers(status: int, **headers: str) -> Callable[[], Response]:
    return lambda: Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def broken_off() -> Response:
    """End the connection in the middle of the request, as a server that dies does."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()


def test_what_the_server_has_is_forgotten(page: Page, text_page: TextPage) -> None:
    page.get_by_label("Title").fill("New title")
    expect(state(page)).to_have_text("Saved")
    assert text_page.title == "New title"
    assert remembered(page) is None


def test_what_is_invalid_is_kept_by_the_server_too(page: Page, text_page: TextPage) -> None:
    text_page.answer = answers(422)
    page.get_by_label("Title").fill("Invalid")
    expect(state(page)).to_have_text("Saved")
    assert remembered(page) is None


@pytest.mark.parametrize("fails", [answers(503), answers(429), broken_off])
def test_a_failing_server_is_asked_again_until_it_has_it(
    page: Page, text_page: TextPage, fails: Callable[[], Response]
) -> None:
    text_page.answer = fails
    page.get_by_label("Title").fill("New title")
    expect(state(page)).to_have_text(FAILING)
    assert "New title" in (remembered(page) or "")
    text_page.answer = lambda: None
    expect(state(page)).to_have_text("Saved")
    assert text_page.title == "New title"
    assert remembered(page) is None


def test_pauses_between_tries_grow(page: Page, text_page: TextPage) -> None:
    page.evaluate("""() => { window.sent = window.failed = 0;
        document.addEventListener("htmx:beforeSend", () => { window.sent += 1; });
        document.addEventListener("htmx:afterOnLoad", () => { window.failed += 1; }); }""")
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    text_page.answer = answers(503)
    page.get_by_label("Title").fill("New title")
    page.clock.run_for(100)
    for number, pause in enumerate((1, 2, 4, 8, 15, 15), start=1):
        page.wait_for_function("number => window.failed === number", arg=number)
        page.clock.run_for(pause * 1000 - 1)
        assert page.evaluate("window.sent") == number
        page.clock.run_for(1)
        assert page.evaluate("window.sent") == number + 1


def test_a_restart_in_between_loses_nothing_typed_before_during_and_after(page: Page, text_page: TextPage) -> None:
    editor = page.locator("text-editor .cm-content")
    editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# before, ")
    text_page.stop()
    page.keyboard.type("during, ")
    expect(state(page)).to_have_text(FAILING)
    text_page.start()
    page.keyboard.type("after\n")
    expect(state(page)).to_have_text("Saved")
    wait_until(lambda: text_page.text == "# before, during, after\n" + TEXT)


def test_coming_back_online_tries_at_once(page: Page, text_page: TextPage) -> None:
    page.clock.install()
    page.context.set_offline(True)
    page.get_by_label("Title").fill("New title")
    page.clock.run_for(100)
    expect(state(page)).to_have_text(FAILING)
    page.context.set_offline(False)
    expect(state(page)).to_have_text("Saved")
    assert text_page.title == "New title"


def test_a_closed_page_is_restored_and_saved(context: BrowserContext, page: Page, text_page: TextPage) -> None:
    text_page.answer = answers(503)
    page.get_by_label("Title").fill("New title")
    page.get_by_label("Urgent").check()
    page.locator("text-editor .cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# more\n")
    expect(state(page)).to_have_text(FAILING)
    close_unheard(page, text_page)
    assert text_page.text == TEXT
    text_page.answer = lambda: None
    again = context.new_page()
    visit(again, text_page)
    expect(state(again)).to_have_text("Restored what was not saved yet. Saved")
    assert (text_page.title, text_page.urgent, text_page.text) == ("New title", "yes", "# more\n" + TEXT)
    expect(again.get_by_label("Title")).to_have_value("New title")
    expect(again.locator("text-editor .cm-content")).to_contain_text("# more")
    assert remembered(again) is None


def test_what_was_sent_on_the_way_out_is_not_restored(page: Page, text_page: TextPage) -> None:
    page.get_by_label("Title").fill("New title")
    page.get_by_role("link", name="Elsewhere").click()
    wait_until(lambda: text_page.title == "New title")
    visit(page, text_page)
    expect(page.get_by_label("Title")).to_have_value("New title")
    expect(state(page)).to_be_empty()
    assert remembered(page) is None


def test_a_form_taken_away_sends_what_it_has(page: Page, text_page: TextPage) -> None:
    page.get_by_label("Title").fill("New title")
    page.evaluate("htmx.swap('main', '<p>Another node</p>', {swapStyle: 'innerHTML'})")
    wait_until(lambda: text_page.title == "New title")
    page.wait_for_function("key => localStorage.getItem(key) === null", arg=KEY)


def test_who_has_to_sign_in_again_finds_it_afterwards(page: Page, text_page: TextPage) -> None:
    refuse, tries = answers(401, HX_Redirect="/elsewhere"), []
    text_page.answer = lambda: tries.append(1) or refuse()
    page.get_by_label("Title").fill("New title")
    page.wait_for_url("**/elsewhere")
    # The page tries once more on its way out, which may arrive after the next one is there.
    wait_until(lambda: len(tries) > 1)
    assert text_page.title == "Old title"
    text_page.answer = lambda: None
    page.get_by_role("link", name="Back").click()
    expect(state(page)).to_have_text("Restored what was not saved yet. Saved")
    assert text_page.title == "New title"


@pytest.mark.parametrize(
    ("status", "words"), [(409, "changed elsewhere"), (412, "changed elsewhere"), (403, "refused")]
)
def test_what_is_refused_stays_in_the_browser_and_is_not_tried_again(
    page: Page, text_page: TextPage, status: int, words: str
) -> None:
    page.clock.install()
    tries = []
    text_page.answer = lambda: tries.append(1) or Response(status=status)
    page.get_by_label("Title").fill("New title")
    page.clock.run_for(100)
    expect(state(page)).to_contain_text(words)
    page.clock.run_for(60_000)
    assert len(tries) == 1
    assert "New title" in (remembered(page) or "")


def test_what_is_restored_says_into_what_it_was_typed(context: BrowserContext, page: Page, text_page: TextPage) -> None:
    text_page.answer = answers(503)
    page.get_by_label("Title").fill("New title")
    expect(state(page)).to_have_text(FAILING)
    close_unheard(page, text_page)
    text_page.step, text_page.answer = 7, lambda: None
    again = context.new_page()
    visit(again, text_page)
    expect(state(again)).to_have_text("Restored what was not saved yet. Saved")
    again.get_by_label("Title").fill("Newer title")
    expect(state(again)).to_have_text("Saved")
    assert [(saved["step"], saved["title"]) for saved in text_page.saves] == [("1", "New title"), ("8", "Newer title")]


def test_of_a_conflict_both_can_be_seen_or_what_was_typed_discarded(page: Page, text_page: TextPage) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    text_page.answer = lambda: Response("Both", 409)
    page.get_by_label("Title").fill("New title")
    state(page).get_by_role("button", name="Show both").click()
    expect(page.locator("body")).to_have_text("Both")
    visit(page, text_page)
    expect(page.get_by_label("Title")).to_have_value("New title")
    state(page).get_by_role("button", name="Discard what I typed").click()
    expect(page.get_by_label("Title")).to_have_value("Old title")
    assert remembered(page) is None


def test_a_button_that_sends_the_form_along_saves_it_too(page: Page, text_page: TextPage) -> None:
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.post_data or "") if asked.method == "POST" else None)
    page.get_by_label("Title").fill("New title")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Title")).to_have_count(0)
    assert remembered(page) is None
    assert text_page.title == "New title"
    assert "act=add" in sent[-1]


def test_leaving_warns_only_while_the_server_fails(page: Page, text_page: TextPage) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type) or dialog.accept())
    page.get_by_label("Title").fill("New title")
    expect(state(page)).to_have_text("Saved")
    visit(page, text_page)
    assert asked == []
    text_page.answer = answers(503)
    page.get_by_label("Title").press_sequentially("!")
    expect(state(page)).to_have_text(FAILING)
    page.get_by_role("link", name="Elsewhere").click()
    page.wait_for_url("**/elsewhere")
    assert asked == ["beforeunload"]


def test_the_next_node_has_a_memory_of_its_own(page: Page, text_page: TextPage) -> None:
    text_page.answer = answers(503)
    page.get_by_label("Title").fill("New title")
    expect(state(page)).to_have_text(FAILING)
    page.evaluate("""() => { const other = document.querySelector("form").cloneNode(true);
        other.dataset.node = "node-2"; other.title.value = "Theirs";
        htmx.swap("main", other.outerHTML, {swapStyle: "innerHTML"}); }""")
    expect(page.get_by_label("Title")).to_have_value("Old title")
    assert "New title" in (remembered(page) or "")


def test_where_storage_is_forbidden_it_still_saves(context: BrowserContext, text_page: TextPage) -> None:
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})")
    page = context.new_page()
    visit(page, text_page)
    page.get_by_label("Title").fill("New title")
    expect(state(page)).to_have_text("Saved")
