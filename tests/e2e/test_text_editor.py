"""Editing as text in a real browser: nothing typed is lost, what the server says is shown where it belongs."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import axe_findings
from tests.e2e.text_page import TEXT, TextPage, finding, found
from tests.served import wait_until

VALUE = "document.getElementById('definition').value"
REPLACE = """text => document.getElementById("definition")
    .dispatchEvent(new CustomEvent("text-editor:replace", {detail: {text}}))"""
SWAP = """([html, times]) => { for (let i = 0; i < times; i += 1) setTimeout(() => {
    document.getElementById("text-findings").outerHTML = html.replace("Message", `Message ${i}`); }, i * 90); }"""
COUNT_INPUTS = "window.inputs = 0; document.body.addEventListener('input', () => { window.inputs += 1; })"
# What each piece of text is drawn in and on, as [red, green, blue], whatever the notation of the colours.
COLOURS = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const behind = (element) => {
        const all = [];
        for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
            all.unshift(getComputedStyle(at).backgroundColor);
        }
        return all;
    };
    const paint = (colours) => {
        canvas.clearRect(0, 0, 1, 1);
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const shadow = document.querySelector("text-editor").shadowRoot;
    return [...shadow.querySelectorAll("*")]
        .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
        .map((element) => [element.textContent, paint([...behind(element), getComputedStyle(element).color]),
            paint(behind(element))]);
}"""


@pytest.fixture
def text_page() -> Iterator[TextPage]:
    """The page, served."""
    page = TextPage().start()
    yield page
    page.stop()


def open_page(browser: Browser, text_page: TextPage, **options: Any) -> Iterator[Page]:
    """The page in a browser, watched for everything a user should not meet."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(text_page.url) else None)
    page.goto(text_page.url)
    yield page
    context.close()
    assert not complaints


@pytest.fixture
def page(browser: Browser, text_page: TextPage) -> Iterator[Page]:
    """The page with its editor ready, and the cursor at its start."""
    for page in open_page(browser, text_page):
        page.evaluate(COUNT_INPUTS)
        content(page).click()
        page.keyboard.press("Control+Home")
        yield page


def content(page: Page) -> Locator:
    return page.locator("text-editor .cm-content")


def text_of(page: Page) -> str:
    text: str = page.evaluate(VALUE)
    return text


def marks(page: Page) -> Locator:
    return page.locator(".cm-lintRange")


def tell(page: Page, *items: str) -> None:
    page.evaluate("html => { document.getElementById('text-findings').outerHTML = html; }", found(*items))


def test_what_is_typed_reaches_the_textarea_and_is_saved(page: Page, text_page: TextPage) -> None:
    page.keyboard.type("x: 1\n")
    assert text_of(page) == "x: 1\n" + TEXT
    assert page.evaluate("window.inputs") == len("x: 1\n")
    wait_until(lambda: text_page.saves)
    wait_until(lambda: text_page.text == "x: 1\n" + TEXT)


def test_numbers_and_words_are_told_from_other_text(page: Page) -> None:
    expect(page.locator(".cm-line .number")).to_have_text(["0.3"])
    expect(page.locator(".cm-line .word")).to_have_text(["true"])
    page.keyboard.type("1: -2e3\n")
    expect(page.locator(".cm-line .number")).to_have_text(["-2e3", "0.3"])


def test_undo_and_indenting_reach_the_textarea(page: Page) -> None:
    page.keyboard.press("Tab")
    assert text_of(page) == "  " + TEXT
    page.keyboard.press("Shift+Tab")
    assert text_of(page) == TEXT
    page.keyboard.type("a")
    page.keyboard.press("Control+z")
    assert text_of(page) == TEXT


def test_no_key_is_lost_while_findings_are_swapped(page: Page, text_page: TextPage) -> None:
    typed = "note: as fast as somebody types, twelve keys in a second\n"
    text_page.findings = [finding(3, "Quotes are not needed.", 10)]
    page.evaluate(SWAP, [found(finding(2, "Message", 12, fix="Change to it")), 40])
    page.keyboard.type(typed, delay=1000 / 12)
    assert text_of(page) == typed + TEXT
    wait_until(lambda: text_page.text == typed + TEXT)


def test_findings_are_shown_where_they_belong_and_go_away(page: Page) -> None:
    tell(
        page, finding(9, "This bracket is never closed.", 24), finding(3, "Quotes are not needed.", severity="warning")
    )
    expect(marks(page)).to_have_text(['version: "2.4.0"', '"ceil(N / 100"'])
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(page.locator(".cm-lint-marker-warning")).to_have_count(1)
    page.keyboard.press("F8")
    expect(page.get_by_role("status").filter(has_text="Warning: Quotes are not needed.")).to_be_visible()
    page.keyboard.press("F8")
    expect(page.get_by_role("status").filter(has_text="Error: This bracket is never closed.")).to_be_visible()
    expect(page.locator(".cm-tooltip")).to_contain_text("This bracket is never closed.")
    page.keyboard.press("Escape")
    expect(page.locator(".cm-tooltip")).to_have_count(0)
    tell(page)
    expect(marks(page)).to_have_count(0)
    expect(page.locator(".cm-lint-marker")).to_have_count(0)


def test_findings_of_a_longer_text_or_an_empty_line_do_no_harm(page: Page) -> None:
    tell(page, finding(99, "Beyond the end.", 99), finding(12, "Nothing here."), finding(2, "Far right.", 400))
    expect(page.locator(".cm-lint-marker")).to_have_count(2)
    page.keyboard.type("a")
    assert text_of(page) == "a" + TEXT


def test_columns_count_characters(page: Page) -> None:
    page.evaluate(REPLACE, 'face: "😀😀" # smile')
    tell(page, finding(1, "Not serious.", 12, severity="hint"))
    expect(marks(page)).to_have_text(["# smile"])


def test_a_fix_presses_the_button_of_the_page(page: Page, text_page: TextPage) -> None:
    tell(page, finding(3, "Quotes are not needed.", 10, fix="Change to 2.4.0"))
    page.evaluate("htmx.process(document.getElementById('text-findings'))")
    page.keyboard.press("F8")
    page.locator(".cm-tooltip").get_by_role("button", name="Change to 2.4.0").click()
    wait_until(lambda: text_page.fixes == ["Change to 2.4.0"])
    page.keyboard.press("Control+.")
    wait_until(lambda: text_page.fixes == ["Change to 2.4.0"] * 2)


def test_a_click_on_a_finding_moves_there_also_after_typing(page: Page, text_page: TextPage) -> None:
    # A save that tells no findings: those that are there stay, however soon it is answered.
    text_page.answer = lambda: Response(status=204)
    tell(page, finding(4, "Unknown platform.", 11))
    expect(marks(page)).to_have_count(1)
    page.keyboard.type("# one line more\n")
    page.get_by_text("Unknown platform.").click()
    page.keyboard.type("my-")
    assert "platform: my-linux" in text_of(page)


def test_replacing_keeps_the_cursor_and_is_one_step_of_undo(page: Page, text_page: TextPage) -> None:
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.type("a")
    wait_until(lambda: "linuxa" in text_page.text)
    before = len(text_page.saves)
    page.evaluate(REPLACE, text_of(page).replace("systemctl", "systemctl-ng").replace("2.4.0", "2.4.1"))
    page.keyboard.type("b")
    assert 'name: systemctl-ng\nversion: "2.4.1"\nplatform: linuxab\n' in text_of(page)
    wait_until(lambda: "linuxab" in text_page.text)
    assert len(text_page.saves) == before + 1
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert 'name: systemctl\nversion: "2.4.0"\nplatform: linuxa\n' in text_of(page)
    page.keyboard.press("Control+z")
    assert text_of(page) == TEXT


def test_a_swapped_element_replaces_without_script(page: Page) -> None:
    page.evaluate("""() => { document.getElementById("swapped").innerHTML =
        '<textarea hidden data-replaces="definition">\\nsmall: true</textarea>'; }""")
    expect(content(page)).to_have_text("small: true")
    assert text_of(page) == "small: true"
    assert page.evaluate("window.inputs") == 0
    expect(page.locator("[data-replaces]")).to_have_count(0)


def test_the_forms_reset_reaches_the_editor(page: Page) -> None:
    page.keyboard.type("more")
    page.evaluate("document.querySelector('form').reset()")
    expect(content(page)).not_to_contain_text("more")
    assert text_of(page) == TEXT


def test_escape_then_tab_leaves_however_slowly_and_a_label_comes_back(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("status").filter(has_text="Tab now leaves the editor.")).to_be_visible()
    page.evaluate("Date.now = (now => () => now() + 60_000)(Date.now.bind(Date))")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    assert text_of(page) == TEXT
    page.keyboard.press("Shift+Tab")
    expect(content(page)).to_be_focused()
    page.keyboard.press("Tab")
    assert text_of(page) != TEXT
    page.get_by_label("Title").focus()
    page.get_by_text("Definition", exact=True).click()
    expect(content(page)).to_be_focused()


def test_how_to_leave_is_told_to_who_cannot_see_it(page: Page) -> None:
    expect(page.get_by_role("textbox", name="Definition")).to_have_count(1)
    assert (
        content(page)
        .evaluate("one => one.getRootNode().getElementById(one.getAttribute('aria-describedby')).textContent")
        .startswith("Tab indents; Esc, then Tab leaves.")
    )


def test_known_words_are_offered(page: Page) -> None:
    page.keyboard.type("compl")
    expect(page.get_by_role("option")).to_have_text(["completeness", "complexity_score"])
    page.get_by_role("option", name="complexity_score").click()
    assert text_of(page) == "complexity_score" + TEXT
    page.keyboard.type(": compl")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("Enter")
    assert text_of(page).startswith("complexity_score: compl\n")


def test_single_keys_are_no_shortcuts_of_the_page(page: Page) -> None:
    page.evaluate("window.heard = []; document.addEventListener('keydown', ({key}) => window.heard.push(key))")
    page.keyboard.type("j/?")
    page.keyboard.press("Control+k")
    assert page.evaluate("window.heard") == ["Control", "k"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_easy_to_read(browser: Browser, text_page: TextPage, scheme: Any) -> None:
    text_page.findings = [finding(9, "A bracket.", 24, fix="Close it"), finding(3, "Quotes.", severity="warning")]
    for page in open_page(browser, text_page, color_scheme=scheme):
        content(page).click()
        page.keyboard.press("Control+f")
        page.keyboard.type("cap")
        expect(page.locator(".cm-searchMatch")).to_have_count(2)
        content(page).click()
        page.keyboard.press("F8")
        expect(page.locator(".cm-tooltip")).to_be_visible()
        drawn = page.evaluate(COLOURS)
        assert len({tuple(ink) for _, ink, _ in drawn}) >= 5
        assert [(text, ink, ground) for text, ink, ground in drawn if contrast(ink, ground) < 4.5] == []
        assert axe_findings(page) == []


def test_the_page_reflows_at_four_hundred_percent(browser: Browser, text_page: TextPage) -> None:
    text_page.text = "description: " + "a long sentence that has to wrap " * 20
    for page in open_page(browser, text_page):
        page.set_viewport_size({"width": 320, "height": 256})
        expect(content(page)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        scroller = page.locator(".cm-scroller")
        assert scroller.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_without_script_the_textarea_is_there(browser: Browser, text_page: TextPage) -> None:
    for page in open_page(browser, text_page, java_script_enabled=False):
        page.get_by_label("Definition").fill("plain: true\n")
        page.get_by_role("button", name="Save").click()
        wait_until(lambda: text_page.text == "plain: true\n")


def test_when_the_editor_cannot_be_loaded_the_textarea_stays(browser: Browser, text_page: TextPage) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/codemirror-*", lambda route: route.abort())
    with page.expect_event("pageerror"):
        page.goto(text_page.url)
    page.locator("textarea").fill("plain: true\n")
    wait_until(lambda: text_page.text == "plain: true\n")
    context.close()


def contrast(one: list[int], other: list[int]) -> float:
    """How far apart two colours are in lightness, by WCAG: 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: list[int]) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
