"""The pages: the same tools as the JSON face, as a page or as the fragment htmx asks for."""

import re
from typing import Any

import pytest

from tests.catalog.caller import TOOLS, Caller
from tests.definition import definition


def shown(text: str) -> list[str]:
    """The names of the tools a list shows, in their order."""
    return list(dict.fromkeys(re.findall(r'class="mono" href="/tools/([^"?]+)"', text)))


@pytest.mark.parametrize(
    "query", ["", "?platform=windows", "?q=process", "?sort=-name", "?status=draft", "?tag=text&page_size=1&page=2"]
)
def test_a_page_shows_what_json_lists(noise: Caller, query: str) -> None:
    noise.create()
    page = noise.client.get(f"/tools{query}")
    assert page.status_code == 200
    assert shown(page.text) == [tool["tool_name"] for tool in noise.ok("GET", query)["tools"]]


def test_home_leads_to_the_tools(noise: Caller) -> None:
    assert noise.client.get("/").headers["Location"] == "/tools"


def test_htmx_gets_the_fragment_and_everybody_else_the_page(noise: Caller) -> None:
    page = noise.client.get("/tools")
    fragment = noise.client.get("/tools", headers={"HX-Request": "true"})
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert shown(fragment.text) == shown(page.text)
    assert "HX-Request" in page.headers["Vary"]


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_boosted_or_restored_request_gets_the_page(noise: Caller, header: str) -> None:
    page = noise.client.get("/tools", headers={"HX-Request": "true", header: "true"})
    assert "<html" in page.text


@pytest.mark.parametrize("tab", ["overview", "capabilities", "versions"])
def test_a_tool_has_a_page_for_each_of_its_sides(noise: Caller, tab: str) -> None:
    noise.create()
    noise.update(description="Second")
    for query in (f"?tab={tab}", f"?tab={tab}&version=1.0"):
        page = noise.client.get(f"/tools/grep{query}")
        assert page.status_code == 200
        assert "grep" in page.text


def test_a_tools_page_shows_its_capabilities_and_versions(noise: Caller) -> None:
    noise.create()
    noise.update()
    assert "search_files" in noise.client.get("/tools/grep?tab=capabilities").text
    versions = noise.client.get("/tools/grep?tab=versions").text
    assert all(version in versions for version in ("1.0", "1.1"))


@pytest.mark.parametrize("odd", [None, 7, "text", ["list"], {"a": "map"}, {"a": {"patterns": {"b": 7, "c": None}}}])
def test_a_draft_may_hold_anything_and_is_shown(caller: Caller, odd: Any) -> None:
    keys = ("capabilities", "metadata", "dependencies", "defaults", "examples", "owner", "description")
    body = definition(status="draft", **dict.fromkeys(keys, odd))
    assert caller.send("POST", json=body).status_code == 201
    for tab in ("overview", "capabilities", "versions"):
        assert caller.client.get(f"/tools/grep?tab={tab}").status_code == 200
    assert caller.client.get("/tools").status_code == 200


@pytest.mark.parametrize(
    ("address", "status"), [("/tools/fnid", 404), ("/tools?platform=x", 400), ("/tools/find?tab=x", 400)]
)
def test_what_cannot_be_shown_is_a_page_that_says_so(noise: Caller, address: str, status: int) -> None:
    page = noise.client.get(address)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert "<h1" in page.text


@pytest.mark.parametrize("address", ["/tools", "/tools/nothing", TOOLS, "/health/live", "/static/css/nothing.css"])
def test_every_answer_carries_the_security_headers(noise: Caller, address: str) -> None:
    headers = noise.client.get(address).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")
