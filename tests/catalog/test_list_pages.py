"""The page of tools: whose they are, its facets as menus, its columns and pages — all of it in the address."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import changes as accounts
from app.actor import command_actor
from tests.catalog.caller import Caller
from tests.catalog.test_pages import shown
from tests.definition import definition
from tests.people import somebody

ROOT = command_actor("root")


@pytest.fixture
def ada(app: Flask, noise: Caller) -> FlaskClient:
    """A client of Ada's, who owns a tool, as does her team; others own the rest."""
    client = somebody(app, "ada", "author").client(app)
    accounts.create_team("Ops", actor=ROOT)
    accounts.add_member("Ops", "ada", actor=ROOT)
    noise.create("grep", owner="ada")
    noise.create("sed", owner="Ops")
    return client


def tab(page: str, label: str) -> int:
    """The count on a tab."""
    found = re.search(rf'>{label} <span class="count">(\d+)<', page)
    assert found is not None
    return int(found[1])


def test_mine_are_those_i_and_my_teams_own(ada: FlaskClient) -> None:
    page = ada.get("/tools?mine=true").text
    assert shown(page) == ["grep", "sed"]
    assert (tab(page, "Mine"), tab(page, "All")) == (2, 5)
    assert re.search(r'<a href="/tools\?mine=true" aria-current="true">Mine', page)


def test_mine_goes_with_every_other_filter_and_with_words(ada: FlaskClient) -> None:
    assert shown(ada.get("/tools?mine=true&owner=Ops").text) == ["sed"]
    assert shown(ada.get("/tools?mine=true&q=grep").text) == ["grep"]
    assert shown(ada.get("/tools?mine=true&status=draft").text) == []


def test_who_owns_nothing_is_told_how_to_begin(noise: Caller, app: Flask) -> None:
    page = somebody(app, "eve", "author").client(app).get("/tools?mine=true").text
    assert "What you" in page
    assert 'href="/tools/new"' in page


def columns(page: str) -> list[str]:
    """The headings of the table."""
    head = page[page.index("<thead>") : page.index("</thead>")]
    return re.findall(r'class="column-(?!select|tool)([a-z]+)', head)


def test_columns_are_those_of_the_address(noise: Caller) -> None:
    usual = columns(noise.client.get("/tools").text)
    assert "owner" in usual
    assert "patterns" not in usual
    page = noise.client.get("/tools?columns=patterns,status&sort=name").text
    assert columns(page) == ["status", "patterns"]
    assert 'value="status,patterns"' in page
    refused = noise.client.get("/tools?columns=statuz")
    assert refused.status_code == 400
    assert "Did you mean status?" in refused.text


@pytest.mark.parametrize("state", ["mine=true", "columns=status", "page_size=25", "sort=-name", "tag=text"])
def test_nothing_of_the_address_is_lost_on_the_way(noise: Caller, state: str) -> None:
    noise.ok("POST", "/import", json=[definition(f"tool-{number:02}", owner="admin") for number in range(30)])
    usual = "" if state.startswith("page_size") else "&page_size=25"
    page = noise.client.get(f"/tools?platform=linux&{state}{usual}")
    links = [link for link in re.findall(r'hx-get="([^"]+)"', page.text) if link.startswith("/tools?")]
    assert len(links) > 20
    key = state.split("=", 1)[0]
    kept = [link for link in links if state.replace(",", "%2C") in link]
    # All but those that change it.
    assert len(kept) >= len(links) - {"columns": 10, "sort": 6, "tag": 2, "page_size": 3}.get(key, 0)
    assert re.search(rf'name="back" value="[^"]*{re.escape(state)}', page.text)


def test_a_facet_offers_its_values_with_how_many_they_keep(noise: Caller) -> None:
    noise.create("grep", metadata={"tags": ["text", "search"]})
    page = noise.client.get("/tools?tag=text").text
    facet = page[page.index('id="facet-tag"') : page.index('id="facet-capability"')]
    assert re.search(r"Tag:</span> <b>text</b>", facet)
    assert re.search(r'href="/tools" [^>]*aria-current="true"', facet)
    assert re.search(r'href="/tools\?tag=search".*?search</span><span class="count number">1<', facet, re.DOTALL)


def test_typing_finds_values_beyond_those_offered(noise: Caller) -> None:
    tags = [f"tag-{number:03}" for number in range(40)]
    noise.create("grep", metadata={"tags": [*tags, "zebra"]})
    assert "zebra" not in noise.client.get("/tools").text
    htmx = {"HX-Request": "true"}
    found = noise.client.get("/tools/facets/tag?contains=ZEB&status=active", headers=htmx).text
    assert re.findall(r'<a [^>]*?href="([^"]+)"', found) == ["/tools?status=active&amp;tag=zebra"]
    assert "Nothing" in noise.client.get("/tools/facets/tag?contains=zzz", headers=htmx).text
    assert noise.client.get("/tools/facets/bogus", headers=htmx).status_code == 404


def test_the_values_of_a_facet_are_no_page(noise: Caller) -> None:
    answer = noise.client.get("/tools/facets/tag?status=active&contains=x")
    assert answer.headers["Location"] == "/tools?status=active"


def test_the_pager_names_the_first_the_last_and_the_near_pages(noise: Caller) -> None:
    noise.ok("POST", "/import", json=[definition(f"tool-{number:03}") for number in range(200)])
    page = noise.client.get("/tools?page_size=25&page=4").text
    pager = page[page.index('class="pager"') :]
    assert re.findall(r'id="page-(\w+)"', pager)[:7] == ["size", "previous", "1", "3", "5", "9", "next"]
    assert 'aria-current="page">4<' in pager
