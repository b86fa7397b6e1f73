"""Parts of a draft: their ids stay with them whatever happens to their names and places."""

from typing import Any

import pytest

from app.drafts.nodes import Work, add_capability, add_pattern, duplicate, free_name, move, part_at, remove, with_part
from app.errors import NotFound


@pytest.fixture
def work() -> Work:
    """Two capabilities, the first with two patterns."""
    return Work.of(
        {"tool_name": "t", "capabilities": {"a": {"patterns": {"x": {"n": 1}, "y": {"n": 2}}}, "b": {"patterns": {}}}}
    )


def id_of(work: Work, *path: str) -> str:
    return work.by_path()[path]


def names(work: Work, *path: str) -> list[Any]:
    return list(part_at(work.document, path))


def test_every_part_has_an_id_of_its_own(work: Work) -> None:
    ids = list(work.by_path().values())
    assert len(ids) == len(set(ids)) == 4


def test_a_renamed_part_keeps_its_id_and_its_place(work: Work) -> None:
    node = id_of(work, "capabilities", "a")
    after = with_part(work, node, work.part(node), "renamed")
    assert names(after, "capabilities") == ["renamed", "b"]
    assert after.path_of(node) == ("capabilities", "renamed")


def test_ids_are_kept_by_name_when_the_document_is_written_anew(work: Work) -> None:
    document = {"capabilities": {"new": {}, "a": {"patterns": {"y": {}}}}}
    after = Work.of(document, work)
    assert id_of(after, "capabilities", "a", "patterns", "y") == id_of(work, "capabilities", "a", "patterns", "y")
    assert id_of(after, "capabilities", "new") not in work.by_path().values()


def test_a_part_that_is_gone_is_said_to_be(work: Work) -> None:
    node = id_of(work, "capabilities", "b")
    after, _ = remove(work, node)
    assert not after.has(node)
    with pytest.raises(NotFound, match="there no longer"):
        after.path_of(node)


def test_removing_shows_the_neighbour_and_then_what_it_stood_in(work: Work) -> None:
    x, y = (id_of(work, "capabilities", "a", "patterns", name) for name in "xy")
    after, shown = remove(work, x)
    assert shown == y
    after, shown = remove(after, y)
    assert shown == id_of(work, "capabilities", "a")
    assert names(after, "capabilities", "a", "patterns") == []


def test_the_last_capability_leads_to_the_basics(work: Work) -> None:
    for name in "ab":
        work, shown = remove(work, id_of(work, "capabilities", name))
    assert shown == "basics"
    assert work.ids == []


def test_a_copy_stands_after_its_original_with_a_free_name(work: Work) -> None:
    after, own = duplicate(work, id_of(work, "capabilities", "a", "patterns", "x"))
    assert names(after, "capabilities", "a", "patterns") == ["x", "x_2", "y"]
    assert after.path_of(own) == ("capabilities", "a", "patterns", "x_2")
    after, own = duplicate(after, id_of(work, "capabilities", "a"))
    assert names(after, "capabilities") == ["a", "a_2", "b"]
    assert names(after, "capabilities", "a_2", "patterns") == ["x", "x_2", "y"]
    assert after.path_of(own) == ("capabilities", "a_2")


def test_a_copy_shares_nothing_with_its_original(work: Work) -> None:
    after, _ = duplicate(work, id_of(work, "capabilities", "a", "patterns", "x"))
    part_at(after.document, ("capabilities", "a", "patterns", "x_2"))["n"] = 9
    assert part_at(after.document, ("capabilities", "a", "patterns", "x"))["n"] == 1


@pytest.mark.parametrize(("by", "order"), [(-1, ["x", "y"]), (1, ["y", "x"]), (5, ["y", "x"])])
def test_moving_goes_as_far_as_there_are_others(work: Work, by: int, order: list[str]) -> None:
    node = id_of(work, "capabilities", "a", "patterns", "x")
    after = move(work, node, by)
    assert names(after, "capabilities", "a", "patterns") == order
    assert after.path_of(node)[-1] == "x"


def test_new_parts_come_last_and_hold_what_a_pattern_needs(work: Work) -> None:
    after, capability = add_capability(work)
    after, pattern = add_pattern(after, capability)
    assert names(after, "capabilities") == ["a", "b", "new_capability"]
    assert names(after, *after.path_of(capability), "patterns") == ["new_pattern", "new_pattern_2"]
    assert after.part(pattern)["scope"] == "single_item"


def test_the_work_given_is_left_as_it_was(work: Work) -> None:
    before = str(work)
    node = id_of(work, "capabilities", "a", "patterns", "x")
    add_pattern(work, id_of(work, "capabilities", "a"))
    duplicate(work, node)
    move(work, node, 1)
    remove(work, node)
    with_part(work, node, {}, "z")
    assert str(work) == before


def test_a_draft_may_hold_anything_where_parts_belong() -> None:
    for capabilities in (None, [], "text", {"a": None}, {"a": {"patterns": [1]}}):
        work = Work.of({"capabilities": capabilities})
        after, own = add_capability(work)
        assert after.path_of(own) == ("capabilities", "new_capability")


def test_a_free_name_is_numbered_on() -> None:
    assert [free_name("a", taken) for taken in ({}, {"a": 1}, {"a": 1, "a_2": 1})] == ["a", "a_2", "a_3"]
