"""What an unquoted word of YAML means, where all readers agree, and a doubt where they do not."""

import math
import re
from dataclasses import dataclass

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# A single y or n is text: N is the name of a variable, and the readers people use take it as text too.
YES, NO = frozenset({"yes", "on"}), frozenset({"no", "off"})

MOST_DIGITS = 15
SHOWN = 40
INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
FLOAT = re.compile(r"(?:-?(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)", re.IGNORECASE)
# Whatever some reader of YAML 1.1 or 1.2 takes for a number: binary, octal, hexadecimal, base 60, underscores, signs.
NUMBER_LIKE = re.compile(
    r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[0-9][0-9_]*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?|\.[0-9][0-9_]*(?:e[-+]?[0-9]+)?)",
    re.IGNORECASE,
)
NUMBER_START = frozenset("+-.0123456789")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a word cannot be taken as it stands; `suggestion` is what to write instead, None when it is too long."""

    code: str
    message: str
    suggestion: str | None


def plain_value(text: str) -> str | int | float | bool | Doubt | None:
    """Return what the unquoted `text` means; most words mean themselves, dates too."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in NUMBER_START:
        return _number(text)
    word = text.lower()
    if word in YES or word in NO:
        meaning = "true" if word in YES else "false"
        message = f"“{text}” reads as {meaning} in some programs and as text in others: quote it"
        return Doubt("ambiguous-boolean", message, quoted(text))
    return text


def quoted(text: str) -> str | None:
    """Return a short text in double quotes, ready to be put in its place; None for a long one."""
    return f'"{text}"' if len(text) <= SHOWN else None


def shortened(text: str) -> str:
    """Return the text as messages show it."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def too_many_digits(text: str) -> Doubt:
    """Return the doubt about a whole number that doubles, and so many programs, cannot hold."""
    message = f"“{shortened(text)}” has more than {MOST_DIGITS} digits, which many programs round: quote it"
    return Doubt("ambiguous-number", message, quoted(text))


def not_finite(text: str) -> Doubt:
    """Return the doubt about infinity, not-a-number and what is too large for a double."""
    return Doubt("not-finite", f"“{shortened(text)}” is not a finite number: write one, or quote it", quoted(text))


def _number(text: str) -> str | int | float | Doubt:
    if INTEGER.fullmatch(text):
        return int(text) if len(text.lstrip("-")) <= MOST_DIGITS else too_many_digits(text)
    if FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else not_finite(text)
    if NOT_FINITE.fullmatch(text):
        return not_finite(text)
    return _unlike_numbers(text) if NUMBER_LIKE.fullmatch(text) else text


def _unlike_numbers(text: str) -> Doubt:
    plain = _plainly(text)
    advice = f"write {plain}, or quote it if it is text" if plain else "quote it, or write a plain decimal number"
    message = f"“{shortened(text)}” is a number to some programs and another, or text, to others: {advice}"
    return Doubt("ambiguous-number", message, plain or quoted(text))


def _plainly(text: str) -> str | None:
    """Write a number with a sign, underscores or a bare exponent as all programs read it; None if it says no more."""
    candidate = text.replace("_", "").removeprefix("+")
    if len(candidate) > MOST_DIGITS:
        return None
    if INTEGER.fullmatch(candidate) or FLOAT.fullmatch(candidate):
        return candidate
    if "e" in candidate.lower() and not candidate.lower().startswith("0"):
        return _without_exponent(candidate)
    return None


def _without_exponent(text: str) -> str | None:
    try:
        written = repr(float(text))
    except ValueError:
        return None
    return written if FLOAT.fullmatch(written) else None
