"""Every refused request leaves the database, byte for byte, as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.actor import command_actor
from app.catalog import changes
from app.errors import BadRequest, CatalogError, InvalidDefinition, NotFound, StaleChange
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition

ME = command_actor("me")
Request = tuple[int, str, str, dict[str, Any]]

STALE = {"headers": {"If-Match": '"0123456789abcdef"'}}
TEXT = {"data": "description: x", "content_type": "text/plain"}
BROKEN = {"data": '{"description": "x"', "content_type": "application/json"}
BROKEN_YAML = {"data": "a: &x 1\nb: *x\n", "content_type": "application/yaml"}
WRONG = {"json": definition(platform="linuks")}
NO_REASON = {"json": {"reazon": "x"}}


def every(method: str, path: str, *refusals: tuple[int, dict[str, Any]]) -> list[Request]:
    """The same request with every body or header it is refused for."""
    return [(status, method, path, request) for status, request in refusals]


REFUSED: list[Request] = [
    # create
    *every("POST", "", (409, {"json": definition()}), (409, {"json": definition("GREP", platform="windows")})),
    *every("POST", "", (422, WRONG), (422, BROKEN), (422, BROKEN_YAML), (415, TEXT), (422, {})),
    *every("POST", "", (422, {"json": definition("search")}), (422, {"json": definition("two words")})),
    *every("POST", "", (400, {"json": {"tools": [definition("a"), definition("b")]}})),
    *every("POST", "?dry_run=1", (400, {"json": definition("sed")})),
    # update
    *every("PUT", "/nothing", (404, {"json": definition("nothing")}), (404, {"json": {"description": "x"}})),
    *every("PUT", "/gone", (404, {"json": definition("gone")})),
    *every("PUT", "/grep", (409, {"json": definition(version="1.0")}), (409, {"json": {"version": "1.0"}})),
    *every("PUT", "/grep", (422, WRONG), (422, BROKEN), (422, BROKEN_YAML), (415, TEXT)),
    *every("PUT", "/grep", (422, {"json": definition("egrep")}), (422, {"json": {"platform": "linuks"}})),
    *every("PUT", "/grep", (412, {"json": definition(version="9"), **STALE}), (412, {"json": {"owner": "x"}, **STALE})),
    *every("PUT", "/grep?version=1.0", (400, {"json": {"description": "x"}})),
    # merge
    *every("PATCH", "/nothing", (404, {"json": {"description": "x"}}), (404, {"json": {"status": "active"}})),
    *every("PATCH", "/grep", (409, {"json": {"version": "1.0"}}), (412, {"json": {"status": "testing"}, **STALE})),
    *every("PATCH", "/grep", (422, {"json": {"capabilities": None}}), (422, BROKEN), (415, TEXT)),
    *every("PATCH", "/grep", (400, {"json": {"status": "bogus"}}), (400, {"json": {"enabled": "yes"}})),
    *every("PATCH", "/half-done", (422, {"json": {"status": "active"}}), (422, {"json": {"status": "deprecated"}})),
    # switch
    *every("PATCH", "/nothing/enable", (404, {})),
    *every("PATCH", "/grep/disable", (412, STALE), (400, NO_REASON), (415, TEXT), (400, BROKEN)),
    *every("PATCH", "/grep/disable?reason=%00", (400, {})),
    # many at once: all or nothing
    *every("POST", "/bulk", (409, {"json": {"names": ["grep", "nothing"], "act": "disable"}})),
    *every("POST", "/bulk", (409, {"json": {"names": ["grep", "half-done"], "act": "deprecate"}})),
    *every("POST", "/bulk", (404, {"json": {"names": ["nothing"], "act": "delete"}}), (415, TEXT), (400, {})),
    *every("POST", "/bulk", (400, {"json": {"names": ["grep"], "act": "tag"}})),
    *every("POST", "/bulk", (400, {"json": {"names": ["grep"], "act": "bogus"}}), (400, {"json": {"act": "delete"}})),
    *every("POST", "/undo", (404, {"json": {"first": 9000, "last": 9001}}), (415, TEXT), (400, {})),
    *every("POST", "/undo", (400, {"json": {"first": 2, "last": 1}}), (409, {"json": {"first": 1, "last": 1}})),
    # promote
    *every("POST", "/nothing/versions/1.0/promote", (404, {})),
    *every("POST", "/grep/versions/9.9/promote", (404, {})),
    *every("POST", "/grep/versions/1.2/promote", (422, {})),
    *every("POST", "/grep/versions/1.0/promote", (412, STALE), (400, NO_REASON), (415, TEXT), (400, BROKEN)),
    # delete
    *every("DELETE", "/nothing", (404, {})),
    *every("DELETE", "/grep", (412, STALE)),
    *every("DELETE", "/grep?version=9.9", (404, {})),
    *every("DELETE", "/grep?version=1.0", (412, STALE)),
    *every("DELETE", "/grep?version=", (400, {})),
    *every("DELETE", "/grep?all=1", (400, {})),
    *every("DELETE", "/grep%00", (400, {})),
    # import
    *every("POST", "/import", (422, BROKEN), (415, TEXT)),
    *every("POST", "/import?on_conflict=bogus", (400, {"json": [definition("sed")]})),
    *every("POST", "/import?on_conflict=fail", (409, {"json": [definition("sed"), definition(description="Other")]})),
    *every("POST", "/import?on_conflict=fail", (409, {"json": [definition("sed"), definition("search")]})),
    *every("POST", "/import?dryrun=1", (400, {"json": [definition("sed")]})),
]
KEYED = [{"Idempotency-Key": "k-1"}, {}]


@pytest.fixture
def filled(noise: Caller) -> Caller:
    """A catalog with grep 1.0, 1.1 (the latest) and the draft 1.2 with errors, and tools beside the point."""
    noise.create()
    noise.update()
    noise.update(status="draft", capabilities={"text_search": {}})
    return noise


def test_no_refused_request_changes_anything(app: Flask, filled: Caller) -> None:
    before = contents()
    for status, method, path, request in REFUSED:
        for key in KEYED:
            headers = {**request.get("headers", {}), **key}
            answer = filled.send(method, path, **{**request, "headers": headers})
            told = f"{method} {path} {request}: {answer.text}"
            assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), told
            assert contents() == before, told


def test_no_change_without_its_basis_changes_anything(
    app: Flask, filled: Caller, app_with: Callable[..., Flask]
) -> None:
    strict = Caller(app_with(require_if_match=True).test_client())
    before = contents()
    for method, path, body in [
        ("PUT", "/grep", definition(version="9")),
        ("PATCH", "/grep", {"description": "x"}),
        ("PATCH", "/grep/enable", None),
        ("PATCH", "/grep/disable", None),
        ("POST", "/grep/versions/1.0/promote", None),
        ("DELETE", "/grep", None),
        ("DELETE", "/grep?version=1.0", None),
    ]:
        assert strict.send(method, path, json=body).status_code == 428, (method, path)
    assert contents() == before


@pytest.mark.parametrize(
    ("version", "status", "based_on", "refusal"),
    [
        ("1.2", "bogus", None, BadRequest),
        ("9.9", "active", None, NotFound),
        ("1.2", "active", "0123", StaleChange),
        (None, "testing", "0123", StaleChange),
    ],
)
def test_a_refused_status_changes_nothing(
    app: Flask, filled: Caller, *, version: str | None, status: str, based_on: str | None, refusal: type[CatalogError]
) -> None:
    before = contents()
    with pytest.raises(refusal):
        changes.set_status("grep", status, version=version, based_on=based_on, actor=ME)
    assert contents() == before


def test_a_draft_that_may_not_be_published_changes_nothing(app: Flask, filled: Caller) -> None:
    before = contents()
    with pytest.raises(InvalidDefinition):
        changes.set_status("half-done", "active", actor=ME)
    assert contents() == before


def test_a_dry_run_changes_nothing(app: Flask, filled: Caller) -> None:
    before = contents()
    filled.ok("POST", "/import?dry_run=true", json=[definition("sed"), definition(description="Other")])
    assert contents() == before


def test_no_read_changes_anything(app: Flask, filled: Caller) -> None:
    before = contents()
    for path in ["", "/grep", "/grep/versions", "/grep/versions/1.0", "/search?q=x", "/grep/diff?from=1.0&to=1.1"]:
        filled.ok("GET", path)
    filled.ok("POST", "/validate", json=definition("sed"))
    filled.ok("POST", "/grep/validate")
    filled.ok("POST", "/export")
    assert contents() == before
