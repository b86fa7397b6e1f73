"""Text → terms: the stems of its words, what they may stand for, and what kind of act is meant."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer

from app.selection.thesaurus import GOAL_WORDS, IDLE, LIKE, PHRASES, QUESTIONS, VERBS, Act

# What follows such a word is what something is called: `web-01`, `db-3.example.net`.
_NAMES = re.compile(r"\b[a-z]+(?:-[a-z]+)*-\d[\w.-]*|\b\d[\d.:/]*\b")
_APART = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")
_PHRASES = tuple((re.compile(pattern), words) for pattern, words in PHRASES)
# Distinct words of a catalog of thousands of patterns are fewer; a stem costs 40 µs, remembered 0.1 µs.
_REMEMBERED = 20_000


@lru_cache(_REMEMBERED)
def stem(word: str) -> str:
    """The stem of an English word in lower case (Snowball): restarting → restart."""
    stemmed: str = EnglishStemmer().stemWord(word)
    return stemmed


def _stems(words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


_IDLE = frozenset(IDLE.split())
_QUESTIONS = frozenset(QUESTIONS.split())
_ACTS: Mapping[str, Act] = {stem(verb): act for act, verbs in VERBS.items() for verb in verbs.split()}
_GOALS: Mapping[str, str] = {word: goal for goal, words in GOAL_WORDS.items() for word in words.split()}


@cache
def _like() -> Mapping[str, frozenset[str]]:
    groups = [_stems(group) for group in LIKE]
    known = frozenset().union(*groups)
    return {one: frozenset().union(*(group for group in groups if one in group)) - {one} for one in known}


@dataclass(frozen=True, slots=True)
class Intent:
    """What was asked for, read.

    Attributes:
        terms: the stems of its telling words, each once, in their order. words: each as it was said, by stem.
        act: what kind of thing is to be done; None when no verb says so.
        goal: the preference its words ask for (“quickly”); None when they ask for none.
    """

    terms: tuple[str, ...]
    act: Act | None
    goal: str | None
    words: Mapping[str, str]


def terms_of(text: str) -> list[str]:
    """The stems of the telling words of a text, in order, with repetitions; names are taken apart: `GetItem`, `a_b`."""
    words = _WORD.findall(_APART.sub(" ", text).lower())
    return [stem(word) for word in words if word not in _IDLE]


@lru_cache(1024)
def read_intent(text: str) -> Intent:
    """Read a free-text intent."""
    said = _APART.sub(" ", text).lower().replace("’", "'")
    for phrase, instead in _PHRASES:
        said = phrase.sub(f" {instead} ", said)
    words = _WORD.findall(_NAMES.sub(" ", said))
    goal = next((_GOALS[word] for word in words if word in _GOALS), None)
    telling = [word for word in words if word not in _IDLE and word not in _GOALS and word not in _QUESTIONS]
    if "who" in words:
        telling.append("user")
    by_stem = {stem(word): word for word in reversed(telling)}
    terms = tuple(dict.fromkeys(map(stem, telling)))
    return Intent(terms, _act_asked_for(words), goal, by_stem)


def _act_asked_for(words: Sequence[str]) -> Act | None:
    if words and words[0] in _QUESTIONS:
        return Act.LOOK
    return act_of(map(stem, words))


def act_of(terms: Iterable[str]) -> Act | None:
    """What the first verb among these stems does; None when there is none."""
    return next((_ACTS[term] for term in terms if term in _ACTS), None)


def like(term: str) -> frozenset[str]:
    """The stems that may stand for this one."""
    return _like().get(term, frozenset())
