"""Signing in and accounts in a real browser: from the first link to a token, and what others are not shown."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import axe_findings
from tests.people import HEADERS
from tests.served import Served

PASSWORD = "wooden trams sing eleven plums"


def link(served: Served, role: str, name: str) -> str:
    """A sign-in link of a running catalog, for a new account."""
    for path, body in (("", {"name": name, "role": role}), (f"/{name}/sign-in-link", {})):
        headers = {**HEADERS, "Content-Type": "application/json"}
        request = Request(f"{served.url}/api/v1/accounts/users{path}", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=10) as answer:
            told = json.load(answer)
    return str(told["url"])


@pytest.fixture
def visitor(browser: Browser, served: Served) -> Iterator[Page]:
    """A page of somebody who has not signed in."""
    context: BrowserContext = browser.new_context(base_url=served.url)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(served.url) else None)
    yield page
    context.close()
    assert not complaints


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill in the form."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("address", ["/account", "/accounts", "/account/second-factor"])
def test_axe_finds_nothing_on_the_pages_of_accounts(page: Page, address: str) -> None:
    page.goto(address)
    assert axe_findings(page) == []


def test_axe_finds_nothing_for_who_is_not_signed_in(visitor: Page, served: Served) -> None:
    for address in ("/sign-in", link(served, "viewer", "onlooker")):
        for scheme in ("light", "dark"):
            visitor.emulate_media(color_scheme=scheme)
            visitor.goto(address)
            assert axe_findings(visitor) == []


def test_from_a_link_to_a_password_a_second_factor_and_back_to_where_one_wanted_to_go(
    visitor: Page, served: Served
) -> None:
    page = visitor
    page.goto(link(served, "author", "ada"))
    expect(page.get_by_role("heading", name="Sign in as ada")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("The password is set.")).to_be_visible()

    page.get_by_role("button", name="Set up").click()
    secret = page.locator("code").inner_text()
    assert axe_findings(page) == []
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn on").click()
    recovery = page.locator(".plain-list li").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.goto("/tools?platform=windows")
    sign_in(page, "ada")
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{served.url}/tools?platform=windows")


def test_what_is_wrong_is_said_beside_the_form_and_the_name_stays(visitor: Page) -> None:
    visitor.goto("/sign-in")
    sign_in(visitor, "nobody-here", "wrong")
    expect(visitor.get_by_role("alert")).to_have_text("The name or the password is not right.")
    expect(visitor.get_by_label("Name")).to_have_value("nobody-here")
    expect(visitor.get_by_label("Password")).to_have_value("")


def test_an_author_is_not_shown_accounts_and_may_not_open_them(visitor: Page, served: Served) -> None:
    visitor.goto(link(served, "author", "bob"))
    visitor.get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_role("link", name="Tools")).to_be_visible()
    expect(visitor.get_by_role("link", name="Accounts")).to_have_count(0)
    visitor.goto("/accounts")
    expect(visitor.get_by_role("heading", name="This is not yours to do")).to_be_visible()


def test_an_administrator_makes_a_service_a_team_and_hands_a_tool_over(page: Page) -> None:
    page.goto("/accounts")
    suffix = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    people = page.locator("form[action='/accounts/users']")
    people.get_by_label("Name").fill(f"ci-{suffix}")
    people.get_by_label("A service").check()
    people.get_by_role("button", name="Make an account").click()
    assert page.get_by_label("Token", exact=True).input_value().startswith("tcat_")
    assert axe_findings(page) == []
    page.get_by_role("link", name="Done").click()

    page.locator("form[action='/accounts/teams']").get_by_label("Name").fill(f"ops-{suffix}")
    page.get_by_role("button", name="Make a team").click()
    page.get_by_label(f"Whom to add to ops-{suffix}").select_option(f"ci-{suffix}")
    page.get_by_role("button", name=f"Add to ops-{suffix}").click()
    expect(page.get_by_text(f"ci-{suffix} belongs to ops-{suffix}.")).to_be_visible()
    assert axe_findings(page) == []

    page.goto("/tools/wc")
    page.get_by_text("Hand over").first.click()
    page.get_by_label("New owner").select_option(f"ops-{suffix}")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text(f"wc belongs to ops-{suffix} now.")).to_be_visible()


def test_a_session_that_ended_leads_to_signing_in_and_back_also_from_a_part_of_a_page(
    visitor: Page, served: Served
) -> None:
    visitor.goto(link(served, "viewer", "carl"))
    visitor.get_by_role("button", name="Sign in").click()
    visitor.goto("/tools")
    visitor.context.clear_cookies()
    visitor.get_by_role("searchbox").first.fill("grep")
    expect(visitor.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=/tools" in visitor.url


def test_everything_works_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    page = context.new_page()
    page.goto(link(served, "viewer", "dora"))
    page.get_by_role("button", name="Sign in").click()
    page.locator("form[action='/account/tokens']").get_by_label("What it is for").fill("laptop")
    page.get_by_role("button", name="Make a token").click()
    assert page.get_by_label("Token", exact=True).input_value().startswith("tcat_")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


@pytest.mark.parametrize("address", ["/account", "/accounts"])
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, served: Served, address: str) -> None:
    page = browser.new_page(base_url=served.url, viewport={"width": 390, "height": 844})
    page.context.add_cookies([served.cookie()])
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()
