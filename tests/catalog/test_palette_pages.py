"""The palette's page and fragment."""

from flask import Flask

from tests.catalog.caller import Caller
from tests.people import somebody

FRAGMENT = {"HX-Request": "true"}


def test_without_script_it_is_a_page_with_links(noise: Caller) -> None:
    page = noise.client.get("/palette?q=find").text
    assert 'href="/tools/find"' in page
    assert 'role="option"' not in page[page.index("<main") : page.index("</main")]


def test_the_field_gets_options_and_their_number(noise: Caller) -> None:
    fragment = noise.client.get("/palette?q=find", headers=FRAGMENT).text
    assert "<html" not in fragment
    assert 'role="listbox"' in fragment
    assert 'data-words="find"' in fragment
    assert f"{fragment.count('aria-selected')} results for “find”" in fragment


def test_a_result_marks_what_was_typed(noise: Caller) -> None:
    assert "<mark>fin</mark>d" in noise.client.get("/palette?q=FIN", headers=FRAGMENT).text.replace("Fin", "fin")


def test_nothing_found_says_so(noise: Caller) -> None:
    assert "Nothing fits “zzzzqqqq”" in noise.client.get("/palette?q=zzzzqqqq", headers=FRAGMENT).text


def test_visits_come_with_the_request(noise: Caller) -> None:
    fragment = noise.client.get("/palette?recent=Get-Process,gone", headers=FRAGMENT).text
    assert "Recent" in fragment
    assert 'href="/tools/Get-Process"' in fragment
    assert 'href="/tools/gone"' not in fragment


def test_viewers_are_offered_no_change(app: Flask, noise: Caller) -> None:
    viewer = somebody(app, "eve", "viewer").client(app)
    assert "/tools/find/disable" in noise.client.get("/palette?q=find", headers=FRAGMENT).text
    assert "/tools/find/disable" not in viewer.get("/palette?q=find", headers=FRAGMENT).text
