"""The list's forms: acting on what is selected, asking before deleting, downloading, and Undo."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.catalog.bulk import MOST_TOOLS
from app.definitions.documents import read_yaml
from tests.catalog.caller import Caller
from tests.definition import definition
from tests.people import somebody

HTMX = {"HX-Request": "true"}


@pytest.fixture
def three(noise: Caller, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Three tools beside the noise; forms need no token here."""
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    for name in ("grep", "sed", "awk"):
        noise.create(name)
    return noise


def send(caller: Caller, path: str = "/tools/bulk", **form: Any) -> TestResponse:
    """Send a form, and follow to the page it leads to."""
    return caller.client.post(path, data=form, follow_redirects=True)


def undo_of(page: TestResponse) -> dict[str, str]:
    """The fields of the toast's Undo."""
    form = page.text[page.text.index('action="/undo"') :]
    return dict(re.findall(r'name="(first|last|back)" value="([^"]*)"', form))


def test_what_is_selected_is_changed_and_the_list_is_as_it_was(three: Caller) -> None:
    page = send(three, act="disable", names=["grep", "sed"], back="/tools?platform=linux&sort=-name")
    assert page.request.full_path == "/tools?platform=linux&sort=-name"
    assert "2 tools disabled" in page.text
    assert [three.read(name)["enabled"] for name in ("grep", "sed", "awk")] == [False, False, True]


def test_undo_in_the_toast_takes_it_back(three: Caller) -> None:
    page = send(three, act="disable", names=["grep", "sed"], back="/tools?sort=-name")
    undone = send(three, "/undo", **undo_of(page))
    assert "2 tools as before" in undone.text
    assert undone.request.full_path == "/tools?sort=-name"
    assert three.read("grep")["enabled"] is True


def test_a_toast_says_which_tools_were_left_alone(three: Caller) -> None:
    page = send(three, act="disable", names=["grep", "sed"])
    three.patch("sed", description="Other")
    undone = send(three, "/undo", **undo_of(page))
    assert "sed was changed since, by admin" in undone.text
    assert "Nothing was taken back" in send(three, "/undo", **undo_of(page)).text


def test_undo_on_a_tools_page_leads_back_to_it(three: Caller) -> None:
    revision = three.ok("PATCH", "/grep/disable")["revision"]
    page = send(three, "/undo", first=revision, last=revision, back="/tools/grep?tab=versions")
    assert page.request.path == "/tools/grep"
    assert "grep as before" in page.text


def test_htmx_gets_the_list_and_the_toast_in_one_fragment(three: Caller) -> None:
    form = {"act": "deprecate", "names": "grep"}
    page = three.client.post("/tools/bulk", data=form, headers=HTMX, follow_redirects=True)
    assert "<html" not in page.text
    assert all(part in page.text for part in ('id="results"', 'id="toasts" hx-swap-oob', "grep deprecated"))


def test_a_toast_is_said_once(three: Caller) -> None:
    send(three, act="disable", names="grep")
    assert "grep disabled" not in three.client.get("/tools").text


def test_all_that_match_are_those_of_every_page_and_no_other(three: Caller) -> None:
    send(three, act="disable", all_matching="yes", back="/tools?tag=text&page_size=1&status=active")
    disabled = [tool["tool_name"] for tool in three.ok("GET", "?enabled=false")["tools"]]
    assert disabled == ["awk", "find", "grep", "sed"]


def test_more_than_may_be_changed_at_once_are_refused_in_words(three: Caller) -> None:
    three.ok("POST", "/import", json=[definition(f"tool-{number}") for number in range(MOST_TOOLS)])
    page = send(three, act="disable", all_matching="yes")
    assert f"{MOST_TOOLS} are the most" in page.text
    assert three.read("grep")["enabled"] is True


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"act": "disable"}, "No tool was selected"),
        ({"act": "bogus", "names": "grep"}, "Choose what to do"),
        ({"names": "grep"}, "Choose what to do"),
        ({"act": "tag", "names": "grep", "tags": " , "}, "Say which tags"),
        ({"act": "disable", "names": ["grep", "nothing"]}, "One tool stands against it: nothing"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(three: Caller, form: dict[str, Any], words: str) -> None:
    assert words in send(three, **form).text
    assert three.read("grep")["enabled"] is True


def test_deleting_is_asked_about_and_has_no_undo(three: Caller) -> None:
    page = send(three, act="delete", names=["grep", "sed"], back="/tools?sort=-name")
    assert "Delete these 2 tools?" in page.text
    assert "grep" in three.names()
    done = send(three, act="delete", names=["grep", "sed"], confirmed="yes")
    assert "2 tools deleted" in done.text
    assert 'action="/undo"' not in done.text
    assert {"grep", "sed"}.isdisjoint(three.names())


def test_tags_are_words_with_commas_between_them(three: Caller) -> None:
    send(three, act="tag", names=["grep", "sed"], tags="stream, unix")
    assert three.read("sed")["metadata"]["tags"] == ["text", "stream", "unix"]


def test_the_selected_are_downloaded_as_their_authors_wrote_them(three: Caller) -> None:
    answer = three.client.post("/tools/export", data={"names": ["grep", "sed"]})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tools.yaml"'
    tools = read_yaml(answer.data).data["tools"]
    assert [tool["tool_name"] for tool in tools] == ["grep", "sed"]
    assert "No tool was selected" in send(three, "/tools/export").text


@pytest.mark.parametrize("back", ["https://evil.invalid/", "//evil.invalid", "/sign-out", "/tools?x=1", "\\\\x", "["])
def test_no_address_leads_anywhere_but_to_the_list(three: Caller, back: str) -> None:
    for path, form in (("/tools/bulk", {"act": "disable", "names": "grep"}), ("/undo", {"first": "1", "last": "1"})):
        assert three.client.post(path, data={**form, "back": back}).headers["Location"] == "/tools"


def test_forms_need_their_token(client: Any) -> None:
    for path in ("/tools/bulk", "/undo", "/tools/export"):
        assert client.post(path, data={"act": "disable", "names": "grep"}).status_code == 400


def test_a_viewer_sees_why_nothing_can_be_changed_and_exports(app: Flask, three: Caller) -> None:
    eve = somebody(app, "eve", "viewer").client(app)
    page = eve.get("/tools").text
    assert "changing tools needs the role author" in page
    assert 'value="disable"' not in page
    assert eve.post("/tools/export", data={"names": "grep"}).status_code == 200
    assert eve.post("/tools/bulk", data={"act": "disable", "names": "grep"}).status_code == 403
