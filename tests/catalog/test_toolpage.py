"""What a tool's page is told of its estimates."""

import pytest

from app.catalog.toolpage import time_samples


def test_an_estimate_is_shown_at_three_values():
    assert time_samples("10 * N") == [("N = 1", "10 ms"), ("N = 100", "1 s"), ("N = 1,000,000", "2.8 h")]


def test_a_number_is_shown_as_it_always_is():
    assert time_samples(1500) == [("always", "1.5 s")]


@pytest.mark.parametrize("estimate", [None, "", "1 +", "unheard_of", True, [1]])
def test_what_cannot_be_evaluated_is_not_shown(estimate):
    assert time_samples(estimate) == []
