"""The editor's pages: what is typed is saved and told, acts do what they say, and nothing is lost on the way."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.actor import Actor, command_actor
from app.catalog import changes
from app.definitions.documents import document_of
from app.definitions.tool_templates import TOOL_TEMPLATES
from app.drafts import service
from app.extensions import db
from tests.accounts.browser import Browser, alert, words
from tests.contents import contents
from tests.definition import PATTERN, definition
from tests.people import Somebody, somebody

HTMX = {"HX-Request": "true"}


@pytest.fixture
def boss(app: Flask, client: FlaskClient) -> Browser:
    """The administrator's browser, in a catalog with one tool."""
    send(client, "POST", "/api/v1/tools", definition("grep"))
    found = client.get_cookie("tool_catalog")
    assert found is not None
    return Browser(app).with_cookie(str(found.value))


def send(client: FlaskClient, method: str, path: str, body: Any = None) -> Any:
    answer = client.open(path, method=method, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json


def begin(browser: Browser, path: str = "/tools/grep/edit") -> str:
    """Open the editor; the address of the draft."""
    answer = browser.get(path)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def part(browser: Browser, draft: str, name: str) -> str:
    """The address of a part of the draft, by its name in the outline."""
    found = re.search(
        rf'node=(\w+)"[^>]*id="to-\1"[^>]*>(?:<svg.*?</svg>)?<span class="name[^"]*">{name}<', page(browser, draft)
    )
    assert found is not None, name
    return found[1]


def page(browser: Browser, draft: str, node: str = "") -> str:
    answer = browser.get(f"{draft}?node={node}" if node else draft)
    assert answer.status_code == 200
    return answer.text


def fields(html: str) -> dict[str, str]:
    """What a browser would send of the part's form."""
    form = html[html.index('<form id="part"') : html.index("</form>", html.index('<form id="part"'))]
    found = dict(re.findall(r'<input[^>]*?value="([^"]*)"[^>]*?name="([^"]+)"', form))
    sent = {name: value for value, name in found.items()}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            sent[name[1]] = value[1] if value else ""
        elif name and " checked" in tag:
            sent[name[1]] = "on"
    for name, text in re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        sent[name] = text
    for name, options in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return {name: value.replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">") for name, value in sent.items()}


def type_into(browser: Browser, draft: str, node: str, act: str = "", htmx: bool = True, **typed: str) -> Any:
    """Send a part's form with these fields changed."""
    form = {**fields(page(browser, draft, node)), **typed, **({"act": act} if act else {})}
    headers = HTMX if htmx else {}
    return browser.client.post(f"{draft}/{node}", data=form, headers=headers)


def now(draft: str) -> Any:
    """The draft's definition."""
    db.session.expire_all()
    found = db.session.get_one(service.Draft, int(draft.rsplit("/", 1)[1]))
    return service.state(found).work.document


def pattern_now(draft: str, name: str = "search_files") -> Any:
    return now(draft)["capabilities"]["text_search"]["patterns"][name]


def test_editing_begins_from_the_latest_and_goes_on_in_the_same_draft(boss: Browser) -> None:
    draft = begin(boss)
    assert now(draft)["description"] == "What grep does"
    assert "version" not in now(draft)
    assert begin(boss) == draft


def test_what_is_typed_is_saved_and_changes_nothing_in_the_catalog(boss: Browser) -> None:
    draft, before = begin(boss), contents()["tools"]
    answer = type_into(boss, draft, "basics", description="Other words")
    assert answer.status_code == 200
    assert now(draft)["description"] == "Other words"
    assert contents()["tools"] == before


def test_the_answer_to_typing_holds_no_field_that_is_typed_in(boss: Browser) -> None:
    draft = begin(boss)
    node = part(boss, draft, "search_files")
    answer = type_into(boss, draft, node, time_estimate_ms="ceil(N / 100")
    assert answer.headers["HX-Reswap"] == "none"
    assert not re.search(r"<(textarea|select)|<input(?! type=.hidden)", answer.text)
    assert "A bracket opened at position 5 is never closed" in answer.text
    assert re.search(r'name="step"[^>]* value="2"', answer.text)


def test_findings_stand_at_their_fields_and_in_the_outline_and_in_the_list(boss: Browser) -> None:
    draft = begin(boss)
    node = part(boss, draft, "search_files")
    type_into(boss, draft, node, **{"preference_match-speed": "7"})
    html = page(boss, draft, node)
    slot = re.search(r'id="slot-preference_match-speed"[^>]*>(.*?)</div>', html, re.DOTALL)
    assert slot is not None
    assert "error" in slot[1]
    assert "1 error" in words(html[html.index('id="outline"') : html.index('class="middle"')])
    assert "1 error" in words(html[html.index('id="problems"') :])


def test_one_click_mends_what_is_suggested(boss: Browser) -> None:
    draft = begin(boss)
    node = part(boss, draft, "search_files")
    answer = type_into(boss, draft, node, time_estimate_ms="ceil(N / 100")
    found = re.search(r'value="(fix:[^"]+)"', answer.text)
    assert found is not None
    mended = type_into(boss, draft, node, act=found[1])
    assert "Mended time estimate" in mended.text
    assert pattern_now(draft)["time_estimate_ms"] == "ceil(N / 100)"


def test_a_button_first_takes_over_what_was_typed(boss: Browser) -> None:
    draft = begin(boss)
    answer = type_into(boss, draft, "basics", act="add-capability", description="Typed just before")
    assert 'id="editor"' in answer.text
    assert now(draft)["description"] == "Typed just before"
    assert list(now(draft)["capabilities"]) == ["text_search", "new_capability"]


def test_focus_lands_in_what_was_added(boss: Browser) -> None:
    draft = begin(boss)
    added = type_into(boss, draft, "basics", act="add-capability")
    assert re.search(r'id="f-part_name"[^>]* autofocus', added.text)
    node = part(boss, draft, "search_files")
    row = type_into(boss, draft, node, act="row:required_inputs:add")
    assert re.search(r'id="f-required_inputs-1-name"[^>]* autofocus', row.text)


def test_every_act_can_be_undone_and_done_again(boss: Browser) -> None:
    draft = begin(boss)
    node = part(boss, draft, "search_files")
    start, states = now(draft), []
    acts = [
        "add-capability",
        "add-pattern",
        f"duplicate:{node}",
        "row:required_inputs:add",
        "row:required_inputs:remove:0",
    ]
    for act in acts:
        assert type_into(boss, draft, node, act=act).status_code == 200, act
        states.append(now(draft))
    type_into(boss, draft, node, description="Typed")
    states.append(now(draft))
    for earlier in [*reversed(states[:-1]), start]:
        type_into(boss, draft, node, act="undo")
        assert now(draft) == earlier
    for later in states:
        type_into(boss, draft, node, act="redo")
        assert now(draft) == later


def test_typing_on_in_one_field_is_one_act_for_undo(boss: Browser) -> None:
    draft = begin(boss)
    for text in ("W", "Wo", "Words"):
        type_into(boss, draft, "basics", description=text)
    type_into(boss, draft, "basics", act="undo")
    assert now(draft)["description"] == "What grep does"


def test_undoing_nothing_says_so(boss: Browser) -> None:
    answer = type_into(boss, begin(boss), "basics", act="undo")
    assert "There is nothing to undo" in answer.text


def test_without_script_a_button_leads_back_to_the_page(boss: Browser) -> None:
    draft = begin(boss)
    answer = type_into(boss, draft, "basics", act="add-capability", htmx=False)
    assert answer.status_code == 303
    assert "new_capability" in boss.get(answer.headers["Location"]).text


@pytest.mark.parametrize("act", ["nonsense", "row:version:add", "row:examples:burn:0", "remove:basics", "up:basics"])
def test_an_act_there_is_not_is_refused_and_changes_nothing(boss: Browser, act: str) -> None:
    draft = begin(boss)
    before = now(draft)
    assert type_into(boss, draft, "basics", act=act).status_code == 400
    assert now(draft) == before


def test_a_draft_is_its_authors_alone(boss: Browser, app: Flask) -> None:
    draft = begin(boss)
    other = Browser(app, somebody(app, "eve", "admin"))
    for path in (draft, f"{draft}/yaml", f"{draft}/text", f"{draft}/publish", f"{draft}/presence"):
        assert other.get(path).status_code == 404, path
    for path in (f"{draft}/basics", f"{draft}/text", f"{draft}/publish", f"{draft}/discard", f"{draft}/restore"):
        assert other.send(path, {"description": "hers"}, page="/account").status_code == 404, path
    assert now(draft)["description"] == "What grep does"


def test_only_who_may_change_a_tool_gets_a_draft_of_it(boss: Browser, app: Flask) -> None:
    assert Browser(app, somebody(app, "ada", "author")).get("/tools/grep/edit").status_code == 403
    assert Browser(app, somebody(app, "vic", "viewer")).get("/tools/new").status_code == 403


def test_others_at_the_same_tool_are_seen(boss: Browser, app: Flask) -> None:
    draft = begin(boss)
    other = Browser(app, somebody(app, "eve", "admin"))
    begin(other)
    assert "eve edits grep too" in words(boss.get(f"{draft}/presence").text)
    assert "admin edits grep too" in words(other.get(f"{begin(other)}/presence").text)


# As text.


def write(browser: Browser, draft: str, text: str, **form: str) -> Any:
    html = browser.get(f"{draft}/text").text
    return browser.client.post(f"{draft}/text", data={**fields(html), "text": text, **form}, headers=HTMX)


def test_text_and_form_write_the_same_draft(boss: Browser) -> None:
    draft = begin(boss)
    text = fields(boss.get(f"{draft}/text").text)["text"]
    assert write(boss, draft, text.replace("What grep does", "Written as text")).status_code == 200
    assert now(draft)["description"] == "Written as text"
    type_into(boss, draft, "basics", description="Typed in the form")
    assert "Typed in the form" in boss.get(f"{draft}/text").text


def test_comments_stay_in_the_text_until_the_form_writes(boss: Browser) -> None:
    draft = begin(boss)
    text = fields(boss.get(f"{draft}/text").text)["text"]
    write(boss, draft, f"# why it is so\n{text}")
    type_into(boss, draft, "basics")
    assert "# why it is so" in boss.get(f"{draft}/text").text


def test_a_text_that_cannot_be_read_locks_the_form_and_drops_nothing(boss: Browser) -> None:
    draft = begin(boss)
    broken = "tool_name: grep\ndescription: [\n"
    answer = write(boss, draft, broken)
    assert 'data-line="' in answer.text
    assert "The text cannot be read yet" in page(boss, draft)
    assert fields(boss.get(f"{draft}/text").text)["text"] == broken
    assert "cannot be read" in boss.get(f"{draft}/publish").text
    write(boss, draft, "tool_name: grep\ndescription: mended\n")
    assert "The text cannot be read yet" not in page(boss, draft)
    assert now(draft) == {"tool_name": "grep", "description": "mended"}


def test_a_text_written_over_another_windows_change_shows_both(boss: Browser) -> None:
    draft = begin(boss)
    form = fields(boss.get(f"{draft}/text").text)
    type_into(boss, draft, "basics", description="Typed elsewhere")
    mine = form["text"].replace("What grep does", "Typed here")
    answer = boss.client.post(f"{draft}/text", data={**form, "text": mine}, headers=HTMX)
    assert answer.status_code == 409
    assert "Typed elsewhere" in answer.text
    assert "Typed here" in answer.text
    assert now(draft)["description"] == "Typed elsewhere"
    boss.client.post(f"{draft}/text", data={**form, "text": mine, "act": "keep-mine"}, headers=HTMX)
    assert now(draft)["description"] == "Typed here"


def test_the_yaml_beside_the_form_marks_findings_and_changes(boss: Browser) -> None:
    draft = begin(boss)
    node = part(boss, draft, "search_files")
    type_into(boss, draft, node, cost_estimate="ceil(N / 100", description="Other words")
    html = boss.get(f"{draft}/yaml").text
    lines = {words(line): look for look, line in re.findall(r'<li class="([^"]*)"[^>]*>(.*?)</li>', html)}
    assert next(look for line, look in lines.items() if "cost_estimate" in line) == "error changed"
    assert next(look for line, look in lines.items() if "Other words" in line) == " changed"
    assert next(look for line, look in lines.items() if "tool_name" in line) == ""


# Beginnings.


def start(browser: Browser, **form: str) -> Any:
    return browser.send("/drafts", form, page="/tools/new")


def test_a_new_tool_begins_with_nothing_and_says_what_is_missing(boss: Browser) -> None:
    answer = start(boss, start="blank", name="sed", description="Edit streams")
    draft = answer.headers["Location"]
    assert (now(draft)["tool_name"], now(draft)["description"]) == ("sed", "Edit streams")
    assert "version" not in now(draft)
    first = part(boss, draft, "first_capability")
    type_into(boss, draft, first, act=f"remove:{first}")
    assert "What can it do? Add the first." in page(boss, draft)
    assert "1 error" in alert(boss.get(f"{draft}/publish").text)


def test_every_template_begins_a_draft_that_only_lacks_a_name(boss: Browser) -> None:
    for template in TOOL_TEMPLATES:
        draft = start(boss, start=template.name, description="What it is for").headers["Location"]
        assert "1 error to mend first" in alert(boss.get(f"{draft}/publish").text), template.name
        type_into(boss, draft, "basics", tool_name=f"new-{template.name}")
        assert alert(boss.get(f"{draft}/publish").text) == "", template.name


def test_a_template_there_is_not_is_refused(boss: Browser) -> None:
    answer = start(boss, start="nonsense", name="mine")
    assert answer.status_code == 404
    assert "There is no template" in alert(answer.text)


def test_a_copy_begins_under_a_free_name(boss: Browser) -> None:
    draft = start(boss, start="duplicate", original="grep").headers["Location"]
    assert now(draft)["tool_name"] == "grep_copy"
    assert pattern_now(draft) == PATTERN


def test_a_copy_of_nothing_is_refused_and_keeps_what_was_typed(boss: Browser) -> None:
    answer = start(boss, start="duplicate", original="gerp", name="mine")
    assert answer.status_code == 404
    assert "Did you mean grep" in alert(answer.text)
    assert 'value="mine"' in answer.text


def test_a_pasted_text_is_the_draft_and_one_that_cannot_be_read_is_kept(boss: Browser) -> None:
    draft = start(boss, start="text", text='{"tool_name": "sed", "description": "as JSON"}').headers["Location"]
    assert now(draft)["description"] == "as JSON"
    broken = start(boss, start="text", text="tool_name: [").headers["Location"]
    assert broken.endswith("/text")
    assert fields(boss.get(broken).text)["text"] == "tool_name: ["


def test_a_discarded_draft_can_be_had_back(boss: Browser) -> None:
    draft = begin(boss)
    answer = boss.send(f"{draft}/discard", page="/drafts")
    assert boss.get(draft).status_code == 404
    html = boss.get(answer.headers["Location"]).text
    assert f"{draft}/restore" in html
    boss.send(f"{draft}/restore", page="/drafts")
    assert boss.get(draft).status_code == 200


# Publishing.


def publish(browser: Browser, draft: str, **form: str) -> Any:
    html = browser.get(f"{draft}/publish").text
    version = re.search(r'name="version"[^>]* value="([^"]*)"', html)
    return browser.send(f"{draft}/publish", {"version": version[1] if version else "", **form}, page=f"{draft}/publish")


def test_publishing_makes_the_next_version_with_its_reason(boss: Browser, client: FlaskClient) -> None:
    draft = begin(boss)
    type_into(boss, draft, "basics", description="Other words")
    assert "Description “What grep does” → “Other words”" in words(boss.get(f"{draft}/publish").text)
    answer = publish(boss, draft, reason="It was wrong")
    assert answer.status_code == 303
    tool = send(client, "GET", "/api/v1/tools/grep")
    assert (tool["version"], tool["description"]) == ("1.1", "Other words")
    assert send(client, "GET", "/api/v1/audit?tool=grep")["entries"][0]["reason"] == "It was wrong"
    assert boss.get(draft).status_code == 404


def test_a_draft_with_errors_or_without_changes_is_not_published(boss: Browser, client: FlaskClient) -> None:
    draft = begin(boss)
    assert "Nothing differs from 1.0" in alert(boss.get(f"{draft}/publish").text)
    node = part(boss, draft, "search_files")
    type_into(boss, draft, node, time_estimate_ms="ceil(N / 100")
    assert "1 error to mend first" in alert(boss.get(f"{draft}/publish").text)
    answer = publish(boss, draft)
    assert answer.status_code == 422
    assert send(client, "GET", "/api/v1/tools/grep")["version"] == "1.0"
    assert now(draft)["capabilities"]


def test_what_is_unread_is_not_left_out_silently(boss: Browser) -> None:
    draft = begin(boss)
    type_into(boss, draft, "basics", description="Other words")
    type_into(boss, draft, "other", other="a: [")
    assert "1 error to mend first" in alert(boss.get(f"{draft}/publish").text)
    assert publish(boss, draft).status_code == 409


def test_a_taken_name_or_number_is_refused_beside_the_form(boss: Browser) -> None:
    draft = start(boss, start="duplicate", original="grep", name="GREP").headers["Location"]
    answer = publish(boss, draft)
    assert answer.status_code == 409
    assert "grep exists" in alert(answer.text)
    mine = begin(boss)
    type_into(boss, mine, "basics", description="Other words")
    answer = publish(boss, mine, version="1.0", reason="kept")
    assert boss.get(mine).status_code in {200, 404}
    assert answer.status_code in {303, 409}


def test_a_new_tool_is_published_as_its_first_version(boss: Browser, client: FlaskClient) -> None:
    draft = start(boss, start="duplicate", original="grep", name="ripgrep").headers["Location"]
    assert publish(boss, draft).status_code == 303
    assert send(client, "GET", "/api/v1/tools/ripgrep")["version"] == "1.0"


def test_somebody_faster_is_not_overwritten_and_nothing_of_either_is_lost(boss: Browser, client: FlaskClient) -> None:
    draft = begin(boss)
    node = part(boss, draft, "search_files")
    type_into(boss, draft, "basics", description="Mine")
    type_into(boss, draft, node, scope="exhaustive")
    theirs = definition("grep", version="1.1", description="Theirs", category="text-processing")
    send(client, "PUT", "/api/v1/tools/grep", theirs)
    assert "Bring both together" in boss.get(f"{draft}/presence").text
    assert publish(boss, draft).headers["Location"].endswith("/conflict")
    html = boss.get(f"{draft}/conflict").text
    assert "Theirs" in html
    assert "Mine" in html
    answer = boss.send(
        f"{draft}/conflict", {"etag": etag_on(html), "at:/description": "theirs"}, page=f"{draft}/conflict"
    )
    assert answer.status_code == 303
    assert (now(draft)["description"], now(draft)["category"]) == ("Theirs", "text-processing")
    assert pattern_now(draft)["scope"] == "exhaustive"
    assert publish(boss, draft).status_code == 303
    assert send(client, "GET", "/api/v1/tools/grep")["version"] == "1.2"


def etag_on(html: str) -> str:
    found = re.search(r'name="etag" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def test_a_conflict_is_decided_on_what_was_looked_at(boss: Browser, client: FlaskClient) -> None:
    draft = begin(boss)
    type_into(boss, draft, "basics", description="Mine")
    send(client, "PUT", "/api/v1/tools/grep", definition("grep", version="1.1", description="Theirs"))
    seen = etag_on(boss.get(f"{draft}/conflict").text)
    send(client, "PUT", "/api/v1/tools/grep", definition("grep", version="1.2", description="Theirs again"))
    answer = boss.send(f"{draft}/conflict", {"etag": seen, "at:/description": "yours"}, page=f"{draft}/conflict")
    assert answer.status_code == 409
    assert "look at both again" in alert(answer.text)


def test_losing_the_right_to_a_tool_ends_publishing_and_keeps_the_draft(app: Flask, boss: Browser) -> None:
    ada: Somebody = somebody(app, "ada", "author")
    changes.set_owner("grep", "ada", actor=admin())
    browser = Browser(app, ada)
    draft = begin(browser)
    type_into(browser, draft, "basics", description="Hers")
    changes.set_owner("grep", None, actor=admin())
    assert publish(browser, draft).status_code == 403
    assert now(draft)["description"] == "Hers"


def admin() -> Actor:
    return command_actor("root")


def test_versions_made_from_drafts_hold_all_that_was_written(boss: Browser, client: FlaskClient) -> None:
    whole = definition("odd", own_key={"a": [1, 1.0, "1", True, None]}, examples=[{"name": "e", "strange": [1]}])
    changes.create_tool(document_of(whole), actor=admin())
    draft = begin(boss, "/tools/odd/edit")
    type_into(boss, draft, "basics", description="Other words")
    publish(boss, draft)
    tool = send(client, "GET", "/api/v1/tools/odd")
    assert tool["own_key"] == whole["own_key"]
    assert tool["examples"] == whole["examples"]
