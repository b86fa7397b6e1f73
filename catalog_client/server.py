"""The catalog's server over HTTP: what the client asks of it, and its answers as data."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar
from urllib.parse import urlencode

from urllib3.exceptions import ConnectTimeoutError, HTTPError, InvalidHeader, ReadTimeoutError
from urllib3.util import Retry, Timeout, Url, parse_url

from catalog_client.change import Change
from catalog_client.connections import Cutter, pool_for
from catalog_client.errors import CatalogError, Garbled, Refused, UnknownRevision, Unreachable
from catalog_client.moment import Moment
from catalog_client.snapshot import Snapshot
from catalog_client.tool import Tool

VERSION = "0.1.0"
KEPT_CONNECTIONS = 4
LONGEST_WAIT_S = 60.0
LONGEST_REST_S = 60.0
HASTY_REST_S = 0.5
LEAST_ROUND_S = 0.1
"""A server that answers “nothing new” without having waited is being stopped: it is left alone for a while."""

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole catalog, with the entity tag to ask for it again, and when the server said so."""

    snapshot: Snapshot
    etag: str | None
    at: Moment


@dataclass(frozen=True, slots=True)
class Told:
    """Changes in order, none left out.

    Attributes:
        revision: the last one told, where to go on from.
        latest: the revision the server is at; there is more to tell while it is higher.
        tools: name → the tool as it is at `latest`, None when it is gone; empty when not asked for.
        at: when the server said so.
        rest_s: how long it should be left alone.
    """

    revision: int
    latest: int
    changes: tuple[Change, ...]
    tools: Mapping[str, Tool | None]
    at: Moment
    rest_s: float


FROM_ENVIRONMENT = "CATALOG_TOKEN"


class Server:
    """One catalog's server. May be used by several threads."""

    def __init__(self, url: str, token: str | None = None, timeout_s: float = 5.0) -> None:
        address = checked_url(url)
        token = token if token is not None else os.environ.get(FROM_ENVIRONMENT) or None
        if token is not None and not (token.isascii() and token.isprintable() and token and " " not in token):
            raise ValueError("the token is empty, or holds blanks or characters beyond ASCII")
        if not timeout_s > 0:
            raise ValueError(f"timeout_s is more than 0 seconds, not {timeout_s}")
        self.url = address.url.rstrip("/")
        self._path = (address.path or "").rstrip("/")
        self._timeout_s = timeout_s
        self._headers = {"User-Agent": f"tool-catalog-client/{VERSION}", "Accept-Encoding": "gzip"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._cutter = Cutter()
        self._pool = pool_for(address, self._cutter, Timeout(timeout_s), KEPT_CONNECTIONS)

    def whole(self) -> Whole:
        """The whole catalog.

        Raises:
            CatalogError: it cannot be had.
        """
        return self._whole(self._get("/api/v1/snapshot", {}))

    def whole_unless(self, etag: str | None) -> Whole | None:
        """The whole catalog; None when it still is what the entity tag stands for.

        Raises:
            CatalogError: it cannot be had.
        """
        answer = self._get("/api/v1/snapshot", {} if etag is None else {"If-None-Match": etag})
        return None if answer.status == 304 and etag is not None else self._whole(answer)

    def _whole(self, answer: "_Answer") -> Whole:
        return answer.read(lambda told: Whole(_snapshot(told), answer.headers.get("ETag"), answer.at))

    def changes(self, since: int, wait_s: float, *, with_tools: bool = False) -> Told:
        """The changes after a revision; when there are none, waits up to so many seconds for one.

        Raises:
            UnknownRevision: the catalog never had it. CatalogError: the changes cannot be had.
        """
        query = {"since": str(since), "wait": f"{wait_s:.3f}", **({"tools": "true"} if with_tools else {})}
        began = Moment.now()
        answer = self._get(f"/api/v1/changes?{urlencode(query)}", {}, wait_s)
        round_s = max(wait_s, LEAST_ROUND_S)
        is_hasty = answer.at.steady - began.steady < round_s / 2
        return answer.read(lambda told: _told(told, since, answer, min(round_s, HASTY_REST_S) if is_hasty else 0.0))

    def select(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a selection.

        Raises:
            Refused: the request is not one. CatalogError: it cannot be had.
        """
        body = json.dumps(request).encode()
        return self._ask("POST", "/api/v1/select", {"Content-Type": "application/json"}, body=body).read(dict)

    def close(self) -> None:
        """End every request at once, from whichever thread; no other can be made."""
        self._cutter.cut()
        self._pool.close()

    def _get(self, path: str, headers: Mapping[str, str], wait_s: float = 0) -> "_Answer":
        return self._ask("GET", path, headers, wait_s)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], wait_s: float = 0, *, body: bytes | None = None
    ) -> "_Answer":
        try:
            response = self._pool.urlopen(
                method,
                self._path + path,
                body=body,
                headers={**self._headers, **headers},
                timeout=Timeout(connect=self._timeout_s, read=self._timeout_s + wait_s),
                redirect=False,
                preload_content=False,
            )
            # What an answer says was so when it was begun, however long its body takes.
            at = Moment.now()
            answer = _Answer(response.status, response.headers, response.data, at)
            response.release_conn()
        except HTTPError as error:
            raise Unreachable(f"no answer: {self._reason(error)}") from error
        if answer.status not in {200, 304}:
            raise _refusal(answer)
        return answer

    def _reason(self, error: HTTPError) -> str:
        if self._cutter.has_cut:
            return "the client was closed"
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, OSError) and cause.strerror:
                return cause.strerror
            cause = cause.__cause__ or cause.__context__
        # A refused connection is one that timed out, too, by its class.
        is_late = isinstance(error, ConnectTimeoutError | ReadTimeoutError)
        return f"it took longer than {self._timeout_s:g} s" if is_late else str(error.args[0] if error.args else error)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: Moment

    def read(self, make: Callable[[dict[str, Any]], Read]) -> Read:
        """What `make` reads out of the body.

        Raises:
            Garbled: the body is no JSON, or not what it should be.
        """
        try:
            return make(json.loads(self.body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Garbled(f"the answer is not the catalog's: {str(error)[:200]}") from error

    @property
    def retry_after_s(self) -> float | None:
        value = self.headers.get("Retry-After")
        if value is None:
            return None
        try:
            return Retry(retry_after_max=int(LONGEST_REST_S)).parse_retry_after(value)
        except InvalidHeader:
            return None

    @property
    def problem(self) -> Mapping[str, Any]:
        """The problem document in it; empty when it is something else."""
        try:
            problem = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return problem if isinstance(problem, dict) else {}


def checked_url(url: str) -> Url:
    """The address of a server, taken apart.

    Raises:
        ValueError: it is no address a catalog can be at.
    """
    try:
        address = parse_url(url)
    except HTTPError as error:
        raise ValueError(f"this is no address: {url!r}") from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise ValueError(f"the catalog's address begins with http:// or https://, unlike {url!r}")
    if address.auth or address.query or address.fragment:
        raise ValueError("the catalog's address has no user, no “?” and no “#”")
    return address


def _refusal(answer: _Answer) -> CatalogError:
    detail = answer.problem.get("detail")
    if answer.status == 410 and str(answer.problem.get("type")).endswith(":unknown-revision"):
        return UnknownRevision(str(detail))
    if answer.status in range(300, 400) and "Location" in answer.headers:
        detail = f"the catalog is said to be at {answer.headers['Location']}: use that address"
    return Refused(answer.status, str(detail or "no reason given"), answer.retry_after_s)


def _snapshot(told: Mapping[str, Any]) -> Snapshot:
    return Snapshot(_revision(told["revision"]), map(Tool.of, told["tools"]))


def _told(told: Mapping[str, Any], since: int, answer: _Answer, rest_s: float) -> Told:
    changes = tuple(map(Change.of, told["changes"]))
    revisions = [since, *(change.revision for change in changes)]
    revision, latest = _revision(told["revision"]), _revision(told["latest"])
    if any(later <= earlier for earlier, later in pairwise(revisions)):
        raise ValueError(f"changes out of order after revision {since}")
    if revision != revisions[-1]:
        raise ValueError(f"the changes end at revision {revisions[-1]}, not at {revision}")
    return Told(
        revision=revision,
        latest=latest,
        changes=changes,
        tools={name: None if tool is None else Tool.of(tool) for name, tool in (told.get("tools") or {}).items()},
        at=answer.at,
        rest_s=max(0.0 if changes else rest_s, answer.retry_after_s or 0.0),
    )


def _revision(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"no revision: {str(value)[:50]!r}")
    return value
