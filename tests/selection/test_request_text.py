"""A request as flat texts, and back."""

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.definitions.vocabulary import PLATFORMS
from app.selection.request import (
    LARGEST,
    MOST_CANDIDATES,
    Explain,
    Preference,
    RequestLimits,
    SelectionRequest,
    Weights,
)
from app.selection.request_text import NAMES, InvalidRequest, read_request, request_of, texts_of
from app.selection.scoring import AXES

AMOUNTS = st.floats(0, LARGEST)
SAYING = st.text(min_size=1, max_size=20).filter(lambda text: text.strip())
WORDS = st.one_of(SAYING, st.sampled_from(["a,b", " sudo ", '"x"', "[]", '["a"]', ",", "\\", "null", "N=4"]))
WEIGHTS = st.dictionaries(st.sampled_from(AXES), AMOUNTS).filter(lambda weights: any(weights.values()))
PREFERRED = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"preference": st.sampled_from(Preference)}),
    st.fixed_dictionaries({"weights": WEIGHTS}),
)
REQUESTS = st.builds(
    lambda said, preferred: read_request({"intent": "restart", **said, **preferred}),
    st.fixed_dictionaries(
        {},
        optional={
            "intent": SAYING,
            "capabilities": st.lists(WORDS, max_size=3),
            "platform": st.sampled_from(PLATFORMS),
            "environment": WORDS,
            "variables": st.dictionaries(
                st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True), AMOUNTS, max_size=3
            ),
            "limits": st.fixed_dictionaries({}, optional={"max_cost": AMOUNTS, "max_time_ms": AMOUNTS}),
            "permissions": st.none() | st.lists(WORDS, max_size=3),
            "limit": st.integers(1, MOST_CANDIDATES),
            "explain": st.sampled_from(Explain),
        },
    ),
    PREFERRED,
)


def refused(**texts: str) -> list[tuple[str, str]]:
    """What is wrong with a request."""
    with pytest.raises(InvalidRequest) as refusal:
        request_of({"intent": "restart nginx", **texts})
    return refusal.value.errors


def test_every_part_of_a_request_has_its_text() -> None:
    texts = {
        "intent": "restart nginx",
        "capabilities": "service_control, process_control,",
        "platform": "linux",
        "environment": "production",
        "variables": "N=40, pages = 2.5",
        "weights": "time=2,cost=1",
        "max_cost": "5",
        "max_time_ms": "30_000",
        "permissions": "sudo,restart",
        "limit": "3",
        "explain": "brief",
    }
    assert {*texts, "preference"} == set(NAMES)
    assert request_of(texts) == SelectionRequest(
        intent="restart nginx",
        capabilities=["service_control", "process_control"],
        platform="linux",
        environment="production",
        variables={"N": 40, "pages": 2.5},
        weights=Weights(time=2, cost=1),
        limits=RequestLimits(max_cost=5, max_time_ms=30_000),
        permissions=["sudo", "restart"],
        limit=3,
        explain=Explain.BRIEF,
    )


def test_empty_texts_are_as_good_as_none() -> None:
    assert request_of({**dict.fromkeys(NAMES, " "), "intent": " restart "}) == SelectionRequest(intent="restart")


def test_what_is_as_usual_is_not_written() -> None:
    assert texts_of(SelectionRequest(intent="restart", limit=10, explain=Explain.FULL)) == {"intent": "restart"}


def test_a_request_is_written_as_people_write_it() -> None:
    request = SelectionRequest(
        capabilities=["a_b", "c d"],
        variables={"N": 40, "pages": 0.5},
        limits=RequestLimits(max_cost=0),
        permissions=["sudo"],
    )
    assert texts_of(request) == {
        "capabilities": "a_b,c d",
        "variables": "N=40,pages=0.5",
        "max_cost": "0",
        "permissions": "sudo",
    }


@settings(max_examples=50, deadline=None)
@given(request=REQUESTS)
@example(request=SelectionRequest(intent="restart", permissions=[]))
@example(request=SelectionRequest(intent=" restart\n", environment=" staging "))
@example(request=SelectionRequest(capabilities=["read, write"], permissions=[" sudo", """ ["a"] """]))
@example(request=SelectionRequest(intent="x", limits=RequestLimits(max_cost=1e15, max_time_ms=5e-324)))
def test_a_request_is_the_same_after_being_written_and_read(request: SelectionRequest) -> None:
    texts = texts_of(request)
    assert request_of(texts) == request
    assert texts_of(request_of(texts)) == texts


@settings(max_examples=50, deadline=None)
@given(texts=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), st.text(max_size=20)))
def test_any_texts_are_a_request_or_refused(texts: dict[str, str]) -> None:
    with suppress(InvalidRequest):
        assert request_of(texts)


@pytest.mark.parametrize("name", ["[", "[a", "[1", '["\\ud800"]', "[" * 50])
def test_a_name_that_only_looks_like_a_list_is_a_name(name: str) -> None:
    assert request_of({"capabilities": name}).capabilities == [name]


@pytest.mark.parametrize("text", ["[1]", "[[]]", "[null]", "[" * 10_000, "[" * 10_000 + "]" * 10_000])
def test_a_list_of_anything_but_names_is_refused(text: str) -> None:
    assert all(place.startswith("/capabilities") for place, _ in refused(capabilities=text))


@pytest.mark.parametrize("text", ["N", "40", "N=4,pages", "N:4"])
@pytest.mark.parametrize("name", ["variables", "weights"])
def test_a_pair_without_its_value_is_refused_with_how_to_write_it(name: str, text: str) -> None:
    ((place, message),) = refused(**{name: text})
    assert place == f"/{name}"
    assert f"{name}=N=40,pages=2" in message


@pytest.mark.parametrize("text", ["many", "1,5", "0x10", "--1"])
@pytest.mark.parametrize("name", ["max_cost", "max_time_ms", "limit"])
def test_what_is_no_number_is_refused_where_it_stands(name: str, text: str) -> None:
    ((place, message),) = refused(**{name: text})
    assert place == f"/{name}"
    assert text in message


def test_a_value_that_is_no_number_is_refused_by_the_name_of_its_variable() -> None:
    assert refused(variables="N=4,pages=few") == [("/variables/pages", "“few” is no number")]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "-1"])
def test_a_number_beyond_bounds_is_refused(text: str) -> None:
    assert [place for place, _ in refused(variables=f"N={text}")] == ["/variables/N"]
    assert [place for place, _ in refused(max_cost=text)] == ["/limits/max_cost"]
    assert [place for place, _ in refused(limit=text)] == ["/limit"]


def test_an_unknown_name_is_refused_with_the_one_that_was_meant() -> None:
    ((place, message),) = refused(platfrom="linux")
    assert place == "/platfrom"
    assert "Did you mean platform?" in message


def test_a_refusal_says_in_one_line_where_and_what() -> None:
    with pytest.raises(InvalidRequest, match=r"^max_cost: “much” is no number$"):
        request_of({"intent": "x", "max_cost": "much"})
    with pytest.raises(InvalidRequest, match=r"^Say an intent, capabilities, or both$"):
        request_of({})
