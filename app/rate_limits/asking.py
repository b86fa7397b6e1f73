"""Who asks: whose requests are counted together. Works on what a server hands over, before there is a Flask request."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

TOKEN, ADDRESS = "token", "address"
NOBODY = "unknown"
BEARER = "bearer "

IsKnown = Callable[[str], bool]


def no_token(token: str) -> bool:
    """Know no token: everybody counts by address."""
    return False


def asks(environ: "WSGIEnvironment", is_known: IsKnown = no_token) -> tuple[str, str]:
    """What kind of asker sends a request, and which one: the token it proves to know, else the address it comes from.

    A token that is not known counts for the address, or guessing tokens would be free.
    """
    authorization: str = environ.get("HTTP_AUTHORIZATION", "")
    if authorization[: len(BEARER)].lower() == BEARER:
        token = authorization[len(BEARER) :].strip()
        if is_known(token):
            return TOKEN, hashlib.sha256(token.encode("latin-1")).hexdigest()[:16]
    return ADDRESS, counted_address(environ.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=4096)
def counted_address(address: str) -> str:
    """The address requests are counted by. Of IPv6 it is the network: one customer is given all of its addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address or NOBODY
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), 64), strict=False))
