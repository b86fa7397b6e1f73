"""`Idempotency-Key`: a POST repeated with the same key gets the same answer and changes nothing again.

The key's row is written in the transaction of the change itself: both happen, or neither.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.catalog.models import SHARED, IdempotencyKey
from app.catalog.transaction import transaction
from app.errors import BadRequest, KeyReused
from app.extensions import db

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: enough to answer the same again."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fingerprint(*parts: bytes) -> str:
    """SHA-256 over what makes two requests the same: who asks, method, path with query, body."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def once(key: str, request: str, act: Callable[[], Answer]) -> Answer:
    """Act and keep the answer, or return the answer kept under this key.

    A repeat that comes while the first is under way waits for it. A refused request keeps nothing.

    Args:
        key: the caller's key. request: fingerprint of what is asked.

    Raises:
        KeyReused: the key was used for another request. BadRequest: the key is empty, or longer than LONGEST_KEY.
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise BadRequest(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    with transaction():
        row = IdempotencyKey.__table__
        claim = insert(IdempotencyKey).values(organisation=SHARED, key=key, fingerprint=request)
        if db.session.execute(claim.on_conflict_do_nothing().returning(row.c.key)).scalar() is None:
            return _kept(key, request)
        answer = act()
        kept = db.session.get_one(IdempotencyKey, (SHARED, key))
        kept.status, kept.headers, kept.body = answer.status, dict(answer.headers), answer.body
        return answer


def _kept(key: str, request: str) -> Answer:
    kept: Any = db.session.get_one(IdempotencyKey, (SHARED, key))
    if kept.fingerprint != request:
        raise KeyReused("This Idempotency-Key was used for another request. Take a new key for a new request.")
    return Answer(kept.status, kept.headers, kept.body)
