"""What a form changes: only what was typed, whatever the draft became meanwhile, and nothing else is touched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app.config import PROJECT
from app.definitions.documents import UnreadableDocument, read_json, read_yaml
from app.definitions.legacy import tools_in
from app.drafts.editing import Saved, fields_in, rows_changed, save_form, shown_form
from app.drafts.nodes import SECTIONS, Work, part_at
from app.errors import Conflict
from tests.conftest import SAMPLES

PATTERN = ("capabilities", "a", "patterns", "x")


def work_of(pattern: dict[str, Any] | None = None, **tool: Any) -> Work:
    return Work.of({"tool_name": "t", **tool, "capabilities": {"a": {"patterns": {"x": pattern or {}, "y": {}}}}})


def node_of(work: Work) -> str:
    return work.by_path()[PATTERN]


def sent_by(work: Work, node: str, **typed: str) -> MultiDict[str, str]:
    """What a browser sends of a part's form when these fields were typed into; `None` unticks a box."""
    form: MultiDict[str, str] = MultiDict()
    for one in fields_in(shown_form(work, node, {})):
        if one.kind == "switch":
            if one.text:
                form[one.name] = "on"
        elif not one.is_foreign:
            form[one.name] = one.text.replace("\n", "\r\n")
    for name, text in typed.items():
        form[name] = text
    return form


def saved(work: Work, node: str, unread: dict[str, str] | None = None, **typed: str) -> Saved:
    return save_form(work, work, node, sent_by(work, node, **typed), unread or {})


def pattern_after(result: Saved) -> dict[str, Any]:
    return part_at(result.work.document, PATTERN)


def definitions() -> Iterator[Any]:
    files = [*sorted((PROJECT / "seed_tools").rglob("*.yaml")), *sorted(SAMPLES.rglob("*.yaml"))]
    for file in [*files, *sorted(SAMPLES.rglob("*.json"))]:
        yield pytest.param(file, id=file.name)


@pytest.mark.parametrize("file", list(definitions()))
def test_a_form_that_nobody_typed_into_changes_nothing(file: Path) -> None:
    try:
        document = (read_json if file.suffix == ".json" else read_yaml)(file.read_bytes())
    except UnreadableDocument:
        return
    for tool in tools_in(document)[:3]:
        work = Work.of(tool.definition)
        for node in [*SECTIONS, *work.by_path().values()]:
            result = saved(work, node)
            assert (result.work.document, result.unread, result.labels) == (tool.definition, {}, []), node


@pytest.mark.parametrize(
    ("field", "typed", "path", "value"),
    [
        ("description", "New words", ("description",), "New words"),
        ("description", "two\r\nlines", ("description",), "two\nlines"),
        ("typical_use_cases", "one\r\n\r\ntwo", ("typical_use_cases",), ["one", "two"]),
        ("time_estimate_ms", "2000", ("time_estimate_ms",), 2000),
        ("time_estimate_ms", "0.5", ("time_estimate_ms",), 0.5),
        ("time_estimate_ms", "2 * N", ("time_estimate_ms",), "2 * N"),
        ("complexity_score", "0.85", ("complexity_score",), 0.85),
        ("policy-max_cost", "5", ("policy", "max_cost"), 5),
        ("policy-max_cost", "much", ("policy", "max_cost"), "much"),
        ("policy-production_safe", "on", ("policy", "production_safe"), True),
        ("policy-other", "team: [a, b]", ("policy", "team"), ["a", "b"]),
        ("preference_match-speed", "0.25", ("preference_match", "speed"), 0.25),
        ("required_inputs-0-default", "8080", ("required_inputs", 0, "default"), 8080),
        ("required_inputs-0-default", '"8080"', ("required_inputs", 0, "default"), "8080"),
        ("required_inputs-0-examples", "1\r\ntrue\r\nword", ("required_inputs", 0, "examples"), [1, True, "word"]),
        ("examples-0-inputs", "host: web1\r\nport: 80", ("examples", 0, "inputs"), {"host": "web1", "port": 80}),
        ("other", "cost_center: 42", ("cost_center",), 42),
    ],
)
def test_what_is_typed_is_taken_over_as_its_kind_of_value(field: str, typed: str, path: Any, value: Any) -> None:
    work = work_of({"required_inputs": [{"name": "port"}], "examples": [{"name": "e"}]})
    result = saved(work, node_of(work), **{field: typed})
    found: Any = pattern_after(result)
    for step in path:
        found = found[step]
    assert (found, type(found)) == (value, type(value))
    assert result.unread == {}
    assert len(result.labels) == 1


def test_an_emptied_field_is_removed() -> None:
    work = work_of({"description": "words", "limitations": ["a"]})
    assert pattern_after(saved(work, node_of(work), description="", limitations="")) == {}


def test_a_box_that_is_unticked_says_no_and_one_never_said_stays_unsaid() -> None:
    work = work_of({"policy": {"production_safe": True}})
    form = sent_by(work, node_of(work))
    del form["policy-production_safe"]
    result = save_form(work, work, node_of(work), form, {})
    assert pattern_after(result)["policy"] == {"production_safe": False}


def test_a_new_key_comes_where_the_schema_has_it() -> None:
    work = work_of({"description": "d", "scope": "batch", "own": 1})
    result = saved(work, node_of(work), time_estimate_ms="5")
    assert list(pattern_after(result)) == ["description", "time_estimate_ms", "scope", "own"]


def test_keys_the_schema_does_not_name_can_be_changed_and_removed_and_never_shadow_its_own() -> None:
    work = work_of({"description": "d", "one": 1, "two": 2})
    result = saved(work, node_of(work), other="two: 3\ndescription: not this way")
    assert pattern_after(result) == {"description": "d", "two": 3}


def test_text_that_is_no_yaml_is_kept_unread_until_it_is() -> None:
    work = work_of({"examples": [{"name": "e", "inputs": {"a": 1}}]})
    result = saved(work, node_of(work), **{"examples-0-inputs": "a: ["})
    assert result.unread == {"examples-0-inputs": "a: ["}
    assert pattern_after(result)["examples"][0]["inputs"] == {"a": 1}
    form = shown_form(result.work, node_of(work), result.unread)
    shown = next(one for one in fields_in(form) if one.name == "examples-0-inputs")
    assert shown.text == "a: ["
    assert "not YAML" in shown.unread
    mended = saved(work, node_of(work), result.unread, **{"examples-0-inputs": "a: [1]"})
    assert mended.unread == {}
    assert pattern_after(mended)["examples"][0]["inputs"] == {"a": [1]}


@pytest.mark.parametrize(("typed", "why"), [("y", "is the name of another"), ("  ", "Write a name")])
def test_a_name_that_cannot_be_is_kept_unread(typed: str, why: str) -> None:
    work = work_of()
    result = saved(work, node_of(work), part_name=typed)
    assert result.unread == {"part_name": typed}
    assert result.work.document == work.document
    shown = next(one for one in fields_in(shown_form(work, node_of(work), result.unread)) if one.name == "part_name")
    assert why in shown.unread


def test_two_windows_change_different_fields_of_one_part() -> None:
    base = work_of({"description": "old", "scope": "batch"})
    node = node_of(base)
    first = save_form(base, base, node, sent_by(base, node, description="new"), {})
    second = save_form(base, first.work, node, sent_by(base, node, scope="exhaustive"), {})
    assert pattern_after(second) == {"description": "new", "scope": "exhaustive"}


def test_a_form_made_before_a_rename_still_means_the_same_part() -> None:
    base = work_of({"description": "old"})
    node = node_of(base)
    renamed = saved(base, node, part_name="z").work
    result = save_form(base, renamed, node, sent_by(base, node, description="new"), {})
    assert part_at(result.work.document, ("capabilities", "a", "patterns", "z")) == {"description": "new"}


def test_a_row_is_found_again_after_it_moved() -> None:
    base = work_of({"required_inputs": [{"name": "a"}, {"name": "b"}]})
    node = node_of(base)
    moved, _ = rows_changed(base, node, "required_inputs", "down", 0)
    result = save_form(base, moved, node, sent_by(base, node, **{"required_inputs-0-description": "of a"}), {})
    assert pattern_after(result)["required_inputs"] == [{"name": "b"}, {"name": "a", "description": "of a"}]


def test_a_row_that_was_removed_in_another_window_is_not_written_over_another() -> None:
    base = work_of({"required_inputs": [{"name": "a"}, {"name": "b"}]})
    node = node_of(base)
    removed, _ = rows_changed(base, node, "required_inputs", "remove", 0)
    with pytest.raises(Conflict, match="another window"):
        save_form(base, removed, node, sent_by(base, node, **{"required_inputs-0-description": "of a"}), {})


@pytest.mark.parametrize(
    ("act", "index", "names", "place"),
    [
        ("add", 0, ["a", "b", "new_input"], 2),
        ("remove", 0, ["b"], 0),
        ("remove", 1, ["a"], 0),
        ("duplicate", 0, ["a", "a_2", "b"], 1),
        ("up", 1, ["b", "a"], 0),
        ("up", 0, ["a", "b"], 0),
        ("down", 0, ["b", "a"], 1),
    ],
)
def test_rows_are_added_removed_copied_and_moved(act: str, index: int, names: list[str], place: int) -> None:
    work = work_of({"required_inputs": [{"name": "a"}, {"name": "b"}]})
    after, told = rows_changed(work, node_of(work), "required_inputs", act, index)
    rows = part_at(after.document, PATTERN)["required_inputs"]
    assert ([row["name"] for row in rows], told) == (names, place)


def test_a_row_that_is_not_there_is_refused() -> None:
    work = work_of({"required_inputs": [{"name": "a"}]})
    with pytest.raises(Conflict):
        rows_changed(work, node_of(work), "required_inputs", "remove", 1)


def test_variables_are_rows_with_a_name_each() -> None:
    work = work_of(variables={"num_a": {"unit": "a", "minimum": 1, "default": 2, "maximum": 3}})
    after, place = rows_changed(work, "variables", "variables", "add", 0)
    assert (list(after.document["variables"]), place) == (["num_a", "new_variable"], 1)
    result = saved(after, "variables", **{"variables-1-part_name": "num_b", "variables-0-maximum": "9"})
    assert list(result.work.document["variables"]) == ["num_a", "num_b"]
    assert result.work.document["variables"]["num_a"]["maximum"] == 9
    taken = saved(after, "variables", **{"variables-1-part_name": "num_a"})
    assert taken.unread == {"variables-1-part_name": "num_a"}


def test_keys_may_be_called_like_anything_of_the_form_library() -> None:
    row = {"name": "n", "formdata": 1, "prefix": "p", "obj": 2, "data": {"x": 1}, "meta": 3, "extra_filters": 4}
    work = work_of({"required_inputs": [row], "policy": {"data": 1, "self": 2}, "meta": {}, "prefix": "x"})
    result = saved(work, node_of(work))
    assert result.work.document == work.document


def test_rows_the_form_did_not_show_say_nothing() -> None:
    work = work_of({"required_inputs": [{"name": "a"}]})
    node = node_of(work)
    form = sent_by(work, node, **{"required_inputs-99999999999999999999-name": "x", "required_inputs-7-name": "y"})
    assert save_form(work, work, node, form, {}).work.document == work.document


def test_a_slider_that_a_browser_writes_otherwise_is_not_moved() -> None:
    work = work_of({"complexity_score": 1.0, "preference_match": {"speed": 0.125}})
    result = saved(work, node_of(work), complexity_score="1", **{"preference_match-speed": "0.125"})
    assert result.labels == []
    assert str(pattern_after(result)["complexity_score"]) == "1.0"
