"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import secrets
from datetime import UTC, datetime

import pyotp
import structlog
from flask import current_app
from sqlalchemy import delete, insert, select

from app.accounts.changes import account_event
from app.accounts.models import RecoveryCode, User
from app.accounts.tokens import digest
from app.actor import Actor
from app.encryption import Encryption, NotReadable
from app.errors import BadRequest, Conflict
from app.extensions import db

log = structlog.get_logger()

STEP_S = 30
RECOVERY_CODES = 10
ISSUER = "Tool Catalog"
# Without the letters and digits that are taken for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A secret for an authenticator app, in base 32."""
    return pyotp.random_base32()


def address_of(secret: str, name: str) -> str:
    """The address an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, after: int | None = None) -> int | None:
    """The time step a code belongs to: the present one, the one before or the next; None when it is of none of them.

    Args:
        after: the step of the last code used: neither it nor an earlier one is good again.
    """
    now = int(datetime.now(UTC).timestamp()) // STEP_S
    given = "".join(code.split())
    for step in (now - 1, now, now + 1):
        if (after is None or step > after) and secrets.compare_digest(
            pyotp.TOTP(secret).at(step * STEP_S).encode(), given.encode()
        ):
            return step
    return None


def turn_on(user: User, secret: str, code: str, *, actor: Actor) -> list[str]:
    """Ask for a code from now on, and return the recovery codes, which nobody can read again.

    Raises:
        BadRequest: the code is not of this secret: the app was not set up. Conflict: as `check_off`.
    """
    check_off(user)
    step = step_of(secret, code)
    if step is None:
        raise BadRequest("This is not the code the app shows now. Scan again, and see that your clock is right.")
    with account_event(actor) as recorder:
        user.totp_secret, user.totp_step = encryption().encrypted(secret), step
        codes = _new_codes(user)
        recorder.record("second_factor_on", user.name)
        return codes


def check_off(user: User) -> None:
    """Refuse to set up what is set up: turning it off takes the password, and so must replacing it.

    Raises:
        Conflict: it is on.
    """
    if user.totp_secret is not None:
        raise Conflict("The second factor is on already. Turn it off first, then set it up anew.")


def turn_off(user: User, *, actor: Actor) -> None:
    """Ask for no code any more."""
    with account_event(actor) as recorder:
        user.totp_secret = user.totp_step = None
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        recorder.record("second_factor_off", user.name)


def use(user: User, code: str) -> bool:
    """Whether a code is right, of the app or for recovery; it is then used up. Called within a transaction."""
    # Held until the transaction ends: of several that give the same code at once, the others see it used.
    db.session.refresh(user, with_for_update=True)
    step = _step_given(user, code)
    if step is not None:
        user.totp_step = step
        return True
    spent = delete(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.hash == digest(f"{user.id}:{_plain(code)}")
    )
    return db.session.execute(spent.returning(RecoveryCode.hash)).first() is not None


def rotate_secrets() -> int:
    """Encrypt every secret in the database with the newest key, and return how many there are."""
    users = db.session.scalars(select(User).where(User.totp_secret.is_not(None)).with_for_update()).all()
    for user in users:
        user.totp_secret = encryption().rotated(user.totp_secret or b"")
    db.session.commit()
    return len(users)


def encryption() -> Encryption:
    """What encrypts this application's secrets."""
    return current_app.extensions["encryption"]  # type: ignore[no-any-return]


def _step_given(user: User, code: str) -> int | None:
    if user.totp_secret is None:
        return None
    try:
        secret = encryption().read(user.totp_secret)
    # Recovery codes are for when the app is of no use, for whatever reason.
    except NotReadable as error:
        log.error("second factor not readable", account=user.name, error=str(error))
        return None
    return step_of(secret, code, user.totp_step)


def _new_codes(user: User) -> list[str]:
    codes = ["-".join(_part() for _ in range(3)) for _ in range(RECOVERY_CODES)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    rows = [{"user_id": user.id, "hash": digest(f"{user.id}:{_plain(code)}")} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)
    return codes


def _part() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


def _plain(code: str) -> str:
    return "".join(character for character in code.lower() if character.isalnum())
