"""API tokens as texts: what scanners and the server recognise them by, and what is kept of them."""

import re
import string

import pytest
from flask import Flask

from app.accounts import changes
from app.accounts.tokens import PREFIX, SHOWN, digest, is_token, new_secret, new_token, with_checksum
from app.actor import command_actor
from tests.accounts.browser import Browser, run
from tests.contents import contents
from tests.people import Somebody

TOKEN = "tcat_0123456789abcdefghijklmnopqrstuvwxyz0PlPES"


def test_a_token_looks_as_scanners_are_told() -> None:
    assert all(re.fullmatch(r"tcat_[0-9A-Za-z]{42}", new_token()) for _ in range(50))


def test_no_token_is_made_twice() -> None:
    assert len({new_token()[: -len("checks")] for _ in range(500)}) == 500
    assert len({new_secret() for _ in range(500)}) == 500


def test_a_new_token_is_recognised() -> None:
    assert all(is_token(new_token()) for _ in range(50))


def test_tokens_made_by_earlier_releases_are_recognised() -> None:
    assert with_checksum("tcat_0123456789abcdefghijklmnopqrstuvwxyz") == TOKEN
    assert is_token(TOKEN)


def test_one_wrong_character_anywhere_is_seen() -> None:
    for at in range(len(TOKEN)):
        for other in string.ascii_letters + string.digits:
            mistyped = f"{TOKEN[:at]}{other}{TOKEN[at + 1 :]}"
            assert is_token(mistyped) == (mistyped == TOKEN), mistyped


def test_two_neighbours_swapped_are_seen() -> None:
    for at in range(len(TOKEN) - 1):
        swapped = TOKEN[:at] + TOKEN[at + 1] + TOKEN[at] + TOKEN[at + 2 :]
        assert is_token(swapped) == (swapped == TOKEN), swapped


@pytest.mark.parametrize(
    "text",
    ["", PREFIX, TOKEN[:-1], TOKEN + "0", f" {TOKEN}", f"{TOKEN}\n", TOKEN.upper(), "é" * 47, with_checksum("tcat_0")],
)
def test_anything_else_is_no_token(text: str) -> None:
    assert not is_token(text)


def test_what_is_kept_does_not_tell_the_token() -> None:
    assert len(digest(TOKEN)) == 32
    assert TOKEN.encode() not in digest(TOKEN)
    assert digest(TOKEN) != digest(TOKEN[:-1] + "l")


def test_of_a_token_its_hash_and_beginning_are_kept_and_its_text_nowhere(app: Flask, ada: Somebody) -> None:
    page = Browser(app, ada).send("/account/tokens", {"name": "laptop", "scopes": "read", "days": "9"}, page="/account")
    found = re.search(r'value="(tcat_\w+)"', page.text)
    assert found is not None
    _, by_command = changes.create_service_token("ci", "author", actor=command_actor("root"))
    told = "\n".join(row for rows in contents().values() for row in rows)
    assert "laptop" in told
    for text in (found[1], by_command, ada.token):
        assert text not in told
        assert text[SHOWN:-2] not in told
        ((kept, beginning),) = run(
            "SELECT hash, prefix FROM tool_catalog.api_tokens WHERE hash = :hash", hash=digest(text)
        )
        assert (bytes(kept), beginning) == (digest(text), text[:SHOWN])
