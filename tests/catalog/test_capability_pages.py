"""The pages of capabilities, as pages and as fragments."""

import pytest

from tests.catalog.caller import Caller


def test_every_capability_leads_to_its_ways_and_its_tools(noise: Caller) -> None:
    page = noise.client.get("/capabilities").text
    assert 'href="/capabilities/text_search"' in page
    assert 'href="/tools/find"' in page
    assert "1 capability" in page


def test_htmx_gets_the_results_with_the_facets(noise: Caller) -> None:
    fragment = noise.client.get("/capabilities?q=text", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert 'id="facets" hx-swap-oob' in fragment


def test_one_capability_shows_its_ways(noise: Caller) -> None:
    page = noise.client.get("/capabilities/text_search").text
    assert "search_files" in page
    assert "250 ms" in page


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/capabilities/text_serach", 404, "Did you mean text_search?"),
        ("/capabilities?q=zzz", 200, "No capability matches"),
        ("/capabilities?page=9", 200, "There is no page 9"),
        ("/capabilities/text_search?platform=cloud", 200, "No way on this platform"),
        ("/capabilities?sort=size", 400, "sort"),
    ],
)
def test_what_is_not_there_is_said_in_words(noise: Caller, address: str, status: int, words: str) -> None:
    answer = noise.client.get(address)
    assert answer.status_code == status
    assert words in answer.text


def test_an_empty_catalog_is_told_what_a_capability_is(caller: Caller) -> None:
    assert "No tool can do anything yet" in caller.client.get("/capabilities").text


def test_a_name_with_a_stroke_has_a_page_too(caller: Caller) -> None:
    caller.create(capabilities={"read/write": {"description": "Both", "patterns": {"both": {}}}}, status="draft")
    listed = caller.client.get("/capabilities").text
    assert "/capabilities/read/write" in listed
    assert "read/write" in caller.client.get("/capabilities/read/write").text
