"""Guesses at what an author meant by a text that is no expression. A guess need not be legal: the caller tries it."""

import re
from collections.abc import Iterator

from app.definitions.expression_grammar import ARITY, GLUED, InvalidExpression, unbalanced_bracket
from app.definitions.vocabulary import closest

_SPELLINGS = str.maketrans(
    {
        "×": "*",
        "·": "*",
        "÷": "/",
        "−": "-",
        "–": "-",
        "^": "**",
        "²": "**2",
        "³": "**3",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "[": "(",
        "]": ")",
        "\n": " ",
        "\r": " ",
        "\N{NO-BREAK SPACE}": " ",
    }
)
_WORDS = frozenset({"if", "else", "and", "or", "not"})
_AND = re.compile(r"\s*&&\s*")
_OR = re.compile(r"\s*\|\|\s*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_LONE_EQUALS = re.compile(r"(?<![<>=!])=(?![=<>])")


def mendings(text: str, refusal: InvalidExpression) -> Iterator[str]:
    """Yield texts that `text` may have been meant to be, best first, given why it was refused."""
    match refusal.code:
        case "charset":
            yield _respelled(text)
        case "syntax":
            yield from _completed(text)
        case "node":
            yield _THOUSANDS.sub("", text)
            yield _DECIMAL_COMMA.sub(".", text)
        case "function":
            yield text.replace("math.", "")
            yield from _known_functions(text, refusal.position or 0)
        case _:
            return


def _respelled(text: str) -> str:
    """Write with the signs expressions have what was written with others, or in quotes, or over several lines."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        bare = bare[1:-1]
    worded = _AND.sub(" and ", _OR.sub(" or ", bare))
    return worded.translate(_SPELLINGS).strip()


def _completed(text: str) -> Iterator[str]:
    bracket = unbalanced_bracket(text)
    if bracket is not None and text[bracket] == ")":
        yield (text[:bracket] + text[bracket + 1 :]).rstrip()
    elif bracket is not None:
        yield text.rstrip() + ")" * (text.count("(") - text.count(")"))
    yield GLUED.sub(_separated, text)
    yield _LONE_EQUALS.sub("==", text.replace("=<", "<=").replace("=>", ">="))


def _separated(glued: re.Match[str]) -> str:
    word = _WORD.match(glued.string, glued.end())
    return glued[0] + (" " if word and word[0] in _WORDS else " * ")


def _known_functions(text: str, position: int) -> Iterator[str]:
    """Put a known function where an unknown one is called; read `2(N)` as a product."""
    name = _WORD.match(text, position)
    if name is None:
        yield re.sub(r"(?<=[\d)])\s*\(", " * (", text)
        return
    for known in closest(name[0], ARITY):
        yield text[:position] + known + text[name.end() :]
