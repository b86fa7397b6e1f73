"""What somebody asked, without what may be a secret or tells who they are: only that is kept.

It rather takes a word too much than one too few: what is kept serves to ask again, not to be read.
"""

import re
from itertools import pairwise

GONE = "…"

_QUOTED = r"\"[^\"]*\"?|'[^']*'?|“[^”]*”?|[^\s,;\"']+"
_SECRETS = (
    r"pass(?:word|wd|phrase|code)?|pwd|secrets?|(?:api|access|secret|private|encryption|signing|ssh|account)[\s_-]?keys?"
    r"|(?:access|auth|refresh|id|session|api|personal)?[\s_-]?tokens?|credentials?|cookies?|authorization|otp|pin"
)
_PREFIXES = r"gh[pousr]_|github_pat_|glpat-|[spr]k[-_]|xox[abeprs]-|tcat_|hf_|npm_|pypi-|dop_v1_|shpat_|ey[jJ]"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)", GONE),
        # https://user:password@host/path → https://…@host/path; and what stands in the query of an address.
        (r"\b([a-z][a-z0-9+.-]{0,20}://)[^\s/@]+@", rf"\1{GONE}@"),
        (r"(://[^\s?#]+)[?#]\S+", rf"\1?{GONE}"),
        (r"(authorization[\"']?\s*[:=]\s*)(?:[a-z]+\s+)?\S+", rf"\1{GONE}"),
        (r"\b(bearer|basic|digest|negotiate)\s+(?=\S*[\d=+/_.-])\S+", rf"\1 {GONE}"),
        # password=…, --token …, "secret": "…", the password is …
        (rf"(?<![a-z])({_SECRETS})([\"']?\s*(?::=|=>|=|:|\bis\b)\s*)(?:{_QUOTED})", rf"\1\2{GONE}"),
        (rf"(-{{1,2}}(?:[a-z]+-)*(?:{_SECRETS}))(\s+)(?:{_QUOTED})", rf"\1\2{GONE}"),
        # curl -u user:password
        (r"(?<!\S)(-u|--user)(\s+|=)\S+:\S+", rf"\1\2{GONE}"),
        (r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", GONE),
        (r"\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{8,}\b", GONE),
        (rf"\b(?:{_PREFIXES})[A-Za-z0-9_.-]{{12,}}", GONE),
        (r"\b(?:[0-9a-f]{2}:){7,}[0-9a-f]{2}\b", GONE),
    )
)
# A secret said after its name, without a sign between: taken when it looks like none of the words one writes.
_AFTER_A_NAME = re.compile(rf"(?<![a-z])({_SECRETS})(\s+)(\S+)", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;:=\"'()<>\[\]{}|]+")
_PLAIN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*[.!?…]?")


def scrubbed(text: str) -> str:
    """A text with … in place of passwords, tokens, keys and addresses of people."""
    for rule, instead in _RULES:
        text = rule.sub(instead, text)
    text = _AFTER_A_NAME.sub(lambda found: found[0] if _is_plain(found[3]) else f"{found[1]}{found[2]}{GONE}", text)
    return _WORD.sub(lambda found: GONE if _looks_random(found[0]) else found[0], text)


def _is_plain(word: str) -> bool:
    """Whether it is letters in one case, as the words of a sentence are."""
    return word == GONE or bool(_PLAIN.fullmatch(word) and (word[1:].islower() or not word[1:]))


def _looks_random(word: str) -> bool:
    """Whether it looks like a key: long hexadecimal, or long with letters of both cases and digits mixed."""
    core = word.strip(".-_/+")
    if re.fullmatch(r"[0-9a-fA-F]{16,}", core):
        return True
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", core):
        return True
    return _is_key(word.replace("/", ""), 32) or any(_is_key(part, 16) for part in re.split(r"[/._-]", word))


def _is_key(part: str, least: int) -> bool:
    """Whether it is so long, and changes between capitals, small letters and digits as words do not."""
    if len(part) < least or not re.fullmatch(r"[A-Za-z0-9+_=-]+", part):
        return False
    kinds = [("A" if one.isupper() else "a" if one.islower() else "0" if one.isdigit() else "-") for one in part]
    changes = sum("-" not in {one, other} and one != other for one, other in pairwise(kinds))
    return len(set(kinds) & set("Aa0")) == 3 and changes >= len(part) // 5
