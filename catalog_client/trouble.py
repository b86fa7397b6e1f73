"""How to go on after failures: rest a little longer after each, and say once what is wrong."""

import logging
import random

from catalog_client.errors import CatalogError

log = logging.getLogger("catalog_client")

FIRST_REST_S = 0.1
LONGEST_REST_S = 5.0
MOST_DOUBLINGS = 6


class Trouble:
    """Failures in a row. `error` is the last of them, None while all is well."""

    def __init__(self, url: str) -> None:
        self.error: CatalogError | None = None
        self._url = url
        self._failures = 0

    def met(self, error: CatalogError) -> float:
        """Take note of a failure; returns the seconds to rest: random, so that many clients do not come at once."""
        if str(error) != str(self.error):
            log.warning("%s: %s", self._url, error)
        self.error = error
        self._failures += 1
        rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** min(self._failures - 1, MOST_DOUBLINGS))
        asked_s = (error.retry_after_s or 0.0) * random.uniform(1.0, 1.5)  # noqa: S311
        return max(asked_s, rest_s * random.uniform(0.5, 1.0))  # noqa: S311

    def over(self) -> None:
        """Take note that all is well."""
        if self.error is not None:
            log.info("%s answers again", self._url)
        self.error = None
        self._failures = 0
