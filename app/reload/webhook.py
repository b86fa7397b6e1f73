"""The signature of a webhook: who sent it knows the secret, and sent it just now.

As https://www.standardwebhooks.com says: HMAC-SHA256 of id, time and body, joined by dots, in base64 after `v1,`.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import ClassVar

from app.config import SettingError
from app.errors import CatalogError, NotFound

TOLERANCE_S = 5 * 60
CODED = "whsec_"
SHORTEST_KEY = 16
"""Bytes. Standard Webhooks asks for 24 to 64; who has a shorter one from elsewhere may keep it."""
ID, TIMESTAMP, SIGNATURE = "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"


class NotSigned(CatalogError):
    """A webhook without a valid signature."""

    status: ClassVar[int] = 401
    code: ClassVar[str] = "not-signed"
    title: ClassVar[str] = "The webhook is not signed as it must be"


def check_signature(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> None:
    """Check that a webhook was signed with our secret, at most TOLERANCE_S seconds ago or ahead.

    Raises:
        NotFound: no secret is set, so there is no webhook. NotSigned: a header is missing, old, or wrong.
    """
    if not secret:
        raise NotFound("The webhook is off. Set RELOAD_WEBHOOK_SECRET to turn it on.")
    identity, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    given = headers.get(SIGNATURE, "")
    if not (identity and timestamp and given):
        raise NotSigned(f"Send {ID}, {TIMESTAMP} and {SIGNATURE}.")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise NotSigned(f"{TIMESTAMP} is no time: write seconds since 1970, as digits.")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_S:
        raise NotSigned(f"{TIMESTAMP} is over {TOLERANCE_S // 60} minutes away from now; check the sender's clock.")
    wanted = signature(secret, identity, timestamp, body)
    # A sender that changes its secret signs with both; any that fits will do.
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given.split()):
        raise NotSigned(f"{SIGNATURE} does not fit the body; check the secret.")


def signature(secret: str, identity: str, timestamp: str, body: bytes) -> str:
    """The signature of a webhook. `secret` is text, or `whsec_` and base64."""
    signed = b".".join((identity.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret.

    Raises:
        ValueError: what comes after `whsec_` is no base64.
    """
    if not secret.startswith(CODED):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(CODED), validate=True)


def check_secret(secret: str) -> None:
    """Check a secret when the product starts; an empty one turns the webhook off.

    Raises:
        SettingError: it holds no key, or one so short that it could be guessed.
    """
    if not secret:
        return
    try:
        key = key_of(secret)
    except ValueError as error:
        raise SettingError(f"RELOAD_WEBHOOK_SECRET: what comes after {CODED} is no base64") from error
    if len(key) < SHORTEST_KEY:
        raise SettingError(f"RELOAD_WEBHOOK_SECRET: under {SHORTEST_KEY} bytes; make one with: openssl rand -hex 32")
