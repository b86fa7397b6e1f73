"""Two answers to one request: what comes first, what moves and why."""

import copy
from typing import Any

from app.selection.comparison import Comparison, Move, compare
from app.selection.engine import select
from app.selection.index import Index
from app.selection.live_index import Proposed
from app.selection.request import SelectionRequest
from tests.definition import PATTERN, definition

REQUEST = SelectionRequest(intent="search text in files", variables={"N": 40})


def tool(name: str, **changes: Any) -> Proposed:
    """A tool that searches text, with some keys of its pattern replaced."""
    pattern = copy.deepcopy({**PATTERN, **changes})
    return Proposed(definition(name, capabilities={"text_search": {"patterns": {"search_files": pattern}}}))


def compared(before: list[Proposed], after: list[Proposed], request: SelectionRequest = REQUEST) -> Comparison:
    return compare(select(Index.of(before), request), select(Index.of(after), request))


def move_of(comparison: Comparison, name: str) -> Move:
    return next(move for move in comparison.moves if move.name == name)


def test_the_same_catalog_moves_nothing() -> None:
    same = compared([tool("grep"), tool("ack", cost_estimate=2)], [tool("grep"), tool("ack", cost_estimate=2)])
    assert same.is_same_choice
    assert same.moves == []
    assert same.sentence == "grep.search_files stays first; nothing changes."


def test_a_cheaper_tool_passes_the_first_and_says_by_what() -> None:
    before = [tool("grep"), tool("ack", cost_estimate=5)]
    passed = compared(before, [tool("grep"), tool("ack", cost_estimate=0)])
    assert not passed.is_same_choice
    assert passed.before is not None
    assert passed.before.candidate.tool_name == "grep"
    assert passed.after is not None
    assert passed.after.candidate.tool_name == "ack"
    ack, grep = passed.moves
    assert (ack.name, ack.rank_before, ack.rank_after) == ("ack.search_files", 2, 1)
    assert ack.score_after is not None
    assert ack.score_before is not None
    assert round(ack.score_after - ack.score_before, 6) == 0.1  # 0.2 · (5 − 0) / 10
    assert ack.why == "costs 0 instead of 5"
    assert (grep.rank_before, grep.rank_after, grep.why) == (1, 2, "")
    assert grep.score_before == grep.score_after
    assert passed.sentence == (
        "ack.search_files comes first instead of grep.search_files: ack.search_files costs 0 instead of 5."
    )


def test_what_counts_most_is_said_first() -> None:
    before = [tool("grep", time_estimate_ms=100, cost_estimate=1)]
    changed = compared(before, [tool("grep", time_estimate_ms=40_000, cost_estimate=1.5)])
    assert changed.moves[0].why == "takes 40 s instead of 100 ms, costs 1.5 instead of 1"
    assert changed.sentence == (
        "grep.search_files stays first; it takes 40 s instead of 100 ms, costs 1.5 instead of 1."
    )


def test_a_difference_too_small_to_be_told_in_figures_is_told_in_words() -> None:
    changed = compared([tool("grep", complexity_score=0.201)], [tool("grep", complexity_score=0.202)])
    assert changed.moves[0].why == "has a little more complexity"


def test_a_newly_excluded_candidate_falls_out_with_its_rule() -> None:
    request = REQUEST.model_copy(update={"environment": "production"})
    unsafe = tool("grep", policy={"production_safe": False})
    fell = compared([tool("grep"), tool("ack", cost_estimate=2)], [unsafe, tool("ack", cost_estimate=2)], request)
    assert [move.name for move in fell.moves] == ["ack.search_files", "grep.search_files"]
    grep = move_of(fell, "grep.search_files")
    assert (grep.rank_before, grep.rank_after, grep.score_after) == (1, None, None)
    assert grep.why == "is excluded by production_safe (It is not safe for production)"
    assert fell.sentence.startswith("ack.search_files comes first instead of grep.search_files: grep.search_files is")


def test_nothing_left_to_use_is_said() -> None:
    request = REQUEST.model_copy(update={"environment": "production"})
    unsafe = tool("grep", policy={"production_safe": False})
    fell = compared([tool("grep")], [unsafe], request)
    assert fell.after is None
    assert not fell.is_same_choice
    assert fell.sentence.startswith("Nothing may be used any more: grep.search_files is excluded by production_safe")
    back = compared([unsafe], [tool("grep")], request)
    assert back.sentence == (
        "grep.search_files comes first, where nothing could be used: "
        "grep.search_files is no longer excluded by production_safe."
    )
    still = compared([unsafe], [unsafe], request)
    assert still.is_same_choice
    assert still.sentence == "Nothing may be used, as before; nothing changes."


def test_a_new_tool_comes_in_and_a_removed_one_is_gone() -> None:
    came = compared([tool("grep")], [tool("grep"), tool("rg", cost_estimate=0)])
    assert move_of(came, "rg.search_files").why == "is a new candidate"
    assert move_of(came, "rg.search_files").rank_before is None
    gone = compared([tool("grep"), tool("rg", cost_estimate=0)], [tool("grep")])
    assert move_of(gone, "rg.search_files").why == "is no candidate any more"
    assert gone.moves[-1].name == "rg.search_files"


def test_a_pattern_that_no_longer_says_the_words_matches_less_well() -> None:
    vague = tool("ack", typical_use_cases=["anything"], description="Does things")
    changed = compared([tool("grep"), tool("ack")], [tool("grep"), vague])
    assert move_of(changed, "ack.search_files").why == "matches less well"
    assert changed.sentence == (
        "grep.search_files comes first instead of ack.search_files: ack.search_files matches less well."
    )


def test_patterns_of_the_same_name_in_two_capabilities_are_told_apart() -> None:
    def both(cost: float) -> Proposed:
        one, other = copy.deepcopy(PATTERN), copy.deepcopy({**PATTERN, "cost_estimate": cost})
        parts = {"text_search": {"patterns": {"search": one}}, "file_search": {"patterns": {"search": other}}}
        return Proposed(definition(capabilities=parts))

    request = REQUEST.model_copy(update={"intent": "", "capabilities": ["text_search", "file_search"]})
    changed = compared([both(3)], [both(4)], request)
    assert [(move.key[1], move.why) for move in changed.moves] == [("file_search", "costs 4 instead of 3")]
    assert changed.sentence == "grep.search stays first; 1 other changes."
