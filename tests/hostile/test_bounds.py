"""The bounds that keep every request affordable: each is told in a finding or a problem, whatever way leads to it."""

from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.definitions.documents import document_of, read_json, read_yaml
from app.definitions.extent import MOST_PARTS, excess
from app.definitions.findings import Finding
from app.definitions.legacy import source_tool, tools_in
from app.definitions.legacy_draft import MOST_ERRORS
from app.definitions.validation import validate
from app.definitions.validation.inputs import MOST_COMPILING, Regexes
from app.web import MOST_BYTES
from tests.catalog.caller import Caller
from tests.contents import contents
from tests.definition import definition
from tests.hostile.heavy import inputs, with_patterns


@pytest.fixture
def caller(client: FlaskClient) -> Caller:
    """Speaks to the application."""
    return Caller(client)


def codes(findings: list[Finding]) -> list[str]:
    """The codes of findings."""
    return [finding.code for finding in findings]


# Regular expressions


def test_regular_expressions_that_take_too_long_together_are_an_error_told_once() -> None:
    found = validate(source_tool(inputs(100, lambda number: f"{number}" + r"\pL{0,20}")))
    assert codes(found).count("regex-too-much") == 1
    (told,) = (finding for finding in found if finding.code == "regex-too-much")
    assert told.path[-1] == "validation"
    assert told.severity == "error"


def test_usual_regular_expressions_may_be_very_many() -> None:
    found = validate(source_tool(inputs(1000, lambda number: rf"^[a-z0-9_.-]{{1,63}}-{number}$")))
    assert "regex-too-much" not in codes(found)


def test_a_regular_expression_that_is_there_often_counts_once() -> None:
    found = validate(source_tool(inputs(1000, lambda _: r"\pL{0,20}")))
    assert "regex-too-much" not in codes(found)


def test_what_regular_expressions_cost_does_not_depend_on_what_was_compiled_before() -> None:
    texts = [f"{number}" + r"\pL{0,20}" for number in range(60)]
    left = []
    for _ in range(2):
        regexes = Regexes()
        compiled = [regexes.compiled(text) is not None for text in texts]
        left.append((regexes.time_left, compiled.count(True)))
    assert left[0] == left[1]
    assert left[0][0] < 0 < left[0][1] < len(texts)
    assert left[0][0] > -MOST_COMPILING / 10


def test_values_are_not_tried_on_what_was_not_compiled() -> None:
    whole = inputs(100, lambda number: f"{number}" + r"\pL{0,20}", examples=["1"])
    mismatches = codes(validate(source_tool(whole))).count("regex-example")
    assert 0 < mismatches < 60


# How much a definition holds


def many_patterns(count: int) -> dict[str, Any]:
    """A definition of so many patterns."""
    return with_patterns({f"p{number}": {"description": "d"} for number in range(count)})


def test_a_definition_may_have_as_many_patterns_as_are_allowed() -> None:
    most = many_patterns(MOST_PARTS - 1)
    assert excess(most, most) is None
    more = many_patterns(MOST_PARTS)
    found = excess(more, more)
    assert found is not None
    assert (found.code, found.path) == ("too-many-patterns", ("capabilities",))


def test_too_many_capabilities_are_too_many_patterns() -> None:
    whole = definition(capabilities={f"c{number}": {} for number in range(MOST_PARTS + 1)})
    found = excess(whole, whole)
    assert found is not None
    assert found.code == "too-many-patterns"


def test_what_the_readers_allow_is_no_excess() -> None:
    widest = read_json(b'{"a":[' + b"1," * 19_990 + b"1]}").data
    deepest = read_json(b'{"a":' * 31 + b"[]" + b"}" * 31).data
    largest = read_yaml("a:\n" + "- é\n" * 6000 + "b:\n" + "".join(f"- {'x' * 9_000}\n" for _ in range(25))).data
    assert [excess(one, one) for one in (widest, deepest, largest)] == [None, None, None]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"a": [1] * 21_000}, "too-many-events"),
        ({f"k{number}": 1 for number in range(10_100)}, "too-many-events"),
        ({"a": ["x" * 60_000] * 9}, "too-large"),
        (orjson.loads(b'{"a":' * 33 + b"1" + b"}" * 33), "too-deep"),
    ],
)
def test_data_is_held_to_the_bounds_of_texts(data: dict[str, Any], code: str) -> None:
    found = excess(data, data)
    assert found is not None
    assert found.code == code


def test_not_even_a_draft_may_hold_too_much(app: Flask, caller: Caller) -> None:
    caller.create()
    before = contents()
    whole = {**with_patterns({f"p{number}": {} for number in range(1000)}), "status": "draft"}
    for method, path in (("POST", ""), ("PUT", "/grep"), ("PATCH", "/grep")):
        answer = caller.send(method, path, json={**whole, "tool_name": "grep" if path else "heavy"})
        assert answer.status_code == 422, path
        assert [finding["code"] for finding in answer.json["findings"]] == ["too-many-patterns"]  # type: ignore[index]
        assert answer.json["findings"][0]["line"] or method == "PATCH"  # type: ignore[index]
    (entry,) = caller.ok("POST", "/import", json=[whole])["results"]
    assert (entry["outcome"], entry["findings"][0]["code"]) == ("refused", "too-many-patterns")
    assert contents() == before


def test_a_definition_does_not_grow_beyond_bounds_by_patches(caller: Caller) -> None:
    caller.create()
    answers = []
    for number in range(4):
        patch = {f"note_{number}_{part}": "x" * 60_000 for part in range(4)}
        answers.append(caller.send("PATCH", "/grep", json=patch))
    assert [answer.status_code for answer in answers] == [200, 200, 422, 422]
    assert [finding["code"] for finding in answers[2].json["findings"]] == ["too-large"]  # type: ignore[index]


@pytest.mark.parametrize("bundle", [False, True])
def test_one_definition_of_an_import_is_held_to_the_bounds_of_one(caller: Caller, bundle: bool) -> None:
    whole = definition(notes=["x" * 60_000 for _ in range(20)])
    body = {"tools": {"grep": whole}} if bundle else whole
    (entry,) = caller.ok("POST", "/import", json=body)["results"]
    assert (entry["outcome"], [finding["code"] for finding in entry["findings"]]) == ("refused", ["too-large"])


# Documents of many tools


def bundle(tools: int, beside: int) -> dict[str, Any]:
    """A document of many tools with characters beside them."""
    return {"note": "x" * beside, "tools": {f"t{number}": {"description": "d"} for number in range(tools)}}


def test_what_stands_beside_many_tools_is_bounded() -> None:
    (refused,) = tools_in(document_of(bundle(1000, 5000)))
    assert [finding.code for finding in refused.findings] == ["no-tool"]
    assert "beside `tools`" in refused.findings[0].message
    assert len(tools_in(document_of(bundle(1000, 4000)))) == 1000
    assert len(tools_in(document_of(bundle(10, 60_000)))) == 10


def test_names_that_are_there_thousands_of_times_are_told_so_often_as_anybody_reads() -> None:
    whole = definition(capabilities=[{"capability_name": "same"} for _ in range(3000)])
    tool = source_tool(whole)
    assert len(tool.definition["capabilities"]) == 3000
    assert list(tool.definition["capabilities"])[:3] == ["same", "same_2", "same_3"]
    assert len([finding for finding in tool.findings if finding.code == "duplicate-name"]) == MOST_ERRORS


def test_an_import_with_very_many_keys_beside_its_tools_is_refused(caller: Caller) -> None:
    answer = caller.send("POST", "/import", json={"tools": [], **{f"key{number}": 1 for number in range(2000)}})
    assert answer.status_code == 400
    assert "beside `tools`" in answer.json["detail"]  # type: ignore[index]


# What is near


def test_only_the_first_of_many_unknown_tools_are_compared_with_all_others() -> None:
    names = [f"tool{number}" for number in range(30)]
    whole = definition(dependencies=[{"name": f"{name}x", "type": "tool"} for name in names])
    found = [one for one in validate(source_tool(whole), known_tools=names) if one.code == "unknown-tool"]
    assert len(found) == 30
    assert [bool(one.suggestion) for one in found] == [True] * 10 + [False] * 20


def test_an_unknown_variable_is_compared_with_some_hundreds() -> None:
    variable = {"default": 1, "minimum": 0, "maximum": 2}
    whole = with_patterns({"p": {"time_estimate_ms": "wanted_variabel"}})
    for before, suggestion in ((10, "wanted_variable"), (1000, None)):
        declared = {f"x{number}": variable for number in range(before)}
        found = validate(source_tool({**whole, "variables": {**declared, "wanted_variable": variable}}))
        assert [one.suggestion for one in found if one.code == "name"] == [suggestion]


# Bodies, parameters


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "/api/v1/tools"), ("PUT", "/api/v1/tools/grep"), ("PATCH", "/api/v1/tools/grep")),
        *(("POST", "/api/v1/tools/validate"), ("POST", "/api/v1/tools/export"), ("POST", "/reloads")),
    ],
)
def test_a_body_is_as_large_as_one_definition_needs(client: FlaskClient, method: str, path: str) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/reloads" else "application/json"
    answer = client.open(path, method=method, data=b"a" * (MOST_BYTES + 1), content_type=kind)
    assert answer.status_code == 413
    assert client.open(path, method=method, data=b"a" * 1000, content_type=kind).status_code != 413


def test_an_import_may_be_larger(caller: Caller) -> None:
    body = orjson.dumps([definition(f"t{number}", notes="x" * 60_000) for number in range(40)])
    assert len(body) > 2 * MOST_BYTES
    report = caller.ok("POST", "/import?dry_run=1", data=body, content_type="application/json")
    assert report["created"] == 40


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_a_nul_in_a_filter_of_the_log_is_refused_in_every_form(client: FlaskClient, form: str) -> None:
    answer = client.get(f"/api/v1/audit?action=a%00b&format={form}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize("address", ["/api/v1/audit", "/audit"])
def test_a_number_beyond_the_databases_is_refused(client: FlaskClient, address: str) -> None:
    assert client.get(f"{address}?before={2**63}").status_code == 400
    assert client.get(f"{address}?before={2**63 - 1}").status_code == 200
