"""A tool's page: every act through the same function as JSON, what was done and the way back, and why one may not."""

import re

import pytest
from flask import Flask

from app.accounts import changes as accounts
from app.actor import command_actor
from app.catalog.toolpage import time_samples
from tests.catalog.caller import Caller
from tests.catalog.forms import fields_of, press, words
from tests.definition import definition
from tests.people import somebody

PAGE = "/tools/grep"


def page_of(caller: Caller, query: str = "") -> str:
    """A tab of the tool's page."""
    return caller.client.get(f"{PAGE}{query}").text


def told(page: str) -> str:
    """What the page says was done just now."""
    found = re.search(r'<div class="notice told">.*?</div>', page, re.DOTALL)
    return words(found[0]) if found else ""


def refused(page: str) -> str:
    """What the page says an act was refused for."""
    found = re.search(r'role="alert">(.*?)</(?:div|p)>', page, re.DOTALL)
    return words(found[1]) if found else ""


def entries(caller: Caller) -> list[tuple[str, str | None, str]]:
    """What the audit log tells of the tool, newest first: action, reason and source."""
    found = caller.client.get("/api/v1/audit?tool=grep").get_json()["entries"]
    return [(entry["action"], entry["reason"], entry["source"]) for entry in found]


def test_disabling_is_done_at_once_told_and_undone(noise: Caller) -> None:
    noise.create()
    page = press(noise.client, page_of(noise), f"{PAGE}/disable").text
    assert told(page).startswith("grep is disabled.")
    assert noise.read()["enabled"] is False
    assert entries(noise)[0] == ("disabled", None, "page")
    page = press(noise.client, page, f"{PAGE}/enable").text
    assert told(page).startswith("grep is enabled.")
    assert noise.read()["enabled"] is True
    assert told(page_of(noise)) == ""


def test_what_was_done_links_to_how_far_it_has_spread(noise: Caller) -> None:
    noise.create()
    page = press(noise.client, page_of(noise), f"{PAGE}/disable").text
    assert f'hx-get="/reloads/standing?revision={noise.read()["revision"]}"' in page


def test_a_tool_is_deprecated_and_made_active_again(noise: Caller) -> None:
    noise.create()
    page = press(noise.client, page_of(noise), f"{PAGE}/status").text
    assert told(page).startswith("grep is deprecated now.")
    assert noise.read()["status"] == "deprecated"
    page = press(noise.client, page, f"{PAGE}/status").text
    assert noise.read()["status"] == "active"
    assert noise.versions() == ["1.0"]


def test_a_draft_that_was_made_active_has_no_way_back(noise: Caller) -> None:
    noise.create(status="draft")
    fields = fields_of(page_of(noise), "/sign-out")
    noise.client.post(f"{PAGE}/status", data={**fields, "status": "active"})
    assert "Undo" not in told(page_of(noise))


def test_handing_over_can_be_undone_by_who_still_may(noise: Caller) -> None:
    noise.create(owner="admin")
    accounts.create_team("ops", actor=command_actor("root"))
    page = press(noise.client, page_of(noise), f"{PAGE}/owner", owner="ops").text
    assert told(page).startswith("grep belongs to ops now.")
    page = press(noise.client, page, f"{PAGE}/owner").text
    assert noise.read()["owner"] == "admin"


def test_who_hands_a_tool_over_to_others_has_no_way_back(app: Flask, caller: Caller) -> None:
    ada = somebody(app, "ada", "author").client(app)
    somebody(app, "bob", "author")
    caller.create(owner="ada")
    page = press(ada, ada.get(PAGE).text, f"{PAGE}/owner", owner="bob").text
    assert told(page).startswith("grep belongs to bob now.")
    assert "Undo" not in told(page)


@pytest.mark.parametrize("tab", ["capabilities", "versions"])
def test_an_act_comes_back_to_the_tab_it_was_made_on(noise: Caller, tab: str) -> None:
    noise.create()
    page = page_of(noise, f"?tab={tab}")
    answer = noise.client.post(f"{PAGE}/disable", data=fields_of(page, f"{PAGE}/disable"))
    assert answer.headers["Location"] == f"{PAGE}?tab={tab}"


def test_an_act_on_the_audit_tab_comes_back_to_it(noise: Caller) -> None:
    noise.create()
    page = press(noise.client, noise.client.get(f"{PAGE}/audit").text, f"{PAGE}/disable").text
    assert told(page).startswith("grep is disabled.")
    assert 'id="audit"' in page


def test_an_act_on_what_somebody_changed_meanwhile_is_refused_on_the_page_and_changes_nothing(noise: Caller) -> None:
    noise.create()
    page = page_of(noise)
    noise.patch("grep", description="Changed meanwhile")
    answer = press(noise.client, page, f"{PAGE}/disable")
    assert answer.status_code == 412
    assert "Somebody changed the tool in the meantime" in refused(answer.text)
    assert "Changed meanwhile" in answer.text
    assert noise.read()["enabled"] is True


def test_an_undo_that_came_too_late_is_refused(noise: Caller) -> None:
    noise.create()
    page = press(noise.client, page_of(noise), f"{PAGE}/disable").text
    noise.patch("grep", description="Changed meanwhile")
    assert press(noise.client, page, f"{PAGE}/enable").status_code == 412
    assert noise.read()["enabled"] is False


@pytest.mark.parametrize(
    ("path", "data", "why"),
    [
        ("status", {"status": "retired"}, "is no status; known are"),
        ("status", {}, "status"),
        ("status", {"status": "draft"}, "is published"),
        ("owner", {"owner": "nobody-here"}, "No person and no team is called"),
        ("disable", {"tab": "nothing"}, "tab"),
        ("disable", {"reason": "x" * 1001}, "reason"),
        ("disable", {"unknown": "1"}, "Unknown parameter"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(noise: Caller, path: str, data: dict[str, str], why: str) -> None:
    noise.create()
    token = {"csrf_token": fields_of(page_of(noise), "/sign-out")["csrf_token"]}
    answer = noise.client.post(f"{PAGE}/{path}", data={**token, **data})
    assert answer.status_code in {400, 409}
    assert why in refused(answer.text)
    assert (noise.read()["status"], noise.read()["enabled"]) == ("active", True)


def test_deleting_wants_the_name_typed(noise: Caller) -> None:
    noise.create()
    question = noise.client.get(f"{PAGE}/delete").text
    answer = press(noise.client, question, f"{PAGE}/delete", typed="gerp")
    assert answer.status_code == 400
    assert "Type the name, grep" in refused(answer.text)
    page = press(noise.client, answer.text, f"{PAGE}/delete", typed="Grep ", reason="Replaced")
    assert "grep is deleted, with its only version." in words(page.text)
    assert "grep" not in noise.names()
    assert entries(noise)[0] == ("deleted", "Replaced", "page")


def test_a_tool_that_changed_while_its_name_was_typed_is_not_deleted(noise: Caller) -> None:
    noise.create()
    question = noise.client.get(f"{PAGE}/delete").text
    noise.patch("grep", description="Changed meanwhile")
    answer = press(noise.client, question, f"{PAGE}/delete", typed="grep")
    assert (answer.status_code, "grep" in noise.names()) == (412, True)
    assert "The latest is now 1.1" in refused(answer.text)


def test_a_question_is_a_page_or_what_is_shown_in_the_dialog(noise: Caller) -> None:
    noise.create()
    page = noise.client.get(f"{PAGE}/delete")
    fragment = noise.client.get(f"{PAGE}/delete", headers={"HX-Request": "true"}).text
    assert "<html" in page.text
    assert "<html" not in fragment
    assert fragment.startswith("<form")
    assert "HX-Request" in page.headers["Vary"]


@pytest.mark.parametrize(
    ("role", "owner", "why"),
    [
        ("viewer", "eve", "eve is a viewer; changing tools needs the role author."),
        ("author", "admin", "This tool belongs to admin, so eve may not change it."),
    ],
)
def test_acts_one_may_not_do_are_shown_with_the_reason(
    app: Flask, caller: Caller, role: str, owner: str, why: str
) -> None:
    somebody(app, "bob", "author")
    eve = somebody(app, "eve", role).client(app)
    caller.create(owner=owner)
    page = eve.get(PAGE).text
    for label in ("Edit", "Disable", "Deprecate", "Delete…"):
        assert re.search(
            rf'aria-disabled="true" title="{re.escape(why)}.*?{label} <span class="visually-hidden">', page
        )
    assert f'action="{PAGE}/disable"' not in page
    assert ('href="/tools/new?duplicate=grep"' in page) == (role == "author")
    assert "download" in page
    assert eve.get(f"{PAGE}/delete").status_code == 403


def test_who_may_sees_every_act(noise: Caller) -> None:
    noise.create()
    page = page_of(noise)
    for address in (f"{PAGE}/edit", "/tools/new?duplicate=grep", f"{PAGE}/delete"):
        assert f'href="{address}"' in page
    assert "/api/v1/tools/grep/export" in page
    assert "/api/v1/tools/grep/export?format=json" in page
    assert 'aria-disabled="true"' not in page


def test_an_older_version_says_which_is_the_latest_and_offers_to_go_back(noise: Caller) -> None:
    noise.create()
    noise.update(description="Second")
    page = page_of(noise, "?version=1.0")
    assert "This is version 1.0, not the latest. Orchestrators see version 1.1 ." in words(page)
    assert "Roll back to 1.0…" in words(page)
    assert f'action="{PAGE}/disable"' not in page


def test_a_download_is_the_definition_as_its_author_wrote_it(noise: Caller) -> None:
    noise.create()
    noise.update(description="Second")
    answer = noise.client.get("/api/v1/tools/grep/export?version=1.0&format=json")
    assert answer.get_json() == definition()
    assert answer.headers["Content-Disposition"] == "attachment; filename=grep.json"
    answer = noise.client.get("/api/v1/tools/grep/export")
    assert answer.mimetype == "application/yaml"
    assert "description: Second" in answer.text


def test_an_estimate_nobody_can_evaluate_has_no_samples() -> None:
    assert time_samples("ceil(") == []
