"""Version numbers: which comes next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.versions import number_after


@pytest.mark.parametrize(
    ("number", "following"),
    [
        ("1.0", "1.1"),
        ("1.9", "1.10"),
        ("2.3.0", "2.3.1"),
        ("beta", "beta.1"),
        ("1.0-rc", "1.0-rc.1"),
        ("v09", "v10"),
        ("2025-10-03", "2025-10-4"),
    ],
)
def test_a_number_is_one_up_in_its_last_part(number: str, following: str) -> None:
    assert number_after(number) == following


@given(st.text(min_size=1, max_size=20))
def test_a_number_is_never_its_own_successor(number: str) -> None:
    assert number_after(number) != number
