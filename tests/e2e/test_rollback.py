"""An author finds what a new version broke, goes back, sees it live everywhere, and undoes it — in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.definition import definition
from tests.e2e.conftest import axe_findings
from tests.people import HEADERS
from tests.served import Served, wait_until

IN_ONE_THEME = pytest.mark.parametrize("page", ["light"], indirect=True)
PHONE = {"width": 390, "height": 844}


def send(served: Served, method: str, path: str, body: Any) -> None:
    """Make a request that must succeed."""
    headers = {**HEADERS, "Content-Type": "application/json"}
    with urlopen(Request(served.url + path, json.dumps(body).encode(), headers, method=method), timeout=10) as answer:
        assert json.load(answer)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog of this module's own, served by two processes, with one tool of two versions."""
    directory: Path = tmp_path_factory.mktemp("e2e-rollback")
    nothing = directory / "nothing"
    nothing.mkdir()
    served = Served(directory / "data", {"WORKERS": "2", "SEED_DIR": str(nothing)}).start()
    wait_until(lambda: json.loads(served.get("/api/v1/tools/reload/statistics"))["live_processes"] == 2)
    send(served, "POST", "/api/v1/tools", definition(examples=[{"name": f"Example {n}"} for n in range(12)]))
    slower = definition(examples=[{"name": f"Example {n}"} for n in range(12)])
    slower["capabilities"]["text_search"]["patterns"]["search_files"]["time_estimate_ms"] = "200 + 5 * N"
    del slower["version"]
    send(served, "PUT", "/api/v1/tools/grep?reason=Network%20drives", slower)
    yield served
    served.stop()


def latest(served: Served) -> str:
    """The version orchestrators see."""
    return str(json.loads(served.get("/api/v1/tools/grep"))["version"])


def roll_back(page: Page) -> None:
    """Compare, ask for the way back, say why, and go."""
    page.goto("/tools/grep?tab=versions")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    expect(page.locator(".changes")).to_contain_text("Time estimate 200 + 0.5 * N → 200 + 5 * N")
    page.get_by_role("link", name="Roll back").click()
    page.get_by_label("Reason").fill("Slower on NFS")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("1.0 is the latest again.")).to_be_visible()


def undo(page: Page) -> None:
    """Take it back."""
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1.1 is the latest again.")).to_be_visible()


def test_rollback(page: Page, served: Served) -> None:
    roll_back(page)
    expect(page.locator("#live-line")).to_have_text("Live on all 2 processes")
    assert latest(served) == "1.0"
    assert axe_findings(page) == []
    page.get_by_role("link", name="Audit", exact=True).click()
    expect(page.locator("#audit tbody tr").first).to_contain_text("Slower on NFS")
    page.go_back()
    page.get_by_role("link", name="Make latest").click()
    page.get_by_role("dialog").get_by_role("button", name="Make latest").click()
    expect(page.get_by_text("1.1 is the latest again.")).to_be_visible()
    assert latest(served) == "1.1"


@IN_ONE_THEME
def test_a_rollback_is_undone_in_one_click(page: Page, served: Served) -> None:
    roll_back(page)
    undo(page)
    expect(page.locator("#live-line")).to_have_text("Live on all 2 processes")
    assert latest(served) == "1.1"


def test_a_rollback_needs_no_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    context.add_cookies([served.cookie()])
    page = context.new_page()
    roll_back(page)
    page.get_by_role("link", name="See how far it has come").click()
    expect(page.get_by_text("Live on all 2 processes")).to_be_visible()
    page.goto("/tools/grep/versions/1.1/promote")
    page.get_by_role("button", name="Make latest").click()
    expect(page.get_by_text("1.1 is the latest again.")).to_be_visible()
    context.close()


@IN_ONE_THEME
def test_other_versions_are_compared_as_soon_as_they_are_chosen(page: Page) -> None:
    page.goto("/tools/grep/compare")
    page.get_by_label("From").focus()
    page.get_by_label("From").select_option("1.1")
    expect(page.get_by_text("This is the same version twice.")).to_be_visible()
    expect(page.get_by_label("From")).to_be_focused()
    page.go_back()
    expect(page.get_by_label("From")).to_have_value("1.0")
    page.get_by_role("link", name="The other way round").click()
    expect(page.locator(".changes")).to_contain_text("200 + 5 * N → 200 + 0.5 * N")


@IN_ONE_THEME
def test_unchanged_lines_are_folded_and_can_be_shown(page: Page) -> None:
    page.goto("/tools/grep/compare")
    far = page.locator(".line-diff .text", has_text="name: Example 11").first
    expect(far).to_be_hidden()
    page.locator(".line-diff summary").last.click()
    expect(far).to_be_visible()


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(page: Page, size: Any) -> None:
    if size:
        page.set_viewport_size(size)
    for address in ("/tools/grep/compare", "/tools/grep?tab=versions", "/tools/grep/versions/1.0/promote"):
        page.goto(address)
        assert axe_findings(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
