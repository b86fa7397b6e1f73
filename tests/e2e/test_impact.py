"""The journey of who would change what others get: told before, held back, waived with a reason, audited."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import axe_findings
from tests.people import HEADERS
from tests.selection.rivals import CASES, INTENT, NAME, SED, body, grep, sed
from tests.served import Served, wait_until

PATTERN = "/capabilities/text_search/patterns/search_files"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog in which grep and sed do the same."""
    directory = tmp_path_factory.mktemp("impact")
    (directory / "nothing").mkdir()
    served = Served(directory, {"SEED_DIR": str(directory / "nothing")}).start()
    for definition in (grep(), sed()):
        ask(served, "POST", "/api/v1/tools", definition)
    yield served
    served.stop()


def ask(served: Served, method: str, path: str, body: Any = None) -> Any:
    """A request of a program's that must succeed."""
    headers = {"Content-Type": "application/json", **HEADERS}
    data = json.dumps(body).encode() if body is not None else None
    with urlopen(Request(served.url + path, method=method, headers=headers, data=data), timeout=20) as answer:
        return json.loads(answer.read())


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page, watched for everything a user should not meet."""
    context = browser.new_context(base_url=served.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([served.cookie()])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def kept(served: Served) -> int:
    """How often something was asked, as far as the decision log has written it."""
    with served.database() as connection:
        ((times,),) = connection.execute("SELECT coalesce(sum(times), 0) FROM tool_catalog.selections").fetchall()
        return int(times)


def test_what_would_break_is_told_held_back_waived_and_audited(page: Page, served: Served) -> None:
    for _ in range(3):
        ask(served, "POST", "/api/v1/select", {"intent": INTENT})
    ask(served, "POST", CASES, body(must_hold=True))
    wait_until(lambda: kept(served) == 3)

    page.goto("/tools/grep/edit")
    page.goto(f"{page.url}?node={PATTERN}")
    page.get_by_label("Time estimate").fill("50000")
    page.get_by_label("Cost estimate").fill("5")
    expect(page.get_by_role("region", name="The draft as YAML")).to_contain_text("cost_estimate: 5")
    page.get_by_role("link", name="Publish").click()

    impact = page.get_by_role("region", name="What orchestrators would choose differently")
    expect(impact).to_contain_text(f"{NAME} Must hold, and would break")
    expect(impact).to_contain_text("asked 3 times")
    expect(impact).to_contain_text(f"{SED} comes first instead of grep.search_files")
    assert axe_findings(page) == []

    # Without a reason the browser already says that one is missing, and nothing is published.
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_label("Publish anyway, because")).to_be_focused()
    assert ask(served, "GET", "/api/v1/tools/grep")["version"] == "1.0"

    page.get_by_label("Publish anyway, because").fill("The new disk is slow")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("grep 1.1 is published.")).to_be_visible()

    page.goto("/tools/grep/audit")
    entry = page.get_by_role("row").filter(has_text="Cases waived")
    expect(entry).to_contain_text(f"case “{NAME}”: grep.search_files → {SED}")
    expect(entry).to_contain_text("The new disk is slow")

    page.goto("/select/cases")
    row = page.get_by_role("row").filter(has_text=NAME)
    expect(row).to_contain_text(f"{SED} is first")


def test_a_case_is_made_changed_and_deleted_by_its_forms(page: Page) -> None:
    page.goto("/select/cases")
    page.get_by_role("link", name="New case").click()
    page.get_by_label("Name").fill("Replace words")
    page.get_by_label("Intent").fill("search text")
    page.get_by_label("Expected").fill(SED)
    page.get_by_label("Must hold").check()
    page.get_by_role("button", name="Save case").click()
    row = page.get_by_role("row").filter(has_text="Replace words")
    expect(row).to_contain_text("Must hold")
    row.get_by_role("link", name="Edit").click()
    page.get_by_label("Must hold").uncheck()
    page.get_by_role("button", name="Save case").click()
    expect(row).not_to_contain_text("Must hold")
    row.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete the case Replace words?")
    assert axe_findings(page) == []
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").filter(has_text="is deleted")).to_be_visible()
    expect(row).to_have_count(0)
