"""The quality set is fair: what it accepts exists and may be used, and no intent quotes a definition.

The paraphrased ones go further and avoid the words of the use cases they are to find.
"""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from app.definitions.vocabulary import PLATFORMS
from tests.seed.definitions import Seed, seeds
from tests.selection.quality_set import (
    ENVIRONMENTS,
    FILES,
    HELD_OUT,
    KINDS,
    PARAPHRASED,
    PLAIN,
    QUALITY,
    TUNED,
    Wanted,
    wanted,
)

SHIPPED = {f"{seed.tool}.{seed.name}": seed for seed in seeds()}
FILLERS = """
a about all an and any are as at be been but by can could did do does find for from get give had has have he her his how
i if in into is it its just list me more most my no not now of off on one only or our out please see she should show so
still tell than that the their then there they this to under up us was we were what when where which who whose why will
with would you your
"""


def plain(text: str) -> str:
    """A text as its words alone, in lower case."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def said_of(seed: Seed) -> Iterator[tuple[str, int]]:
    """The texts of a pattern that an intent must not repeat, each with the fewest words that make it a quotation."""
    # A use case of one word, such as "pkill", may well occur in an intent.
    yield seed.pattern["description"], 2
    for use_case in seed.pattern["typical_use_cases"]:
        yield use_case, 2
    for example in seed.pattern.get("examples", []):
        # What an example is called is often a mere label, such as "Home directory" or "After the power cut".
        yield example["name"], 5
        if "description" in example:
            yield example["description"], 5


def accepted() -> Iterator[tuple[Wanted, str]]:
    """Every intent with every pattern it accepts."""
    for one in QUALITY:
        for name in sorted(one.acceptable):
            yield one, name


def used() -> Iterator[tuple[Wanted, Seed]]:
    """The same with what the definition says, where there is one."""
    for one, name in accepted():
        if name in SHIPPED:
            yield one, SHIPPED[name]


def test_there_are_enough() -> None:
    assert len(PARAPHRASED) >= 220
    assert len(PLAIN) >= 150


def test_every_area_is_asked_about_in_both_ways() -> None:
    areas = {(kind, area) for kind in KINDS for area in ("containers", "data", "linux", "mixed", "network", "windows")}
    assert {(path.parent.name, path.stem) for path in FILES} == areas
    for half in (TUNED, HELD_OUT):
        assert {(one.kind, one.area) for one in half} == areas


def test_the_kinds_part_the_set() -> None:
    assert not set(PLAIN) & set(PARAPHRASED)
    assert set(PLAIN) | set(PARAPHRASED) == set(QUALITY)


@pytest.mark.parametrize("of_a_kind", [PLAIN, PARAPHRASED], ids=["plain", "paraphrased"])
def test_the_halves_part_the_set(of_a_kind: tuple[Wanted, ...]) -> None:
    tuned, held_out = set(of_a_kind) & set(TUNED), set(of_a_kind) & set(HELD_OUT)
    assert not tuned & held_out
    assert tuned | held_out == set(of_a_kind)
    assert abs(len(tuned) - len(held_out)) <= len(FILES) // len(KINDS)


def test_plain_intents_ask_for_many_patterns_and_for_none_too_often() -> None:
    times = Counter(name for one in PLAIN for name in one.acceptable)
    assert len(times) >= 150
    assert {name: count for name, count in times.items() if count > 3} == {}


def test_plain_intents_ask_about_every_platform() -> None:
    assert {seed.definition["platform"] for one, seed in used() if one.kind == "plain"} == set(PLATFORMS)


def test_no_intent_stands_twice() -> None:
    times = Counter(plain(one.intent) for one in QUALITY)
    assert [intent for intent, count in times.items() if count > 1] == []


def test_every_intent_accepts_something() -> None:
    assert [str(one) for one in QUALITY if not one.intent.strip() or not one.acceptable] == []


def test_platforms_and_environments_are_known() -> None:
    assert {one.platform for one in QUALITY} - {None} <= set(PLATFORMS)
    assert {one.environment for one in QUALITY} - {None} <= set(ENVIRONMENTS)


def test_every_accepted_pattern_ships() -> None:
    assert [f"{one}: {name}" for one, name in accepted() if name not in SHIPPED] == []


def test_accepted_patterns_are_of_the_platform_asked_for() -> None:
    strange = [
        f"{one}: {seed}"
        for one, seed in used()
        if one.platform and seed.definition["platform"] not in (one.platform, "multi-platform")
    ]
    assert strange == []


def test_in_production_only_what_is_safe_there_is_accepted() -> None:
    unsafe = [
        f"{one}: {seed}"
        for one, seed in used()
        if one.environment == "production" and not seed.pattern["policy"]["production_safe"]
    ]
    assert unsafe == []


def test_accepted_patterns_are_allowed_in_the_environment() -> None:
    barred = [
        f"{one}: {seed}"
        for one, seed in used()
        if one.environment
        and one.environment not in seed.pattern["policy"].get("allowed_environments", [one.environment])
    ]
    assert barred == []


def test_what_is_accepted_without_approval_is_safe_in_production() -> None:
    contradictory = {
        str(seed)
        for _, seed in used()
        if not seed.pattern["policy"]["requires_approval"] and not seed.pattern["policy"]["production_safe"]
    }
    assert contradictory == set()


def test_no_intent_is_a_quotation() -> None:
    texts = []
    for seed in SHIPPED.values():
        for text, least in said_of(seed):
            words = plain(text)
            texts.append((f" {words} ", len(words.split()) >= least, str(seed)))
    quotations = []
    for one in QUALITY:
        intent = f" {plain(one.intent)} "
        for text, is_long_enough, seed in texts:
            if intent in text or (is_long_enough and text in intent):
                quotations.append(f"{one}: {text.strip()} ({seed})")
    assert quotations == []


def test_a_paraphrased_intent_shares_at_most_two_words_with_a_use_case_it_is_to_find() -> None:
    close = []
    for one, seed in used():
        if one.kind != "paraphrased":
            continue
        words = set(plain(one.intent).split()) - set(FILLERS.split())
        for use_case in seed.pattern["typical_use_cases"]:
            shared = words & set(plain(use_case).split())
            if len(shared) > 2:
                close.append(f"{one}: {use_case} ({seed}) shares {sorted(shared)}")
    assert close == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"intent": "kick it", "enviroment": "production", "acceptable": ["kill.terminate"]}, "keys other than"),
        ({"intent": "kick it", "acceptable": ["kill.terminate", "kill.terminate"]}, "a pattern twice"),
    ],
)
def test_a_slip_in_a_file_is_refused(entry: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        wanted(entry, "linux", "plain")
