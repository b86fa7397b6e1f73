"""A real browser on a real server. Console errors, refusals by the policy and requests to elsewhere fail the test."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.served import Served


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The catalog with the definitions that ship, for reading."""
    served = Served(tmp_path_factory.mktemp("e2e")).start()
    yield served
    served.stop()


# Told by htmx of a request that a later one has replaced.
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")


def is_complaint(said: ConsoleMessage) -> bool:
    """Whether a message of the console is one that a user should not cause."""
    return said.type in {"error", "warning"} and not said.text.startswith(REPLACED)


@pytest.fixture(params=["light"])
def page(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Page]:
    """A page of a new session, watched for everything a user should not meet; test_everywhere looks at both themes."""
    context = browser.new_context(
        color_scheme=request.param, base_url=served.url, viewport={"width": 1280, "height": 800}
    )
    context.add_cookies([served.cookie()])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(served.url) else None)
    yield page
    context.close()
    assert not complaints


# WCAG 2.2 AA, and what is good practice beyond; axe leaves the rules of 2.2 out unless it is asked for them.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_findings(page: Page, only: str | None = None) -> list[str]:
    """What axe-core has to say of the page, a line for each rule; of one rule only, where that is asked for."""
    rules = {"type": "rule", "values": [only]} if only else RULES
    response = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response
    return [f"{found['id']}: {[node['html'] for node in found['nodes']]}" for found in response["violations"]]
