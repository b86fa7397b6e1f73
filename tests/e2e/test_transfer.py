"""Definitions come in and go out in a real browser: files chosen, dropped and pasted, with and without script."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.definitions.documents import write_yaml
from tests.definition import definition
from tests.e2e.conftest import axe_findings
from tests.served import Served

DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  const zone = document.querySelector("[data-drop-zone]");
  for (const kind of ["dragover", "drop"])
    zone.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalog of this module's own, with one tool at first."""
    directory = tmp_path_factory.mktemp("transfer")
    seeds = directory / "seeds"
    seeds.mkdir()
    (seeds / "seeded.yaml").write_text(write_yaml(definition("seeded")))
    served = Served(directory / "data", {"SEED_DIR": str(seeds)}).start()
    yield served
    served.stop()


@pytest.fixture
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A zip of two good files and three bad ones, and what its tools' names begin with: themes share the catalog."""
    theme = "dark" if "dark" in request.node.name else "light"
    files = {
        "linux/one.yaml": write_yaml(definition(f"{theme}-one")),
        "linux/two.yaml": write_yaml(definition(f"{theme}-two")),
        "bad/broken.yaml": "tool_name: broken\ncapabilities: [1, 2\nplatform: linux\n",
        "bad/nameless.yaml": "description: Nobody knows what this is called\nplatform: linux\n",
        "bad/misspelt.yaml": write_yaml(definition(f"{theme}-misspelt", platform="linuks")),
    }
    path = tmp_path / "tools.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return path, theme


def check(page: Page) -> None:
    """Send what was brought, and wait for the report."""
    page.get_by_role("button", name="Check what would happen").click()
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()


def test_a_zip_with_three_bad_files(page: Page, archive: tuple[Path, str]) -> None:
    path, theme = archive
    page.goto("/import")
    page.get_by_label("Drop files here").set_input_files(path)
    expect(page.locator("[data-drop-list]")).to_contain_text("tools.zip")
    check(page)

    refused, drafts = page.locator("#group-refused"), page.locator("#group-drafts-with-errors")
    expect(refused).to_contain_text("tools.zip/bad/broken.yaml")
    expect(refused).to_contain_text("line 3, column 9")
    expect(refused).to_contain_text("The tool has no `tool_name`")
    expect(drafts).to_contain_text("line 4, column 1")
    expect(drafts).to_contain_text("Try linux")
    expect(page.locator("#group-new-tools")).to_contain_text(f"{theme}-one")
    assert axe_findings(page) == []

    page.get_by_label("Stop").check()
    expect(page.locator("#obstacle")).to_contain_text("2 of 5 definitions stand in the way")
    expect(page.get_by_role("button", name="Import 3 definitions")).to_be_disabled()
    page.get_by_label("Skip").check()
    page.get_by_label("Reason").fill("From a zip")
    page.get_by_role("button", name="Import 3 definitions").click()

    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    expect(page).to_have_title(re.compile("Imported"))
    expect(page.get_by_text("3 of 5 definitions stored, in one step.")).to_be_visible()
    expect(page.locator("#group-refused")).to_contain_text("bad/nameless.yaml")
    assert axe_findings(page) == []
    page.get_by_role("link", name=f"{theme}-two").click()
    expect(page.get_by_role("heading", name=f"{theme}-two", level=1)).to_be_visible()


def test_dropped_files_join_those_that_were_chosen(page: Page, tmp_path: Path) -> None:
    chosen = tmp_path / "chosen.yaml"
    chosen.write_text(write_yaml(definition("chosen")))
    page.goto("/import")
    page.get_by_label("Drop files here").set_input_files(chosen)
    page.evaluate(DROP, ["dropped.json", '{"tool_name": "dropped", "status": "draft"}'])
    expect(page.locator("[data-drop-list] li")).to_have_count(2)
    check(page)
    expect(page.locator("#group-new-tools")).to_contain_text("chosen.yaml")
    expect(page.locator("#batch")).to_contain_text("dropped.json")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()


def test_pasted_text_becomes_a_new_version_that_says_what_changes(page: Page, archive: tuple[Path, str]) -> None:
    _, theme = archive
    for description in ("First", "Second"):
        page.goto("/import")
        page.get_by_label("A definition to paste").fill(
            write_yaml(definition(f"{theme}-pasted", description=description))
        )
        check(page)
        if description == "Second":
            expect(page.locator("#group-skipped")).to_contain_text("description: First → Second")
            page.get_by_label("New version make it").check()
        page.get_by_role("button", name="Import 1 definition").click()
        expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    expect(page.locator("#group-new-versions")).to_contain_text("1.1")


def test_the_number_of_tools_follows_the_filters_and_what_is_selected_is_downloaded(page: Page) -> None:
    page.goto("/export")
    everything = page.locator("#count").inner_text()
    page.get_by_label("Names of tools").fill("seeded, unheard-of")
    expect(page.locator("#selection")).to_contain_text("Not in the catalog: unheard-of")
    expect(page.get_by_role("button", name="Download")).to_be_disabled()
    page.get_by_label("Names of tools").fill("")
    expect(page.locator("#count")).to_have_text(everything)
    page.locator("#filter-platform").select_option("linux")
    expect(page.locator(".chip.on")).to_contain_text("linux")
    assert axe_findings(page) == []
    page.get_by_label("CSV").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "tools.csv"
    assert "seeded" in Path(download.value.path()).read_text()


def test_import_and_export_work_without_script(browser: Browser, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text(write_yaml(definition("without-script")))
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    context.add_cookies([served.cookie()])
    page = context.new_page()
    page.goto("/import")
    page.locator("#files").set_input_files(file)
    page.get_by_role("button", name="Check what would happen").click()
    page.get_by_label("New version make it").check()
    page.get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Import 1 definition").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    page.goto("/export")
    page.locator("#names").fill("without-script")
    page.get_by_role("button", name="Count").click()
    expect(page.locator("#count")).to_have_text("1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "tools.zip"
    context.close()


@pytest.mark.parametrize("address", ["/import", "/export"])
def test_axe_finds_nothing(page: Page, address: str) -> None:
    page.goto(address)
    assert axe_findings(page) == []
