"""How much a browser loads: script, style, lists and the first visit, as they weigh compressed."""

import gzip
import re
from functools import cache
from pathlib import Path

import pytest

from tests.catalog.caller import Caller
from tests.catalog.conftest import caller, noise

# Known to these tests by being here.
__all__ = ["caller", "noise"]

KB = 1024
STATIC = Path(__file__).resolve().parents[2] / "static"
NORMAL = ("/tools", "/tools/grep", "/capabilities", "/reloads", "/audit", "/accounts")


def packed(body: bytes) -> int:
    """Its size as proxies send it."""
    return len(gzip.compress(body, 6))


@pytest.fixture
def pages(noise: Caller) -> Caller:
    """A catalog with something to show."""
    noise.create()
    return noise


def loaded(page: str) -> dict[str, list[Path]]:
    """The files a page loads, by kind; modules that these import among them."""
    found = set(re.findall(r'(?:src|href)="/static/([^"#]+)(?:#[^"]*)?"', page))
    files = {STATIC / path for path in found}
    for script in [file for file in files if file.suffix == ".js"]:
        files |= set(imported(script))
    return {kind: sorted(file for file in files if file.suffix == kind) for kind in (".js", ".css", ".woff2", ".svg")}


@cache
def imported(script: Path) -> tuple[Path, ...]:
    """The modules a script imports as it starts, and those that these import."""
    names = re.findall(r'^import [^;]*?"(\./[^"]+)"', script.read_text(), re.MULTILINE)
    direct = [script.parent / name for name in names]
    return (*direct, *(further for one in direct for further in imported(one)))


def weight(files: list[Path]) -> int:
    """What they weigh, each compressed; fonts are already."""
    return sum(file.stat().st_size if file.suffix == ".woff2" else packed(file.read_bytes()) for file in files)


@pytest.mark.parametrize("address", NORMAL)
def test_script_and_style_keep_their_budgets(pages: Caller, address: str) -> None:
    files = loaded(pages.client.get(address).text)
    assert files[".js"]
    assert files[".css"]
    assert weight(files[".js"]) <= 40 * KB
    assert weight(files[".css"]) <= 15 * KB


@pytest.mark.parametrize("address", NORMAL)
def test_a_first_visit_keeps_its_budget(pages: Caller, address: str) -> None:
    page = pages.client.get(address)
    everything = [file for files in loaded(page.text).values() for file in files]
    assert len([file for file in everything if file.suffix == ".woff2"]) == 2
    assert packed(page.data) + weight(everything) <= 250 * KB


def test_a_list_of_fifty_tools_keeps_its_budget(caller: Caller) -> None:
    for number in range(50):
        caller.create(f"tool-number-{number}", description=f"Does the thing {number} as no other tool does")
    page = caller.client.get("/tools")
    assert page.text.count('class="tool-row"') == 50
    assert packed(page.data) <= 20 * KB
