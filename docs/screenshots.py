"""Take the pictures of docs/screenshots: a catalog of its own with the tools that ship, each page in both themes.

Run it with `make screenshots`. A picture is a name, an address, and the steps that lead to what it shows.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import BrowserContext, Page, ViewportSize, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from tests.chromium import CHROMIUM, FLAGS  # noqa: E402
from tests.people import HEADERS  # noqa: E402
from tests.served import Served  # noqa: E402

PICTURES = PROJECT / "docs" / "screenshots"
WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)

Steps = Callable[[Page], object]


def nothing(_: Page) -> None:
    """The page as it opens."""


def search(words: str) -> Steps:
    """Open the palette and type."""

    def steps(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.keyboard.type(words, delay=10)
        page.locator(f"#palette-results[data-words='{words}']").wait_for()

    return steps


def one_pattern(page: Page) -> None:
    """Have a pattern open, with an estimate that wants a bracket and a changed description."""
    page.goto(f"{page.url.split('?')[0]}?node=/capabilities/service_control/patterns/restart_service")
    page.get_by_label("What it does").fill("Stop a service and start it again, and wait until systemd calls it ready")
    page.get_by_label("Cost estimate").fill("ceil(num_units / 100")
    page.locator("#slot-cost_estimate .found").wait_for()
    page.locator("#yaml li.error").wait_for()


def as_text(page: Page) -> None:
    """Edit as text."""
    page.goto(f"{page.url.split('?')[0]}/text")
    page.locator("text-editor .cm-content").wait_for()


def mended(page: Page) -> None:
    """Mend that estimate, and ask what publishing would do."""
    one_pattern(page)
    page.locator("#slot-cost_estimate button").click()
    page.locator("#problems .badge.ok").wait_for()
    page.goto(f"{page.url.split('?')[0]}/publish")


def pasted(page: Page) -> None:
    """Have a definition with two mistakes checked before it is imported."""
    page.locator("textarea").first.fill("tool_name: grep2\nversion: 1.0\nplatform: linuks\ndescription: Finds lines\n")
    page.locator("main form button:not([type=button])").first.click()
    page.wait_for_load_state()


def why_first(page: Page) -> None:
    """Open why the first candidate is the first."""
    page.locator(".why summary").first.click()


SHOWN: tuple[tuple[str, str, Steps], ...] = (
    ("list", "/tools", nothing),
    ("palette", "/tools", search("sys")),
    ("tool", "/tools/grep", nothing),
    ("capabilities", "/capabilities", nothing),
    ("capability", "/capabilities/text_search", nothing),
    ("editor", "/tools/systemctl/edit", one_pattern),
    ("text", "/tools/nmap/edit", as_text),
    ("publish", "/tools/systemctl/edit", mended),
    ("new", "/tools/new", nothing),
    ("compare", "/tools/grep/compare?from=1.0&to=1.1", nothing),
    ("import", "/import", pasted),
    ("playground", "/select?intent=restart+nginx+on+web-01+quickly", why_first),
    ("reloads", "/reloads", nothing),
    ("audit", "/audit", nothing),
    ("api", "/api/docs", nothing),
    ("styleguide", "/styleguide", nothing),
)
ON_PHONES = {"list", "tool", "editor", "playground"}


@contextmanager
def catalog() -> Iterator[Served]:
    """A catalog with the tools that ship, of which one has a second version."""
    with tempfile.TemporaryDirectory() as directory:
        served = Served(Path(directory)).start()
        try:
            change(served, "/api/v1/tools/grep")
            yield served
        finally:
            served.stop()


def change(served: Served, path: str) -> None:
    """Make a new version in which three things differ."""
    headers = {**HEADERS, "Content-Type": "application/json"}
    with urlopen(Request(served.url + path, headers=headers)) as answer:  # noqa: S310
        tool: dict[str, Any] = json.load(answer)
    (capability, *_) = tool["capabilities"]
    (pattern, *_) = tool["capabilities"][capability]["patterns"]
    better = {"time_estimate_ms": "60 + 0.4 * N", "limitations": ["Skips binary files unless told otherwise"]}
    patch = {
        "description": "Print the lines of files that match a pattern",
        "capabilities": {capability: {"patterns": {pattern: better}}},
    }
    asked = Request(served.url + path, method="PATCH", headers=headers, data=json.dumps(patch).encode())  # noqa: S310
    with urlopen(asked) as answer:  # noqa: S310
        answer.read()


def take(context: BrowserContext, mark: str, names: set[str]) -> None:
    """Take the pictures of these names; `mark` ends their files' names."""
    for name, address, steps in SHOWN:
        if name not in names:
            continue
        page = context.new_page()
        answer = page.goto(address)
        if answer is None or not answer.ok:
            print(f"{name}: {address} is not there")
        else:
            steps(page)
            page.evaluate("document.fonts.ready")
            page.screenshot(path=PICTURES / f"{name}-{mark}.png")
            print(f"{name}-{mark}.png")
        page.close()


def main(names: list[str]) -> None:
    """Take all pictures, or those that are named."""
    PICTURES.mkdir(exist_ok=True)
    wanted = set(names) or {name for name, *_ in SHOWN}
    looks: tuple[tuple[str, Any, ViewportSize, set[str]], ...] = (
        ("light", "light", WIDE, wanted),
        ("dark", "dark", WIDE, wanted),
        ("phone", "light", PHONE, wanted & ON_PHONES),
    )
    with catalog() as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for mark, theme, size, shown in looks:
            context = browser.new_context(base_url=served.url, color_scheme=theme, viewport=size)
            context.add_cookies([served.cookie()])  # type: ignore[list-item]
            take(context, mark, shown)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
