"""Nobody's work is overwritten unseen: a change says what it is based on, and a stale one is refused."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.catalog.caller import Caller
from tests.definition import definition

CHANGES = {
    "put": ("PUT", "/grep", definition(version="5.0")),
    "merging put": ("PUT", "/grep", {"description": "Mine"}),
    "patch": ("PATCH", "/grep", {"description": "Mine"}),
    "status": ("PATCH", "/grep", {"status": "deprecated"}),
    "enable": ("PATCH", "/grep/enable", None),
    "disable": ("PATCH", "/grep/disable", None),
    "promote": ("POST", "/grep/versions/1.0/promote", None),
    "delete": ("DELETE", "/grep", None),
    "delete version": ("DELETE", "/grep?version=1.0", None),
}
every_change = pytest.mark.parametrize(("method", "path", "body"), CHANGES.values(), ids=CHANGES)


@pytest.fixture
def grep(noise: Caller) -> Caller:
    """A catalog with grep 1.0 and 1.1."""
    noise.create()
    noise.update()
    return noise


@every_change
def test_a_change_based_on_the_latest_is_made(grep: Caller, method: str, path: str, body: object) -> None:
    grep.ok(method, path, json=body, headers={"If-Match": grep.etag()})


@every_change
def test_a_change_based_on_an_older_version_is_stale(grep: Caller, method: str, path: str, body: object) -> None:
    stale = grep.etag()
    latest = grep.update(description="Theirs")
    answer = grep.send(method, path, json=body, headers={"If-Match": stale})
    assert answer.status_code == 412
    assert answer.json is not None
    assert answer.json["latest"] == {
        "version": "1.2",
        "etag": grep.etag().strip('"'),
        "updated_by": latest["updated_by"],
    }
    assert grep.read() == latest


@every_change
def test_a_star_matches_whatever_is_there(grep: Caller, method: str, path: str, body: object) -> None:
    grep.ok(method, path, json=body, headers={"If-Match": "*"})


@every_change
def test_who_says_nothing_is_not_checked(grep: Caller, method: str, path: str, body: object) -> None:
    grep.ok(method, path, json=body)


@every_change
def test_a_server_may_demand_the_basis(
    grep: Caller, app_with: Callable[..., Flask], method: str, path: str, body: object
) -> None:
    strict = Caller(app_with(require_if_match=True).test_client())
    answer = strict.send(method, path, json=body)
    assert answer.status_code == 428
    assert "If-Match" in answer.json["detail"]  # type: ignore[index]
    strict.ok(method, path, json=body, headers={"If-Match": strict.etag()})


def test_a_lifecycle_change_makes_an_older_reading_stale(grep: Caller) -> None:
    stale = grep.etag()
    grep.ok("PATCH", "/grep/disable")
    assert grep.send("PATCH", "/grep", json={"description": "x"}, headers={"If-Match": stale}).status_code == 412


def test_a_weak_tag_never_matches(grep: Caller) -> None:
    headers = {"If-Match": f"W/{grep.etag()}"}
    assert grep.send("PATCH", "/grep", json={"description": "x"}, headers=headers).status_code == 412


def test_a_demanded_basis_does_not_stand_in_the_way_of_creating(app_with: Callable[..., Flask]) -> None:
    assert Caller(app_with(require_if_match=True).test_client()).create()["version"] == "1.0"


def test_one_of_several_tags_that_holds_is_enough(caller: Caller) -> None:
    caller.create()
    headers = {"If-Match": f'"stale", {caller.etag()}'}
    assert caller.send("PATCH", "/grep", json={"description": "x"}, headers=headers).status_code == 200
