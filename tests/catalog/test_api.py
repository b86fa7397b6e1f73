"""The JSON face: lists, tools and capabilities as orchestrators read them."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from app.catalog.schemas import SORT_WORDS
from app.definitions.vocabulary import CATEGORIES, PLATFORMS, STATUSES
from tests.catalog.caller import TOOLS, Caller
from tests.definition import definition


@pytest.fixture
def listed(noise: Caller) -> Caller:
    """A catalog of seven tools to list."""
    noise.create("grep", owner="ops", metadata={"tags": ["text", "search"]}, category="text-processing")
    noise.create("awk", metadata={"tags": ["text"]}, category="text-processing", status="deprecated")
    noise.create("netstat", platform="windows", category="network", metadata={})
    noise.create("dig", platform="network", category="network", metadata={})
    noise.ok("PATCH", "/dig/disable")
    return noise


def names(answer: Any) -> list[str]:
    """The names in a list."""
    return [tool["tool_name"] for tool in answer["tools"]]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("?platform=windows", ["Get-Process", "netstat"]),
        ("?category=network", ["dig", "netstat"]),
        ("?status=deprecated", ["awk"]),
        ("?enabled=false", ["dig"]),
        ("?tag=text&status=active", ["find", "grep"]),
        ("?tag=search", ["grep"]),
        ("?capability=text_search&platform=windows", ["Get-Process", "netstat"]),
        ("?owner=ops", ["grep"]),
        ("?platform=linux&category=text-processing&tag=text&enabled=true", ["awk", "grep"]),
        ("?platform=&tag=search", ["grep"]),
        ("?tag=nothing", []),
        ("/platform/windows?category=network", ["netstat"]),
        ("/category/network?platform=network", ["dig"]),
        ("?sort=-name&platform=windows", ["netstat", "Get-Process"]),
    ],
)
def test_lists_are_filtered_and_sorted(listed: Caller, query: str, kept: list[str]) -> None:
    answer = listed.ok("GET", query)
    assert (names(answer), answer["total"]) == (kept, len(kept))


@pytest.mark.parametrize("word", SORT_WORDS)
def test_every_order_the_parameter_knows_is_one(listed: Caller, word: str) -> None:
    assert sorted(names(listed.ok("GET", f"?sort={word}"))) == sorted(names(listed.ok("GET")))


def test_a_list_tells_how_it_divides(listed: Caller) -> None:
    facets = listed.ok("GET", "?category=network")["facets"]
    assert facets["platform"] == [{"value": "network", "count": 1}, {"value": "windows", "count": 1}]
    assert {"value": "text-processing", "count": 2} in facets["category"]
    assert facets["enabled"] == [{"value": False, "count": 1}, {"value": True, "count": 1}]


def test_a_line_says_what_a_list_needs(listed: Caller) -> None:
    (line,) = listed.ok("GET", "?owner=ops")["tools"]
    whole = listed.read("grep")
    assert {key: line[key] for key in ("id", "version", "status", "enabled", "revision", "updated_at")} == {
        key: whole[key] for key in ("id", "version", "status", "enabled", "revision", "updated_at")
    }
    assert (line["tags"], line["capabilities"], line["pattern_count"]) == (["text", "search"], ["text_search"], 1)


def test_links_lead_through_the_pages_and_keep_the_filters(listed: Caller) -> None:
    query, seen = "?capability=text_search&page_size=2", list[str]()
    while query:
        answer = listed.ok("GET", query)
        seen += names(answer)
        following = answer["links"]["next"]
        query = following.removeprefix(TOOLS) if following else ""
        assert parse_qs(urlsplit(answer["links"]["first"]).query)["capability"] == ["text_search"]
    assert seen == names(listed.ok("GET", "?capability=text_search"))
    assert (answer["links"]["prev"], answer["page"], answer["pages"]) == (
        f"{TOOLS}?capability=text_search&page_size=2&page=2",
        3,
        3,
    )


def test_a_page_beyond_the_last_is_empty_and_leads_back(listed: Caller) -> None:
    answer = listed.ok("GET", "?page=99")
    assert (answer["tools"], answer["total"], answer["links"]["prev"]) == ([], 7, f"{TOOLS}?page=1")


@pytest.mark.parametrize("address", [TOOLS, f"{TOOLS}/search?q=x", "/api/v1/capabilities/text_search/tools"])
def test_an_unknown_parameter_is_refused_and_the_known_listed(listed: Caller, address: str) -> None:
    answer = listed.client.get(f"{address}{'&' if '?' in address else '?'}plattform=linux")
    assert answer.status_code == 400
    assert answer.json is not None
    assert set(answer.json["known"]) & {"platform", "page"}
    assert all(word in answer.json["detail"] for word in answer.json["known"])


@pytest.mark.parametrize(
    "address",
    [
        f"{TOOLS}/grep?verson=1.0",
        f"{TOOLS}/grep/versions?limit=5",
        f"{TOOLS}/grep/versions/1.0?full=1",
        f"{TOOLS}/grep/diff?from=1.0&to=1.0&words=1",
        "/api/v1/capabilities?platform=linux",
    ],
)
def test_no_read_ignores_a_parameter(listed: Caller, address: str) -> None:
    assert listed.client.get(address).status_code == 400


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("?platform=linuks", PLATFORMS),
        ("?category=sytem", CATEGORIES),
        ("?status=activ", STATUSES),
        ("?sort=nme", SORT_WORDS),
        ("/platform/linuks", PLATFORMS),
        ("/category/sytem", CATEGORIES),
    ],
)
def test_a_word_outside_the_vocabulary_is_refused_and_the_known_listed(
    listed: Caller, query: str, known: tuple[str, ...]
) -> None:
    answer = listed.send("GET", query)
    assert answer.status_code == 400
    detail = answer.json["detail"]  # type: ignore[index]
    assert "Did you mean" in detail
    assert all(word in detail for word in known)


@pytest.mark.parametrize(
    "query",
    ["?page=0", "?page=x", "?page_size=101", "?page_size=0", "?enabled=maybe", "?tag=a&tag=b", "?page=1e9", "/search"],
)
def test_a_value_a_parameter_cannot_have_is_refused_by_its_name(listed: Caller, query: str) -> None:
    answer = listed.send("GET", query)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["parameter"] in query or query == "/search"


def test_a_tool_is_read_whole_in_any_of_its_versions(listed: Caller) -> None:
    listed.update("grep", description="Second")
    assert listed.read()["description"] == "Second"
    for path in ("/grep?version=1.0", "/grep/versions/1.0"):
        tool = listed.ok("GET", path)
        assert (tool["version"], tool["is_latest"], tool["description"]) == ("1.0", False, "What grep does")
        assert tool["capabilities"] == definition()["capabilities"]


def test_the_latest_named_by_its_number_is_the_same_document(listed: Caller) -> None:
    assert listed.send("GET", "/grep?version=1.0").data == listed.send("GET", "/grep").data


def test_versions_are_told_newest_first(listed: Caller) -> None:
    answer = listed.ok("GET", "/FIND/versions")
    assert (answer["tool_name"], answer["total_versions"]) == ("find", 2)
    assert [(v["version"], v["is_latest"], v["status"], v["enabled"]) for v in answer["versions"]] == [
        ("1.1", True, "active", True),
        ("1.0", False, "active", True),
    ]


def test_capabilities_tell_how_many_have_and_offer_them(listed: Caller) -> None:
    listed.create("sed", capabilities={"editing": definition()["capabilities"]["text_search"]})
    answer = listed.client.get("/api/v1/capabilities").json
    assert answer is not None
    assert answer["total"] == 2
    assert answer["capabilities"] == [
        {"name": "editing", "tools": 1, "offered_tools": 1},
        {"name": "text_search", "tools": 6, "offered_tools": 4},
    ]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ["find", "Get-Process", "grep", "netstat"]),
        ("?platform=windows", ["Get-Process", "netstat"]),
        ("?enabled=false", ["dig"]),
        ("?status=deprecated", ["awk"]),
    ],
)
def test_who_has_a_capability_means_who_offers_it_unless_asked_otherwise(
    listed: Caller, query: str, kept: list[str]
) -> None:
    answer = listed.client.get(f"/api/v1/capabilities/text_search/tools{query}").json
    assert answer is not None
    assert (names(answer), answer["total"], answer["capability"]) == (kept, len(kept), "text_search")


def test_an_unknown_capability_is_not_found_and_the_nearest_told(listed: Caller) -> None:
    answer = listed.client.get("/api/v1/capabilities/text_serch/tools")
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["suggestions"] == ["text_search"]


READS = [
    *(TOOLS + path for path in ("", "/grep", "/grep?version=1.0", "/grep/versions/1.0", "/platform/linux")),
    *(TOOLS + path for path in ("/search?q=grep", "/category/system", "?q=grep")),
    *("/api/v1/capabilities", "/api/v1/capabilities/text_search/tools", "/api/v1/openapi.json"),
]


@pytest.mark.parametrize("address", READS)
def test_a_reader_who_has_it_already_gets_304(listed: Caller, address: str) -> None:
    first = listed.client.get(address)
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = listed.client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert listed.client.get(address, headers={"If-None-Match": '"other"'}).data == first.data


@pytest.mark.parametrize("address", READS[:-1])
def test_a_change_gives_another_tag(listed: Caller, address: str) -> None:
    before = listed.client.get(address).headers["ETag"]
    listed.patch("grep", status="testing")
    assert listed.client.get(address).headers["ETag"] != before


@pytest.mark.parametrize("address", [*READS, f"{TOOLS}/grep/versions", "/health/ready"])
def test_head_is_get_without_a_body(listed: Caller, address: str) -> None:
    get, head = listed.client.get(address), listed.client.head(address)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.data))


def test_an_empty_catalog_is_an_empty_list(client: FlaskClient) -> None:
    answer = client.get(TOOLS).json
    assert answer is not None
    assert (answer["tools"], answer["total"], answer["pages"], answer["revision"]) == ([], 0, 1, 0)


def test_a_posted_definition_is_validated_without_being_stored(listed: Caller) -> None:
    answer = listed.ok("POST", "/validate", json=definition("sed", platform="linuks"))
    (error,) = (finding for finding in answer["findings"] if finding["severity"] == "error")
    assert (answer["valid"], error["path"], error["suggestion"]) == (False, "/platform", "linux")
    assert listed.ok("POST", "/validate", json=definition("sed"))["valid"] is True
    assert "sed" not in listed.names()


def test_findings_of_yaml_have_line_and_column(caller: Caller) -> None:
    text = "tool_name: sed\nplatform: linuks\n"
    findings = caller.ok("POST", "/validate", data=text, content_type="application/yaml")["findings"]
    assert [(f["line"], f["column"]) for f in findings if f["path"] == "/platform"] == [(2, 1)]


def test_a_stored_definition_is_validated(listed: Caller) -> None:
    assert listed.ok("POST", "/grep/validate")["valid"] is True
    assert listed.ok("POST", "/half-done/validate")["valid"] is False
    assert listed.ok("POST", "/grep/validate", json=definition(platform="linuks"))["valid"] is False
    assert listed.send("POST", "/nothing/validate").status_code == 404


def test_a_dependency_on_a_tool_of_the_catalog_is_known(listed: Caller) -> None:
    def valid_with(name: str) -> list[str]:
        body = definition("sed", dependencies=[{"name": name, "type": "tool", "required": True}])
        return [finding["path"] for finding in listed.ok("POST", "/validate", json=body)["findings"]]

    assert (valid_with("grep"), valid_with("gerp") != []) == ([], True)


def test_exported_json_is_what_the_authors_wrote(listed: Caller) -> None:
    answer = listed.ok("POST", "/export", json={"names": ["netstat", "dig"]})
    written = {"platform": "network", "category": "network", "metadata": {}}
    assert answer["total"] == 2
    assert definition("dig", **written, enabled=False) in answer["tools"]


@pytest.mark.parametrize("options", [{"name": ["grep"]}, {"format": "xml"}, {"names": "grep"}])
def test_an_export_with_an_unknown_option_is_refused(listed: Caller, options: dict[str, object]) -> None:
    assert listed.send("POST", "/export", json=options).status_code == 400
