"""The texts that open something: API tokens, sign-in links and sessions — made, recognised, and hashed for keeping.

An API token is `tcat_`, 36 random characters, and 6 that are the CRC-32 of what stands before, all of 0–9A–Za–z. The
beginning and the checksum let scanners find one that leaked into a repository, and a mistyped one be refused unread.
Each has over 200 bits of chance, so that SHA-256 keeps it well enough: there is nothing to guess.
"""

import hashlib
import secrets
import string
import zlib

PREFIX = "tcat_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECKSUM = 36, 6
_LENGTH = len(PREFIX) + _RANDOM + _CHECKSUM
SHOWN = len(PREFIX) + 6
"""How many characters of a token are kept, to tell it from others."""


def new_token() -> str:
    """A new API token."""
    return with_checksum(PREFIX + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM)))


def with_checksum(text: str) -> str:
    """A token's beginning, whole."""
    return text + _checksum(text)


def is_token(text: str) -> bool:
    """Whether a text is an API token as far as its form tells."""
    return len(text) == _LENGTH and text.startswith(PREFIX) and text[-_CHECKSUM:] == _checksum(text[:-_CHECKSUM])


def new_secret() -> str:
    """A new text for a link or a session: 256 bits, safe in an address."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> bytes:
    """What is kept of such a text."""
    return hashlib.sha256(text.encode()).digest()


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM):
        number, rest = divmod(number, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return digits
