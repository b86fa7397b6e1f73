"""The versions of a tool: compare two, roll back and forward, publish a draft, delete one."""

import re

import pytest

from tests.catalog.caller import Caller
from tests.catalog.forms import fields_of, press, words
from tests.catalog.test_tool_pages import entries, refused, told
from tests.definition import definition

PAGE = "/tools/grep"


@pytest.fixture
def grep(noise: Caller) -> Caller:
    """A catalog whose grep has three versions, of which the last is the latest."""
    noise.create()
    changed = definition()
    pattern = changed["capabilities"]["text_search"]["patterns"]["search_files"]
    pattern["time_estimate_ms"] = "180 + 0.4 * N"
    noise.update(capabilities=changed["capabilities"])
    noise.update(description="Third", capabilities=changed["capabilities"])
    return noise


def compare(caller: Caller, query: str = "") -> str:
    """The page that compares two versions."""
    answer = caller.client.get(f"{PAGE}/compare{query}")
    assert answer.status_code == 200
    return answer.text


def ask_and_press(caller: Caller, act: str, **typed: str) -> str:
    """Ask for an act on a version, and do it."""
    address = f"{PAGE}/versions/{act}"
    return press(caller.client, caller.client.get(f"{address}?tab=versions").text, address, **typed).text


def test_changes_are_told_in_words_under_their_pattern_and_then_in_lines(grep: Caller) -> None:
    page = compare(grep, "?from=1.0&to=1.2")
    told = words(page)
    assert "2 changes" in told
    assert "text_search › search_files ~ Time estimate 200 + 0.5 * N → 180 + 0.4 * N, −12 % at N = 100" in told
    assert re.search(r"<del class=\"text\">.*time_estimate_ms: <mark>200</mark> \+ 0\.<mark>5</mark> \* N</del>", page)
    assert re.search(r"<ins class=\"text\">.*time_estimate_ms: <mark>180</mark> \+ 0\.<mark>4</mark> \* N</ins>", page)
    assert "unchanged lines" in told


def test_by_default_the_latest_is_compared_with_the_one_before(grep: Caller) -> None:
    page = compare(grep)
    assert re.findall(r"<option selected>([^<]+)", page) == ["1.1", "1.2"]
    assert re.findall(r"<option selected>([^<]+)", compare(grep, "?to=1.1")) == ["1.0", "1.1"]
    assert re.findall(r"<option selected>([^<]+)", compare(grep, "?from=1.0")) == ["1.0", "1.2"]


def test_the_other_way_round_is_a_link(grep: Caller) -> None:
    assert f'href="{PAGE}/compare?from=1.2&amp;to=1.0"' in compare(grep, "?from=1.0&to=1.2")


@pytest.mark.parametrize(
    ("query", "why"), [("?from=1.0&to=1.0", "the same version twice"), ("?from=1.0&to=1.3", "1.0 and 1.3 say the same")]
)
def test_no_difference_is_said(grep: Caller, query: str, why: str) -> None:
    grep.update()
    page = compare(grep, query)
    assert "No difference" in page
    assert why in words(page)


def test_htmx_gets_the_comparison_alone(grep: Caller) -> None:
    fragment = grep.client.get(f"{PAGE}/compare", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert 'id="comparison"' in fragment


@pytest.mark.parametrize("query", ["?from=1.0&to=9", "?from=9", "?to=9", "?to=9&from=1.0"])
def test_a_version_that_is_not_there_is_said(grep: Caller, query: str) -> None:
    answer = grep.client.get(f"{PAGE}/compare{query}")
    assert (answer.status_code, "grep has no version 9" in words(answer.text)) == (404, True)


def test_the_tab_of_versions_offers_two_to_compare_and_those_to_go_back_to(grep: Caller) -> None:
    page = grep.client.get(f"{PAGE}?tab=versions").text
    assert re.findall(r'name="from" value="([^"]+)"[^>]* checked', page) == ["1.1"]
    assert re.findall(r'name="to" value="([^"]+)"[^>]* checked', page) == ["1.2"]
    assert re.findall(r'href="/tools/grep/versions/([^/]+)/promote\?tab=versions"', page) == ["1.1", "1.0"]


def test_a_tool_with_one_version_is_told_what_versions_are_for(noise: Caller) -> None:
    noise.create()
    page = noise.client.get(f"{PAGE}?tab=versions").text
    assert "So far there is one version." in words(page)
    assert 'type="radio"' not in page


def test_rolling_back_says_what_it_changes_asks_why_and_can_be_undone(grep: Caller) -> None:
    question = words(grep.client.get(f"{PAGE}/versions/1.0/promote").text)
    assert "Roll grep back to 1.0?" in question
    assert "2 changes from 1.2 to 1.0" in question
    assert "Time estimate 180 + 0.4 * N → 200 + 0.5 * N" in question
    page = ask_and_press(grep, "1.0/promote", reason="Slower on NFS")
    assert told(page).startswith("1.0 is the latest again.")
    assert 'id="versions"' in page
    assert grep.latest() == ["1.0"]
    assert entries(grep)[0] == ("promoted", "Slower on NFS", "page")
    page = press(grep.client, page, f"{PAGE}/versions/1.2/promote").text
    assert told(page).startswith("1.2 is the latest again.")
    assert grep.latest() == ["1.2"]


def test_after_a_roll_back_the_newer_version_can_be_the_latest_again(grep: Caller) -> None:
    ask_and_press(grep, "1.0/promote")
    assert "Make 1.2 the latest version of grep ?" in words(grep.client.get(f"{PAGE}/versions/1.2/promote").text)


def test_a_roll_back_from_a_page_that_is_out_of_date_changes_nothing_and_says_so(grep: Caller) -> None:
    question = grep.client.get(f"{PAGE}/versions/1.0/promote").text
    grep.update(description="Somebody else's")
    answer = press(grep.client, question, f"{PAGE}/versions/1.0/promote")
    assert answer.status_code == 412
    assert "The latest is now 1.3" in refused(answer.text)
    assert grep.latest() == ["1.3"]


def test_a_draft_beside_the_latest_is_published(grep: Caller) -> None:
    grep.update(status="draft", description="Fourth")
    page = ask_and_press(grep, "1.3/promote")
    assert told(page).startswith("1.3 is published, and the latest now.")
    assert (grep.latest(), grep.read()["status"]) == (["1.3"], "active")


def test_a_tool_that_is_only_a_draft_is_published_with_no_way_back(noise: Caller) -> None:
    noise.create(status="draft")
    page = ask_and_press(noise, "1.0/promote")
    assert told(page).startswith("1.0 is published, and the latest now.")
    assert "Undo" not in told(page)


def test_a_draft_with_errors_stays_one_and_that_is_said(noise: Caller) -> None:
    address = "/tools/half-done/versions/1.0/promote"
    question = noise.client.get(address).text
    answer = press(noise.client, question, address)
    assert answer.status_code == 422
    assert "has errors and stays a draft" in refused(answer.text)
    assert noise.read("half-done")["status"] == "draft"


def test_deleting_the_latest_says_which_follows(grep: Caller) -> None:
    page = ask_and_press(grep, "1.2/delete", reason="Wrong figures")
    assert told(page).startswith("1.2 is deleted. 1.1 is the latest now.")
    assert "Undo" not in told(page)
    assert grep.versions() == ["1.1", "1.0"]
    assert entries(grep)[0] == ("deleted", "Wrong figures", "page")


def test_deleting_the_only_version_takes_the_tool_and_says_so_before(noise: Caller) -> None:
    noise.create()
    assert "It is the only version: the tool goes with it." in words(
        noise.client.get(f"{PAGE}/versions/1.0/delete").text
    )
    assert "grep is deleted, with its only version." in words(ask_and_press(noise, "1.0/delete"))
    assert "grep" not in noise.names()


def test_a_version_of_a_tool_that_changed_meanwhile_is_not_deleted(grep: Caller) -> None:
    question = grep.client.get(f"{PAGE}/versions/1.0/delete").text
    grep.patch("grep", description="Changed meanwhile")
    answer = press(grep.client, question, f"{PAGE}/versions/1.0/delete")
    assert (answer.status_code, len(grep.versions())) == (412, 4)


@pytest.mark.parametrize("act", ["promote", "delete"])
def test_a_form_without_its_token_changes_nothing(grep: Caller, act: str) -> None:
    address = f"{PAGE}/versions/1.0/{act}"
    fields = fields_of(grep.client.get(address).text, address)
    del fields["csrf_token"]
    assert grep.client.post(address, data=fields).status_code == 400
    assert (grep.latest(), len(grep.versions())) == (["1.2"], 3)
