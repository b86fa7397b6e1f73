"""The playground in a real browser: answers while one types, sliders, a link that says it all, copies, keys."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.definition import PATTERN, definition
from tests.e2e.conftest import axe_findings
from tests.people import HEADERS
from tests.served import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog of this module's own: one tool is quick and dear, one slow and cheap."""
    directory = tmp_path_factory.mktemp("e2e-playground")
    nothing = directory / "nothing"
    nothing.mkdir()
    served = Served(directory / "data", {"WORKERS": "1", "SEED_DIR": str(nothing)}).start()
    create(served, "dash", time_estimate_ms=50, cost_estimate=5)
    create(served, "snail", time_estimate_ms="600 * N", cost_estimate=0)
    yield served
    served.stop()


def create(served: Served, name: str, **changes: Any) -> None:
    """Store a tool whose only pattern has keys replaced."""
    body = definition(name, capabilities={"text_search": {"patterns": {"search_files": {**PATTERN, **changes}}}})
    headers = {**HEADERS, "Content-Type": "application/json"}
    with urlopen(Request(f"{served.url}/api/v1/tools", json.dumps(body).encode(), headers), timeout=10) as answer:
        assert answer.status == 201


def expect_first(page: Page, name: str) -> None:
    expect(page.locator(".candidate.first h3")).to_have_text(name)
    expect(page.locator("#because")).to_contain_text(name)


def test_typing_an_intent_ranks_candidates_and_writes_the_address(page: Page) -> None:
    page.goto("/select")
    expect(page.get_by_label("What is to be done?")).to_be_focused()
    page.keyboard.type("search files cheaply")
    expect(page.locator(".candidate")).to_have_count(2)
    expect_first(page, "snail.search_files")
    expect(page.get_by_label("What is to be done?")).to_have_value("search files cheaply")
    expect(page.get_by_label("What is to be done?")).to_be_focused()
    assert page.url.endswith("/select?intent=search+files+cheaply")


def test_sliders_change_the_winner_and_what_is_open_stays_open(page: Page) -> None:
    page.goto("/select?intent=search+files&preference=cheap")
    expect_first(page, "snail.search_files")
    why = page.locator(".candidate", has_text="snail").locator(".why")
    why.locator("summary").click()
    expect(why.get_by_role("table")).to_be_visible()
    page.get_by_text("Weights", exact=True).click()
    page.get_by_label("Quick").focus()
    page.keyboard.press("End")
    page.get_by_label("Cheap").last.focus()
    page.keyboard.press("Home")
    expect_first(page, "dash.search_files")
    expect(page.get_by_label("Own weights")).to_be_checked()
    expect(page.locator("output[for=weight_cost]")).to_have_text("0 %")
    expect(why.get_by_role("table")).to_be_visible()
    assert page.url.endswith("weights=time%3D100%2Ccomplexity%3D15%2Caccuracy%3D15%2Ccompleteness%3D15")
    assert axe_findings(page) == []


def test_a_variable_is_said_and_the_link_opens_the_same(page: Page, served: Served) -> None:
    page.goto("/select?intent=search+files")
    page.get_by_label("N", exact=True).fill("500")
    expect(page.locator(".candidate", has_text="snail")).to_contain_text("5 min")
    page.get_by_label("Environment").fill("staging")
    expect(page).to_have_url(re.compile("environment=staging"))
    link = page.locator("#share-link").text_content()
    assert link == f"{served.url}/select?intent=search+files&environment=staging&variables=N%3D500"
    page.goto(link)
    expect(page.get_by_label("N", exact=True)).to_have_value("500")
    expect(page.locator(".candidate", has_text="snail")).to_contain_text("5 min")


def test_what_is_copied_is_the_request(page: Page, served: Served) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/select?intent=search+files")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{served.url}/select?intent=search+files"
    page.get_by_text("As curl", exact=True).click()
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_role("button", name="Copied").last).to_be_visible()
    assert '{"intent": "search files"}' in page.evaluate("navigator.clipboard.readText()")


def test_goals_are_chosen_by_key_and_the_slash_leads_back_to_the_question(page: Page) -> None:
    page.goto("/select?intent=search+files&preference=cheap")
    page.get_by_label("Cheap", exact=True).first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("Fast")).to_be_checked()
    expect_first(page, "dash.search_files")
    expect(page.get_by_label("Fast")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("#ranked-title").click()
    page.keyboard.press("/")
    expect(page.get_by_label("What is to be done?")).to_be_focused()


def test_a_request_is_saved_as_a_case_with_what_comes_first(page: Page) -> None:
    page.goto("/select?intent=search+files&preference=cheap")
    page.get_by_role("heading", name="Save as a regression case").click()
    assert axe_findings(page) == []
    page.get_by_label("Name").fill("Search cheaply")
    page.get_by_label("Must hold").check()
    page.get_by_role("button", name="Save case").click()
    expect(page.get_by_text("The case Search cheaply is saved.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("snail.search_files")
    page.get_by_role("link", name="search files").click()
    expect_first(page, "snail.search_files")
