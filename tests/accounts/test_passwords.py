"""Passwords: how they are kept, and which are refused."""

import pytest

from app.accounts import passwords
from app.accounts.passwords import LONGEST, SHORTEST, check_password, hashed, is_outdated, is_right
from app.errors import BadRequest
from tests.accounts.browser import OTHER_PASSWORD, PASSWORD

# As they are, before any test makes them quick.
REAL, NOBODYS = passwords._hasher, passwords._NOBODYS


def test_passwords_are_kept_as_argon2id_with_what_owasp_asks_for() -> None:
    kept = REAL.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in kept


def test_a_name_nobody_has_costs_as_much_as_any() -> None:
    assert NOBODYS.split("$")[:4] == REAL.hash(PASSWORD).split("$")[:4]


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert hashed(PASSWORD) != hashed(PASSWORD)


def test_only_the_password_itself_is_right() -> None:
    kept = hashed(PASSWORD)
    assert is_right(kept, PASSWORD)
    for other in ("", PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1], kept):
        assert not is_right(kept, other)


@pytest.mark.parametrize("password", ["", "nobody has this password", PASSWORD])
def test_an_account_without_a_password_has_none_that_is_right(password: str) -> None:
    assert not is_right(None, password)


def test_what_is_no_hash_is_no_passwords() -> None:
    assert not is_right("damaged", PASSWORD)


def test_a_hash_of_other_parameters_is_outdated() -> None:
    assert not is_outdated(hashed(PASSWORD))
    assert is_outdated(REAL.hash(PASSWORD))


@pytest.mark.parametrize(
    "password", [PASSWORD, OTHER_PASSWORD, "ὀκτώ μῆλα καὶ τρεῖς πύργοι", "x9!kQ2#vLp0z", "🦊 mows 7 lawns, 🐙 none"]
)
def test_a_good_password_is_taken(password: str) -> None:
    check_password(password, "ada")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", f"A password has {SHORTEST} to {LONGEST} characters"),
        ("x9!kQ2#vLp0", f"A password has {SHORTEST} to {LONGEST} characters"),
        ("x" * (LONGEST + 1), f"A password has {SHORTEST} to {LONGEST} characters"),
        ("aaaaaaaaaaaaaaaa", "Repeats like"),
        ("passwordpassword", "Take several words"),
        ("correcthorsebatterystaple"[:12], "Take several words"),
        ("123456789012", "Take several words"),
        ("qwertyuiop12", "Take several words"),
        ("ada.lovelace1", "Take several words"),
        ("toolcatalog1", "Take several words"),
    ],
)
def test_a_password_that_is_short_or_easily_guessed_is_refused(password: str, words: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        check_password(password, "ada.lovelace")
    assert words in refusal.value.detail
    assert not password or password not in refusal.value.detail


def test_the_longest_passwords_are_all_of_use() -> None:
    kept = hashed(PASSWORD + "x" * (LONGEST - len(PASSWORD)))
    assert not is_right(kept, PASSWORD + "x" * (LONGEST - len(PASSWORD) - 1) + "y")


def test_what_is_longer_than_any_password_is_none() -> None:
    kept = passwords.hashed("x" * passwords.LONGEST)
    assert passwords.is_right(kept, "x" * passwords.LONGEST)
    assert not passwords.is_right(kept, "x" * (passwords.LONGEST + 1))
