"""Replaying the log: what a comparison tells is enough to make the later definition out of the earlier one."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.definitions.diff import diff
from tests.faults.replay import patched, split

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "a", "b", "a/b", "~"])
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"kind": SCALARS}),
    max_size=4,
    unique_by=lambda entry: entry["name"],
)
VALUES = st.recursive(
    SCALARS | NAMED,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "a/b", "~1", "0"]), inner, max_size=3)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["tags", "inputs", "a/b", "x"]), VALUES, max_size=4)


def exactly(value: Any) -> bytes:
    """A value written so that only equal ones are written alike."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS, DOCUMENTS)
@example({"x": ["a", "b", "c"]}, {"x": ["c", "d", "a"]})
@example({"x": [{"name": "a"}, {"name": "b"}]}, {"x": [{"name": "b", "kind": 1}, {"name": "a"}, {"name": "c"}]})
def test_the_changes_between_two_definitions_lead_from_one_to_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    told = orjson.loads(orjson.dumps([change.as_json() for change in diff(before, after)]))
    assert exactly(patched(before, split(told))) == exactly(after)


@pytest.mark.parametrize(
    ("before", "after", "texts"),
    [
        (["a", "b"], ["b", "a"], ["x: reordered"]),
        (["a", "b"], ["b", "a", "c"], ["x: added “c”", "x: reordered"]),
        (["a", "b"], ["a", "c", "b"], ["x: added “c”"]),
    ],
)
def test_another_order_is_told_also_beside_additions(before: list[str], after: list[str], texts: list[str]) -> None:
    assert [change.text for change in diff({"x": before}, {"x": after})] == texts
