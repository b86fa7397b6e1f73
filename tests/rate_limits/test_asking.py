"""Who asks: whose requests are counted together."""

import pytest

from app.rate_limits.asking import ADDRESS, TOKEN, asks


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", "a socket"),
        ("", "unknown"),
    ],
)
def test_without_a_token_the_address_asks(address: str, counted: str) -> None:
    assert asks({"REMOTE_ADDR": address}) == (ADDRESS, counted)


def test_without_anything_it_is_nobody_in_particular() -> None:
    assert asks({}) == (ADDRESS, "unknown")


@pytest.mark.parametrize("header", ["Bearer good", "bearer good", "BEARER  good "])
def test_a_known_token_asks_and_is_not_shown(header: str) -> None:
    kind, key = asks({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": header}, "good".__eq__)
    assert (kind, len(key)) == (TOKEN, 16)
    assert "good" not in key


def test_tokens_are_told_apart() -> None:
    keys = {asks({"HTTP_AUTHORIZATION": f"Bearer {token}"}, lambda _: True) for token in ("a", "b", "a")}
    assert len(keys) == 2


@pytest.mark.parametrize("header", ["Bearer bad", "Basic good", "Bearer", "good", "", "Bearer \udcff"])
def test_what_is_no_known_token_counts_for_the_address(header: str) -> None:
    environ = {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": header}
    assert asks(environ, "good".__eq__) == (ADDRESS, "192.0.2.7")
