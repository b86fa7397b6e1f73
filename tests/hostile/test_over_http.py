"""Bad input over HTTP: it is refused with its code or accepted as data, and the server goes on as before."""

import json
import time
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalog.caller import Caller
from tests.conftest import SAMPLES
from tests.contents import contents
from tests.definition import PATTERN, definition

YAML = SAMPLES / "hostile" / "yaml"
EXPRESSIONS = SAMPLES / "hostile" / "expressions.json"
needs_samples = pytest.mark.skipif(not YAML.is_dir(), reason="the samples are not beside the project")
TYPE = {"content_type": "application/yaml"}


def yaml_samples() -> list[dict[str, Any]]:
    """The index of hostile documents: file, verdict, code."""
    return json.loads((YAML / "index.json").read_text())["samples"] if YAML.is_dir() else []


def expression_samples() -> list[dict[str, Any]]:
    """Hostile expressions with their verdicts."""
    return json.loads(EXPRESSIONS.read_text())["cases"] if EXPRESSIONS.is_file() else []


@pytest.fixture
def caller(client: FlaskClient) -> Caller:
    """Speaks to the application."""
    return Caller(client)


def codes(answer: Any, severity: str = "error") -> set[str]:
    """The codes of an answer's findings."""
    return {finding["code"] for finding in answer["findings"] if finding["severity"] == severity}


@needs_samples
def test_every_hostile_document_gets_its_verdict(caller: Caller) -> None:
    for sample in yaml_samples():
        body = (YAML / sample["file"]).read_bytes()
        answer = caller.ok("POST", "/validate", data=body, **TYPE)
        if sample["verdict"] == "reject":
            assert (answer["valid"], codes(answer)) == (False, {sample["code"]}), sample["file"]
            assert all(finding["line"] and finding["column"] for finding in answer["findings"]), sample["file"]
        else:
            assert not codes(answer) & {other["code"] for other in yaml_samples()}, sample["file"]


@needs_samples
def test_no_hostile_document_is_stored_or_leaves_a_trace(app: Flask, caller: Caller) -> None:
    before = contents()
    for sample in yaml_samples():
        if sample["verdict"] == "reject":
            body = (YAML / sample["file"]).read_bytes()
            for method, path in [("POST", ""), ("PUT", "/grep"), ("PATCH", "/grep")]:
                answer = caller.send(method, path, data=body, **TYPE)
                assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), sample["file"]
            report = caller.send("POST", "/import", data=body, **TYPE)
            assert report.status_code == 422 or report.json["refused"] == 1  # type: ignore[index]
    assert contents() == before


def with_expression(text: str) -> dict[str, Any]:
    """A definition whose time estimate is this text."""
    pattern = {**PATTERN, "time_estimate_ms": text}
    return definition(capabilities={"text_search": {"description": "Search", "patterns": {"one": pattern}}})


@needs_samples
def test_every_hostile_expression_is_refused_in_a_definition(caller: Caller) -> None:
    for case in expression_samples():
        text = case.get("expr") or "".join(part * times for part, times in case.get("parts", []))
        started = time.perf_counter()
        answer = caller.ok("POST", "/validate", data=json.dumps(with_expression(text)), content_type="application/json")
        assert time.perf_counter() - started < 5, case["id"]
        if case["verdict"] == "reject":
            assert codes(answer), case["id"]
            assert caller.send("POST", json=with_expression(text)).status_code == 422, case["id"]


NESTED = 100_000
HUGE: dict[str, tuple[bytes, str]] = {
    "brackets": (b"[" * NESTED, "too-deep"),
    "closed brackets": (b"[" * NESTED + b"]" * NESTED, "too-deep"),
    "braces": (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "too-deep"),
    "a long text": (b'{"tool_name": "a", "description": "' + b"x" * 100_000 + b'"}', "scalar-too-long"),
    "a long key": (b'{"' + b"k" * 1000 + b'": 1}', "key-too-long"),
    "many values": (b'{"a": [' + b"1," * 30_000 + b"1]}", "too-many-events"),
    "a large document": (b'{"a": "' + b"x " * 200_000 + b'"}', "too-large"),
    "a huge number": (b'{"a": ' + b"9" * 5000 + b"}", "ambiguous-number"),
    "an infinite number": (b'{"a": 1e999}', "not-finite"),
    "no number": (b'{"a": NaN}', "not-finite"),
    "a key twice": (b'{"a": 1, "a": 2}', "duplicate-key"),
    "a control character": (b'{"a": "\\u0000"}', "control-character"),
    "half a character": (b'{"a": "\\ud800"}', "control-character"),
    "no UTF-8": (b'{"a": "\xff"}', "not-utf8"),
    "nothing": (b"", "empty"),
    "not JSON": (b"hello", "syntax"),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_hostile_body_of_json_is_refused(app: Flask, caller: Caller, name: str) -> None:
    body, _ = HUGE[name]
    before = contents()
    started = time.perf_counter()
    for method, path in [("POST", ""), ("PUT", "/grep"), ("PATCH", "/grep"), ("POST", "/import")]:
        answer = caller.send(method, path, data=body, content_type="application/json")
        assert answer.status_code in {400, 422} or (path == "/import" and answer.json["created"] == 0), answer.text  # type: ignore[index]
    assert time.perf_counter() - started < 5
    assert contents() == before


@pytest.mark.parametrize("name", HUGE)
def test_a_hostile_body_of_json_has_one_clear_finding(caller: Caller, name: str) -> None:
    body, code = HUGE[name]
    answer = caller.ok("POST", "/validate", data=body, content_type="application/json")
    assert (answer["valid"], codes(answer)) == (False, {code})


@pytest.mark.parametrize("path", ["/grep/disable", "/grep/versions/1.0/promote", "/export"])
def test_options_are_held_to_the_same_bounds(caller: Caller, path: str) -> None:
    caller.create()
    method = "PATCH" if path.endswith("disable") else "POST"
    for name in ("brackets", "braces", "a key twice", "a control character", "not JSON"):
        answer = caller.send(method, path, data=HUGE[name][0], content_type="application/json")
        assert answer.status_code == 400, name


def test_an_import_of_very_many_small_things_ends_soon(app: Flask, caller: Caller) -> None:
    started = time.perf_counter()
    report = caller.ok("POST", "/import?dry_run=1", json=[{} for _ in range(2000)])
    assert report["refused"] == 2000
    assert time.perf_counter() - started < 20


ODD_NAMES = [
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%25",
    "a%0ab",
    "%F0%9F%98%80",
    "%ff%fe",
    "x" * 3000,
    "'%20OR%201=1",
    "<b>",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_no_name_in_an_address_breaks_anything(caller: Caller, name: str) -> None:
    for method, path in [
        *(("GET", path) for path in ("", "/versions", "/versions/1.0", "/diff?from=1&to=2", "?version=1.0")),
        *(("DELETE", ""), ("PATCH", "/enable"), ("POST", "/versions/1.0/promote"), ("POST", "/validate")),
    ]:
        answer = caller.send(method, f"/{name}{path}")
        assert answer.status_code in {400, 404, 405}, (method, path, answer.text)
        assert answer.mimetype == "application/problem+json"
    assert caller.client.get(f"/tools/{name}").status_code == 404
    assert "<b>" not in caller.client.get(f"/tools/{name}").text


def test_what_an_author_wrote_is_shown_as_text(caller: Caller) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    pattern = {**PATTERN, "description": evil, "typical_use_cases": [evil], "limitations": [evil], evil: {evil: [evil]}}
    links = {"documentation_url": "javascript:alert(1)", "tags": [evil], "author": evil}
    capabilities = {"text_search": {"description": evil, "patterns": {"one": pattern}}}
    caller.create(description=evil, metadata=links, capabilities=capabilities, owner=evil[:90], **{evil[:200]: evil})
    for path in (
        "/tools",
        "/tools/grep",
        "/tools/grep?tab=capabilities",
        "/tools/grep?tab=versions",
        "/tools?q=script",
    ):
        page = caller.client.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert 'href="javascript:' not in page.text


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    *((key,) for key in definition()),
    *(("capabilities", "text_search", key) for key in ("description", "patterns")),
    *(("capabilities", "text_search", "patterns", "search_files", key) for key in PATTERN),
    *(("owner",), ("defaults",), ("dependencies",), ("status",), ("enabled",), ("variables",), ("examples",)),
]


def placed(path: tuple[str, ...], value: object) -> dict[str, Any]:
    """A valid definition with one value replaced."""
    whole = definition()
    part = whole
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return whole


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), JSON_VALUES)
def test_any_value_anywhere_is_refused_or_kept_as_it_is(caller: Caller, path: tuple[str, ...], value: object) -> None:
    body = orjson.dumps(placed(path, value))
    validated = caller.ok("POST", "/validate", data=body, content_type="application/json")
    answer = caller.send("POST", data=body, content_type="application/json")
    assert answer.status_code in {201, 409, 422}, answer.text
    if answer.status_code == 201:
        assert answer.json is not None
        name = answer.json["tool_name"]
        assert caller.client.get(f"/tools/{name}").status_code == 200
        (stored,) = caller.ok("POST", "/export", json={"names": [name]})["tools"]
        assert stored == orjson.loads(body)
        assert validated["valid"] or stored["status"] == "draft"
        caller.ok("DELETE", f"/{name}")
