"""Who changes something: known to every face, recorded with every change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, from where and why. `source` is the face used: page, api or command."""

    name: str
    source: str
    address: str | None = None
    reason: str | None = None
    request_id: str | None = None
