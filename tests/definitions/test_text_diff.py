"""Two texts side by side: what came, what went, what is folded, and that nothing takes long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.definitions import text_diff as module
from app.definitions.text_diff import CONTEXT, LEAST_FOLDED, Row, compared, text_diff

LINES = st.lists(st.sampled_from(["a", "b", "c: 1", "c: 2", "  d", ""]), max_size=30)


def told(rows: list[Row]) -> list[str]:
    """Rows as a person would write them: old│new."""
    return [f"{row.old.text if row.old else '·'}│{row.new.text if row.new else '·'}" for row in rows]


def marked(row: Row, side: str) -> list[str]:
    """The marked pieces of one side."""
    line = getattr(row, side)
    return [piece.text for piece in line.pieces if piece.is_marked]


def test_equal_texts_have_no_difference() -> None:
    assert text_diff("a: 1\nb: 2\n", "a: 1\nb: 2\n") == []


def test_a_changed_line_stands_beside_what_it_was() -> None:
    rows = compared(["a: 1", "b: 2", "c: 3"], ["a: 1", "b: 20", "c: 3"])
    assert told(rows) == ["a: 1│a: 1", "b: 2│b: 20", "c: 3│c: 3"]
    assert [row.kind for row in rows] == ["same", "changed", "same"]


def test_lines_that_came_or_went_have_nothing_beside_them() -> None:
    rows = compared(["a", "b"], ["a", "x", "b"])
    assert (told(rows), rows[1].kind) == (["a│a", "·│x", "b│b"], "added")
    rows = compared(["a", "x", "b"], ["a", "b"])
    assert (told(rows), rows[1].kind) == (["a│a", "x│·", "b│b"], "removed")


def test_every_line_knows_its_number() -> None:
    rows = compared(["a", "b"], ["new", "a", "b"])
    assert [(row.old and row.old.number, row.new and row.new.number) for row in rows] == [(None, 1), (1, 2), (2, 3)]


def test_only_the_words_that_changed_are_marked() -> None:
    (row,) = compared(["time_estimate_ms: 200 + 0.5 * N"], ["time_estimate_ms: 180 + 0.5 * N"])
    assert (marked(row, "old"), marked(row, "new")) == (["200"], ["180"])


def test_lines_with_little_in_common_are_not_marked_to_pieces() -> None:
    (row,) = compared(["scope: batch"], ["limitations"])
    assert (marked(row, "old"), marked(row, "new")) == ([], [])


def test_a_line_that_moved_does_not_pull_the_others_apart() -> None:
    rows = compared(["a", "b", "c", "d"], ["b", "c", "d", "a"])
    assert told(rows) == ["a│·", "b│b", "c│c", "d│d", "·│a"]


def test_long_unchanged_stretches_are_folded_and_short_ones_are_not() -> None:
    many = [str(number) for number in range(2 * CONTEXT + LEAST_FOLDED)]
    old = "\n".join(["x", *many, "y"])
    stretches = text_diff(old, "\n".join(["X", *many, "Y"]))
    assert [(len(one.rows), one.is_folded) for one in stretches] == [
        (1 + CONTEXT, False),
        (LEAST_FOLDED, True),
        (CONTEXT + 1, False),
    ]
    few = many[:-1]
    stretches = text_diff("\n".join(["x", *few, "y"]), "\n".join(["X", *few, "Y"]))
    assert [(len(one.rows), one.is_folded) for one in stretches] == [(len(few) + 2, False)]


@given(LINES, LINES)
def test_nothing_is_lost_and_nothing_out_of_order(old: list[str], new: list[str]) -> None:
    rows = compared(old, new)
    assert [row.old.text for row in rows if row.old] == old
    assert [row.new.text for row in rows if row.new] == new
    assert [row.old.number for row in rows if row.old] == list(range(1, len(old) + 1))
    assert all(row.old and row.new and row.old.text == row.new.text for row in rows if row.kind == "same")
    assert all(row.old is not None or row.new is not None for row in rows)


@given(LINES)
def test_the_same_lines_are_all_the_same(lines: list[str]) -> None:
    assert all(row.kind == "same" for row in compared(lines, lines))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([str(n % 90) for n in range(20_000)], [str((n * 7) % 91) for n in range(20_000)]),
        (["a", "b"] * 10_000, ["b", "a", "a"] * 7_000),
        ([str(n) for n in range(20_000)], [str(n) for n in range(20_000)][::-1]),
    ],
)
def test_no_two_texts_are_compared_pair_by_pair_beyond_the_bound(
    old: list[str], new: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared_pairs = 0

    class Counting(module.SequenceMatcher):  # type: ignore[name-defined,misc,type-arg]
        def __init__(self, junk: None, a: list[str], b: list[str], autojunk: bool) -> None:
            nonlocal compared_pairs
            # Words of a line are compared as well, and are bounded by its length.
            compared_pairs += len(a) * len(b) if a[0] in old else 0
            super().__init__(junk, a, b, autojunk=autojunk)

    monkeypatch.setattr(module, "SequenceMatcher", Counting)
    monkeypatch.setattr(module, "MOST_MARKED", 0)
    rows = compared(old, new)
    assert compared_pairs <= module.MOST_WORK
    assert [row.old.text for row in rows if row.old] == old
