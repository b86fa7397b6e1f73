"""Hostile texts in every text field, on every page, in a real browser: they are shown, and nothing else happens.

The same things are stored twice: once with hostile texts and once, in another catalog, with harmless ones. Each page of
the first must be made of the same elements and attributes as that of the second.
"""

import http.client
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.answers import speaks_json
from tests.hostile.xss import PAYLOADS
from tests.people import ADMIN
from tests.served import Served

DRAFT = "hostile-draft"
TOOLS = ("hostile-one", "hostile-two", DRAFT)
SHARED = "had-by-all"
PART = f"/capabilities/{SHARED}"
PATTERN = f"{PART}/patterns/{SHARED}"
"""A capability that every tool has under this name."""
WATCH = """
window.ran = [];
window.pwned = () => window.ran.push("pwned");
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => window.ran.push(name);
document.addEventListener("securitypolicyviolation", (e) => window.ran.push(`${e.violatedDirective} ${e.blockedURI}`));
"""
# Every kind of element and every attribute on it, with how often it is there; and every address that would be asked.
SHAPE = """() => {
  const shape = {}, counts = {}, addresses = [];
  for (const element of document.querySelectorAll("*")) {
    for (const name of ["", ...element.getAttributeNames()]) {
      const key = `${element.localName} ${name}`;
      shape[key] = 1;
      // Other texts have other findings, as many as they deserve.
      if (!element.closest("#findings")) counts[key] = (counts[key] ?? 0) + 1;
    }
    for (const name of ["href", "src", "action", "formaction", "hx-get", "hx-post", "data"])
      if (element.hasAttribute(name)) addresses.push(new URL(element.getAttribute(name), document.baseURI).href);
  }
  for (const details of document.querySelectorAll("details")) details.open = true;
  return {shape, counts, addresses, ran: window.ran, title: document.title};
}"""
FETCHED = """() => !document.getElementById("presence") || ["presence", "yaml"].every(part =>
  performance.getEntriesByType("resource").some(one => one.name.endsWith(`/${part}`) && one.responseEnd > 0)
  && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling"))"""
# How many reloads there were moves by itself, and when a token was last used is told a little later. Other texts have
# other findings.
NOT_COUNTED = ("/reloads", "/account", "/import/1", "/drafts")
# Other texts differ from one another in other words and lines, each in an element of its own.
DIFFERING = ("/compare", "/promote")
# A page with a name in its address, and all its forms.
WITH_NAMES: dict[str, list[str]] = {
    "/tools/<name>": [
        f"/tools/{name}{query}"
        for name in TOOLS
        for query in ("", "?tab=capabilities", "?tab=versions", "?version=1.0")
    ],
    "/drafts/<int:number>": ["/drafts/1", *(f"/drafts/1?node={node}" for node in ("about", "other", PART, PATTERN))],
    "/drafts/<int:number>/conflict": ["/drafts/1/conflict"],
    "/drafts/<int:number>/presence": ["/drafts/1/presence"],
    "/drafts/<int:number>/publish": ["/drafts/1/publish"],
    "/drafts/<int:number>/text": ["/drafts/1/text"],
    "/drafts/<int:number>/yaml": ["/drafts/1/yaml"],
    "/select/cases/<name>/delete": ["/select/cases/Hostile/delete"],
    "/select/cases/<name>/edit": ["/select/cases/Hostile/edit"],
    "/tools/<name>/edit": [],  # leads to a draft
    "/import/<int:number>": ["/import/0", "/import/1", "/import/1?on_conflict=new_version"],
    "/import/<int:number>/progress": ["/import/0/progress"],
    "/tools/<name>/audit": [f"/tools/{name}/audit" for name in TOOLS],
    "/tools/<name>/compare": [f"/tools/{name}/compare?from=1.0&to=1.{minor}" for name in TOOLS for minor in (1, 2)],
    "/tools/<name>/delete": [f"/tools/{name}/delete" for name in TOOLS],
    "/tools/<name>/versions/<version>/delete": [f"/tools/{name}/versions/1.0/delete" for name in TOOLS],
    "/tools/<name>/versions/<version>/promote": [f"/tools/{name}/versions/1.0/promote" for name in TOOLS],
    "/capabilities/<path:capability>": [f"/capabilities/{SHARED}"],
    "/tools/facets/<facet>": ["/tools/facets/tag", "/tools/facets/owner"],
    "/sign-in/link/<secret>": ["/sign-in/link/there-is-no-such-link"],
}
# A page of many states, in one that shows what definitions say.
IN_A_STATE = [f"/select?capabilities={SHARED}&limit=50"]
# Where a reader's own words are shown to them, with how long they may be there.
ECHOES: tuple[tuple[int, Callable[[str], str]], ...] = (
    (200, lambda text: f"/tools?{urlencode({'q': text})}"),
    (200, lambda text: f"/tools?{urlencode({'tag': text, 'status': 'active'})}"),
    (100, lambda text: f"/tools?{urlencode({'owner': text})}"),
    (100, lambda text: f"/tools?{urlencode({'capability': text})}"),
    (500, lambda text: f"/tools?{urlencode({'platform': text})}"),
    (500, lambda text: f"/tools?{urlencode({text: text})}"),
    (500, lambda text: f"/tools/{quote(text, safe='')}"),
    (200, lambda text: f"/tools?{urlencode({'columns': text})}"),
    (500, lambda text: f"/tools/facets/{quote(text, safe='')}"),
    (100, lambda text: f"/reloads?{urlencode({'tool': text})}"),
    (500, lambda text: f"/reloads?{urlencode({'trigger': text})}"),
    (200, lambda text: f"/audit?{urlencode({'who': text})}"),
    (200, lambda text: f"/capabilities?{urlencode({'q': text})}"),
    (500, lambda text: f"/capabilities/{quote(text, safe='')}"),
    (100, lambda text: f"/palette?{urlencode({'q': text})}"),
    (500, lambda text: f"/palette?{urlencode({'recent': text})}"),
    (100, lambda text: f"/audit?{urlencode({'tool': text})}"),
    (50, lambda text: f"/audit?{urlencode({'action': text})}"),
    (500, lambda text: f"/audit?{urlencode({'since': text})}"),
    (500, lambda text: f"/sign-in/link/{quote(text, safe='')}"),
    (500, lambda text: f"/export?{urlencode({'names': text})}"),
    (200, lambda text: f"/export?{urlencode({'tag': text})}"),
    (500, lambda text: f"/nothing/{quote(text, safe='')}"),
    (500, lambda text: f"/select/cases/new?{urlencode({'intent': text, 'name': text, 'environment': text})}"),
    (500, lambda text: f"/select/cases/{quote(text, safe='')}/edit"),
    (500, lambda text: f"/select?{urlencode({'capabilities': text})}"),
    (500, lambda text: f"/select?{urlencode({'intent': 'zzzz', 'against': text})}"),
    (500, lambda text: f"/select?{urlencode({'intent': 'zzzz', 'variables': text})}"),
    (500, lambda text: f"/select?{urlencode({'intent': 'zzzz', 'environment': text})}"),
    (20, lambda text: f"/tools/hostile-one?{urlencode({'version': text})}"),
    (20, lambda text: f"/tools/hostile-one/compare?{urlencode({'from': text})}"),
    (100, lambda text: f"/tools/{quote(text, safe='')}/audit"),
    (32, lambda text: f"/reloads?{urlencode({'process': text})}"),
)


def harmless(text: str) -> str:
    """A text for the same place that nothing could happen with."""
    return f"plain text {PAYLOADS.index(text)}" if text in PAYLOADS else "some plain words"


def page_routes(app: Flask) -> Iterator[str]:
    """The address of every page that is read."""
    for rule in app.url_map.iter_rules():
        is_read = "GET" in (rule.methods or ()) and not rule.rule.startswith(("/static/", "/metrics"))
        if is_read and not speaks_json(rule.rule):
            yield rule.rule


def stored_pages(app: Flask) -> list[str]:
    """Every page that shows what is stored."""
    plain = [rule for rule in page_routes(app) if "<" not in rule]
    return [*plain, *IN_A_STATE, *(address for addresses in WITH_NAMES.values() for address in addresses)]


def definitions(word: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    """Definitions with a text in every field; `word` says what stands there for each of the hostile ones."""
    for number, name in enumerate(TOOLS):
        status = "draft" if name == DRAFT else "active"
        everything = [word(text) if status == "draft" else unlike_placeholder(word(text)) for text in PAYLOADS]
        texts = cycle(everything[number * 30 :] + everything[: number * 30])
        yield _definition(name, texts, everything, status)


def unlike_placeholder(text: str) -> str:
    """The text, with something before it: one that is wholly in pointed brackets is a template's, and no draft only."""
    return f"x {text}"


def _definition(name: str, texts: Iterator[str], everything: list[str], status: str) -> dict[str, Any]:
    def some(count: int = 6) -> list[str]:
        return list(islice(texts, count))

    def example() -> dict[str, Any]:
        return {
            "name": next(texts),
            "description": next(texts),
            "expected_output": some(2),
            "inputs": {next(texts): next(texts)},
            next(texts): next(texts),
        }

    def value(**more: Any) -> dict[str, Any]:
        return {"name": next(texts)[:100], "type": next(texts), "description": next(texts), **more}

    def pattern() -> dict[str, Any]:
        return {
            "description": " ".join(some()),
            "typical_use_cases": some(),
            "time_estimate_ms": "200 + 0.5 * N",
            "cost_estimate": 1,
            "complexity_score": 0.2,
            "scope": next(texts),
            "completeness": next(texts),
            "limitations": some(),
            "policy": {
                "max_cost": 5,
                "requires_background_if": "N > 100",
                "allowed_environments": some(2),
                "required_permissions": some(2),
                next(texts): next(texts),
            },
            "preference_match": {
                "speed": 0.8,
                "accuracy": 1.0,
                "cost": 0.9,
                "complexity": 0.9,
                "completeness": 1.0,
                next(texts): next(texts),
            },
            "required_inputs": [value(default=next(texts), allowed_values=some(3), examples=some(2))],
            "optional_inputs": [value(enum=some(2), unit=next(texts))],
            "expected_outputs": [value()],
            "examples": [example()],
            next(texts): {next(texts): some(2)},
        }

    draft = {"time_estimate_ms": next(texts), "cost_estimate": next(texts)} if status == "draft" else {}
    capabilities = {
        f"{index} {next(texts)}"[:100]: {
            "description": next(texts),
            "patterns": {f"{index} {next(texts)}"[:100]: {**pattern(), **draft}},
            next(texts): next(texts),
        }
        for index in range(3)
    }
    capabilities[SHARED] = {
        "description": next(texts),
        "patterns": {f"{index} {next(texts)}"[:100]: {**pattern(), **draft} for index in range(2)},
    }
    return {
        "tool_name": name,
        "version": "1.0",
        "description": " ".join(some()),
        "platform": "linux",
        "category": "system",
        "status": status,
        "execution_location": next(texts)[:100],
        "owner": next(texts)[:100],
        "defaults": {"accuracy_level": next(texts), "freshness": next(texts), next(texts): next(texts)},
        "variables": {"own": {"unit": next(texts), "meaning": next(texts), "default": 1, "minimum": 0, "maximum": 2}},
        "dependencies": [
            {
                "name": next(texts)[:100],
                "type": next(texts),
                "version": next(texts),
                "description": next(texts),
                next(texts): next(texts),
            }
        ],
        "metadata": {
            "author": next(texts),
            "created": next(texts),
            "updated": next(texts),
            "tags": everything,
            "documentation_url": next(texts),
            "source_code_url": next(texts),
            "related_tools": some(),
            next(texts): next(texts),
        },
        "capabilities": capabilities,
        "examples": [example()],
        **{f"{index} {text}": text for index, text in enumerate(everything)},
    }


class Stored:
    """A catalog into which texts were put wherever anybody can put one."""

    def __init__(self, served: Served, word: Callable[[str], str]) -> None:
        self.served = served
        self._word = word
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {served.token}"}
        self._fill()

    def _send(self, method: str, path: str, body: object = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=20)
        headers = {**self._headers, "X-Request-ID": self._word(PAYLOADS[0]), "Idempotency-Key": self._word(PAYLOADS[7])}
        if path != "/api/v1/tools":
            del headers["Idempotency-Key"]
        connection.request(method, path, orjson.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def _fill(self) -> None:
        tools, words = "/api/v1/tools", cycle([self._word(text) for text in PAYLOADS])
        for number, definition in enumerate(definitions(self._word)):
            assert self._send("POST", f"{tools}?{urlencode({'reason': next(words)})}x{number}", definition) == 201
            said = unlike_placeholder(next(words))
            whole = {**definition, "description": said, "examples": [], f"x {next(words)}": said}
            del whole["version"]
            name = definition["tool_name"]
            assert self._send("PUT", f"{tools}/{name}?{urlencode({'reason': next(words)})}", whole) == 200
            patch = {"metadata": {"author": unlike_placeholder(next(words)), f"x {next(words)}": said}}
            assert self._send("PATCH", f"{tools}/{name}?{urlencode({'reason': next(words)})}", patch) == 200
            for switch in ("disable", "enable"):
                assert self._send("PATCH", f"{tools}/{name}/{switch}", {"reason": next(words)}) == 200
        for word in islice(words, 10):
            asked = urlencode({"triggered_by": word, "tool_name": word[:100], "processes": "this"})
            assert self._send("POST", f"{tools}/reload?{asked}") == 200
        for word in islice(words, 10):
            token = {"name": f"x {word}"[:100], "user": "admin", "scopes": ["read"]}
            assert self._send("POST", "/api/v1/accounts/tokens", token) == 201
        self._save_case(words)
        self._rename_processes(next(words), next(words))
        self._begin_draft()
        self._bring_files(words)

    def _save_case(self, words: Iterator[str]) -> None:
        """Save a case that does not hold, and one that does after what was asked lately."""
        expected = {"tool_name": "hostile-one", "pattern_name": next(words)[:100]}
        request = {"intent": " ".join(islice(words, 20)), "environment": f"x {next(words)}"[:100]}
        case = {"name": "Hostile", "request": request, "expected": expected, "note": " ".join(islice(words, 8))}
        assert self._send("POST", "/api/v1/select/cases", case) == 201
        assert self._send("POST", "/api/v1/select", {"capabilities": [SHARED]}) == 200

    def _begin_draft(self) -> None:
        """Begin a draft, as opening the editor does, and let somebody publish a version after that."""
        name, value = self.served.cookie()["name"], self.served.cookie()["value"]
        self._headers["Cookie"] = f"{name}={value}"
        assert self._send("GET", f"/tools/{TOOLS[0]}/edit") == 303
        del self._headers["Cookie"]
        assert self._send("PATCH", f"/api/v1/tools/{TOOLS[0]}", {"description": self._word(PAYLOADS[3])}) == 200

    def _bring_files(self, words: Iterator[str]) -> None:
        """Keep files for an import, as a form with them does, under names that systems of files might refuse."""
        with self.served.database() as connection:
            connection.execute(
                "INSERT INTO tool_catalog.import_batches (account, expires_at) VALUES (%s, now() + '1 day')", [ADMIN]
            )
            files = [orjson.dumps({**one, "description": next(words)}) for one in definitions(self._word)]
            files += [orjson.dumps({next(words): next(words), "tool_name": next(words)}), next(words).encode()]
            for position, content in enumerate(files):
                connection.execute(
                    "INSERT INTO tool_catalog.import_files (batch_id, position, name, content) VALUES (1, %s, %s, %s)",
                    [position, f"{next(words)}.json", content],
                )

    def _rename_processes(self, host: str, error: str) -> None:
        """Give processes a name that no machine would have, and their reloads an error: nobody can by a request."""
        with self.served.database() as connection:
            connection.execute("UPDATE tool_catalog.serving_processes SET host = %s", [host])
            connection.execute("UPDATE tool_catalog.sign_ins SET browser = %s", [error])
            connection.execute(
                "UPDATE tool_catalog.reload_events SET host = %s, error = %s, handler_errors = %s WHERE success",
                [host, error, orjson.dumps({error: error}).decode()],
            )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stored, Stored]]:
    """The hostile catalog and the harmless one."""
    directory = tmp_path_factory.mktemp("xss")
    nothing = directory / "nothing"
    nothing.mkdir()
    settings = {"SEED_DIR": str(nothing), "RATE_LIMIT_ENABLED": "0"}
    both = [Served(directory / name, settings) for name in ("hostile", "harmless")]
    try:
        hostile, plain = (served.start() for served in both)
        yield Stored(hostile, lambda text: text), Stored(plain, harmless)
    finally:
        for served in both:
            served.stop()


@dataclass
class Watched:
    """A page of the browser on one catalog, and everything that happened in it."""

    page: Page
    url: str
    happened: list[str] = field(default_factory=list)

    def visit(self, address: str) -> dict[str, Any]:
        """Open an address and tell what the page is made of."""
        self.page.goto(self.url + address, wait_until="load")
        # What a page fetches by itself is part of it.
        self.page.wait_for_function(FETCHED)
        found: dict[str, Any] = self.page.evaluate(SHAPE)
        self.happened += [f"{address}: {one}" for one in found["ran"]]
        return found


Watch = Callable[[Stored], Watched]


@pytest.fixture
def watch(browser: Browser) -> Iterator[Watch]:
    """Opens new, signed-in sessions in which everything that must not happen is noted. They end with the test: pages
    that refresh themselves would go on with it.
    """
    contexts = []

    def open_on(stored: Stored) -> Watched:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 800}))
        contexts[-1].add_cookies([stored.served.cookie()])
        contexts[-1].add_init_script(WATCH)
        page = contexts[-1].new_page()
        watched = Watched(page, stored.served.url)
        page.on("dialog", lambda dialog: (watched.happened.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: watched.happened.append(f"error {error}"))
        page.on("console", lambda said: _heard(watched, said.type, said.text))
        page.on("popup", lambda other: watched.happened.append(f"popup {other.url}"))
        page.on("request", lambda asked: _asked(watched, asked.url))
        return watched

    yield open_on
    for context in contexts:
        context.close()


def _heard(watched: Watched, kind: str, text: str) -> None:
    # That a page is answered with 404 or 400 is said here too.
    if kind in {"error", "warning"} and "responded with a status of" not in text:
        watched.happened.append(f"{kind} {text}")


def _asked(watched: Watched, url: str) -> None:
    if not url.startswith(watched.url):
        watched.happened.append(f"request {url}")


def outside(found: dict[str, Any], url: str) -> list[str]:
    """The addresses on a page that lead elsewhere, but for the manual's, which an author may give."""
    manual = re.compile(r"https?://evil\.invalid")
    return [one for one in found["addresses"] if not one.startswith(url) and not manual.match(one)]


def test_there_are_enough_payloads_and_each_is_one_of_its_own() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60


def test_every_page_is_visited(application: Flask) -> None:
    assert {rule for rule in page_routes(application) if "<" in rule} == set(WITH_NAMES)


def test_what_is_stored_is_shown_as_text_on_every_page(
    watch: Watch, stored: tuple[Stored, Stored], application: Flask
) -> None:
    hostile, plain = (watch(one) for one in stored)
    for address in stored_pages(application):
        found, expected = hostile.visit(address), plain.visit(address)
        assert outside(found, hostile.url) == [], address
        assert found["shape"].keys() <= expected["shape"].keys() | LINK, address
        if not address.startswith(NOT_COUNTED) and not address.split("?")[0].endswith(DIFFERING):
            surplus = Counter(found["counts"]) - Counter(expected["counts"])
            assert surplus.keys() <= LINK, (address, surplus)
    assert (hostile.happened, plain.happened) == ([], [])


# A manual's address of the web is a link, and a harmless text in its place is none.
LINK = {"a ", "a href", "a rel", "dt ", "dd "}


def test_what_a_reader_sends_is_shown_as_text(watch: Watch, stored: tuple[Stored, Stored]) -> None:
    hostile, plain = (watch(one) for one in stored)
    left = list(PAYLOADS)
    for limit, echo in cycle(ECHOES):
        if not left:
            break
        text = left.pop(0)
        while left and len(text) + len(left[0]) <= limit:
            text += left.pop(0)
        address = echo(text[:limit])
        found, expected = hostile.visit(address), plain.visit(echo("plain text"))
        assert outside(found, hostile.url) == [], address
        assert found["shape"].keys() <= expected["shape"].keys(), address
    assert (hostile.happened, plain.happened) == ([], [])


def test_a_text_that_is_typed_comes_back_as_text(watch: Watch, stored: tuple[Stored, Stored]) -> None:
    hostile = watch(stored[0])
    hostile.visit("/tools")
    for text in ("<img src=x onerror=pwned()>", '" onfocus=pwned() autofocus x="'):
        with hostile.page.expect_response(re.compile(r"/tools\?q=")):
            hostile.page.get_by_role("searchbox").fill(text)
        hostile.page.wait_for_function("() => !document.querySelector('.htmx-request')")
        assert hostile.page.locator("#main img[src=x]").count() == 0
    assert hostile.page.evaluate("window.ran") == []
    assert hostile.happened == []


def test_an_address_that_is_script_is_no_link(watch: Watch, stored: tuple[Stored, Stored]) -> None:
    hostile = watch(stored[0])
    catalog = stored[0]
    for number, text in enumerate(one for one in PAYLOADS if ":" in one[:12] and not one.startswith("http")):
        patch = {"metadata": {"documentation_url": text, "source_code_url": text}, "number": number}
        assert catalog._send("PATCH", "/api/v1/tools/hostile-one", patch) == 200
        hostile.visit("/tools/hostile-one")
        links = hostile.page.locator("a").evaluate_all("links => links.map(one => one.protocol)")
        assert set(links) == {"http:"}, text
    assert hostile.happened == []
