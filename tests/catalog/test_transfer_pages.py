"""The pages of import and export, without script: bring, check, choose, import; select and download."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.catalog import transfer_pages
from app.definitions.documents import write_yaml
from app.web import MOST_BYTES
from tests.accounts.browser import Browser, alert, csrf_token, words
from tests.catalog.caller import Caller
from tests.catalog.test_archives import zipped
from tests.definition import definition
from tests.people import Somebody, somebody

GREP = write_yaml(definition())


@pytest.fixture
def ada(app: Flask) -> Browser:
    """The browser of an author."""
    return Browser(app, somebody(app, "ada", "author"))


def bring(browser: Browser, *files: tuple[str, bytes | str], **form: Any) -> TestResponse:
    """Send the form of the import page."""
    uploads = [(io.BytesIO(text.encode() if isinstance(text, str) else text), name) for name, text in files]
    return browser.send("/import", {"files": uploads, **form}, page="/import")


def batch(answer: TestResponse) -> str:
    """The address of the report that an answer leads to."""
    assert answer.status_code == 303, words(answer.text)
    address: str = answer.headers["Location"]
    assert re.fullmatch(r"/import/\d+", address)
    return address


def test_files_are_checked_then_imported_then_linked(app: Flask, ada: Browser) -> None:
    address = batch(bring(ada, ("grep.yaml", GREP), ("bad.yaml", "a: [1\n")))
    page = words(ada.get(address).text)
    assert "2 definitions read. Nothing is stored yet." in page
    assert "bad.yaml" in page
    assert "line 2, column 1" in page
    assert Caller(app.test_client()).names() == []
    done = ada.send(address, {"on_conflict": "skip", "reason": "First"}, page=address)
    assert (done.status_code, done.headers["Location"]) == (303, address)
    result = ada.get(address).text
    assert "1 of 2 definitions stored, in one step." in words(result)
    assert 'href="/tools/grep"' in result
    grep = Caller(app.test_client()).read()
    assert (grep["created_by"], grep["owner"]) == ("ada", "ada")


def test_a_zip_is_checked_file_by_file(ada: Browser) -> None:
    page = words(ada.get(batch(bring(ada, ("tools.zip", zipped({"linux/grep.yaml": GREP, "b.yaml": "x"}))))).text)
    assert "tools.zip/linux/grep.yaml" in page
    assert "tools.zip/b.yaml" in page


@pytest.mark.parametrize("text", [GREP.replace("\n", "\r\n"), '{"tool_name": "grep", "status": "draft"}'])
def test_text_is_pasted_as_yaml_or_as_json(app: Flask, ada: Browser, text: str) -> None:
    address = batch(bring(ada, pasted=text))
    ada.send(address, {}, page=address)
    assert Caller(app.test_client()).names() == ["grep"]


def test_nothing_to_import_is_said_on_the_page_itself(ada: Browser) -> None:
    answer = bring(ada, pasted="  ")
    assert answer.status_code == 400
    assert alert(answer.text).startswith("There is nothing to import")
    assert 'name="pasted"' in answer.text


def test_the_choice_shows_what_it_would_do(app: Flask, client: FlaskClient, ada: Browser) -> None:
    Caller(client).create(owner="ada")
    address = batch(bring(ada, ("grep.yaml", write_yaml(definition(description="Other")))))
    skipped, versioned = ada.get(address).text, ada.get(f"{address}?on_conflict=new_version").text
    assert "There is nothing to store." in skipped
    assert re.search(r"<button[^>]*disabled[^>]*>.*?Import 0 definitions", skipped, re.DOTALL)
    assert "Import 1 definition" in versioned
    assert "“What grep does” → Other" in words(versioned)
    blocked = ada.get(f"{address}?on_conflict=fail").text
    assert "1 of 1 definitions stand in the way." in blocked


def test_an_import_blocked_since_the_dry_run_shows_the_report_again(client: FlaskClient, ada: Browser) -> None:
    address = batch(bring(ada, ("grep.yaml", GREP)))
    Caller(client).create(description="Meanwhile")
    answer = ada.send(address, {"on_conflict": "fail"}, page=address)
    assert answer.status_code == 200
    assert "Nothing is stored yet" in answer.text
    assert "1 of 1 definitions stand in the way." in answer.text


def test_htmx_is_sent_to_the_result_and_gets_reports_as_fragments(ada: Browser) -> None:
    address = batch(bring(ada, ("grep.yaml", GREP)))
    fragment = ada.get(address, headers={"HX-Request": "true"}).text
    assert fragment.lstrip().startswith('<div class="results" id="batch">')
    form = {"csrf_token": csrf_token(fragment)}
    answer = ada.client.post(address, data=form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, address)


def test_progress_is_a_fragment_that_asks_again_only_while_an_import_is_under_way(ada: Browser) -> None:
    address = batch(bring(ada, ("grep.yaml", GREP)))
    waiting = ada.get(f"{address}/progress").text
    assert 'hx-trigger="submit from:#import-now delay:400ms"' in waiting
    ada.send(address, {}, page=address)
    assert 'hx-trigger="load delay:400ms"' in ada.get(f"{address}/progress").text


def test_what_is_discarded_is_gone(ada: Browser) -> None:
    address = batch(bring(ada, ("grep.yaml", GREP)))
    answer = ada.send(f"{address}/discard", page=address)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/import")
    assert ada.get(address).status_code == 404


@pytest.mark.parametrize("number", [0, 2**63 - 1, 2**63, 10**40])
def test_a_number_that_is_no_batchs_is_not_found(ada: Browser, number: int) -> None:
    for path in (f"/import/{number}", f"/import/{number}/progress"):
        assert ada.get(path).status_code == 404
    assert ada.send(f"/import/{number}", page="/import").status_code == 404
    assert ada.send(f"/import/{number}/discard", page="/import").status_code == 303


def test_a_batch_is_nobody_elses(app: Flask, ada: Browser) -> None:
    address = batch(bring(ada, ("grep.yaml", GREP)))
    boss = Browser(app, somebody(app, "bob", "admin"))
    for path in (address, f"{address}/progress"):
        assert boss.get(path).status_code == 404
    assert boss.send(address, page="/import").status_code == 404
    boss.send(f"{address}/discard", page="/import")
    assert ada.get(address).status_code == 200


def test_a_viewer_sees_why_the_form_is_of_no_use_and_cannot_send_it(app: Flask) -> None:
    viewer = Browser(app, somebody(app, "eve", "viewer"))
    page = viewer.get("/import")
    assert page.status_code == 200
    assert "Importing needs the role author." in page.text
    assert re.search(r"<fieldset[^>]* disabled", page.text)
    assert bring(viewer, ("grep.yaml", GREP)).status_code == 403
    assert viewer.get("/import/1").status_code == 403


@pytest.mark.parametrize("path", ["/import", "/import/1", "/import/1/discard", "/export"])
def test_forms_need_their_token(ada: Browser, path: str) -> None:
    assert ada.post(path, {"pasted": GREP}).status_code == 400


def test_an_import_may_be_larger_than_any_other_form(ada: Browser) -> None:
    large = "tool_name: a\n" + "#" * MOST_BYTES
    form = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{csrf_token(ada.get("/import").text)}'
    file = f'--x\r\nContent-Disposition: form-data; name="files"; filename="large.yaml"\r\n\r\n{large}\r\n--x--'
    body, kind = f"{form}\r\n{file}".encode(), "multipart/form-data; boundary=x"
    page = words(ada.get(batch(ada.client.post("/import", data=body, content_type=kind))).text)
    assert "large.yaml" in page
    assert "256 KiB" in page


@pytest.mark.parametrize("choice", ["on_conflict=never", "other=1", "on_conflict=skip&on_conflict=fail"])
def test_an_unknown_choice_is_refused(ada: Browser, choice: str) -> None:
    address = batch(bring(ada, ("grep.yaml", GREP)))
    assert ada.get(f"{address}?{choice}").status_code == 400


@pytest.fixture
def reader(noise: Caller, app: Flask) -> Browser:
    """The browser of a viewer of a catalog with some tools."""
    who: Somebody = somebody(app, "eve", "viewer")
    return Browser(app, who)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        *(
            ("", 3),
            ("platform=windows", 1),
            ("status=draft", 1),
            ("tag=process", 1),
            ("owner=admin&category=system", 2),
        ),
        *(("names=FIND,Get-Process", 2), ("names=find&platform=windows", 0), ("names=find%0Aget-process+find", 2)),
    ],
)
def test_the_export_page_says_how_many_tools_are_selected(reader: Browser, query: str, total: int) -> None:
    page = reader.get(f"/export?{query}").text
    assert re.search(r'id="count">(\d+)<', page)[1] == str(total)  # type: ignore[index]
    fragment = reader.get(f"/export?{query}", headers={"HX-Request": "true"}).text
    assert fragment.lstrip().startswith('<section class="card" id="selection"')
    assert ("disabled" in fragment) == (total == 0)


def test_names_in_the_address_are_in_the_field_and_unknown_ones_are_named(reader: Browser) -> None:
    page = reader.get("/export?names=find,fnid")
    assert ">find, fnid</textarea>" in page.text
    assert "Not in the catalog: fnid" in words(page.text)


@pytest.mark.parametrize("form", ["yaml", "zip", "json", "csv"])
def test_what_is_selected_is_downloaded(reader: Browser, form: str) -> None:
    answer = reader.send("/export", {"format": form, "platform": "windows", "names": ""}, page="/export")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="tools.{form}"'
    assert (b"Get-Process" in answer.data, b"What find does" in answer.data) == (True, False)


def test_a_download_of_a_name_that_is_none_is_not_found(reader: Browser) -> None:
    assert reader.send("/export", {"names": "fnid"}, page="/export").status_code == 404


def test_more_files_than_an_import_takes_is_warned_of(reader: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_pages, "MOST_FILES", 2)
    assert "An import takes 2 files at once." in words(reader.get("/export").text)
    assert "An import takes" not in words(reader.get("/export?format=json").text)
