"""Relevance: what was asked for comes first. Order and rules; how much each thing tells is for the quality set."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.selection.index import Index
from app.selection.relevance import (
    ACT_DIFFERS,
    ACT_NEAR,
    ACT_OPPOSED,
    ACT_UNSAID,
    MOST_CONSIDERED,
    SHORTEST_MENDED,
    UNNAMED,
    Asked,
    Match,
    agreement,
    asked,
    fitness,
    match_of,
    matches,
)
from app.selection.thesaurus import LIKE, NEAR, OPPOSITES, Act
from app.selection.words import like, read_intent, stem
from tests.selection.tools import index_of, pattern, selection, tool

SERVICES = index_of(
    tool(
        "systemctl",
        "service_control",
        restart_service=pattern("Restart a service"),
        start_service=pattern("Start a service"),
        stop_service=pattern("Stop a service"),
        service_status=pattern("Show the status of a service"),
        enable_service=pattern("Enable a service at boot"),
        disable_service=pattern("Disable a service at boot"),
    ),
    tool("df", "disk_usage", disk_usage=pattern("Show the usage of disks", typical_use_cases=["free disk space"])),
    tool("rm", "file_deletion", delete_files=pattern("Delete files")),
    tool("cp", "file_copying", copy_files=pattern("Copy files")),
)


def found(index: Index, intent: str) -> list[Match]:
    """What matches an intent, best first."""
    read = read_intent(intent)
    return matches(index, read, asked(index, read))


def ranked(index: Index, intent: str) -> list[str]:
    """The patterns that match an intent, best first."""
    return [index.at(one.slot).pattern_name for one in found(index, intent)]


def question(index: Index, intent: str) -> Asked:
    """How an index takes an intent."""
    return asked(index, read_intent(intent))


@pytest.mark.parametrize(
    ("intent", "first"),
    [
        ("restart the service", "restart_service"),
        ("start the service", "start_service"),
        ("stop the service", "stop_service"),
        ("status of the service", "service_status"),
        ("enable the service", "enable_service"),
        ("disable the service", "disable_service"),
        ("delete the files", "delete_files"),
        ("copy the files", "copy_files"),
    ],
)
def test_what_was_asked_for_comes_first(intent: str, first: str) -> None:
    assert ranked(SERVICES, intent)[0] == first


@pytest.mark.parametrize(
    ("intent", "meant", "opposite"),
    [
        ("start the nginx service", "start_service", "stop_service"),
        ("stopping services", "stop_service", "start_service"),
        ("enable a service", "enable_service", "disable_service"),
    ],
)
def test_the_opposite_of_what_was_asked_for_is_far_behind(intent: str, meant: str, opposite: str) -> None:
    relevance = {SERVICES.at(one.slot).pattern_name: one.relevance for one in found(SERVICES, intent)}
    assert relevance[meant] == 1
    assert relevance.get(opposite, 0) < 0.5


def test_a_restart_is_no_look_and_a_look_no_restart() -> None:
    two = index_of(
        tool("a", nginx_status=pattern("The status of nginx, whether it restarts")),
        tool("b", nginx_restart=pattern("Restart nginx, whatever its status")),
    )
    assert ranked(two, "restart nginx")[0] == "nginx_restart"
    assert ranked(two, "show nginx")[0] == "nginx_status"
    assert ranked(two, "did nginx restart?")[0] == "nginx_status"


def test_of_two_that_say_as_much_the_act_decides() -> None:
    two = index_of(tool("a", stop_nginx=pattern()), tool("b", start_nginx=pattern()), tool("c", nginx=pattern()))
    assert ranked(two, "launch nginx")[0] == "start_nginx"
    assert ranked(two, "halt nginx")[0] == "stop_nginx"


@pytest.mark.parametrize(
    "intent", ["restart service", "restarts services", "restarting the services", "Restarted SERVICE"]
)
def test_the_forms_of_a_word_match_alike(intent: str) -> None:
    assert [one.match for one in found(SERVICES, intent)] == [one.match for one in found(SERVICES, "restart service")]
    assert ranked(SERVICES, intent)[0] == "restart_service"


def test_what_has_more_of_the_words_comes_first() -> None:
    index = index_of(tool("a", one=pattern("zebra")), tool("b", two=pattern("zebra horse")))
    assert ranked(index, "zebra horse") == ["two", "one"]


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    common = {f"common_{number}": pattern("zebra") for number in range(8)}
    assert ranked(index_of(tool("a", **common, rare=pattern("horse"))), "zebra horse")[0] == "rare"


def test_words_of_like_meaning_stand_in_for_one_another() -> None:
    said, written = LIKE[0].split()[:2]
    index = index_of(tool("a", other=pattern("zebra")), tool("b", meant=pattern(written)))
    assert ranked(index, said) == ["meant"]


def test_the_word_itself_tells_more_than_one_of_like_meaning() -> None:
    said, written = LIKE[0].split()[:2]
    index = index_of(tool("a", alike=pattern(written)), tool("b", same=pattern(said)))
    assert ranked(index, said) == ["same", "alike"]


def test_a_rare_word_of_like_meaning_tells_no_more_than_the_word_itself() -> None:
    said, written = LIKE[0].split()[:2]
    same = {f"same_{number}": pattern(said) for number in range(9)}
    assert ranked(index_of(tool("a", alike=pattern(written)), tool("b", **same)), said)[-1] == "alike"


def test_a_word_and_its_like_do_not_count_twice() -> None:
    said, written = LIKE[0].split()[:2]
    index = index_of(tool("a", both=pattern(f"{said} {written}")), tool("b", same=pattern(f"{said} zebra")))
    both, same = found(index, said)
    assert both.match == same.match


def test_a_word_that_stands_beside_its_like_takes_nothing_from_it() -> None:
    said, written = LIKE[0].split()[:2]
    alike = tool("a", **{written: pattern()})
    usual = (tool(f"c{number}", look=pattern()).but(category=said) for number in range(9))
    index = index_of(alike, alike.but(tool_name="b", category=said), *usual)
    matched = {index.at(one.slot).tool_name: one.match for one in found(index, said)}
    assert matched["b"] >= matched["a"]


def test_a_tool_that_is_called_by_its_name_is_meant() -> None:
    said = pattern("Copy files to a machine")
    tools = (tool(name, copy_files=said) for name in ("cp", "docker-compose", "rsync", "scp"))
    index = index_of(*tools)
    for intent, name in (("copy files with rsync", "rsync"), ("copy files by docker compose", "docker-compose")):
        best = found(index, intent)[0]
        assert index.at(best.slot).tool_name == name
    assert question(index, "copy files with rsync").unknown == ()


def test_a_tool_may_be_called_by_its_name_in_two_words() -> None:
    index = index_of(*(tool(name, look=pattern("Zebra")) for name in ("aaa", "iptables")))
    assert index.at(found(index, "zebra of ip tables")[0].slot).tool_name == "iptables"


def test_a_pattern_whose_name_was_not_asked_for_fits_less_the_more_of_it_was_not() -> None:
    index = index_of(tool("a", zebra=pattern(), zebra_horse=pattern(), horse=pattern()))
    intent = read_intent("zebra")
    fits = {one.pattern_name: fitness(index, intent, {"zebra"}, one) for one in map(index.at, index.having("work"))}
    assert fits["zebra"] == 1 > fits["zebra_horse"] > fits["horse"] == UNNAMED > 0


def test_what_a_name_says_that_was_not_asked_for_counts_against_it() -> None:
    index = index_of(tool("a", reverse_zebra=pattern("Zebra, reverse")), tool("b", zebra=pattern("Zebra, reverse")))
    assert ranked(index, "zebra") == ["zebra", "reverse_zebra"]
    assert ranked(index, "reverse zebra")[0] == "reverse_zebra"


@pytest.mark.parametrize(("intent", "first"), [("zebra on ubuntu", "c"), ("zebra in powershell", "d")])
def test_what_is_for_the_other_platform_than_the_intent_speaks_of_comes_last(intent: str, first: str) -> None:
    platforms = {"c": "linux", "d": "windows", "e": "multi-platform"}
    index = index_of(*(tool(name, look=pattern("Zebra")).but(platform=on) for name, on in platforms.items()))
    order = [index.at(one.slot).tool_name for one in found(index, intent)]
    assert order[0] == first
    assert order[-1] != first
    assert {one.relevance for one in found(index, "zebra")} == {1}


def test_a_file_that_is_named_suggests_what_it_is() -> None:
    index = index_of(tool("a", show_text=pattern("Show text")), tool("b", show_json=pattern("Show JSON text")))
    assert ranked(index, "show report.json")[0] == "show_json"


def test_a_match_is_the_share_of_what_could_be_told() -> None:
    for one in found(SERVICES, "restart the disk"):
        assert 0 < one.match < 1


def test_the_best_match_is_wholly_relevant_and_the_others_less() -> None:
    best, *others = found(SERVICES, "show services and disks")
    assert best.relevance == 1
    assert others
    assert all(0 < other.relevance < 1 for other in others)


def test_relevance_falls_as_the_match_does() -> None:
    relevances = [one.relevance for one in found(SERVICES, "show the status of services on the disk")]
    assert relevances == sorted(relevances, reverse=True)


def test_equal_matches_stand_in_the_order_of_their_names() -> None:
    index = index_of(*(tool(name, search=pattern("zebra")) for name in ("c", "a", "b")))
    assert [index.at(one.slot).tool_name for one in found(index, "zebra")] == ["a", "b", "c"]


def test_what_is_about_something_else_does_not_match() -> None:
    assert "delete_files" not in ranked(SERVICES, "restart the service")


def test_what_has_but_a_word_that_all_have_does_not_match_beside_what_has_a_rare_one() -> None:
    common = {f"common_{number}": pattern("zebra") for number in range(MOST_CONSIDERED)}
    index = index_of(tool("a", **common, rare=pattern("horse")))
    assert ranked(index, "zebra horse") == ["rare"]
    assert len(ranked(index, "zebra")) == MOST_CONSIDERED


def test_so_many_are_considered_and_the_best_of_them() -> None:
    many = {f"p{number:03}": pattern("zebra") for number in range(5 * MOST_CONSIDERED)}
    index = index_of(tool("a", **many), tool("z", best=pattern("zebra", typical_use_cases=["zebra"])))
    best, *others = ranked(index, "zebra")
    assert best == "best"
    assert others == sorted(many)[: MOST_CONSIDERED - 1]


def test_only_what_is_kept_is_matched_and_the_best_of_that_is_wholly_relevant() -> None:
    intent = read_intent("restart the service")
    kept = matches(SERVICES, intent, asked(SERVICES, intent), lambda candidate: candidate.pattern_name.startswith("st"))
    assert {SERVICES.at(one.slot).pattern_name for one in kept} == {"start_service", "stop_service"}
    assert kept[0].relevance == 1


def test_a_single_patterns_match_is_the_one_it_has_among_all() -> None:
    intent = read_intent("restart the service on a disk")
    understood = asked(SERVICES, intent)
    for one in matches(SERVICES, intent, understood):
        assert match_of(SERVICES, intent, understood, one.slot) == pytest.approx(one.match)


def test_a_pattern_with_none_of_the_words_does_not_match_at_all() -> None:
    intent = read_intent("restart")
    (slot,) = SERVICES.having("disk_usage")
    assert match_of(SERVICES, intent, asked(SERVICES, intent), slot) == 0
    nothing = read_intent("of the")
    assert match_of(SERVICES, nothing, asked(SERVICES, nothing), slot) == 0


@pytest.mark.parametrize("intent", ["", "of the", "please do it now", "qwertzuiop", "web-01"])
def test_an_intent_that_says_nothing_known_matches_nothing(intent: str) -> None:
    assert found(SERVICES, intent) == []


@pytest.mark.parametrize("intent", ["restart nginx", ""])
def test_nothing_matches_in_an_empty_catalog(intent: str) -> None:
    assert found(index_of(), intent) == []


# Slips of the finger.


@pytest.mark.parametrize("slip", ["restrat", "restar", "resttart", "restaxt"])
def test_a_misspelt_word_is_read_as_its_neighbour(slip: str) -> None:
    assert question(SERVICES, f"{slip} the service").mended == {stem(slip): "restart"}
    assert ranked(SERVICES, f"{slip} the service")[0] == "restart_service"


def test_a_word_that_is_known_is_not_mended() -> None:
    index = index_of(tool("a", one=pattern("horse")), tool("b", two=pattern("house")))
    assert question(index, "house").mended == {}


def test_a_word_whose_like_is_known_is_not_mended() -> None:
    said, written = LIKE[0].split()[:2]
    assert question(index_of(tool("a", one=pattern(written))), said).mended == {}


def test_a_short_word_is_not_mended() -> None:
    index = index_of(tool("a", one=pattern("cart")))
    assert len("card") < SHORTEST_MENDED
    assert question(index, "card").unknown == ("card",)


def test_a_word_with_another_beginning_or_two_slips_away_is_not_mended() -> None:
    index = index_of(tool("a", one=pattern("mount")))
    assert question(index, "count").unknown == ("count",)
    assert question(index, "mouxy").unknown == ("mouxi",)


def test_a_long_word_may_have_two_slips() -> None:
    index = index_of(tool("a", one=pattern("hippopotamus")))
    assert question(index, "hipopotmus").mended


def test_of_equally_near_words_the_first_of_the_alphabet_is_meant() -> None:
    near = ("zebrb", "zebrc", "zebrd", "zebrf", "zebrg", "zebrh", "zebrk", "zebrl")
    for order in (near, near[::-1]):
        index = index_of(*(tool(word, one=pattern()) for word in order))
        assert question(index, "zebrz").mended == {"zebrz": "zebrb"}


def test_a_word_that_nothing_is_near_to_is_told() -> None:
    assert question(SERVICES, "restart the qwertzuiop").unknown == ("qwertzuiop",)


# Acts.


def test_the_same_act_or_none_wanted_agrees_wholly() -> None:
    assert {agreement(act, act) for act in Act} == {1}
    assert {agreement(None, act) for act in (None, *Act)} == {1}


def test_an_act_that_is_not_said_is_better_than_another_and_the_opposite_is_worst() -> None:
    assert agreement(Act.START, None) == ACT_UNSAID
    assert agreement(Act.START, Act.STOP) == ACT_OPPOSED
    assert agreement(Act.START, Act.LOCK) == ACT_DIFFERS
    assert 1 > ACT_NEAR > ACT_UNSAID > ACT_DIFFERS > ACT_OPPOSED > 0


def test_opposites_oppose_either_way() -> None:
    for one, other in map(sorted, OPPOSITES):
        assert agreement(one, other) == agreement(other, one) == ACT_OPPOSED


def test_near_acts_are_near_either_way() -> None:
    for one, other in map(sorted, NEAR):
        assert agreement(one, other) == agreement(other, one) == ACT_NEAR


def test_to_look_is_not_to_change_and_to_change_not_to_look() -> None:
    assert agreement(Act.LOOK, Act.RESTART) == agreement(Act.RESTART, Act.LOOK) < ACT_UNSAID


def test_every_agreement_is_within_0_and_1() -> None:
    acts = (None, *Act)
    assert all(0 < agreement(wanted, offered) <= 1 for wanted, offered in product(acts, acts))


# Any words.

SAID = ["restart", "start", "stop", "service", "disk", "usage", "files", "zebra", "the", "who"]
WORDS = st.lists(st.sampled_from(SAID), max_size=6)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, patterns=st.lists(WORDS, min_size=1, max_size=5))
def test_every_match_is_within_its_bounds_and_in_order(words: list[str], patterns: list[list[str]]) -> None:
    index = index_of(tool("a", **{f"p{place}": pattern(" ".join(said)) for place, said in enumerate(patterns)}))
    every = found(index, " ".join(words))
    assert all(0 < one.match <= 1 and 0 < one.relevance <= 1 for one in every)
    assert every == sorted(every, key=lambda one: -one.match)
    assert not every or every[0].relevance == 1
    terms = {term for word in read_intent(" ".join(words)).terms for term in (word, *like(word))}
    assert all(terms & set(index.at(one.slot).terms) for one in every)


def test_a_product_is_found_however_its_capitals_stand() -> None:
    offers = index_of(tool("psql", dump=pattern("Dump a PostgreSQL database")), tool("tar", pack=pattern("Pack files")))
    for intent in ("dump postgresql", "dump PostgreSQL", "dump postgreSQL"):
        assert ranked(offers, intent)[0] == "dump"


def test_what_nobody_may_choose_makes_no_less_of_what_is_on_offer() -> None:
    wanted = tool("grep", search=pattern("Search text in many files of a folder"))
    alone = selection(index_of(wanted), "search text").ranked[0]
    draft = tool("ack", search_text=pattern("Search text")).but(status="draft")
    beside = selection(index_of(wanted, draft), "search text")
    assert [one.candidate.tool_name for one in beside.excluded] == ["ack"]
    assert beside.ranked[0].relevance == alone.relevance == 1
