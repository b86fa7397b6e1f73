"""The playground: the form's state, errors beside their fields, notes, and what would change."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.catalog.caller import Caller
from tests.catalog.conftest import caller, noise
from tests.definition import PATTERN, definition
from tests.people import somebody

# Known to these tests by being here.
__all__ = ["caller", "noise"]

HTMX = {"HX-Request": "true"}


def of_one_pattern(**changes: object) -> dict[str, object]:
    """Capabilities of one pattern, with keys of it replaced."""
    return {"text_search": {"description": "Search text", "patterns": {"search_files": {**PATTERN, **changes}}}}


@pytest.fixture
def pages(noise: Caller) -> FlaskClient:
    """A catalog in which grep is the cheapest, and one tool is for no production."""
    noise.create("grep", capabilities=of_one_pattern(cost_estimate=0, description="Find lines in files"))
    noise.create("scan", capabilities=of_one_pattern(policy={"production_safe": False, "requires_approval": True}))
    return noise.client


def shown(client: FlaskClient, address: str, status: int = 200) -> str:
    """A page, without what only lays it out."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return re.sub(r"\s+", " ", answer.text)


def test_nothing_asked_yet_teaches_by_examples(pages: FlaskClient) -> None:
    page = shown(pages, "/select")
    assert page.count('href="/select?intent=') == 5
    assert 'role="alert"' not in page


def test_the_answer_says_first_what_is_first_and_why(pages: FlaskClient) -> None:
    page = shown(pages, "/select?intent=search+files")
    because = page.index('id="because"')
    assert because < page.index('id="settings"') < page.index('class="card ranked"')
    assert re.search(r'id="because".*?<p><b class="mono">[\w-]+\.search_files</b> is first', page)
    assert 'href="/tools/grep?tab=capabilities"' in page


def test_every_axis_is_told_in_figures(pages: FlaskClient) -> None:
    page = shown(pages, "/select?intent=search+files&preference=cheap")
    for axis in ("Time", "Cost", "Simplicity", "Accuracy", "Completeness"):
        assert re.search(rf"</span>{axis}</th>", page)
    assert '<td class="right">0.40</td>' in page
    assert "usual value" in page


def test_the_form_shows_what_was_asked(pages: FlaskClient) -> None:
    address = (
        "/select?intent=search+files&environment=staging&platform=linux&preference=fast&variables=N%3D40&max_cost=3"
    )
    page = shown(pages, address)
    assert 'value="search files"' in page
    assert re.search(r'name="environment" value="staging"', page)
    assert '<option value="linux" selected>' in page
    assert 'value="fast" checked' in page
    assert re.search(r'name="variable_N" value="40"', page)
    assert re.search(r'name="max_cost" value="3"', page)
    assert re.search(r'<details[^>]* id="further" open>', page)


def test_a_form_is_sent_on_to_the_address_that_says_the_same(pages: FlaskClient) -> None:
    form = {"intent": "search files", "preference": "own", "weight_time": "80", "weight_cost": "0", "variable_N": "4"}
    answer = pages.get("/select", query_string={**form, "platform": "", "limit": "10"})
    assert answer.status_code == 303
    assert answer.location == "/select?intent=search+files&variables=N%3D4&weights=time%3D80"
    page = shown(pages, answer.location)
    assert 'value="own" checked' in page
    assert re.search(r'name="weight_time" min="0" max="100" value="80"', page)


def test_htmx_gets_the_playground_and_the_address_to_show(pages: FlaskClient) -> None:
    answer = pages.get("/select?intent=search&platform=&variable_N=4&preference=", headers=HTMX)
    assert answer.text.lstrip().startswith('<div class="playground"')
    assert answer.headers["HX-Replace-Url"] == "/select?intent=search&variables=N%3D4"
    assert "HX-Request" in answer.headers["Vary"]


WRONG = (
    ("intent=a&variable_N=many", "variable_N", "“many” is no number"),
    ("intent=a&variables=N=-1", "variable_N", "greater than or equal to 0"),
    ("intent=a&max_cost=much", "max_cost", "“much” is no number"),
    ("intent=a&max_time_ms=-1", "max_time_ms", "greater than or equal to 0"),
    ("intent=a&limit=999", "limit", "less than or equal to 50"),
    ("intent=a&platform=amiga", "platform", "Not one of the known words"),
    ("intent=a&preference=best", "preference", "balanced"),
    ("intent=a&preference=own&weight_time=0", "weights", "At least one weight is more than 0"),
    ("intent=a&capabilities=text_serach", "capabilities", "Did you mean text_search?"),
    ("intent=a&against=grep", "against", "systemctl@1.1, or draft:12"),
    ("intent=a&against=grep@9.9", "against", "9.9"),
    ("capabilities=text_serach&against=grep@1.0", "capabilities", "Neither the catalog nor grep 1.0"),
    ("environment=%20&limit=x", "limit", "“x” is no number"),
)


def test_what_is_wrong_stands_beside_its_field(pages: FlaskClient) -> None:
    for query, field, words in WRONG:
        page = shown(pages, f"/select?{query}", 422)
        said = re.search(rf'id="said-{field}"[^>]*>(.*?)</p>', page)
        assert said is not None, query
        assert words in said[1], query
        assert "No answer yet" in page


def test_what_is_wrong_with_it_all_stands_above(pages: FlaskClient) -> None:
    for query in ("intent=a&nonsense=1", "intent=a&preference=fast&weights=time=1"):
        assert re.search(r'id="said-" role="alert"', shown(pages, f"/select?{query}", 422))


def test_a_parameter_given_twice_is_refused(pages: FlaskClient) -> None:
    assert "given more than once" in shown(pages, "/select?intent=a&intent=b", 400)


def test_what_was_typed_survives_a_mistake(pages: FlaskClient) -> None:
    page = shown(pages, "/select?intent=search&preference=own&weight_time=70&variable_N=4&limit=x", 422)
    assert 'value="own" checked' in page
    assert re.search(r'name="weight_time" min="0" max="100" value="70"', page)
    assert re.search(r'name="variable_N" value="4"', page)
    assert re.search(r'name="limit" value="x"', page)


def test_how_the_words_were_read_is_told(pages: FlaskClient) -> None:
    page = shown(pages, "/select?intent=serach+files+zzzz+quickly&variables=pages%3D4")
    assert "“serach” was read as “search”" in page
    assert "No pattern knows “zzzz”" in page
    assert "The words ask for <b>fast</b>" in page
    assert "No candidate needs <code>pages</code>" in page


def test_rules_that_could_not_be_evaluated_are_told_apart_from_exclusions(pages: FlaskClient) -> None:
    page = shown(pages, "/select?intent=search+files")
    assert "No environment was named: 1 of these 4 is not for production." in page
    assert 'href="/select?intent=search+files&amp;environment=production"' in page.replace("%20", "+")
    assert "Excluded" not in page
    page = shown(pages, "/select?intent=search+files&environment=production")
    assert "Not evaluated" not in page
    assert re.search(r'id="excluded">.*scan\.search_files</a> <span class="badge">production_safe</span>', page)


def test_nothing_that_may_be_used_tells_the_rules_at_once(pages: FlaskClient) -> None:
    page = shown(pages, "/select?intent=search+files&max_time_ms=1")
    assert "Nothing may be used" in page
    assert 'id="excluded" open' in page
    assert "Save as a regression case" not in page


def test_nothing_that_matches_says_how_patterns_are_found(pages: FlaskClient) -> None:
    assert "Patterns are found by" in shown(pages, "/select?intent=zzzz")


def test_candidates_too_close_are_told_with_the_question_that_decides(pages: FlaskClient) -> None:
    assert "Too close to call." in shown(pages, "/select?capabilities=text_search")


def test_against_a_version_both_answers_stand_side_by_side(pages: FlaskClient) -> None:
    body = definition("grep", capabilities=of_one_pattern(cost_estimate=5, description="Find lines in files"))
    del body["version"]
    assert pages.put("/api/v1/tools/grep", json=body).status_code == 200
    page = shown(pages, "/select?capabilities=text_search&against=grep@1.0&limit=3")
    assert "<strong>With grep 1.0:</strong> grep.search_files comes first instead of" in page
    assert "Another choice" in page
    assert "It costs 0 instead of 5" in page
    assert page.index("As published") < page.index("<h3>With grep 1.0</h3>")
    assert 'name="against" value="grep@1.0"' in page


def test_the_same_request_can_be_copied_for_programs(pages: FlaskClient) -> None:
    page = shown(pages, "/select?intent=search+files&variables=N%3D40")
    assert "curl &#39;http://localhost/api/v1/select&#39;" in page
    assert "variables={&#34;N&#34;: 40.0}" in page
    assert "http://localhost/select?intent=search+files&amp;variables=N%3D40" in page


def test_a_case_holds_the_request_and_what_comes_first(pages: FlaskClient) -> None:
    page = shown(pages, "/select?capabilities=text_search&environment=production&against=grep@1.0")
    form = re.search(r'<form[^>]* action="/select/cases".*?</form>', page)
    assert form is not None
    assert '<input type="hidden" name="environment" value="production">' in form[0]
    assert 'name="against"' not in form[0]
    assert 'name="csrf_token"' in form[0]
    first = re.search(r'<option value="([^"]+)"', form[0])
    assert first is not None
    assert first[1] in page[page.index('id="because"') :]


def test_a_viewer_may_play_and_is_told_why_not_save(app: Flask, pages: FlaskClient) -> None:
    page = shown(somebody(app, "eve", "viewer").client(app), "/select?intent=search+files")
    assert "search_files" in page
    assert "Save as a regression case" in page
    assert 'action="/select/cases"' not in page
    assert "eve is a viewer; creating tools needs the role author." in page


def test_tools_and_drafts_lead_here(pages: FlaskClient) -> None:
    tool = pages.get("/tools/grep?tab=capabilities").text
    assert 'href="/select?capabilities=text_search"' in tool
    draft = pages.get("/tools/grep/edit").location
    page = pages.get(f"{draft}?node=/capabilities/text_search/patterns/search_files").text
    assert re.search(r'href="/select\?capabilities=text_search&amp;against=draft:\d+"', page)
