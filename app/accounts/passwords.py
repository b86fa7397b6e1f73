"""Passwords: kept as Argon2id, and refused when they are easily guessed."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.errors import BadRequest

SHORTEST, LONGEST = 12, 128
STRONG_ENOUGH = 3
"""zxcvbn's score from 0 to 4; 3 is safe against guessing at a server that slows guesses down."""
# OWASP's password storage cheat sheet: 19 MiB, two passes. A few at a time: each takes its memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_room = threading.BoundedSemaphore(4)
_NOBODYS = _hasher.hash("nobody has this password")


def check_password(password: str, *about: str) -> None:
    """Refuse a password that is short or easily guessed.

    Args:
        about: what others know of whose it is, such as the name.

    Raises:
        BadRequest: says why, and how to find a better one.
    """
    # Here, since few serving processes ever need it: its lists of words take 12 MiB.
    from zxcvbn import zxcvbn  # noqa: PLC0415

    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequest(f"A password has {SHORTEST} to {LONGEST} characters; several words make a good one.")
    found = zxcvbn(password[:72], [*about, "tool", "catalog", "toolcatalog"])
    if found["score"] < STRONG_ENOUGH:
        warning = found["feedback"]["warning"] or "This is easily guessed."
        raise BadRequest(f"{warning.rstrip('.')}. Take several words that have nothing to do with each other.")


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _room:
        return _hasher.hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Whether this is the password; for an account without one, no, after just as long a time."""
    with _room:
        try:
            is_same = _hasher.verify(kept or _NOBODYS, password[:LONGEST])
            return is_same and kept is not None and len(password) <= LONGEST
        except (VerifyMismatchError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than now."""
    return _hasher.check_needs_rehash(kept)
