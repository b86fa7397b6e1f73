"""The index: what there is for a capability and a term; carried on over changes, it answers as one made anew."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.selection.answer import answer
from app.selection.candidates import candidates_of
from app.selection.engine import Selection
from app.selection.index import SATURATION, Index
from app.selection.thesaurus import LIKE
from tests.selection.tools import Offer, index_of, pattern, selection, tool

START, STOP = (
    tool("start", start_service=pattern("Start a service")),
    tool("stop", stop_service=pattern("Stop a service")),
)
SHOW = tool("show", "look", show_status=pattern("Show a status"))


def found(index: Index, term: str) -> dict[str, float]:
    """The tools whose patterns have a term, and how much it tells of each."""
    posting = index.posting(term)
    if posting is None:
        return {}
    return {index.at(slot).tool_name: told for slot, told in zip(posting.slots, posting.told, strict=True)}


def having(index: Index, capability: str) -> list[str]:
    """The tools whose patterns are of a capability."""
    return [index.at(slot).tool_name for slot in index.having(capability)]


def test_it_counts_the_patterns() -> None:
    assert [len(index_of(*tools)) for tools in ((), (START,), (START, STOP, SHOW))] == [0, 1, 3]


def test_patterns_are_found_by_their_capability() -> None:
    index = index_of(START, STOP, SHOW)
    assert set(index.capabilities) == {"work", "look"}
    assert having(index, "work") == ["start", "stop"]
    assert having(index, "unheard_of") == []


def test_asking_for_an_unknown_capability_makes_it_no_known_one() -> None:
    index = index_of(START)
    index.having("unheard_of")
    assert set(index.capabilities) == {"work"}


def test_patterns_are_found_by_their_terms() -> None:
    index = index_of(START, STOP, SHOW)
    assert found(index, "servic").keys() == {"start", "stop"}
    assert found(index, "status").keys() == {"show"}
    assert index.posting("unheard") is None
    assert set(index.terms) == {term for one in (START, STOP, SHOW) for term in next(candidates_of(one))[0].terms}


def test_more_of_a_term_tells_ever_less_and_stays_below_1() -> None:
    ((_, weights),) = candidates_of(START)
    told = found(index_of(START), "start")["start"]
    assert told == pytest.approx(weights["start"] / (SATURATION + weights["start"]))
    assert 0 < told < 1


def test_a_term_tells_more_the_rarer_it_is_and_nothing_when_nobody_has_it() -> None:
    index = index_of(START, STOP, SHOW)
    assert index.idf("status") == pytest.approx(math.log(1 + 2.5 / 1.5))
    assert index.idf("servic") == pytest.approx(math.log(1 + 1.5 / 2.5))
    assert index.idf("unheard") == 0
    assert index.following([START, STOP]).idf("servic") == pytest.approx(math.log(1 + 0.5 / 2.5))


def test_an_index_of_the_same_tools_is_the_same() -> None:
    index = index_of(START, STOP)
    assert index.following([STOP, START]) is index


def test_following_leaves_the_index_as_it_was() -> None:
    index = index_of(START, STOP)
    before = (len(index), found(index, "servic"), having(index, "work"), set(index.terms))
    index.following([SHOW])
    index.following([])
    assert (len(index), found(index, "servic"), having(index, "work"), set(index.terms)) == before


def test_following_forgets_what_is_gone() -> None:
    index = index_of(START, STOP, SHOW).following([STOP])
    assert len(index) == 1
    assert set(index.capabilities) == {"work"}
    assert found(index, "servic").keys() == {"stop"}
    assert set(index.terms) == set(index_of(STOP).terms)


def test_following_reads_what_did_not_change_no_second_time() -> None:
    index = index_of(START, STOP)
    (kept,) = (index.at(slot) for slot in index.having("work") if index.at(slot).tool_name == "stop")
    following = index.following([STOP, SHOW])
    assert any(following.at(slot) is kept for slot in following.having("work"))


def test_following_takes_the_new_one_of_two_of_a_name() -> None:
    other = tool("START", launch=pattern("Launch a program"))
    index = index_of(START).following([other])
    assert [len(index), found(index, "program").keys(), found(index, "servic")] == [1, {"START"}, {}]


def test_what_left_may_come_again() -> None:
    index = index_of(START, STOP).following([STOP]).following([START, STOP, SHOW])
    assert found(index, "servic") == found(index_of(START, STOP), "servic")


def test_there_is_nothing_in_a_place_that_was_left() -> None:
    index = index_of(START)
    (slot,) = index.having("work")
    with pytest.raises(LookupError):
        index.following([]).at(slot)


# Carried on over any changes, every answer is that of an index made anew, to the last digit.

PHRASES = (
    "restart the nginx service",
    "stop services",
    "show disk usage",
    "list open ports",
    LIKE[0],
    "quickly copy files",
)
INTENTS = (*PHRASES, "restrat nginx", "who uses the disk", "of the")
STATEMENTS = st.fixed_dictionaries(
    {
        "description": st.sampled_from(PHRASES),
        "time_estimate_ms": st.sampled_from([10, "100 * N", "pages", 90_000]),
        "cost_estimate": st.sampled_from([0, "N / 100", 3.3]),
        "complexity_score": st.sampled_from([0, 0.3, 0.7]),
    },
    optional={"typical_use_cases": st.lists(st.sampled_from(PHRASES), max_size=2)},
)
NAMES = ("nginx", "systemctl", "disk", "ports")


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """A tool, one of few names, with any few patterns."""
    said = draw(st.dictionaries(st.sampled_from(["restart", "show_it", "stop_service"]), STATEMENTS, max_size=3))
    patterns = {name: pattern(**changes) for name, changes in said.items()}
    name, capability = draw(st.sampled_from(NAMES)), draw(st.sampled_from(["work", "look"]))
    return tool(name, capability, **patterns).but(
        platform=draw(st.sampled_from(["linux", "windows", "multi-platform"])),
        enabled=draw(st.sampled_from([True, True, False])),
    )


CHANGES = st.lists(
    st.tuples(st.lists(offers(), max_size=3), st.frozensets(st.sampled_from(NAMES))), min_size=1, max_size=6
)


def everything(index: Index) -> list[tuple[Selection, str]]:
    """The answers to requests of every kind, to the last digit and as they are sent."""
    requests: list[dict[str, Any]] = [{"intent": intent} for intent in INTENTS]
    requests += [{"intent": PHRASES[0], "platform": "linux", "variables": {"N": 3}, "limit": 50}]
    for capability in sorted(index.capabilities):
        requests += [{"capabilities": [capability]}, {"capabilities": [capability], "intent": PHRASES[1]}]
    selections = [selection(index, **request) for request in requests]
    return [(one, json.dumps(answer(one, 1))) for one in selections]


@settings(max_examples=30, deadline=None)
@given(changes=CHANGES)
def test_an_index_carried_on_answers_exactly_as_one_made_anew(
    changes: list[tuple[list[Offer], frozenset[str]]],
) -> None:
    tools: dict[str, Offer] = {}
    index = index_of()
    for come, gone in changes:
        tools = {key: one for key, one in tools.items() if key not in gone} | {one.key: one for one in come}
        index = index.following(tools.values())
        anew = index_of(*tools.values())
        assert len(index) == len(anew)
        assert set(index.terms) == set(anew.terms)
        assert everything(index) == everything(anew)
