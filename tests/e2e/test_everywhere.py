"""Every page there is, in both themes, wide and on a phone: accessible, within the policy, silent, and it fits.

A page that is not listed here fails the first test.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize

from tests.definition import definition
from tests.e2e.conftest import axe_findings
from tests.hostile.test_xss import page_routes
from tests.people import HEADERS
from tests.served import Served

# Each page's route with the addresses that show it, in every state that looks different.
ADDRESSES: dict[str, tuple[str, ...]] = {
    "/": (),  # leads to the list
    "/account": ("/account",),
    "/account/second-factor": ("/account/second-factor",),
    "/accounts": ("/accounts",),
    "/api/docs": ("/api/docs",),
    "/audit": ("/audit", "/audit?tool=nothing"),
    "/capabilities": ("/capabilities", "/capabilities?q=nothing-like-this"),
    "/capabilities/<path:capability>": ("/capabilities/text_search", "/capabilities/nothing"),
    "/drafts": ("/drafts", "/drafts?discarded=9"),
    "/drafts/<int:number>": (
        *("/drafts/1", "/drafts/1?node=about", "/drafts/1?node=dependencies", "/drafts/1?node=variables"),
        *("/drafts/1?node=/capabilities/text_search", "/drafts/1?node=/capabilities/text_search/patterns/search_files"),
        *("/drafts/2", "/drafts/99"),
    ),
    "/drafts/<int:number>/conflict": ("/drafts/3/conflict",),
    "/drafts/<int:number>/presence": (),  # a part of the editor
    "/drafts/<int:number>/publish": ("/drafts/1/publish", "/drafts/3/publish"),
    "/drafts/<int:number>/text": ("/drafts/1/text", "/drafts/2/text"),
    "/drafts/<int:number>/yaml": (),  # a part of the editor
    "/export": ("/export", "/export?names=grep"),
    "/import": ("/import",),
    "/import/<int:number>": ("/import/9",),
    "/import/<int:number>/progress": (),  # a part of the page
    "/palette": ("/palette", "/palette?q=grep", "/palette?q=zzzzqqqq"),
    "/reloads": ("/reloads",),
    "/reloads/standing": ("/reloads/standing?revision=1",),
    "/select": (
        *("/select", "/select?intent=search+text+in+files", "/select?intent=zzzz", "/select?intent=search&limit=x"),
        *(
            "/select?capabilities=text_search&against=grep@1.0&weights=time=2,cost=1&variables=N=40",
            "/select?against=x",
        ),
    ),
    "/select/cases": ("/select/cases",),
    "/select/cases/<name>/delete": ("/select/cases/Find%20text/delete",),
    "/select/cases/<name>/edit": ("/select/cases/Find%20text/edit", "/select/cases/Nothing/edit"),
    "/select/cases/new": ("/select/cases/new", "/select/cases/new?intent=find+text&platform=linux"),
    "/sign-in": ("/sign-in",),
    "/sign-in/code": (),  # leads to signing in, before a password
    "/sign-in/link/<secret>": ("/sign-in/link/there-is-no-such-link",),
    "/sign-in/single-sign-on": (),  # leads to the provider
    "/sign-in/single-sign-on/callback": (),  # comes from the provider
    "/styleguide": ("/styleguide",),
    "/tools": ("/tools", "/tools?q=nothing-like-this", "/tools?status=draft"),
    "/tools/<name>": (
        *("/tools/grep", "/tools/grep?tab=capabilities", "/tools/grep?tab=versions", "/tools/grep?version=1.0"),
        *("/tools/half-done", "/tools/nothing"),
    ),
    "/tools/<name>/audit": ("/tools/grep/audit",),
    "/tools/<name>/compare": ("/tools/grep/compare?from=1.0&to=1.1", "/tools/grep/compare?from=1.0&to=1.0"),
    "/tools/<name>/delete": ("/tools/grep/delete",),
    "/tools/<name>/edit": ("/tools/half-done/edit",),
    "/tools/<name>/versions/<version>/delete": ("/tools/grep/versions/1.0/delete",),
    "/tools/<name>/versions/<version>/promote": ("/tools/grep/versions/1.0/promote",),
    "/tools/facets/<facet>": (),  # a part of the list
    "/tools/new": ("/tools/new", "/tools/new?duplicate=grep"),
}
PUBLIC = ("/sign-in", "/sign-in/link/there-is-no-such-link")
LAID_OUT_ANEW = ("/tools/grep", "/drafts/1", "/import", "/audit", "/select?cap")
WIDE, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)


@dataclass
class Visit:
    """A page of the browser in one theme, and all that happened there which users should not meet."""

    page: Page
    theme: str
    complaints: list[str] = field(default_factory=list)


def send(served: Served, method: str, path: str, body: dict[str, Any]) -> None:
    """Make a change that must succeed."""
    headers = {"Content-Type": "application/json", **HEADERS}
    request = Request(served.url + path, method=method, headers=headers, data=json.dumps(body).encode())
    with urlopen(request, timeout=10) as answer:
        assert answer.status < 300


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog with a few tools: one with versions, a draft with findings, one that is switched off."""
    directory = tmp_path_factory.mktemp("everywhere")
    nothing = directory / "nothing"
    nothing.mkdir()
    served = Served(directory, {"SEED_DIR": str(nothing)}).start()
    tools = "/api/v1/tools"
    send(served, "POST", tools, definition())
    send(served, "PUT", f"{tools}/grep", {"description": "Second", "examples": [{"name": "Find", "command": "grep"}]})
    send(served, "POST", tools, definition("Get-Process", platform="windows", category="process-management"))
    send(served, "POST", tools, definition("half-done", status="draft", capabilities={}))
    send(served, "PATCH", f"{tools}/Get-Process/disable", {"reason": "why not"})
    case = {"request": {"intent": "find text", "platform": "linux"}, "note": "As it always was"}
    expected = {"tool_name": "grep", "pattern_name": "search_files"}
    send(served, "POST", "/api/v1/select/cases", {**case, "name": "Find text", "expected": expected, "must_hold": True})
    expected = {"tool_name": "rg", "pattern_name": "search"}
    send(served, "POST", "/api/v1/select/cases", {**case, "name": "Find text fast", "expected": expected})
    send(served, "POST", "/api/v1/accounts/users", {"name": "ada", "role": "author"})
    send(served, "POST", "/api/v1/accounts/teams", {"name": "ops"})
    begin_drafts(browser, served)
    yield served
    served.stop()


def begin_drafts(browser: Browser, served: Served) -> None:
    """A draft with an error, one whose text cannot be read, and one that somebody was faster than."""
    context = browser.new_context(base_url=served.url)
    context.add_cookies([served.cookie()])
    page = context.new_page()
    page.goto("/tools/grep/edit")
    page.goto(f"{page.url}?node=/capabilities/text_search/patterns/search_files")
    page.get_by_label("Time estimate").fill("ceil(N / 100")
    page.get_by_text("is never closed").first.wait_for()
    page.goto("/tools/new")
    page.get_by_label("Paste YAML or JSON").fill("tool_name: [")
    page.get_by_role("button", name="Begin with this").click()
    page.goto("/tools/Get-Process/edit")
    page.get_by_label("What it is for").fill("Mine")
    page.get_by_text("Saved", exact=False).first.wait_for()
    page.get_by_role("button", name="Undo", disabled=False).wait_for()
    send(served, "PUT", "/api/v1/tools/Get-Process", {"description": "Theirs"})
    context.close()


@pytest.fixture(scope="module", params=["light", "dark"])
def visit(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Visit]:
    """A signed-in session in each theme."""
    yield from visited(browser, served, request.param, [served.cookie()])


@pytest.fixture(scope="module", params=["light", "dark"])
def stranger(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Visit]:
    """A session in each theme of somebody who has not signed in."""
    yield from visited(browser, served, request.param, [])


def visited(browser: Browser, served: Served, theme: Any, cookies: Any) -> Iterator[Visit]:
    """A new session in a theme, watched."""
    context = browser.new_context(color_scheme=theme, base_url=served.url, reduced_motion="reduce")
    context.add_cookies(cookies)
    visit = Visit(context.new_page(), theme)
    page, note = visit.page, visit.complaints.append
    # The browser says itself that a page was answered with 404 or 410: some are, on purpose.
    is_told = {"error", "warning"}
    page.on("console", lambda m: note(m.text) if m.type in is_told and "status of 4" not in m.text else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("request", lambda asked: note(asked.url) if not asked.url.startswith(served.url) else None)
    yield visit
    context.close()


def test_every_page_is_listed(application: Flask) -> None:
    assert set(page_routes(application)) == set(ADDRESSES)


@pytest.mark.parametrize("address", [one for shown in ADDRESSES.values() for one in shown if one not in PUBLIC])
def test_nothing_is_wrong_with_a_page(visit: Visit, address: str) -> None:
    assert wrong_with(visit, address) == []


@pytest.mark.parametrize("address", PUBLIC)
def test_nothing_is_wrong_before_signing_in(stranger: Visit, address: str) -> None:
    assert wrong_with(stranger, address) == []


@pytest.mark.parametrize("opener", ["Control+k", "?"])
def test_nothing_is_wrong_with_what_opens_over_a_page(visit: Visit, opener: str) -> None:
    visit.page.set_viewport_size(WIDE)
    visit.page.goto("/tools")
    visit.page.keyboard.press(opener)
    visit.page.locator("dialog[open]").wait_for()
    if opener == "Control+k":
        visit.page.locator("[role=option]").first.wait_for()
    assert [*axe_findings(visit.page), *visit.complaints] == []


def test_nothing_is_wrong_with_the_drawer_of_phones(visit: Visit) -> None:
    visit.page.set_viewport_size(PHONE)
    visit.page.goto("/tools")
    visit.page.get_by_role("button", name="Menu").click()
    visit.page.get_by_role("link", name="Reloads").wait_for()
    assert [*axe_findings(visit.page), *visit.complaints] == []


def wrong_with(visit: Visit, address: str) -> list[str]:
    """What is wrong with a page, wide and on a phone."""
    page, wrong = visit.page, []
    page.set_viewport_size(WIDE)
    page.goto(address)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        # Both themes are made of the same elements, laid out alike: in the dark one only colours can differ. What
        # phones lay out otherwise is the frame, the same on every page, and large forms and tables.
        if visit.theme == "light" and (size is WIDE or address.startswith(LAID_OUT_ANEW)):
            wrong += [f"{size['width']}: {finding}" for finding in axe_findings(page)]
        elif size is WIDE:
            wrong += [f"dark: {finding}" for finding in axe_findings(page, only="color-contrast")]
        sticking_out = page.evaluate("document.documentElement.scrollWidth") - size["width"]
        if sticking_out > 0:
            wrong.append(f"{sticking_out} px stick out at {size['width']}")
    wrong += visit.complaints
    visit.complaints.clear()
    return wrong
