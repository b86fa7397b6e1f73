"""Texts that would be SQL through every parameter of every route: no error, no delay, no changed row, no word of SQL.

The routes' parameters are those of the OpenAPI document, and of the models that pages read their addresses with.
"""

import itertools
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel
from werkzeug.test import TestResponse

from app.audit import pages as audit
from app.catalog import capability_pages, palette_pages, tool_pages, version_pages
from app.catalog import pages as catalog
from app.catalog import transfer_pages as transfer
from app.catalog.list_query import ToolsQuery
from app.reload import pages as reload
from app.selection.schemas import SelectQuery
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition
from tests.hostile.injections import PAYLOADS, SLEEP_S
from tests.hostile.test_xss import page_routes
from tests.json_schema import referred


class SignInQuery(BaseModel):
    """Where somebody wants to go."""

    next: str = ""


class CaseQuery(BaseModel):
    """What stands in the form of a new case already."""

    name: str = ""
    expected: str = ""
    intent: str = ""
    capabilities: str = ""


class PlaygroundQuery(SelectQuery):
    """A request, and what it is tried against."""

    against: str = ""


PAGES: dict[str, type[BaseModel] | None] = {
    "/": None,
    "/account": None,
    "/account/second-factor": None,
    "/accounts": None,
    "/select": PlaygroundQuery,
    "/sign-in": SignInQuery,
    "/sign-in/code": None,
    "/sign-in/link/<secret>": None,
    "/sign-in/single-sign-on": SignInQuery,
    "/sign-in/single-sign-on/callback": None,
    "/api/docs": None,
    "/audit": audit.PageQuery,
    "/drafts": None,
    "/drafts/<int:number>": None,
    "/drafts/<int:number>/conflict": None,
    "/drafts/<int:number>/presence": None,
    "/drafts/<int:number>/publish": None,
    "/drafts/<int:number>/text": None,
    "/drafts/<int:number>/yaml": None,
    "/select/cases": None,
    "/select/cases/<name>/delete": None,
    "/select/cases/<name>/edit": None,
    "/select/cases/new": CaseQuery,
    "/tools/<name>/edit": None,
    "/tools/new": None,
    "/export": transfer.ExportQuery,
    "/import": None,
    "/import/<int:number>": transfer.ImportChoice,
    "/import/<int:number>/progress": None,
    "/reloads/standing": reload.StandingQuery,
    "/capabilities": capability_pages.CapabilitiesQuery,
    "/capabilities/<path:capability>": capability_pages.CapabilityPageQuery,
    "/palette": palette_pages.PaletteQuery,
    "/reloads": reload.PageQuery,
    "/styleguide": None,
    "/tools/<name>": tool_pages.PageQuery,
    "/tools/<name>/audit": audit.OfToolQuery,
    "/tools/<name>/compare": version_pages.CompareQuery,
    "/tools/<name>/delete": None,
    "/tools/<name>/versions/<version>/delete": None,
    "/tools/<name>/versions/<version>/promote": None,
    "/tools": ToolsQuery,
    "/tools/facets/<facet>": catalog.FacetQuery,
}
# A stream has no end; its parameters are those of `/changes`, and its header is tried below.
ENDLESS = {"/api/v1/changes/stream"}
USUAL = {"name": "grep", "version": "1.0", "from": "1.0", "to": "1.1", "q": "grep", "platform": "linux"} | {
    "category": "system",
    "capability": "text_search",
    "number": "0",
    "team": "no-such-team",
    "secret": "no-such-link",
    "facet": "tag",
    "node": "basics",
}
FORMS = {
    "/sign-in": ("name", "password", "next"),
    "/account/password": ("now", "password"),
    "/account/tokens": ("name", "scopes", "days"),
    "/accounts/teams": ("name",),
    "/accounts/teams/<team>/members": ("team", "name"),
    "/accounts/users": ("name", "role"),
    "/accounts/users/<name>/role": ("role",),
    "/drafts": ("start", "name", "description", "original", "text"),
    "/drafts/<int:number>/<node>": ("act", "step", "filled", "description"),
    "/drafts/<int:number>/conflict": ("etag", "at:/description"),
    "/drafts/<int:number>/publish": ("version", "reason", "waive"),
    "/drafts/<int:number>/text": ("text", "step", "act"),
    "/export": ("names", "platform", "tag", "owner", "all_versions", "format"),
    "/import": ("pasted",),
    "/import/<int:number>": ("on_conflict", "reason", "waive"),
    "/select/cases": ("name", "expected", "intent", "environment", "variables", "note", "must_hold", "replaces"),
    "/select/cases/<name>/delete": ("reason",),
    "/tools/<name>/owner": ("owner", "reason", "based_on", "tab"),
    "/tools/<name>/status": ("status", "reason", "based_on", "tab"),
    "/tools/<name>/enable": ("reason", "based_on"),
    "/tools/<name>/disable": ("reason", "based_on"),
    "/tools/<name>/delete": ("typed", "reason", "based_on"),
    "/tools/<name>/versions/<version>/delete": ("based_on",),
    "/tools/<name>/versions/<version>/promote": ("reason", "based_on", "waive"),
    "/tools/bulk": ("names", "act", "tags", "back", "reason", "all_matching"),
    "/tools/export": ("names", "back"),
    "/undo": ("first", "last", "back"),
}
# Where a refusal itself is noted: some texts are good passwords, and the next one then lacks the present one.
NOTING_REFUSALS = {"/account/password"}
# Of the texts, so many go through each parameter by default: others through the next one.
TRIED = 2
WORDS_OF_SQL = re.compile(
    r"psycopg|sqlalchemy|syntax error at|unterminated quoted|invalid input syntax|violates|sqlstate|traceback"
    r"|does not exist\s+LINE|out of range for type|PG::|Internal Server Error",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """One parameter of one route: in its path, query, headers or JSON body."""

    method: str
    path: str
    kind: str
    name: str
    others: tuple[str, ...] = ()

    def request(self, text: str) -> dict[str, Any]:
        """A request to the route with a text in this place."""
        path = re.sub(r"{(\w+)}|<(?:\w+:)?(\w+)>", lambda found: self._step(found[1] or found[2], text), self.path)
        asked: dict[str, Any] = {"path": path, "method": self.method, "headers": {"X-Request-ID": "a"}}
        query = {name: USUAL[name] for name in self.others}
        if self.kind == "query":
            query[self.name] = text
        if self.kind == "header":
            # What cannot stand in a header does not arrive.
            asked["headers"][self.name] = re.sub(r"[\r\n\x00]", "", text).encode("utf-8").decode("latin-1")
        if self.kind == "form":
            return {**asked, "data": {self.name: text}}
        if self.kind == "body":
            asked |= {"data": json.dumps({**self._body(), self.name: text}), "content_type": "application/json"}
        elif self.method in {"POST", "PUT"} and self.path.endswith(("/tools", "/{name}")):
            asked |= {"data": json.dumps(definition("other")), "content_type": "application/json"}
        return {**asked, "query_string": query}

    def _step(self, name: str, text: str) -> str:
        return quote(text, safe="") if (self.kind, self.name) == ("path", name) else USUAL[name]

    def _body(self) -> dict[str, Any]:
        whole = self.method in {"POST", "PUT"} and re.search(r"tools(/validate|/{name}|/{name}/validate)?$", self.path)
        return definition("grep") if whole else {}


def places_of(document: Mapping[str, Any]) -> Iterator[Place]:
    """Every parameter the document tells of."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path in ENDLESS:
                continue
            told = operation.get("parameters", [])
            needed = tuple(one["name"] for one in told if one["in"] == "query" and one.get("required"))
            place = Place(method.upper(), path, "", "", needed)
            for one in told:
                yield replace(place, kind=one["in"], name=one["name"])
            for header in ("Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID"):
                yield replace(place, kind="header", name=header)
            yield replace(place, kind="query", name="reason")
            if method != "get":
                yield replace(place, kind="query", name="waive")
            for name in _fields(operation, document):
                yield replace(place, kind="body", name=name)


def _fields(operation: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return []
    schema = content["schema"]
    if "$ref" in schema:
        schema = referred(schema["$ref"], document)
    return [*schema.get("properties", {}), "an unknown key"]


def places_of_pages() -> Iterator[Place]:
    """Every parameter of the pages."""
    for path, query in PAGES.items():
        for name, field in (query.model_fields if query else {}).items():
            yield Place("GET", path, "query", field.alias or name)
        for name in re.findall(r"<(?:\w+:)?(\w+)>", path):
            yield Place("GET", path, "path", name)
        for header in ("HX-Request", "HX-Trigger", "HX-Current-URL", "Cookie", "Accept-Language", "User-Agent"):
            yield Place("GET", path, "header", header)
    for path, fields in FORMS.items():
        for name in fields:
            yield Place("POST", path, "form", name)


@pytest.fixture
def stocked(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of a catalog with some tools and versions, to which errors are answered as they are to anybody."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    # Forms without their token would all be refused before they are read.
    monkeypatch.setitem(app.config, "WTF_CSRF_METHODS", set())
    caller = Caller(client)
    caller.create()
    caller.update(description="Other")
    caller.create("other-tool")
    return client


def told_wrong(answer: TestResponse, seconds: float, text: str) -> str | None:
    """What is wrong with an answer; None when nothing is."""
    if answer.status_code > 499:
        return f"answered {answer.status_code}"
    if seconds > SLEEP_S * 0.8:
        return f"took {seconds:.1f} s"
    # An archive is no text.
    found = WORDS_OF_SQL.search(answer.data.decode(errors="replace").replace(text, ""))
    return f"tells {found.group()!r}" if found else None


def tried(client: FlaskClient, places: list[Place], count: int) -> list[str]:
    """Send `count` of the texts through each place, each place other ones, and return what is wrong."""
    wrong, before, number = [], contents(), 0
    for place in places:
        for text in itertools.islice(itertools.cycle(PAYLOADS), number, number + count):
            started = time.perf_counter()
            answer = client.open(**place.request(text))
            complaint = told_wrong(answer, time.perf_counter() - started, text)
            if place.method != "GET" and not complaint:
                after = contents()
                if answer.status_code >= 400 and after != before and place.path not in NOTING_REFUSALS:
                    complaint = f"was refused with {answer.status_code} and changed something"
                before = after
            if complaint:
                wrong.append(f"{place.method} {place.path} {place.kind} {place.name} {text[:60]!r}: {complaint}")
        number = (number + count) % len(PAYLOADS)
        if place.method == "GET" and contents() != before:
            wrong.append(f"GET {place.path} {place.kind} {place.name}: something changed")
    return wrong


def all_places(client: FlaskClient) -> list[Place]:
    """Every parameter of every route."""
    return [*places_of(client.get("/api/v1/openapi.json").get_json()), *places_of_pages()]


def test_there_are_enough_texts_and_each_is_one_of_its_own() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 40


def test_every_page_has_its_parameters_here(app: Flask) -> None:
    assert set(page_routes(app)) == set(PAGES)


def test_no_parameter_takes_a_text_for_sql(stocked: FlaskClient) -> None:
    assert tried(stocked, all_places(stocked), TRIED) == []


@pytest.mark.soak
def test_no_parameter_takes_any_text_for_sql(stocked: FlaskClient) -> None:
    assert tried(stocked, all_places(stocked), len(PAYLOADS)) == []


@pytest.mark.parametrize(
    "address", ["/api/v1/tools?owner=", "/api/v1/tools?tag=", "/api/v1/tools?capability=", "/api/v1/audit?who="]
)
def test_no_condition_that_is_always_true_finds_anything(stocked: FlaskClient, address: str) -> None:
    for text in PAYLOADS:
        answer = stocked.get(address + quote(text, safe=""))
        assert answer.status_code == 400 or answer.get_json()["total"] == 0, text


def test_a_stream_resumed_at_a_text_is_refused(stocked: FlaskClient) -> None:
    for text in PAYLOADS:
        if re.fullmatch(r"[\x20-\x7e]+", text) and not re.fullmatch(r"\s*\d{1,18}\s*", text):
            answer = stocked.get("/api/v1/changes/stream", headers={"Last-Event-ID": text})
            assert answer.status_code == 400, text
