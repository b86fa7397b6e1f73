"""Who may use the catalog, in memory: every process knows all accounts and tokens, so that no read waits for them.

The database has a number that grows with every change to who may do what. The listener of `app.reload` looks at it as
it looks at the catalog's revision; a token that is revoked is refused everywhere within as long, and a database that
does not answer keeps nobody out whom this process knew.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from flask import Flask, current_app
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.tokens import digest, is_token
from app.actor import Actor, Role, Scope
from app.catalog.live import Database
from app.catalog.models import AUDIT_LOCK
from app.database import driver_connection, engine_of, reading
from app.errors import Unavailable
from app.extensions import SCHEMA
from app.permissions import Permission, may

log = structlog.get_logger()

WRITE_USE_EVERY_S = 5.0
USED_AGAIN_AFTER_S = 3600
"""An administrator's token is told in the audit log once in so long for each address."""

_NUMBER = f"SELECT number FROM {SCHEMA}.accounts_state WHERE id = 1"  # noqa: S608
# Each is one statement, so that it sees everything at one moment.
_ACCOUNTS = f"""
    SELECT state.number, account.id, account.name, account.kind, account.role,
           account.disabled_at IS NOT NULL AS is_disabled,
           ARRAY(
               SELECT team.name FROM {SCHEMA}.team_members AS member JOIN {SCHEMA}.teams AS team ON team.id = team_id
               WHERE member.user_id = account.id
           ) AS teams,
           (
               SELECT json_agg(json_build_object(
                   'id', id, 'hash', encode(hash, 'hex'), 'scopes', scopes,
                   'expires_at', extract(epoch FROM expires_at)
               ))
               FROM {SCHEMA}.api_tokens AS token WHERE token.user_id = account.id AND revoked_at IS NULL
           ) AS tokens
    FROM {SCHEMA}.accounts_state AS state LEFT JOIN {SCHEMA}.users AS account ON true
"""  # noqa: S608
_TEAMS = f"SELECT name FROM {SCHEMA}.teams ORDER BY name"  # noqa: S608
_TRY_LOG = f"SELECT pg_try_advisory_xact_lock({AUDIT_LOCK})"
# What is used all the time is written down now and then; what an administrator's token is used for first, and from
# where, is for the audit log as well.
_USED = f"""
    WITH use AS (
        SELECT * FROM unnest(%(ids)s::bigint[], %(addresses)s::text[], %(times)s::float8[], %(is_new)s::bool[])
            AS u(id, address, at, is_new)
    ), before AS (
        SELECT token.id, 'token ' || token.name AS subject, account.name AS who, use.at, use.address,
               is_new AND account.role = 'admin' AND 'admin' = ANY (token.scopes) AS is_news
        FROM {SCHEMA}.api_tokens AS token JOIN use USING (id) JOIN {SCHEMA}.users AS account ON account.id = user_id
        FOR UPDATE OF token SKIP LOCKED
    ), written AS (
        UPDATE {SCHEMA}.api_tokens AS token
        SET last_used_at = greatest(last_used_at, to_timestamp(use.at)), last_used_from = use.address::inet
        FROM (SELECT DISTINCT ON (id) * FROM before ORDER BY id, at DESC) AS use WHERE token.id = use.id
    )
    INSERT INTO {SCHEMA}.tool_audit_log (subject, action, changed_by, changed_at, ip_address, source)
    SELECT subject, 'token_used', who, to_timestamp(at), address::inet, 'api' FROM before
    WHERE is_news AND NOT EXISTS (
        SELECT FROM {SCHEMA}.tool_audit_log AS told
        WHERE told.changed_at > to_timestamp(at) - make_interval(secs => {USED_AGAIN_AFTER_S})
        AND told.action = 'token_used' AND told.subject = before.subject AND told.changed_by = who
        AND told.ip_address IS NOT DISTINCT FROM address::inet
    )
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Account:
    """One account, as this process knows it."""

    id: int
    name: str
    kind: str
    role: Role
    teams: frozenset[str]
    is_disabled: bool

    def actor(self, source: str, address: str | None, request_id: str, scopes: Iterable[Scope] = Scope) -> Actor:
        """This account doing something."""
        return Actor(self.name, source, address, None, request_id, self.role, frozenset(scopes), self.teams)


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token that was not revoked. `expires_at` is in seconds since 1970; None: never."""

    id: int
    account: Account
    scopes: frozenset[Scope]
    expires_at: float | None
    may_read: bool


class Directory:
    """All accounts, tokens and teams at one moment; never changes."""

    def __init__(self, number: int, accounts: Iterable[Account], tokens: Mapping[bytes, KnownToken], teams: list[str]):
        self.number = number
        self.accounts = {account.id: account for account in accounts}
        self.tokens = tokens
        self.teams = teams

    @property
    def names(self) -> list[str]:
        """Everybody who may own something: people, services and teams."""
        return [*(account.name for account in self.accounts.values()), *self.teams]

    def named(self, name: str) -> Account | None:
        """The account of this name, whatever the case."""
        return next((account for account in self.accounts.values() if account.name.lower() == name.lower()), None)


class Accounts:
    """The directory of one process, kept current; and what its tokens were used for, written down now and then."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._directory: Directory | None = None
        self._loading = threading.Lock()
        # By token and address: when it was used last; and when the audit log was asked to tell of it last.
        self._used: dict[tuple[int, str | None], float] = {}
        self._told: dict[tuple[int, str | None], float] = {}
        self._written_at = time.monotonic()

    def directory(self) -> Directory:
        """The current directory; the first call loads it.

        Raises:
            Unavailable: there is none yet, and the database does not answer.
        """
        return self._directory or self.refresh()

    def token(self, text: str) -> KnownToken | None:
        """What is known of a token that is good now; None when it is not.

        Raises:
            Unavailable: as `directory`.
        """
        if not is_token(text):
            return None
        self.directory()
        return self.if_loaded(text)

    def if_loaded(self, text: str) -> KnownToken | None:
        """The same, but None as long as this process knows nobody; never waits."""
        known = None if self._directory is None else self._directory.tokens.get(digest(text))
        if known is None or known.account.is_disabled or (known.expires_at or time.time() + 1) <= time.time():
            return None
        return known

    def note_use(self, token: KnownToken, address: str | None) -> None:
        """Remember that a token was used; never waits."""
        self._used[token.id, address] = time.time()

    def refresh(self) -> Directory:
        """Read the directory again.

        Raises:
            Unavailable: the database does not answer.
        """
        try:
            with reading(self._engine()).connect() as pooled:
                return self._load(driver_connection(pooled))
        except (psycopg.Error, SQLAlchemyError) as error:
            raise Unavailable("The database does not answer, so nobody's rights are known.") from error

    def refresh_if_used(self) -> None:
        """Take over this process's own change, if anybody asks here."""
        if self._directory is not None:
            try:
                self.refresh()
            except Unavailable:
                # The change is committed; the listener brings it in as soon as the database answers again.
                log.warning("accounts not refreshed after a change")

    def look(self, connection: Database) -> None:
        """See by the number whether anything changed, and write down what was used. The listener calls this."""
        if self._directory is not None:
            ((number,),) = connection.execute(_NUMBER).fetchall()
            if number != self._directory.number:
                self._load(connection)
        self._write_use(connection)

    def _load(self, connection: Database) -> Directory:
        with self._loading, connection.cursor(row_factory=namedtuple_row) as cursor:
            rows = list(cursor.execute(_ACCOUNTS))
            teams: list[str] = [team for (team,) in cursor.execute(_TEAMS)]
            self._directory = _directory_of(rows, teams)
            return self._directory

    def _write_use(self, connection: Database) -> None:
        if not self._used or time.monotonic() < self._written_at + WRITE_USE_EVERY_S:
            return
        self._written_at = time.monotonic()
        with connection.transaction():
            # The listener waits for no writer, who may be stopped with the log's lock in hand: it comes back later.
            ((is_free,),) = connection.execute(_TRY_LOG).fetchall()
            if not is_free:
                return
            used, self._used = self._used, {}
            long_ago = time.time() - USED_AGAIN_AFTER_S
            self._told = {use: at for use, at in self._told.items() if at > long_ago}
            # Reading an hour of the log takes its time: what this process knows to be told is not looked for there.
            new = {use: at for use, at in used.items() if use not in self._told}
            ids, addresses = zip(*used, strict=True)
            news = [use in new for use in used]
            connection.execute(
                _USED, {"ids": list(ids), "addresses": list(addresses), "times": list(used.values()), "is_new": news}
            )
            self._told |= new


def _directory_of(rows: list[Any], teams: list[str]) -> Directory:
    accounts: list[Account] = []
    tokens: dict[bytes, KnownToken] = {}
    for row in rows:
        if row.id is None:
            continue
        account = Account(row.id, row.name, row.kind, Role(row.role), frozenset(row.teams), row.is_disabled)
        accounts.append(account)
        for token in row.tokens or ():
            tokens[bytes.fromhex(token["hash"])] = _token_of(account, token)
    return Directory(rows[0].number, accounts, tokens, teams)


def _token_of(account: Account, row: Mapping[str, Any]) -> KnownToken:
    scopes = frozenset(Scope(scope) for scope in row["scopes"])
    may_read = may(account.actor("api", None, "", scopes), Permission.READ)
    return KnownToken(row["id"], account, scopes, row["expires_at"], may_read)


def init_app(app: Flask) -> None:
    """Give the application its directory."""
    app.extensions["accounts"] = Accounts(engine_of(app))


def of(app: Flask) -> Accounts:
    """An application's directory of accounts."""
    return app.extensions["accounts"]  # type: ignore[no-any-return]


def accounts() -> Accounts:
    """The directory of the application at work."""
    return of(current_app)
