"""Text → terms: the stems of its words, what they may stand for, and what kind of act is meant."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer

from app.selection.thesaurus import (
    ENDINGS,
    GOAL_WORDS,
    IDLE,
    LIKE,
    LITERALS,
    PHRASES,
    PLATFORM_WORDS,
    QUESTIONS,
    VERBS,
    Act,
)

_APART = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CAMEL = re.compile(r"[A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*")
_WORD = re.compile(r"[a-z0-9]+")
_PHRASES = tuple((re.compile(pattern), words) for pattern, words in PHRASES)
# Distinct words of a catalog of thousands of patterns are fewer; a stem costs 40 µs, remembered 0.1 µs.
_REMEMBERED = 20_000


@lru_cache(_REMEMBERED)
def stem(word: str) -> str:
    """The stem of an English word in lower case (Snowball): restarting → restart."""
    stemmed: str = EnglishStemmer().stemWord(word)
    return stemmed


def _hinted(words: Mapping[str, float]) -> Mapping[str, float]:
    return {stem(word): weight for word, weight in words.items()}


def _stems(words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


_IDLE = frozenset(IDLE.split())
_QUESTIONS = frozenset(QUESTIONS.split())
_ACTS: Mapping[str, Act] = {stem(verb): act for act, verbs in VERBS.items() for verb in verbs.split()}
# Words made of verbs that name a thing, not an act.
_NOUN = re.compile(r"(?:[ts]ion|ment|ance|ence|er|or|ory|al)s?$")
_LITERALS = tuple((re.compile(pattern), _hinted(words)) for pattern, words in LITERALS)
_ENDINGS = {ending: _hinted(words) for endings, words in ENDINGS for ending in endings.split()}
_PLATFORMS = {platform: frozenset({*words.split(), stem(platform)}) for platform, words in PLATFORM_WORDS.items()}
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
        names: its words, and two or three of them as one, as tools may be called.
        platform: "windows" or "linux", when it speaks of one of them; None: of neither, or of both.
        hints: stems that what it names (a path, an address, a file) suggests, and how much, beside 1 for a term.
        terms: the stems of its telling words, each once, in their order. words: each as it was said, by stem.
        act: what kind of thing is to be done; None when no verb says so.
        goal: the preference its words ask for (“quickly”); None when they ask for none.
    """

    terms: tuple[str, ...]
    act: Act | None
    goal: str | None
    words: Mapping[str, str]
    names: tuple[str, ...] = ()
    hints: Mapping[str, float] = field(default_factory=dict)
    platform: str | None = None


def terms_of(text: str) -> list[str]:
    """The stems of the telling words of a text, in order, with repetitions.

    Names are taken apart: `a_b`; those in camel case are there whole as well, since people say *postgresql*, too.
    """
    whole = [word.lower() for word in _CAMEL.findall(text)]
    return [stem(word) for word in (*words_of(text), *whole) if word not in _IDLE]


@lru_cache(256)
def read_intent(text: str) -> Intent:
    """Read a free-text intent."""
    said, hints = _without_literals(text.replace("’", "'"))
    said = said.lower()
    for phrase, instead in _PHRASES:
        said = phrase.sub(f" {instead} ", said)
    words = _WORD.findall(said)
    goal = next((_GOALS[word] for word in words if word in _GOALS), None)
    telling = [word for word in words if word not in _IDLE and word not in _GOALS and word not in _QUESTIONS]
    if "who" in words:
        telling.append("user")
    by_stem = {stem(word): word for word in reversed(telling)}
    terms = tuple(dict.fromkeys(map(stem, telling)))
    names = tuple(_names(words))
    # Also of names: “PowerShell” is two words.
    return Intent(terms, _act_asked_for(words), goal, by_stem, names, hints, _platform({*words, *names, *hints}))


def act_of(words: Iterable[str]) -> Act | None:
    """What the first verb among these words does; None when there is none. *Replication* is no verb."""
    return next((_ACTS[stem(word)] for word in words if not _NOUN.search(word) and stem(word) in _ACTS), None)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order; names are taken apart."""
    return _WORD.findall(_APART.sub(" ", text).lower())


def name_term(name: str) -> str:
    """The term by which a tool is found that is called by its name: `=dockercompose`."""
    return "=" + "".join(words_of(name))


def _without_literals(text: str) -> tuple[str, Mapping[str, float]]:
    """A text without what is called by its own name — paths, addresses, hosts, numbers —, and what these suggest."""
    hints: dict[str, float] = {}
    for literal, suggested in _LITERALS:
        if literal.search(text):
            hints |= suggested
            for found in literal.finditer(text):
                ending = found.group().rstrip(".,;:)?!'\"").rpartition(".")[2].lower()
                hints |= _ENDINGS.get("tar" if ".tar." in found.group() else ending, {})
            text = literal.sub(" ", text)
    return text, hints


def _platform(said: Set[str]) -> str | None:
    spoken_of = [platform for platform, words in _PLATFORMS.items() if said & words]
    return spoken_of[0] if len(spoken_of) == 1 else None


def _names(words: Sequence[str]) -> Iterator[str]:
    """Every word that is not idle, and every two and three words in a row as one."""
    for start, word in enumerate(words):
        if word not in _IDLE:
            yield word
        for length in (2, 3):
            if start + length <= len(words):
                yield "".join(words[start : start + length])


def _act_asked_for(words: Sequence[str]) -> Act | None:
    if words and words[0] in _QUESTIONS:
        return Act.LOOK
    return act_of(words)


def like(term: str) -> frozenset[str]:
    """The stems that may stand for this one."""
    return _like().get(term, frozenset())
