"""Words: what is read out of an intent and out of names."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.selection.request import Preference
from app.selection.thesaurus import ENDINGS, GOAL_WORDS, IDLE, LIKE, NEAR, OPPOSITES, PHRASES, QUESTIONS, VERBS, Act
from app.selection.words import act_of, like, name_term, read_intent, stem, terms_of


@pytest.mark.parametrize(
    ("forms"),
    [
        "restart restarts restarted restarting",
        "service services",
        "query queries querying queried",
        "list lists listing listed",
        "stop stops stopping stopped",
    ],
)
def test_the_forms_of_a_word_are_one_term(forms: str) -> None:
    assert len(set(terms_of(forms))) == 1


def test_terms_stand_in_the_order_of_their_words() -> None:
    assert terms_of("restarts services") == [stem("restart"), stem("service")]


@pytest.mark.parametrize("name", ["get_item", "get-item", "get.item", "Get Item", "GET item"])
def test_a_name_is_taken_apart(name: str) -> None:
    assert terms_of(name) == [stem("get"), stem("item")]


@pytest.mark.parametrize("name", ["GetItem", "getItem"])
def test_a_name_in_camel_case_is_there_whole_and_apart(name: str) -> None:
    assert terms_of(name) == [stem("get"), stem("item"), stem("getitem")]


def test_terms_are_told_as_often_as_they_stand() -> None:
    assert terms_of("disk to disk") == ["disk", "disk"]


def test_idle_words_are_no_terms() -> None:
    assert terms_of(IDLE) == []
    assert read_intent(IDLE).terms == ()


def test_an_intents_terms_stand_once_in_their_order() -> None:
    assert read_intent("restart nginx and restart redis").terms == ("restart", "nginx", "redi")


def test_a_term_is_told_as_it_was_first_said() -> None:
    assert read_intent("services of a Service").words == {stem("service"): "services"}


@pytest.mark.parametrize(
    "name", ["web-01", "db-3.example.net", "10.0.0.1", "10.0.0.0/8", "8080", "2024-01-31", "10:30"]
)
def test_what_something_is_called_or_numbered_is_no_term(name: str) -> None:
    assert read_intent(f"restart nginx on {name}").terms == ("restart", "nginx")


@pytest.mark.parametrize(
    "literal",
    [
        *(
            "https://example.org/restart?all=1",
            "somebody@example.org",
            "C:\\\\Temp\\\\list.txt",
            "/var/log/show",
            "~/list",
        ),
        *("10.1.0.0/16", "stop.example.com:8080", "list.csv", "install.exe"),
    ],
)
def test_what_is_written_out_is_no_term_and_no_act(literal: str) -> None:
    intent = read_intent(f"nginx {literal}")
    assert (intent.terms, intent.act) == (("nginx",), None)


def test_what_is_written_out_may_suggest_a_term() -> None:
    for endings, words in ENDINGS:
        for ending in endings.split():
            assert {stem(word) for word in words} <= read_intent(f"look at report.{ending} now").hints.keys()
    assert read_intent("look at the report now").hints == {}


@pytest.mark.parametrize(
    ("intent", "platform"),
    [
        ("restart nginx on ubuntu", "linux"),
        ("restart nginx with PowerShell", "windows"),
        ("delete C:\\Temp", "windows"),
        ("copy from linux to windows", None),
        ("restart nginx", None),
    ],
)
def test_an_intent_may_speak_of_a_platform(intent: str, platform: str | None) -> None:
    assert read_intent(intent).platform == platform


def test_words_in_a_row_may_be_a_name() -> None:
    names = read_intent("list docker compose services").names
    assert {"docker", "dockercompose", "compose", "services", "listdockercompose"} <= set(names)
    assert {name_term(name) for name in ("docker-compose", "Docker Compose", "DockerCompose")} == {"=dockercompose"}


@pytest.mark.parametrize("name", ["s3", "ext4", "k8s", "ipv6"])
def test_a_word_with_a_digit_is_a_word(name: str) -> None:
    assert name in read_intent(f"look at {name} now").terms


@pytest.mark.parametrize("text", ["", "   ", "?!", "…", "日本", "\x00", "-" * 2_000, "1.2.3.4"])
def test_a_text_without_words_says_nothing(text: str) -> None:
    intent = read_intent(text)
    assert (intent.terms, intent.act, intent.goal, dict(intent.words)) == ((), None, None, {})


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_read_and_every_term_was_said(text: str) -> None:
    intent = read_intent(text)
    assert set(intent.words) == set(intent.terms)
    assert len(set(intent.terms)) == len(intent.terms)


# Acts.


@pytest.mark.parametrize(
    ("intent", "act"),
    [
        ("restart nginx", Act.RESTART),
        ("nginx restarting", Act.RESTART),
        ("start nginx", Act.START),
        ("stop nginx", Act.STOP),
        ("show the status of nginx", Act.LOOK),
        ("deleting old logs", Act.DELETE),
        ("please restart nginx", Act.RESTART),
        ("can you restart nginx", Act.RESTART),
        ("how do I restart nginx", Act.RESTART),
        ("how to stop nginx", Act.STOP),
        ("nginx", None),
    ],
)
def test_a_verb_says_what_kind_of_act_is_meant(intent: str, act: Act | None) -> None:
    assert read_intent(intent).act is act


def test_the_first_verb_decides() -> None:
    assert read_intent("stop and start nginx").act is Act.STOP
    assert act_of(["nginx", "restart", "stop"]) is Act.RESTART


@pytest.mark.parametrize(
    ("noun", "verb"), [("replication", "replicate"), ("scheduler", "schedule"), ("container", "list")]
)
def test_a_noun_made_of_a_verb_says_no_act(noun: str, verb: str) -> None:
    assert act_of([noun]) is None
    assert act_of([noun, verb]) is act_of([verb]) is not None


@pytest.mark.parametrize("word", QUESTIONS.split())
def test_a_question_asks_for_a_look_whatever_its_verb(word: str) -> None:
    assert read_intent(f"{word} restarted nginx").act is Act.LOOK


@pytest.mark.parametrize("word", ["what", "which", "where", "when", "why", "how"])
def test_a_question_word_is_no_term(word: str) -> None:
    assert read_intent(f"{word} failed").terms == read_intent("failed").terms


def test_who_asks_for_users() -> None:
    assert "user" in read_intent("who changed this").terms


def test_a_question_word_later_on_asks_nothing() -> None:
    assert read_intent("restart nginx when idle").act is Act.RESTART


@pytest.mark.parametrize(
    ("phrase", "act"),
    [("shut down", Act.STOP), ("turn off", Act.DISABLE), ("back up", Act.BACKUP), ("roll back", Act.RESTORE)],
)
def test_a_turn_of_phrase_is_one_act(phrase: str, act: Act) -> None:
    assert read_intent(f"{phrase} the web server").act is act


def test_an_apostrophe_is_one_whichever_is_typed() -> None:
    assert read_intent("I’d like to restart nginx") == read_intent("I'd like to restart nginx")


# Goals.


@pytest.mark.parametrize(
    ("goal", "word"), [(goal, word) for goal, words in GOAL_WORDS.items() for word in words.split()]
)
def test_a_word_for_what_matters_most_is_a_preference_and_no_term(goal: str, word: str) -> None:
    intent = read_intent(f"restart nginx {word}")
    assert (intent.goal, intent.terms) == (goal, ("restart", "nginx"))


def test_every_goal_is_a_preference() -> None:
    assert set(GOAL_WORDS) == {preference.value for preference in Preference} - {"balanced"}


def test_an_intent_that_says_nothing_of_it_has_no_goal() -> None:
    assert read_intent("restart nginx").goal is None


def test_the_first_goal_counts() -> None:
    assert read_intent("cheap and fast").goal == "cheap"


# The thesaurus.


def test_words_of_a_group_stand_in_for_one_another() -> None:
    for group in LIKE:
        for one, other in permutations({stem(word) for word in group.split()}, 2):
            assert other in like(one)


def test_a_word_is_not_its_own_like_and_an_unheard_one_has_none() -> None:
    assert all(stem(word) not in like(stem(word)) for group in LIKE for word in group.split())
    assert like("qwertz") == frozenset()


def test_a_verb_is_of_one_act() -> None:
    acts: dict[str, set[Act]] = {}
    for act, words in VERBS.items():
        for verb in words.split():
            acts.setdefault(stem(verb), set()).add(act)
    assert [verb for verb, several in acts.items() if len(several) > 1] == []
    assert set(VERBS) == set(Act)


def test_acts_are_near_or_opposed_in_pairs_and_none_is_both() -> None:
    assert all(len(pair) == 2 for pair in (*OPPOSITES, *NEAR))
    assert not OPPOSITES & NEAR


def test_what_a_phrase_stands_for_is_not_idle() -> None:
    idle = set(IDLE.split())
    assert [words for _, words in PHRASES if idle & set(words.split())] == []
