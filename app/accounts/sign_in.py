"""Signing in and out. Who is signed in is in the database: a cookie alone, however well signed, opens nothing."""

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from flask import Flask, current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import passwords, second_factor
from app.accounts.changes import account_change, account_event, accounts_named, check_link_fits, free_name
from app.accounts.directory import Account, accounts
from app.accounts.models import PERSON, SignIn, SignInLink, User
from app.accounts.oidc import Person, SignInRefused
from app.accounts.tokens import digest, new_secret
from app.actor import Actor, Role
from app.config import Settings
from app.database import engine_of, reading
from app.definitions.diff import Change
from app.errors import CatalogError, NotFound, TooManyRequests, Unavailable
from app.extensions import db
from app.rate_limits.asking import counted_address
from app.rate_limits.attempts import Attempts
from app.rate_limits.storage import PostgresStorage

SEEN_EVERY = timedelta(minutes=1)
MOST_REMEMBERED = 10_000
# Failed attempts before waiting: for one account from anywhere, and from one address for any account.
ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS, ATTEMPTS_WITHIN_S = 10, 50, 900
WRONG = "The name or the password is not right."
WRONG_CODE = "This code is not right, or was used before."


class WrongCredentials(CatalogError):
    """What was given to sign in with is not right. What exactly is not, nobody is told."""

    status, code, title = 422, "wrong-credentials", "Not signed in"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where somebody who signs in sits."""

    address: str | None
    browser: str
    request_id: str

    def actor(self, name: str, role: str = Role.VIEWER) -> Actor:
        """The person who signs in, as the audit log tells it."""
        return Actor(name[:100], "page", self.address, request_id=self.request_id, role=Role(role))


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is good now. `key` is what the browser's cookie holds."""

    key: str
    account: Account
    started_at: datetime


class Sessions:
    """Finds sessions, and remembers those of this process for when the database does not answer."""

    def __init__(self, settings: Settings) -> None:
        self.idle = timedelta(minutes=settings.session_idle_min)
        self.longest = timedelta(minutes=settings.session_longest_min)
        self._seen_every = min(SEEN_EVERY, self.idle / 4)
        self._remembered: OrderedDict[bytes, tuple[int, datetime, datetime]] = OrderedDict()

    def find(self, key: str) -> Session | None:
        """The session of a cookie, if it is good now. While the database does not answer: if it was a moment ago.

        Raises:
            Unavailable: the database does not answer, and this process never saw the session.
        """
        hashed, now = digest(key), datetime.now(UTC)
        try:
            row = self._read(hashed, now)
        except (psycopg.Error, SQLAlchemyError) as error:
            row = self._remembered.get(hashed)
            if row is None:
                raise Unavailable("The database does not answer, so nobody can be signed in now.") from error
        if row is None:
            self._remembered.pop(hashed, None)
            return None
        user_id, started_at, seen_at = row
        if now - started_at > self.longest or now - seen_at > self.idle:
            return None
        self._remember(hashed, row)
        account = accounts().directory().accounts.get(user_id) or accounts().refresh().accounts.get(user_id)
        if account is None or account.is_disabled:
            return None
        return Session(key, account, started_at)

    def forget(self, hashes: Iterable[bytes]) -> None:
        """Let sessions that were ended not be good again when the database goes away."""
        for hashed in hashes:
            self._remembered.pop(hashed, None)

    def _read(self, hashed: bytes, now: datetime) -> tuple[int, datetime, datetime] | None:
        with reading(db.engine).connect() as connection:
            found = connection.execute(
                select(SignIn.user_id, SignIn.created_at, SignIn.seen_at).where(SignIn.hash == hashed)
            ).first()
            # Only what is still good is moved on: a session that ended while nobody looked stays ended.
            if found is not None and self._seen_every < now - found.seen_at <= self.idle:
                connection.execute(update(SignIn).where(SignIn.hash == hashed).values(seen_at=now))
        return None if found is None else (found.user_id, found.created_at, found.seen_at)

    def _remember(self, hashed: bytes, row: tuple[int, datetime, datetime]) -> None:
        self._remembered[hashed] = row
        self._remembered.move_to_end(hashed)
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def with_password(name: str, password: str, visitor: Visitor) -> User:
    """The account of this name and password. It may still have to give a code.

    Raises:
        WrongCredentials: whatever it is that does not fit. TooManyRequests: too many such attempts.
    """
    attempt = _begin_attempt(f"password/{name.lower()[:200]}", visitor)
    user = accounts_named(name)
    _give_connection_back()
    is_right = passwords.is_right(None if user is None else user.password_hash, password)
    if user is None or not is_right or user.disabled_at is not None or user.kind != PERSON:
        _failed(user, visitor, "password")
        raise WrongCredentials(WRONG)
    _attempts().clear(attempt)
    if passwords.is_outdated(user.password_hash or ""):
        user.password_hash = passwords.hashed(password)
        db.session.commit()
    return user


def with_code(user: User, code: str, visitor: Visitor) -> None:
    """Check the second factor of an account whose password was right.

    Raises:
        WrongCredentials: the code is not right. TooManyRequests: too many attempts.
    """
    # Counted apart from the password, which whoever guesses codes knows: being right there must not begin anew here.
    attempt = _begin_attempt(f"code/{user.id}", visitor)
    with account_event(visitor.actor(user.name)):
        is_right = second_factor.use(user, code)
    if not is_right:
        _failed(user, visitor, "code")
        raise WrongCredentials(WRONG_CODE)
    _attempts().clear(attempt)


def with_link(secret: str, visitor: Visitor) -> str:
    """Use up a sign-in link, and return the key of the session it begins.

    Raises:
        NotFound: the link is not good, or not any more. Conflict: its account cannot use it.
    """
    name = check_link(secret).user_name
    with account_change(visitor.actor(name)) as recorder:
        # Looked at again, now that nobody else can use it.
        link = _usable(db.session.get(SignInLink, digest(secret), with_for_update=True, populate_existing=True))
        user = accounts_named(name)
        if user is None:
            user = User(name=free_name(name), role=link.role, kind=PERSON, created_by=link.created_by)
            db.session.add(user)
            db.session.flush()
            recorder.record("account_created", name, [Change(("role",), "added", None, link.role)])
        check_link_fits(user, link.role)
        link.used_at = datetime.now(UTC)
        return begin(user, visitor, "link")


def check_link(secret: str) -> SignInLink:
    """The link of a secret, unused.

    Raises:
        NotFound: there is none, or it is not good any more.
    """
    return _usable(db.session.get(SignInLink, digest(secret), populate_existing=True))


def with_single_sign_on(person: Person, visitor: Visitor) -> str:
    """Begin a session for somebody whom the provider vouches for; the account is made at the first time.

    Raises:
        SignInRefused: the provider gives no role, the name is another account's, or the account is disabled.
    """
    if person.role is None:
        raise SignInRefused("Your account at the provider has no role here. Ask an administrator for one.")
    with account_change(visitor.actor(person.name)) as recorder:
        mine = User.oidc_issuer == person.issuer, User.oidc_subject == person.subject
        user = db.session.scalar(select(User).where(*mine))
        if user is None:
            user = _first_time(person)
            recorder.record("account_created", user.name, reason="single sign-on")
        if user.disabled_at is not None:
            raise SignInRefused("This account is disabled. Ask an administrator.")
        if user.role != person.role:
            recorder.record("role_changed", user.name, reason=f"{user.role} → {person.role}, by the provider")
            user.role = person.role
        return begin(user, visitor, "single sign-on")


def begin(user: User, visitor: Visitor, how: str) -> str:
    """Begin a session, and return its key, which is kept nowhere."""
    key = new_secret()
    with account_event(visitor.actor(user.name)) as recorder:
        _remove_ended()
        user.last_sign_in_at = datetime.now(UTC)
        db.session.add(
            SignIn(hash=digest(key), user_id=user.id, address=visitor.address, browser=visitor.browser[:300])
        )
        recorder.record("signed_in", user.name, reason=how)
    return key


def end(session: Session, actor: Actor) -> None:
    """End a session, for good."""
    with account_event(actor) as recorder:
        db.session.execute(delete(SignIn).where(SignIn.hash == digest(session.key)))
        recorder.record("signed_out", session.account.name)
    of_current_app().forget([digest(session.key)])


def end_all(user: User, *, actor: Actor, but: str | None = None) -> int:
    """End all sessions of an account, or all but the one of a key; how many there were."""
    with account_event(actor) as recorder:
        others = SignIn.user_id == user.id
        if but is not None:
            others &= SignIn.hash != digest(but)
        ended = db.session.scalars(delete(SignIn).where(others).returning(SignIn.hash)).all()
        if ended:
            recorder.record("signed_out", user.name, reason=f"{len(ended)} session{'s' if len(ended) > 1 else ''}")
    of_current_app().forget(ended)
    return len(ended)


def set_password(user: User, password: str, *, actor: Actor, now: str | None = None, but: str | None = None) -> None:
    """Give an account a password, and end its other sessions.

    Args:
        now: the present password, asked of who has one. but: the key of the session that goes on.

    Raises:
        BadRequest: the new one is easily guessed. WrongCredentials, TooManyRequests: as `check_password_of`.
    """
    check_password_of(user, now or "", actor=actor)
    passwords.check_password(password, user.name)
    with account_event(actor) as recorder:
        user.password_hash = passwords.hashed(password)
        recorder.record("password_set", user.name)
        end_all(user, actor=actor, but=but)


def check_password_of(user: User, password: str, *, actor: Actor) -> None:
    """Ask somebody who is signed in for the password once more; who has none is asked for nothing.

    Raises:
        WrongCredentials: it is not right. TooManyRequests: too many attempts.
    """
    if user.password_hash is None:
        return
    visitor = Visitor(actor.address, "", actor.request_id or "")
    attempt = _begin_attempt(f"present-password/{user.id}", visitor)
    if not passwords.is_right(user.password_hash, password):
        _failed(user, visitor, "present password")
        raise WrongCredentials("The present password is not right.")
    _attempts().clear(attempt)


def _first_time(person: Person) -> User:
    if accounts_named(person.name) is not None:
        raise SignInRefused(
            f"The name {person.name} is another account's here. Ask an administrator to rename or link one of them."
        )
    user = User(
        name=free_name(person.name),
        role=person.role,
        kind=PERSON,
        created_by=person.issuer[:200],
        oidc_issuer=person.issuer,
        oidc_subject=person.subject,
    )
    db.session.add(user)
    db.session.flush()
    return user


def _usable(link: SignInLink | None) -> SignInLink:
    if link is None or link.used_at is not None or link.expires_at <= datetime.now(UTC):
        why = "was used already" if link is not None and link.used_at is not None else "is not good any more"
        raise NotFound(f"This sign-in link {why}. `flask accounts sign-in-link --role ROLE` prints a new one.")
    return link


def _remove_ended() -> None:
    """Forget sessions that ended by themselves, and links nobody can use."""
    sessions = of(current_app)
    now = datetime.now(UTC)
    ended = (SignIn.seen_at < now - sessions.idle) | (SignIn.created_at < now - sessions.longest)
    db.session.execute(delete(SignIn).where(ended))
    db.session.execute(delete(SignInLink).where(SignInLink.expires_at < now - timedelta(days=1)))


def _begin_attempt(key: str, visitor: Visitor) -> str:
    """Count an attempt as failed before it is looked at, so that many at once are as many as one after the other.

    Raises:
        TooManyRequests: there were too many, for this key or from this address.
    """
    _give_connection_back()
    seconds = max(_attempts().failed(key), _address_attempts().check(_address_of(visitor)))
    if seconds:
        told = f"Too many attempts to sign in. Try again in {math.ceil(seconds / 60)} min."
        raise TooManyRequests(told, retry_after=seconds)
    return key


def _give_connection_back() -> None:
    """End the transaction of what was read: counting takes a connection of its own, and the pool may have only one."""
    db.session.commit()


def _address_of(visitor: Visitor) -> str:
    return counted_address(visitor.address or "")


def _failed(user: User | None, visitor: Visitor, what: str) -> None:
    _address_attempts().failed(_address_of(visitor))
    # A name nobody has may be a password typed into the wrong field: it is written down nowhere.
    with account_event(visitor.actor(user.name if user else "nobody")) as recorder:
        recorder.record("sign_in_failed", user.name if user else "an unknown name", reason=f"wrong {what}")


def _attempts() -> Attempts:
    attempts: Attempts = current_app.extensions["sign_in.account_attempts"]
    return attempts


def _address_attempts() -> Attempts:
    attempts: Attempts = current_app.extensions["sign_in.address_attempts"]
    return attempts


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its sessions, and count of failed attempts."""
    app.extensions["sessions"] = Sessions(settings)
    counting = PostgresStorage(engine=engine_of(app))
    app.extensions["sign_in.account_attempts"] = Attempts(counting, ACCOUNT_ATTEMPTS, ATTEMPTS_WITHIN_S)
    app.extensions["sign_in.address_attempts"] = Attempts(counting, ADDRESS_ATTEMPTS, ATTEMPTS_WITHIN_S)


def of(app: Flask) -> Sessions:
    """An application's sessions."""
    return app.extensions["sessions"]  # type: ignore[no-any-return]


def of_current_app() -> Sessions:
    """The sessions of the application at work."""
    return of(current_app)
