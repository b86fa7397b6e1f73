"""The pages of signing in: where they lead, what they refuse, and what they tell browsers."""

import re

import pytest
from flask import Flask

from app.accounts.sign_in_pages import safe_next
from tests.accounts.browser import PASSWORD, Browser, csrf_token, give_password
from tests.people import Somebody, somebody

HOME = "/tools"
ELSEWHERE = [
    "",
    "//evil.example",
    "///evil.example",
    "////evil.example/%2e%2e",
    "//evil.example/tools",
    "//user@evil.example/",
    "//evil.example:80",
    "//[::1]/",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "/tools\\..\\..\\evil",
    "http://evil.example",
    "https://evil.example/tools",
    "HTTPS:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//tools",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "mailto:a@evil.example",
    "evil.example",
    "tools",
    "?next=//evil.example",
    "#//evil.example",
    "@evil.example",
    ".evil.example",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "/\r/evil.example",
    "/\0/evil.example",
    "/ /evil.example",
    "\u00a0//evil.example",
    "\ufeff//evil.example",
    "／／evil.example",
    "%2f%2fevil.example",
    "/sign-in",
    "/sign-in?next=/tools",
    "/sign-out",
    "/sign-in/link/abc",
]
HERE = [
    "/tools",
    "/tools?platform=linux&q=a+b",
    "/tools/grep?tab=versions#top",
    "/audit?who=ada&since=2026-01-01T00:00:00",
    "/",
    "/tools?next=https://evil.example",
    "/tools/%2F%2Fevil.example",
    "/tools//evil.example",
    "/account",
]


def test_nobody_is_led_to_another_site(app: Flask) -> None:
    with app.test_request_context():
        assert {wanted: safe_next(wanted) for wanted in (None, *ELSEWHERE)} == dict.fromkeys((None, *ELSEWHERE), HOME)


def test_one_lands_where_one_wanted_to_go(app: Flask) -> None:
    with app.test_request_context():
        assert [safe_next(wanted) for wanted in HERE] == HERE


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "/\r\nX: y"])
def test_no_form_leads_to_another_site(browser: Browser, ada: Somebody, wanted: str) -> None:
    give_password("ada")
    assert browser.sign_in(next=wanted).headers["Location"] == HOME


@pytest.mark.parametrize("path", ["/audit?who=ada&action=created", "/tools?platform=linux&q=a%20b", "/account"])
def test_who_asked_for_a_page_gets_it_after_signing_in(browser: Browser, ada: Somebody, path: str) -> None:
    give_password("ada")
    sent_away = browser.get(path)
    assert sent_away.status_code == 303
    page = browser.get(sent_away.headers["Location"]).text
    wanted = re.search(r'name="next" value="([^"]*)"', page)
    assert wanted is not None
    answer = browser.sign_in(next=wanted[1].replace("&amp;", "&"))
    assert answer.headers["Location"].replace("+", "%20") == path
    assert browser.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("referer", ["https://evil.example//evil.example/x", "https://evil.example/\\evil", "%%"])
def test_a_form_sent_too_late_leads_back_to_a_page_of_this_site(browser: Browser, ada: Somebody, referer: str) -> None:
    give_password("ada")
    answer = browser.client.post("/account/tokens", headers={"Referer": referer})
    assert answer.headers["Location"].startswith("/sign-in?next=")
    page = browser.get(answer.headers["Location"]).text
    assert re.findall(r'name="next" value="([^"]*)"', page) == [HOME]


def test_a_fragment_leads_the_whole_page_to_where_one_signs_in(browser: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://tools.example/tools?q=x"}
    answer = browser.get("/tools", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/tools?q%3Dx")


def test_who_is_signed_in_is_not_asked_again(app: Flask, ada: Somebody) -> None:
    answer = Browser(app, ada).get("/sign-in?next=/audit")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/audit")


def test_a_page_of_who_signed_out_leads_nowhere_by_itself(app: Flask, ada: Somebody) -> None:
    browser = Browser(app, ada)
    browser.send("/sign-out", page="/account")
    assert browser.post("/sign-out", {}).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/sign-in/code", "/sign-in/link/x"],
)
def test_a_form_without_its_token_is_refused(browser: Browser, ada: Somebody, path: str) -> None:
    give_password("ada")
    form = {"name": "ada", "password": PASSWORD, "code": "123456"}
    for more in ({}, {"csrf_token": ""}, {"csrf_token": "made up"}):
        assert browser.post(path, {**form, **more}).status_code == 400
    browser.get("/sign-in")
    other = Browser(browser.app)
    stolen = csrf_token(other.get("/sign-in").text)
    assert browser.post(path, {**form, "csrf_token": stolen}).status_code == 400


def test_over_tls_a_form_of_another_site_is_refused(app: Flask, ada: Somebody) -> None:
    give_password("ada")
    browser = Browser(app)
    for referer, status in (("https://evil.example/", 400), ("https://localhost/sign-in", 303)):
        form = {"name": "ada", "password": PASSWORD}
        page = browser.client.get("/sign-in", base_url="https://localhost")
        answer = browser.client.post(
            "/sign-in",
            data={**form, "csrf_token": csrf_token(page.text)},
            base_url="https://localhost",
            headers={"Referer": referer},
        )
        assert answer.status_code == status


def test_viewers_and_authors_are_shown_no_way_to_the_accounts(app: Flask) -> None:
    for role, is_shown in (("viewer", False), ("author", False), ("admin", True)):
        page = Browser(app, somebody(app, f"a-{role}", role)).get("/tools").text
        assert ('href="/accounts"' in page) == is_shown, role
        assert 'href="/account"' in page, role


def test_nobody_is_shown_a_page_to_sign_in_and_nothing_of_the_catalog(browser: Browser) -> None:
    page = browser.get("/sign-in").text
    assert 'href="/accounts"' not in page
    assert 'action="/sign-out"' not in page
