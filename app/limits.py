"""Placeholder."""


class Attempts:
    """x."""

    def __init__(self, engine: object, limit: int, window_s: int) -> None: ...

    def check(self, key: str) -> int:
        return 0

    def failed(self, key: str) -> None: ...

    def clear(self, key: str) -> None: ...
